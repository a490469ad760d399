# SPDX-License-Identifier: Apache-2.0
"""What the command `info` tells of files."""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np

from .._images.arrays import join, times
from .._images.conversion import from_object
from .._images.geometry import bounding_box
from .._images.image import Image
from .._images.masks import mask_box, read_mask
from .._transforms.parts import describe_part, short
from .options import PROGRAM
from .outputs import reason
from .settings import read_input, read_transform
from .text import say, say_json

#: Files that hold a transform rather than an image.
TRANSFORM_SUFFIXES = (".h5", ".hdf5", ".tfm", ".txt", ".mat")


def tell_files(paths: list[str], mask: str | None, json: bool) -> int:
    """Tell of all files that can be read, and then what is wrong with the others, of which there is an exit code."""
    found, errors = [], []
    for path in paths:
        try:
            is_transform = path.lower().endswith((*TRANSFORM_SUFFIXES, ".lta"))
            found.append(describe_transform(path) if is_transform else describe_image(path, mask))
        except (TypeError, ValueError, OSError) as error:
            if len(paths) == 1:
                raise
            errors.append(reason(error))
    if json:
        say_json({"files": found, "errors": errors})
    else:
        for line in (line for one in found for line in file_lines(one)):
            say(line)
    for text in errors:
        say(f"{PROGRAM}: error: {text}", sys.stderr)
    return 2 if errors else 0


def describe_transform(path: str) -> dict[str, Any]:
    transform = read_transform("file", path)
    is_affine = transform.is_affine()
    return {
        "file": os.fspath(path),
        "kind": "transform",
        "dimension": transform.dimension,
        "parts": [
            {"name": short(name), "parameters": len(parameters), "text": describe_part((name, fixed, parameters))}
            for name, fixed, parameters in transform.parts
        ],
        "affine": is_affine,
        "matrix": transform.matrix() if is_affine else None,
    }


def describe_image(path: str, mask: str | None) -> dict[str, Any]:
    image = read_input("file", path)
    pixels = image.pixels
    finite = pixels[np.isfinite(pixels)]
    found = {
        "file": os.fspath(path),
        "kind": "image",
        "dimension": pixels.ndim,
        "size": image.geometry.size,
        "spacing": image.spacing,
        "origin": image.origin,
        "direction": image.direction,
        "type": pixels.dtype.name,
        "minimum": finite.min() if finite.size else None,
        "maximum": finite.max() if finite.size else None,
        "not_finite": pixels.size - finite.size,
    }
    if mask is not None:
        found["mask"] = describe_mask(mask, image)
    return found


def describe_mask(path: str, image: Image) -> dict[str, Any]:
    """The voxels inside, on the grid of the mask, and their box."""
    raster = read_mask("mask", read_input("mask", path), from_object("file", image))
    first, last = mask_box(raster)
    low, high = bounding_box(raster.geometry, first, last)
    voxels = np.count_nonzero(raster.pixels)
    return {
        "file": path,
        "voxels": voxels,
        "fraction": voxels / raster.pixels.size,
        "index": first,
        "size": [end - start + 1 for start, end in zip(first, last, strict=True)],
        "low": low,
        "high": high,
    }


def file_lines(found: dict[str, Any]) -> list[str]:
    if found["kind"] == "transform":
        head = f"{found['file']}: transform of {found['dimension']} dimensions, from fixed to moving points"
        rows = [] if found["matrix"] is None else [f"  matrix {join(row)}" for row in found["matrix"]]
        return [head, *(f"  {part['text']}" for part in found["parts"]), *rows]
    bad = found["not_finite"]
    lines = [
        f"{found['file']}: image of {times(found['size'])} {found['type']}",
        f"  spacing {join(found['spacing'])}, origin {join(found['origin'])}",
        f"  direction {', '.join(join(row) for row in found['direction'])}",
        f"  from {found['minimum']} to {found['maximum']}, " + (f"{bad} not finite" if bad else "all finite"),
    ]
    if "mask" in found:
        mask = found["mask"]
        inside = f"{mask['voxels']} voxels inside, {100 * mask['fraction']:.3g} % of its grid"
        box = f"{times(mask['size'])} from index {join(mask['index'])}"
        lines.append(f"  mask {mask['file']}: {inside}")
        lines.append(f"  in a box of {box}, in space {join(mask['low'])} to {join(mask['high'])}")
    return lines
