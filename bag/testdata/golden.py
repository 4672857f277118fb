"""Values from dask.bag. Run: python golden.py > golden.json"""
import json
import operator

import dask
import dask.bag as db

dask.config.set(scheduler="sync")
ints = [(i * 7919) % 101 for i in range(50)]
words = [w for i in range(40) for w in ("fig", "kiwi", "plum", "apple")[: i % 4 + 1]]
b = db.from_sequence(ints, npartitions=7)
w = db.from_sequence(words, npartitions=6)
out = {
    "versions": {"dask": dask.__version__},
    "ints": ints,
    "words": words,
    "sum": b.sum().compute(),
    "count": b.count().compute(),
    "min": b.min().compute(),
    "max": b.max().compute(),
    "mean": b.mean().compute(),
    "var": b.var().compute(),
    "var1": b.var(ddof=1).compute(),
    "std": b.std().compute(),
    "any": b.map(lambda x: x > 99).any().compute(),
    "all": b.map(lambda x: x < 101).all().compute(),
    "topk": b.topk(5).compute(),
    "topk_key": b.topk(5, key=lambda x: -x).compute(),
    "distinct": sorted(w.distinct().compute()),
    "frequencies": sorted(w.frequencies().compute()),
    "foldby": sorted(b.foldby(lambda x: x % 3, operator.add, 0, operator.add, 0).compute()),
    "fold": b.fold(operator.add, operator.add, initial=0).compute(),
    "groupby": sorted((k, sorted(v)) for k, v in b.groupby(lambda x: x % 4).compute()),
    "filter": b.filter(lambda x: x % 2 == 0).compute(),
    "remove": b.remove(lambda x: x % 2 == 0).compute(),
    "accumulate": b.accumulate(operator.add, 10).compute(),
    "product": db.from_sequence([1, 2, 3], npartitions=2).product(db.from_sequence([10, 20], npartitions=2)).compute(),
    "join": w.join(["fig", "grape", "lime"], len).compute(),
    "zip": db.zip(b, b.map(lambda x: x + 1)).compute(),
    "concat": db.concat([b, b]).compute(),
    "take": b.take(3),
    "take_all": b.take(20, npartitions=-1),
    "flatten": db.from_sequence([[1, 2], [], [3]], npartitions=2).flatten().compute(),
    "pluck": db.from_sequence([{"a": 1}, {"b": 2}], npartitions=1).pluck("a", 0).compute(),
    "range": db.range(10, npartitions=3).compute(),
    "partitions_2": [list(p) for p in dask.compute(*b.repartition(2).to_delayed())],
    "upper": w.str.upper().take(3),
}
print(json.dumps(out, indent=1))
