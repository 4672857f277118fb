# Values from numpy 2.x: python testdata/values.py | gzip -9n > testdata/values.json.gz
# creation, conversion, sorting, joining, .npy files; arrays are base64 .npy.
import base64, io, json, warnings
import numpy as np
from numpy.lib import format as npformat

warnings.simplefilter("ignore")
rng = np.random.default_rng(3)
types = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "complex64", "complex128",
         "datetime64[ns]", "timedelta64[ns]"]

def save(a, version=None):
    f = io.BytesIO()
    npformat.write_array(f, np.asanyarray(a), version=version)
    return base64.b64encode(f.getvalue()).decode()

out = {}
out["arange"] = [{"args": a, "npy": save(np.arange(*a))} for a in [
    [5], [2, 9], [9, 2, -3], [0, 1, 0.1], [1, 2, 0.3], [0.5, 3.1], [5.0, 1.0, -0.7], [3, 3], [5, 1], [-2.5], [1e16, 1e16 + 10, 3.0]]]
out["linspace"] = [{"args": [float(v) for v in a], "endpoint": e, "npy": save(np.linspace(a[0], a[1], a[2], endpoint=e))}
                   for a in [(0, 1, 5), (0, 1, 1), (0, 1, 0), (-3, 7.5, 13), (1, 1, 4), (0, 5e-324, 4), (2, -2, 7), (0.1, 0.7, 49)] for e in (True, False)]
out["eye"] = [{"args": list(a), "npy": save(np.eye(*a))} for a in [(3, 3, 0), (2, 4, 1), (4, 2, -2), (3, 3, 7), (0, 3, 0), (3, 3, -3)]]

# Conversion of values that every type of the pair can hold, and of those that wrap.
values = {"bool": [True, False], "datetime64[ns]": [0, 1, -5, 2**40], "timedelta64[ns]": [0, 1, -5, 2**40]}
casts = []
for a in types:
    if a in values:
        x = np.array(values[a], "i8" if a[0] in "dt" else None).astype(a)
    elif a.startswith("u"):
        x = np.array([0, 1, 7, 100, np.iinfo(a).max, np.iinfo(a).max - 3], a)
    elif a.startswith("i"):
        x = np.array([0, 1, -1, 100, np.iinfo(a).max, np.iinfo(a).min], a)
    else:
        x = np.array([0, 1, -1.9, 100.5, 1e-3, 3.99], a)
    for b in types:
        if b[0] == "u" and a[0] in "fc":
            x = np.abs(x).astype(a)
        casts.append({"from": save(x), "to": b, "npy": save(x.astype(b))})
out["cast"] = casts

sorts = []
for t in types:
    x = rng.integers(0, 5, size=(4, 6)).astype(t)
    if t.startswith("float"):
        x[1, 2] = x[3, 3] = np.nan; x[0, 0] = np.inf; x[2, 1] = -np.inf
    if t.startswith("complex"):
        x = (x + 1j * rng.integers(0, 3, size=(4, 6))).astype(t)
        x[1, 2] = complex(np.nan, 1); x[3, 3] = complex(1, np.nan); x[0, 4] = complex(np.nan, np.nan)
    if t[0] in "dt" :
        x[1, 2] = "NaT"; x[2, 2] = np.int64(-3).astype(t)
    v, i, inv, c = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    sorts.append({"npy": save(x), "sort0": save(np.sort(x, 0)), "sort1": save(np.sort(x, -1)), "argsort0": save(np.argsort(x, 0, kind="stable")),
                  "argsort1": save(np.argsort(x, 1, kind="stable")), "unique": save(v), "index": save(i), "inverse": save(inv.ravel()), "counts": save(c)})
out["sort"] = sorts
out["scan"] = [{"npy": save(x), "axis": ax, "sum": save(np.cumsum(x, ax)), "prod": save(np.cumprod(x, ax))}
               for t in types[:13] for x in [rng.integers(0, 4, size=(3, 4)).astype(t)] for ax in (0, 1)]

out["concat"] = [{"parts": [save(p) for p in ps], "axis": ax, "npy": save(np.concatenate(ps, ax))} for ps, ax in [
    ([np.arange(6).reshape(2, 3), np.ones((1, 3))], 0), ([np.zeros((2, 0)), np.ones((2, 2), "f4"), np.arange(4, dtype="i1").reshape(2, 2)], -1),
    ([np.arange(3), np.arange(2) + 1j], 0), ([np.array([True, False]), np.arange(3, dtype="u2")], 0), ([np.arange(24).reshape(2, 3, 4).T, np.zeros((4, 1, 2))], 1)]]

files = []
for t in types:
    x = np.arange(6).reshape(2, 3).astype(t)
    files.append({"file": save(x), "npy": save(x), "exact": True})
    files.append({"file": save(np.asfortranarray(x)), "npy": save(x), "exact": False})
    if x.dtype.itemsize > 1:
        files.append({"file": save(x.astype(x.dtype.newbyteorder(">"))), "npy": save(x), "exact": False})
    files.append({"file": save(x, (2, 0)), "npy": save(x), "exact": False})
    files.append({"file": save(np.zeros((), t)), "npy": save(np.zeros((), t)), "exact": True})
    files.append({"file": save(np.zeros((0, 5), t)), "npy": save(np.zeros((0, 5), t)), "exact": True})
for unit in ["W", "D", "h", "m", "s", "ms", "us"]:
    x = np.array([0, 1, -1, 1000, np.iinfo("i8").min]).view("M8[%s]" % unit)
    files.append({"file": save(x), "npy": save(x.astype("M8[ns]")), "exact": False})
out["files"] = files
out["refused"] = [save(np.zeros(2, [("a", "i4"), ("b", "f8")])), save(np.array(["ab"])), save(np.array([b"ab"])), save(np.zeros(2, "f2")),
                  save(np.array([1], "M8[Y]")), save(np.zeros(2, "f16")), save(np.zeros(1, "V3")), save(np.array([2**62]).view("M8[s]"))]
print(json.dumps(out))
