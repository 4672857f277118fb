//go:build cgo

package seed

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMistakesDoNotCompile shows the anti-patterns that types stop: each line is compiled alone, in a package that exists only
// as an overlay of this module.
func TestMistakesDoNotCompile(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"control", `_, _ = c.Submit[int](inc, 1).Result(ctx)`, ""},
		{"Compute on a future", `c.Submit[int](inc, 1).Compute(ctx)`, "Compute undefined"},
		{"sheaf.Compute on a future", `sheaf.Compute(ctx, c.Submit[int](inc, 1))`, ""},
		{"an in-memory function on a lazy array", `ndarray.Concatenate([]*ndarray.Array{x}, 0)`, "cannot use x"},
		{"a lazy function on an in-memory array", `array.Concatenate([]*array.Array{mem}, array.Axis(0))`, "cannot use mem"},
		{"a lazy value as a condition", `if delayed.Call[bool](even, 1) {}`, "non-boolean condition"},
		{"a lazy value in arithmetic", `_ = delayed.Call[int](inc, 1) + 1`, "mismatched types"},
		{"iterating a lazy value", `for range delayed.Call[[]int](list) {}`, "cannot range over"},
		{"a frame's methods on a table", `table.GroupBy("a").Col("b").Mean()`, "GroupBy undefined"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := compile(t, c.line)
			if c.name == "sheaf.Compute on a future" {
				c.want = "Future" // the exact words of type inference are the compiler's own
			}
			switch {
			case c.want == "" && err != nil:
				t.Errorf("the control does not compile: %s", out)
			case c.want != "" && err == nil:
				t.Error("it compiles")
			case !strings.Contains(out, c.want):
				t.Errorf("got %s\nwant ... %s", out, c.want)
			}
		})
	}
}

const program = `package mistake

import (
	"context"

	"sheaf"
	"sheaf/array"
	"sheaf/client"
	"sheaf/dataframe"
	"sheaf/delayed"
	"sheaf/ndarray"
)

func inc(x int) int   { return x + 1 }
func even(x int) bool { return x%2 == 0 }
func list() []int     { return nil }

func use() {
	ctx := context.Background()
	c, _ := client.Local(ctx)
	var x *array.Array
	var mem *ndarray.Array
	var table *dataframe.Table
	_, _, _, _, _, _ = c, x, mem, table, sheaf.Wait, delayed.Of[int]
	LINE
}
`

// compile compiles the program with the line in it.
func compile(t *testing.T, line string) (string, error) {
	t.Helper()
	dir := t.TempDir()
	source, overlay := filepath.Join(dir, "mistake.go"), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(source, []byte(strings.Replace(program, "LINE", line, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(here, "mistake", "mistake.go"): source}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("go", "build", "-overlay", overlay, "./mistake").CombinedOutput()
	return string(out), err
}
