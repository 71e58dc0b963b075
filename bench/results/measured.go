package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/cubeward/cubeward/bench"
)

// measured is what one build of `results measure` measured: a build with the tag purego has other kernels.
type measured struct {
	Kernels bench.Kernels `json:"kernels"`
	Duels   []duel        `json:"duels"`
	Curves  []curve       `json:"curves,omitempty"`
	Limits  []limit       `json:"limits,omitempty"`
}

// limit is a limit, by its name, and what was measured.
type limit struct {
	Limit  string  `json:"limit"`
	Bytes  float64 `json:"bytes"`
	AtMost float64 `json:"at_most"`
}

// duel is a target, by its name, and how it went.
type duel struct {
	Target string `json:"target"`
	bench.Duel
}

// curve is a growth curve, by its name, and its points.
type curve struct {
	Curve  string        `json:"curve"`
	Points []bench.Point `json:"points"`
}

// measure measures the targets that mean something with the kernels that run here, and the curves.
func measure(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("measure", flag.ContinueOnError)
	out := flags.String("o", "", "the file to write")
	times := flags.Int("times", 0, "how often each of two that take turns is timed, at most; 0: as often as its target says")
	points := flags.Int("points", 7, "how often each point of a curve is timed; 0: no curves")
	kernels := flags.Bool("kernels", false, "only the targets that are for some kernels alone")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *out == "" {
		return errors.New("measure: say where to with -o")
	}
	m := measured{Kernels: bench.KernelsHere()}
	for _, t := range bench.Targets() {
		if _, ok := t.Here(); !ok || *kernels && len(t.Kernels) == 0 {
			continue
		}
		if *times > 0 {
			t.Times = *times
		}
		fmt.Fprintln(os.Stderr, "target:", t.Name)
		d, err := t.Measure(ctx)
		if err != nil {
			return err
		}
		m.Duels = append(m.Duels, duel{t.Name, d})
	}
	for _, l := range bench.Limits() {
		if *kernels {
			break
		}
		fmt.Fprintln(os.Stderr, "limit:", l.Name)
		n, most, err := l.Measure(ctx)
		if err != nil {
			return err
		}
		m.Limits = append(m.Limits, limit{l.Name, n, most})
	}
	for _, c := range bench.Curves() {
		if *points == 0 {
			break
		}
		fmt.Fprintln(os.Stderr, "curve:", c.Name)
		p, err := c.Measure(ctx, *points)
		if err != nil {
			return err
		}
		m.Curves = append(m.Curves, curve{c.Name, p})
	}
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(*out, append(text, '\n'), 0o666)
}

func readMeasured(name string) (measured, error) {
	var m measured
	text, err := os.ReadFile(name)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", name, err)
	}
	return m, nil
}

// duelOf is how a target went, and whether it was measured.
func (p *page) duelOf(t bench.Target) (bench.Duel, bool) {
	for _, m := range p.measured {
		for _, d := range m.Duels {
			if d.Target == t.Name {
				return d.Duel, true
			}
		}
	}
	return bench.Duel{}, false
}

// pointsOf are the points of a curve, nil where it was not measured.
func (p *page) pointsOf(c bench.Curve) []bench.Point {
	for _, m := range p.measured {
		for _, x := range m.Curves {
			if x.Curve == c.Name {
				return x.Points
			}
		}
	}
	return nil
}
