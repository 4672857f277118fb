"""Writes csv.json: texts and what pandas reads from them. Run: python golden_csv.py > csv.json (pandas 3.1.1)."""
import io
import json

import pandas as pd

CASES = [
    ("plain", "a,b,c\n1,x,1.5\n2,y,2.5\n", {}),
    ("crlf", "a,b\r\n1,x\r\n2,y\r\n", {}),
    ("no newline at the end", "a,b\n1,x\n2,y", {}),
    ("quotes", 'a,b\n1,"x,y"\n2,"he said ""no"""\n3,"two\nlines"\n', {}),
    ("quote inside a field", 'a,b\n5" pipe,1\n6" pipe,2\n', {}),
    ("bom", "\ufeffa,b\n1,2\n", {}),
    ("blank lines", "a,b\n\n1,2\n\r\n3,4\n\n", {}),
    ("null texts", "a,b,c\n1,NA,x\nNaN,2.5,None\n3,,<NA>\n", {}),
    ("short rows", "a,b,c\n1,2,3\n4\n5,6\n", {}),
    ("semicolon", "a;b\n1;2,5\n", {"sep": ";"}),
    ("comment", "#x\na,b\n1,2\n#3,4\n5,6\n", {"comment": "#"}),
    ("skip rows", 'title "odd\nmore\na,b\n1,2\n', {"skiprows": 2}),
    ("bools", "a,b\nTrue,false\nFALSE,true\n", {}),
    ("floats", "a\n1e3\n-2.5E-3\n.5\n5.\n1e400\n123456789012345678901234567890\n0.1\n2.2250738585072014e-308\n179769313486231570000\n", {}),
    ("inf and nan", "a\ninf\n-Infinity\nnan\n1\n", {}),
    ("ints", "a,b\n9223372036854775807,-9223372036854775808\n+5,-0\n", {}),
    ("leading zeros", "a\n007\n010\n", {}),
    ("repeated and empty names", "a,a,,a\n1,2,3,4\n", {}),
    ("quoted empty", 'a,b\n"",1\nx,""\n', {}),
    ("unicode", "a,b\nüñî,1\n日本語テキスト,2\n", {}),
    ("spaces", "a,b\n 1, x\n 2 ,y \n", {}),
    ("own nulls", "a,b\n-999,x\n1,missing\n", {"na_values": ["-999", "missing"]}),
    ("only own nulls", "a,b\nNA,1\nx,2\n", {"keep_default_na": False, "na_values": ["x"]}),
    ("one column", "a\n1\n\n3\n", {}),
    ("mixed numbers", "a\n1\n2.5\n", {}),
    ("ints and text", "a\n1\nx\n", {}),
]


def value(v):
    if pd.isna(v):
        return None
    if isinstance(v, float) and v in (float("inf"), float("-inf")):
        return str(v)
    return v.item() if hasattr(v, "item") else v


out = []
for name, text, options in CASES:
    df = pd.read_csv(io.StringIO(text) if not text.startswith("\ufeff") else io.BytesIO(text.encode()), **options)
    out.append({
        "name": name, "text": text, "options": options, "columns": list(df.columns),
        "rows": [[value(v) for v in row] for row in df.astype(object).itertuples(index=False)],
    })
print(json.dumps(out, indent=1, ensure_ascii=True))
