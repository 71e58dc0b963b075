package bench

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Workload is something to measure. Its name is that of a Go benchmark without the word Benchmark, in key=value form:
// Mask/layout=columns/rows=1Mi/dims=3/factors=2/hidden=10.
type Workload struct {
	Name    string
	Presets []string // the presets that it belongs to
	Large   bool     // takes gigabytes or minutes: only measured where somebody asks for it by name
	// Prepare makes what is measured, which is not measured itself. The Stage holds what workloads share.
	Prepare func(ctx context.Context, s *Stage) (*Op, error)
}

// Task is what a workload does: the part of its name before the first slash.
func (w Workload) Task() string {
	task, _, _ := strings.Cut(w.Name, "/")
	return task
}

// Sub is the rest of the name: what it is done with.
func (w Workload) Sub() string {
	_, sub, _ := strings.Cut(w.Name, "/")
	return sub
}

// Op is a prepared workload. Its counts are those of one call of Do.
type Op struct {
	Do      func(ctx context.Context) error // the work, once; may be called any number of times, one after the other
	Cells   int64                           // cells decided or computed, 0 where none are counted
	Members int64                           // members served, likewise
	Bytes   int64                           // bytes of values that go through, likewise
	// Copy is an opponent that does the least that could be asked for: Go's copy of the values. Nil where there is none.
	Copy func()
	// Heap is how many bytes what Do makes holds on to, besides what it was made from. Nil where that is nothing that
	// lasts. It makes it once more.
	Heap func(ctx context.Context) (float64, error)
	// Own are values of the workload that no clock tells, such as B/user. It is called once, after the measurement.
	Own func(ctx context.Context) ([]Value, error)
}

// Value is a measured figure and its unit, such as ns/cell.
type Value struct {
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// ErrSkip says that a workload cannot be measured here, as something that it needs is absent. Errors that wrap it say
// what.
var ErrSkip = errors.New("skipped")

// Match are the workloads whose names match a regular expression, large ones only where it is their whole name or
// large is true. No match is an error that names the tasks there are.
func Match(pattern string, large bool) ([]Workload, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	var found []Workload
	for _, w := range Workloads() {
		if w.Name == pattern || re.MatchString(w.Name) && (large || !w.Large) {
			found = append(found, w)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("bench: no workload matches %q", pattern)
	}
	return found, nil
}
