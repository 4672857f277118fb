# Values from numpy 2.x: python testdata/compute.py | gzip -9n > testdata/compute.json.gz
# elementwise functions, weak scalars, reductions, products; arrays are base64 .npy. float16 results are left out, as
# sheaf answers float32 there.
import base64, io, json, warnings
import numpy as np

warnings.simplefilter("ignore")
rng = np.random.default_rng(5)
types = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "complex64", "complex128",
         "datetime64[ns]", "timedelta64[ns]"]
unary = """negative positive abs sign square reciprocal sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos
arctan sinh cosh tanh arcsinh arccosh arctanh rad2deg deg2rad floor ceil trunc rint isnan isinf isfinite signbit logical_not invert
conj spacing""".split()
binary = """add subtract multiply divide floor_divide mod fmod power maximum minimum fmax fmin arctan2 hypot copysign nextafter
logaddexp logaddexp2 heaviside ldexp gcd lcm equal not_equal less less_equal greater greater_equal logical_and logical_or
logical_xor bitwise_and bitwise_or bitwise_xor left_shift right_shift""".split()

def save(a):
    f = io.BytesIO()
    np.save(f, np.asanyarray(a))
    return base64.b64encode(f.getvalue()).decode()

def sample(t, shape, small=False):
    n = int(np.prod(shape))
    if t == "bool":
        x = rng.random(n) < 0.5
    elif t[0] in "iu":
        lo, hi = np.iinfo(t).min, np.iinfo(t).max
        x = rng.integers(max(lo, -9), 10, size=n).astype(t)
        if not small:
            x[rng.random(n) < 0.2] = lo
            x[rng.random(n) < 0.2] = hi
    elif t[0] == "f":
        x = (rng.normal(size=n) * rng.choice([1e-3, 1, 7], size=n)).astype(t)
        if not small:
            for v in [np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -2.5]:
                x[rng.random(n) < 0.04] = v
    elif t[0] == "c":
        x = (rng.normal(size=n) + 1j * rng.normal(size=n)).astype(t)
        x[rng.random(n) < 0.1] = 0
        x[rng.random(n) < 0.1] = 2
    else:
        x = rng.integers(-50, 50, size=n).astype("i8").astype(t)
        x[rng.random(n) < 0.2] = "NaT"
    return x.reshape(shape)

def call(f, *a, **k):
    try:
        r = f(*a, **k)
    except (TypeError, ValueError, OverflowError, np.exceptions.AxisError):
        return None
    r = np.asanyarray(r)
    return None if r.dtype == np.float16 or r.dtype.kind == "O" else r

out = {"elementwise": [], "scalars": [], "reduce": [], "products": [], "round": []}
for name in unary:
    for t in types:
        x = sample(t, (23,), t[0] == "c" or name in ("sin", "cos", "tan"))
        if name == "reciprocal" and t[0] in "iu":
            x[x == 0] = 1  # NumPy gives what the machine gives
        if name == "sign" and t[0] == "t":
            x[np.isnat(x)] = 3  # NumPy says -1 of NaT
        r = call(getattr(np, name), x)
        if r is not None:
            out["elementwise"].append({"op": name, "in": [save(x)], "out": save(r)})
pairs = [(t, t) for t in types] + [("int8", "uint8"), ("int64", "uint64"), ("uint64", "int64"), ("int32", "float32"), ("bool", "int16"), ("float32", "float64"),
         ("float64", "complex64"), ("int64", "complex64"), ("uint8", "float32"), ("datetime64[ns]", "timedelta64[ns]"), ("timedelta64[ns]", "datetime64[ns]"),
         ("timedelta64[ns]", "int64"), ("int32", "timedelta64[ns]"), ("timedelta64[ns]", "float64"), ("float64", "timedelta64[ns]"), ("datetime64[ns]", "int64"), ("float32", "int32"), ("float64", "int64")]
