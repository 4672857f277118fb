package sheaf_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"sheaf"
)

func TestConfigure(t *testing.T) {
	ctx, err := sheaf.Configure(t.Context(), "progress.enabled", false)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sheaf.LookupSetting(ctx, "progress.enabled")
	if err != nil || fmt.Sprint(s.Value) != "false" {
		t.Errorf("got %v, %v", s, err)
	}
	if _, err := sheaf.Configure(t.Context(), "progres.enabled", false); err == nil || !strings.Contains(err.Error(), "progress.enabled") {
		t.Errorf("a misspelt key: %v, want the nearest name", err)
	}
	if _, err := sheaf.Configure(t.Context(), "progress.enabled", "perhaps"); err == nil {
		t.Error("a value that does not fit is taken")
	}
	all, err := sheaf.Settings(t.Context())
	if err != nil || len(all) < 10 {
		t.Errorf("Settings: %d keys, %v", len(all), err)
	}
}

func TestParseBytes(t *testing.T) {
	for s, want := range map[string]int64{"100": 100, "1kB": 1000, "1 KiB": 1024, "1.5MB": 1_500_000, "128MiB": 128 << 20} {
		if got, err := sheaf.ParseBytes(s); err != nil || got != want {
			t.Errorf("ParseBytes(%q) = %d, %v, want %d", s, got, err, want)
		}
	}
}

func ExampleSetting() {
	s, err := sheaf.LookupSetting(context.Background(), "array.chunk-size")
	fmt.Println(s.Key, s.Text, err)
	// Output: array.chunk-size 128MiB <nil>
}
