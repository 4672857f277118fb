//go:build cgo

package seed

import (
	"context"
	"path/filepath"

	"sheaf"
	"sheaf/dataframe"
	"sheaf/examples/data"
)

func init() {
	register(Program{
		Name: "dataframes", Title: "High-Level Collections: DataFrames", Run: DataFrames, Graphs: []string{"dataframes"},
	})
	register(Program{Name: "persist", Title: "Persist into Distributed Memory", Run: Persist})
}

// DataFrames reads monthly CSV files in blocks of 64 MB and groups them.
func DataFrames(ctx context.Context, dir string) ([]any, error) {
	df := dataframe.ReadCSV(filepath.Join(dir, data.FlightsCSV), dataframe.ParseDates("time_hour"), dataframe.BlockSize(64e6))

	s := df.GroupBy("carrier").Col("dep_delay").Mean()

	if err := sheaf.Visualize(filepath.Join(dir, "graphs", "dataframes.svg"), s); err != nil {
		return nil, err
	}
	table, err := s.Compute(ctx)
	return []any{df, table}, err
}

// Persist selects an important subset, keeps it in memory, and explores it quickly.
func Persist(ctx context.Context, dir string) ([]any, error) {
	parquet := filepath.Join(dir, "accounts.parquet")
	if err := dataframe.ReadCSV(filepath.Join(dir, data.AccountsCSV)).ToParquet(parquet).Run(ctx); err != nil {
		return nil, err
	}

	df := dataframe.ReadParquet(parquet)
	df = df.Filter(dataframe.Col("name").Eq("Alice")) // select important subset of data
	df, err := sheaf.Persist(ctx, df)                 // trigger computation in the background
	if err != nil {
		return nil, err
	}

	// These are all relatively fast now that the relevant data is in memory.
	means, err := df.GroupBy("id").Col("balance").Mean().Compute(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := df.GroupBy("id").Size().Compute(ctx)
	return []any{means, counts}, err
}
