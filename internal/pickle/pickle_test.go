package pickle_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sheaf/internal/pickle"
)

type golden struct {
	DType    string `json:"dtype"`
	Protocol int    `json:"protocol"`
	Pickle   []byte `json:"pickle"`
}

func load(t testing.TB) []golden {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g []golden
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func value(code string) pickle.Dict {
	return pickle.Dict{
		"chunks": pickle.Tuple{pickle.Tuple{int64(2), int64(2), int64(70000)}, pickle.Tuple{int64(300), int64(1 << 40)}},
		"dtype":  pickle.DType(code), "axis": int64(-1), "shared": pickle.Tuple{pickle.DType(code), pickle.DType(code)},
	}
}

func TestLoadPython(t *testing.T) {
	for _, g := range load(t) {
		v, err := pickle.Load(g.Pickle)
		if g.Protocol < 3 { // bytes are calls of codecs.encode there
			if !errors.Is(err, pickle.ErrFormat) || !strings.Contains(err.Error(), "_codecs") && !strings.Contains(err.Error(), "opcode") {
				t.Errorf("%s protocol %d: got %v %v", g.DType, g.Protocol, v, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s protocol %d: %v", g.DType, g.Protocol, err)
			continue
		}
		want := value(g.DType)
		want["more"] = pickle.Tuple{"a", nil, true, 1.5, pickle.Bytes("x")}
		if diff := cmp.Diff(any(want), v); diff != "" {
			t.Errorf("%s protocol %d (-want +got)\n%s", g.DType, g.Protocol, diff)
		}
	}
}

func TestDump(t *testing.T) {
	for _, code := range []string{"<f8", "|b1", "|u1", "<M8[ns]", "<c16"} {
		b, err := pickle.Dump(value(code))
		if err != nil {
			t.Fatal(err)
		}
		v, err := pickle.Load(b)
		if diff := cmp.Diff(any(value(code)), v); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", code, err, diff)
		}
	}
	if _, err := pickle.Dump(struct{}{}); err == nil {
		t.Error("a struct was written")
	}
}

func TestRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"cos\nsystem\n(S'true'\ntR.":                          "opcode",
		"cos\nsystem\n(Vtrue\ntR.":                            "os.system is not supported",
		"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x01x\x85R.": "os.system is not supported",
		"\x80\x09.":          "protocol 9",
		"":                   "ends",
		".":                  "empty",
		"t.":                 "no mark",
		"]]a.":               "inside of others",
		"X\xff\xff\xff\x7f.": "length",
		"h\x05.":             "remembered",
	} {
		if _, err := pickle.Load([]byte(text)); !errors.Is(err, pickle.ErrFormat) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// TestFewBytesManyElements shares parts of tuples so that a few bytes stand for very many elements.
func TestFewBytesManyElements(t *testing.T) {
	text := "K\x01\x85"
	for i := range 60 {
		text += fmt.Sprintf("q%ch%ch%c\x86", i, i, i)
	}
	for _, s := range []string{text + ".", strings.Repeat("K\x01", 1) + strings.Repeat("\x85", 1000) + "."} {
		if _, err := pickle.Load([]byte(s)); !errors.Is(err, pickle.ErrFormat) {
			t.Errorf("got %v", err)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, g := range load(f) {
		f.Add(g.Pickle)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := pickle.Load(b)
		if err == nil {
			_ = fmt.Sprint(v)
		} else if !errors.Is(err, pickle.ErrFormat) {
			t.Fatal(err)
		}
	})
}

// TestPythonLoads has Python load what Dump writes, if there is one with NumPy.
func TestPythonLoads(t *testing.T) {
	python := os.Getenv("SHEAF_TEST_PYTHON")
	if python == "" {
		t.Skip("SHEAF_TEST_PYTHON is not set")
	}
	b, err := pickle.Dump(value("<M8[ns]"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", "import pickle, sys; print(pickle.load(sys.stdin.buffer))")
	cmd.Stdin = strings.NewReader(string(b))
	out, err := cmd.CombinedOutput()
	want := "{'axis': -1, 'chunks': ((2, 2, 70000), (300, 1099511627776)), 'dtype': dtype('<M8[ns]'), 'shared': (dtype('<M8[ns]'), dtype('<M8[ns]'))}\n"
	if err != nil || string(out) != want {
		t.Errorf("got %s %v", out, err)
	}
}

func ExampleDict() {
	b, err := pickle.Dump(pickle.Dict{"axis": 0, "dtype": pickle.DType("<f8"), "chunks": pickle.Tuple{pickle.Tuple{2, 2}}})
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println(pickle.Load(b))
	// Output: map[axis:0 chunks:[[2 2]] dtype:<f8] <nil>
}
