module github.com/cubeward/cubeward/tools/kernels

go 1.26.0

require (
	github.com/mmcloughlin/avo v0.5.0 // indirect
	golang.org/x/mod v0.41.0 // indirect
	golang.org/x/sync v0.23.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
	golang.org/x/tools v0.51.0 // indirect
)
