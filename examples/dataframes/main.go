// Command dataframes shows a group-by over monthly CSV files. The program is in examples/seed.
package main

import "sheaf/examples/seed"

func main() { seed.Main("dataframes") }
