package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/cubeward/cubeward/bench"
)

// profiles writes a CPU profile of each workload that is profiled, and its top functions as text beside it. A profile
// holds the work alone: not its preparation, nor a harness.
func profiles(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("profile", flag.ContinueOnError)
	dir := flags.String("o", "", "the folder to write to")
	each := flags.Duration("time", time.Second, "how long each workload is profiled")
	pattern := flags.String("only", "", "profile what matches this regular expression, instead of what the page shows")
	if err := flags.Parse(args); err != nil {
		return err
	}
	names := profiled()
	if *pattern != "" {
		re, err := regexp.Compile(*pattern)
		if err != nil {
			return err
		}
		names = nil
		for _, w := range bench.Workloads() {
			if re.MatchString(w.Name) {
				names = append(names, w.Name)
			}
		}
	}
	if *dir == "" || len(names) == 0 {
		return errors.New("profile: say where to with -o, and name something there is")
	}
	if err := os.MkdirAll(*dir, 0o777); err != nil {
		return err
	}
	for _, name := range names {
		fmt.Fprintln(os.Stderr, "profile:", name)
		if err := profile(ctx, name, *dir, *each); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// fileOf is the name of a workload's profile, without an ending.
func fileOf(name string) string { return strings.NewReplacer("/", "_", "=", "-").Replace(name) }

func profile(ctx context.Context, name, dir string, each time.Duration) (err error) {
	ws, err := bench.Match("^"+regexp.QuoteMeta(name)+"$", true)
	if err != nil {
		return err
	}
	stage := bench.NewStage("")
	defer func() { err = errors.Join(err, stage.Close()) }()
	op, err := ws[0].Prepare(ctx, stage)
	if err != nil {
		return err
	}
	if err := op.Do(ctx); err != nil {
		return err
	}
	base := filepath.Join(dir, fileOf(name))
	if err := record(ctx, base+".pprof", op, each); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, "go", "tool", "pprof", "-top", "-nodecount=40", base+".pprof").Output()
	if err != nil {
		return fmt.Errorf("go tool pprof: %w", err)
	}
	return os.WriteFile(base+".txt", out, 0o666)
}

// record profiles an operation, done again and again.
func record(ctx context.Context, name string, op *bench.Op, each time.Duration) error {
	var buf bytes.Buffer
	if err := pprof.StartCPUProfile(&buf); err != nil {
		return err
	}
	for start := time.Now(); time.Since(start) < each; {
		if err := op.Do(ctx); err != nil {
			pprof.StopCPUProfile()
			return err
		}
	}
	pprof.StopCPUProfile()
	return os.WriteFile(name, buf.Bytes(), 0o666)
}

// function is a line of a profile: a function, and its own share of the time.
type function struct {
	name string
	flat float64 // percent
}

var topLine = regexp.MustCompile(`^\s*\S+\s+([0-9.]+)%\s+[0-9.]+%\s+\S+\s+[0-9.]+%\s+(.*)$`)

// top are the functions of a profile that was written to a folder, the greatest first.
func top(dir, name string, n int) ([]function, error) {
	text, err := os.ReadFile(filepath.Join(dir, fileOf(name)+".txt"))
	if err != nil {
		return nil, err
	}
	var out []function
	for line := range strings.Lines(string(text)) {
		m := topLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil || len(out) == n {
			continue
		}
		var f function
		if _, err := fmt.Sscan(m[1], &f.flat); err != nil {
			return nil, err
		}
		f.name = short(m[2])
		out = append(out, f)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no profile", name)
	}
	return out, nil
}

// short is a function's name without the path of its package, nor what is known of it.
func short(name string) string {
	name = strings.TrimSuffix(name, " (inline)")
	tail := ""
	if at := strings.IndexByte(name, '['); at >= 0 {
		name, tail = name[:at], name[strings.LastIndexByte(name, ']')+1:]
	}
	return name[strings.LastIndexByte(name, '/')+1:] + tail
}
