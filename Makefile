# Everything a developer runs. Only Go, a C compiler (for the race detector) and make are needed; linters are built from
# tools/go.mod.

SHELL    := /bin/bash
GO       ?= go
FUZZTIME ?= 10s
FUZZMINIMIZE ?= 20x
SOAK     ?= 3m
KILLS    ?= 200
TOOL      = $(GO) tool -modfile=tools/go.mod
# Every module of the house but the tools' own; the packages with golden files, the root, which quotes them, last.
MODULES   = $(sort $(dir $(shell find . -name go.mod -not -path './tools/*')))
GOLDENS   = $(sort $(dir $(shell grep -rlE --include='*_test.go' 'flag.Bool."update"' .)))
GOLDEN    = $(filter-out ./,$(GOLDENS)) $(filter ./,$(GOLDENS))
EXAMPLE   = examples/us-budget

.DEFAULT_GOAL := help
.PHONY: help demo build generate check test machines guard fuzz soak golden bench bench-compare profile results all

help: ## what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 10

all: check test machines guard fuzz demo ## everything that must be right before a change is merged

build: ## the command, as bin/cubeward
	@mkdir -p bin
	$(GO) build -o bin/cubeward ./cmd/cubeward

demo: build ## the U.S. budget, masked for three people
	@mkdir -p out
	bin/cubeward check -m $(EXAMPLE)
	@echo
	bin/cubeward mask -m $(EXAMPLE) -u ines@treasury.gov -i $(EXAMPLE)/receipts.csv -o out/receipts.ines.csv --locks --drop-rows --sort
	@echo
	@echo '$$ grep -E "^Account|,201[3456]," out/receipts.ines.csv | head -n 6'
	@grep -E '^Account|,201[3456],' out/receipts.ines.csv | head -n 6
	@echo
	bin/cubeward test -m $(EXAMPLE) $(EXAMPLE)/tests.yaml
	@echo
	$(GO) run ./$(EXAMPLE)/demo -m $(EXAMPLE)

# The assembly of engine/mask, written by a module of its own. It says how it was written, so that is always done alike.
KERNELS = kernels_amd64.s kernels_amd64.go
define write_kernels
( cd tools/kernels && $(GO) vet . && $(GO) build -o $(1)/kernels . ) && \
( cd $(2) && $(1)/kernels -pkg mask -out $(word 1,$(KERNELS)) -stubs $(word 2,$(KERNELS)) )
endef

generate: ## the assembly of engine/mask, from tools/kernels
	@dir=$$(mktemp -d); trap 'rm -rf $$dir' EXIT; $(call write_kernels,$$dir,engine/mask)

check: ## format, vet, staticcheck, generated files, and the laws of the house (imports, names, size, comments)
	@bad=0; root=$$PWD; \
	echo 'gofumpt'; unformatted=$$($(TOOL) gofumpt -l .) || bad=1; \
	if [ -n "$$unformatted" ]; then printf 'not formatted (mend with `%s gofumpt -w FILE`):\n%s\n' '$(TOOL)' "$$unformatted"; bad=1; fi; \
	for m in $(MODULES); do \
		echo "go vet: $$m"; ( cd $$m && $(GO) vet ./... ) || bad=1; \
		echo "staticcheck: $$m"; ( cd $$m && $(GO) tool -modfile=$$root/tools/go.mod staticcheck ./... ) || bad=1; \
	done; \
	echo 'generated: engine/mask'; dir=$$(mktemp -d); trap 'rm -rf $$dir' EXIT; $(call write_kernels,$$dir,$$dir) || bad=1; \
	for f in $(KERNELS); do cmp $$dir/$$f engine/mask/$$f || { echo 'write it anew with make generate'; bad=1; }; done; \
	for arch in amd64 arm64; do echo "go vet: engine/mask, $$arch, plain Go"; GOARCH=$$arch $(GO) vet -tags purego ./engine/mask || bad=1; done; \
	echo 'laws of the house'; $(GO) test -count=1 -run '^TestLayout' -v . | grep -vE '^=== (RUN|PAUSE|CONT|NAME)'; [ $${PIPESTATUS[0]} -eq 0 ] || bad=1; \
	exit $$bad

test: ## all tests of all modules, with the race detector
	@bad=0; for m in $(MODULES); do echo "go test -race: $$m"; ( cd $$m && $(GO) test -race -timeout 40m ./... ) || bad=1; done; exit $$bad

# What masks, as on processors that lack some or all of the vectors there are here; Go and the kernels ask GODEBUG.
MASKING   = ./engine/mask/... ./engine/parquetio

machines: ## tests of masking as on an older processor: with AVX2 alone, and in plain Go
	@bad=0; for off in cpu.avx512f=off cpu.avx512f=off,cpu.avx2=off; do \
		echo "go test: masking, GODEBUG=$$off"; GODEBUG=$$off $(GO) test -count=1 -timeout 15m $(MASKING) || bad=1; done; \
	echo 'go test: masking, -tags purego'; $(GO) test -tags purego -timeout 15m $(MASKING) || bad=1; exit $$bad

# Every folder with guards, nested modules too; those of masking run once more without vectors.
GUARDED   = $(shell grep -rlE --include='*_test.go' '^func TestGuard' . | xargs -n 1 dirname | sort -u)

guard: ## what must not get slower or allocate more: ratios and counts, one package at a time, without the race detector
	@[ -n '$(GUARDED)' ] || { echo 'no guard found'; exit 1; }
	@bad=0; guard() { echo "guard: $$*"; ( cd $$1 && $(GO) test -count=1 $${@:2} -v . | grep -vE '^=== (RUN|PAUSE|CONT|NAME)'; exit $${PIPESTATUS[0]} ) || bad=1; }; \
	for d in $(GUARDED); do guard $$d -run Guard; done; \
	guard ./bench -tags purego -run 'Guard(Targets|Allocations)/^(mask|decide|nothing)'; \
	guard ./engine/mask -tags purego -run Guard; \
	exit $$bad

