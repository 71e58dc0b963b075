package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/cubeward/cubeward/engine"
)

// lineEvery is how often a line tells how far a job is where nobody sits at a terminal.
const lineEvery = 10 * time.Second

// stageWords say what goes on in a stage of a job, and what is counted in it.
var stageWords = map[string][2]string{
	"load":     {"reading the model", "bytes"},
	"resolve":  {"formulas and rules", "steps"},
	"mappings": {"mappings", "mappings"},
	"rows":     {"rights of members", "members"},
	"profiles": {"profiles", "members"},
	"write":    {"writing", "bytes"},
	"verify":   {"verifying", "bytes"},
	"merge":    {"merging", "bytes"},
}

// stages tells how far a job of several stages is, once it takes long: with a bar at a terminal, else with a line from
// time to time, also while a stage reports nothing. It keeps how long each stage took.
type stages struct {
	mu       sync.Mutex
	stop     chan struct{} // ends watching
	closed   bool          // what is reported later nobody wants to know
	w        io.Writer
	terminal bool
	job      string
	now      func() time.Time

	seconds map[string]float64
	started time.Time
	stage   string
	since   time.Time
	said    time.Time // when the last line was
	bar     *progressbar.ProgressBar

	done, all, barOf int // how much of the stage is done, of how much, and of how much the bar is
}

// newStages starts a job. It ends with close.
func newStages(w io.Writer, job string) *stages {
	s := &stages{w: w, terminal: isTerminal(w), job: job, now: time.Now, seconds: map[string]float64{}, stop: make(chan struct{})}
	s.started = s.now()
	s.said = s.started
	go s.watch(s.stop, patience/2)
	return s
}

// watch tells from time to time how far the job is.
func (s *stages) watch(stop <-chan struct{}, every time.Duration) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			s.mu.Lock()
			if s.stage != "" {
				s.tell()
			}
			s.mu.Unlock()
		}
	}
}

// close ends the job: no bar stands any more. It may be called more than once.
func (s *stages) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	s.closed = true
	if s.stop != nil {
		close(s.stop)
		s.stop = nil
	}
}

// begin ends the stage before and starts one.
func (s *stages) begin(stage string) {
	s.report(stage, 0, 0)
}

// end ends the stage.
func (s *stages) end() {
	if s.stage != "" {
		s.seconds[s.stage] += s.now().Sub(s.since).Seconds()
		s.stage = ""
	}
	if s.bar != nil {
		_ = s.bar.Finish()
		s.bar = nil
	}
}

// total ends the last stage: how long the job took, in seconds.
func (s *stages) total() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	return s.now().Sub(s.started).Seconds()
}

// progress is engine.Options.Progress.
func (s *stages) progress(p engine.Progress) { s.report(p.Stage, p.Done, p.Total) }

// report says how much of a stage is done; a total of 0 is not known.
func (s *stages) report(stage string, done, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	if stage != s.stage {
		s.end()
		s.stage, s.since = stage, s.now()
	}
	s.done, s.all = done, total
	s.tell()
}

func (s *stages) tell() {
	now := s.now()
	switch {
	case s.bar != nil && s.barOf == s.all:
		_ = s.bar.Set(s.done)
	case now.Sub(s.started) < patience:
	case s.terminal:
		s.show()
	case now.Sub(s.said) >= lineEvery:
		s.said = now
		fmt.Fprintf(s.w, "%s: %s\n", s.job, s.line(s.done, s.all, now.Sub(s.since)))
	}
}

// show makes a bar for as much as is known of the stage.
func (s *stages) show() {
	if s.bar != nil {
		_ = s.bar.Finish()
	}
	words, total := stageWords[s.stage], s.all
	s.barOf = total
	text := s.job + ": " + words[0]
	options := []progressbar.Option{
		progressbar.OptionSetWriter(s.w),
		progressbar.OptionSetWidth(20),
		progressbar.OptionSetElapsedTime(false), // it would count from here, and not from where the stage began
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionThrottle(100 * time.Millisecond),
		progressbar.OptionClearOnFinish(),
	}
	switch {
	case total <= 1: // how much it is nobody knows
		total = -1
	case words[1] == "bytes":
		text += ", " + fileSize(int64(total))
	default:
		options = append(options, progressbar.OptionShowCount())
	}
	options = append(options, progressbar.OptionSetDescription(text))
	s.bar = progressbar.NewOptions(total, options...)
	_ = s.bar.Set(s.done)
}

// line is how far the stage is, in words: what is done of it, and how long the rest of it takes at this rate.
func (s *stages) line(done, total int, took time.Duration) string {
	words := stageWords[s.stage]
	switch {
	case total <= 1:
		return words[0]
	case done <= 0:
		return fmt.Sprintf("%s, 0 of %s", words[0], count(total))
	}
	if words[1] == "bytes" {
		return fmt.Sprintf("%s, %s of %s (%d %%), %s left", words[0], fileSize(int64(done)), fileSize(int64(total)), percentOf(done, total), timeLeft(done, total, took))
	}
	return fmt.Sprintf("%s, %s of %s (%d %%), %s left", words[0], count(done), count(total), percentOf(done, total), timeLeft(done, total, took))
}

func percentOf(done, total int) int { return int(100 * float64(done) / float64(total)) }

// timeLeft is how long the rest takes at the rate so far.
func timeLeft(done, total int, took time.Duration) time.Duration {
	left := time.Duration(float64(took) / float64(done) * float64(total-done))
	return left.Round(time.Second)
}
