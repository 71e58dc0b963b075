package engine

import "sync"

// Progress is how far Compile is. The stages come in this order:
//
//	resolve   the model's formulas and rules, in one step
//	mappings  the expressions that rights are read through
//	rows      what access-rights metrics hold, in members: so many for each metric
//	profiles  the members' profiles, in one step
//
// Within a stage Done never falls, and the last report of a stage has Done equal to Total. A stage that has nothing to
// do is reported once, with zeros.
type Progress struct {
	Stage       string
	Done, Total int
}

// progress reports to Options.Progress: one call at a time, whoever works. The nil progress reports nothing.
type progress struct {
	mu   sync.Mutex
	to   func(Progress)
	last Progress
}

func newProgress(to func(Progress)) *progress {
	if to == nil {
		return nil
	}
	return &progress{to: to}
}

// begin starts a stage of so many steps.
func (p *progress) begin(stage string, total int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = Progress{stage, 0, total}
	p.to(p.last)
}

// add says that n more steps of the stage are done.
func (p *progress) add(n int) {
	if p == nil || n == 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last.Done += n
	p.to(p.last)
}

// share spreads so many steps of the stage over n parts, of which some are done at a time: the last one ends them.
func (p *progress) share(steps, n int) func(done int) {
	if p == nil {
		return func(int) {}
	}
	if n == 0 {
		p.add(steps)
		return func(int) {}
	}
	parts, told := 0, 0
	var mu sync.Mutex
	return func(done int) {
		mu.Lock()
		defer mu.Unlock()
		parts += done
		now := int(int64(steps) * int64(parts) / int64(n))
		p.add(now - told)
		told = now
	}
}
