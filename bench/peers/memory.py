"""Cases about memory rather than time: what counts is the peak of the process's resident set, which the runner reads."""

import os

from harness import case, main

LIMIT = "512MB"


@case("mem_reduction", "dask")
def reduction_dask(_):
    import dask.array as da

    def run():
        x = da.random.default_rng(42).uniform(0, 1, size=(50_000, 100_000), chunks=(1000, 1000))
        return x.sum().compute()

    return run


@case("mem_groupby", "duckdb")
def groupby_duckdb(data):
    import duckdb

    def run():
        with duckdb.connect(config={"memory_limit": LIMIT, "temp_directory": os.path.join(data, "tmp")}) as db:
            parts = os.path.join(data, "groups", "*.parquet")
            n, a, b, c = db.sql(f"""
                select count(*), max(a), sum(b), sum(c)
                from (select key, sum(a) a, sum(b) b, sum(c) c from '{parts}' group by key)""").fetchall()[0]
        return [n, a, b, c]

    return run


# DuckDB only aggregates, it does not gather the groups' records; it is here for the answer.
@case("mem_bag_groupby", "duckdb")
def bag_groupby_duckdb(data):
    import duckdb

    def run():
        with duckdb.connect(config={"memory_limit": "256MB", "temp_directory": os.path.join(data, "tmp")}) as db:
            parts = os.path.join(data, "records", "*.txt")
            n, largest, total = db.sql(f"""
                select count(*), max(n), sum(s)
                from (select column0, count(*) n, sum(column1) s
                      from read_csv('{parts}', delim='\t', header=false) group by column0)""").fetchall()[0]
        return [n, largest, total]

    return run


if __name__ == "__main__":
    main()
