"""Cost per task: fan, chain, building a graph, submit and result."""

import tracemalloc

from harness import Measured, case, main

N = 5_000  # tasks; enough for a stable figure, and per-task costs of Dask do not fall with more


def inc(x):
    return x + 1


def fan_graph():
    import dask

    lazy = dask.delayed(inc, pure=False)
    return dask.delayed(sum)([lazy(i) for i in range(N)])


@case("fan", "dask", scale=N / 1e6, warmup=1)
def fan(_):
    # The answer is per N so that runs with different N agree: mean of i + 1 less N / 2.
    return lambda: fan_graph().compute(scheduler="threads") / N - N / 2


@case("fan_run", "dask", scale=N / 1e6, warmup=1)
def fan_run(_):
    graph = fan_graph()
    return lambda: graph.compute(scheduler="threads") / N - N / 2


@case("chain", "dask", scale=N / 1e6, warmup=1)
def chain(_):
    import dask

    def run():
        lazy = dask.delayed(inc, pure=False)
        v = 0
        for _ in range(N):
            v = lazy(v)
        return v.compute(scheduler="threads") / N

    return run


def big_sum():
    import dask.array as da

    x = da.ones((100_000, 100_000), chunks=(100, 100))
    return (x + x.T).sum()


@case("build", "dask")
def build(_):
    import dask.array  # noqa: F401

    def run():
        y = big_sum()
        y.__dask_graph__()
        return y.ndim

    return run


@case("build_mb", "dask")
def build_mb(_):
    import dask.array  # noqa: F401

    def run():
        tracemalloc.start()
        y = big_sum()
        y.__dask_graph__()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return Measured(peak / 1e6, y.ndim)

    return run


def local_client(processes):
    from distributed import Client, LocalCluster

    cluster = LocalCluster(
        n_workers=2 if processes else 1,
        threads_per_worker=1 if processes else 2,
        processes=processes,
        dashboard_address=None,
    )
    return Client(cluster)


def roundtrip(processes):
    n = 200
    client = local_client(processes)
    client.submit(inc, -1, pure=False).result()

    def run():
        import time

        start = time.perf_counter()
        total = 0
        for i in range(n):
            total += client.submit(inc, i, pure=False).result()
        return Measured((time.perf_counter() - start) / n * 1e6, total / n - n / 2)

    return run


@case("roundtrip", "dask", warmup=1, packages=("dask", "distributed"))
def roundtrip_inprocess(_):
    return roundtrip(processes=False)


@case("roundtrip", "dask-processes", warmup=1, packages=("dask", "distributed"))
def roundtrip_processes(_):
    return roundtrip(processes=True)


@case("map_gather", "dask", scale=N / 1e6, warmup=1, packages=("dask", "distributed"))
def map_gather(_):
    client = local_client(processes=False)
    return lambda: sum(client.gather(client.map(inc, range(N), pure=False))) / N - N / 2


if __name__ == "__main__":
    main()
