// Command arrays shows an array of 10000 × 10000, its transpose and its mean. The program is in examples/seed.
package main

import "sheaf/examples/seed"

func main() { seed.Main("arrays") }
