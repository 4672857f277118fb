package array

// Overwrite lets a writer replace what exists under the name.
func Overwrite() Option {
	return Option{func(o *options) { o.force = true; o.given |= takesOverwrite }}
}

// ZarrVersion gives the version of the Zarr format to write, 2 or 3; the default is 3.
func ZarrVersion(n int) Option {
	return Option{func(o *options) {
		o.version = n
		o.given |= takesFormat
		if n != 2 && n != 3 {
			o.bad = "ZarrVersion is 2 or 3"
		}
	}}
}

// Compression gives how the chunks of a Zarr array are compressed: "zstd" (the default), "gzip" or "none". The level is 1 to
// 22 for zstd, 1 unless it is given, and 0 to 9 for gzip, 5 unless it is given.
func Compression(name string, level ...int) Option {
	return Option{func(o *options) {
		o.codec = name
		o.given |= takesFormat
		if len(level) > 0 {
			o.level = level[0]
		}
		o.leveled = len(level) > 0
		if len(level) > 1 {
			o.bad = "Compression takes one level"
		}
	}}
}
