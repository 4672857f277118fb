package diagnostics_test

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sheaf"
	"sheaf/diagnostics"
)

func profiled(t testing.TB, tasks int) []diagnostics.Report {
	var p diagnostics.Profiler
	r := diagnostics.ResourceProfiler{Every: 2 * time.Millisecond}
	compute(t, work{Tasks: tasks, Sleep: time.Millisecond}, sheaf.Listen(&p), sheaf.Listen(&r))
	return []diagnostics.Report{&p, &r}
}

func TestHTMLStandsAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	if err := diagnostics.WriteHTML(path, profiled(t, 20)...); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"http:", "https:", "src=", "@import", "<link", "/*DATA*/"} {
		if bytes.Contains(text, []byte(bad)) {
			t.Errorf("the page has %q", bad)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(left) != 1 {
		t.Errorf("got files %v", left)
	}
	err = diagnostics.WriteHTML(filepath.Join(t.TempDir(), "none", "report.html"))
	if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "diagnostics: write html: ") {
		t.Errorf("got %v", err)
	}
}

// browser returns the path of Chromium, without which the test is skipped.
func browser(t *testing.T) string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("Chromium is not installed (the Debian package chromium): the page cannot be looked at")
	return ""
}

func headless(t *testing.T, args ...string) []byte {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args = append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--window-size=1200,900",
		"--user-data-dir=" + t.TempDir(), "--virtual-time-budget=10000",
	}, args...)
	cmd := exec.CommandContext(ctx, browser(t), args...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, complaint.String())
	}
	return out
}

var bodyTag = regexp.MustCompile(`<body[^>]*>`)

// TestHTMLInABrowser looks at the page: its script must have drawn what was recorded.
func TestHTMLInABrowser(t *testing.T) {
	browser(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "report.html")
	if err := diagnostics.WriteHTML(path, profiled(t, 40)...); err != nil {
		t.Fatal(err)
	}
	page := headless(t, "--dump-dom", "file://"+path)
	body := string(bodyTag.Find(page))
	if !strings.Contains(body, "tasks=81 ") || !strings.Contains(body, "names=3 ") || strings.Contains(body, "data-error") || strings.Contains(body, `data-drawn="0"`) {
		t.Errorf("the page says %s", body)
	}
	for _, want := range []string{"<td><i style", ">load</", ">clean</", "<b>81</b>", "memory at most"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page has no %q", want)
		}
	}
	picture := filepath.Join(dir, "report.png")
	headless(t, "--screenshot="+picture, "file://"+path)
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	colourful := 0
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			r, g, b, _ := img.At(x, y).RGBA()
			if max(r, g, b)-min(r, g, b) > 0x4000 {
				colourful++
			}
		}
	}
	if colourful < 5000 {
		t.Errorf("the picture has %d coloured pixels: the tasks are not drawn", colourful)
	}
}

// TestHTMLOfNothing: an empty report is a page too.
func TestHTMLOfNothing(t *testing.T) {
	var b bytes.Buffer
	if err := diagnostics.EncodeHTML(&b, &diagnostics.Profiler{}, &diagnostics.ResourceProfiler{}); err != nil {
		t.Fatal(err)
	}
	browser(t)
	path := filepath.Join(t.TempDir(), "empty.html")
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	body := string(bodyTag.Find(headless(t, "--dump-dom", "file://"+path)))
	if !strings.Contains(body, "tasks=0 ") || strings.Contains(body, "data-error") {
		t.Errorf("the page says %s", body)
	}
}
