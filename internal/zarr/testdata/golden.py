"""Arrays written by zarr-python for the tests to read, and what zarr-python reads of arrays that the tests write.

    pip install zarr==3.1.6 numcodecs==0.16.6 numpy==2.4.6
    python testdata/golden.py        # in internal/zarr; runs `go test` to have the arrays written
"""

import base64
import io
import json
import os
import subprocess
import tarfile
import tempfile
import warnings

import numcodecs
import numpy as np
import zarr
from zarr.codecs import BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, ShardingCodec, TransposeCodec, ZstdCodec

warnings.simplefilter("ignore")
HERE = os.path.dirname(os.path.abspath(__file__))
DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64", "complex64", "complex128"]


def values(dtype, shape):
    n = int(np.prod(shape))
    i = np.arange(n)
    if dtype == "bool":
        a = i % 3 == 1
    elif dtype.startswith("complex"):
        a = (i * 0.5 - 3 + 1j * i).astype(dtype)
    elif dtype.startswith(("datetime", "timedelta")):
        a = (i * (365 if "[D]" in dtype else 86400 * 365)).astype("int64").view(dtype)
        a[1] = "NaT"
    else:
        a = (i * 7 - 20).astype("int64").astype(dtype)
        if a.dtype.kind == "f":
            a[0], a[2], a[3] = np.nan, -np.inf, 0.1
    return a.reshape(shape)


def record(a):
    a = np.asarray(a)
    if a.dtype.kind in "Mm":
        a = a.astype(a.dtype.str.split("[")[0] + "[ns]")
    a = a.astype(a.dtype.newbyteorder("<"))
    name = {"M": "datetime64[ns]", "m": "timedelta64[ns]"}.get(a.dtype.kind, a.dtype.name)
    return {"dtype": name, "shape": list(a.shape), "data": base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()}


def pack(files, out):
    with tarfile.open(out, "w:xz", preset=9, format=tarfile.USTAR_FORMAT) as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def tree(root):
    for folder, dirs, names in os.walk(root):
        dirs.sort()
        for name in sorted(names):
            full = os.path.join(folder, name)
            with open(full, "rb") as f:
                yield os.path.relpath(full, root).replace(os.sep, "/"), f.read()


