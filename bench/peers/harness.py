"""What every family of peer scripts shares: the command line, the timing and the one JSON line of output.

A script registers functions with @case("name", "peer"); such a function does the untimed set-up (imports, persisted
inputs) and returns the callable to time. The callable returns the answer: a number or a flat list of numbers.

    python arrays.py --case seed_sum --peer dask --data DIR --repeat 3

prints {"results": [..], "answer": .., "versions": {..}}, in seconds; what is measured per task is divided by `scale`.
"""

import argparse
import importlib.metadata
import json
import sys
import time

CASES = {}
DATA = "."


def case(name, peer, *, warmup=0, scale=1.0, packages=()):
    """Register the set-up of one case for one peer. warmup runs are not timed (compilation); seconds are divided by scale."""

    def register(setup):
        CASES[name, peer] = (setup, warmup, scale, packages or (peer,))
        return setup

    return register


class Measured:
    """Returned instead of an answer by a callable that times itself, or measures something else than seconds."""

    def __init__(self, value, answer):
        self.value, self.answer = value, answer


def plain(answer):
    """The answer as JSON: floats and lists of floats."""
    if hasattr(answer, "tolist"):
        answer = answer.tolist()
    if isinstance(answer, (list, tuple)):
        return [float(a) for a in answer]
    return float(answer)


def main():
    global DATA
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", required=True)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--data", default=".")
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    DATA = args.data
    found = CASES.get((args.case, args.peer))
    if found is None:
        sys.exit(f"no case {args.case} for {args.peer}")
    setup, warmup, scale, packages = found
    run = setup(args.data)
    results, answer = [], None
    for i in range(-warmup, args.repeat):
        start = time.perf_counter()
        answer = run()
        took = (time.perf_counter() - start) / scale
        if isinstance(answer, Measured):
            took, answer = answer.value, answer.answer
        if i >= 0:
            results.append(took)
    versions = {p: importlib.metadata.version(p) for p in packages}
    print(json.dumps({"results": results, "answer": plain(answer), "versions": versions}), flush=True)
