package flight

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"sheaf/dtype"
	"sheaf/internal/transport/transporttest"
	"sheaf/ndarray"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shop is a Catalog.
type shop struct {
	mem    *memory.CheckedAllocator
	arrays map[string]*ndarray.Array
}

var people = arrow.NewSchema([]arrow.Field{
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "age", Type: arrow.PrimitiveTypes.Int32}, {Name: "zone", Type: &arrow.DictionaryType{
		IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String,
	}},
}, nil)

const peopleRows = 200_000

func (s *shop) List(context.Context) ([]Entry, error) {
	list := []Entry{{Name: "people", Schema: people, Rows: peopleRows, Bytes: -1}}
	for name, a := range s.arrays {
		t, err := s.table(a)
		if err != nil {
			return nil, err
		}
		list = append(list, Entry{Name: name, Schema: t.Schema, Rows: t.Rows, Bytes: int64(a.Nbytes())})
	}
	return list, nil
}

// table cuts an array into parts of three rows, or twelve parts.
func (s *shop) table(a *ndarray.Array) (*Table, error) {
	return ArrayTable(a.Shape(), a.DType(), func(context.Context) iter.Seq2[*ndarray.Array, error] {
		return func(yield func(*ndarray.Array, error) bool) {
			if len(a.Shape()) == 0 {
				yield(a, nil)
				return
			}
			rows := a.Shape()[0]
			step := max(3, rows/12)
			for i := 0; i < rows; i += step {
				if !yield(a.Index(ndarray.S(i, min(i+step, rows)))) {
					return
				}
			}
		}
	})
}

func (s *shop) Open(_ context.Context, name string) (*Table, error) {
	switch name {
	case "people":
		return &Table{Schema: people, Rows: peopleRows, Batches: s.people}, nil
	case "broken":
		return &Table{Schema: people, Rows: -1, Batches: func(ctx context.Context) iter.Seq2[arrow.RecordBatch, error] {
			return func(yield func(arrow.RecordBatch, error) bool) {
				for rec := range s.people(ctx) {
					if !yield(rec, nil) {
						return
					}
					yield(nil, errors.New("the worker is gone"))
					return
				}
			}
		}}, nil
	case "panics":
		panic("of the catalog")
	}
	a, ok := s.arrays[name]
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrNoTable, name)
	}
	return s.table(a)
}

// people yields one batch, which has to be cut.
func (s *shop) people(context.Context) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		b := array.NewRecordBuilder(s.mem, people)
		defer b.Release()
		for i := range peopleRows {
			if i == 1 {
				b.Field(0).AppendNull()
			} else {
				b.Field(0).(*array.StringBuilder).Append(fmt.Sprint("name ", i))
			}
			b.Field(1).(*array.Int32Builder).Append(int32(i))
			if err := b.Field(2).(*array.BinaryDictionaryBuilder).AppendString([]string{"a", "b"}[i%2]); err != nil {
				yield(nil, err)
				return
			}
		}
		yield(b.NewRecordBatch(), nil)
	}
}

func newShop(t testing.TB) *shop {
	s := &shop{mem: memory.NewCheckedAllocator(memory.DefaultAllocator), arrays: make(map[string]*ndarray.Array)}
	base, err := ndarray.Arange(0, 10*4*3, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, dt := range []dtype.Type{
		dtype.Bool, dtype.Int8, dtype.Int16, dtype.Int32, dtype.Int64, dtype.Uint8, dtype.Uint16, dtype.Uint32, dtype.Uint64,
		dtype.Float32, dtype.Float64, dtype.Complex64, dtype.Complex128, dtype.Datetime, dtype.Timedelta,
	} {
		for _, shape := range [][]int{{10, 4, 3}, {120}, {10, 12}, {1, 120}} {
			a, err := base.AsType(dt)
			if err == nil {
				a, err = a.Reshape(shape...)
			}
			if err != nil {
				t.Fatal(err)
			}
			s.arrays[fmt.Sprintf("%v%v", dt, shape)] = a
		}
	}
	view, err := s.arrays["float64[10 4 3]"].Index(ndarray.S(1, 8), 2)
	if err != nil {
		t.Fatal(err)
	}
	scalar, err := s.arrays["float64[120]"].Index(5)
	if err != nil {
		t.Fatal(err)
	}
	empty, err := s.arrays["float64[10 4 3]"].Index(ndarray.S(0, 10), ndarray.S(2, 2))
	if err != nil {
		t.Fatal(err)
	}
	s.arrays["view"], s.arrays["scalar"], s.arrays["empty"] = view, scalar, empty
	return s
}

// serve starts a server for the length of the test, and checks afterwards that every batch was released.
func serve(t testing.TB, s *shop, conf ServerConfig) *Server {
	t.Helper()
	conf.Catalog = s
	server, err := Serve(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		server.Close(ctx)
		if n := s.mem.CurrentAlloc(); n != 0 {
			t.Errorf("%d bytes of batches were not released", n)
		}
		if st := server.Stats(); st.Reading != 0 {
			t.Errorf("after the end: %+v", st)
		}
	})
	return server
}

