# SPDX-License-Identifier: Apache-2.0
"""From a fresh process to the result of a small 2-D registration: this package, SimpleITK and itk, in turn.

All three register the same two images of 128 x 64 pixels inside the same mask by a translation, with mutual information
and the same levels; nothing is left in memory from one run to the next but the files in the cache of the system.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

#: The longest that it may take this package, in seconds.
TARGET = 1.5

SCENE = """
import numpy as np
y, x = np.mgrid[0:64, 0:128].astype(np.float32)
def blobs(dx, dy):
    squares = [(x - cx - dx) ** 2 + (y - cy - dy) ** 2 for cx, cy in ((40, 30), (52, 36))]
    return (100 * np.exp(-squares[0] / 60) + 50 * np.exp(-squares[1] / 20)).astype(np.float32)
fixed, moving = blobs(0, 0), blobs(2, 5)
mask = np.zeros(fixed.shape, np.uint8)
mask[15:45, 20:65] = 1
"""

OURS = """
from itk_maskedsampling import register
result = register(fixed, moving, mask, transform="translation")
print(*result.transform_points([40.0, 30.0]))
"""

SIMPLEITK = """
import SimpleITK as sitk
method = sitk.ImageRegistrationMethod()
method.SetMetricAsMattesMutualInformation(32)
method.SetMetricFixedMask(sitk.GetImageFromArray(mask))
method.SetOptimizerAsRegularStepGradientDescent(2.0, 1e-3, 200, 0.8)
method.SetOptimizerScalesFromPhysicalShift()
method.SetShrinkFactorsPerLevel([4, 2, 1])
method.SetSmoothingSigmasPerLevel([2, 1, 0])
method.SetInterpolator(sitk.sitkLinear)
method.SetInitialTransform(sitk.TranslationTransform(2))
transform = method.Execute(sitk.GetImageFromArray(fixed), sitk.GetImageFromArray(moving))
print(*transform.TransformPoint([40.0, 30.0]))
"""

ITK = """
import itk
ImageType = itk.Image[itk.F, 2]
fixed, moving, mask = (itk.image_from_array(array) for array in (fixed, moving, mask))
metric = itk.MattesMutualInformationImageToImageMetricv4[ImageType, ImageType].New()
metric.SetNumberOfHistogramBins(32)
inside = itk.ImageMaskSpatialObject[2].New()
inside.SetImage(mask)
inside.Update()
metric.SetFixedImageMask(inside)
scales = itk.RegistrationParameterScalesFromPhysicalShift[type(metric)].New()
scales.SetMetric(metric)
optimizer = itk.RegularStepGradientDescentOptimizerv4[itk.D].New()
optimizer.SetLearningRate(2.0)
optimizer.SetMinimumStepLength(1e-3)
optimizer.SetRelaxationFactor(0.8)
optimizer.SetNumberOfIterations(200)
optimizer.SetScalesEstimator(scales)
transform = itk.TranslationTransform[itk.D, 2].New()
method = itk.ImageRegistrationMethodv4[ImageType, ImageType].New()
method.SetFixedImage(fixed)
method.SetMovingImage(moving)
method.SetMetric(metric)
method.SetOptimizer(optimizer)
method.SetNumberOfLevels(3)
method.SetShrinkFactorsPerLevel([4, 2, 1])
method.SetSmoothingSigmasPerLevel([2, 1, 0])
method.SetInitialTransform(transform)
method.InPlaceOn()
method.Update()
print(*transform.TransformPoint([40.0, 30.0]))
"""

SCRIPTS = {"itk_maskedsampling": OURS, "SimpleITK": SIMPLEITK, "itk": ITK}
PACKAGES = {"itk_maskedsampling": "itk-maskedsampling", "SimpleITK": "SimpleITK", "itk": "itk"}
#: Where the truth sends the point that is printed.
EXPECTED = (42.0, 35.0)


def run_once(script: str) -> tuple[float, float]:
    """Seconds of a process, and how far the point that it prints is from where it should be."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", SCENE + script], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    found = [float(word) for word in done.stdout.split()]
    return seconds, max(abs(a - b) for a, b in zip(found, EXPECTED, strict=True))


def make_table(times: dict[str, list[float]], errors: dict[str, float]) -> str:
    ours = statistics.median(times["itk_maskedsampling"])
    lines = [
        "| package | version | median, s | least to most, s | times ours | error, pixels |",
        "|---|---|---|---|---|---|",
    ]
    for name, seconds in times.items():
        median = statistics.median(seconds)
        spread = f"{min(seconds):.2f} to {max(seconds):.2f}"
        cells = (name, version(PACKAGES[name]), f"{median:.2f}", spread, f"{median / ours:.1f}", f"{errors[name]:.3f}")
        lines.append(f"| {' | '.join(cells)} |")
    verdict = "met" if ours <= TARGET else "missed"
    return "\n".join(lines) + f"\n\nTarget for itk_maskedsampling: at most {TARGET} s. It is {verdict}: {ours:.2f} s."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, help="folder for startup.md and startup.json")
    parser.add_argument("--repetitions", type=int, default=5)
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    for script in SCRIPTS.values():  # what was never read from the disk is not what is measured
        run_once(script)
    times: dict[str, list[float]] = {name: [] for name in SCRIPTS}
    errors = dict.fromkeys(SCRIPTS, 0.0)
    for _ in range(arguments.repetitions):
        for name, script in SCRIPTS.items():
            seconds, error = run_once(script)
            times[name].append(seconds)
            errors[name] = max(errors[name], error)
    note = (
        f"Processes from their start to their end, {arguments.repetitions} of each in turn, after one that does not "
        f"count. {os.cpu_count()} cores; load average before: {load:.2f}."
    )
    table = f"{make_table(times, errors)}\n\n{note}\n"
    print(table)
    if arguments.output is not None:
        arguments.output.mkdir(parents=True, exist_ok=True)
        (arguments.output / "startup.md").write_text(table)
        (arguments.output / "startup.json").write_text(json.dumps({"load": load, "times": times}, indent=1) + "\n")


if __name__ == "__main__":
    main()