for name in binary:
    for a, b in pairs:
        shift = name in ("left_shift", "right_shift", "power", "ldexp")
        time = a[0] in "dt" or b[0] in "dt"  # the smallest integer is not NaT to NumPy
        small = shift or time or name in ("gcd", "lcm")
        x, y = sample(a, (3, 1, 4), time or name in ("gcd", "lcm")), sample(b, (2, 1) if rng.random() < 0.5 else (3, 2, 4), small)
        if name == "power" and (a[0] == "c" or b[0] == "c"):
            x = np.where(x == 0, 1, x).astype(a)
        if shift and b not in ("bool",) and b[0] in "iu":
            y = np.abs(y).astype(b)
        r = call(getattr(np, name), x, y)
        if r is not None:
            out["elementwise"].append({"op": name, "in": [save(x), save(y)], "out": save(r)})
for t in types:
    c, x, y = sample("bool", (5, 4)), sample(t, (4,)), sample(t, (5, 1))
    out["elementwise"].append({"op": "where", "in": [save(c), save(x), save(y)], "out": save(np.where(c, x, y))})
    if t[0] != "c":
        lo, hi = np.sort(np.stack([sample(t, ()), sample(t, ())]))
        if not (lo != lo or hi != hi):
            out["elementwise"].append({"op": "clip", "in": [save(y), save(lo), save(hi)], "out": save(np.clip(y, lo, hi))})

scalars = {"true": True, "int 2": 2, "int -3": -3, "int 300": 300, "int 70000": 70000, "float 2.5": 2.5, "float nan": np.nan, "complex 1j": 1j}
for name in ["add", "subtract", "multiply", "divide", "floor_divide", "mod", "maximum", "equal", "less", "greater_equal", "logical_and", "power"]:
    for t in types:
        for k, s in scalars.items():
            x = sample(t, (5,), True)
            if name == "power" and "00" in k:
                continue  # compared where the results are not so large that their digits are rounding errors
            for left in (False, True):
                r = call(getattr(np, name), *((s, x) if left else (x, s)))
                out["scalars"].append({"op": name, "x": save(x), "scalar": k, "left": left, "out": "" if r is None else save(r)})

for t in types:
    for shape in [(2, 3, 4), (7,), (), (0, 3), (2, 0)]:
        x = sample(t, shape, t in ("int64", "uint64") or rng.random() < 0.5)
        for name in ["sum", "prod", "min", "max", "any", "all", "argmin", "argmax", "mean", "var", "std", "count_nonzero", "ptp"]:
            for kw in [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 2)}, {"axis": 1, "ddof": 1}, {"axis": (), "keepdims": True}]:
                if shape == () and "axis" in kw and kw["axis"] != () or len(shape) < 2 and kw.get("axis") in (0, 1):
                    continue  # NumPy allows axis 0 of a 0-d array
                if name.startswith("arg") and isinstance(kw.get("axis"), tuple) or "ddof" in kw and name not in ("var", "std"):
                    continue
                if t[0] in "dt" and name in ("any", "all", "std", "count_nonzero"):
                    continue
                if t not in ("bool", "int8", "uint64", "float32", "float64", "complex128", "timedelta64[ns]") and len(shape) == 2:
                    continue
                r = call(getattr(np, name), x, **kw)
                k = dict(kw)
                if "axis" in k and isinstance(k["axis"], int):
                    k["axis"] = [k["axis"]]
                out["reduce"].append({"op": name, "x": save(x), **k, "out": "" if r is None else save(r)})

for t in types[:13]:
    u = t if t != "int16" else "float32"
    for a, b in [((3,), (3,)), ((2, 3), (3, 4)), ((2, 3), (3,)), ((3,), (3, 2)), ((5, 2, 3), (3, 4)), ((5, 1, 2, 3), (4, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((2, 3), (2, 3))]:
        x, y = sample(t, a, True), sample(u, b, True)
        for name in ["matmul", "dot"]:
            r = call(getattr(np, name), x, y)
            out["products"].append({"op": name, "in": [save(x), save(y)], "out": "" if r is None else save(r)})
    x, y = sample(t, (3, 4, 5), True), sample(u, (4, 3, 2), True)
    out["products"].append({"op": "tensordot", "in": [save(x), save(y)], "out": save(np.tensordot(x, y, axes=([1, 0], [0, 1])))})
for t in ["int16", "uint8", "int64", "float32", "float64", "complex128"]:
    for d in [0, 1, 2, -1, -2]:
        x = (sample(t, (12,), True) * (17 if t[0] in "iu" else 31.4159)).astype(t)
        out["round"].append({"x": save(x), "decimals": d, "out": save(np.round(x, d))})
print(json.dumps(out))
