package flight_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow/flight"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	"sheaf/array"
	"sheaf/client"
	"sheaf/cluster/clustertest"
	sheafflight "sheaf/flight"
	"sheaf/ndarray"
)

func TestMain(m *testing.M) { clustertest.Main(m) }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// rows counts the rows of a dataset with Go's own client.
func rows(t *testing.T, s *sheafflight.Server, token, name string) (int64, error) {
	t.Helper()
	c, err := flight.NewClientWithMiddleware(s.Addr(), nil, nil, grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(t, err)
	defer c.Close()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token), 20*time.Second)
	defer cancel()
	stream, err := c.DoGet(ctx, &flight.Ticket{Ticket: []byte(name)})
	if err != nil {
		return 0, err
	}
	r, err := flight.NewRecordReader(stream)
	if err != nil {
		return 0, err
	}
	defer r.Release()
	n := int64(0)
	for r.Next() {
		n += r.RecordBatch().NumRows()
	}
	return n, r.Err()
}

func TestArrays(t *testing.T) {
	c := clustertest.InProcess(t, 2)
	s, err := sheafflight.Serve(t.Context(), c, sheafflight.Config{})
	check(t, err)
	defer s.Close(t.Context())
	small, err := ndarray.FromSlice([]float64{1, 2, 3})
	check(t, err)
	for name, data := range map[string]any{
		"line": array.Arange(0, 1000, 1, array.Chunks(300)), "scalar": array.Arange(0, 10, 1).Sum(), "memory": small,
		"failing":   array.Arange(0, 10, 1).MapBlocks(failing),
		"unknown":   array.Arange(0, 10, 1, array.Chunks(5)).Index(array.Arange(0, 10, 1, array.Chunks(5)).Gt(3)),
		"odd[name]": small, "word": "text",
	} {
		if err := c.PublishDataset(t.Context(), name, data); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for name, want := range map[string]int64{"line": 1000, "line[3]": 100, "scalar": 1, "memory": 3, "odd[name]": 3} {
		if n, err := rows(t, s, s.Token(), name); n != want || err != nil {
			t.Errorf("%s: got %d rows, %v, want %d", name, n, err, want)
		}
	}
	for name, want := range map[string]string{
		"failing": "no luck", "unknown": "ComputeChunkSizes", "word": "neither a data frame nor an array", "line[4]": "there are 4 blocks",
		"line[1,1]": "it has 1 axes", "memory[0]": "no blocks", "line[x]": "not published", "nothing": "not published", "nothing[1]": "not published",
	} {
		if _, err := rows(t, s, s.Token(), name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", name, err, want)
		}
	}
	if _, err := rows(t, s, "guessed", "line"); err == nil || s.Stats().Refused == 0 {
		t.Errorf("a wrong token: got %v", err)
	}
}

func TestRefusedConfigurations(t *testing.T) {
	c, err := client.Local(t.Context())
	check(t, err)
	defer c.Close()
	for _, listen := range []string{":0", "0.0.0.0:0", "[::]:0", "nonsense"} {
		if s, err := sheafflight.Serve(t.Context(), c, sheafflight.Config{Listen: listen}); err == nil {
			s.Close(t.Context())
			t.Errorf("%s: it listens without a token", listen)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	s, err := sheafflight.Serve(ctx, c, sheafflight.Config{})
	check(t, err)
	cancel() // ends it
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := rows(t, s, s.Token(), "x"); err != nil && strings.Contains(err.Error(), "Unavailable") {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the server goes on after its context")
		}
	}
	s.Close(t.Context())
}

func failing(context.Context, *ndarray.Array) (*ndarray.Array, error) {
	return nil, errors.New("no luck")
}
