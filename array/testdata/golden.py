"""Makes golden.json: chunks as Dask normalizes them, and results of Dask where its rules decide. Run with dask and numpy installed."""
import json, random
import numpy as np
from dask.array.core import normalize_chunks
import dask.array as da

random.seed(1)
norm = []
def add(chunks, shape, itemsize, previous=None):
    dt = np.dtype({1: "i1", 2: "i2", 4: "f4", 8: "f8", 16: "c16"}[itemsize])
    try:
        if previous is None:
            want = normalize_chunks(chunks, shape=tuple(shape), dtype=dt)
        else:
            want = da.zeros(tuple(shape), chunks=tuple(map(tuple, previous)), dtype=dt).rechunk(chunks).chunks
        want = [list(map(int, c)) for c in want]
    except (ValueError, NotImplementedError) as e:
        want = None
    c = list(chunks) if isinstance(chunks, tuple) else [chunks]
    norm.append(dict(chunks=[list(x) if isinstance(x, tuple) else x for x in c], shape=list(shape), itemsize=itemsize,
                     previous=previous, want=want))

for shape in [(10,), (0,), (7, 5), (0, 4), (100, 100, 100), (1000, 3)]:
    for c in [3, -1, "auto", 1000]:
        add(c, shape, 8)
add((2, 3), (7, 5), 8); add(((3, 4), -1), (7, 5), 8); add(((3, 3), -1), (7, 5), 8); add((2, "auto"), (7, 5), 8)
for shape in [(20000, 20000), (100000, 50), (50, 100000, 7), (123456789,), (1000, 1000, 1000), (3, 70000, 70000)]:
    for size in [1, 4, 8, 16]:
        add("auto", shape, size)
        add("1MiB", shape, size)
        add(("auto",) + (-1,) * (len(shape) - 1), shape, size)
        add((100,) + ("auto",) * (len(shape) - 1), shape, size) if len(shape) > 1 else None
for _ in range(80):
    ndim = random.randint(1, 3)
    shape = [random.choice([50, 1000, 4096, 10000, 33333]) if ndim < 3 else random.choice([7, 50, 300, 1000]) for _ in range(ndim)]
    previous = [list(normalize_chunks(random.choice([s, max(1, s // 3), max(1, s // 10), 100]), (s,), dtype="f8")[0]) for s in shape]
    spec = tuple(random.choice(["auto", "auto", -1, 100]) for _ in range(ndim))
    if "auto" not in spec:
        spec = ("auto",) * ndim
    limit = random.choice(["auto", "1MiB", "100kB", "10MB"])
    add(tuple(limit if s == "auto" else s for s in spec), shape, 8, previous)

json.dump(dict(normalize=norm), open("golden.json", "w"))
