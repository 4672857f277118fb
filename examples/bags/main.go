// Command bags shows a sum over JSON records. The program is in examples/seed.
package main

import "sheaf/examples/seed"

func main() { seed.Main("bags") }
