package seed

import (
	"context"
	"path/filepath"

	"sheaf"
	"sheaf/bag"
	"sheaf/examples/data"
)

func init() {
	register(Program{Name: "bags", Title: "High-Level Collections: Bags / lists", Run: Bags, Graphs: []string{"bags"}})
}

// Bags sums the departure delays of one airline over JSON records of any shape.
func Bags(ctx context.Context, dir string) ([]any, error) {
	b := bag.ReadText(filepath.Join(dir, data.FlightsJSON)).TryMap(bag.JSON[data.Flight])

	total := bag.Sum(b.
		Filter(func(f data.Flight) bool { return f.Carrier == "UA" && f.Delay != nil }).
		Map(func(f data.Flight) float64 { return *f.Delay }))

	if err := sheaf.Visualize(filepath.Join(dir, "graphs", "bags.svg"), total); err != nil {
		return nil, err
	}
	minutes, err := total.Compute(ctx)
	return []any{minutes}, err
}
