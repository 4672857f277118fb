"""Results of NumPy's elementwise functions for every dtype. Run: python testdata/ufuncs.py > testdata/ufuncs.json"""
import json, warnings
import numpy as np

warnings.simplefilter("ignore")
np.seterr(all="ignore")
rng = np.random.default_rng(3)
FLOATS = [0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 2, 3, -3, 7.25, -7.25, np.inf, -np.inf, np.nan, 1e10, -1e10, 1e-5, 123.456, 0.9999, 100, -0.1]
INTS = [0, 1, 2, 3, 5, 7, 10, 63, 64, 100, 127]
NEG = [-1, -2, -3, -7, -10, -64, -127, -128]

def values(t):
    t = np.dtype(t)
    if t.kind == "f":
        v = np.array(FLOATS + list(rng.normal(size=16)))
    elif t.kind == "c":
        v = rng.normal(size=40) + 1j * rng.normal(size=40)
        v[:4] = [0, 1, 1j, -1]
    elif t.kind == "b":
        v = np.array([True, False, True, True, False])
    else:
        v = np.array(INTS + (NEG if t.kind == "i" else []) + ([np.iinfo(t).max, np.iinfo(t).min] if True else []), dtype=t)
        return v
    return v.astype(t)

REAL1 = "sign square reciprocal rint floor ceil trunc sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh arcsinh arccosh arctanh deg2rad rad2deg spacing".split()
ANY1 = "positive negative abs conj logical_not isnan isinf isfinite".split()
COMPLEX1 = "square reciprocal rint sqrt exp log sin cos tan sinh cosh tanh abs angle real imag conj negative logical_not isnan isfinite".split()
INT1 = "positive negative abs sign square invert logical_not".split()
TWO = "add subtract multiply minimum maximum fmin fmax equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor".split()
INT2 = TWO + "floor_divide mod fmod bitwise_and bitwise_or bitwise_xor left_shift right_shift gcd lcm".split()
FLOAT2 = TWO + "divide floor_divide mod fmod power hypot arctan2 copysign nextafter logaddexp logaddexp2 heaviside".split()
COMPLEX2 = "add subtract multiply divide equal not_equal less less_equal greater greater_equal logical_and minimum maximum".split()

cases = []

def add(op, t, f, *args):
    r = np.asarray(f(*args))
    cases.append({"op": op, "dtype": str(np.dtype(t)), "out": str(r.dtype), "n": int(r.size), "args": [a.tobytes().hex() for a in args], "result": r.tobytes().hex()})

def pairs(t):
    v = values(t)
    i = rng.integers(0, len(v), 120), rng.integers(0, len(v), 120)
    return np.ascontiguousarray(v[i[0]]), np.ascontiguousarray(v[i[1]])

for t in ["float64", "float32"]:
    v = values(t)
    for op in REAL1 + ANY1 + ["signbit"]:
        add(op, t, getattr(np, op), v)
    for op in FLOAT2:
        add(op, t, getattr(np, op), *pairs(t))
for t in ["complex128", "complex64"]:
    v = values(t)
    for op in COMPLEX1:
        add(op, t, getattr(np, op), v)
    for op in COMPLEX2:
        add(op, t, getattr(np, op), *pairs(t))
for t in ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]:
    v = values(t)
    for op in INT1:
        add(op, t, getattr(np, op), v)
    for op in INT2:
        a, b = pairs(t)
        if op.endswith("shift"):
            b = np.abs(b) % np.array(80, t)
        add(op, t, getattr(np, op), a, b)
    a, b = pairs(t)
    add("power", t, np.power, a, (np.abs(b) % np.array(7, t)))
v = values("bool")
for op in "logical_not invert".split():
    add(op, "bool", getattr(np, op), v)
for op in "add multiply minimum maximum equal less greater_equal logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor".split():
    add(op, "bool", getattr(np, op), *pairs("bool"))
for t in ["float64", "float32"]:
    x = np.array([0, 1.9, -1.9, 100.5, -100.5, 3e4, -3e4], t)
    for to in ["int8", "int16", "int32", "int64", "bool", "float32", "float64", "complex64", "complex128"]:
        y = x if np.dtype(to).kind != "i" or np.dtype(to).itemsize > 2 else x[:5]
        add("cast", t, lambda z: z.astype(to), y)
for t in ["int8", "int64", "uint16", "uint64", "bool"]:
    for to in ["int8", "uint8", "int32", "uint32", "int64", "uint64", "float32", "float64", "bool", "complex128"]:
        add("cast", t, lambda z: z.astype(to), values(t))
print(json.dumps(cases, separators=(",", ":")).replace("},", "},\n"))
