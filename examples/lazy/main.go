// Command lazy shows that nothing runs before Compute. The program is in examples/seed.
package main

import "sheaf/examples/seed"

func main() { seed.Main("lazy") }
