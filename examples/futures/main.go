// Command futures shows futures. The program is in examples/seed.
package main

import "sheaf/examples/seed"

func main() { seed.Main("futures") }
