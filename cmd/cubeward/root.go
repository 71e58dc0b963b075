package main

import (
	"cmp"

	"github.com/spf13/cobra"

	"github.com/cubeward/cubeward/cube"
)

// newRoot is the command line: a new one for each run, as cobra keeps the flags' values in it. Each command stands in
// a file of its own.
func newRoot(t *tool) *cobra.Command {
	root := &cobra.Command{
		Use:   "cubeward COMMAND",
		Short: "Who may read and write which cells of a planning model",
		Long: `Cubeward decides who may read and who may write which cells of a planning model,
down to a single number, and masks data accordingly.

A model is a folder with a model.yaml (one application) or a workspace.yaml
(several): lists, metrics, roles, and rules that say which metrics hold the
rights of which others. Name it with -m.

Every command but mask runs with the eyes of the system and is for people who
may see the whole model. Only what mask and "explain --for" tell is made for the
member named.`,
		Example: `  cubeward check -m examples/us-budget
  cubeward rights -m examples/us-budget -u ines@treasury.gov -b Receipts
  cubeward mask -m examples/us-budget -u ines@treasury.gov \
      -i examples/us-budget/receipts.csv -o hers.csv`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			return cmp.Or(noEmptyFlags(cmd), noDoubleFlags(cmd))
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return unknownCommand(cmd, args[0])
		},
	}
	root.SetUsageFunc(writeUsage)
	root.SetHelpCommand(helpCommand())
	root.SetFlagErrorFunc(flagError)
	root.CompletionOptions.DisableDefaultCmd = true // there is one of ours
	root.AddCommand(
		checkCommand(t),
		compileCommand(t),
		mergeCommand(t),
		rightsCommand(t),
		valuesCommand(t),
		maskCommand(t),
		explainCommand(t),
		whoCommand(t),
		whatCommand(t),
		summaryCommand(t),
		diffCommand(t),
		testCommand(t),
		checkWriteCommand(t),
		lintCommand(t),
		benchCommand(t),
		completionCommand(t),
		versionCommand(t),
	)
	countFlags(root)
	return root
}

// unknownCommand names the command nearest to what was typed.
func unknownCommand(root *cobra.Command, name string) error {
	var names []string
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	if near := cube.Suggest(name, names); near != "" {
		return usage("unknown command %q (did you mean %q?)", name, near)
	}
	return usage("unknown command %q", name)
}

// noArguments refuses arguments that are no flags.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage("unexpected %q: everything is named by a flag", args[0])
	}
	return nil
}

const exitStatusHelp = `
Exit status: 0 done, 1 the answer is no, 2 the call or an input is invalid,
3 it could not be carried out.`
