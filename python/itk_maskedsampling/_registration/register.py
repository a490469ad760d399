# SPDX-License-Identifier: Apache-2.0
"""The one function that most users need."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core, public
from .._images.arrays import Array, exceeds_float32, freeze, is_double, to_points
from .._images.choices import snake
from .._images.masks import to_real
from .._transforms.tears import find_tear
from .._transforms.transform import Transform
from .folding import read_folding
from .inputs import Labels, find_pairs, read_inputs, sources_of
from .plan import MASKS, Plan, check_dimensions, make_metrics, make_plan, name_metrics, take_masks
from .progress import Callback, Watch, count_iterations
from .result import Registration
from .settings import Stage
from .sources import Images, Inputs, Sources
from .uncertainty import read_uncertainty

#: Arguments of which the core can say, when it sees the images, that they do not do.
ARGUMENTS = (
    "fixed|moving|transform|metric|metric_weights|metric_weights_image|smoothing|samples|percentage|initial|grid_spacing|grid_scale_factors|regularization|optimizer"
    "|hessian_approximation_accuracy|maximum_number_of_corrections"
)

Counts = int | Sequence[int] | npt.NDArray[np.integer[Any]]
Numbers = float | Sequence[float] | npt.NDArray[np.floating[Any]]


@public
def register(
    fixed: Any,
    moving: Any,
    fixed_mask: Any = None,
    moving_mask: Any = None,
    *,
    fixed_label: Labels = None,
    moving_label: Labels = None,
    transform: Any = "rigid",
    metric: str | Sequence[str] | None = None,
    metric_weights: Sequence[float] | npt.NDArray[np.floating[Any]] | None = None,
    samples: Counts | None = None,
    percentage: Numbers | None = None,
    sampling: str | None = None,
    seed: int | None = None,
    metric_weights_image: Any = None,
    weights: Any = None,
    points: npt.ArrayLike | None = None,
    initial: Any = None,
    center: Sequence[float] | npt.NDArray[np.floating[Any]] | None = None,
    grid_spacing: Numbers | None = None,
    regularization: float | None = None,
    interpolator: str | None = None,
    levels: int | None = None,
    shrink_factors: Counts | None = None,
    smoothing_sigmas: Numbers | None = None,
    optimizer: str | None = None,
    iterations: Counts | None = None,
    learning_rate: Numbers | None = None,
    scales: str | None = None,
    uncertainty: str | None = None,
    work_units: int | None = None,
    callback: Callback | None = None,
    progress: bool = False,
    **settings: Any,
) -> Registration:
    """Find the transform from points of a fixed image to those of a moving one. Samples are drawn inside the mask only.

    Parameters
    ----------
    fixed, moving : image, or list of image
        Of itk, SimpleITK, xarray or nibabel; a numpy array [z,]y,x, of spacing 1 and origin 0; an
        itk_maskedsampling.Image, which is an array with spacing, origin and direction; or the path of a file. Two or
        three dimensions. They are computed with as float32, unless all are float64 or one has integers beyond 2^24, and
        shared instead of copied where they are that already. What is not finite must be outside of a mask. Several
        images of the same place, such as T1 and T2, are lists: see metric_weights. So are the channels of images with
        several numbers per pixel, in their order; of arrays, give a list.
    fixed_mask : image, or list of image, optional
        Where it is not 0, samples are drawn; on any grid. Also a spatial object of itk. A numpy array takes the
        geometry of its image. Default: the whole image.
    moving_mask : image, or list of image, optional
        Where it is not 0, the moving image counts. Default: everywhere.
    fixed_label, moving_label : int or sequence of int, optional
        Of fixed_mask, moving_mask: only where it is this label, or one of these. Default: wherever it is not 0.
    transform : str, transform, path or list, default "rigid"
        translation, rigid, similarity, affine, b-spline, displacement-field or syn; or a transform to start from, of
        which a copy is optimised: a Transform, one of itk or SimpleITK, or the path of its file. Or a list of these as
        stages, of which each goes on where the one before ended; a stage can be a dict with the key "transform" and
        settings of its own, which override those for all stages, and a fixed_mask or moving_mask of all images, or None
        for none; or a fixed_label or moving_label of these.
    metric : str, or list of str, optional
        mutual-information, mean-squares, correlation, neighborhood-correlation, joint-histogram-mutual-information or
        demons. Default: mutual-information; for displacement-field and syn neighborhood-correlation. That one takes
        every voxel inside the mask. A list is one for each pair of images, or several of the only pair.
    metric_weights : sequence of float, optional
        How much each pair of images, or each metric, counts: what is optimised is the weighted mean of the metrics,
        each as a logarithm of a likelihood, so that units do not matter. With several, a search for the start sees the
        first pair alone, and there is no uncertainty. For linear transforms and b-spline. Default: all the same.
    metric_weights_image : image, optional
        How much each sample counts in the metric, 0 or more: a soft mask. Where it is 0, nothing is sampled. For
        mutual-information, mean-squares and correlation, linear transforms and b-spline. Default: the same everywhere.
    samples : int or sequence of int, optional
        How many, or how many at each level. Default: 2000, and 5000 at the last level; for a b-spline 400 000 at the
        last level, a fourth as many at the one before, and at least 50 000.
    percentage : float or sequence of float, optional
        Instead of samples: a fraction, in (0, 1], of the voxels inside the mask. Default: samples counts.
    sampling : str, optional
        random, regular, or none, which takes every voxel inside the mask. Default: random; for displacement-field and
        syn, and with neighborhood-correlation, none.
    seed : int, optional
        Of the random draws; the same seed gives the same points. Default: 1.
    weights : image, optional
        The density of the draws, 0 or more. Default: the same everywhere.
    points : array, shape (n, D), optional
        Your own sample points, x first, in space. Default: they are drawn.
    initial : str, transform, matrix or path, optional
        none; geometry, which lets the centres of the images (or of the boxes of their masks) fall together; moments,
        the same with centres of mass; search, which looks for the start at all translations and rotations around where
        the images lie, inside the mask (search_translation, search_rotation, search_candidates), or geometry-search or
        moments-search, around those; or a transform, that is applied after the one that is optimised: of any kind
        above, or a homogeneous matrix; with initialization="search", around that. Default: none.
    center : sequence of D floats, optional
        Of a rotation, in space. Default: the middle of the mask.
    grid_spacing : float or sequence of D floats, optional
        Distance of the knots of a b-spline, in voxels. Default: 10. Beyond the mask the displacement fades to that of
        the stages before, over four of these, or three times its length where that is more.
    regularization : float, optional
        Weight of the bending energy of a b-spline: the more, the smoother. The energy is the mean, over the mask, of
        the squares of all second derivatives of the displacement in voxels. Default: 0; for a b-spline 10.
    interpolator : str, optional
        Of both images: linear, b-spline, nearest-neighbor and others. Default: linear.
    levels : int, optional
        How many of the usual levels, the last ones. Default: 3.
    shrink_factors : int or sequence of int, optional
        One for each level. Default: 4, 2, 1.
    smoothing_sigmas : float or sequence of float, optional
        One for each level, in voxels. Default: 2, 1, 0; for a b-spline 2, 1, 0.5.
    optimizer : str, optional
        regular-step-gradient-descent, gradient-descent, lbfgs2, and others of ITK. Default:
        regular-step-gradient-descent; for a b-spline lbfgs2; for displacement-field and syn gradient-descent.
    iterations : int or sequence of int, optional
        The most, of all levels or of each. Default: 200; for a b-spline 30; for displacement-field and syn 100, 70, 20.
    learning_rate : float or sequence of float, optional
        The first step, in voxels. Default: 2, 1, 0.5, which is half the shrink factor; for displacement-field and syn
        0.25.
    scales : str, optional
        Of the parameters: physical-shift, index-shift, jacobian, none or manual. Default: physical-shift; for a
        b-spline none.
    uncertainty : str, optional
        How it is found out how far the result can be trusted: quick; thorough, with more samples, and a registration
        from every other place that may fit; or none. A result that is not determined is warned of. Default: quick.
    work_units : int, optional
        How many threads, 0 for all. Default: 0.
    callback : function, optional
        Called with a Progress after each iteration. If it returns False, the registration ends there, with what it has.
        What it raises ends it, too, and comes out of register(). Default: none is called.
    progress : bool, default False
        Write a line on standard error while it runs.
    **settings
        Any other setting of itk::MaskedRegistrationSettings, in snake_case. The settings of a Registration show all of
        them, and `itk-maskedsampling info --settings` their defaults.

    Returns
    -------
    Registration
        The transform, the course of the metric, and how it came about.

    Raises
    ------
    TypeError, ValueError, FileNotFoundError
        They name the argument, for what cannot be registered.
    RuntimeError
        For what is found out later.
    KeyboardInterrupt
        After Ctrl-C; all is then as before.

    Examples
    --------
    >>> result = register("fixed.nii.gz", "moving.nii.gz", "mask.nii.gz", transform="affine")  # doctest: +SKIP
    >>> result.resample()  # doctest: +SKIP
    """
    names = name_metrics(metric, transform)
    given = {
        "metric": names[0] if names else metric,
        "samples": samples,
        "percentage": percentage,
        "sampling": sampling,
        "seed": seed,
        "center": center,
        "grid_spacing": grid_spacing,
        "regularization": regularization,
        "interpolator": interpolator,
        "levels": levels,
        "shrink_factors": shrink_factors,
        "smoothing_sigmas": smoothing_sigmas,
        "optimizer": optimizer,
        "iterations": iterations,
        "learning_rate": learning_rate,
        "scales": scales,
        "uncertainty": uncertainty,
        "work_units": work_units,
    }
    if samples is not None and percentage is not None:
        raise ValueError(f"samples, percentage: {samples} and {percentage}, but both say how many; give one of them")
    if callback is not None and not callable(callback):
        raise TypeError(f"callback: a function is needed, not {type(callback).__name__}")
    plan = make_plan(transform, initial, {**given, **settings})
    with _core.collect_warnings() as told:
        pairs, files = find_pairs(fixed, moving, fixed_mask, moving_mask, weights, metric_weights_image)
        metrics = make_metrics(names, metric_weights, len(pairs))
        plan = replace(plan, metrics=metrics)
        masks = {name: [getattr(pair, name) for pair in pairs] for name in MASKS}
        stage_masks = take_masks(transform, masks)[1]
        pairs = pairs * len(metrics) if len(pairs) == 1 else pairs
        own_masks = {key: own.mask for key, own in stage_masks.items()}
        labels = {key: own.label for key, own in stage_masks.items()}
        sources: Sources = Images(pairs, weights, metric_weights_image, own_masks, len(plan.stages), files)
        inputs = read_inputs(sources, fixed_label, moving_label, labels)
        if points is not None:
            if samples is not None or percentage is not None:
                name, given_number = ("samples", samples) if samples is not None else ("percentage", percentage)
                raise ValueError(f"{name}: {given_number}, but points says which samples there are; leave it out")
            plan = replace(plan, points=freeze(to_points("points", points, inputs.fixed.dimension)))
        return run(plan, inputs, callback, progress, told)


def run(plan: Plan, inputs: Inputs, callback: Callback | None, progress: bool, told: list[str]) -> Registration:
    """Do what is planned. What is warned of comes into the list."""
    dimension = inputs.fixed.dimension
    check_dimensions(plan, dimension)
    dtype = choose_type(*(image.pixels for pair in inputs.pairs for image in (pair.fixed, pair.moving)))
    method = _core.Method(dimension, dtype)
    for role, image in (("fixed", inputs.fixed), ("moving", inputs.moving)):
        method.set_image(role, to_real(role, image, dtype, inputs.masks_of(role)), image.geometry)
    for role, raster in (
        ("fixed-mask", inputs.pairs[0].fixed_mask),
        ("moving-mask", inputs.pairs[0].moving_mask),
        ("weights", inputs.weights),
        ("metric-weights", inputs.metric_weights_image),
    ):
        if raster is not None:
            method.set_image(role, raster.pixels, raster.geometry)
    if plan.start is not None:
        method.set_transform("transform", list(plan.start.parts))
    if plan.initial is not None:
        method.set_transform("moving-initial", list(plan.initial.parts))
    if plan.points is not None:
        method.set_points(plan.points)
    add_channels(method, plan, inputs)
    iterations = [add_stage(method, stage) for stage in plan.stages]
    for (stage, name), raster in inputs.stage_masks.items():
        mask = None if raster is None else (raster.pixels, raster.geometry)
        method.set_stage_mask(stage, name.replace("_", "-"), mask)

    watch = Watch(method, iterations, callback, progress)
    start = time.perf_counter()
    try:
        method.run(watch if callback or progress else None, wanted=watch.wants, reword=name_arguments)
    except _core.CoreError as error:
        text = name_arguments(str(error))
        # What is said of an argument is that the argument does not do.
        kind = ValueError if re.match(rf"({ARGUMENTS}): ", text) else _core.CoreError
        raise kind(text) from error
    finally:
        watch.close()
    seconds = time.perf_counter() - start
    stop_condition = "The callback returned False." if watch.stopped else method.stop_condition
    found = Transform(dimension, tuple(method.transform("result")))
    tear = find_tear(found, inputs.fixed.geometry)
    if tear is not None:
        _core.warn(tear.describe())
    return Registration(
        transform=found,
        value=method.value,
        course=method.course,
        levels=tuple(method.reports),
        points=method.points,
        stop_condition=stop_condition,
        seconds=seconds,
        _plan=replace(plan, stages=complete(method, plan)),
        _geometry=inputs.fixed.geometry,
        _sources=sources_of(inputs),
        warnings=tuple(told),
        folding=read_folding(method),
        uncertainty=read_uncertainty(method, name_arguments(method.text("uncertainty-text"))),
    )


def choose_type(*images: Array) -> np.dtype[Any]:
    """float32, unless all images are float64, or one has integers that float32 does not tell apart."""
    needs_double = all(map(is_double, images)) or any(map(exceeds_float32, images))
    return np.dtype(np.float64 if needs_double else np.float32)


def add_channels(method: _core.Method, plan: Plan, inputs: Inputs) -> None:
    """Add the pairs of images besides the first one."""
    method.set_metric_weight(plan.metrics[0][1])
    first = inputs.pairs[0]
    for number, pair in enumerate(inputs.pairs[1:], 1):
        method.add_channel(*plan.metrics[number])
        for role, image, mask in (("fixed", pair.fixed, pair.fixed_mask), ("moving", pair.moving, pair.moving_mask)):
            is_first = image is getattr(first, role) and mask is getattr(first, f"{role}_mask")
            real = (
                method.pixels(role)
                if is_first
                else to_real(f"{role}[{number}]", image, method.dtype, inputs.masks_of(role, number))
            )
            method.set_image(f"{role}@{number}", real, image.geometry)
            if mask is not None:
                method.set_image(f"{role}-mask@{number}", mask.pixels, mask.geometry)


def add_stage(method: _core.Method, stage: Stage) -> tuple[int, ...]:
    """Add a stage, and return the most iterations of each of its levels."""
    number = method.add_stage(stage.transform)
    try:
        for name, value in stage.settings.items():
            method.set(number, name, value)
        method.check(number)
    except _core.CoreError as error:
        raise ValueError(name_arguments(str(error))) from error
    return count_iterations(method.settings(number))


def name_arguments(text: str) -> str:
    """A message of the core, which names settings, with the arguments of register() instead."""
    known = [*_core.describe_settings(), "metric-weights", "metric-weights-image"]
    names = {name: snake(name) for name in known if "-" in name}
    text = re.sub("[a-z]+(-[a-z0-9]+)+", lambda match: names.get(match[0], match[0]), text)
    text = re.sub(r'^initialization (?=")', "initial: ", text)
    return text.replace('initialization "search"', 'initial="search"')


def complete(method: _core.Method, plan: Plan) -> tuple[Stage, ...]:
    """The stages with all their settings, also those that are defaults."""
    settings = [method.settings(number) for number in range(len(plan.stages))]
    return tuple(
        Stage(
            stage.transform,
            {name: value for name, value in own.items() if name != "transform"},
            frozenset(stage.settings) if stage.given is None else stage.given,
        )
        for stage, own in zip(plan.stages, settings, strict=True)
    )


def repeat(
    plan: Plan,
    sources: Sources,
    callback: Callback | None,
    progress: bool,
    fixed_label: Labels = None,
    moving_label: Labels = None,
) -> Registration:
    """Do once more what was planned, with the images given."""
    with _core.collect_warnings() as told:
        return run(plan, read_inputs(sources, fixed_label, moving_label), callback, progress, told)
