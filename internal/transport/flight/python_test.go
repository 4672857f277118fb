package flight

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sheaf/internal/transport/transporttest"
)

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
	cmd := exec.CommandContext(t.Context(), transporttest.Python(t), filepath.Join("testdata", "read.py"), url, token, ca)
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
