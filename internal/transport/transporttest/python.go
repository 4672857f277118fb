package transporttest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Python returns an interpreter that has pyarrow and numpy, or skips the test. It looks into a venv of the cache directory, which it makes
// if pip can; SHEAF_TEST_PYTHON names another interpreter.
func Python(t testing.TB) string {
	t.Helper()
	path, err := findPython()
	if err != nil {
		t.Skipf("no Python with pyarrow: %v", err)
	}
	return path
}

var findPython = sync.OnceValues(func() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	venv := filepath.Join(cache, "sheaf-test", "venv")
	candidates := []string{os.Getenv("SHEAF_TEST_PYTHON"), filepath.Join(os.TempDir(), "venv", "bin", "python"), filepath.Join(venv, "bin", "python")}
	usable := func(path string) bool {
		return path != "" && exec.Command(path, "-c", "import pyarrow.flight, numpy").Run() == nil
	}
	for _, path := range candidates {
		if usable(path) {
			return path, nil
		}
	}
	for _, args := range [][]string{{"python3", "-m", "venv", venv}, {filepath.Join(venv, "bin", "pip"), "install", "-q", "pyarrow", "numpy"}} {
		if out, err := exec.CommandContext(context.Background(), args[0], args[1:]...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%v: %w\n%s", args, err, out)
		}
	}
	if path := filepath.Join(venv, "bin", "python"); usable(path) {
		return path, nil
	}
	return "", fmt.Errorf("%s has no pyarrow", venv)
})
