# Values from numpy 2.x: python testdata/print.py | gzip -9n > testdata/print.json.gz
# Each case is an array as a base64 .npy file with its str and repr.
import base64, io, json
import numpy as np

rng = np.random.default_rng(7)
nan, inf = np.nan, np.inf
cases = [np.array(v) for v in [
    1, -7, True, 2.5, 1e16, 1e-5, 123456.789, 0.1, nan, -inf, 1 + 2j, 1j, -0.5j, 3 + 0j, 1e20 + 1e-7j,
    [], [[], []], [1, 2, 3], [-1, 20, 300], [True, False], [[True], [False]], [1.0, 2.0], [1.5, 2.25, -3.125], [0.1, 0.2, 0.30000000000000004],
    [1e-5, 1.0], [1e8, 1.0], [99999999.0, 1.0], [0.0001, 0.1], [0.0001, 1.0], [1e10, 1e-10], [1e300, 1e-300], [1.0, nan], [nan], [inf, -inf], [nan, inf, -1.5],
    [1e-10, nan], [1e100, -inf], [0.0, -0.0], [1 / 3, 2 / 3], [[1 / 3, 1e3], [1e-3, 7]], [123.456, 0.001],
    [1 + 2j, -3.5 - 1e-3j], [1 + 0j, complex(nan, inf)], [complex(1e10, -1e-10), 1j], [0j, -0j],
    np.arange(24), np.arange(24).reshape(2, 3, 4), np.arange(24.0).reshape(2, 3, 4) / 7, np.arange(2000), np.arange(1001) / 3,
    np.arange(10000).reshape(100, 100), np.arange(10000.0).reshape(10, 10, 10, 10), np.zeros((2000, 2)), np.zeros((2, 2000)), np.arange(4000).reshape(4, 1000),
    np.zeros((0, 3)), np.zeros((2, 0, 3)), np.ones((1, 1, 1)), np.arange(100).reshape(2, 50) * 1000003, np.arange(60) ** 7,
]]
for t in "?bhilBHILfdFD":
    cases += [np.arange(5).astype(t), np.array(3).astype(t), np.zeros((0,), t), np.zeros((3, 0), t), np.arange(40).astype(t)]
for t in ["m8[ns]", "M8[ns]"]:
    v = np.array([0, 1, -5, 10**18, np.iinfo("i8").min]).view(t)
    cases += [v, v[:1], v[-1:], v.reshape(5, 1), v[0:0], np.array(v[3]), np.array(v[-1]), np.arange(1500).view(t)]
for scale in [1, 1e-3, 1e3, 1e6, 1e9, 1e-9]:
    x = rng.normal(size=(3, 7)) * scale
    cases += [x, x.astype("f4"), (x + 1j * x[::-1]), (x - 2j * x).astype("F"), np.round(x, 2), np.exp(x / scale * 3).astype("f4")]
cases += [np.array([16777216, 1e8, 3], "f4"), np.array([0.1, 0.2, 0.7], "f4"), np.array([3.4e38, 1e-38], "f4"), np.array([1000.1, 1.0], "f4"),
          np.array(0.1, "f4"), np.array(1e-5, "f4"), np.array(1e16, "f4"), np.array(16777217, "f4")]

def save(a):
    f = io.BytesIO()
    np.save(f, a)
    return base64.b64encode(f.getvalue()).decode()

print(json.dumps([{"npy": save(a), "str": str(a), "repr": repr(a)} for a in cases], indent=0))
