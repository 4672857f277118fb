# Result types from numpy 2.x: python testdata/golden.py | gzip -9n > testdata/golden.json.gz
# {function: {"type" or "type,type": result}}; a missing entry is an error. float16 is written as float32, as sheaf has none.
import json, warnings
import numpy as np

warnings.simplefilter("ignore")
types = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
         "complex64", "complex128", "datetime64[ns]", "timedelta64[ns]"]
unary = """negative positive abs sign square reciprocal sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos
arctan sinh cosh tanh arcsinh arccosh arctanh rad2deg deg2rad floor ceil trunc rint isnan isinf isfinite signbit logical_not invert
conj spacing""".split()
binary = """add subtract multiply divide floor_divide mod fmod power maximum minimum fmax fmin arctan2 hypot copysign nextafter
logaddexp logaddexp2 heaviside ldexp gcd lcm equal not_equal less less_equal greater greater_equal logical_and logical_or
logical_xor bitwise_and bitwise_or bitwise_xor left_shift right_shift""".split()

def result(f, *ts):
    try:
        return str(f(*[np.ones(1, "i8").astype(t) for t in ts]).dtype).replace("float16", "float32")
    except (TypeError, ValueError):
        return None

out = {}
for name in unary:
    r = {t: result(getattr(np, name), t) for t in types}
    out[name] = {k: v for k, v in r.items() if v}
for name in ["angle", "real", "imag"]:
    r = {t: result(getattr(np, name), t) for t in types[1:13]}
    out[name] = {k: v for k, v in r.items() if v}
for name in binary:
    r = {a + "," + b: result(getattr(np, name), a, b) for a in types for b in types}
    out[name] = {k: v for k, v in r.items() if v}
print(json.dumps(out, indent=0))
