package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// Target is a ratio within one run that Cubeward is meant to keep: our time against an opponent's, whose code is
// pinned here. Seconds are no targets: they say more about a machine.
type Target struct {
	Name    string
	AtMost  float64   // our time as a multiple of the opponent's
	Kernels []Kernels // those that it is meant for; none: all
	// Short says why it is not met today; "" where it is met, and guarded.
	Short string
	Times int // how often each is timed; 0 means 15
	// Prepare makes what is timed.
	Prepare func(ctx context.Context, s *Stage) (Pair, error)
}

// Duel is the times of two that took turns, in seconds.
type Duel struct {
	Ours   []float64 `json:"ours"`
	Theirs []float64 `json:"theirs"`
}

// Ratio is our best time as a multiple of their best time.
func (d Duel) Ratio() float64 { return slices.Min(d.Ours) / slices.Min(d.Theirs) }

// String is the best times and the spreads.
func (d Duel) String() string {
	return fmt.Sprintf("%.3g ms (spread %.0f %%) against %.3g ms (spread %.0f %%)",
		1e3*slices.Min(d.Ours), 100*Spread(d.Ours), 1e3*slices.Min(d.Theirs), 100*Spread(d.Theirs))
}

// with is the times of two duels of the same two.
func (d Duel) with(more Duel) Duel {
	return Duel{slices.Concat(d.Ours, more.Ours), slices.Concat(d.Theirs, more.Theirs)}
}

// Guarded is the ratio above which a guard fails: at 0.6 of the target, a ratio that may be 3 is let be up to 5.
func (t Target) Guarded() float64 { return t.AtMost / 0.6 }

// Here says whether the target means anything with the kernels that run here, and otherwise why not.
func (t Target) Here() (why string, ok bool) {
	here := KernelsHere()
	if len(t.Kernels) == 0 || slices.Contains(t.Kernels, here) {
		return "", true
	}
	return fmt.Sprintf("it is for %s, and %s runs here", orList(t.Kernels), here), false
}

func orList(ks []Kernels) string {
	out := string(ks[0])
	for _, k := range ks[1:] {
		out += " or " + string(k)
	}
	return out
}

// Measure lets both take turns, after one turn each for the caches.
func (t Target) Measure(ctx context.Context) (d Duel, err error) {
	stage := NewStage("")
	defer func() { err = errors.Join(err, stage.Close()) }()
	pair, err := t.Prepare(ctx, stage)
	if err != nil {
		return d, fmt.Errorf("%s: %w", t.Name, err)
	}
	if pair.Scale == 0 {
		pair.Scale = 1
	}
	times := t.Times
	if times == 0 {
		times = 15
	}
	for round := range times + 1 {
		a, err := clock(ctx, pair.Ours)
		if err != nil {
			return d, fmt.Errorf("%s: %w", t.Name, err)
		}
		b, err := clock(ctx, pair.Theirs)
		if err != nil {
			return d, fmt.Errorf("%s: %w", t.Name, err)
		}
		if round > 0 {
			d.Ours, d.Theirs = append(d.Ours, a), append(d.Theirs, pair.Scale*b)
		}
	}
	return d, nil
}

func clock(ctx context.Context, f func(context.Context) error) (float64, error) {
	start := time.Now()
	err := f(ctx)
	return time.Since(start).Seconds(), err
}

// tooNoisy is how far the opponent's quartiles may be apart, in parts of the median, before a ratio means nothing.
const tooNoisy = 0.20

// mostTakes is how often a guard measures before it fails.
const mostTakes = 3

// Guard fails where the target is missed by far. It skips where the target is not for here, where it is known to be
// missed, and where the opponent itself varied so much that the ratio means nothing; it always says what was measured.
// Where the target is missed it measures more before it says so.
func (t Target) Guard(tb testing.TB) {
	tb.Helper()
	if why, ok := t.Here(); !ok {
		tb.Skipf("%s: not measured: %s", t.Name, why)
	}
	var d Duel
	for takes := 0; takes == 0 || takes < mostTakes && t.Short == "" && d.Ratio() > t.Guarded(); takes++ {
		more, err := t.Measure(tb.Context())
		if err != nil {
			tb.Fatal(err)
		}
		d = d.with(more)
	}
	line := fmt.Sprintf("%s: ratio %.3g, target %.3g, guarded at %.3g, %s", d, d.Ratio(), t.AtMost, t.Guarded(), KernelsHere())
	switch v := Spread(d.Theirs); {
	case t.Short != "":
		tb.Skipf("%s: reported, not guarded: %s", line, t.Short)
	case v > tooNoisy:
		tb.Skipf("skipped, as the opponent itself varied by %.0f %%: %s", 100*v, line)
	case d.Ratio() > t.Guarded():
		tb.Fatal(line)
	}
	tb.Log(line)
}
