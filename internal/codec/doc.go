// Package codec turns Go values into bytes and back, for processes that run the same binary.
//
// It is what spills bag partitions to disk, moves them in a shuffle, and carries values between workers. Because both
// ends are the same executable, nothing about a type is described on the wire: layouts agree, and a type is a name.
//
//   - Every kind is encoded, unexported fields too. A func travels if it captures nothing or was made by fn.Bind. Other funcs, a
//     chan and an unsafe.Pointer are an error that names the field's path (main.Job.done: cannot encode chan int); when they
//     are nil they stay nil.
//   - Pointers and maps keep their identity within one value: shared ones are shared again, cycles are cycles. Slices that
//     overlap become separate slices, and a pointer into the middle of a value becomes a pointer to a copy.
//   - An interface may hold any type of the executable, also one that the receiving process has never met.
//   - An error that is a pointer and that a package-level variable holds, such as io.EOF, is that variable's again, so that
//     errors.Is works.
//   - A type's own format wins over its structure: first [Register], then GobEncoder and GobDecoder, then BinaryMarshaler
//     and BinaryUnmarshaler. A method promoted from an embedded field does not count, it would lose the other fields.
//   - Monotonic clock readings are dropped from time.Time, locks come back unlocked.
//
// Memory without pointers travels as it lies, so a []float64 costs a copy. Numbers are in the machine's byte order.
//
// [Encode] and [Decode] do one value, [Encoder] and [Decoder] a stream of them, [EncodeFrame] and [DecodeFrame] one value with
// checksums, for everything that leaves the process. Decoding never trusts a length: memory grows with the bytes that
// arrive.
package codec
