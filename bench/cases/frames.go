//go:build cgo

package cases

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"sheaf/cluster"
	"sheaf/dataframe"
)

func init() {
	ours["csv_seed"] = csvSeed
	ours["q1_like"] = q1
	ours["join"] = join
	ours["mem_groupby"] = memGroupBy
	ours["cluster_csv"] = clusterCSV
}

// csvSeed is the seed's data frame program.
func csvSeed(_ context.Context, data string) (Run, error) {
	return tabled(func() *dataframe.Frame {
		df := dataframe.ReadCSV(filepath.Join(data, "seedcsv", "2018-*-*.csv"),
			dataframe.ParseDates("timestamp"), dataframe.BlockSize(64e6))
		return df.GroupBy("name").Col("balance").Mean()
	}, 1), nil
}

// clusterCSV measures how many times longer the same takes on two worker processes than in this one.
func clusterCSV(ctx context.Context, data string) (Run, error) {
	c, err := twoWorkers(ctx, cluster.SchedulerConfig{})
	if err != nil {
		return nil, err
	}
	run, err := csvSeed(ctx, data)
	if err != nil {
		return nil, err
	}
	timed := func(ctx context.Context) (Answer, time.Duration, error) {
		start := time.Now()
		a, err := run(ctx)
		return a, time.Since(start), err
	}
	return func(ctx context.Context) (Answer, error) {
		_, here, err := timed(ctx)
		if err != nil {
			return Answer{}, err
		}
		a, there, err := timed(c.Context(ctx))
		a.Measured = there.Seconds() / here.Seconds()
		return a, err
	}, nil
}

func table(data, name string) *dataframe.Frame {
	return dataframe.ReadParquet(filepath.Join(data, "tpch", name+".parquet"))
}

// q1 is the pricing summary, query 1 of TPC-H.
func q1(_ context.Context, data string) (Run, error) {
	cutoff := time.Date(1998, 9, 2, 0, 0, 0, 0, time.UTC)
	return tabled(func() *dataframe.Frame {
		price, discount, tax := dataframe.Col("l_extendedprice"), dataframe.Col("l_discount"), dataframe.Col("l_tax")
		net := price.Mul(dataframe.Lit(1).Sub(discount))
		return table(data, "lineitem").
			Filter(dataframe.Col("l_shipdate").Le(cutoff)).
			GroupBy("l_returnflag", "l_linestatus").
			Agg(
				dataframe.Sum("l_quantity").As("sum_qty"),
				dataframe.Sum(price).As("sum_base_price"),
				dataframe.Sum(net).As("sum_disc_price"),
				dataframe.Sum(net.Mul(tax.Add(1))).As("sum_charge"),
				dataframe.Mean("l_quantity").As("avg_qty"),
				dataframe.Mean(price).As("avg_price"),
				dataframe.Mean(discount).As("avg_disc"),
				dataframe.Size().As("count_order"),
			)
	}, 2), nil
}

// join is lineitem ⋈ orders and a sum by the orders' priority.
func join(_ context.Context, data string) (Run, error) {
	return tabled(func() *dataframe.Frame {
		lines := table(data, "lineitem")
		return lines.Merge(table(data, "orders"), dataframe.LeftOn("l_orderkey"), dataframe.RightOn("o_orderkey")).
			GroupBy("o_orderpriority").Agg(dataframe.Sum("l_extendedprice"))
	}, 1), nil
}

// memGroupBy has as many groups as a quarter of its rows. The runner sets the memory limit.
func memGroupBy(_ context.Context, data string) (Run, error) {
	return tabled(func() *dataframe.Frame {
		df := dataframe.ReadParquet(filepath.Join(data, "groups", "*.parquet"))
		groups := df.GroupBy("key").Agg(dataframe.Sum("a").As("a"), dataframe.Sum("b").As("b"), dataframe.Sum("c").As("c"))
		return groups.Agg(dataframe.Count("key"), dataframe.Max("a"), dataframe.Sum("b"), dataframe.Sum("c"))
	}, 0), nil
}

// tabled times building and computing; the answer is every cell behind the first keys columns, row by row.
func tabled(build func() *dataframe.Frame, keys int) Run {
	return func(ctx context.Context) (Answer, error) {
		t, err := build().Compute(ctx)
		if err != nil {
			return Answer{}, err
		}
		var a Answer
		for _, b := range t.Batches() {
			for row := range int(b.NumRows()) {
				for column := keys; column < int(b.NumCols()); column++ {
					v, err := cell(b.Column(column), row)
					if err != nil {
						return Answer{}, fmt.Errorf("column %s: %w", b.ColumnName(column), err)
					}
					a.Values = append(a.Values, v)
				}
			}
		}
		return a, nil
	}
}

// cell returns a number of an Arrow column.
func cell(c arrow.Array, row int) (float64, error) {
	switch c := c.(type) {
	case *array.Float64:
		return c.Value(row), nil
	case *array.Int64:
		return float64(c.Value(row)), nil
	case *array.Decimal128:
		return c.Value(row).ToFloat64(c.DataType().(*arrow.Decimal128Type).Scale), nil
	}
	return 0, fmt.Errorf("a %s is no number here", c.DataType())
}
