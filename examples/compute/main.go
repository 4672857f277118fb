// Command compute shows two results in one run, and a result written to disk. The program is in examples/seed.
package main

import "sheaf/examples/seed"

func main() { seed.Main("compute") }
