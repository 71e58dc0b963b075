package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
)

// withCommand is the environment of a shell that finds the command, as this test binary.
func withCommand(t testing.TB, more ...string) []string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	bin := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\n%s=1 exec '%s' \"$@\"\n", asProcess, self)
	require.NoError(t, os.WriteFile(filepath.Join(bin, "cubeward"), []byte(script), 0o700))
	return append(append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH")), more...)
}

func needShell(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no shell")
	}
}

func TestNightlyScript(t *testing.T) {
	needShell(t)
	model, folder := copyOf(t, "../../examples/us-budget"), t.TempDir()
	file := filepath.Join(folder, "budget.rights")
	env := withCommand(t)
	nightly := func() (string, error) {
		cmd := exec.Command("../../examples/batch/nightly.sh", model, file, "3")
		cmd.Env = env
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		stdout, err := cmd.Output()
		require.Empty(t, stdout)
		require.Subset(t, []string{"budget.rights"}, files(t, folder), "no part is left")
		return stderr.String(), err
	}
	said, err := nightly()
	require.NoError(t, err, said)
	require.Equal(t, readFile(t, compiled(t, model)), readFile(t, file))
	before, err := os.Stat(file)
	require.NoError(t, err)
	said, err = nightly()
	require.NoError(t, err, said)
	require.Contains(t, said, "still the model's")
	after, err := os.Stat(file)
	require.NoError(t, err)
	require.True(t, os.SameFile(before, after), "what is still the model's is not made again")

	change(t, filepath.Join(model, "model.yaml"), "cubeward: 1", "cubeward: 1 # changed")
	said, err = nightly()
	require.NoError(t, err, said)
	require.Contains(t, said, "changed  model.yaml")
	require.Equal(t, statusDone, call(t, "check", "-m", model, "-r", file).status)

	kept := readFile(t, file)
	change(t, filepath.Join(model, "model.yaml"), "cubeward: 1", "cubeward: 2")
	said, err = nightly()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, statusInvalid, exit.ExitCode(), said)
	require.Equal(t, kept, readFile(t, file))
}

// Where a part fails the others, which may take hours, are of no use any more; nor where the script is told to stop.
func TestNightlyScriptEndsItsParts(t *testing.T) {
	needShell(t)
	for name, first := range map[string]string{"a part fails": "exit 2", "the script is stopped": "kill -TERM $PPID"} {
		t.Run(name, func(t *testing.T) {
			bin, folder := t.TempDir(), t.TempDir()
			fake := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in\n*' 1/3 '*) while [ ! -f '%[1]s/2' ] || [ ! -f '%[1]s/3' ]; do sleep 0.01; done; %[2]s ;;\n"+
				"*' 2/3 '*) echo $$ > '%[1]s/2' ;;\n*' 3/3 '*) echo $$ > '%[1]s/3' ;;\nesac\nexec sleep 1000\n", bin, first)
			require.NoError(t, os.WriteFile(filepath.Join(bin, "cubeward"), []byte(fake), 0o700))
			cmd := exec.Command("../../examples/batch/nightly.sh", "model", filepath.Join(folder, "x.rights"), "3")
			cmd.Env = append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			var exit *exec.ExitError
			require.ErrorAs(t, cmd.Run(), &exit)
			require.Equal(t, map[string]int{"a part fails": 2, "the script is stopped": 3}[name], exit.ExitCode())
			require.Empty(t, files(t, folder), "no part is left")
			for _, part := range []string{"2", "3"} {
				pid, err := strconv.Atoi(strings.TrimSpace(readFile(t, filepath.Join(bin, part))))
				require.NoError(t, err)
				require.ErrorIs(t, syscall.Kill(pid, 0), syscall.ESRCH, "part %s is still at work", part)
			}
		})
	}
}

// job is what of a Kubernetes Job matters here.
type job struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		CompletionMode string `yaml:"completionMode"`
		Completions    int
		Template       struct {
			Spec struct {
				RestartPolicy string `yaml:"restartPolicy"`
				Containers    []struct {
					Name         string
					Command      []string
					Args         []string
					Env          []struct{ Name, Value string }
					VolumeMounts []struct {
						Name      string
						MountPath string `yaml:"mountPath"`
					} `yaml:"volumeMounts"`
				}
				Volumes []struct{ Name string }
			}
		}
	}
}

func readJob(t *testing.T, name string) job {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../examples/batch/kubernetes", name))
	require.NoError(t, err)
	var j job
	require.NoError(t, yaml.Unmarshal(data, &j))
	require.Equal(t, "batch/v1", j.APIVersion)
	require.Equal(t, "Job", j.Kind)
	require.Equal(t, "Never", j.Spec.Template.Spec.RestartPolicy)
	require.Len(t, j.Spec.Template.Spec.Containers, 1)
	return j
}

// run runs a pod's container here, with folders of ours in the place of its volumes.
func (j job) run(t *testing.T, env, places map[string]string) {
	t.Helper()
	c := j.Spec.Template.Spec.Containers[0]
	var mounted []string
	for _, m := range c.VolumeMounts {
		mounted = append(mounted, m.MountPath)
	}
	pod := withCommand(t)
	for _, e := range c.Env {
		value := e.Value
		if strings.HasPrefix(value, "/") {
			require.Contains(t, mounted, value, "the volume is mounted where the container looks")
			value = places[value]
		}
		pod = append(pod, e.Name+"="+value)
	}
	for name, value := range env {
		pod = append(pod, name+"="+value)
	}
	cmd := exec.Command(c.Command[0], append(c.Command[1:], c.Args...)...)
	cmd.Env = pod
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", said)
}

// The containers of the Kubernetes jobs do here what they do there.
func TestKubernetesJobs(t *testing.T) {
	needShell(t)
	parts, merge := readJob(t, "parts.yaml"), readJob(t, "merge.yaml")
	require.Equal(t, "Indexed", parts.Spec.CompletionMode)
	work, model := t.TempDir(), "../../examples/us-budget"
	places := map[string]string{"/model": model, "/work": work}
	for i := range parts.Spec.Completions {
		parts.run(t, map[string]string{"JOB_COMPLETION_INDEX": fmt.Sprint(i)}, places)
	}
	require.Len(t, files(t, work), 2*parts.Spec.Completions, "a part and its figures for each index")
	merge.run(t, nil, places)
	require.ElementsMatch(t, []string{"model.rights", "merge.json"}, files(t, work))
	require.Equal(t, readFile(t, compiled(t, model)), readFile(t, filepath.Join(work, "model.rights")))
	readme := readFile(t, "../../examples/batch/README.md")
	require.Contains(t, readme, "job/"+parts.Metadata.Name)
}
