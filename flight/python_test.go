//go:build cgo

package flight_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sheaf"
	"sheaf/array"
	"sheaf/client"
	"sheaf/cluster"
	"sheaf/cluster/clustertest"
	"sheaf/dataframe"
	"sheaf/flight"
	"sheaf/internal/transport/transporttest"
	"sheaf/ndarray"
)

type trip struct {
	Number int64
	Zone   string
	Fare   float64
}

func trips(from, to int) []trip {
	out := make([]trip, 0, to-from)
	for i := from; i < to; i++ {
		out = append(out, trip{int64(i), fmt.Sprint("zone ", i%7), float64(i) / 2})
	}
	return out
}

func tableOfTrips(from, to int) (*dataframe.Table, error) {
	return dataframe.FromStructs(trips(from, to)).Compute(context.Background())
}

func cube() (*ndarray.Array, error) {
	x, err := ndarray.Arange(0, 60, 1)
	if err != nil {
		return nil, err
	}
	return x.Reshape(3, 4, 5)
}

// seen is what the script saw of a dataset.
type seen struct {
	Rows    int64
	Batches int
	Meta    map[string]string
	Type    string
	DType   string
	Sum     float64
	SHA256  string
	Columns map[string]string
	Sums    map[string]float64
	First   map[string]string
}

func python(t *testing.T, args ...string) (tables map[string]seen, errors map[string]string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), transporttest.Python(t), append([]string{filepath.Join("testdata", "read.py")}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("read.py: %v\n%s", err, out)
	}
	var result struct {
		Tables map[string]seen
		Errors map[string]string
	}
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatal(err)
	}
	return result.Tables, result.Errors
}

// TestPyarrow publishes on a cluster of two processes, and reads with Python, through another client of the cluster.
func TestPyarrow(t *testing.T) {
	transporttest.Python(t)
	l := clustertest.Local(t, cluster.Config{Workers: 2})
	c, reader := clustertest.ClientOf(t, l), clustertest.ClientOf(t, l)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
	defer cancel()
	on := c.Context(ctx)

	frame := dataframe.FromStructs(trips(0, 10_000), dataframe.NPartitions(5)).Filter(dataframe.Col("Number").Ge(100))
	persisted, err := sheaf.Persist(on, frame)
	check(t, err)
	lazy := dataframe.FromStructs(trips(0, 1000), dataframe.NPartitions(5)).Filter(dataframe.Col("Number").Ge(100))
	x := array.Arange(0, 20*30, 1, array.Chunks(100)).Reshape(20, 30).Rechunk([]int{7, 7, 6}, 16)
	computed, err := sheaf.Persist(on, x)
	check(t, err)
	tables := []*client.Future[*dataframe.Table]{c.Submit[*dataframe.Table](tableOfTrips, 0, 10), c.Submit[*dataframe.Table](tableOfTrips, 10, 30)}
	for name, data := range map[string]any{
		"frame": persisted, "lazy frame": lazy, "series": lazy.Col("Fare"), "futures": tables,
		"array": computed, "lazy array": x, "cube": c.Submit[*ndarray.Array](cube), "plain": 5,
	} {
		if err := c.PublishDataset(ctx, name, data); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	server, err := flight.Serve(ctx, reader, flight.Config{Token: "secret"})
	check(t, err)
	defer server.Close(ctx)

	got, errors := python(t, server.URL(), "secret", "array[2,1]")
	if names := slices.Sorted(maps.Keys(got)); strings.Join(names, ", ") != "array, array[2,1], cube, frame, futures, lazy array, lazy frame, series" {
		t.Errorf("got %q", names)
	}
	checkFrames(t, got)
	want, err := x.Compute(ctx)
	check(t, err)
	checkArray(t, "array", got, want)
	checkArray(t, "lazy array", got, want)
	if m := got["array"].Meta; m["sheaf.chunks"] != "[[7,7,6],[16,14]]" {
		t.Errorf("array: got metadata %v", m)
	}
	part, err := want.Index(ndarray.S(14, 20), ndarray.S(16, 30))
	check(t, err)
	checkArray(t, "array[2,1]", got, part)
	if m := got["array[2,1]"].Meta; m["sheaf.offset"] != "[14,16]" || m["sheaf.whole"] != "[20,30]" {
		t.Errorf("array[2,1]: got metadata %v", m)
	}
	whole, err := cube()
	check(t, err)
	checkArray(t, "cube", got, whole)
	for name, text := range map[string]string{
		"plain": "neither a data frame nor an array, but a int", "unknown": "not published", "no block": "along axis 0 there are 3 blocks",
		"wrong token": "FlightUnauthenticatedError", "no token": "FlightUnauthenticatedError",
	} {
		if !strings.Contains(errors[name], text) {
			t.Errorf("%s: got error %q, want %q", name, errors[name], text)
		}
	}
	if st := server.Stats(); st.Refused != 2 || st.Reading != 0 {
		t.Errorf("got %+v", st)
	}
}

func checkFrames(t *testing.T, got map[string]seen) {
	t.Helper()
	for name, n := range map[string]int64{"frame": 10_000, "lazy frame": 1000} {
		f, sum := got[name], float64((n-1)*n/2-99*100/2)
		if f.Rows != n-100 || f.Batches < 5 || f.Sums["Number"] != sum || f.Columns["Zone"] == "" || f.First["Zone"] != "zone 2" || f.First["Fare"] != "50.0" {
			t.Errorf("%s: got %+v", name, f)
		}
	}
	if s := got["series"]; s.Rows != 900 || len(s.Columns) != 1 || s.Sums["Fare"] != (999*1000/2-99*100/2)/2.0 {
		t.Errorf("series: got %+v", s)
	}
	if s := got["futures"]; s.Rows != 30 || s.Sums["Number"] != 29*30/2 || s.First["Number"] != "0" {
		t.Errorf("futures: got %+v", s)
	}
}

// checkArray compares an array with what Python made of it, byte for byte.
func checkArray(t *testing.T, name string, all map[string]seen, want *ndarray.Array) {
	t.Helper()
	var raw bytes.Buffer
	check(t, want.WriteRaw(&raw))
	sum := sha256.Sum256(raw.Bytes()[raw.Len()-want.Nbytes():])
	if got := all[name]; got.DType != want.DType().String() || got.SHA256 != hex.EncodeToString(sum[:]) || !strings.Contains(got.Type, "fixed_shape_tensor") {
		t.Errorf("%s: got %+v, want %v", name, got, want)
	}
}
