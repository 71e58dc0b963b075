package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// usageWidth is where help texts are wrapped.
const usageWidth = 100

// writeUsage is the part of a command's help after its text: how to call it, examples, commands and flags.
func writeUsage(cmd *cobra.Command) error {
	var out strings.Builder
	line := cmd.UseLine()
	if !cmd.HasParent() {
		line = cmd.Use // nobody calls it with flags alone
	}
	fmt.Fprintf(&out, "Usage:\n  %s\n", line)
	if cmd.HasExample() {
		fmt.Fprintf(&out, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		out.WriteString("\nCommands:\n")
		g := grid{left: map[int]bool{1: true}}
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				g.add(c.Name(), c.Short)
			}
		}
		out.WriteString(g.text("  "))
	}
	if cmd.HasAvailableLocalFlags() {
		fmt.Fprintf(&out, "\nFlags:\n%s", cmd.LocalFlags().FlagUsagesWrapped(usageWidth))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&out, "\n\"%s COMMAND --help\" tells more of a command.\n", cmd.CommandPath())
	}
	_, err := fmt.Fprint(cmd.OutOrStdout(), out.String())
	return err
}

// helpCommand is `cubeward help COMMAND`, the same as COMMAND --help.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "help [COMMAND]",
		Short:  "What a command does and how it is called",
		Hidden: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			asked, rest, err := cmd.Root().Find(args)
			if err != nil || asked == cmd.Root() && len(rest) > 0 {
				return unknownCommand(cmd.Root(), args[0])
			}
			asked.InitDefaultHelpFlag()
			return asked.Help()
		},
	}
}
