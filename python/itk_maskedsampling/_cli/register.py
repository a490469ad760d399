# SPDX-License-Identifier: Apache-2.0
"""The command `register`."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from .. import version
from .._core import describe_settings
from .._images.arrays import Floats
from .._images.channels import check_counts
from .._images.choices import choose
from .._images.conversion import from_object
from .._images.files import write_image
from .._images.image import Image
from .._pictures.slices import name_unit
from .._registration.landmarks import Landmarks, PointPairs, measure_landmarks, pair_files
from .._registration.register import register
from .._registration.result import Registration
from .._registration.sample import Samples
from .._registration.uncertainty import Uncertainty
from .._transforms.parts import translation_part
from .._transforms.point_files import read_points as read_point_file
from .._transforms.resample import choose_interpolator, resample
from .._transforms.transform import Transform
from .outputs import Output, check_outputs, raise_failed, write_outputs
from .program import NotDetermined
from .progress import Watcher
from .settings import IMAGES, read_all_channels, read_input, read_points, read_settings
from .text import say, say_json

#: Arguments that are landmarks.
PAIR = ("fixed_landmarks", "moving_landmarks")


def run(args: argparse.Namespace) -> int:
    settings = read_settings(args)
    more = ("fixed_label", "moving_label", "metric_weights")
    settings |= {name: getattr(args, name) for name in more if getattr(args, name) is not None}
    if args.points is not None:
        settings["points"] = read_points(args.points)
    names = {name: getattr(args, name) for name in IMAGES}
    if args.metric_weights_image is not None:
        names["metric_weights_image"] = args.metric_weights_image
    channels = read_pairs({"fixed": args.fixed, "moving": args.moving}, args.channel)
    others = {name: path for name, path in names.items() if name not in channels}
    images: dict[str, Any] = {name: None if path is None else read_input(name, path) for name, path in others.items()}
    landmarks = read_landmarks(args, channels["fixed"][0].pixels.ndim)
    outputs = make_outputs(args, channels["moving"][0], count_parts(settings), landmarks)
    inputs = {**names, "points": args.points, "initial": args.initial, **{name: getattr(args, name) for name in PAIR}}
    for number, pair in enumerate(args.channel, 1):
        inputs |= {f"{name} of channel {number}": path for name, path in zip(channels, pair, strict=True)}
    images |= {name: some if len(some) > 1 else some[0] for name, some in channels.items()}
    if args.require_determined:
        check_uncertainty(settings, isinstance(images["fixed"], list))
    starts = {f"transform {word}": word for word in args.transform or []}
    check_outputs(outputs, {**inputs, **starts})
    with Watcher(args.quiet) as watcher:
        result = register(**images, **settings, callback=watcher.callback, progress=watcher.prints)
    written, failed, first = write_outputs(outputs, result)
    errors = None if landmarks is None else measure_landmarks(result, landmarks)
    if args.json:
        say_json(
            {
                **describe(result),
                "landmarks": None if errors is None else describe_landmarks(errors),
                "inputs": {name: path for name, path in inputs.items() if path is not None},
                "outputs": {name: path for path, name in written.items()},
                "errors": list(failed.values()),
            }
        )
    elif not args.quiet:
        say(repr(result))
        if errors is not None:
            say(f"  landmarks: {errors.tell(name_unit(result._geometry))}")
            for text in errors.warnings:
                say(f"  warning: {text}")
        for path in written:
            say(f"wrote {path}")
    raise_failed(written, failed, first)
    if args.require_determined and not (result.uncertainty and result.uncertainty.is_determined):
        told = "not known, as without an iteration" if result.uncertainty is None else result.uncertainty.describe()
        raise NotDetermined(f"require_determined: the uncertainty of the result is {told}")
    return 0


def read_pairs(first: Mapping[str, str], others: Sequence[Sequence[str]]) -> dict[str, list[Image]]:
    """The fixed and the moving images, each with all its channels, of which both have as many."""
    channels = {name: read_all_channels(name, path) for name, path in first.items()}
    check_counts({name: some if len(some) > 1 else some[0] for name, some in channels.items()})
    for pair in others:
        more = [read_all_channels("channel", path) for path in pair]
        if len(more[0]) != len(more[1]):
            raise ValueError(
                f"channel: {pair[0]!r} has {len(more[0])} numbers per pixel, and {pair[1]!r} {len(more[1])}. As many "
                "are needed"
            )
        for name, some in zip(channels, more, strict=True):
            channels[name] += some
    return channels


def check_uncertainty(settings: dict[str, Any], has_channels: bool) -> None:
    """Raise ValueError where it is not to be found out: that of the last stage counts."""
    if has_channels or isinstance(settings.get("metric"), list):
        raise ValueError("require_determined: with several images or metrics, it is not known; leave it out")
    stages = settings["transform"] if isinstance(settings["transform"], list) else [{}]
    how = stages[-1].get("uncertainty", settings.get("uncertainty"))
    if how is not None and choose("uncertainty", how, describe_settings()["uncertainty"].choices) == "none":
        raise ValueError("uncertainty: 'none', but --require-determined needs to know it; leave one of them out")


def read_landmarks(args: argparse.Namespace, dimension: int) -> PointPairs | None:
    """Points of the fixed and of the moving image; None without."""
    given = {name: getattr(args, name) for name in PAIR}
    missing = [name for name, path in given.items() if path is None]
    if len(missing) == 2:
        return None
    for name in missing:
        raise ValueError(f"{name}: landmarks are needed of both images; give this one, too")
    files = [read_point_file(name, path, dimension) for name, path in given.items()]
    return pair_files(", ".join(PAIR), *files)


# Outputs


def count_parts(settings: dict[str, Any]) -> int:
    """How many transforms the result may be made of, at least: some formats hold only one."""
    stages = settings["transform"] if isinstance(settings["transform"], list) else [settings["transform"]]
    kinds = [stage["transform"] if isinstance(stage, dict) else stage for stage in stages]
    if isinstance(settings.get("initial"), Transform):
        kinds.append(settings["initial"])
    return sum(len(kind.parts) if isinstance(kind, Transform) else 1 for kind in kinds)


def make_outputs(args: argparse.Namespace, moving: Image, parts: int, landmarks: PointPairs | None) -> list[Output]:
    """What is asked for, with what can be found out about it before."""
    outputs = []
    how = choose_interpolator("interpolate_output", args.interpolate_output)
    small = make_small(moving, how, args.default)
    dimension = moving.pixels.ndim

    def add(name: str, write: Callable[[Registration, Path], None], try_out: Callable[[Path], None] | None) -> None:
        path = getattr(args, name)
        if path is not None:
            outputs.append(Output(name, Path(path), write, try_out))

    add(
        "output",
        lambda result, path: write_image(result.resample(interpolator=how, default=args.default), path),
        lambda path: write_image(small, path),
    )
    if parts > 1 and str(args.output_transform).lower().endswith(".mat"):
        raise ValueError(f"output_transform: a file .mat holds one transform, not {parts}; .h5 and .tfm hold several")
    chain = Transform(dimension, (translation_part(dimension),) * parts)
    add("output_transform", lambda result, path: result.transform.write(path), chain.write)
    add("output_points", lambda result, path: get_samples(result).write(path), get_small_samples(small).write)
    title = f"{Path(args.moving).name} registered to {Path(args.fixed).name}"
    files = {name: getattr(args, name) for name in IMAGES if getattr(args, name) is not None}
    add("report", lambda result, path: write_report(result, path, title, landmarks, files), None)
    if args.report is not None:
        check_report(args.report)
    return outputs


def make_small(image: Image, interpolator: str, default: float) -> Image:
    """A few pixels as those of the output: whether there is a type for them, the value outside fits, ..."""
    small = Image(np.zeros((4,) * image.pixels.ndim, image.pixels.dtype))
    pixels = resample(from_object("moving", small), small.geometry, (), interpolator, default)
    return Image(pixels)


def get_samples(result: Registration) -> Samples:
    return Samples(result.points, result.levels[-1].mask_voxels, result._geometry)


def get_small_samples(image: Image) -> Samples:
    return Samples(np.zeros((1, image.pixels.ndim), np.float32), image.pixels.size, image.geometry)


def write_report(
    result: Registration, path: Path, title: str, landmarks: PointPairs | None, files: Mapping[str, str]
) -> None:
    # It loads matplotlib.
    from .._report.page import write_page  # noqa: PLC0415

    errors = None if landmarks is None else measure_landmarks(result, landmarks)
    write_page(result, path, title, errors, files)


def check_report(path: str) -> None:
    if not path.lower().endswith((".html", ".htm")):
        raise ValueError(f"report: {path!r}: it is an HTML file, give it the suffix .html")
    if importlib.util.find_spec("matplotlib") is None:
        raise ImportError('report: its pictures need matplotlib: pip install "itk-maskedsampling[plot]"')


# Result


def describe(result: Registration) -> dict[str, Any]:
    """The result for a program."""
    middle, moved = result.displacement()
    uncertainty = result.uncertainty
    settings = [
        {name: repr(value) if isinstance(value, Transform) else value for name, value in stage.items()}
        for stage in result.settings
    ]
    return {
        "version": version(),
        "dimension": result.transform.dimension,
        "transform": repr(result.transform),
        "matrix": matrix_of(result.transform),
        "value": result.value,
        "middle": middle,
        "displacement": moved,
        "stop_condition": result.stop_condition.strip(),
        "uncertainty": None if uncertainty is None else describe_uncertainty(uncertainty),
        "folding": None if result.folding is None else asdict(result.folding),
        "warnings": result.warnings,
        "seconds": result.seconds,
        "levels": result.levels,
        "settings": settings,
    }


def describe_uncertainty(uncertainty: Uncertainty) -> dict[str, Any]:
    return {
        "status": uncertainty.status,
        "reason": uncertainty.reason,
        "standard_error": uncertainty.standard_error,
        "covariance": uncertainty.covariance,
        "alternatives": [
            {"matrix": matrix_of(other.transform), "value": other.value} for other in uncertainty.alternatives
        ],
        "seconds": uncertainty.seconds,
    }


def describe_landmarks(landmarks: Landmarks) -> dict[str, Any]:
    """farther: those that are farther apart after than before, counted from 0."""
    return {
        **{
            name: {
                "errors": errors.apart,
                **{what.replace(" ", "_"): value for what, value in errors.summary.items()},
            }
            for name, errors in (("before", landmarks.before), ("after", landmarks.after))
        },
        "names": landmarks.pairs.names,
        "farther": landmarks.farther,
        "warnings": landmarks.warnings,
    }


def matrix_of(transform: Transform) -> Floats | None:
    """None of a transform that bends."""
    return transform.matrix() if transform.is_affine() else None
