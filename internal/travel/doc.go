// Package travel turns graphs into bytes and back, for the processes of a cluster, which run the same executable.
//
// A client packs a graph ([Pack]): its structure in the form of package wire, which the scheduler reads, and its operations in
// segments that only the client's executable can read. The scheduler makes a graph of the structure again ([Unpack]), whose operations it
// cannot run, and plans with it. Workers get single layers and segments, and run tasks of them ([Loader]).
//
// Values, calls of functions and errors have forms of their own: [EncodeValue], [EncodeCall], [EncodeError].
package travel
