package frame

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pool opens a pool for one test.
func pool(t testing.TB, opts Options) *Pool {
	t.Helper()
	p, err := Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// fromJSON makes a batch of Arrow's JSON form of rows.
func fromJSON(t testing.TB, schema *arrow.Schema, rows string) arrow.RecordBatch {
	t.Helper()
	b, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(rows))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// show writes batches as one JSON row a line.
func show(t testing.TB, batches []arrow.RecordBatch) string {
	t.Helper()
	var out strings.Builder
	for _, b := range batches {
		text, err := b.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var rows []json.RawMessage
		if err := json.Unmarshal(text, &rows); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			out.Write(r)
			out.WriteByte('\n')
		}
	}
	return out.String()
}

// query runs sql and gives its rows as JSON lines.
func (p *Pool) show(t testing.TB, sql string, inputs map[string]Input, want *arrow.Schema) string {
	t.Helper()
	got, err := p.Query(t.Context(), sql, inputs, want)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return show(t, got)
}

func field(name string, dt arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: dt, Nullable: true}
}

func schemaOf(fields ...arrow.Field) *arrow.Schema { return arrow.NewSchema(fields, nil) }

func TestQueryNoInputs(t *testing.T) {
	p := pool(t, Options{Databases: 1})
	got := p.show(t, "SELECT 1 AS a, 'x' AS b, NULL AS n, sum(range) AS s FROM range(5)", nil, nil)
	if want := `{"a":1,"b":"x","n":null,"s":"10"}` + "\n"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
	empty, err := p.Query(t.Context(), "SELECT 1 AS a WHERE false", nil, nil)
	if err != nil || len(empty) != 1 || empty[0].NumRows() != 0 || empty[0].Schema().String() != "schema:\n  fields: 1\n    - a: type=int32, nullable" {
		t.Errorf("got %v %v", empty, err)
	}
}
