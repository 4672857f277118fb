"""Bag cases: the seed's JSON-lines files. Decode, keep Alice, sum the balances."""

import json
import os

from harness import case, main


def json_glob(data):
    return os.path.join(data, "seedjson", "*.json")


def is_alice(d):
    return d["name"] == "Alice"


def balance(d):
    return d["balance"]


@case("json_seed", "dask")
def json_dask(data):
    import dask.bag as db
    from distributed import Client, LocalCluster

    # Two processes, started beforehand: threads would wait for each other in json.loads.
    client = Client(LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None))

    def run():
        b = db.read_text(json_glob(data)).map(json.loads)
        return b.filter(is_alice).map(balance).sum().compute(scheduler=client)

    return run


@case("json_seed", "polars")
def json_polars(data):
    import polars as pl

    def run():
        t = pl.scan_ndjson(json_glob(data)).filter(pl.col("name") == "Alice").select(pl.col("balance").sum()).collect()
        return t.item()

    return run


@case("json_seed", "duckdb")
def json_duckdb(data):
    import duckdb

    def run():
        t = duckdb.sql(f"select sum(balance) from read_json('{json_glob(data)}') where name = 'Alice'")
        return t.fetchall()[0][0]

    return run


if __name__ == "__main__":
    main()
