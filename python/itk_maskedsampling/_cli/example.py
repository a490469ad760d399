# SPDX-License-Identifier: Apache-2.0
"""The command `example`: images with a known answer, of something that moved before a background that did not."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .._images.arrays import Array, Floats
from .._images.files import write_image
from .._images.geometry import index_to_point
from .._images.image import Image
from .._images.output import whole_file
from .._transforms.transform import Transform
from .options import PROGRAM
from .outputs import NotWritten, reason
from .text import hushed, say, say_json


@dataclass(frozen=True)
class Example:
    """Images on a common grid, with the mask of what moved, and the transform from fixed to moving points."""

    fixed: Image
    moving: tuple[Image, ...]
    mask: Image
    truth: tuple[Transform, ...]


def run(args: argparse.Namespace) -> int:
    if args.pairs is not None and args.pairs < 1:
        raise ValueError(f"pairs: {args.pairs}, but at least 1 is needed")
    folder = Path(args.folder).expanduser()
    if not folder.parent.is_dir():
        raise FileNotFoundError(f"folder: there is no folder {os.fspath(folder.parent)!r} (in {Path.cwd()})")
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(f"folder: {args.folder!r} is a file; give the path of a folder")
    files = make_files(args.dimension, args.pairs)
    for name in files:
        if (folder / name).exists():
            raise ValueError(f"folder: {os.fspath(folder / name)!r} is there already; give another folder")
    write_files(folder, files)
    command = make_command(folder, list(files))
    if args.json:
        say_json({"files": [folder / name for name in files], "command": " ".join(command)})
    elif not args.quiet:
        for name in files:
            say(f"wrote {folder / name}")
        say("Register them:\n  " + " \\\n    ".join(command))
    return 0


def make_files(dimension: int, pairs: int | None) -> dict[str, Image | Transform | str]:
    """What is written, by name: the fixed image and its mask first, then the moving ones."""
    suffix = ".png" if dimension == 2 else ".nii.gz"
    numbers = [""] if pairs is None else [f"-{number}" for number in range(1, pairs + 1)]
    example = make_example(dimension, len(numbers))
    files: dict[str, Image | Transform | str] = {f"fixed{suffix}": example.fixed, f"mask{suffix}": example.mask}
    files |= {f"moving{number}{suffix}": image for number, image in zip(numbers, example.moving, strict=True)}
    files |= {f"truth{number}.tfm": truth for number, truth in zip(numbers, example.truth, strict=True)}
    if pairs is not None:
        rows = [f"fixed{suffix},moving{number}{suffix},mask{suffix}" for number in numbers]
        files["cohort.csv"] = "\n".join(["fixed,moving,fixed_mask", *rows, ""])
    return files


def write_files(folder: Path, files: dict[str, Image | Transform | str]) -> None:
    is_new = not folder.exists()
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        try:
            write_file(folder / name, content)
        except (OSError, RuntimeError) as error:
            with contextlib.suppress(OSError):
                if is_new:
                    folder.rmdir()  # where nothing is in it
            raise NotWritten(f"folder: {os.fspath(folder / name)!r} could not be written: {reason(error)}") from error


def write_file(path: Path, content: Image | Transform | str) -> None:
    if isinstance(content, str):
        with whole_file("folder", path) as file:
            file.write_text(content, encoding="utf-8")
    elif isinstance(content, Transform):
        content.write(path)
    else:
        with hushed():
            write_image(content, path)


def make_command(folder: Path, names: list[str]) -> list[str]:
    """The lines of a command to go on with."""
    path = {Path(name).name.partition(".")[0]: shlex.quote(os.fspath(folder / name)) for name in names}
    if "cohort" in path:
        return [f"{PROGRAM} cohort {path['cohort']}", f"--output {shlex.quote(os.fspath(folder / 'results'))}"]
    moved = folder / names[0].replace("fixed", "moved")
    outputs = {"output": moved, "output-transform": folder / "found.tfm", "report": folder / "report.html"}
    return [
        f"{PROGRAM} register {path['fixed']} {path['moving']}",
        f"--fixed-mask {path['mask']}",
        *(f"--{option} {shlex.quote(os.fspath(file))}" for option, file in outputs.items()),
    ]


# Images


def make_example(dimension: int, count: int = 1) -> Example:
    """An ellipsoid with structure, turned and moved, in a frame that stays. 8 bits in two dimensions."""
    size = (160, 120) if dimension == 2 else (80, 80, 56)
    spacing = (1.0, 1.0) if dimension == 2 else (2.0, 2.0, 2.5)
    grid = Image(np.zeros(size[::-1], np.uint8), spacing).geometry
    index = np.moveaxis(np.indices(size[::-1])[::-1], 0, -1).reshape(-1, dimension)
    points = index_to_point(grid, index)
    middle = np.array(spacing) * (np.array(size) - 1) / 2
    radii = np.array([0.27, 0.3, 0.3][:dimension]) * np.array(size) * spacing
    truth = tuple(make_motion(number, middle) for number in range(count))
    frame = make_frame(points - middle, middle)

    def image(at: Floats) -> Image:
        values = (frame + make_body(at - middle, radii)).reshape(size[::-1])
        pixels = np.rint(values).astype(np.uint8) if dimension == 2 else values.astype(np.float32)
        return Image(pixels, spacing)

    inside = np.sum(((points - middle) / radii) ** 2, axis=1) <= 1
    mask = Image(np.where(inside, 255, 0).astype(np.uint8).reshape(size[::-1]), spacing)
    moving = tuple(image(transform.inverse().apply(points)) for transform in truth)
    return Example(image(points), moving, mask, truth)


def make_motion(number: int, middle: Floats) -> Transform:
    """Some degrees about the middle, and some units of space."""
    random = np.random.default_rng(number)
    dimension = len(middle)
    angle = np.deg2rad(6.0) * (1 if number == 0 else random.uniform(-1, 1))
    shift = np.array([7.0, -5.0, 4.0])[:dimension] * (1 if number == 0 else random.uniform(-1, 1, dimension))
    matrix = np.eye(dimension + 1)
    c, s = np.cos(angle), np.sin(angle)
    matrix[:2, :2] = [[c, -s], [s, c]]
    matrix[:-1, -1] = middle - matrix[:-1, :-1] @ middle + shift
    return Transform.from_matrix(matrix)


def make_body(points: Floats, radii: Floats) -> Array:
    """An ellipsoid about the origin, bright inside, with blobs that are brighter or darker: from 0 to 150."""
    random = np.random.default_rng(7)
    distance = np.sqrt(np.sum((points / radii) ** 2, axis=1))
    values = 90.0 / (1.0 + np.exp((distance - 0.92) * 25.0))
    near = distance < 1.3
    for _ in range(24):
        direction = random.normal(size=len(radii))
        centre = radii * direction / np.linalg.norm(direction) * random.uniform(0.1, 0.75)
        width = random.uniform(0.1, 0.2) * radii.min()
        height = random.choice([-30.0, 30.0])
        apart = np.sum((points[near] - centre) ** 2, axis=1)
        values[near] += height * np.exp(-apart / (2 * width**2))
    body: Array = np.clip(values, 0.0, 150.0)
    return body


def make_frame(points: Floats, middle: Floats) -> Array:
    """Bright bars at the sides of the image, which do not move: 0 or 100."""
    apart = np.abs(points) / middle
    bars = (apart[:, 0] > 0.86) & (apart[:, 0] < 0.95) & (np.sin(points[:, 1] / 4.0) > 0)
    frame: Array = np.where(bars | (np.abs(apart[:, 1] - 0.9) < 0.05), 100.0, 0.0)
    return frame
