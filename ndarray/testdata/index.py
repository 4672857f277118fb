# Values from numpy 2.x: python testdata/index.py | gzip -9n > testdata/index.json.gz
# x = arange(size).reshape(shape); items are [kind, value]; result is a base64 .npy, or "" where NumPy raises.
import base64, io, json
import numpy as np

rng = np.random.default_rng(11)

def save(a):
    f = io.BytesIO()
    np.save(f, np.ascontiguousarray(a).reshape(np.shape(a)))
    return base64.b64encode(f.getvalue()).decode()

def bound(n):
    return None if rng.random() < 0.3 else int(rng.integers(-n - 3, n + 4))

def item(n):
    """One random item for an axis of length n, and the number of axes it takes."""
    k = rng.integers(0, 9)
    if k < 2:
        i = int(rng.integers(-n - (rng.random() < 0.05), max(n, 1)))
        return ["int", i], i
    if k < 5:
        step = int(rng.choice([1, 1, 2, 3, -1, -1, -2, -5]))
        s = [bound(n), bound(n), step]
        return ["slice", s], slice(*s)
    if k < 7:
        shape = [(3,), (1,), (2, 1), (2, 3), (0,), (3,)][rng.integers(0, 6)]
        v = rng.integers(-n, max(n, 1), size=shape) if n else np.zeros((0,), "i8")
        return ["array", v.tolist() if v.size else {"shape": list(v.shape)}], v
    if k < 8:
        v = rng.random(n) < 0.5
        return ["mask", v.tolist()], v
    return ["slice", [None, None, 1]], slice(None)

cases = []
while len(cases) < 700:
    shape = [int(v) for v in rng.integers(0 if rng.random() < 0.1 else 1, 6, size=rng.integers(1, 5))]
    x = np.arange(np.prod(shape)).reshape(shape)
    names, items, axes = [], [], int(rng.integers(0, len(shape) + 1))
    for n in shape[:axes]:
        if rng.random() < 0.15:
            names.append(["newaxis", None]); items.append(None)
        a, b = item(n)
        names.append(a); items.append(b)
    if rng.random() < 0.25:
        at = int(rng.integers(0, len(items) + 1))
        names.insert(at, ["ellipsis", None]); items.insert(at, Ellipsis)
    try:
        r = save(x[tuple(items)])
        y = x.copy(); y[tuple(items)] = -7
        z = save(y)
    except (IndexError, ValueError):
        r = z = ""
    cases.append({"shape": shape, "items": names, "get": r, "set": z})
print(json.dumps(cases))
