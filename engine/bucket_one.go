//go:build cubeward_collide

package engine

// bucketBits are the bits of a view's hash that count: so few that most views share a bucket. This is for tests, which
// then show that only a view's own key finds it (make soak).
const bucketBits = 1
