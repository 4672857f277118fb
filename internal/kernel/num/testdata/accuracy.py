"""Exact values of functions, as a float64 and what is left of it, from mpmath with 60 digits.
Run: python testdata/accuracy.py > testdata/accuracy.json"""
import json, random, struct
import mpmath as mp

mp.mp.dps = 60
random.seed(7)

def bits(x):
    return struct.unpack("<Q", struct.pack("<d", x))[0]

def spread(lo, hi, n):
    return [random.uniform(lo, hi) for _ in range(n)] + [random.choice([-1, 1]) * 10 ** random.uniform(-12, 0) * max(abs(lo), abs(hi)) for _ in range(n // 2)]

cases = {
    "exp": (mp.exp, spread(-745, 709.7, 400) + spread(-1, 1, 400)),
    "expm1": (mp.expm1, spread(-40, 709, 300) + spread(-1, 1, 500)),
    "log": (mp.log, [abs(x) for x in spread(0, 1e6, 300) + spread(0.5, 2, 300)] + [10 ** random.uniform(-320, 300) for _ in range(300)] + [1 + random.uniform(-1e-6, 1e-6) for _ in range(100)]),
    "log2": (mp.log, None), "log10": (mp.log10, None), "log1p": (mp.log1p, [x for x in spread(-0.9, 100, 300) if x > -1]),
    "sin": (mp.sin, spread(-10, 10, 400) + spread(-1e5, 1e5, 400) + [float(k * mp.pi / 2) for k in range(-400, 400)]),
    "cos": (mp.cos, spread(-10, 10, 400) + spread(-1e5, 1e5, 400) + [float(k * mp.pi / 2) for k in range(-400, 400)]),
    "tanh": (mp.tanh, spread(-20, 20, 300) + spread(-1, 1, 500)),
    "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), spread(-1e6, 1e6, 100)), "exp2": (lambda x: mp.mpf(2) ** x, spread(-1000, 1000, 200)),
    "tan": (mp.tan, spread(-10, 10, 200)), "arctan": (mp.atan, spread(-100, 100, 200)), "arcsin": (mp.asin, [x for x in spread(-1, 1, 200) if abs(x) <= 1]),
    "sinh": (mp.sinh, spread(-20, 20, 200)), "cosh": (mp.cosh, spread(-20, 20, 200)), "arcsinh": (mp.asinh, spread(-20, 20, 200)),
}
cases["log2"] = (lambda x: mp.log(x) / mp.log(2), cases["log"][1])
cases["log10"] = (mp.log10, cases["log"][1])
out = {}
for name, (f, xs) in cases.items():
    rows = []
    for x in xs:
        if x == 0 or not (abs(x) < 1.7e308):
            continue
        v = f(mp.mpf(x))
        hi = float(v)
        if hi == 0 or abs(hi) < 2.3e-308:
            continue
        rows.append([str(bits(x)), str(bits(hi)), float(v - mp.mpf(hi))])
    out[name] = rows
rows = []
for _ in range(1500):
    x = random.choice([10 ** random.uniform(-300, 300), random.uniform(0, 10), 1 + random.uniform(-1e-3, 1e-3), random.uniform(0.7, 1.5)])
    lim = min(1e6, 700 / abs(float(mp.log(x))) if x != 1 else 1)
    y = random.choice([random.uniform(-lim, lim), random.uniform(-3, 3), random.randint(-5, 9) / 2])
    v = mp.mpf(x) ** mp.mpf(y)
    hi = float(v)
    if 2.3e-308 < hi < 1.7e308:
        rows.append([str(bits(x)), str(bits(hi)), float(v - mp.mpf(hi)), str(bits(y))])
out["power"] = rows
print(json.dumps(out, separators=(",", ":")).replace("]],", "]],\n"))
