// Command mistakes shows the anti-patterns and what they say. The program is in examples/seed.
package main

import "sheaf/examples/seed"

func main() { seed.Main("mistakes") }
