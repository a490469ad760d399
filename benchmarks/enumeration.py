# SPDX-License-Identifier: Apache-2.0
"""Speed and memory of the enumeration of mask voxels, beside numpy.count_nonzero() on the same array."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import itk
import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.uint8]

SIZE = 512
RADIUS = 200  # voxels; also of the shell
SPECKLE = 0.05
HUGE = 1024
BALL_RADIUS = 20.0  # mm, in the huge domain


@dataclass
class Result:
    """One row of the table. Times in ms, memory in bytes; none where there is nothing to compare with."""

    case: str
    voxels: int
    runs: int
    times: list[float]
    numpy_times: list[float] | None = None
    memory: int | None = None
    mask_memory: int | None = None


def make_full(size: int) -> Mask:
    return np.ones((size, size, size), np.uint8)


def make_between(size: int, inner: float, outer: float) -> Mask:
    """The voxels whose distance from the centre is at least the inner radius and less than the outer one."""
    mask = np.empty((size, size, size), np.uint8)
    axis = np.arange(size) - (size - 1) / 2
    in_plane = axis[:, None] ** 2 + axis**2
    for z in range(size):
        squared = in_plane + axis[z] ** 2
        mask[z] = (squared >= inner**2) & (squared < outer**2)
    return mask


def make_ball(size: int) -> Mask:
    return make_between(size, 0, RADIUS * size / SIZE)


def make_shell(size: int) -> Mask:
    radius = RADIUS * size / SIZE
    return make_between(size, radius, radius + 1)


def make_speckle(size: int) -> Mask:
    random = np.random.default_rng(1)
    return np.stack([random.random((size, size), np.float32) < SPECKLE for _ in range(size)]).view(np.uint8)


MASKS: dict[str, Callable[[int], Mask]] = {
    "full": make_full,
    "ball": make_ball,
    "5 % speckle": make_speckle,
    "one-voxel shell": make_shell,
}


def view(array: Mask) -> tuple[Any, Any]:
    """An image that shares the pixels of an array, and the mask that it is."""
    image = itk.image_view_from_array(array)
    mask = itk.ImageMaskSpatialObject[3].New()
    mask.SetImage(image)
    mask.Update()
    return image, mask


def make_sampler(domain: Any, mask: Any, transform: Any = None) -> Any:
    sampler = itk.MaskedVoxelSampler[3].New()
    sampler.SetDomain(domain)
    sampler.SetMask(mask)
    sampler.SetTransform(transform)
    return sampler


def milliseconds(function: Callable[[], object]) -> float:
    start = time.perf_counter()
    function()
    return 1000 * (time.perf_counter() - start)


def measure(
    case: str, domain: Any, mask: Any, repetitions: int, transform: Any = None, array: Mask | None = None
) -> Result:
    """Enumerate with a fresh sampler each time, in turn with numpy if there is an array."""
    times: list[float] = []
    numpy_times: list[float] = []
    for _ in range(repetitions + 1):
        sampler = make_sampler(domain, mask, transform)
        times.append(milliseconds(sampler.Update))
        if array is not None:
            numpy_times.append(milliseconds(lambda: np.count_nonzero(array)))
    result = Result(case, sampler.GetNumberOfVoxels(), sampler.GetNumberOfRuns(), times[1:])  # the first one warms up
    if array is not None:
        if transform is None and result.voxels != np.count_nonzero(array):
            raise SystemExit(f"{case}: {result.voxels} mask voxels, but numpy counts {np.count_nonzero(array)}")
        result.numpy_times = numpy_times[1:]
    return result


def read_status(key: str) -> int:
    """A number of bytes from the kernel's account of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return 1024 * int(value.split()[0])
    raise SystemExit(f"/proc/self/status has no {key}")


def print_peak_memory(case: str, size: int) -> None:
    """By how much the first Update() on a mask raises the peak memory of this process."""
    tiny = view(np.ones((4, 4, 4), np.uint8))
    make_sampler(*tiny).Update()  # loads the classes and starts the threads
    array = MASKS[case](size)
    sampler = make_sampler(*view(array))
    Path("/proc/self/clear_refs").write_text("5")  # the peak is now what is in use now
    before = read_status("VmRSS")
    sampler.Update()
    print(max(0, read_status("VmHWM") - before))