func TestPyarrow(t *testing.T) {
	certs := transporttest.NewCerts(t, time.Now().Add(time.Hour), "127.0.0.1")
	for name, conf := range map[string]ServerConfig{"plain": {Token: "secret"}, "tls": {Token: "secret", TLS: certs.ServerConfig(t)}} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			server := serve(t, s, conf)
			ca := ""
			if conf.TLS != nil {
				ca = certs.CA.CA
			}
			tables, errs := readWithPython(t, server.URL(), "secret", ca)
			if len(tables) != len(s.arrays)+1 {
				t.Errorf("got %d tables, want %d", len(tables), len(s.arrays)+1)
			}
			p := tables["people"]
			if p.Rows != peopleRows || p.Promised != peopleRows || fmt.Sprint(p.Columns["name"]) != "[string [name 0 <nil> name 2 name 3 name 4]]" ||
				fmt.Sprint(p.Columns["age"]) != "[int32 [0 1 2 3 4]]" || !strings.Contains(fmt.Sprint(p.Columns["zone"]), "[a b a b a]") {
				t.Errorf("people: got %+v", p)
			}
			for name, a := range s.arrays {
				checkArray(t, name, tables[name], a)
			}
			want := []string{"FlightError", "FlightInternalError", "FlightInternalError", "FlightUnauthenticatedError", "FlightUnauthenticatedError"}
			want[0] = "ArrowKeyError" // not found
			if !slices.Equal(errs, want) {
				t.Errorf("got errors %v, want %v", errs, want)
			}
			if st := server.Stats(); st.Refused != 2 || st.Tables != int64(len(s.arrays))+1 {
				t.Errorf("got %+v", st)
			}
		})
	}
}

// checkArray compares an array with what Python made of it.
func checkArray(t *testing.T, name string, got seen, a *ndarray.Array) {
	t.Helper()
	var raw bytes.Buffer
	if err := a.WriteRaw(&raw); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(raw.Bytes()[raw.Len()-a.Nbytes():])
	if !slices.Equal(got.Shape, a.Shape()) || got.DType != a.DType().String() || got.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("%s: got %+v, want shape %v and dtype %v", name, got, a.Shape(), a.DType())
	}
	if tensor := strings.Contains(got.Type, "fixed_shape_tensor"); len(a.Shape()) > 1 && a.Size() > 0 && !tensor {
		t.Errorf("%s: got type %s, want fixed_shape_tensor", name, got.Type)
	}
}

// dial connects with Go's own client.
func dial(t testing.TB, server *Server, conf *tls.Config) flight.Client {
	t.Helper()
	creds := insecure.NewCredentials()
	if conf != nil {
		creds = credentials.NewTLS(conf)
	}
	c, err := flight.NewClientWithMiddleware(server.Addr(), nil, nil, grpc.WithTransportCredentials(creds),
		grpc.WithInitialWindowSize(16<<20), grpc.WithInitialConnWindowSize(32<<20))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// read counts the rows of a table.
func read(t testing.TB, c flight.Client, name, token string) (rows int64, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token), 10*time.Second)
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
	for r.Next() {
		rows += r.RecordBatch().NumRows()
	}
	return rows, r.Err()
}

// TestGo reads with Go's client, which takes messages of at most 4 MiB.
func TestGo(t *testing.T) {
	server := serve(t, newShop(t), ServerConfig{Anonymous: true})
	c := dial(t, server, nil)
	if n, err := read(t, c, "people", ""); n != peopleRows || err != nil {
		t.Errorf("got %d rows, %v", n, err)
	}
	if n, err := read(t, c, "broken", ""); status.Code(err) != codes.Internal || !strings.Contains(err.Error(), "the worker is gone") {
		t.Errorf("broken: got %d rows, %v", n, err)
	}
	if _, err := read(t, c, "nothing", ""); status.Code(err) != codes.NotFound {
		t.Errorf("nothing: got %v", err)
	}
	d := &flight.FlightDescriptor{Type: flight.DescriptorPATH, Path: []string{"view"}}
	if res, err := c.GetSchema(t.Context(), d); err != nil || len(res.GetSchema()) == 0 {
		t.Errorf("schema: got %v", err)
	}
	if _, err := c.GetFlightInfo(t.Context(), &flight.FlightDescriptor{Type: flight.DescriptorCMD, Cmd: []byte("DROP")}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a command: got %v", err)
	}
	stream, err := c.DoPut(t.Context())
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("put: got %v", err)
	}
}

