// Package flight lets programs outside of sheaf, such as Python with pyarrow, read published tables and arrays over Arrow Flight.
//
// It is for readers only, and beside the data plane (package http), which is faster. What is offered is a [Catalog]'s matter:
//
//	client = pyarrow.flight.connect("grpc://host:port")
//	options = pyarrow.flight.FlightCallOptions(headers=[(b"authorization", b"Bearer token")])
//	table = client.do_get(pyarrow.flight.Ticket(b"flights"), options).read_all()
//
// An n-d array is a table of one column "data" whose rows are its subarrays along axis 0, of Arrow's type fixed_shape_tensor:
//
//	x = table["data"].combine_chunks().to_numpy_ndarray()
package flight
