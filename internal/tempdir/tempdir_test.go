package tempdir

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const childEnv = "TEMPDIR_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" { // a process that makes a directory and dies
		dir, err := Make("test")
		if err != nil {
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString(dir)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// What a process has left goes with the next one, what is in use stays, and so does what is not known to be left.
func TestLeftOvers(t *testing.T) {
	parent := t.TempDir()
	t.Setenv("TMPDIR", parent)
	own, err := Make("test")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), childEnv+"=1")
	out, err := child.Output()
	left := string(out)
	if err != nil || !exists(left) {
		t.Fatalf("the child has left %q, %v", left, err)
	}
	if err := os.WriteFile(filepath.Join(left, "spilled"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	foreign := filepath.Join(parent, "sheaf-test-foreign")
	if err := os.Mkdir(foreign, 0o700); err != nil {
		t.Fatal(err)
	}
	target := t.TempDir()
	if err := os.WriteFile(filepath.Join(target, owner), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, filepath.Join(parent, "sheaf-test-link")); err != nil {
		t.Fatal(err)
	}
	if n := sweep(parent, "sheaf-test-", time.Now().Add(-time.Hour)); n != 0 || !exists(left) {
		t.Errorf("%d young ones were removed", n)
	}
	if n := sweep(parent, "sheaf-other-", time.Now().Add(time.Hour)); n != 0 || !exists(left) {
		t.Errorf("%d of another name were removed", n)
	}
	if n := sweep(parent, "sheaf-test-", time.Now().Add(time.Hour)); n != 1 || exists(left) {
		t.Errorf("%d were removed, want the child's", n)
	}
	if !exists(own) || !exists(foreign) || !exists(filepath.Join(target, owner)) {
		t.Error("something was removed that is in use, or unknown, or elsewhere")
	}
	if err := Remove(own); err != nil || exists(own) || len(held) != 0 {
		t.Errorf("%v, %d held", err, len(held))
	}
}