fuzz: ## each fuzz target for FUZZTIME (10s); what is new is minimized by FUZZMINIMIZE (20x) runs, else by a minute of them
	@targets=$$(grep -roE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sort) ; \
		if [ -z "$$targets" ]; then echo 'no fuzz target found'; exit 1; fi ; \
		echo "$$targets" | while IFS= read -r line; do \
			folder=$$(dirname "$${line%%:*}") ; name=$${line##*func } ; \
			echo "fuzz: $$folder $$name" ; \
			( cd "$$folder" && $(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime $(FUZZMINIMIZE) . ) || exit 1 ; \
		done

soak: ## for SOAK (3m) each: many ask and update at once, little is remembered, and all hashes collide; then KILLS (200) killed compiles
	CUBEWARD_SOAK=$(SOAK) $(GO) test -race -tags cubeward_collide -count=1 -timeout 0 -run Soak -v ./engine
	CUBEWARD_KILLS=$(KILLS) $(GO) test -count=1 -timeout 0 -run KilledCompiles -v ./cmd/cubeward

golden: ## write the golden files anew; look at the difference before you commit it
	@[ -n '$(GOLDENS)' ] || { echo 'no golden file test found'; exit 1; }
	@bad=0; for d in $(GOLDEN); do echo "golden: $$d"; ( cd $$d && $(GO) test -count=1 . -update ) || bad=1; done; git diff --stat; exit $$bad

bench: ## all benchmarks
	$(GO) test -run '^$$' -bench . -benchmem ./...

# What is compared or measured, for how long, how often. PLANT=0.1 makes the newer side 10 % slower, to try it out.
WORKLOADS ?= small
ROUNDS    ?= 24
SLOT      ?= 40ms
PLANT     ?=

bench-compare: ## what became slower since REF: both are built, and measured in turns (WORKLOADS, ROUNDS, SLOT)
	@[ -n '$(REF)' ] || { echo 'say since when: make bench-compare REF=main'; exit 2; }
	@set -e; dir=$$(mktemp -d); trap 'git worktree remove --force $$dir/tree >/dev/null 2>&1; rm -rf $$dir' EXIT; \
	git worktree add --quiet --detach $$dir/tree '$(REF)'; \
	( cd $$dir/tree && $(GO) build -o $$dir/old ./cmd/cubeward ); $(GO) build -o $$dir/new ./cmd/cubeward; \
	old() { $$dir/old bench $(WORKLOADS) --samples 1 --time $(SLOT) >> $$dir/old.txt; }; \
	new() { $$dir/new bench $(WORKLOADS) --samples 1 --time $(SLOT) $(if $(PLANT),--slow-down $(PLANT)) >> $$dir/new.txt; }; \
	for i in $$(seq $(ROUNDS)); do \
		printf '\rround %d of $(ROUNDS)' $$i >&2; if (( i % 2 )); then old; new; else new; old; fi; \
	done; printf '\r\033[K' >&2; \
	mkdir -p out; cp $$dir/old.txt out/bench-old.txt; cp $$dir/new.txt out/bench-new.txt; \
	$$dir/new bench compare $$dir/old.txt $$dir/new.txt

BASELINE = bench/baselines/$(shell $(GO) env GOOS)-$(shell $(GO) env GOARCH)-$(shell getconf _NPROCESSORS_ONLN)cores.txt

# How long each workload is measured and how often, how often two take turns at most (0: as often as the target says), how
# often each point of a curve is timed, how long each profile is. It takes about five minutes; SHORT=1 half of that.
ifdef SHORT
RESULTS_TIME ?= 60ms
SAMPLES      ?= 4
TURNS        ?= 3
POINTS       ?= 2
PROFILE_TIME ?= 200ms
PEER_TIMES   ?= 2x
PEER_COUNT   ?= 1
endif
RESULTS_TIME ?= 300ms
SAMPLES      ?= 10
TURNS        ?= 0
POINTS       ?= 5
PROFILE_TIME ?= 1s
PEER_TIMES   ?= 10x
PEER_COUNT   ?= 3
DOCS         ?= docs
RESULTS       = cd bench/results && $(GO) run

profile: ## CPU profiles of what docs/performance.md shows, in out/profile
	@mkdir -p out/profile
	$(RESULTS) . profile -time $(PROFILE_TIME) -o ../../out/profile

results: build profile ## measure everything, and write docs/performance.md and the baseline of this machine (SHORT=1: a quick try)
	@mkdir -p out bench/baselines
	bin/cubeward bench small planning wide deep hostile shapes --samples $(SAMPLES) --time $(RESULTS_TIME) -o out/results.txt > /dev/null
	$(if $(SHORT),,cp out/results.txt $(BASELINE))
	$(RESULTS) . measure -times $(TURNS) -points $(POINTS) -o ../../out/measured.json
	$(RESULTS) -tags purego . measure -times $(TURNS) -points 0 -kernels -o ../../out/measured-purego.json
	cd bench/peers && $(GO) test -run '^$$' -bench . -benchtime $(PEER_TIMES) -count $(PEER_COUNT) . | tee ../../out/peers.txt
	$(RESULTS) . page -report ../../out/results.txt -peers ../../out/peers.txt $(if $(wildcard out/live),-live ../../out/live) \
		-profiles ../../out/profile -docs $(abspath $(DOCS)) ../../out/measured.json ../../out/measured-purego.json
