# Values from numpy 2.x: python testdata/golden.py > testdata/golden.json
# promote[a][b], weak[t][scalar], cast[a][b] for all array types; "" is an error.
import json, warnings
import numpy as np

names = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
         "complex64", "complex128", "datetime64[ns]", "timedelta64[ns]"]
scalars = {"bool": True, "int": 1, "float": 1.5, "complex": 1j, "int:-1": -1, "int:200": 200, "int:300": 300,
           "int:70000": 70000, "int:5000000000": 5000000000}

def attempt(f):
    try:
        return str(f())
    except (TypeError, OverflowError, ValueError):
        return ""

def weak(t, s):
    x = np.zeros(1, dtype=t)
    if t == "datetime64[ns]":  # numpy adds plain ints to datetimes; promotion itself has no common type
        return attempt(lambda: np.result_type(x, s))
    if t == "timedelta64[ns]":
        return attempt(lambda: np.result_type(x, s))
    if t == "bool" and isinstance(s, bool):
        return attempt(lambda: np.logical_or(x, s).dtype)
    return attempt(lambda: np.add(x, s).dtype)

unary = {t: attempt(lambda: np.sqrt(np.ones(1, dtype=t)).dtype).replace("float16", "float32") for t in names}
divide = {t: attempt(lambda: np.true_divide(np.ones(1, dtype=t), np.ones(1, dtype=t)).dtype) for t in names[:13]}
print(json.dumps({
    "numpy": np.__version__,
    "promote": {a: {b: attempt(lambda: np.promote_types(a, b)) for b in names} for a in names},
    "cast": {a: {b: bool(np.can_cast(a, b)) for b in names} for a in names},
    "weak": {t: {k: weak(t, s) for k, s in scalars.items()} for t in names},
    "sqrt": unary,
    "divide": divide,
    "sum": {t: attempt(lambda: np.sum(np.ones(1, dtype=t)).dtype) for t in names},
    "mean": {t: attempt(lambda: np.mean(np.ones(1, dtype=t)).dtype) for t in names},
    "code": {t: np.dtype(t).str for t in names},
    "size": {t: np.dtype(t).itemsize for t in names},
}, indent=1))
