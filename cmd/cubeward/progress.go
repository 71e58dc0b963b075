package main

import (
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// patience is how long work takes before anything is said of it.
const patience = time.Second

// progress tells somebody at a terminal how much is done, once work takes long.
type progress struct {
	w       io.Writer // nil: nobody looks
	what    string
	unit    string
	started time.Time
	rows    int64
	bar     *progressbar.ProgressBar
}

// newProgress is the progress of work that starts now, told on w where that is a terminal. The unit is what is counted.
func newProgress(w io.Writer, what, unit string) *progress {
	p := &progress{what: what, unit: unit, started: time.Now()}
	if isTerminal(w) {
		p.w = w
	}
	return p
}

// add says that n more are done.
func (p *progress) add(n int64) {
	p.rows += n
	switch {
	case p.bar != nil:
		_ = p.bar.Add64(n)
	case p.w != nil && time.Since(p.started) > patience:
		p.bar = progressbar.NewOptions64(-1,
			progressbar.OptionSetWriter(p.w),
			progressbar.OptionSetDescription(p.what),
			progressbar.OptionSetSpinnerChangeInterval(0),
			progressbar.OptionShowCount(),
			progressbar.OptionShowIts(),
			progressbar.OptionSetItsString(p.unit),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
		_ = p.bar.Add64(p.rows)
	}
}

// done takes the bar away.
func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
