// Command combined shows a dataframe that becomes delayed values and a dataframe again. The program is in examples/seed.
package main

import "sheaf/examples/seed"

func main() { seed.Main("combined") }
