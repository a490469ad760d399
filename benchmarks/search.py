# SPDX-License-Identifier: Apache-2.0
"""What the search for a start costs, as its reach, its candidates, the mask and the threads grow.

register() with initial="search" and no iterations, less the same without the search, in turn; a texture of
120 x 120 x 120 voxels, a ball as mask.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from itk_maskedsampling import register

SIZE = 120
#: What all rows have, but for what their name says.
USUAL: dict[str, Any] = {"radius": 12, "work_units": 2}
ROWS: dict[str, list[dict[str, Any]]] = {
    "`search_translation`, voxels": [{"search_translation": reach} for reach in (10.0, 20.0, 40.0)],
    "`search_rotation`, degrees": [{"search_rotation": reach} for reach in (7.5, 15.0, 30.0)],
    "`search_candidates`": [{"search_candidates": number} for number in (3, 6, 12)],
    "radius of the mask, voxels": [{"radius": radius} for radius in (6, 12, 24)],
    "`work_units`": [{"work_units": number} for number in (1, 2)],
}
Volume = npt.NDArray[np.float32]


def make_texture(seed: int) -> Volume:
    """Noise, smoothed by two voxels."""
    noise = np.random.default_rng(seed).normal(size=(SIZE,) * 3)
    frequencies = np.meshgrid(*[2 * np.pi * np.fft.fftfreq(SIZE)] * 3, indexing="ij", sparse=True)
    window = np.exp(-2.0 * sum(one**2 for one in frequencies))
    return np.fft.ifftn(np.fft.fftn(noise) * window).real.astype(np.float32)


def make_ball(radius: float) -> npt.NDArray[np.uint8]:
    axes = np.ogrid[tuple(slice(0, SIZE) for _ in range(3))]
    squares: npt.NDArray[np.float64] = np.asarray(sum((axis - SIZE / 2) ** 2 for axis in axes))
    return (squares <= radius**2).astype(np.uint8)


def measure(fixed: Volume, moving: Volume, options: dict[str, Any], repetitions: int) -> list[float]:
    """Seconds of the search, in turn with and without it."""
    arguments = {**USUAL, **options}
    mask = make_ball(arguments.pop("radius"))
    usual = {"work_units": arguments.pop("work_units"), "iterations": 0, "uncertainty": "none"}
    seconds = []
    for repetition in range(repetitions + 1):
        times = []
        for extra in ({}, {"initial": "search", **arguments}):
            start = time.perf_counter()
            register(fixed, moving, mask, seed=repetition, **usual, **extra)
            times.append(time.perf_counter() - start)
        if repetition > 0:
            seconds.append(times[1] - times[0])
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, help="folder for search.md")
    parser.add_argument("--repetitions", type=int, default=7)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    fixed = make_texture(1)
    moving = np.roll(fixed, (6, -4, 5), (0, 1, 2)) + 0.05 * make_texture(2)
    lines = ["| what grows | it is | median, s | least to most, s |", "|---|---|---|---|"]
    for name, steps in ROWS.items():
        for options in steps:
            seconds = measure(fixed, moving, options, arguments.repetitions)
            cells = (
                name,
                f"{next(iter(options.values())):g}",
                f"{statistics.median(seconds):.3f}",
                f"{min(seconds):.3f} to {max(seconds):.3f}",
            )
            lines.append(f"| {' | '.join(cells)} |")
    note = (
        f"Of each {arguments.repetitions}, after one that does not count. Where nothing else is said, the ball has a "
        f"radius of {USUAL['radius']} voxels, and there are {USUAL['work_units']} threads. {os.cpu_count()} cores; "
        f"load average before: {load:.2f}."
    )
    table = "\n".join(lines) + f"\n\n{note}\n"
    print(table)
    if arguments.output is not None:
        arguments.output.mkdir(parents=True, exist_ok=True)
        (arguments.output / "search.md").write_text(table)


if __name__ == "__main__":
    main()
