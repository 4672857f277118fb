// Command convert shows every way from one interface to another. The program is in examples/seed.
package main

import "sheaf/examples/seed"

func main() { seed.Main("convert") }
