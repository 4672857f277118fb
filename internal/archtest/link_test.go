package archtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// heavy are packages that a program links only when it uses what needs them.
var heavy = []string{
	"github.com/duckdb/", "github.com/nats-io/", "google.golang.org/grpc", "net/http",
}

// light are the rooms that link none of the heavy packages. Package client is not among them: its Dial reaches clusters.
var light = []string{"dtype", "ndarray", "fn", "graph", ".", "array", "array/random", "delayed", "bag", "internal/archtest/arrayonly"}

func TestLightProgramsLinkNothingHeavy(t *testing.T) {
	for _, dir := range light {
		if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(dir))); err != nil {
			t.Errorf("%s: %v", dir, err)
			continue
		}
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			deps := goCommand(t, "list", "-deps", "./"+dir)
			for dep := range strings.Lines(deps) {
				dep = strings.TrimSpace(dep)
				for _, h := range heavy {
					if dep == h || strings.HasSuffix(h, "/") && strings.HasPrefix(dep, h) || strings.HasPrefix(dep, h+"/") {
						t.Errorf("%s links %s", dir, dep)
					}
				}
			}
		})
	}
}

// TestTheSchedulerIsStatic checks that a build without cgo links no C code, and that what runs clusters links no collection: delayed values
// are the client's own currency.
func TestTheSchedulerIsStatic(t *testing.T) {
	cgo := goDeps(t, "./cmd/sheaf", "CGO_ENABLED=0")
	for dep := range cgo {
		if dep == "runtime/cgo" || strings.HasPrefix(dep, "github.com/duckdb/") || dep == module+"/dataframe" {
			t.Errorf("cmd/sheaf without cgo links %s", dep)
		}
	}
	for _, room := range []string{"./cluster", "./internal/scheduler", "./internal/worker", "./internal/node", "./internal/agent"} {
		for dep := range goDeps(t, room) {
			dir, ok := local(dep)
			if strings.HasPrefix(dep, "github.com/duckdb/") || ok && under(dir, collections...) && !(dir == "delayed" && room == "./cluster") {
				t.Errorf("%s links %s", room, dep)
			}
		}
	}
	if !cgo[module+"/cluster"] {
		t.Error("cmd/sheaf does not link the cluster: this test looks at nothing")
	}
}

// TestClustersLinkNoSSH checks that SSH is linked only by those who start clusters with it, and that it brings no collection.
func TestClustersLinkNoSSH(t *testing.T) {
	const ssh = "golang.org/x/crypto/ssh"
	if goDeps(t, "./cluster")[ssh] {
		t.Errorf("cluster links %s", ssh)
	}
	deps := goDeps(t, "./cluster/sshcluster")
	if !deps[ssh] {
		t.Error("cluster/sshcluster does not link SSH: this test looks at nothing")
	}
	for dep := range deps {
		dir, ok := local(dep)
		if strings.HasPrefix(dep, "github.com/duckdb/") || ok && under(dir, collections...) && dir != "delayed" {
			t.Errorf("cluster/sshcluster links %s", dep)
		}
	}
}

// goDeps returns what a package links.
func goDeps(t *testing.T, dir string, env ...string) map[string]bool {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", dir)
	cmd.Dir, cmd.Env = root, append(os.Environ(), env...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list -deps %s: %v", dir, err)
	}
	deps := map[string]bool{}
	for dep := range strings.Lines(string(out)) {
		deps[strings.TrimSpace(dep)] = true
	}
	return deps
}

// sizeBytesLimit is how large a program that only uses arrays may be, built without flags.
const sizeBytesLimit = 15_000_000

func TestArrayOnlyProgramIsSmall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "arrayonly")
	goCommand(t, "build", "-o", path, "./internal/archtest/arrayonly")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > sizeBytesLimit {
		t.Errorf("got a binary of %d bytes, want at most %d", info.Size(), sizeBytesLimit)
	}
	t.Logf("%.1f MB", float64(info.Size())/1e6)
	out, err := exec.CommandContext(t.Context(), path).Output()
	if err != nil {
		t.Fatalf("running it: %v", err)
	}
	if len(out) == 0 {
		t.Error("the program printed nothing")
	}
}

// goCommand runs the go command in the root of the module.
func goCommand(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}
