package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cubeward/cubeward/engine"
)

// stagesAt are stages whose clock the test moves.
func stagesAt(terminal bool) (*stages, *strings.Builder, *time.Time) {
	var out strings.Builder
	clock := time.Unix(0, 0)
	s := &stages{w: &out, terminal: terminal, job: "compile", now: func() time.Time { return clock }, started: clock, seconds: map[string]float64{}}
	return s, &out, &clock
}

func TestShortJobsSayNothing(t *testing.T) {
	for _, terminal := range []bool{false, true} {
		s, out, clock := stagesAt(terminal)
		s.begin("load")
		*clock = clock.Add(patience / 2)
		s.progress(engine.Progress{Stage: "rows", Done: 3, Total: 10})
		s.total()
		require.Empty(t, out.String())
		require.Equal(t, map[string]float64{"load": 0.5, "rows": 0}, s.seconds)
	}
}

func TestLongJobsSayHowFarTheyAre(t *testing.T) {
	s, out, clock := stagesAt(false)
	step := func(stage string, done, total int, after time.Duration) {
		*clock = clock.Add(after)
		s.progress(engine.Progress{Stage: stage, Done: done, Total: total})
	}
	s.begin("load")
	*clock = clock.Add(15 * time.Second)
	s.report("load", 2_500_000, 10_000_000)
	step("resolve", 0, 1, 5*time.Second)
	step("resolve", 1, 1, time.Second)
	step("rows", 0, 1_000_000, 0)
	step("rows", 100_000, 1_000_000, 10*time.Second)
	step("rows", 150_000, 1_000_000, 5*time.Second) // too soon for another line
	step("rows", 500_000, 1_000_000, 35*time.Second)
	step("profiles", 0, 1, 1*time.Second)
	s.begin("write")
	require.EqualValues(t, 72, s.total())
	require.Equal(t, `compile: reading the model, 2.5 MB of 10.0 MB (25 %), 45s left
compile: rights of members, 100,000 of 1,000,000 (10 %), 1m30s left
compile: rights of members, 500,000 of 1,000,000 (50 %), 50s left
`, out.String())
	require.Equal(t, map[string]float64{"load": 20, "resolve": 1, "rows": 51, "profiles": 0, "write": 0}, s.seconds)
}

func TestTerminalsGetABar(t *testing.T) {
	s, out, clock := stagesAt(true)
	s.begin("rows")
	*clock = clock.Add(2 * patience)
	s.report("rows", 20, 100)
	require.Contains(t, out.String(), "compile: rights of members")
	require.Contains(t, out.String(), "20/100")
	require.NotContains(t, out.String(), "\n")
	s.close()
	require.Regexp(t, `\r *\r?$`, out.String(), "nothing stays of it")
}

// A stage that reports nothing is told all the same.
func TestSilentStages(t *testing.T) {
	s, out, clock := stagesAt(false)
	s.begin("load")
	*clock = clock.Add(time.Minute)
	stop := make(chan struct{})
	s.stop = stop
	done := make(chan struct{})
	go func() { s.watch(stop, time.Millisecond); close(done) }()
	require.Eventually(t, func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return out.String() == "compile: reading the model\n"
	}, time.Minute, time.Millisecond)
	s.close()
	<-done
	s.close()
}
