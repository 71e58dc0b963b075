package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Measurement says how workloads are measured. The zero Measurement is good.
type Measurement struct {
	Time    time.Duration // for each workload, all its samples together; 0 means one second
	Samples int           // of each workload; 0 means 24, which Compare needs to find 10 % in a spread of 5 %
	Root    string        // of Cubeward's sources, as in NewStage
	// SlowDown makes every operation so much slower, by waiting: 0.1 for 10 %. It is for trying out comparisons.
	SlowDown float64
	// Progress, where set, is told after each step how many steps are done of how many.
	Progress func(done, steps int, doing string)
}

func (m Measurement) whole() Measurement {
	if m.Time == 0 {
		m.Time = time.Second
	}
	if m.Samples == 0 {
		m.Samples = 24
	}
	if m.Progress == nil {
		m.Progress = func(int, int, string) {}
	}
	return m
}

// Validate reports what is wrong with the measurement, all of it.
func (m Measurement) Validate() error {
	var errs []error
	if m.Time < 0 {
		errs = append(errs, fmt.Errorf("bench: a time of %s", m.Time))
	}
	if m.Samples < 0 {
		errs = append(errs, fmt.Errorf("bench: %d samples", m.Samples))
	}
	if m.SlowDown < 0 {
		errs = append(errs, fmt.Errorf("bench: a slow-down of %g", m.SlowDown))
	}
	return errors.Join(errs...)
}

// Measure measures workloads interleaved: each is warmed up, then all give one sample in turn, again and again, so that
// what disturbs the machine for a while disturbs all of them. A sample is as many operations as fill its share of the
// time, timed as one, with the garbage collected before. Between two looks at the clock nothing runs but the
// operations and a loop.
//
// Workloads whose preparation fails with ErrSkip are listed as skipped; any other error ends the measurement.
func (m Measurement) Measure(ctx context.Context, ws []Workload) (*Report, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	m = m.whole()
	stage := NewStage(m.Root)
	report, err := m.measure(ctx, stage, ws)
	return report, errors.Join(err, stage.Close())
}

func (m Measurement) measure(ctx context.Context, stage *Stage, ws []Workload) (*Report, error) {
	report := newReport()
	steps := len(ws) * (m.Samples + 1)
	done := 0
	var runs []*series
	for _, w := range ws {
		m.Progress(done, steps, "preparing "+w.Name)
		s, err := m.prepare(ctx, stage, w)
		switch {
		case errors.Is(err, ErrSkip):
			report.Skipped = append(report.Skipped, Skip{w.Name, err.Error()})
			steps -= m.Samples
		case err != nil:
			return nil, fmt.Errorf("%s: %w", w.Name, err)
		default:
			runs = append(runs, s)
		}
		done++
	}
	for round := range m.Samples {
		for i := range runs {
			s := runs[(i+round)%len(runs)]
			m.Progress(done, steps, s.name)
			if err := s.sample(ctx); err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			done++
		}
	}
	for _, s := range runs {
		r, err := s.result(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		report.Results = append(report.Results, r)
	}
	m.Progress(steps, steps, "")
	return report, nil
}

// series is the measurement of one workload.
type series struct {
	name string
	op   *Op
	n    int     // operations in a sample
	slow float64 // as Measurement.SlowDown
	taken
}

// taken are the samples so far.
type taken struct {
	seconds, copied, bytes, allocs []float64 // of each sample, by operation
}

// prepare makes a workload's operation, warms it up and finds how many of them fill a sample.
func (m Measurement) prepare(ctx context.Context, stage *Stage, w Workload) (*series, error) {
	op, err := w.Prepare(ctx, stage)
	if err != nil {
		return nil, err
	}
	s := &series{name: w.Name, op: op, n: 1, slow: m.SlowDown}
	slot := m.Time / time.Duration(m.Samples)
	for {
		took, err := s.time(ctx)
		if err != nil {
			return nil, err
		}
		if took >= slot/2 || s.n >= 1<<30 {
			s.n = max(1, int(float64(s.n)*float64(slot)/float64(max(took, 1))))
			return s, nil
		}
		s.n = min(100*s.n, max(2*s.n, int(1.2*float64(s.n)*float64(slot)/float64(max(took, 1)))))
	}
}

// time is how long n operations take.
func (s *series) time(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	for range s.n {
		if err := s.op.Do(ctx); err != nil {
			return 0, err
		}
	}
	took := time.Since(start)
	if s.slow == 0 {
		return took, ctx.Err()
	}
	for until := time.Duration(float64(took) * (1 + s.slow)); took < until; {
		took = time.Since(start)
	}
	return took, ctx.Err()
}

func (s *series) sample(ctx context.Context) error {
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	took, err := s.time(ctx)
	if err != nil {
		return err
	}
	runtime.ReadMemStats(&after)
	n := float64(s.n)
	s.seconds = append(s.seconds, took.Seconds()/n)
	s.bytes = append(s.bytes, float64(after.TotalAlloc-before.TotalAlloc)/n)
	s.allocs = append(s.allocs, float64(after.Mallocs-before.Mallocs)/n)
	if s.op.Copy != nil {
		s.copied = append(s.copied, s.op.bestCopy(3))
	}
	return nil
}

// result is what was measured, sample by sample. What no clock tells is the same in each.
func (s *series) result(ctx context.Context) (Result, error) {
	r := Result{Name: s.name}
	var own []Value
	if s.op.Own != nil {
		var err error
		if own, err = s.op.Own(ctx); err != nil {
			return r, err
		}
	}
	timed := *s.op
	timed.Own = nil
	for i, sec := range s.seconds {
		copied := 0.0
		if s.copied != nil {
			copied = s.copied[i]
		}
		values := []Value{{1e9 * sec, "ns/op"}, {s.bytes[i], "B/op"}, {s.allocs[i], "allocs/op"}}
		if s.op.Bytes > 0 {
			values = append(values, Value{float64(s.op.Bytes) / sec / 1e6, "MB/s"})
		}
		more, err := timed.values(ctx, sec, copied)
		if err != nil {
			return r, err
		}
		r.Samples = append(r.Samples, Sample{s.n, append(append(values, more...), own...)})
	}
	return r, nil
}
