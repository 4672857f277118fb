"""Makes golden.json: what dask.array.random.default_rng draws. Run with dask and numpy installed."""
import json
import dask.array as da

def hexes(a):
    return [float(x).hex() for x in a.ravel()]

cases = []
def case(op, args, size, chunks, x):
    v = x.compute()
    cases.append(dict(op=op, args=args, size=list(size), chunks=list(chunks), shape=list(v.shape), dtype=str(v.dtype),
                      values=hexes(v) if v.dtype.kind == "f" else [int(i) for i in v.ravel()]))

rng = da.random.default_rng(42)  # one generator: the order of calls counts
for size, chunks in [((4, 6), (2, 3)), ((7,), (3,)), ((5, 4, 3), (2, 4, 2)), ((300,), (100,))]:
    kw = dict(size=size, chunks=chunks)
    case("random", [], size, chunks, rng.random(**kw))
    case("uniform", [-3, 10.5], size, chunks, rng.uniform(-3, 10.5, **kw))
    case("standard_normal", [], size, chunks, rng.standard_normal(**kw))
    case("normal", [5, 2.5], size, chunks, rng.normal(5, 2.5, **kw))
    case("standard_exponential", [], size, chunks, rng.standard_exponential(**kw))
    case("exponential", [3], size, chunks, rng.exponential(3, **kw))
    case("integers", [0, 1000], size, chunks, rng.integers(0, 1000, **kw))
    case("integers", [-5, 2**40], size, chunks, rng.integers(-5, 2**40, **kw))
perm = da.random.default_rng(7).permutation(da.arange(10, chunks=4)).compute()
json.dump(dict(cases=cases, permutation=[int(i) for i in perm]), open("golden.json", "w"))
