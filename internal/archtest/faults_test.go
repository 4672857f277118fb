package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFaultsHaveTests checks that docs/faults.tsv names a test, which is there, for each case of faults and load that the cluster must
// survive, and that each test of a case is named.
func TestFaultsHaveTests(t *testing.T) {
	table, err := os.ReadFile(filepath.Join(root, "docs", "faults.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, dir := range []string{"cluster/faulttest", "internal/sim"} {
		files, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`).FindAllStringSubmatch(string(source), -1) {
				there[dir+"."+m[1]] = true
			}
		}
	}
	named := map[string]bool{}
	lines := strings.Split(strings.TrimSpace(string(table)), "\n")[1:]
	if len(lines) < 38 {
		t.Errorf("got %d cases", len(lines))
	}
	for _, line := range lines {
		cells := strings.Split(line, "\t")
		if len(cells) != 3 || cells[2] == "" {
			t.Fatalf("%q is not a case, a fault and its tests", line)
		}
		for _, name := range strings.Split(cells[2], ", ") {
			named[name] = true
			if !there[name] {
				t.Errorf("case %s: there is no test %s", cells[0], name)
			}
		}
	}
	for name := range there {
		if strings.Contains(name, ".TestCase") && !named[name] {
			t.Errorf("docs/faults.tsv does not name %s", name)
		}
	}
}
