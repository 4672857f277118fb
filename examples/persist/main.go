// Command persist shows a subset that is kept in memory and explored. The program is in examples/seed.
package main

import "sheaf/examples/seed"

func main() { seed.Main("persist") }
