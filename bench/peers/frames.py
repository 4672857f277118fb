"""Data frame cases: the seed's CSV files, and two queries over the Parquet tables of TPC-H."""

import os

from harness import case, main


def csv_glob(data):
    return os.path.join(data, "seedcsv", "2018-*-*.csv")


def table(data, name):
    return os.path.join(data, "tpch", name + ".parquet")


# --- seed: read_csv(...).groupby("name").balance.mean(), in the order of the names ------------------------------------


@case("csv_seed", "pandas")
def csv_pandas(data):
    import glob

    import pandas as pd

    def run():
        files = sorted(glob.glob(csv_glob(data)))
        df = pd.concat(pd.read_csv(f, parse_dates=["timestamp"]) for f in files)
        return df.groupby("name").balance.mean().tolist()

    return run


@case("csv_seed", "dask")
def csv_dask(data):
    import dask.dataframe as dd

    def run():
        df = dd.read_csv(csv_glob(data), parse_dates=["timestamp"], blocksize=64_000_000)
        return df.groupby("name").balance.mean().compute().sort_index().tolist()

    return run


@case("csv_seed", "polars")
def csv_polars(data):
    import polars as pl

    def run():
        df = pl.scan_csv(csv_glob(data), try_parse_dates=True)
        return df.group_by("name").agg(pl.col("balance").mean()).sort("name").collect()["balance"].to_list()

    return run


@case("csv_seed", "duckdb")
def csv_duckdb(data):
    import duckdb

    def run():
        rows = duckdb.sql(f"select name, avg(balance) from read_csv('{csv_glob(data)}') group by name order by name")
        return [r[1] for r in rows.fetchall()]

    return run


# --- TPC-H Q1: the pricing summary. Answer: four sums and the count of each of the four groups ------------------------

CUTOFF = "1998-09-02"


@case("q1_like", "duckdb")
def q1_duckdb(data):
    import duckdb

    def run():
        rows = duckdb.sql(f"""
            select l_returnflag, l_linestatus, sum(l_quantity), sum(l_extendedprice),
                   sum(l_extendedprice * (1 - l_discount)), sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)),
                   avg(l_quantity), avg(l_extendedprice), avg(l_discount), count(*)
            from '{table(data, "lineitem")}' where l_shipdate <= date '{CUTOFF}'
            group by l_returnflag, l_linestatus order by l_returnflag, l_linestatus""")
        return [float(v) for r in rows.fetchall() for v in r[2:]]

    return run


@case("q1_like", "polars")
def q1_polars(data):
    from datetime import date

    import polars as pl

    def run():
        price, discount, tax = pl.col("l_extendedprice"), pl.col("l_discount"), pl.col("l_tax")
        t = (
            pl.scan_parquet(table(data, "lineitem"))
            .filter(pl.col("l_shipdate") <= date.fromisoformat(CUTOFF))
            .group_by("l_returnflag", "l_linestatus")
            .agg(
                pl.col("l_quantity").sum().alias("a"),
                price.sum().alias("b"),
                (price * (1 - discount)).sum().alias("c"),
                (price * (1 - discount) * (1 + tax)).sum().alias("d"),
                pl.col("l_quantity").mean().alias("e"),
                price.mean().alias("f"),
                discount.mean().alias("g"),
                pl.len().alias("h"),
            )
            .sort("l_returnflag", "l_linestatus")
            .collect()
        )
        return [float(v) for r in t.rows() for v in r[2:]]

    return run


@case("q1_like", "dask")
def q1_dask(data):
    import dask.dataframe as dd
    import pandas as pd

    def run():
        cols = ["l_returnflag", "l_linestatus", "l_quantity", "l_extendedprice", "l_discount", "l_tax", "l_shipdate"]
        t = dd.read_parquet(table(data, "lineitem"), columns=cols, split_row_groups=True)
        t = t[t.l_shipdate.astype("datetime64[ns]") <= pd.Timestamp(CUTOFF)]
        t = t.astype({c: "float64" for c in ("l_quantity", "l_extendedprice", "l_discount", "l_tax")})
        t["disc_price"] = t.l_extendedprice * (1 - t.l_discount)
        t["charge"] = t.disc_price * (1 + t.l_tax)
        g = t.groupby(["l_returnflag", "l_linestatus"]).agg(
            {
                "l_quantity": ["sum", "mean"],
                "l_extendedprice": ["sum", "mean"],
                "disc_price": ["sum"],
                "charge": ["sum"],
                "l_discount": ["mean", "count"],
            }
        )
        g = g.compute().sort_index()
        order = [
            ("l_quantity", "sum"), ("l_extendedprice", "sum"), ("disc_price", "sum"), ("charge", "sum"),
            ("l_quantity", "mean"), ("l_extendedprice", "mean"), ("l_discount", "mean"), ("l_discount", "count"),
        ]  # fmt: skip
        return [float(v) for row in g[order].itertuples(index=False) for v in row]

    return run


# --- lineitem joined with orders, the sum of prices by priority -------------------------------------------------------


@case("join", "duckdb")
def join_duckdb(data):
    import duckdb

    def run():
        rows = duckdb.sql(f"""
            select o_orderpriority, sum(l_extendedprice)
            from '{table(data, "lineitem")}' join '{table(data, "orders")}' on l_orderkey = o_orderkey
            group by o_orderpriority order by o_orderpriority""")
        return [float(r[1]) for r in rows.fetchall()]

    return run


@case("join", "polars")
def join_polars(data):
    import polars as pl

    def run():
        lines, orders = pl.scan_parquet(table(data, "lineitem")), pl.scan_parquet(table(data, "orders"))
        t = (
            lines.join(orders, left_on="l_orderkey", right_on="o_orderkey")
            .group_by("o_orderpriority")
            .agg(pl.col("l_extendedprice").sum())
            .sort("o_orderpriority")
            .collect()
        )
        return [float(v) for v in t["l_extendedprice"]]

    return run


@case("join", "pandas")
def join_pandas(data):
    import pandas as pd

    def run():
        lines = pd.read_parquet(table(data, "lineitem"), columns=["l_orderkey", "l_extendedprice"])
        orders = pd.read_parquet(table(data, "orders"), columns=["o_orderkey", "o_orderpriority"])
        lines["l_extendedprice"] = lines.l_extendedprice.astype("float64")
        t = lines.merge(orders, left_on="l_orderkey", right_on="o_orderkey")
        return t.groupby("o_orderpriority").l_extendedprice.sum().sort_index().tolist()

    return run


@case("join", "dask")
def join_dask(data):
    import dask.dataframe as dd

    def run():
        lines = dd.read_parquet(
            table(data, "lineitem"), columns=["l_orderkey", "l_extendedprice"], split_row_groups="adaptive"
        )
        orders = dd.read_parquet(table(data, "orders"), columns=["o_orderkey", "o_orderpriority"])
        lines["l_extendedprice"] = lines.l_extendedprice.astype("float64")
        t = lines.merge(orders, left_on="l_orderkey", right_on="o_orderkey")
        return t.groupby("o_orderpriority").l_extendedprice.sum().compute().sort_index().tolist()

    return run


if __name__ == "__main__":
    main()
