package cases

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"sheaf/array"
	"sheaf/array/random"
	"sheaf/bag"
)

func init() {
	ours["mem_reduction"] = memReduction
	ours["mem_bag_groupby"] = memBagGroupBy
	ours["binary_size"] = binarySize
}

// memReduction sums 5e9 random numbers, 40 GB, of which only the chunks at work exist.
func memReduction(context.Context, string) (Run, error) {
	return func(ctx context.Context) (Answer, error) {
		x := random.New(seed).Uniform(0, 1, array.Size(50_000, 100_000), array.Chunks(chunk, chunk))
		out, err := x.Sum().Compute(ctx)
		if err != nil {
			return Answer{}, err
		}
		values, err := whole(out)
		return Answer{Values: values}, err
	}, nil
}

// record is a line of the records' files. The padding is kept: it is what makes the groups large.
type record struct {
	key   string
	value int
	pad   string
}

func parseRecord(line string) (record, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 3 {
		return record{}, fmt.Errorf("got %d fields in %q, want 3", len(fields), line)
	}
	value, err := strconv.Atoi(fields[1])
	return record{strings.Clone(fields[0]), value, strings.Clone(fields[2])}, err
}

// summary is what is known of some groups.
type summary struct{ groups, largest, total int }

func (s summary) add(g bag.Group[string, record]) summary {
	for _, r := range g.Values {
		s.total += r.value
	}
	return summary{s.groups + 1, max(s.largest, len(g.Values)), s.total}
}

func (s summary) merge(o summary) summary {
	return summary{s.groups + o.groups, max(s.largest, o.largest), s.total + o.total}
}

// memBagGroupBy brings all records of a key together and looks at each group. The runner sets the memory limit.
func memBagGroupBy(_ context.Context, data string) (Run, error) {
	pattern := filepath.Join(data, "records", "*.txt")
	return func(ctx context.Context) (Answer, error) {
		records := bag.ReadText(pattern).TryMap(parseRecord)
		groups := bag.GroupBy(records, func(r record) string { return r.key })
		s, err := groups.Fold(summary{}, summary.add, summary.merge).Compute(ctx)
		return Answer{Values: []float64{float64(s.groups), float64(s.largest), float64(s.total)}}, err
	}, nil
}

// binarySize builds the program that only uses arrays, as a user would, and weighs it.
func binarySize(context.Context, string) (Run, error) {
	return func(ctx context.Context) (Answer, error) {
		dir, err := os.MkdirTemp("", "sheaf-bench-")
		if err != nil {
			return Answer{}, err
		}
		defer os.RemoveAll(dir) //nolint:errcheck // a temporary directory
		path := filepath.Join(dir, "arrayonly")
		out, err := exec.CommandContext(ctx, "go", "build", "-o", path, "sheaf/internal/archtest/arrayonly").CombinedOutput()
		if err != nil {
			return Answer{}, fmt.Errorf("go build (this case runs inside of sheaf's module): %w\n%s", err, out)
		}
		info, err := os.Stat(path)
		if err != nil {
			return Answer{}, err
		}
		return Answer{Measured: float64(info.Size()) / 1e6}, nil
	}, nil
}
