package flight

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/flight"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// service answers the calls of Arrow Flight that read; the others are answered with Unimplemented.
type service struct {
	flight.BaseFlightServer
	s *Server
}

// failed translates errors for gRPC.
func failed(err error) error {
	switch {
	case errors.Is(err, ErrNoTable):
		return status.Error(codes.NotFound, err.Error())
	case errors.Is(err, context.Canceled):
		return status.Error(codes.Canceled, err.Error())
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	return status.Error(codes.Internal, err.Error())
}

// ListFlights lists the catalog.
func (v *service) ListFlights(_ *flight.Criteria, stream flight.FlightService_ListFlightsServer) error {
	entries, err := v.s.conf.Catalog.List(stream.Context())
	if err != nil {
		return failed(err)
	}
	for _, e := range entries {
		if err := stream.Send(info(e)); err != nil {
			return err
		}
	}
	return nil
}

// info describes a table. Its ticket is its name, good at this server.
func info(e Entry) *flight.FlightInfo {
	return &flight.FlightInfo{
		Schema:           flight.SerializeSchema(e.Schema, memory.DefaultAllocator),
		FlightDescriptor: &flight.FlightDescriptor{Type: flight.DescriptorPATH, Path: []string{e.Name}},
		Endpoint:         []*flight.FlightEndpoint{{Ticket: &flight.Ticket{Ticket: []byte(e.Name)}}},
		TotalRecords:     e.Rows, TotalBytes: e.Bytes,
	}
}

func name(d *flight.FlightDescriptor) (string, error) {
	if d.GetType() != flight.DescriptorPATH || len(d.GetPath()) != 1 {
		return "", status.Error(codes.InvalidArgument, "flight: a table is named by a path of one element")
	}
	return d.GetPath()[0], nil
}

// GetFlightInfo describes one table.
func (v *service) GetFlightInfo(ctx context.Context, d *flight.FlightDescriptor) (*flight.FlightInfo, error) {
	name, err := name(d)
	if err != nil {
		return nil, err
	}
	t, err := v.s.conf.Catalog.Open(ctx, name)
	if err != nil {
		return nil, failed(err)
	}
	return info(Entry{Name: name, Schema: t.Schema, Rows: t.Rows, Bytes: -1}), nil
}

// GetSchema returns the schema of one table.
func (v *service) GetSchema(ctx context.Context, d *flight.FlightDescriptor) (*flight.SchemaResult, error) {
	i, err := v.GetFlightInfo(ctx, d)
	if err != nil {
		return nil, err
	}
	return &flight.SchemaResult{Schema: i.Schema}, nil
}

// DoGet sends the rows of a table.
func (v *service) DoGet(ticket *flight.Ticket, stream flight.FlightService_DoGetServer) (err error) {
	v.s.reading.Add(1)
	defer v.s.reading.Add(-1)
	ctx := stream.Context()
	t, err := v.s.conf.Catalog.Open(ctx, string(ticket.GetTicket()))
	if err != nil {
		return failed(err)
	}
	w := flight.NewRecordWriter(stream, ipc.WithSchema(t.Schema))
	defer func() {
		if cerr := w.Close(); err == nil && cerr != nil {
			err = failed(cerr)
		}
	}()
	for rec, err := range t.Batches(ctx) {
		if err != nil {
			return failed(err)
		}
		err = v.send(w, t, rec)
		rec.Release()
		if err != nil {
			return failed(err)
		}
	}
	v.s.tables.Add(1)
	return nil
}

// send writes a batch in pieces that readers take.
func (v *service) send(w *flight.Writer, t *Table, rec arrow.RecordBatch) error {
	if !rec.Schema().Equal(t.Schema) {
		return fmt.Errorf("flight: a batch has the schema %v, not %v", rec.Schema(), t.Schema)
	}
	rows := rec.NumRows()
	pieces := size(rec)/int64(v.s.conf.BatchBytes) + 1
	step := max(rows/pieces, 1)
	for from := int64(0); from < rows; from += step {
		piece := rec.NewSlice(from, min(from+step, rows))
		err := w.Write(piece)
		n := piece.NumRows()
		piece.Release()
		if err != nil {
			return err
		}
		v.s.rows.Add(n)
	}
	return nil
}

// size returns about how many bytes of a batch will travel.
func size(rec arrow.RecordBatch) (n int64) {
	for _, c := range rec.Columns() {
		n += columnSize(c.DataType(), c)
	}
	return n
}

func columnSize(t arrow.DataType, c arrow.Array) int64 {
	rows := int64(c.Len())
	switch t := t.(type) {
	case arrow.FixedWidthDataType:
		return rows * int64(t.BitWidth()) / 8
	case *arrow.FixedSizeListType:
		if e, ok := t.Elem().(arrow.FixedWidthDataType); ok {
			return rows * int64(t.Len()) * int64(e.BitWidth()) / 8
		}
	}
	return int64(c.Data().SizeInBytes()) // that of the whole buffers, of which a slice uses less
}
