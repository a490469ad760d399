# SPDX-License-Identifier: Apache-2.0
"""Words of the command line as arguments of register()."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from .. import _core
from .._images.channels import read_channels
from .._images.choices import kebab, snake
from .._images.files import read_file
from .._images.image import Image
from .._registration.plan import LABELS, MASKS, is_path
from .._registration.settings import parse
from .._transforms.files import TELL_FORMAT
from .._transforms.reading import read_file as read_transform_file
from .._transforms.transform import Transform
from .options import PROGRAM
from .text import hushed

Read = TypeVar("Read")

#: Arguments that are images.
IMAGES = ("fixed", "moving", "fixed_mask", "moving_mask", "weights")
#: Options that are arguments of register(), with the same names.
NAMES = (
    "metric",
    "samples",
    "percentage",
    "sampling",
    "seed",
    "center",
    "grid_spacing",
    "regularization",
    "interpolator",
    "levels",
    "shrink_factors",
    "smoothing_sigmas",
    "optimizer",
    "iterations",
    "learning_rate",
    "scales",
    "uncertainty",
    "work_units",
)


class NotReadable(ValueError):
    """An input that is there, but is not what is needed."""


def read_input(name: str, path: str) -> Image:
    """An image; one that cannot be read is a ValueError."""
    return read_as(read_file, name, path)


def read_all_channels(name: str, path: str) -> list[Image]:
    """The same, of images that may have several numbers per pixel: an image for each."""
    channels = read_as(read_channels, name, path)
    return channels if isinstance(channels, list) else [channels]


def read_as(read: Callable[[str, str], Read], name: str, path: str) -> Read:
    try:
        with hushed():
            return read(name, path)
    except RuntimeError as error:
        raise NotReadable(str(error)) from error


def read_points(path: str) -> list[list[float]]:
    """Points of a CSV, one in each line, with or without a head."""
    file = Path(path).expanduser()
    if not file.is_file():
        raise FileNotFoundError(f"points: there is no file {path!r} (in {Path.cwd()})")
    points: list[list[float]] = []
    number = 1
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            for number, row in enumerate(csv.reader(lines), 1):
                if not row or (number == 1 and [one.strip().lower() for one in row] in (["x", "y"], ["x", "y", "z"])):
                    continue
                points.append([float(word) for word in row])
                if len(row) != len(points[0]):
                    raise ValueError(f"{len(row)} numbers, not {len(points[0])}")
    except UnicodeDecodeError as error:
        raise ValueError(f"points: {path!r} is no text in UTF-8; x,y or x,y,z is needed in each line") from error
    except (ValueError, csv.Error) as error:
        raise ValueError(f"points: {path!r}, line {number}: {error}; x,y or x,y,z is needed in each line") from error
    if not points:
        raise ValueError(f"points: there is no point in {path!r}")
    return points


def read_settings(args: argparse.Namespace) -> dict[str, Any]:
    """The arguments `transform`, `initial` and all settings of register(). What was not given is left out."""
    settings: dict[str, Any] = {name: getattr(args, name) for name in NAMES if getattr(args, name) is not None}
    if "," in settings.get("metric", ""):
        settings["metric"] = settings["metric"].split(",")
    stages = [read_stage(word) for word in split_stages(args.transform or ["rigid"])]
    own: list[dict[str, Any]] = [{} for _ in stages]
    for word, text in args.set:
        stage, colon, name = word.rpartition(":")
        name = snake(name)
        place = settings
        if colon:
            if not stage.isdecimal() or int(stage) >= len(stages):
                raise ValueError(
                    f"set: {word!r}: there is no stage {stage!r}; they are counted from 0 to {len(own) - 1}"
                )
            place = own[int(stage)]
        if name in place:
            raise ValueError(f"set: {name!r} is given twice, {place[name]!r} and {text!r}")
        if colon:
            if name in MASKS:
                place[name] = None if text.strip().lower() == "none" else read_input(f"set: {word}", text)
                continue
            if name in LABELS.values():
                place[name] = to_setting(name, text, "count")
                continue
        if kebab(name) not in _core.describe_settings() and name in args.labels:
            raise ValueError(f"set: {name!r} is no setting; give it as {args.labels[name]}")
        if name == "transform":
            raise ValueError("set: give the transform as --transform")
        place[name] = to_setting(name, text)
    settings["transform"] = [{"transform": kind, **one} for kind, one in zip(stages, own, strict=True)]
    if len(stages) == 1 and not own[0]:
        settings["transform"] = stages[0]
    if args.initial is not None:
        settings["initial"] = read_initial(args.initial)
    return settings


def split_stages(words: list[str]) -> list[str]:
    """A word for each stage; the path of a file may have commas."""
    return [one for word in words for one in ([word] if Path(word).is_file() else word.split(","))]


def read_stage(word: str) -> str | Transform:
    return read_transform("transform", word) if is_path(word) or Path(word).is_file() else word.strip()


def read_initial(word: str) -> str | Transform:
    return read_transform("initial", word) if is_path(word) or Path(word).is_file() else word


def read_transform(name: str, path: str) -> Transform:
    try:
        with hushed():
            return read_transform_file(name, path)
    except RuntimeError as error:
        text = str(error).replace(TELL_FORMAT, f"Convert it first, with the option --from: {PROGRAM} convert")
        raise NotReadable(text) from error


def to_setting(name: str, text: str, kind: str | None = None) -> object:
    """The value of a setting. A name that is not known is left to register(), which has suggestions."""
    description = _core.describe_settings().get(kebab(name))
    try:
        return parse(kind or ("text" if description is None else description.kind), text)
    except ValueError as error:
        raise ValueError(f"set: {name}={text}: {error}") from None
