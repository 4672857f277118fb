"""Stacks and .npy files that Dask 2026.8 and NumPy 2.4.6 wrote, and what Dask reads of stacks that the tests write.

    python testdata/npy.py        # in array; runs `go test` to have the stacks written
"""

import base64
import io
import json
import os
import subprocess
import tarfile
import tempfile

import dask.array as da
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def record(a):
    a = np.asarray(a)
    if a.dtype.kind in "Mm":
        a = a.astype(a.dtype.str.split("[")[0] + "[ns]")
    a = a.astype(a.dtype.newbyteorder("<"))
    name = {"M": "datetime64[ns]", "m": "timedelta64[ns]"}.get(a.dtype.kind, a.dtype.name)
    return {"dtype": name, "shape": list(a.shape), "data": base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()}


def main():
    files, want, ours = [], {}, {}

    def add(root):
        for folder, dirs, names in os.walk(root):
            dirs.sort()
            for name in sorted(names):
                full = os.path.join(folder, name)
                with open(full, "rb") as f:
                    files.append((os.path.relpath(full, os.path.dirname(root)).replace(os.sep, "/"), f.read()))

    with tempfile.TemporaryDirectory() as top:
        root = os.path.join(top, "python")
        os.mkdir(root)
        x = np.arange(60).reshape(5, 12)
        for name, dtype, axis in [("i8-0", "i8", 0), ("f4-1", "f4", 1), ("bool-0", "?", 0), ("big-1", ">i4", 1), ("time-0", "M8[s]", 0)]:
            a = da.from_array(x.astype(dtype), chunks=(2, 5))
            da.to_npy_stack(os.path.join(root, "stack-" + name), a, axis=axis)
            want["stack-" + name] = record(x.astype(dtype))
        y = np.arange(120).reshape(4, 5, 6)
        for name, a in {"c": y, "f": np.asfortranarray(y), "big": y.astype(">f8"), "bigf": np.asfortranarray(y.astype(">c16")),
                        "days": y.astype("M8[D]"), "scalar": np.array(3.5), "empty": np.zeros((0, 3))}.items():
            np.save(os.path.join(root, name + ".npy"), a)
            want[name + ".npy"] = record(a)
        add(root)
    with tempfile.TemporaryDirectory() as top:
        root = os.path.join(top, "ours")
        os.mkdir(root)
        subprocess.run(["go", "test", "-run", "^TestNpyWritten$", "-count=1", "."], check=True, cwd=os.path.dirname(HERE), env=dict(os.environ, NPY_WRITE=root))
        for name in sorted(os.listdir(root)):
            if name.endswith(".npy"):
                ours[name] = record(np.load(os.path.join(root, name)))
            else:
                a = da.from_npy_stack(os.path.join(root, name))
                ours[name] = record(a.compute())
                ours[name]["chunks"] = [list(c) for c in a.chunks]
        add(root)
    files.append(("answers.json", json.dumps({"python": want, "ours": ours}).encode()))
    with tarfile.open(os.path.join(HERE, "npy.tar.xz"), "w:xz", preset=9, format=tarfile.USTAR_FORMAT) as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


if __name__ == "__main__":
    main()
