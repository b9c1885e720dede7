"""Masked median composite: Corridor beside bottleneck and numpy, on the same arrays, in one run.

    python -m venv peers-venv && peers-venv/bin/pip install numpy bottleneck
    peers-venv/bin/python benches/peers/composite.py

The series is the 99 dates of `../shared/data/know/s2_romania` (near infrared as stored, clouds,
shadows and no data masked), laid side by side to be larger than the caches. One core each, by
processor time; the fastest of several rounds counts.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import bottleneck
import numpy

ROUNDS = 3
REPOSITORY = Path(__file__).resolve().parents[2]


def seconds(function):
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        result = function()
        best = min(best, time.process_time() - started)
    return best, result


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = ["cargo", "bench", "-q", "-p", "corridor-know", "--bench", "composite", "--"]
        subprocess.run([*command, "--dump", name], cwd=REPOSITORY, check=True)
        own = float((folder / "seconds").read_text())
        median = numpy.fromfile(folder / "median.f32", dtype="<f4")
        stack = numpy.fromfile(folder / "stack.u16", dtype="<u2").reshape(-1, median.size)
        masked = numpy.fromfile(folder / "masked.u8", dtype="u1").reshape(stack.shape) != 0

    def prepared():
        values = stack.astype("f4")
        values[masked] = numpy.nan
        return values

    prepare, values = seconds(prepared)
    # Series of a pixel side by side in memory is what suits both peers best.
    series = numpy.ascontiguousarray(values.T)
    peers = {
        f"bottleneck {bottleneck.__version__} nanmedian": lambda: bottleneck.nanmedian(series, axis=1),
        f"numpy {numpy.__version__} nanmedian": lambda: numpy.nanmedian(series, axis=1),
    }
    print(f"corridor: {stack.size / own / 1e6:.0f} M samples/s, from uint16 and a mask")
    for name, function in peers.items():
        took, truth = seconds(function)
        same = numpy.array_equal(truth, median, equal_nan=True)
        print(
            f"{name}: {stack.size / took / 1e6:.1f} M samples/s from float32 with NaN, series side by side"
            f" ({stack.size / (took + prepare) / 1e6:.1f} with making it);"
            f" corridor is {took / own:.1f} times as fast, results equal: {same}"
        )
        if not same:
            sys.exit(1)


if __name__ == "__main__":
    main()
