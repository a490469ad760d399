# SPDX-License-Identifier: Apache-2.0
"""The command `convert`."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from .._core import Geometry
from .._images.errors import reworded
from .._images.output import check_place
from .._transforms.reading import read_transform
from .._transforms.transform import Transform
from .outputs import NotWritten, keys, reason
from .settings import NotReadable, read_input
from .text import hushed, say, say_json

Value = TypeVar("Value")


def run(args: argparse.Namespace) -> int:
    paths = {name: path for name in ("fixed", "moving") if (path := getattr(args, name)) is not None}
    check_target(args.target, {"IN": args.source, **paths})
    images = {name: read_input(name, path).geometry for name, path in paths.items()}
    try:
        with hushed():
            transform = named(
                "source", "--from", lambda: read_transform(args.source, format=args.source_format, **images)
            )
    except RuntimeError as error:
        raise NotReadable(str(error)) from error
    write(args, transform, images)
    if args.json:
        inputs = {"source": args.source, **paths}
        say_json({"dimension": transform.dimension, "inputs": inputs, "outputs": [args.target]})
    elif not args.quiet:
        say(f"wrote {args.target}")
    return 0


def check_target(target: str, inputs: dict[str, str]) -> None:
    """Raise what would keep the output from being written, before anything is read."""
    place = keys(check_place("target", target))
    for name, path in inputs.items():
        if place & keys(Path(path).expanduser()):
            raise ValueError(f"target: {target!r} would overwrite the input {name}")


def write(args: argparse.Namespace, transform: Transform, images: dict[str, Geometry]) -> None:
    try:
        with hushed():
            named("target", "--to", lambda: transform.write(args.target, format=args.target_format, **images))
    except (FileNotFoundError, PermissionError):
        raise
    except (OSError, RuntimeError) as error:
        raise NotWritten(f"{args.target!r} could not be written: {reason(error)}") from error


def named(path: str, format: str, do: Callable[[], Value]) -> Value:
    """What is done; errors say what the command line calls the arguments."""
    try:
        return do()
    except (TypeError, ValueError, OSError, RuntimeError, ImportError) as error:
        text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        text = re.sub(r"^path: ", f"{path}: ", text)
        text = re.sub(r"^format: ", f"{format}: ", text)
        text = re.sub(r'\bformat="(\w+)"', rf"{format} \1", text)
        text = re.sub(r"\bformat= ?", f"{format} ", text)
        text = re.sub(r" as (fixed|moving)=$", r" as --\1", text)
        raise reworded(error, text) from error
