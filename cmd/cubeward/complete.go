package main

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
	"github.com/cubeward/cubeward/cube/modelfile"
	"github.com/cubeward/cubeward/formula"
)

// completeFrom lets the shell complete a flag with names of the model that -m names, or of the rights file that -r
// names; without a readable one there are none.
func completeFrom(cmd *cobra.Command, flag string, model *modelFlags, names func(*cube.Workspace) []string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		ws, err := model.workspace(cmd.Context())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(ws), cobra.ShellCompDirectiveNoFileComp
	})
}

// workspace is what the model or the rights file names things.
func (m *modelFlags) workspace(ctx context.Context) (*cube.Workspace, error) {
	if m.file == "" {
		return modelfile.Load(m.path, loadOptions())
	}
	rights, err := m.tool.rightsOf(ctx, m.file)
	if err != nil {
		return nil, err
	}
	ws := rights.Workspace()
	return ws, ws.Users.Load()
}

func memberNames(ws *cube.Workspace) []string { return slices.Clone(ws.Users.Items()) }

func applicationNames(ws *cube.Workspace) []string {
	var out []string
	for _, a := range ws.Applications {
		out = append(out, a.Name)
	}
	return out
}

// blockNames are the blocks as -b takes them: without their application where there is one. A property is left out
// where its name needs quotes, which shells make hard to complete.
func blockNames(ws *cube.Workspace) []string {
	var out []string
	for _, a := range ws.Applications {
		prefix := a.Name + "::"
		if len(ws.Applications) == 1 {
			prefix = ""
		}
		for _, m := range a.Metrics {
			out = append(out, prefix+m.Name)
		}
		for _, l := range a.Lists {
			out = append(out, prefix+l.Name)
			for _, p := range l.Properties {
				if _, list, property, err := formula.ParseReference(p.Label()); err == nil && list == l.Name && property == p.Name {
					out = append(out, prefix+p.Label())
				}
			}
		}
	}
	return out
}