def python_arrays(root):
    want = {}

    def put(name, a, chunks, write=True, **kw):
        shape = a.shape
        z = zarr.create_array(store=os.path.join(root, name), shape=shape, chunks=chunks, dtype=a.dtype, **kw)
        if write is True:
            z[...] = a
        elif write is not False:
            z[write] = a[write]
        z = zarr.open_array(os.path.join(root, name), mode="r")
        want[name] = record(z[...])
        want[name]["chunks"] = list(z.shards or z.chunks)

    for t in DTYPES:
        for version in 2, 3:
            put(f"{t}-v{version}", values(t, (5, 4)), (2, 3), zarr_format=version, compressors=None)
    for t in ["int16", "float32", "float64", "complex128"]:
        put(f"big-{t}-v2", values(t, (5, 4)).astype(np.dtype(t).newbyteorder(">")), (2, 3), zarr_format=2, compressors=None)
        put(f"big-{t}-v3", values(t, (5, 4)), (2, 3), zarr_format=3, compressors=None, serializer=BytesCodec(endian="big"))
    for t in ["datetime64[ns]", "datetime64[s]", "datetime64[D]", "timedelta64[ms]"]:
        slug = t.replace("[", "-").replace("]", "")
        put(f"{slug}-v2", values(t, (7,)), (3,), zarr_format=2, compressors=None)
        put(f"{slug}-v3", values(t, (7,)), (3,), zarr_format=3, compressors=None)
    x = values("float64", (7, 6, 5))
    put("order-f-v2", x, (3, 4, 2), zarr_format=2, order="F", compressors=None)
    put("transpose-v3", x, (3, 4, 2), zarr_format=3, filters=[TransposeCodec(order=(2, 0, 1))], compressors=None)
    put("transpose-twice-v3", x, (3, 4, 2), zarr_format=3, filters=[TransposeCodec(order=(2, 0, 1)), TransposeCodec(order=(1, 0, 2))], compressors=None)
    put("nested-v2", x, (3, 4, 2), zarr_format=2, chunk_key_encoding={"name": "v2", "separator": "/"}, compressors=None)
    put("dots-v3", x, (3, 4, 2), zarr_format=3, chunk_key_encoding={"name": "default", "separator": "."}, compressors=None)
    put("v2keys-v3", x, (3, 4, 2), zarr_format=3, chunk_key_encoding={"name": "v2", "separator": "."}, compressors=None)
    put("scalar-v2", np.array(4.5), (), zarr_format=2, compressors=None)
    put("scalar-v3", np.array(4.5), (), zarr_format=3, compressors=None)
    put("empty-v3", np.zeros((0, 3)), (1, 2), zarr_format=3)
    put("names-v3", x[0], (3, 4), zarr_format=3, dimension_names=["y", None])
    put("attributes-v3", x[0], (3, 4), zarr_format=3, attributes={"units": "K", "nested": {"a": [1, 2]}})

    # Fill values and missing chunks.
    some = (slice(0, 2), slice(0, 2))
    for t, fill in [("float64", np.nan), ("float64", np.inf), ("float64", -np.inf), ("float64", 0.1), ("float32", 0.1), ("int64", -7),
                    ("uint64", 2**64 - 1), ("bool", True), ("complex128", 1 - 2j), ("complex64", complex("nan+1j"))]:
        for version in 2, 3:
            put(f"fill-{t}-{fill}-v{version}", values(t, (4, 4)), (2, 2), some, zarr_format=version, fill_value=fill, compressors=None)
    put("fill-hex-v3", values("float64", (4, 4)), (2, 2), False, zarr_format=3, fill_value=np.array([0x7FF8000000000123], "u8").view("f8")[0])
    put("fill-time-v3", values("datetime64[s]", (4,)), (2,), slice(0, 2), zarr_format=3, fill_value=np.datetime64("NaT"))
    put("fill-time-v2", values("datetime64[s]", (4,)), (2,), slice(0, 2), zarr_format=2, fill_value=np.datetime64(1000, "s"))
    put("fill-null-v2", values("float64", (4,)), (2,), slice(0, 2), zarr_format=2, fill_value=None)

    # Compression.
    y = np.sin(np.arange(4000) * 0.01).round(1).reshape(40, 100)
    for name, c in {"zlib": numcodecs.Zlib(5), "gzip": numcodecs.GZip(5), "zstd": numcodecs.Zstd(3), "lz4": numcodecs.LZ4()}.items():
        put(f"{name}-v2", y, (16, 64), zarr_format=2, compressors=c)
    ints = np.arange(6000, dtype="i4").reshape(60, 100) // 3
    for cname in ["blosclz", "lz4", "lz4hc", "zlib", "zstd"]:
        for shuffle in [numcodecs.Blosc.NOSHUFFLE, numcodecs.Blosc.SHUFFLE, numcodecs.Blosc.BITSHUFFLE]:
            put(f"blosc-{cname}-{shuffle}-v2", ints, (50, 40), zarr_format=2, compressors=numcodecs.Blosc(cname, 5, shuffle))
    put("blosc-small-blocks-v2", np.tile(ints, (1, 3)), (60, 300), zarr_format=2, compressors=numcodecs.Blosc("lz4", 5, 1, blocksize=4096))
    put("blosc-blosclz-far-v2", np.tile((np.arange(9000) ** 3 // 97 % 251).astype("u1"), 3), (27000,), zarr_format=2,
        compressors=numcodecs.Blosc("blosclz", 9, 0))
    put("blosc-random-v2", np.random.default_rng(0).integers(0, 2**30, 300, "i4"), (256,), zarr_format=2, compressors=numcodecs.Blosc())
    put("blosc-bool-v2", np.arange(300) % 7 == 0, (256,), zarr_format=2, compressors=numcodecs.Blosc("zstd", 5, 2))
    for name, c in {"gzip": GzipCodec(level=5), "zstd": ZstdCodec(level=3), "zstd-sum": ZstdCodec(level=0, checksum=True), "blosc": BloscCodec(),
                    "blosc-bits": BloscCodec(cname="lz4", shuffle="bitshuffle"), "crc": Crc32cCodec()}.items():
        put(f"{name}-v3", y, (16, 64), zarr_format=3, compressors=c)
    put("gzip-zstd-crc-v3", y, (16, 64), zarr_format=3, compressors=[GzipCodec(), ZstdCodec(), Crc32cCodec()])
    put("default-v2", y, (16, 64), zarr_format=2)
    put("default-v3", y, (16, 64), zarr_format=3)

    # Shards.
    put("shards-v3", y[:30, :50], (4, 5), zarr_format=3, shards=(12, 20))
    put("shards-start-v3", y[:30, :50], (12, 20), zarr_format=3, compressors=None,
        serializer=ShardingCodec(chunk_shape=(4, 5), codecs=[BytesCodec(), GzipCodec()], index_location="start"))
    put("shards-missing-v3", y[:30, :50], (4, 5), (slice(0, 5), slice(0, 6)), zarr_format=3, shards=(12, 20), fill_value=-1.0)
    put("shards-nested-v3", y[:30, :50], (12, 20), zarr_format=3, compressors=None,
        serializer=ShardingCodec(chunk_shape=(6, 10), codecs=[ShardingCodec(chunk_shape=(2, 5), codecs=[BytesCodec(), ZstdCodec()])]))

    zarr.create_group(store=os.path.join(root, "group-v2"), zarr_format=2).create_array("a", shape=3, dtype="i4")
    zarr.create_group(store=os.path.join(root, "group-v3"), zarr_format=3).create_array("b", shape=3, dtype="i4")
    z = zarr.create_array(store=os.path.join(root, "bad-delta-v2"), shape=3, dtype="i4", zarr_format=2, filters=numcodecs.Delta("i4"))
    zarr.create_array(store=os.path.join(root, "bad-text-v3"), shape=3, dtype=str, zarr_format=3)
    zarr.create_array(store=os.path.join(root, "bad-half-v2"), shape=3, dtype="f2", zarr_format=2)
    return want


def main():
    with tempfile.TemporaryDirectory() as root:
        want = python_arrays(root)
        pack(tree(root), os.path.join(HERE, "python.tar.xz"))
    with tempfile.TemporaryDirectory() as root:
        subprocess.run(["go", "test", "-run", "^TestWrite$", "-count=1", "."], check=True, cwd=os.path.dirname(HERE), env=dict(os.environ, ZARR_WRITE=root))
        ours = {}
        for name in sorted(os.listdir(root)):
            z = zarr.open_array(os.path.join(root, name), mode="r")
            ours[name] = record(z[...])
            ours[name]["chunks"] = list(z.chunks)
            ours[name]["format"] = z.metadata.zarr_format
        pack(tree(root), os.path.join(HERE, "ours.tar.xz"))
    text = json.dumps({"zarr": zarr.__version__, "numcodecs": numcodecs.__version__, "python": want, "ours": ours}, separators=(",", ":"))
    pack([("answers.json", text.encode())], os.path.join(HERE, "answers.tar.xz"))


if __name__ == "__main__":
    main()
