"""Golden draws of numpy.random.default_rng(42). Run: python testdata/distributions.py > testdata/distributions.json"""
import json
import numpy as np

out = {}
def add(name, args, f):
    v = np.asarray(f(np.random.default_rng(42)))
    out[name] = {"args": args, "values": [float(x) for x in v.ravel()]}

N = 2000
for name, args in [("lognormal", [0.5, 0.75]), ("standard_cauchy", []), ("pareto", [2.5]), ("weibull", [1.7]), ("power", [2.2]), ("rayleigh", [1.5]),
                   ("laplace", [1, 2]), ("gumbel", [1, 2]), ("logistic", [1, 2]), ("triangular", [-1, 0.5, 3]), ("wald", [1.5, 2.5]), ("vonmises", [0.3, 2.5]),
                   ("standard_gamma", [2.5]), ("standard_gamma#2", [0.4]), ("gamma", [7.5, 2]), ("chisquare", [3]), ("noncentral_chisquare", [3, 1.5]), ("f", [3, 7]),
                   ("standard_t", [4]), ("beta", [2, 3]), ("beta#2", [0.5, 0.7]), ("poisson", [4.2]), ("poisson#2", [55]), ("binomial", [20, 0.3]), ("binomial#2", [1000, 0.4]),
                   ("binomial#3", [500, 0.8]), ("negative_binomial", [5, 0.4]), ("geometric", [0.5]), ("geometric#2", [0.05]), ("zipf", [2.5]), ("logseries", [0.7])]:
    add(name, args, lambda g: getattr(g, name.split("#")[0])(*args, size=N))
add("permutation", [100], lambda g: g.permutation(100))
add("choice", [1000, 50], lambda g: g.choice(1000, 50, replace=False))
add("choice#2", [20000, 5000], lambda g: g.choice(20000, 5000, replace=False))
add("multinomial", [100, 0.2, 0.3, 0.5], lambda g: g.multinomial(100, [0.2, 0.3, 0.5], size=200))
print(json.dumps(out, separators=(",", ":")).replace("},", "},\n"))
