// Command loops shows existing for-loops, made parallel one call at a time. The program is in examples/seed.
package main

import "sheaf/examples/seed"

func main() { seed.Main("loops") }
