"""Golden values for the data frame tests, from pandas. Run: python golden.py > golden.json

The table has Arrow-backed columns with nulls; every case is an operation whose result is written column by column.
"""

import datetime as dt
import json
import math
import random

import numpy as np
import pandas as pd

rnd = random.Random(7)
N = 60


def maybe(v, p=0.12):
    return None if rnd.random() < p else v


words = ["Ünïcode", "alpha beta", "Alpha", "", "x1y22z333", "  pad\t", "MiXeD", "-42", "42", "ß", "a.b.c", "the end"]
raw = {
    "g": [maybe(rnd.choice(["red", "green", "blue", "cyan"])) for _ in range(N)],
    "h": [rnd.randrange(3) for _ in range(N)],
    "i": [maybe(rnd.randrange(-50, 50)) for _ in range(N)],
    "x": [maybe(round(rnd.uniform(-10, 10), 3)) for _ in range(N)],
    "b": [maybe(rnd.random() < 0.5) for _ in range(N)],
    "t": [maybe(dt.datetime(2020, 2, 27) + dt.timedelta(seconds=rnd.randrange(90_000_000), microseconds=rnd.randrange(10**6))) for _ in range(N)],
    "s": [maybe(rnd.choice(words)) for _ in range(N)],
}
types = {"g": "string", "h": "int64", "i": "int64", "x": "double", "b": "bool", "t": "timestamp[us]", "s": "string"}
df = pd.DataFrame({k: pd.array(v, dtype=f"{types[k]}[pyarrow]") for k, v in raw.items()})
other_raw = {
    "g": ["red", "green", None, "violet", "red", None],
    "x": [1.5, 2.5, 3.5, 4.5, 5.5, 6.5],
    "k": [0, 1, 2, 7, 1, None],
}
other_types = {"g": "string", "x": "double", "k": "int64"}
other = pd.DataFrame({k: pd.array(v, dtype=f"{other_types[k]}[pyarrow]") for k, v in other_raw.items()})

cases = {}


def cell(v):
    if v is None or v is pd.NA or v is pd.NaT:
        return None
    if isinstance(v, (pd.Timestamp, dt.datetime)):
        return v.isoformat(sep=" ")
    if isinstance(v, dt.date):
        return v.isoformat()
    if isinstance(v, (np.bool_, bool)):
        return bool(v)
    if isinstance(v, (np.integer, int)):
        return int(v)
    if isinstance(v, (np.floating, float)):
        v = float(v)
        return None if math.isnan(v) else ("inf" if v > 0 else "-inf") if math.isinf(v) else v
    if isinstance(v, (list, np.ndarray)):
        return [cell(x) for x in v]
    return str(v)


def case(name, frame, unordered=False):
    if isinstance(frame, pd.Series):
        frame = frame.to_frame(frame.name or "value")
    frame = frame.reset_index(drop=True)
    cases[name] = {
        "columns": list(frame.columns),
        "rows": [[cell(v) for v in row] for row in frame.astype(object).itertuples(index=False)],
        "unordered": unordered,
    }


# --- group-by ---------------------------------------------------------------------------------------------------------
for fn in ("sum", "mean", "count", "min", "max", "var", "std", "sem", "median", "nunique", "first", "last"):
    case(f"groupby_{fn}", getattr(df.groupby("g")[["i", "x"]], fn)().reset_index())
case("groupby_prod", df.groupby("g")[["x"]].prod().reset_index())  # products of integers wrap in pandas
case("groupby_size", df.groupby("g").size().reset_index(name="size"))
case("groupby_two", df.groupby(["g", "h"])[["x"]].mean().reset_index())
case("groupby_keepnulls", df.groupby("g", dropna=False)[["i"]].sum().reset_index())
case("groupby_var0", df.groupby("h")[["x"]].var(ddof=0).reset_index())
case("groupby_quantile", df.groupby("h")[["x"]].quantile(0.3).reset_index())
case("groupby_text", df.groupby("h")[["s"]].agg(["min", "max", "first", "last", "nunique"]).reset_index(col_level=1).droplevel(0, axis=1))
case("groupby_hour", df.assign(hour=df.t.dt.hour).groupby("hour")[["x"]].count().reset_index())
case("groupby_any", df.groupby("g")[["b"]].any().reset_index())
case("groupby_all", df.groupby("g")[["b"]].all().reset_index())
case("totals", pd.DataFrame({
    "i_sum": [df.i.sum()], "x_mean": [df.x.mean()], "x_std": [df.x.std()], "g_nunique": [df.g.nunique()],
    "s_count": [df.s.count()], "t_min": [df.t.min()], "t_max": [df.t.max()], "x_median": [df.x.median()],
}))

# --- merges -------------------------------------------------------------------------------------------------------------
for how in ("inner", "left", "right", "outer"):
    case(f"merge_{how}", df[["g", "h", "x"]].merge(other, on="g", how=how), unordered=True)
    case(f"merge_keys_{how}", df[["g", "h"]].merge(other, left_on="h", right_on="k", how=how, suffixes=("_l", "_r")), unordered=True)
isin = df.g.fillna("∅").isin(other.g.fillna("∅"))
case("merge_semi", df[isin][["g", "h", "x"]], unordered=True)
case("merge_anti", df[~isin][["g", "h", "x"]], unordered=True)

