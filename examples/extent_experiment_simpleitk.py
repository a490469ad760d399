# SPDX-License-Identifier: Apache-2.0
"""The extent experiment through SimpleITK's interface: what changes is where ImageRegistrationMethod comes from.

The same images, masks and settings as in extent_experiment.py, which see. SimpleITK counts a sampling percentage in
voxels of the image, the drop-in in voxels of the mask; to ask both for the same number of samples, the number itself is
given where it can be.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from itk_maskedsampling.simpleitk import ImageRegistrationMethod
from reporting import MASKED, STOCK, FloatArray, extent_report

#: The only difference between the two.
CLASSES = {STOCK: sitk.ImageRegistrationMethod, MASKED: ImageRegistrationMethod}
NUMBER_OF_SAMPLES = 256
SHIFT = (0, 5)
RECTANGLE_SIZE = (30, 20)
MASK_SIZE = (40, 30)
MARGIN = 5
#: Size of the image and first pixel of the mask, (x, y), by name.
EXTENTS = {
    "128 x 64": ((128, 64), (35, 15)),
    "256 x 128": ((256, 128), (35, 15)),
    "512 x 256": ((512, 256), (35, 15)),
    "1024 x 1024 (middle)": ((1024, 1024), (492, 497)),
}


def make_box(size: Sequence[int], begin: Sequence[int], box: Sequence[int], value: float, dtype: npt.DTypeLike) -> Any:
    """An image that has the value inside a box and 0 elsewhere."""
    pixels = np.zeros(size[::-1], dtype)
    pixels[begin[1] : begin[1] + box[1], begin[0] : begin[0] + box[0]] = value
    return sitk.GetImageFromArray(pixels)


def make_images(extent: str) -> tuple[Any, Any, Any]:
    """The fixed and the moving rectangle and the mask, at the same place in every extent."""
    size, mask_begin = EXTENTS[extent]
    fixed_begin = [begin + MARGIN for begin in mask_begin]
    moving_begin = [begin + shift for begin, shift in zip(fixed_begin, SHIFT, strict=True)]
    return (
        make_box(size, fixed_begin, RECTANGLE_SIZE, 100, np.float32),
        make_box(size, moving_begin, RECTANGLE_SIZE, 100, np.float32),
        make_box(size, mask_begin, MASK_SIZE, 1, np.uint8),
    )


def register(method: Any, images: tuple[Any, Any, Any], seed: int) -> FloatArray:
    """Register once and return the translation found, (x, y) in pixels."""
    fixed, moving, mask = images
    method.SetMetricAsCorrelation()
    method.SetMetricFixedMask(mask)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(NUMBER_OF_SAMPLES / fixed.GetNumberOfPixels(), seed)
    if hasattr(method, "SetMetricNumberOfSamples"):
        method.SetMetricNumberOfSamples(NUMBER_OF_SAMPLES)
    method.SetOptimizerAsGradientDescent(
        learningRate=1.0, numberOfIterations=100, convergenceMinimumValue=1e-6, convergenceWindowSize=10
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetInitialTransform(sitk.TranslationTransform(2))
    return np.array(method.Execute(fixed, moving).GetParameters())


def run_seeds(name: str, extent: str, seeds: Iterable[int]) -> FloatArray:
    """Errors, (seeds, 2) in pixels, of one method in one extent; NaN where a run threw."""
    images = make_images(extent)
    errors = []
    for seed in seeds:
        try:
            errors.append(register(CLASSES[name](), images, seed) - SHIFT)
        except RuntimeError:
            errors.append(np.full(2, np.nan))
    return np.array(errors)


def run(
    names: Sequence[str] = (STOCK, MASKED), seeds: Sequence[int] = range(1, 201)
) -> dict[str, dict[str, FloatArray]]:
    """Errors of every seed, by method and extent. Prints the table."""
    errors: dict[str, dict[str, FloatArray]] = {name: {} for name in names}
    display = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.GlobalWarningDisplayOff()
    try:
        for name in names:
            start = time.monotonic()
            for extent in EXTENTS:
                errors[name][extent] = run_seeds(name, extent, seeds)
            print(f"{name}: {len(seeds)} runs in each extent, {time.monotonic() - start:.1f} s", flush=True)
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(display)
    arrays = {name: np.array(list(found.values())) for name, found in errors.items()}
    print("\n" + extent_report(list(EXTENTS), arrays, NUMBER_OF_SAMPLES))
    return errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=200, help="number of runs (default: 200)")
    parser.add_argument("--stock", dest="names", action="append_const", const=STOCK, help="only SimpleITK's own class")
    parser.add_argument("--masked", dest="names", action="append_const", const=MASKED, help="only the drop-in")
    arguments = parser.parse_args()
    run(arguments.names or (STOCK, MASKED), range(1, arguments.seeds + 1))


if __name__ == "__main__":
    main()
