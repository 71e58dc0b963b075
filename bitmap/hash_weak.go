//go:build cubeward_collide

package bitmap

// hashBits are the bits of a content's hash that count: so few that most contents collide. This is for tests, which
// then show that content decides (make soak).
const hashBits = 3
