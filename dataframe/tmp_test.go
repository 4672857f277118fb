//go:build cgo

package dataframe

import (
	"fmt"
	"os"
	"testing"
	"time"
)

func timed(t *testing.T, name string, f *Frame) {
	for i := range 3 {
		start := time.Now()
		h := newFrame(f.node)
		out, err := h.Compute(t.Context())
		if err != nil {
			fmt.Println(h.Explain())
			t.Fatal(err)
		}
		fmt.Println(name, time.Since(start), out.Len())
		if os.Getenv("SHOW") != "" && i == 0 {
			fmt.Println(out)
			fmt.Println(h.Explain())
		}
	}
}

func TestSpeed(t *testing.T) {
	df := ReadCSV("/tmp/h/data/seedcsv/2018-*-*.csv", ParseDates("timestamp"), BlockSize(64e6))
	timed(t, "csv", df.GroupBy("name").Col("balance").Mean())
	timed(t, "hour", df.GroupBy(Col("timestamp").Dt().Hour().As("hour")).Col("balance").Mean())
	li := ReadParquet("/tmp/h/data/tpch/lineitem.parquet")
	fmt.Println(li)
	price, disc, tax := Col("l_extendedprice"), Col("l_discount"), Col("l_tax")
	q1 := li.Filter(Col("l_shipdate").Le("1998-09-02")).GroupBy("l_returnflag", "l_linestatus").Agg(Sum("l_quantity"), Sum("l_extendedprice"),
		Sum(price.Mul(Lit(1).Sub(disc))).As("disc_price"), Sum(price.Mul(Lit(1).Sub(disc)).Mul(tax.Add(1))).As("charge"),
		Mean("l_quantity"), Mean("l_extendedprice"), Mean("l_discount"), Size())
	timed(t, "q1", q1)
	orders := ReadParquet("/tmp/h/data/tpch/orders.parquet")
	j := li.Merge(orders, LeftOn("l_orderkey"), RightOn("o_orderkey")).GroupBy("o_orderpriority").Col("l_extendedprice").Sum()
	timed(t, "join", j)
}
