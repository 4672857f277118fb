"""Golden streams of numpy.random (NumPy 2). Run: python testdata/streams.py > testdata/streams.json"""
import hashlib, json
import numpy as np

def hexes(a):
    a = np.asarray(a)
    return [x.tobytes()[::-1].hex() for x in a]

def digest(a):
    return hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()

out = {"numpy": np.__version__, "seeds": [], "streams": {}}
for entropy, key in [(0, ()), (42, ()), (42, (0,)), (42, (3,)), (42, (3, 7)), (2**32, ()), (2**64 - 1, ()), (2**127 + 12345, (1,)), (2**200 + 7, ()), (2**200 + 7, (5,))]:
    s = np.random.SeedSequence(entropy, spawn_key=key)
    out["seeds"].append({"entropy": str(entropy), "key": list(key), "state32": [int(x) for x in s.generate_state(9)],
                         "state64": [str(x) for x in s.generate_state(4, np.uint64)],
                         "raw": [str(x) for x in np.random.PCG64(s).random_raw(40)]})

N = 1_000_000
def stream(name, f, n=64):
    """First n values, and the hash of N, of f(generator, size)."""
    out["streams"][name] = {"head": hexes(f(np.random.default_rng(42), n)), "sha256": digest(f(np.random.default_rng(7), N))}

stream("random", lambda g, n: g.random(n))
stream("random32", lambda g, n: g.random(n, dtype=np.float32))
stream("uniform", lambda g, n: g.uniform(-3.7, 12.1, n))
stream("uniform_0_10", lambda g, n: g.uniform(0, 10, n))
stream("normal", lambda g, n: g.standard_normal(n))
stream("normal32", lambda g, n: g.standard_normal(n, dtype=np.float32))
stream("normal_loc", lambda g, n: g.normal(1.5, 2.25, n))
stream("exponential", lambda g, n: g.standard_exponential(n))
stream("exponential32", lambda g, n: g.standard_exponential(n, dtype=np.float32))
for name, lo, hi, dt in [("int64_small", 0, 10, np.int64), ("int64_pow", -8, 8, np.int64), ("int64_32", 0, 2**32, np.int64), ("int64_big", -2**61, 2**62 + 3, np.int64),
                         ("int64_full", -2**63, 2**63, np.int64), ("int32", -1000, 77777, np.int32), ("int32_full", -2**31, 2**31, np.int32),
                         ("uint32", 5, 4_000_000_000, np.uint32), ("int16", -300, 301, np.int16), ("uint16_full", 0, 2**16, np.uint16),
                         ("int8", -100, 101, np.int8), ("uint8", 0, 200, np.uint8), ("uint8_full", 0, 256, np.uint8), ("bool", 0, 2, np.bool_),
                         ("uint64_big", 17, 2**63 + 12345, np.uint64)]:
    stream("integers_" + name, lambda g, n: g.integers(lo, hi, n, dtype=dt))
    out["streams"]["integers_" + name].update(low=str(lo), high=str(hi), dtype=np.dtype(dt).name)

def mixed(g, n):
    """Calls of different kinds one after the other, so that left-over half words and batches matter."""
    return np.concatenate([g.integers(0, 100, 7), g.standard_normal(33), g.random(5), g.integers(0, 9, 3), g.standard_exponential(1000), g.standard_normal(n)])
stream("mixed", mixed)
print(json.dumps(out, indent=0))
