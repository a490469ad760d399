# SPDX-License-Identifier: Apache-2.0
"""Rigid registration of a real brain inside three masks, with stock ITK and with a mask.

The fixed image is the MNI152 T1 template that the nilearn package carries. The moving image is
the same brain under a known rigid transform, with another contrast and with noise. The masks are
the grey matter, a ball of 12 mm radius in the cortex, and a cortical ribbon one voxel thick. Both
methods have the same metric, optimizer, levels and number of samples asked for.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import itk
import numpy as np
import numpy.typing as npt
from itk_maskedsampling import plot
from matplotlib.figure import Figure
from reporting import (
    COLORS,
    DEFAULT_OUTPUT,
    MASKED,
    METHODS,
    REGISTRATION_CLASSES,
    FloatArray,
    itk_warnings_off,
    load_itk,
    markdown_table,
    progress,
    reason_of,
    write_text,
)
from scipy import ndimage

NUMBER_OF_SAMPLES = 2000
SHRINK_FACTORS = (4, 2, 1)
SMOOTHING_SIGMAS = (2, 1, 0)

# The true motion: rotations in degrees about the centre of the image, translations in mm.
ROTATION = (4.0, -3.0, 5.0)
TRANSLATION = (4.0, -3.0, 5.0)
# The template's own intensity range is 0 .. 255.
MAXIMUM = 255.0
GAMMA = 0.8
NOISE = 4.0

GREY_MATTER_THRESHOLD = 0.6
# In the left visual cortex, in ITK's physical space, whose x and y are those of MNI negated.
BALL_CENTER = (8.0, 84.0, 4.0)
BALL_RADIUS = 12.0

GREY_MATTER = "grey matter"
BALL = "12 mm ball"
RIBBON = "cortical ribbon"
MASKS = (GREY_MATTER, BALL, RIBBON)

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class OptimizerSettings:
    """Settings of the regular step gradient descent, the same for both methods and every level.

    Step lengths are in mm: the parameter scales make a step move no corner of the virtual domain
    by more than about its length.
    """

    learning_rate: float = 2.0
    relaxation: float = 0.7
    minimum_step: float = 1e-3
    iterations: int = 200


SETTINGS = OptimizerSettings()


@dataclass(frozen=True)
class Brain:
    """The images, the true motion, which maps fixed to moving space, and the masks.

    Arrays have the shape (z, y, x).
    """

    fixed: Any
    moving: Any
    truth: Any
    masks: dict[str, BoolArray]


@dataclass(frozen=True)
class Run:
    """One registration. Errors are mean target registration errors over the mask, in mm.

    A run that threw has the error NaN and the reason in `failure`. `points` are the sample points
    of the last level that was reached, (points, 3) in mm, and `transform` is what was found.
    """

    mask: str
    method: str
    seed: int
    error_before: float
    error: float
    seconds: float
    iterations: int
    points: npt.NDArray[np.float32]
    transform: Any
    failure: str = ""


def find_template(name: str) -> Path:
    """Path of an MNI152 image in the nilearn package, which is not imported: that takes long."""
    spec = importlib.util.find_spec("nilearn")
    if spec is None or spec.origin is None:
        raise RuntimeError("This example needs the MNI152 template: pip install nilearn")
    file_name = f"mni_icbm152_{name}_tal_nlin_sym_09a_converted.nii.gz"
    return Path(spec.origin).parent / "datasets" / "data" / file_name


def image_like(pixels: npt.NDArray[Any], reference: Any) -> Any:
    """An image of these pixels on the grid of the reference."""
    image = itk.image_from_array(pixels)
    image.CopyInformation(reference)
    return image


def load_template(name: str, maximum: float) -> Any:
    """Read an MNI152 image as float, scaled to 0 .. maximum."""
    image = itk.imread(str(find_template(name)), itk.F)
    pixels = itk.array_view_from_image(image)
    return image_like(pixels * np.float32(maximum / pixels.max()), image)


def make_euler_transform(center: Sequence[float]) -> Any:
    """An identity, to rotate about the center, in mm."""
    transform = itk.Euler3DTransform[itk.D].New()
    transform.SetCenter(list(center))
    return transform


def make_truth(fixed: Any) -> Any:
    """The true motion, about the centre of the image."""
    size = fixed.GetLargestPossibleRegion().GetSize()
    transform = make_euler_transform(fixed.TransformIndexToPhysicalPoint([size[d] // 2 for d in range(3)]))
    transform.SetRotation(*np.deg2rad(ROTATION))
    transform.SetTranslation(TRANSLATION)
    return transform


def resample(image: Any, transform: Any) -> Any:
    """The image, by linear interpolation, at the transformed points of its own grid."""
    return itk.resample_image_filter(image, transform=transform, use_reference_image=True, reference_image=image)


def make_moving(fixed: Any, truth: Any, seed: int = 0) -> Any:
    """The fixed image moved, with the contrast changed and noise added."""
    moved = resample(fixed, truth.GetInverseTransform())
    pixels = MAXIMUM * (itk.array_view_from_image(moved) / np.float32(MAXIMUM)) ** GAMMA
    noise = np.random.default_rng(seed).normal(0.0, NOISE, pixels.shape)
    return image_like((pixels + noise).astype(np.float32), fixed)


def make_masks(fixed: Any) -> dict[str, BoolArray]:
    """The three masks on the grid of the fixed image."""
    grey_matter = itk.array_from_image(load_template("gm", 1.0)) > GREY_MATTER_THRESHOLD
    center = fixed.TransformPhysicalPointToContinuousIndex(BALL_CENTER)
    z, y, x = np.ogrid[tuple(slice(0, length) for length in grey_matter.shape)]
    squares = (x - center[0]) ** 2 + (y - center[1]) ** 2 + (z - center[2]) ** 2
    return {
        GREY_MATTER: grey_matter,
        BALL: squares <= BALL_RADIUS**2,
        RIBBON: grey_matter & ~ndimage.binary_erosion(grey_matter),
    }


def load_brain() -> Brain:
    """Read the template and make the moving image and the masks."""
    fixed = load_template("t1", MAXIMUM)
    truth = make_truth(fixed)
    return Brain(fixed, make_moving(fixed, truth), truth, make_masks(fixed))


def mask_points(mask: BoolArray, image: Any, greatest_number: int = 20000) -> FloatArray:
    """Centres of mask voxels, evenly thinned out to a number, as (points, 3) in mm."""
    indices = np.argwhere(mask)[:, ::-1]
    indices = indices[:: max(1, len(indices) // greatest_number)]
    direction = itk.array_from_matrix(image.GetDirection())
    points = (indices * np.array(image.GetSpacing())) @ direction.T + np.array(image.GetOrigin())
    return np.asarray(points)


def apply_transform(transform: Any, points: FloatArray) -> FloatArray:
    """Map points of the shape (points, 3) by a rigid transform."""
    matrix = itk.array_from_matrix(transform.GetMatrix())
    return np.asarray(points @ matrix.T + np.array(transform.GetOffset()))


def target_registration_error(transform: Any, truth: Any, points: FloatArray) -> float:
    """Mean distance, in mm, between where two transforms send the points."""
    difference = apply_transform(transform, points) - apply_transform(truth, points)
    return float(np.linalg.norm(difference, axis=1).mean())


def make_optimizer(metric: Any, settings: OptimizerSettings) -> Any:
    scales = itk.RegistrationParameterScalesFromPhysicalShift[type(metric)].New(metric=metric)
    optimizer = itk.RegularStepGradientDescentOptimizerv4[itk.D].New()
    optimizer.SetLearningRate(settings.learning_rate)
    optimizer.SetRelaxationFactor(settings.relaxation)
    optimizer.SetMinimumStepLength(settings.minimum_step)
    optimizer.SetNumberOfIterations(settings.iterations)
    optimizer.SetScalesEstimator(scales)
    return optimizer


def make_metric(brain: Brain, mask: BoolArray) -> Any:
    """Mutual information inside the mask."""
    image_type = type(brain.fixed)
    mask_object = itk.ImageMaskSpatialObject[3].New()
    mask_object.SetImage(image_like(mask.astype(np.uint8), brain.fixed))
    mask_object.Update()
    metric = itk.MattesMutualInformationImageToImageMetricv4[image_type, image_type].New()
    metric.SetNumberOfHistogramBins(32)
    metric.SetUseFixedImageGradientFilter(False)
    metric.SetUseMovingImageGradientFilter(False)
    metric.SetFixedImageMask(mask_object)
    return metric


def ask_for_samples(registration: Any, method: str, fixed: Any) -> None:
    """Ask for the same number of samples at every level.

    A percentage is of the shrunken image in stock ITK, so that it grows with the shrink factor.
    """
    if method == MASKED:
        registration.SetNumberOfSamples(NUMBER_OF_SAMPLES)
        return
    number_of_voxels = fixed.GetLargestPossibleRegion().GetNumberOfPixels()
    registration.SetMetricSamplingPercentagePerLevel(
        [min(1.0, NUMBER_OF_SAMPLES * factor**3 / number_of_voxels) for factor in SHRINK_FACTORS]
    )


def make_registration(method: str, brain: Brain, metric: Any, seed: int, settings: OptimizerSettings) -> Any:
    image_type = type(brain.fixed)
    registration = getattr(itk, REGISTRATION_CLASSES[method])[image_type, image_type].New()
    registration.SetFixedImage(brain.fixed)
    registration.SetMovingImage(brain.moving)
    registration.SetMetric(metric)
    registration.SetOptimizer(make_optimizer(metric, settings))
    registration.SetNumberOfLevels(len(SHRINK_FACTORS))
    registration.SetShrinkFactorsPerLevel(SHRINK_FACTORS)
    registration.SetSmoothingSigmasPerLevel(SMOOTHING_SIGMAS)
    registration.SetMetricSamplingStrategy(itk.ImageRegistrationMethodv4Enums.MetricSamplingStrategy_RANDOM)
    registration.MetricSamplingReinitializeSeed(seed)
    ask_for_samples(registration, method, brain.fixed)
    return registration


def count_iterations(optimizer: Any, counts: list[int]) -> None:
    """Note the number of iterations of each level as it goes on."""

    def note() -> None:
        iteration = optimizer.GetCurrentIteration()
        if iteration == 0 or not counts:
            counts.append(0)
        counts[-1] = iteration + 1

    optimizer.AddObserver(itk.IterationEvent(), note)


def get_sample_points(metric: Any) -> npt.NDArray[np.float32]:
    """The sample points on a metric, (points, 3) in mm."""
    point_set = metric.GetVirtualSampledPointSet()
    if point_set is None or point_set.GetNumberOfPoints() == 0:
        return np.empty((0, 3), np.float32)
    return np.asarray(itk.array_from_vector_container(point_set.GetPoints()))


def register(brain: Brain, mask_name: str, method: str, seed: int, settings: OptimizerSettings = SETTINGS) -> Run:
    """Register once, from an identity about the centre of mass of the mask."""
    mask = brain.masks[mask_name]
    targets = mask_points(mask, brain.fixed)
    transform = make_euler_transform(targets.mean(axis=0))
    error_before = target_registration_error(transform, brain.truth, targets)
    metric = make_metric(brain, mask)
    registration = make_registration(method, brain, metric, seed, settings)
    registration.SetInitialTransform(transform)
    registration.InPlaceOn()
    iterations: list[int] = []
    count_iterations(registration.GetModifiableOptimizer(), iterations)
    failure = ""
    start = time.perf_counter()
    try:
        registration.Update()
    except RuntimeError as error:
        failure = reason_of(error)
    return Run(
        mask=mask_name,
        method=method,
        seed=seed,
        error_before=error_before,
        error=np.nan if failure else target_registration_error(transform, brain.truth, targets),
        seconds=time.perf_counter() - start,
        iterations=sum(iterations),
        points=get_sample_points(metric),
        transform=transform,
        failure=failure,
    )


def describe(run_: Run) -> str:
    """What came out of one registration."""
    if run_.failure:
        return f"threw: {run_.failure}"
    return (
        f"{run_.error_before:.2f} -> {run_.error:.3f} mm, {run_.seconds:.1f} s, "
        f"{run_.iterations} iterations, {len(run_.points)} samples"
    )


def make_row(brain: Brain, runs: Sequence[Run]) -> list[str]:
    """One line of the table: all seeds of one method with one mask."""
    mask = brain.masks[runs[0].mask]
    done = [run_ for run_ in runs if not run_.failure]
    row = [
        f"{runs[0].mask}, {mask.sum()} voxels, {100 * mask.mean():.2g} %",
        runs[0].method,
        f"{round(np.mean([len(run_.points) for run_ in runs]), 1):g}",
        f"{runs[0].error_before:.2f}",
    ]
    if done:
        errors = [run_.error for run_ in done]
        row += [
            f"{np.mean(errors):.3f}",
            f"{max(errors):.3f}",
            f"{np.mean([run_.seconds for run_ in done]):.1f}",
            f"{np.mean([run_.iterations for run_ in done]):.0f}",
        ]
    else:
        row += ["-"] * 4
    return [*row, f"{len(runs) - len(done)} of {len(runs)}"]


def make_report(brain: Brain, runs: Sequence[Run]) -> str:
    """The table of the experiment, in Markdown."""
    header = [
        "mask", "method", "samples in the mask", "TRE before, mm", "TRE after, mm", "worst, mm",
        "time, s", "iterations", "threw",
    ]  # fmt: skip
    groups: dict[tuple[str, str], list[Run]] = {}
    for run_ in runs:
        groups.setdefault((run_.mask, run_.method), []).append(run_)
    rows = [make_row(brain, group) for group in groups.values()]
    reasons = sorted({f"- {run_.method}: {run_.failure}" for run_ in runs if run_.failure})
    text = (
        f"Mean target registration error (TRE) over the mask, {NUMBER_OF_SAMPLES} samples asked "
        f"for;\nmeans over the seeds that did not throw.\n\n{markdown_table(header, rows)}"
    )
    return "\n".join([text, "", "What was thrown:", *reasons]) if reasons else text


def place_of(mask_name: str) -> dict[str, Any]:
    """The axial slice in which a mask is shown: a point in it, and how far around the mask it goes, in mm."""
    if mask_name == BALL:
        return {"across": "z", "at": BALL_CENTER, "margin": 13.0}
    return {"across": "z", "at": (0.0, 0.0, 40.0 if mask_name == RIBBON else 14.0), "margin": 4.0}


def first_runs(runs: Iterable[Run]) -> dict[tuple[str, str], Run]:
    """The run with the first seed, by mask and method."""
    first: dict[tuple[str, str], Run] = {}
    for run_ in runs:
        first.setdefault((run_.mask, run_.method), run_)
    return first


def draw_samples(brain: Brain, runs: Sequence[Run], path: Path, distance: float = 1.5) -> None:
    """Save slices with the masks and the sample points of the last level, method by method."""
    first = first_runs(runs)
    names = list(dict.fromkeys(run_.mask for run_ in runs))
    figure = Figure(figsize=(2.8 * len(names), 7.0), dpi=90, layout="constrained")
    panels = figure.subplots(len(METHODS), len(names), squeeze=False)
    for row, method in enumerate(METHODS):
        for column, name in enumerate(names):
            run_, axes, mask = first[name, method], panels[row, column], brain.masks[name]
            style: dict[str, Any] = {"thickness": 2 * distance, "color": COLORS[method]}
            plot.samples(run_.points, brain.fixed, mask, axes=axes, **style, **place_of(name))
            threw = ": threw" if run_.failure else ""
            counts = f"{len(run_.points)} of {NUMBER_OF_SAMPLES} samples in the mask"
            axes.set_title(f"{name}, {method}{threw}\n{counts}\n{axes.get_title().splitlines()[0]}", fontsize=9)
    figure.suptitle(
        f"The border of the mask (line), and the samples at most {distance} mm from the slice (dots)",
        fontsize=11,
    )
    figure.savefig(path)


def draw_checkerboards(brain: Brain, runs: Sequence[Run], path: Path) -> None:
    """Save checkerboards of the fixed and the moving image before and after, mask by mask."""
    first = first_runs(run_ for run_ in runs if run_.method == MASKED)
    names = list(dict.fromkeys(run_.mask for run_ in runs))
    figure = Figure(figsize=(2.8 * len(names), 7.0), dpi=90, layout="constrained")
    panels = figure.subplots(2, len(names), squeeze=False)
    for column, name in enumerate(names):
        run_, both = first[name, MASKED], panels[:, column]
        # The other masks are everywhere, and their borders would hide the brain.
        style: dict[str, Any] = {"border": name == BALL, "axes": both, **place_of(name)}
        plot.checkerboard(run_.transform, brain.fixed, brain.moving, brain.masks[name], **style)
        for axes, error in zip(both, (f"{run_.error_before:.2f}", f"{run_.error:.3f}"), strict=True):
            axes.set_title(f"{name}: {error} mm\n{axes.get_title()}", fontsize=9)
    figure.suptitle(
        "Squares of the fixed and of the moving image (noisy), masked method;\nmean error in the mask",
        fontsize=11,
    )
    figure.savefig(path)


def run(
    seeds: Iterable[int] = (1, 2, 3),
    output_directory: Path | None = None,
    masks: Iterable[str] = MASKS,
) -> list[Run]:
    """Register with both methods, every mask and every seed.

    With an output directory, save the table as brain.md and the pictures as brain_samples.png and
    brain_checkerboard.png there.
    """
    seeds = tuple(seeds)
    jobs = [(name, method, seed) for name in masks for method in METHODS for seed in seeds]
    load_itk()
    progress("reading the brain and making the moving image and the masks ...")
    brain = load_brain()
    runs = []
    with itk_warnings_off():
        for index, (name, method, seed) in enumerate(jobs):
            runs.append(register(brain, name, method, seed))
            progress(f"brain {index + 1} of {len(jobs)}: {name}, {method}, seed {seed}: {describe(runs[-1])}")
    if output_directory is not None:
        write_text(make_report(brain, runs), output_directory / "brain.md")
        progress("drawing the brain ...")
        draw_samples(brain, runs, output_directory / "brain_samples.png")
        draw_checkerboards(brain, runs, output_directory / "brain_checkerboard.png")
    return runs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=3, help="number of runs (default: 3)")
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help="output directory")
    arguments = parser.parse_args()
    run(seeds=range(1, arguments.seeds + 1), output_directory=arguments.output)
    progress(f"table and pictures: {arguments.output.resolve()}")


if __name__ == "__main__":
    main()
