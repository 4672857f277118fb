package flight

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// found is the interpreter that an earlier test has found.
var found string

// python returns an interpreter that has pyarrow, or skips the test. It looks into a venv of the cache directory, which it makes if pip can.
func python(t *testing.T) (path string) {
	t.Helper()
	if found != "" {
		return found
	}
	defer func() { found = path }()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skipf("no cache directory: %v", err)
	}
	venv := filepath.Join(cache, "sheaf-test", "venv")
	candidates := []string{os.Getenv("SHEAF_TEST_PYTHON"), filepath.Join(os.TempDir(), "venv", "bin", "python"), filepath.Join(venv, "bin", "python")}
	usable := func(path string) bool {
		return path != "" && exec.Command(path, "-c", "import pyarrow.flight, numpy").Run() == nil
	}
	for _, path := range candidates {
		if usable(path) {
			return path
		}
	}
	for _, args := range [][]string{{"python3", "-m", "venv", venv}, {filepath.Join(venv, "bin", "pip"), "install", "-q", "pyarrow", "numpy"}} {
		if out, err := exec.CommandContext(t.Context(), args[0], args[1:]...).CombinedOutput(); err != nil {
			t.Skipf("no Python with pyarrow: %v: %v\n%s", args, err, out)
		}
	}
	if path = filepath.Join(venv, "bin", "python"); usable(path) {
		return path
	}
	t.Skip("no Python with pyarrow")
	return ""
}

// seen is what the script saw of one table.
type seen struct {
	Rows     int64             `json:"rows"`
	Promised int64             `json:"promised"`
	Columns  map[string][2]any `json:"columns"`
	Type     string            `json:"type"`
	Shape    []int             `json:"shape"`
	DType    string            `json:"dtype"`
	SHA256   string            `json:"sha256"`
}

func readWithPython(t *testing.T, url, token, ca string) (tables map[string]seen, errors []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), python(t), filepath.Join("testdata", "read.py"), url, token, ca)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("read.py: %v\n%s", err, out)
	}
	var result struct {
		Tables map[string]seen `json:"tables"`
		Errors []string        `json:"errors"`
	}
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatal(err)
	}
	return result.Tables, result.Errors
}
