package main

import (
	"fmt"
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
	took := time.Since(p.started)
	if p.w == nil || took < patience {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(-1,
			progressbar.OptionSetWriter(p.w),
			progressbar.OptionSetSpinnerChangeInterval(0),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish(),
		)
	}
	p.bar.Describe(fitting(p.w, p.text(took)))
}

// text is how much is done, and how fast since the work began: the bar, which comes later, would say another rate.
func (p *progress) text(took time.Duration) string {
	rate := float64(p.rows) / took.Seconds()
	return fmt.Sprintf("%s: %s %s, %s a second", p.what, count(p.rows), p.unit, count(int64(rate)))
}

// fitting cuts a text to what a line of the terminal has room for beside a bar's own signs: a line that breaks stays.
func fitting(w io.Writer, text string) string {
	const signs = 6
	if width := terminalWidth(w) - signs; width > 0 && len(text) > width {
		return text[:width]
	}
	return text
}

// done takes the bar away.
func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
