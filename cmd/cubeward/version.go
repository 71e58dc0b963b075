package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// versionCommand is `cubeward version`.
func versionCommand(t *tool) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "The version, its commit and the Go that built it",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("unexpected %q: nothing follows", args[0])
			}
			return nil
		},
		DisableFlagsInUseLine: true,
		RunE: func(*cobra.Command, []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				info = &debug.BuildInfo{}
			}
			_, err := fmt.Fprint(t.stdout, versionText(info))
			return failed(err)
		},
	}
}

// versionText says what was built, from what and with what.
func versionText(info *debug.BuildInfo) string {
	version, commit, changed := info.Main.Version, "", ""
	if version == "" {
		version = "(devel)"
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = " with changes"
		}
	}
	if commit == "" {
		commit, changed = "unknown", ""
	}
	return fmt.Sprintf("cubeward %s\ncommit   %s%s\n%s %s/%s\n", version, commit, changed, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
