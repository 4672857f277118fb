"""Pickles of the kind that dask.array.to_npy_stack writes, by NumPy 2.4.6 and Python 3.11; checks those that Go wrote.

    python testdata/golden.py > testdata/golden.json
"""

import base64
import json
import pickle

import numpy as np

cases = []
for dtype in ["f8", ">i4", "?", "u1", "M8[ns]", ">m8[s]", "c16"]:
    dtype = np.dtype(dtype)
    for protocol in range(6):
        v = {"chunks": ((2, 2, 70000), (300, 2**40)), "dtype": dtype, "axis": -1, "more": ("a", None, True, 1.5, b"x"), "shared": (dtype, dtype)}
        cases.append({"dtype": dtype.str, "protocol": protocol, "pickle": base64.b64encode(pickle.dumps(v, protocol)).decode()})
print(json.dumps(cases, indent=0))
