package main

import "strconv"

// float prints x so that it reads back exactly as a float of the given bits.
func float(x float64, bits int) string { return strconv.FormatFloat(x, 'g', -1, bits) }
