# SPDX-License-Identifier: Apache-2.0
"""The command `apply`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from .._images.arrays import Floats
from .._images.conversion import from_object
from .._images.files import write_image
from .._images.image import Image
from .._images.output import whole_file
from .._transforms.point_files import PointFile, read_points, suffix_of
from .._transforms.resample import choose_interpolator, resample
from .._transforms.transform import Transform
from .outputs import Output, check_outputs, raise_failed, write_outputs
from .settings import NotReadable, read_input, read_transform
from .text import say, say_json

#: At the end of the path of a transform: its inverse. So greedy has it.
INVERSE = ",-1"


def run(args: argparse.Namespace) -> int:
    words = [split_inverse(word) for word in args.transform]
    inputs = {
        "INPUT": args.input,
        "--reference": args.reference,
        **{f"--transform {path}": path for path, _ in words},
    }
    transform = compose([read_one(path, is_inverse) for path, is_inverse in words])
    if args.inverse:
        transform = invert("inverse", transform, "one of the transforms")
    apply = apply_to_points if suffix_of(args.input) else apply_to_image
    output, work = apply(args, transform)
    check_outputs([output], inputs)
    result = work()
    written, failed, first = write_outputs([output], result)
    if args.json:
        say_json(
            {
                "transform": repr(transform),
                "inputs": {name: path for name, path in inputs.items() if path is not None},
                "outputs": list(written),
                "errors": list(failed.values()),
                **describe(result),
            }
        )
    elif not args.quiet:
        for path in written:
            say(f"wrote {path}")
    raise_failed(written, failed, first)
    return 0


# Transforms


def split_inverse(word: str) -> tuple[str, bool]:
    """The path of a transform, and whether its inverse is meant."""
    is_inverse = word.endswith(INVERSE) and not Path(word).exists()
    return (word.removesuffix(INVERSE) if is_inverse else word), is_inverse


def read_one(path: str, is_inverse: bool) -> Transform:
    transform = read_transform("transform", path)
    return invert("transform", transform, path) if is_inverse else transform


def invert(name: str, transform: Transform, what: str) -> Transform:
    try:
        return transform.inverse()
    except ValueError as error:
        raise ValueError(f"{name}: {what}: {error}") from error


def compose(transforms: list[Transform]) -> Transform:
    """A chain of which the first one is applied to the points of the reference first."""
    dimensions = {one.dimension for one in transforms}
    if len(dimensions) > 1:
        raise ValueError("transform: some have 2 dimensions, and some 3")
    return reduce(lambda first, second: second.compose(first), transforms)


# What they are applied to


def apply_to_image(args: argparse.Namespace, transform: Transform) -> tuple[Output, Callable[[], Any]]:
    image = read_input("input", args.input)
    reference = None if args.reference is None else read_input("reference", args.reference)
    how = choose_interpolator("interpolator", args.interpolator)
    small = Image(np.zeros((4,) * image.pixels.ndim, image.pixels.dtype))
    Image(resample(from_object("input", small), small.geometry, (), how, args.default))  # whether the value fits
    # In a log, a line that is written anew would be many.
    shows = not args.quiet and sys.stderr is not None and sys.stderr.isatty()
    return (
        Output("output", Path(args.output), write_image, lambda path: write_image(small, path)),
        lambda: transform.resample(image, reference, how, args.default, progress=shows),
    )


def apply_to_points(args: argparse.Namespace, transform: Transform) -> tuple[Output, Callable[[], Any]]:
    for name in ("reference", "interpolator"):
        if getattr(args, name) not in (None, "linear"):
            raise ValueError(f"{name}: it is of images, but {args.input!r} has points; leave it out")
    suffix = suffix_of(args.input)
    if suffix_of(args.output) != suffix:
        raise ValueError(f"output: {args.output!r}: names and columns are kept, so that it needs the suffix {suffix}")
    try:
        file: PointFile = read_points("input", args.input, transform.dimension)
    except ValueError as error:
        raise NotReadable(str(error)) from error

    def write(points: Floats, path: Path) -> None:
        with whole_file("path", path) as place:
            place.write_text(file.replace(points), encoding="utf-8")

    return Output("output", Path(args.output), write), lambda: transform.apply(file.points)


def describe(result: Any) -> dict[str, Any]:
    if isinstance(result, Image):
        return {"kind": "image", "size": result.geometry.size, "type": result.pixels.dtype.name}
    return {"kind": "points", "points": len(result)}
