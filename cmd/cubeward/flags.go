package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// noEmptyFlags refuses flags that are given without a value. A script's --as or --for whose variable is empty would
// otherwise ask with the eyes of somebody else.
func noEmptyFlags(cmd *cobra.Command) error {
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil && f.Value.Type() == "string" && f.Value.String() == "" {
			err = usage("--%s is empty", f.Name)
		}
	})
	return err
}

// counted is the value of a flag that knows how often it was given.
type counted struct {
	pflag.Value
	n int
}

// Set counts, too.
func (c *counted) Set(s string) error {
	c.n++
	return c.Value.Set(s)
}

// countFlags counts how often flags of one text are given, of a command and of those below.
func countFlags(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Value.Type() == "string" {
			f.Value = &counted{Value: f.Value}
		}
	})
	for _, c := range cmd.Commands() {
		countFlags(c)
	}
}

// noDoubleFlags refuses a second text for a flag: of two members, models or files nobody can say which one is meant.
func noDoubleFlags(cmd *cobra.Command) error {
	var err error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if c, ok := f.Value.(*counted); ok && c.n > 1 && err == nil {
			err = usage("--%s is given %d times", f.Name, c.n)
		}
	})
	return err
}

// needFlags refuses a call in which one of the flags is missing, all at once. In place of the model a rights file is as
// good where the command takes one, but not both.
func needFlags(cmd *cobra.Command, names ...string) error {
	var missing []string
	for _, name := range names {
		f := cmd.Flags().Lookup(name)
		flag := flagText(f)
		if file := cmd.Flags().Lookup("rights"); name == "model" && file != nil && !file.Hidden {
			if file.Value.String() != "" {
				if f.Value.String() != "" {
					return usage("-m and -r exclude each other: a rights file stands in place of the model")
				}
				continue
			}
			flag += " (or " + flagText(file) + ")"
		}
		if f.Value.String() == "" {
			missing = append(missing, flag)
		}
	}
	switch n := len(missing); n {
	case 0:
		return nil
	case 1:
		return usage("%s is missing", missing[0])
	default:
		return usage("%s and %s are missing", strings.Join(missing[:n-1], ", "), missing[n-1])
	}
}

// flagText is a flag with the kind of its value, as in -m PATH.
func flagText(f *pflag.Flag) string {
	kind, _ := pflag.UnquoteUsage(f)
	return fmt.Sprintf("-%s %s", f.Shorthand, kind)
}

// splitPair splits LEFT=RIGHT. Names may hold "=", so it is split at the first one that leaves a known name on the
// left, or else at the first.
func splitPair(pair string, known func(string) bool) (left, right string, err error) {
	first := strings.IndexByte(pair, '=')
	if first < 0 {
		return "", "", fmt.Errorf("%q has no \"=\"", pair)
	}
	for i := first; i < len(pair); i++ {
		if pair[i] == '=' && known(pair[:i]) {
			first = i
			break
		}
	}
	return pair[:first], pair[first+1:], nil
}

// byteSize is a number of bytes as people write it: 512MiB, 1GiB, 2GB, 1000000.
type byteSize int64

func byteUnits() []string {
	return []string{"KiB", "MiB", "GiB", "TiB", "KB", "MB", "GB", "TB", "B", ""}
}

func unitBytes(unit string) int64 {
	base, power := int64(1000), strings.IndexByte("KMGT", (unit + "B")[0])+1
	if strings.HasSuffix(unit, "iB") {
		base = 1024
	}
	n := int64(1)
	for range power {
		n *= base
	}
	return n
}

// String is the size in the largest binary unit that divides it.
func (b *byteSize) String() string {
	for _, unit := range []string{"TiB", "GiB", "MiB", "KiB"} {
		if n := unitBytes(unit); *b != 0 && int64(*b)%n == 0 {
			return fmt.Sprintf("%d%s", int64(*b)/n, unit)
		}
	}
	if *b == 0 {
		return "0"
	}
	return fmt.Sprintf("%dB", int64(*b))
}

// Set reads a size.
func (b *byteSize) Set(s string) error {
	for _, unit := range byteUnits() {
		at := len(s) - len(unit)
		if at < 0 || !strings.EqualFold(s[at:], unit) {
			continue
		}
		n, err := strconv.ParseInt(strings.TrimSpace(s[:at]), 10, 64)
		if err != nil || n <= 0 || n > (1<<62)/unitBytes(unit) {
			break
		}
		*b = byteSize(n * unitBytes(unit))
		return nil
	}
	return fmt.Errorf("%q is no size like 512MiB or 1GiB", s)
}

// Type names the kind of value in help texts.
func (b *byteSize) Type() string { return "SIZE" }

func sizeText(n int64) string { return (*byteSize)(&n).String() }
