package store

import (
	"fmt"

	"github.com/cubeward/cubeward/cube"
)

// ShardMembers are the members of a shard, numbered from 1: a run of the list User, as long as those of the other
// shards or one longer. It panics where there is no such shard. There are fewer members than shards where some have none.
func ShardMembers(shard, shards, members int) []cube.ItemID {
	if shard < 1 || shard > shards || members < 0 {
		panic(fmt.Sprintf("store: shard %d of %d, of %d members", shard, shards, members))
	}
	lo, hi := bounds(shard, shards, members)
	out := make([]cube.ItemID, 0, hi-lo)
	for m := lo; m < hi; m++ {
		out = append(out, cube.ItemID(m))
	}
	return out
}

func bounds(shard, shards, members int) (lo, hi int) {
	return int(int64(shard-1) * int64(members) / int64(shards)), int(int64(shard) * int64(members) / int64(shards))
}

// checkShard says whether profiles are those of a shard's members.
func checkShard(of []int32, shard, shards int) error {
	if shards == 0 {
		return nil
	}
	lo, hi := bounds(shard, shards, len(of))
	for m, p := range of {
		if (p >= 0) != (m >= lo && m < hi) {
			return fmt.Errorf("store: the rights are not those of shard %d of %d: member %d", shard, shards, m)
		}
	}
	return nil
}
