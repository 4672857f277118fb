package data_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"sheaf/examples/data"
)

func ExampleTemp() {
	dir, cleanup, err := data.Temp()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer cleanup() //nolint:errcheck // an example

	text, err := os.ReadFile(filepath.Join(dir, data.Airlines))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Join(strings.Split(string(text), "\n")[:3], "\n"))
	// Output:
	// carrier,name
	// 9E,Endeavor Air Inc.
	// AA,American Airlines Inc.
}

func ExampleFlight() {
	delay := 2.0
	f := data.Flight{Carrier: "UA", Flight: 1545, Origin: "EWR", Dest: "IAH", Delay: &delay, Distance: 1400}
	fmt.Printf("%s %d from %s to %s, %v minutes late\n", f.Carrier, f.Flight, f.Origin, f.Dest, *f.Delay)
	// Output: UA 1545 from EWR to IAH, 2 minutes late
}
