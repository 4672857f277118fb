"""Array cases: 10000 x 10000 float64 in chunks of 1000 x 1000, on Dask, NumPy, numexpr, numba and JAX.

Persisted inputs have the same values for all peers: those of dask.array.random.default_rng(42).
"""

from harness import case, main

SIZE, CHUNKS, SEED = (10_000, 10_000), (1000, 1000), 42


def dask_uniform():
    import dask.array as da

    return da.random.default_rng(SEED).uniform(0, 10, size=SIZE, chunks=CHUNKS)


def persisted():
    """The shared input as one NumPy array."""
    return dask_uniform().compute()


# --- uniform and the seed's expression -------------------------------------------------------------------------------


@case("seed_sum", "dask")
def seed_sum_dask(_):
    def run():
        x = dask_uniform()
        return (x + x.T - x.mean(axis=0)).sum().compute()

    return run


@case("seed_sum", "numpy")
def seed_sum_numpy(_):
    import numpy as np

    def run():
        x = np.random.default_rng(SEED).uniform(0, 10, size=SIZE)
        return (x + x.T - x.mean(axis=0)).sum()

    return run


@case("seed_whole", "dask")
def seed_whole_dask(_):
    def run():
        x = dask_uniform()
        y = (x + x.T - x.mean(axis=0)).compute()
        return [y[0, 0], y[1, 9999], y[9999, 1], y[5000, 4999]]

    return run


@case("seed_persisted", "dask")
def seed_persisted_dask(_):
    x = dask_uniform().persist()
    return lambda: (x + x.T - x.mean(axis=0)).sum().compute()


@case("seed_persisted", "numpy")
def seed_persisted_numpy(_):
    x = persisted()
    return lambda: (x + x.T - x.mean(axis=0)).sum()


@case("seed_persisted", "numexpr")
def seed_persisted_numexpr(_):
    import numexpr as ne

    x = persisted()

    def run():
        xt, m = x.T, x.mean(axis=0)
        return ne.evaluate("sum(x + xt - m)", {"x": x, "xt": xt, "m": m})

    return run


@case("seed_persisted", "jax", warmup=1)
def seed_persisted_jax(_):
    jax, jnp = use_jax()
    x = jnp.asarray(persisted())
    f = jax.jit(lambda x: (x + x.T - x.mean(axis=0)).sum())
    return lambda: float(f(x))


def use_jax():
    import jax

    jax.config.update("jax_enable_x64", True)
    import jax.numpy as jnp

    return jax, jnp


# --- random sums -----------------------------------------------------------------------------------------------------


@case("uniform_sum", "dask")
def uniform_sum_dask(_):
    import dask.array as da

    return lambda: da.random.default_rng(SEED).uniform(0, 1, size=SIZE, chunks=CHUNKS).sum().compute()


@case("uniform_sum", "numpy")
def uniform_sum_numpy(_):
    import numpy as np

    return lambda: np.random.default_rng(SEED).uniform(0, 1, size=SIZE).sum()


# The mean is 1 so that the sum is far from zero: 1e8 give or take 1e4.
@case("normal_sum", "dask")
def normal_sum_dask(_):
    import dask.array as da

    return lambda: da.random.default_rng(SEED).normal(1, 1, size=SIZE, chunks=CHUNKS).sum().compute()


@case("normal_sum", "numpy")
def normal_sum_numpy(_):
    import numpy as np

    return lambda: np.random.default_rng(SEED).normal(1, 1, size=SIZE).sum()


# --- reductions of a persisted array ---------------------------------------------------------------------------------


@case("persisted_sum", "dask")
def persisted_sum_dask(_):
    x = dask_uniform().persist()
    return lambda: x.sum().compute()


@case("persisted_sum", "numpy")
def persisted_sum_numpy(_):
    x = persisted()
    return lambda: x.sum()


@case("persisted_sum", "numexpr")
def persisted_sum_numexpr(_):
    import numexpr as ne

    x = persisted()
    return lambda: ne.evaluate("sum(x)", {"x": x})


@case("persisted_sum", "jax", warmup=1)
def persisted_sum_jax(_):
    jax, jnp = use_jax()
    x = jnp.asarray(persisted())
    f = jax.jit(lambda x: x.sum())
    return lambda: float(f(x))


def ends(a):
    return [float(a[i]) for i in (0, 1, 5000, 9999)]


@case("std_axis0", "dask")
def std_dask(_):
    x = dask_uniform().persist()
    return lambda: ends(x.std(axis=0).compute())


@case("std_axis0", "numpy")
def std_numpy(_):
    x = persisted()
    return lambda: ends(x.std(axis=0))


@case("std_axis0", "jax", warmup=1)
def std_jax(_):
    jax, jnp = use_jax()
    x = jnp.asarray(persisted())
    f = jax.jit(lambda x: x.std(axis=0))
    return lambda: ends(f(x).block_until_ready())


@case("transcend", "dask")
def transcend_dask(_):
    import dask.array as da

    x = dask_uniform().persist()
    return lambda: (da.exp(-x) * da.sin(x) + da.sqrt(x)).sum().compute()


@case("transcend", "numpy")
def transcend_numpy(_):
    import numpy as np

    x = persisted()
    return lambda: (np.exp(-x) * np.sin(x) + np.sqrt(x)).sum()


@case("transcend", "numexpr")
def transcend_numexpr(_):
    import numexpr as ne

    x = persisted()
    return lambda: ne.evaluate("sum(exp(-x) * sin(x) + sqrt(x))", {"x": x})


@case("transcend", "jax", warmup=1)
def transcend_jax(_):
    jax, jnp = use_jax()
    x = jnp.asarray(persisted())
    f = jax.jit(lambda x: (jnp.exp(-x) * jnp.sin(x) + jnp.sqrt(x)).sum())
    return lambda: float(f(x))


@case("transcend", "numba", warmup=1)
def transcend_numba(_):
    import math

    import numba

    @numba.njit(parallel=True, fastmath=True)
    def f(x):
        total = 0.0
        for i in numba.prange(x.shape[0]):
            row = 0.0
            for j in range(x.shape[1]):
                v = x[i, j]
                row += math.exp(-v) * math.sin(v) + math.sqrt(v)
            total += row
        return total

    x = persisted()
    return lambda: f(x)


@case("rechunk_sum", "dask")
def rechunk_sum_dask(_):
    x = dask_uniform().persist()
    return lambda: ends(x.rechunk((10_000, 100)).sum(axis=0).compute())


# --- products --------------------------------------------------------------------------------------------------------


def square():
    import dask.array as da

    return da.random.default_rng(SEED).uniform(0, 1, size=(4000, 4000), chunks=(1000, 1000))


def corners(c):
    return [float(c[i]) for i in ((0, 0), (0, 3999), (3999, 0), (2000, 1999))]


@case("matmul", "dask")
def matmul_dask(_):
    a = square().persist()
    return lambda: corners((a @ a).compute())


@case("matmul", "numpy")
def matmul_numpy(_):
    a = square().compute()
    return lambda: corners(a @ a)


if __name__ == "__main__":
    main()