# --- order ------------------------------------------------------------------------------------------------------------
case("sort", df.sort_values(["g", "x"], ascending=[True, False], kind="stable")[["g", "x", "i"]])
case("sort_stable", df.sort_values("h", kind="stable")[["h", "s"]])
case("head", df.head(7)[["i", "s"]])
case("tail", df.tail(7)[["i", "s"]])
case("nlargest", df.nlargest(5, "x")[["x", "h"]])
case("distinct", df.drop_duplicates(["g", "h"])[["g", "h", "i"]])
case("distinct_last", df.drop_duplicates(["g"], keep="last")[["g", "i"]])
case("distinct_all", df[["g", "b"]].drop_duplicates())
vc = df.g.value_counts().reset_index()
case("value_counts", vc.sort_values(["count", "g"], ascending=[False, True]))
case("concat", pd.concat([df[["g", "i"]], other[["g", "x"]]]))
d = df[["i", "x"]].astype("float64[pyarrow]").describe()
d.insert(0, "statistic", list(d.index))
case("describe", d)

# --- expressions ----------------------------------------------------------------------------------------------------------
e = {
    "add": df.i + 1, "mul": df.i * df.x, "sub": 2.5 - df.x, "div": df.i / df.h.replace(0, 7), "neg": -df.i,
    "mod": df.i.astype("Int64") % 7, "floordiv": df.i.astype("Int64") // 7, "modneg": df.i.astype("Int64") % -7, "floordivneg": df.i.astype("Int64") // -7,
    "modx": df.x.astype("Float64") % 3, "abs": df.x.abs(), "round": df.x.round(1), "clip": df.x.clip(-2.5, 3), "pow": df.x ** 2,
    "gt": df.x > 0, "eq": df.g == "red", "between": df.i.between(-5, 20), "and": (df.x > 0) & df.b, "or": (df.x > 0) | df.b, "not": ~df.b,
    "isin": df.g.isin(["red", "cyan"]), "isnull": df.i.isna(), "fill": df.i.fillna(-1), "where": df.x.where(df.x > 0, 0.0), "mask": df.x.mask(df.x > 0, 0.0),
    "cast": df.x.astype("float64").fillna(0).astype("int64"), "text": df.i.astype("string[pyarrow]"),
}
case("expressions", pd.DataFrame(e))
s = df.s.str
case("strings", pd.DataFrame({
    "len": s.len(), "lower": s.lower(), "upper": s.upper(), "cap": s.capitalize(), "title": s.title(), "swap": s.swapcase(), "strip": s.strip(),
    "lstrip": s.lstrip(), "rstrip": s.rstrip(), "stripx": s.strip("xa"), "contains": s.contains("al", regex=False), "matches": s.contains(r"\d{2}"),
    "starts": s.startswith("a"), "ends": s.endswith("a"), "replace": s.replace("a", "_", regex=False), "regex": s.replace(r"(\d)", r"<\1>", regex=True),
    "find": s.find("e"), "count": s.count("a"), "slice": s.slice(1, 4), "sliceneg": s.slice(-3, -1), "slicefrom": s.slice(2), "sliceto": s.slice(stop=-2),
    "get": s.get(1), "zfill": s.zfill(5), "ljust": s.ljust(6), "rjust": s.rjust(6), "center": s.center(7), "repeat": s.repeat(2),
    "alpha": s.isalpha(), "digit": s.isdigit(), "alnum": s.isalnum(), "space": s.isspace(), "isupper": s.isupper(), "islower": s.islower(),
    "extract": s.extract(r"([a-z])(\d+)")[1], "removeprefix": s.removeprefix("a"), "removesuffix": s.removesuffix("a"),
    "first": s.split(".").str.get(0),
}))
t = df.t.dt
iso = t.isocalendar().astype("int64[pyarrow]")  # of a null pandas makes week 0
case("times", pd.DataFrame({
    "year": t.year, "month": t.month, "day": t.day, "hour": t.hour, "minute": t.minute, "second": t.second, "micro": t.microsecond,
    "dow": t.day_of_week, "doy": t.day_of_year, "quarter": t.quarter, "week": iso.week.mask(df.t.isna()), "isoyear": iso.year.mask(df.t.isna()), "dim": t.days_in_month,
    "ms": t.is_month_start, "me": t.is_month_end, "qs": t.is_quarter_start, "qe": t.is_quarter_end, "ys": t.is_year_start, "ye": t.is_year_end,
    "leap": t.is_leap_year, "date": t.date, "floor": t.floor("15min"), "ceil": t.ceil("h"), "roundh": t.round("h"), "norm": t.normalize(),
    "strf": t.strftime("%Y/%m/%d %H:%M"), "name": t.day_name(), "mname": t.month_name(),
    "berlin": t.tz_localize("UTC").dt.tz_convert("Europe/Berlin").dt.hour,
}))

inputs = {
    "df": {"columns": list(raw), "types": types, "rows": [[cell(v) for v in row] for row in zip(*raw.values())]},
    "other": {"columns": list(other_raw), "types": other_types, "rows": [[cell(v) for v in row] for row in zip(*other_raw.values())]},
}
print(json.dumps({"pandas": pd.__version__, "inputs": inputs, "cases": cases}, ensure_ascii=False, indent=0))
