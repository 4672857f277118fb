package ready

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"pgregory.net/rapid"

	"sheaf/internal/graphtest"
	"sheaf/internal/lower"
)

// TestStories reads testdata/*.txt: a plan, then what happens to its tasks and what the queue answers.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		var p *lower.Plan
		var q *Queue
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "plan" {
				g, err := graphtest.Parse(d.Input)
				if err != nil {
					t.Fatal(err)
				}
				if p, err = lower.Expand(g); err != nil {
					t.Fatal(err)
				}
				q = New(p)
				return lower.Text(p)
			}
			var b strings.Builder
			for line := range strings.Lines(d.Input) {
				fmt.Fprintln(&b, happen(t, q, strings.Fields(line)))
			}
			return b.String()
		})
	})
}

func happen(t *testing.T, q *Queue, f []string) string {
	i := 0
	if len(f) > 1 {
		_, _ = fmt.Sscan(f[1], &i)
	}
	k := int32(i)
	switch f[0] {
	case "take":
		return fmt.Sprintf("takes %v, %d more ready", q.Take(nil, i), q.Len())
	case "done":
		return fmt.Sprintf("frees %v, %d left", q.Done(k, nil), q.Left())
	case "fail":
		failed, freed := q.Fail(k, nil, nil)
		return fmt.Sprintf("fails %v, frees %v, %d left", failed, freed, q.Left())
	case "return":
		q.Return(k)
		return fmt.Sprintf("%d ready", q.Len())
	case "release":
		return fmt.Sprintf("frees %v", q.Release(k, nil))
	case "hold":
		q.Hold(k)
		return "held"
	case "next-use":
		return fmt.Sprintf("at %d", q.NextUse(k))
	}
	t.Fatalf("unknown event %q", f)
	return ""
}

// TestEverythingRunsOnce drives random graphs in random order: each task runs once, after its inputs, and every value is freed
// exactly once, after its last use.
func TestEverythingRunsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := "a (4)\nb (4) <- a[each]\n"
		inputs := []string{"a", "b"}
		for k := range rapid.IntRange(1, 5).Draw(t, "layers") {
			name := fmt.Sprint("l", k)
			from := inputs[rapid.IntRange(0, len(inputs)-1).Draw(t, "from")]
			text += fmt.Sprintf("%s (4) <- %s[%s], a[0 / 1 2 / / 3 3]\n", name, from, rapid.SampledFrom([]string{"each", "all", "0 / 1 / 2 / 2"}).Draw(t, "map"))
			inputs = append(inputs, name)
		}
		g, err := graphtest.Parse(text + "out " + inputs[len(inputs)-1] + ", b:1")
		if err != nil {
			t.Fatal(err)
		}
		p, err := lower.Expand(g)
		if err != nil {
			t.Fatal(err)
		}
		q := New(p)
		ran, freed := make([]int, p.N), make([]int, p.N)
		var held []int32
		free := func(is []int32) {
			for _, i := range is {
				freed[i]++
			}
		}
		finish := func(i int32) {
			for ; i >= 0; i = p.Next[i] { // and the links that hang on it
				for _, d := range p.Deps(i) {
					if ran[d] != 1 || freed[d] != 0 {
						t.Fatalf("task %d runs without its input %d", i, d)
					}
				}
				ran[i]++
				free(q.Done(i, nil))
			}
		}
		for q.Left() > 0 {
			held = append(held, q.Take(nil, rapid.IntRange(0, 3).Draw(t, "take"))...)
			if len(held) == 0 {
				continue
			}
			k := rapid.IntRange(0, len(held)-1).Draw(t, "which")
			i := held[k]
			held = slices.Delete(held, k, k+1)
			if rapid.IntRange(0, 4).Draw(t, "return") == 0 {
				q.Return(i)
			} else {
				finish(i)
			}
		}
		for _, out := range p.Outputs {
			for _, i := range out {
				if freed[i] != 0 {
					t.Fatalf("the output %d was freed", i)
				}
				free(q.Release(i, nil))
			}
		}
		for i := range p.N {
			if ran[i] != 1 || freed[i] != 1 {
				t.Fatalf("task %d ran %d times and was freed %d times\n%s", i, ran[i], freed[i], lower.Text(p))
			}
		}
	})
}
