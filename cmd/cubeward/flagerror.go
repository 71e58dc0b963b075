package main

import (
	"errors"
	"slices"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/cubeward/cubeward/cube"
)

// flagError says what is wrong with the flags of a call. Flags of a command that does not exist nobody can know: then
// it is about the command.
func flagError(cmd *cobra.Command, err error) error {
	if args := cmd.Flags().Args(); !cmd.HasParent() && len(args) > 0 {
		return unknownCommand(cmd, args[0])
	}
	var (
		value   *pflag.InvalidValueError
		missing *pflag.ValueRequiredError
		unknown *pflag.NotExistError
	)
	switch {
	case errors.As(err, &value):
		return usage("--%s: %w", value.GetFlag().Name, valueError(value))
	case errors.As(err, &missing):
		kind, _ := pflag.UnquoteUsage(missing.GetFlag())
		return usage("%s needs a value: %s", dashed(missing.GetSpecifiedName()), kind)
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	}
	return usage("%w", err)
}

// valueError says what a flag's value should have been, where the flag says it in the words of Go.
func valueError(e *pflag.InvalidValueError) error {
	wanted := map[string]string{
		"int": "is no whole number", "float64": "is no number like 0.05", "duration": "is no time like 500ms or 3s", "bool": "is neither true nor false",
	}
	if what := wanted[e.GetFlag().Value.Type()]; what != "" {
		return errors.New(strconv.Quote(e.GetValue()) + " " + what)
	}
	return errors.Unwrap(e)
}

// unknownFlag names the flag that may have been meant.
func unknownFlag(cmd *cobra.Command, e *pflag.NotExistError) error {
	name, long := e.GetSpecifiedName(), []string{}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			long = append(long, f.Name)
		}
	})
	near := cube.Suggest(name, long)
	if letters := e.GetSpecifiedShortnames(); len(letters) > 1 && slices.Contains(long, letters) {
		return usage("unknown flag -%s (did you mean %q?)", letters, "--"+letters)
	}
	if near != "" {
		return usage("unknown flag %s (did you mean %q?)", dashed(name), "--"+near)
	}
	return usage("unknown flag %s", dashed(name))
}

// dashed is a flag's name as it is written.
func dashed(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}
