# SPDX-License-Identifier: Apache-2.0
"""How the extent of the image around a mask changes a registration, with stock ITK and with a mask.

A bright 30 x 20 rectangle in a mask of 40 x 30 pixels is shifted by 5 pixels in y, inside images
of growing extent. 256 metric samples are asked for. Stock ITK draws them over the whole image and
drops those outside the mask; MaskedRegistrationMethod draws them inside the mask.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import itk
import numpy as np
import numpy.typing as npt
from clouds import draw_clouds
from matplotlib.figure import Figure
from reporting import (
    COLORS,
    DEFAULT_OUTPUT,
    MASKED,
    METHODS,
    REGISTRATION_CLASSES,
    FloatArray,
    extent_report,
    itk_warnings_off,
    load_itk,
    progress,
    write_text,
)

NUMBER_OF_SAMPLES = 256
SHIFT = (0, 5)
RECTANGLE_SIZE = (30, 20)
MASK_SIZE = (40, 30)
MARGIN = 5


@dataclass(frozen=True)
class Extent:
    """An image size, and the first pixel of the mask in it, both as (x, y) in pixels."""

    size: tuple[int, int]
    mask_begin: tuple[int, int] = (35, 15)
    note: str = ""

    @property
    def label(self) -> str:
        text = f"{self.size[0]} x {self.size[1]}"
        return f"{text} ({self.note})" if self.note else text


EXTENTS = (
    Extent((128, 64)),
    Extent((256, 128)),
    Extent((512, 256)),
    Extent((1024, 1024), mask_begin=(492, 497), note="middle"),
)


@dataclass(frozen=True)
class Scene:
    """The images of one extent. Pixels are 1 x 1."""

    fixed: Any
    moving: Any
    mask: Any


@dataclass(frozen=True)
class Results:
    """Errors by method: found minus true translation in pixels, NaN for a run that threw.

    Each array has the shape (extents, seeds, 2), the last axis being (x, y).
    """

    extents: tuple[Extent, ...]
    seeds: npt.NDArray[np.int64]
    errors: dict[str, FloatArray]


def make_box(extent: Extent, begin: Sequence[int], size: Sequence[int], value: float, dtype: npt.DTypeLike) -> Any:
    """An image that has the value inside a box and 0 elsewhere."""
    pixels = np.zeros(extent.size[::-1], dtype)
    pixels[begin[1] : begin[1] + size[1], begin[0] : begin[0] + size[0]] = value
    return itk.image_from_array(pixels)


def make_scene(extent: Extent) -> Scene:
    """The fixed and the moving rectangle and the mask, at the same place in every extent."""
    fixed_begin = [begin + MARGIN for begin in extent.mask_begin]
    moving_begin = [begin + shift for begin, shift in zip(fixed_begin, SHIFT, strict=True)]
    mask = itk.ImageMaskSpatialObject[2].New()
    mask.SetImage(make_box(extent, extent.mask_begin, MASK_SIZE, 1, np.uint8))
    mask.Update()
    return Scene(
        make_box(extent, fixed_begin, RECTANGLE_SIZE, 100, np.float32),
        make_box(extent, moving_begin, RECTANGLE_SIZE, 100, np.float32),
        mask,
    )


def make_optimizer(metric: Any) -> Any:
    scales = itk.RegistrationParameterScalesFromPhysicalShift[type(metric)].New(metric=metric)
    optimizer = itk.GradientDescentOptimizerv4Template[itk.D].New()
    optimizer.SetLearningRate(1.0)
    optimizer.SetNumberOfIterations(100)
    optimizer.SetMinimumConvergenceValue(1e-6)
    optimizer.SetConvergenceWindowSize(10)
    optimizer.SetScalesEstimator(scales)
    return optimizer


def register(method: str, scene: Scene, seed: int) -> FloatArray:
    """Register once and return the translation found, (x, y) in pixels."""
    image_type = type(scene.fixed)
    metric = itk.CorrelationImageToImageMetricv4[image_type, image_type].New()
    metric.SetFixedImageMask(scene.mask)
    transform = itk.TranslationTransform[itk.D, 2].New()
    registration_class = getattr(itk, REGISTRATION_CLASSES[method])
    registration = registration_class[image_type, image_type].New()
    registration.SetFixedImage(scene.fixed)
    registration.SetMovingImage(scene.moving)
    registration.SetMetric(metric)
    registration.SetOptimizer(make_optimizer(metric))
    registration.SetInitialTransform(transform)
    registration.InPlaceOn()
    registration.SetNumberOfLevels(1)
    registration.SetShrinkFactorsPerLevel([1])
    registration.SetSmoothingSigmasPerLevel([0])
    registration.SetMetricSamplingStrategy(itk.ImageRegistrationMethodv4Enums.MetricSamplingStrategy_RANDOM)
    registration.MetricSamplingReinitializeSeed(seed)
    if method == MASKED:
        registration.SetNumberOfSamples(NUMBER_OF_SAMPLES)
    else:
        number_of_pixels = scene.fixed.GetLargestPossibleRegion().GetNumberOfPixels()
        registration.SetMetricSamplingPercentage(NUMBER_OF_SAMPLES / number_of_pixels)
    registration.Update()
    return np.array(transform.GetParameters())


def run_seeds(method: str, extent: Extent, seeds: Iterable[int]) -> FloatArray:
    """Errors, (seeds, 2) in pixels, of one method in one extent; NaN where a run threw."""
    scene = make_scene(extent)
    errors = []
    for seed in seeds:
        try:
            errors.append(register(method, scene, seed) - SHIFT)
        except RuntimeError:
            errors.append(np.full(2, np.nan))
    return np.array(errors)


def draw_figure(results: Results) -> Figure:
    """The distributions of the absolute error in y, per extent, for both methods."""
    return draw_clouds(
        {REGISTRATION_CLASSES[method]: results.errors[method][:, :, 1] for method in METHODS},
        [extent.label for extent in results.extents],
        [COLORS[method] for method in METHODS],
        before=abs(SHIFT[1]),
        xlabel=f"image extent around the same mask of {MASK_SIZE[0]} x {MASK_SIZE[1]} pixels, in pixels",
        ylabel="absolute error in y, pixels",
        title=f"{NUMBER_OF_SAMPLES} metric samples asked for, {len(results.seeds)} seeds",
    )


def run(
    extents: Iterable[Extent] = EXTENTS,
    seeds: Iterable[int] = range(1, 201),
    output_directory: Path | None = None,
) -> Results:
    """Run both methods with every seed in every extent.

    With an output directory, save the table as extent_experiment.md and the figure as
    extent_experiment.png there.
    """
    extents, seeds = tuple(extents), tuple(seeds)
    load_itk()
    errors: dict[str, list[FloatArray]] = {method: [] for method in METHODS}
    with itk_warnings_off():
        for index, extent in enumerate(extents):
            for method in METHODS:
                progress(f"extent {index + 1} of {len(extents)}: {extent.label}, {method}, {len(seeds)} runs ...")
                errors[method].append(run_seeds(method, extent, seeds))
    results = Results(extents, np.array(seeds), {method: np.array(list_) for method, list_ in errors.items()})
    if output_directory is not None:
        labels = [extent.label for extent in extents]
        report = extent_report(labels, results.errors, NUMBER_OF_SAMPLES)
        write_text(report, output_directory / "extent_experiment.md")
        draw_figure(results).savefig(output_directory / "extent_experiment.png")
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=200, help="number of runs (default: 200)")
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help="output directory")
    arguments = parser.parse_args()
    run(seeds=range(1, arguments.seeds + 1), output_directory=arguments.output)
    progress(f"table and figure: {arguments.output.resolve()}")


if __name__ == "__main__":
    main()
