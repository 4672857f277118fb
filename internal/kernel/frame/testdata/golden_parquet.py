"""Writes pyarrow.parquet and pyarrow.json, its rows as pyarrow reads them. Run: python golden_parquet.py (pyarrow 26.0.1)."""
import datetime as dt
import decimal
import json

import pyarrow as pa
import pyarrow.parquet as pq

utc = dt.timezone.utc
table = pa.table({
    "i": pa.array([1, None, -3, 4], pa.int64()),
    "u": pa.array([0, 255, None, 7], pa.uint8()),
    "f": pa.array([1.5, float("nan"), None, -0.0]),
    "s": pa.array(["a", "", None, "a longer text, 日本語"]),
    "cat": pa.array(["x", "y", "x", None]).dictionary_encode(),
    "ns": pa.array([1, None, 1_500_000_000_000_000_123, -1], pa.timestamp("ns")),
    "tz": pa.array([dt.datetime(2018, 7, 1, 12, tzinfo=utc), None, dt.datetime(1969, 12, 31, tzinfo=utc), dt.datetime(2018, 1, 1, 0, 0, 0, 5, tzinfo=utc)],
                   pa.timestamp("us", "Europe/Berlin")),
    "d": pa.array([dt.date(2018, 1, 2), dt.date(1900, 2, 28), None, dt.date(9999, 12, 31)]),
    "m": pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("-99999999999999.99"), decimal.Decimal("0.01")], pa.decimal128(16, 2)),
    "l": pa.array([[1, 2], [], None, [None]], pa.list_(pa.int32())),
    "o": pa.array([{"x": 1, "y": "p"}, {"x": None, "y": "q"}, None, {"x": 4, "y": None}]),
    "b": pa.array([True, False, None, True]),
    "t": pa.array([dt.time(1, 2, 3, 4), None, dt.time(23, 59, 59), dt.time(0)], pa.time64("us")),
})
pq.write_table(table, "pyarrow.parquet", row_group_size=3, compression="snappy")


def value(x):
    if isinstance(x, dict):
        return {k: value(v) for k, v in x.items()}
    if isinstance(x, list):
        return [value(v) for v in x]
    if isinstance(x, float):
        return None if x != x else x
    if isinstance(x, decimal.Decimal):
        return str(x)
    if isinstance(x, (dt.date, dt.time)):
        return str(x)
    return x


rows = []
for i in range(table.num_rows):
    row = {n: value(table[n][i].as_py()) for n in table.column_names if n not in ("ns", "tz")}
    for n in ("ns", "tz"):
        row[n] = table[n][i].value  # ticks
    rows.append(row)
with open("pyarrow.json", "w") as f:
    json.dump({"types": {n: str(table.schema.field(n).type) for n in table.column_names}, "rows": rows}, f, indent=1)
    f.write("\n")
