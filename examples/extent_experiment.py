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
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from reporting import (
    COLORS,
    DEFAULT_OUTPUT,
    MASKED,
    METHODS,
    REGISTRATION_CLASSES,
    STOCK,
    itk_warnings_off,
    load_itk,
    markdown_table,
    progress,
    write_text,
)

NUMBER_OF_SAMPLES = 256
SHIFT = (0, 5)
RECTANGLE_SIZE = (30, 20)
MASK_SIZE = (40, 30)
MARGIN = 5

FloatArray = npt.NDArray[np.float64]


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

    def failures(self, method: str) -> npt.NDArray[np.int64]:
        """Number of runs that threw, per extent."""
        return np.asarray(np.isnan(self.errors[method][:, :, 0]).sum(axis=1))

    def greatest_difference(self, method: str) -> FloatArray:
        """Greatest difference of an error, in pixels, between the first extent and each."""
        errors = self.errors[method]
        return np.asarray(np.abs(errors - errors[:1]).max(axis=(1, 2)))


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


def format_statistics(errors: FloatArray) -> str:
    """Mean absolute error and its standard deviation, x / y, of errors of shape (seeds, 2)."""
    magnitudes = np.abs(errors[~np.isnan(errors[:, 0])])
    if not len(magnitudes):
        return "-"
    means, deviations = magnitudes.mean(axis=0), magnitudes.std(axis=0)
    return " / ".join(f"{m:.3g} ({s:.3g})" for m, s in zip(means, deviations, strict=True))


def make_report(results: Results) -> str:
    """The table of the experiment, in Markdown."""
    rows = [
        [
            extent.label,
            *(
                cell
                for method in METHODS
                for cell in (
                    format_statistics(results.errors[method][index]),
                    str(results.failures(method)[index]),
                )
            ),
        ]
        for index, extent in enumerate(results.extents)
    ]
    header = ["extent, pixels"]
    for method in METHODS:
        header += [f"{method}: x / y", f"{method}: threw"]
    differences = ", ".join(
        f"{extent.label}: {difference:.1e}"
        for extent, difference in zip(results.extents, results.greatest_difference(MASKED), strict=True)
    )
    return (
        f"Mean absolute error (standard deviation) in pixels, {len(results.seeds)} runs each, "
        f"{NUMBER_OF_SAMPLES} samples asked for;\nthe runs that threw are counted, and are not "
        f"in the means.\n\n{markdown_table(header, rows)}\n\n"
        "Masked: greatest difference, in pixels, of the error of a seed from that in the first "
        f"extent:\n{differences}."
    )


def draw_errors(axes: Axes, position: float, errors: FloatArray, method: str, floor: float, failed_at: float) -> None:
    """Draw the errors in y, (seeds,) in pixels, of one method in one extent as a cloud of dots."""
    generator = np.random.default_rng(0)
    failed = np.isnan(errors)
    magnitudes = np.maximum(np.abs(errors), floor)
    magnitudes[failed] = failed_at
    places = position + generator.uniform(-0.14, 0.14, len(errors))
    style: dict[str, Any] = {"color": COLORS[method], "linewidths": 0.7}
    axes.scatter(places[~failed], magnitudes[~failed], s=9, alpha=0.45, **style)
    axes.scatter(places[failed], magnitudes[failed], s=16, marker="x", alpha=0.8, **style)
    if not failed.all():
        median = np.median(magnitudes[~failed])
        axes.hlines(median, position - 0.19, position + 0.19, color="black", linewidth=2, zorder=3)
    if failed.any():
        axes.annotate(
            f"{failed.sum()} of {len(errors)} threw",
            (position, failed_at),
            (0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=8,
        )


def draw_figure(results: Results, path: Path) -> None:
    """Save the distributions of the absolute error in y, per extent, for both methods."""
    figure = Figure(figsize=(9, 5), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    floor = 1e-4
    finite = np.concatenate([np.abs(results.errors[m][:, :, 1]).ravel() for m in METHODS])
    failed_at = 5 * max(np.nanmax(finite, initial=10.0), 10.0)
    for index in range(len(results.extents)):
        for method, offset in ((STOCK, -0.2), (MASKED, 0.2)):
            errors = results.errors[method][index, :, 1]
            draw_errors(axes, index + offset, errors, method, floor, failed_at)
    axes.axhline(abs(SHIFT[1]), color="gray", linestyle="--", linewidth=1, zorder=0)
    axes.annotate(
        "before registration", (1, abs(SHIFT[1])), (-4, 3), ("axes fraction", "data"),
        "offset points", ha="right", fontsize=8, color="gray",
    )  # fmt: skip
    axes.set_yscale("log")
    axes.set_ylim(floor / 1.6, failed_at * 4)
    axes.axhspan(failed_at / 3, failed_at * 4, color="0.93", zorder=0)
    powers = np.arange(np.log10(floor), np.log10(failed_at / 3))
    axes.set_yticks([*10**powers, failed_at], [*(f"{10**power:g}" for power in powers), "threw"])
    axes.minorticks_off()
    axes.set_xticks(range(len(results.extents)), [e.label for e in results.extents])
    axes.set_xlabel("image extent around the same mask of 40 x 30 pixels, in pixels")
    axes.set_ylabel(f"absolute error in y, pixels (below {floor:g}: drawn there)")
    axes.set_title(f"{NUMBER_OF_SAMPLES} metric samples asked for, {len(results.seeds)} seeds")
    for method in METHODS:
        axes.scatter([], [], s=16, color=COLORS[method], label=REGISTRATION_CLASSES[method])
    axes.scatter([], [], s=16, marker="x", color=COLORS[STOCK], label="run that threw")
    axes.plot([], [], color="black", linewidth=2, label="median")
    figure.legend(loc="outside lower center", ncols=4, frameon=False)
    axes.grid(axis="y", alpha=0.3)
    figure.savefig(path)


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
        write_text(make_report(results), output_directory / "extent_experiment.md")
        draw_figure(results, output_directory / "extent_experiment.png")
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
