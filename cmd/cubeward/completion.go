package main

import (
	"github.com/spf13/cobra"
)

// completionCommand is `cubeward completion`: what makes a shell complete commands, flags, members and blocks.
func completionCommand(t *tool) *cobra.Command {
	shells := []string{"bash", "fish", "powershell", "zsh"}
	return &cobra.Command{
		Use:   "completion bash | fish | powershell | zsh",
		Short: "A script by which a shell completes commands, flags and names of a model",
		Long: `Writes a script for a shell. Where it is read, the tab key completes commands and
flags and, behind -m or -r, the members, blocks and applications of that model.
` + exitStatusHelp,
		Example: `  source <(cubeward completion bash)      # in ~/.bashrc; it needs the package bash-completion
  source <(cubeward completion zsh)       # in ~/.zshrc, below compinit
  cubeward completion fish > ~/.config/fish/completions/cubeward.fish`,
		ValidArgs:             shells,
		DisableFlagsInUseLine: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("name one shell: bash, fish, powershell or zsh")
			}
			root := cmd.Root()
			var err error
			switch args[0] {
			case "bash":
				err = root.GenBashCompletionV2(t.stdout, true)
			case "fish":
				err = root.GenFishCompletion(t.stdout, true)
			case "powershell":
				err = root.GenPowerShellCompletionWithDesc(t.stdout)
			case "zsh":
				err = root.GenZshCompletion(t.stdout)
			default:
				return usage("unknown shell %q: there are bash, fish, powershell and zsh", args[0])
			}
			return failed(err)
		},
	}
}
