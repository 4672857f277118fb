"""Two worker processes on this machine: cost per task, round trips, transfers, the seed's array and CSV files."""

import glob
import time

from harness import Measured, case, main

N = 5_000


def inc(x):
    return x + 1


def dask_client():
    from distributed import Client, LocalCluster

    return Client(LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None))


def ray_start():
    import logging

    import ray

    ray.init(num_cpus=2, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    return ray


DASK = ("dask", "distributed")


@case("cluster_fan", "dask", scale=N / 1e6, warmup=1, packages=DASK)
def fan_dask(_):
    import dask

    client = dask_client()
    lazy = dask.delayed(inc, pure=False)

    def run():
        return client.compute(dask.delayed(sum)([lazy(i) for i in range(N)])).result() / N - N / 2

    return run


@case("cluster_fan", "ray", scale=N / 1e6, warmup=1)
def fan_ray(_):
    ray = ray_start()
    remote = ray.remote(inc)
    total = ray.remote(lambda *xs: sum(xs))
    return lambda: ray.get(total.remote(*[remote.remote(i) for i in range(N)])) / N - N / 2


@case("cluster_map_gather", "dask", scale=N / 1e6, warmup=1, packages=DASK)
def map_gather_dask(_):
    client = dask_client()
    return lambda: sum(client.gather(client.map(inc, range(N), pure=False))) / N - N / 2


@case("cluster_map_gather", "ray", scale=N / 1e6, warmup=1)
def map_gather_ray(_):
    ray = ray_start()
    remote = ray.remote(inc)
    return lambda: sum(ray.get([remote.remote(i) for i in range(N)])) / N - N / 2


@case("cluster_chain", "dask", scale=N / 1e6, warmup=1, packages=DASK)
def chain_dask(_):
    import dask

    client = dask_client()

    def run():
        lazy = dask.delayed(inc, pure=False)
        v = 0
        for _ in range(N):
            v = lazy(v)
        return client.compute(v, optimize_graph=False).result() / N

    return run


@case("cluster_chain", "ray", scale=N / 1e6, warmup=1)
def chain_ray(_):
    ray = ray_start()
    remote = ray.remote(inc)

    def run():
        v = 0
        for _ in range(N):
            v = remote.remote(v)
        return ray.get(v) / N

    return run


def trips(call, n, quantile):
    def run():
        times, total = [], 0
        for i in range(n):
            start = time.perf_counter()
            total += call(i)
            times.append(time.perf_counter() - start)
        return Measured(sorted(times)[int(n * quantile)] * 1e6, total / n - n / 2)

    return run


def trip_dask(quantile):
    client = dask_client()
    return trips(lambda i: client.submit(inc, i, pure=False).result(), 300, quantile)


def trip_ray(quantile):
    ray = ray_start()
    remote = ray.remote(inc)
    return trips(lambda i: ray.get(remote.remote(i)), 1000, quantile)


@case("cluster_roundtrip", "dask", warmup=1, packages=DASK)
def median_dask(_):
    return trip_dask(0.5)


@case("cluster_roundtrip", "ray", warmup=1)
def median_ray(_):
    return trip_ray(0.5)


@case("cluster_roundtrip_p99", "dask", warmup=1, packages=DASK)
def p99_dask(_):
    return trip_dask(0.99)


@case("cluster_roundtrip_p99", "ray", warmup=1)
def p99_ray(_):
    return trip_ray(0.99)


@case("cluster_transfer", "dask", warmup=1, packages=DASK)
def transfer_dask(_):
    import numpy as np

    client = dask_client()
    a, b = sorted(client.scheduler_info()["workers"])

    def run():
        xs = [client.submit(np.full, 12_500_000, float(i), workers=a, pure=False) for i in range(4)]
        client.gather(client.map(len, xs, workers=a, pure=False))
        start = time.perf_counter()
        ns = client.gather([client.submit(len, x, workers=b, pure=False) for x in xs])
        return Measured((time.perf_counter() - start) / 0.4, sum(ns))

    return run


@case("cluster_seed", "dask", warmup=1, packages=DASK)
def seed_dask(_):
    import dask.array as da

    dask_client()

    def run():
        x = da.random.default_rng(42).uniform(0, 10, size=(10000, 10000), chunks=(1000, 1000))
        return float((x + x.T - x.mean(axis=0)).sum().compute())

    return run


@case("cluster_csv", "dask", packages=DASK)
def csv_dask(data):
    import dask.dataframe as dd

    dask_client()

    def run():
        df = dd.read_csv(sorted(glob.glob(f"{data}/seedcsv/*.csv")), parse_dates=["timestamp"])
        r = df.groupby("name").balance.mean().compute().sort_index()
        return list(r)

    return run


if __name__ == "__main__":
    main()
