package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"

	"sheaf"
)

func configCommand() *cobra.Command {
	var asJSON, docs bool
	list := func(c *cobra.Command, _ []string) error {
		settings, err := sheaf.Settings(c.Context())
		if err != nil {
			return err
		}
		if asJSON {
			return writeSettings(c.OutOrStdout(), settings)
		}
		return printSettings(c.OutOrStdout(), settings, docs)
	}
	root := &cobra.Command{
		Use:   "config",
		Short: "List every key of the configuration, its value and where it came from",
		Long: "List every key of the configuration, its value and where it came from.\n\n" +
			"A value is taken from the first of: an option in the program, the environment (SHEAF_MEMORY_LIMIT is memory.limit), YAML\n" +
			"files (the one that SHEAF_CONFIG names, ./sheaf.yaml, sheaf/*.yaml in the user's configuration directory), the default.",
		Args: cobra.NoArgs,
		RunE: list,
	}
	root.PersistentFlags().BoolVar(&asJSON, "json", false, "as JSON")
	root.PersistentFlags().BoolVarP(&docs, "docs", "d", false, "with what each key means")
	root.AddCommand(&cobra.Command{Use: "list", Short: "The same", Args: cobra.NoArgs, RunE: list}, getCommand(), findCommand())
	return root
}

func getCommand() *cobra.Command {
	return &cobra.Command{
		Use: "get KEY", Short: "Print the value of one key", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := sheaf.LookupSetting(c.Context(), args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), s.Value)
			return err
		},
	}
}

func findCommand() *cobra.Command {
	return &cobra.Command{
		Use: "find KEY", Short: "Say what one key means, its value, and where that came from", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			s, err := sheaf.LookupSetting(c.Context(), args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: %s\nvalue: %v, written %q, from %s\ndefault: %q, takes %s\n", s.Key, s.Doc, s.Value, s.Text, s.Source, s.Default, s.Kind)
			return err
		},
	}
}

func writeSettings(w io.Writer, settings []sheaf.Setting) error {
	type line struct {
		Key    string `json:"key"`
		Value  any    `json:"value"`
		Text   string `json:"text"`
		Source string `json:"source"`
		Doc    string `json:"doc"`
	}
	lines := make([]line, len(settings))
	for k, s := range settings {
		lines[k] = line{s.Key, s.Value, s.Text, s.Source, s.Doc}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(lines)
}

// printSettings prints a table: key, value, source.
func printSettings(w io.Writer, settings []sheaf.Setting, docs bool) error {
	rows := [][]string{{"KEY", "VALUE", "SOURCE"}}
	for _, s := range settings {
		rows = append(rows, []string{s.Key, valueText(s), s.Source})
	}
	widths := make([]int, 3)
	for _, r := range rows {
		for k, f := range r {
			widths[k] = max(widths[k], runewidth.StringWidth(f))
		}
	}
	for n, r := range rows {
		line := runewidth.FillRight(r[0], widths[0]) + "  " + runewidth.FillRight(r[1], widths[1]) + "  " + r[2]
		if docs && n > 0 {
			line += "\n    " + settings[n-1].Doc + " Takes " + settings[n-1].Kind + "."
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(line, " ")); err != nil {
			return err
		}
	}
	return nil
}

// valueText shows the value as it was written, and what that comes to if it is a share.
func valueText(s sheaf.Setting) string {
	switch {
	case s.Text == "":
		return `""`
	case strings.HasSuffix(s.Text, "%"):
		if n, ok := s.Value.(int64); ok {
			return s.Text + " = " + bytesText(n)
		}
	}
	return s.Text
}

// bytesText writes a number of bytes with a unit.
func bytesText(n int64) string {
	const units = "kMGTPE"
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	x, k := float64(n)/1000, 0
	for ; x >= 999.95 && k < len(units)-1; k++ {
		x /= 1000
	}
	return fmt.Sprintf("%.1f %cB", x, units[k])
}
