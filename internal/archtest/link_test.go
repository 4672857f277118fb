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

// light are the rooms that link none of the heavy packages.
var light = []string{"dtype", "ndarray", "fn", "graph", "."}

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