def measure_memory(case: str, size: int) -> int:
    """The same in a fresh process, where nothing was freed before that could be used again."""
    command = [sys.executable, __file__, "--memory-of", case, "--size", str(size)]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


def make_huge_case() -> tuple[Any, Any]:
    """A domain without a pixel in memory, and a ball near its far corner."""
    domain = itk.Image[itk.UC, 3].New()
    domain.SetRegions([HUGE] * 3)
    ball = itk.EllipseSpatialObject[3].New()
    ball.SetRadiusInObjectSpace(BALL_RADIUS)
    ball.SetCenterInObjectSpace([0.8 * HUGE] * 3)
    ball.Update()
    return domain, ball


def run(size: int, repetitions: int) -> list[Result]:
    results: list[Result] = []
    for case, make_mask in MASKS.items():
        print(f"{case} ...", file=sys.stderr, flush=True)
        array = make_mask(size)
        image, mask = view(array)
        result = measure(f"{case}, {size}³", image, mask, repetitions, array=array)
        result.memory = measure_memory(case, size)
        result.mask_memory = array.nbytes
        results.append(result)
        if case == "ball":
            rotation = itk.Euler3DTransform[itk.D].New()
            rotation.SetCenter([(size - 1) / 2] * 3)
            rotation.SetRotation(0.1, 0.2, 0.03)
            name = f"{case}, {size}³, oblique"
            results.append(measure(name, image, mask, repetitions, transform=rotation, array=array))
    name = f"{BALL_RADIUS:g} mm ball in a domain of {HUGE}³ without pixels"
    results.append(measure(name, *make_huge_case(), repetitions))
    return results


def format_times(times: Sequence[float] | None) -> str:
    return "" if times is None else f"{statistics.median(times):.2f} ({min(times):.2f} to {max(times):.2f})"


def format_row(result: Result) -> list[str]:
    ratio = memory = ""
    if result.numpy_times is not None:
        ratio = f"{statistics.median(result.times) / statistics.median(result.numpy_times):.2f}"
    if result.memory is not None and result.mask_memory is not None:
        memory = f"{result.memory / 1e6:.1f} MB ({100 * result.memory / result.mask_memory:.1f} %)"
    return [
        result.case,
        f"{result.voxels}",
        f"{result.runs}",
        format_times(result.times),
        format_times(result.numpy_times),
        ratio,
        memory,
    ]


def make_table(results: Sequence[Result]) -> str:
    header = ["mask", "voxels", "runs", "Update(), ms", "count_nonzero(), ms", "ratio", "peak memory, of the mask"]
    rows = [header, *[format_row(result) for result in results]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, help="folder for enumeration.md and enumeration.json")
    parser.add_argument("--repetitions", type=int, default=15)
    parser.add_argument("--size", type=int, default=SIZE, help="voxels along each axis of the mask")
    parser.add_argument("--memory-of", choices=MASKS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory_of is not None:
        print_peak_memory(arguments.memory_of, arguments.size)
        return

    load = os.getloadavg()[0]
    results = run(arguments.size, arguments.repetitions)
    threads = itk.MultiThreaderBase.GetGlobalDefaultNumberOfThreads()
    note = (
        f"Median of {arguments.repetitions} (least to most). {threads} threads on {os.cpu_count()} cores; "
        f"numpy {np.__version__} uses one. Load average before: {load:.2f}."
    )
    table = f"{make_table(results)}\n\n{note}\n"
    print(table)
    if arguments.output is not None:
        arguments.output.mkdir(parents=True, exist_ok=True)
        (arguments.output / "enumeration.md").write_text(table)
        report = {
            "machine": platform.machine(),
            "cores": os.cpu_count(),
            "threads": threads,
            "load": load,
            "numpy": np.__version__,
            "itk": itk.Version.GetITKVersion(),
            "results": [asdict(result) for result in results],
        }
        (arguments.output / "enumeration.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
