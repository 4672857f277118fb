package archtest

import (
	"strings"
	"testing"
)

// floors lists the house from the ground up. A package imports from its own floor or from lower ones.
var floors = [][]string{
	{"internal/image", "fn"},
	{"dtype", "ndarray", "internal/kernel", "internal/codec", "internal/caller", "internal/atomicfile", "internal/blockio", "internal/tempdir"},
	{"graph"},
	{"internal", "config"},
	{"."}, // package sheaf, the narrow waist
	{"client", "delayed", "diagnostics", "internal/travel/traveltest"},
	{"bag", "array"},
	{"dataframe"},
	{"ml"},
	{"cluster", "flight"},
	{"cmd", "examples", "bench", "internal/tools", "internal/archtest", "internal/golden", "internal/sim"},
}

// floor returns the number of the floor on which a directory is, by its longest entry, or -1.
func floor(dir string) int {
	found, length := -1, -1
	for n, rooms := range floors {
		for _, room := range rooms {
			if (dir == room || room != "." && strings.HasPrefix(dir, room+"/")) && len(room) > length {
				found, length = n, len(room)
			}
		}
	}
	return found
}

// collections are the rooms of what a user builds. The machine knows none of them.
var collections = []string{"array", "dataframe", "bag", "delayed", "ml"}

func TestImportsGoDown(t *testing.T) {
	for _, f := range source(t) {
		from := floor(f.dir)
		if from < 0 {
			t.Errorf("%s: directory %s is on no floor; add it to floors", f.path, f.dir)
			continue
		}
		for _, path := range f.imports() {
			dir, ok := local(path)
			if !ok {
				continue
			}
			if to := floor(dir); to > from {
				t.Errorf("%s imports %s, which is above it", f.path, path)
			}
		}
	}
}

func TestTheMachineKnowsNoCollection(t *testing.T) {
	for _, f := range source(t) {
		machine := f.dir == "." || under(f.dir, "fn", "graph", "ndarray", "dtype", "config", "internal") &&
			!under(f.dir, "internal/archtest", "internal/golden", "internal/tools", "internal/sim")
		if !machine {
			continue
		}
		for _, path := range f.imports() {
			if dir, ok := local(path); ok && under(dir, collections...) {
				t.Errorf("%s imports the collection %s", f.path, path)
			}
		}
	}
}

// TestCollectionsStandAlone checks the arrows between collections: data frames may use the others, and nothing else.
func TestCollectionsStandAlone(t *testing.T) {
	may := map[string][]string{
		"array":     {"array", "delayed"},
		"bag":       {"bag", "delayed"},
		"delayed":   {"delayed"},
		"dataframe": {"dataframe", "array", "bag", "delayed"},
	}
	for _, f := range source(t) {
		room, _, _ := strings.Cut(f.dir, "/")
		allowed, ok := may[room]
		if !ok {
			continue
		}
		for _, path := range f.imports() {
			if dir, ok := local(path); ok && under(dir, collections...) && !under(dir, allowed...) {
				t.Errorf("%s imports %s; from %s only %v may be imported", f.path, path, room, allowed)
			}
		}
	}
}

// local returns the directory of an import path of this module.
func local(path string) (string, bool) {
	if path == module {
		return ".", true
	}
	return strings.CutPrefix(path, module+"/")
}
