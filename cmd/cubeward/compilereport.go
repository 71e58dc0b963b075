package main

import (
	"fmt"
	"io"
	"math"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/engine"
)

// reportFlags say where the figures of a run go.
type reportFlags struct {
	asJSON  bool
	metrics string
}

func (r *reportFlags) register(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&r.asJSON, "json", false, "the run's figures as JSON on standard output")
	cmd.Flags().StringVar(&r.metrics, "metrics", "", "the same JSON into `FILE`")
}

// compileReport is what a run did. The keys of its JSON are part of the interface.
type compileReport struct {
	Output     string             `json:"output"`
	Members    int                `json:"members"`     // of the workspace
	Held       int                `json:"held"`        // those whose rights the file holds
	Shard      *string            `json:"shard"`       // as in 1/8
	Kinds      int                `json:"kinds"`       // of members, over all access-rights metrics
	Profiles   int                `json:"profiles"`    // members of one profile have equal rights everywhere
	Sets       int                `json:"sets"`        // of cells
	Bytes      int64              `json:"bytes"`       // of the file
	Seconds    map[string]float64 `json:"seconds"`     // by stage, and "total"
	PeakMemory int64              `json:"peak_memory"` // of the process, in bytes; 0 where nobody knows
	Inputs     []inputReport      `json:"inputs"`
	Reused     *reuseReport       `json:"reused"` // null without --since
}

type inputReport struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

type reuseReport struct {
	Since  string `json:"since"`
	File   bool   `json:"file"`   // nothing was compiled: the file is the old one
	Inputs int    `json:"inputs"` // how many files of the model are the same as then
}

// count takes over what rights hold.
func (r *compileReport) count(s engine.Stats) {
	r.Members, r.Profiles, r.Sets = s.Members, s.Profiles, s.Sets
	for _, k := range s.Kinds {
		r.Kinds += k.Kinds
	}
}

// took takes over how long the stages took, in whole microseconds.
func (r *compileReport) took(s *stages) {
	r.Seconds = map[string]float64{"total": s.total()}
	for stage, n := range s.seconds {
		r.Seconds[stage] = n
	}
	for stage, n := range r.Seconds {
		r.Seconds[stage] = math.Round(n*1e6) / 1e6
	}
	r.PeakMemory = peakMemory()
}

// text is the report in a line for people.
func (r *compileReport) text() string {
	held := plural(r.Held, "member")
	if r.Held != r.Members {
		held = count(r.Held) + " of " + plural(r.Members, "member")
	}
	how := ""
	if r.Reused != nil && r.Reused.File {
		how = ", taken over from " + r.Reused.Since
	}
	return fmt.Sprintf("%s: %s in %s, %s%s, %s\n", r.Output, held, plural(r.Profiles, "profile"), fileSize(r.Bytes), how, secondsText(r.Seconds["total"]))
}

func secondsText(s float64) string {
	if s < 10 {
		return fmt.Sprintf("%.2f s", s)
	}
	return fmt.Sprintf("%.0f s", s)
}

// fileSize is a number of bytes for people.
func fileSize(n int64) string {
	switch {
	case n < 10_000:
		return plural(n, "byte")
	case n < 1_000_000:
		return fmt.Sprintf("%.1f KB", float64(n)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// tellRun says what was done: for people on standard error, or as the flags ask.
func (t *tool) tellRun(f *reportFlags, r *compileReport) error {
	if f.metrics != "" {
		if err := t.writeWhole(f.metrics, func(w io.Writer) error { return writeJSON(w, r) }); err != nil {
			return err
		}
	}
	if f.asJSON {
		return writeJSON(t.stdout, r)
	}
	return t.say(r.text())
}
