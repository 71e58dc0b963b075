package mask

import (
	"flag"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// A duel is two ways to do something, measured in turns so that what else the machine does hits both alike.
type duel struct {
	ours, theirs float64     // the best seconds of each
	spread       float64     // how far the opponent's middle turn lies above its best, as a part of the best
	again        func() duel // the same with as many turns more
}

// ratio is the opponent's time by ours: how many times as fast we are.
func (d duel) ratio() float64 { return d.theirs / d.ours }

// guard leaves the test unless guards are asked for, as make guard does: beside other tests, or with the race detector,
// times say nothing.
func guard(t *testing.T) {
	t.Helper()
	if !strings.Contains(flag.Lookup("test.run").Value.String(), "Guard") {
		t.Skip("times are compared by make guard alone")
	}
}

// fight runs both in turns. Neither may do work that the other is spared.
func fight(turns int, ours, theirs func()) duel {
	once := func(f func()) float64 {
		start := time.Now()
		f()
		return time.Since(start).Seconds()
	}
	d := duel{ours: math.Inf(1)}
	var all []float64
	ours()
	theirs()
	d.again = func() duel {
		for range turns {
			d.ours = min(d.ours, once(ours))
			all = append(all, once(theirs))
		}
		slices.Sort(all)
		d.theirs = all[0]
		d.spread = all[len(all)/2]/all[0] - 1
		return d
	}
	return d.again()
}

// require fails where we are not at least so many times as fast as the opponent, also after more turns; it skips where the
// machine is too busy to say.
func (d duel) require(t *testing.T, target float64) {
	t.Helper()
	for takes := 1; takes < 4 && d.ratio() < 0.6*target; takes++ {
		t.Logf("%.3g × the opponent's speed, once more", d.ratio())
		d = d.again()
	}
	t.Logf("%.3g × the opponent's speed (target %.3g, guarded at %.3g); ours %.3g ms, the opponent's %.3g ms, its spread %.0f %%",
		d.ratio(), target, 0.6*target, 1e3*d.ours, 1e3*d.theirs, 100*d.spread)
	switch {
	case d.ratio() >= 0.6*target:
	case d.spread > 0.2:
		t.Skip("the opponent varied by more than 20 %")
	default:
		t.Fatalf("%.3g × the opponent's speed, less than %.3g", d.ratio(), 0.6*target)
	}
}