func TestTLS(t *testing.T) {
	s := newShop(t)
	for _, c := range transporttest.TLSCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			server := serve(t, s, ServerConfig{Token: "t", TLS: c.Server})
			n, err := read(t, dial(t, server, c.Client), "view", "t")
			if c.Good != (err == nil) || !c.Good && n > 0 {
				t.Errorf("got %d rows, %v", n, err)
			}
		})
	}
	certs := transporttest.NewCerts(t, time.Now().Add(time.Hour), "127.0.0.1")
	server := serve(t, s, ServerConfig{Token: "t", TLS: certs.ServerConfig(t)})
	old := certs.ClientConfig(t)
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if c, err := tls.Dial("tcp", server.Addr(), old); err == nil {
		_ = c.Close()
		t.Error("TLS 1.1 was accepted")
	}
}

func TestRefusedConfigurations(t *testing.T) {
	s := newShop(t)
	for name, conf := range map[string]ServerConfig{
		"no token": {Catalog: s}, "no catalog": {Token: "t"}, "beyond loopback": {Catalog: s, Listen: ":0", Anonymous: true}, "nonsense": {Catalog: s, Token: "t", Listen: "x"},
	} {
		if server, err := Serve(conf); err == nil {
			server.Close(t.Context())
			t.Errorf("%s: a server was started", name)
		}
	}
	if _, err := ArrayTable([]int{2}, dtype.String, nil); err == nil {
		t.Error("an array of strings was taken")
	}
}

// TestStrangers: whatever comes to the port, it is refused and counted, and nothing grows or is wedged.
func TestStrangers(t *testing.T) {
	server := serve(t, newShop(t), ServerConfig{Token: "t"})
	c := dial(t, server, nil)
	if n, err := read(t, c, "view", "t"); n != 7 || err != nil {
		t.Fatalf("before: %d, %v", n, err)
	}
	goroutines := runtime.NumGoroutine()
	noise := bytes.Repeat([]byte{0, 0xff, 0x10, 7, 0x80}, 20_000)
	preface := "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	for range 3 {
		for _, in := range []string{
			string(noise), "GET / HTTP/1.1\r\n\r\n", preface, preface + string(noise), preface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" + string(noise),
			preface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00\xff\xff\xff\x01\x04\x00\x00\x00\x01", "",
		} {
			c, err := net.Dial("tcp", server.Addr())
			if err != nil {
				t.Fatal(err)
			}
			_ = c.SetDeadline(time.Now().Add(100 * time.Millisecond))
			_, _ = io.WriteString(c, in)
			_, _ = io.CopyN(io.Discard, c, 4096)
			_ = c.Close()
		}
	}
	ctx := metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer t")
	if stream, err := c.DoGet(ctx, &flight.Ticket{Ticket: make([]byte, 1<<20)}); err == nil {
		if _, err := stream.Recv(); status.Code(err) != codes.ResourceExhausted {
			t.Errorf("a ticket of 1 MiB: got %v", err)
		}
	}
	if n, err := read(t, c, "view", "t"); n != 7 || err != nil {
		t.Errorf("after: %d, %v", n, err)
	}
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > goroutines+4; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), goroutines)
		}
	}
	if st := server.Stats(); st.Malformed < 9 {
		t.Errorf("got %+v, want what came to be counted", st)
	}
}

func BenchmarkTensor(b *testing.B) {
	a, err := ndarray.FromSlice(make([]float64, 12_000_000), 1200, 100, 100)
	if err != nil {
		b.Fatal(err)
	}
	s := newShop(b)
	s.arrays["x"] = a
	c := dial(b, serve(b, s, ServerConfig{Token: "t"}), nil)
	b.SetBytes(int64(a.Nbytes()))
	for b.Loop() {
		if n, err := read(b, c, "x", "t"); n != 1200 || err != nil {
			b.Fatal(n, err)
		}
	}
}
