// Command delayed shows delayed functions. The program is in examples/seed.
package main

import "sheaf/examples/seed"

func main() { seed.Main("delayed") }
