// Package flight lets programs outside of sheaf, such as Python with pyarrow, list and read the datasets that are published on a
// cluster (Client.PublishDataset), over Arrow Flight.
//
//	server, err := flight.Serve(ctx, c, flight.Config{Listen: "0.0.0.0:8815", Token: token, TLS: certificates})
//
// and in Python
//
//	client = pyarrow.flight.connect("grpc+tls://host:8815", tls_root_certs=…)
//	options = pyarrow.flight.FlightCallOptions(headers=[(b"authorization", b"Bearer " + token)])
//	names = [f.descriptor.path[0].decode() for f in client.list_flights(options=options)]
//	table = client.do_get(pyarrow.flight.Ticket(b"trips"), options).read_all()
//
// A dataset can be read if it is a data frame, a series or a table; an array or an n-d array; or futures of tables or of one n-d array.
// Partitions and blocks are computed on the cluster where that has not happened yet, and pass through the server one by one.
// Other datasets are not listed, and reading one is an error that says so.
//
// An array is a table of one column "data" whose rows are its subarrays along axis 0, of Arrow's type fixed_shape_tensor:
//
//	x = client.do_get(pyarrow.flight.Ticket(b"x"), options).read_all()["data"].combine_chunks().to_numpy_ndarray()
//
// The metadata of the schema has "sheaf.shape" and "sheaf.chunks" as JSON and "sheaf.dtype". The ticket x[2,0] is one block of x; its
// metadata say by "sheaf.offset" where in x it begins, and by "sheaf.whole" the shape of x.
package flight
