# SPDX-License-Identifier: Apache-2.0
"""Parameter files of elastix, TransformParameters.0.txt: from fixed to moving points, each after the one it names."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np

from ... import _core
from ..._core import Geometry, Part
from ..._images.arrays import Floats, times
from ..._images.geometry import direction_matrix
from ..parts import AFFINE, affine_part, chain_to_matrix, list_bent, short, translation_part
from .elastix_text import Parameters, flag, format_line, numbers, parse, word
from .request import Chain, Request, Unreadable

#: What ITK calls elastix' transforms, without the dimension that most names have.
LINEAR = {
    "TranslationTransform": "TranslationTransform",
    "EulerTransform": "Euler{0}DTransform",
    "SimilarityTransform": "Similarity{0}DTransform",
    "AffineTransform": "AffineTransform",
}
SPLINES = ("BSplineTransform", "RecursiveBSplineTransform")
NO_FILE = "NoInitialTransform"
#: A chain of more names itself, or is none.
MOST_FILES = 50
#: A grid of 300 x 300 x 300 has fewer.
MOST_BYTES = 2**31


def read(request: Request) -> Chain:
    return read_chain(request, request.file, MOST_FILES)


def read_chain(request: Request, file: Path, depth: int) -> Chain:
    parameters = parse(Request(file, request.format).text(MOST_BYTES))
    dimension, part = read_one(parameters)
    old, new = "InitialTransformParametersFileName", "InitialTransformParameterFileName"
    name = word(parameters, old if old in parameters else new)
    if name == NO_FILE:
        return dimension, (part,)
    if depth == 0:
        raise Unreadable(f"it names {MOST_FILES} files, one after the other. Do they name each other?")
    others = read_initial(request, find(file, name), depth - 1)
    if others[0] != dimension:
        raise Unreadable(f"it is of {dimension} dimensions, but {name!r}, which it names, of {others[0]}")
    how = word(parameters, "HowToCombineTransforms")
    if how not in ("Compose", "Add"):
        raise Unreadable(f'HowToCombineTransforms is {how!r}, not "Compose" or "Add"')
    return dimension, (part, *others[1]) if how == "Compose" else (add(dimension, part, others[1]),)


def find(file: Path, name: str) -> Path:
    """A file that another one names: where that says, or else, as folders are moved, beside it."""
    for path in (Path(name), file.parent / name, file.parent / Path(name.replace("\\", "/")).name):
        if path.is_file():
            return path
    raise Unreadable(f"it names {name!r}, which is not there. Put that file beside it")


def read_initial(request: Request, file: Path, depth: int) -> Chain:
    """Of elastix itself, or of ITK."""
    with file.open("rb") as stream:
        is_elastix = b"(Transform " in stream.read(2**16)
    if is_elastix:
        return read_chain(request, file, depth)
    try:
        dimension, parts = _core.read_transform(os.fspath(file))
    except _core.CoreError as error:
        raise Unreadable(f"it names {os.fspath(file)!r}, which cannot be read: {error}") from error
    return dimension, tuple(parts)


def add(dimension: int, part: Part, others: tuple[Part, ...]) -> Part:
    """What two transforms are whose displacements are added: a transform again, if both are linear."""
    bent = list_bent((part, *others))
    if bent:
        raise Unreadable(
            f'HowToCombineTransforms is "Add", which is no chain with {bent}. Run elastix with '
            '(HowToCombineTransforms "Compose"), or make a field of it: transformix -def all, and read that'
        )
    matrices = [chain_to_matrix(dimension, parts) for parts in ((part,), others)]
    return affine_part(matrices[0] + matrices[1] - np.eye(dimension + 1))


def read_one(parameters: Parameters) -> tuple[int, Part]:
    kind = word(parameters, "Transform")
    dimension, moving = (numbers(parameters, f"{one}ImageDimension", 1)[0] for one in ("Fixed", "Moving"))
    if dimension != moving or dimension not in (2, 3):
        raise Unreadable(f"2 or 3 dimensions are needed, not {dimension:g} of the fixed and {moving:g} of the moving")
    if not flag(parameters, "UseDirectionCosines", True):
        raise Unreadable('UseDirectionCosines is "false": it is between images without their directions')
    if flag(parameters, "UseBinaryFormatForTransformationParameters", False):
        raise Unreadable(
            "its parameters are in another file. Run elastix without UseBinaryFormatForTransformationParameters"
        )
    d = int(dimension)
    if kind in SPLINES:
        return d, read_spline(parameters, d)
    if kind not in LINEAR:
        known = ", ".join((*LINEAR, *SPLINES))
        raise Unreadable(
            f"its transform is {kind!r}, which is none of {known}. Make a field of it: transformix -def all, and read "
            "that"
        )
    name = f"{LINEAR[kind].format(d)}_double_{d}_{d}"
    count = {"TranslationTransform": d, "AffineTransform": d * d + d, "EulerTransform": 3 * d - 3}.get(kind, 3 * d - 2)
    found = numbers(parameters, "TransformParameters", count)
    fixed = np.empty(0) if kind == "TranslationTransform" else numbers(parameters, "CenterOfRotationPoint", d)
    if name.startswith("Euler3D"):
        fixed = np.append(fixed, float(flag(parameters, "ComputeZYX", False)))
    if kind == "AffineTransform" and np.linalg.matrix_rank(found[: d * d].reshape(d, d)) < d:
        raise Unreadable("its matrix is singular")
    return d, (name, fixed, found)


def read_spline(parameters: Parameters, d: int) -> Part:
    if flag(parameters, "UseCyclicTransform", False):
        raise Unreadable("its B-spline is cyclic, which ITK has not")
    order = word(parameters, "BSplineTransformSplineOrder", "3")
    if order not in ("1", "2", "3"):
        raise Unreadable(f"BSplineTransformSplineOrder is {order}, not 1, 2 or 3")
    size, index, spacing, origin = (
        numbers(parameters, f"Grid{one}", d) for one in ("Size", "Index", "Spacing", "Origin")
    )
    # Column after column.
    direction = numbers(parameters, "GridDirection", d * d).reshape(d, d).T
    count = d * float(np.prod(size))
    if (size < 1).any() or (spacing <= 0).any() or abs(np.linalg.det(direction)) < 1e-6:
        raise Unreadable(f"a grid of {times(size.astype(int))} with this spacing and direction cannot be")
    found = numbers(parameters, "TransformParameters", None)
    if len(found) != count:
        raise Unreadable(
            f"TransformParameters has {len(found)} values, not {count:g} for a grid of {times(size.astype(int))}"
        )
    fixed = np.concatenate([size, origin + direction @ (spacing * index), spacing, direction.ravel()])
    return f"BSplineTransform_double_{d}_{d}" + ("" if order == "3" else f"_{order}"), fixed, found


# Written


def write(request: Request, chain: Chain) -> None:
    """A file for each transform of a chain, the first of which is applied first."""
    dimension, parts = chain
    grid = request.grid("fixed", dimension)
    place = request.place or request.file
    found = merge(dimension, parts)
    initial = NO_FILE
    for number, part in enumerate(reversed(found)):
        is_last = number == len(found) - 1
        name = place.name if is_last else f"{place.stem}.{number}{place.suffix}"
        text = format_transform(dimension, part) + format_grid(grid, initial)
        (request.file.parent / name).write_text(text, encoding="utf-8")
        initial = os.fspath(place.absolute().parent / name)


def merge(dimension: int, parts: tuple[Part, ...]) -> list[Part]:
    """A chain in which matrices that follow each other are one."""
    found: list[Part] = []
    for is_affine, group in itertools.groupby(parts, lambda part: AFFINE.match(part[0]) is not None):
        run = list(group)
        if is_affine and (len(run) > 1 or elastix_name(run[0], dimension) is None):
            run = [affine_part(chain_to_matrix(dimension, run))]
        found += run
    return found or [translation_part(dimension)]


def elastix_name(part: Part, dimension: int) -> str | None:
    """What elastix calls a transform; None where it has no such one."""
    name = short(part[0])
    if name == "BSplineTransform" and not part[0].endswith(f"_{dimension}_{dimension}_0"):
        return name
    return next((one for one, itk in LINEAR.items() if itk.format(dimension) == name), None)


def format_transform(dimension: int, part: Part) -> str:
    name, fixed, parameters = part
    kind = elastix_name(part, dimension)
    if kind is None:
        raise ValueError(f'format: "elastix" has no {short(name)}. Write the format "field"')
    lines = [format_line("Transform", kind), format_line("NumberOfParameters", len(parameters))]
    lines.append(format_line("TransformParameters", parameters))
    if kind == "BSplineTransform":
        size, origin, spacing = np.reshape(fixed[: 3 * dimension], (3, dimension))
        direction = np.reshape(fixed[3 * dimension :], (dimension, dimension))
        order = name.split("_")[4:]
        lines += format_box("Grid", size, spacing, origin, direction)
        lines.append(format_line("BSplineTransformSplineOrder", int(order[0]) if order else 3))
        lines.append(format_line("UseCyclicTransform", "false"))
    elif kind != "TranslationTransform":
        lines.append(format_line("CenterOfRotationPoint", fixed[:dimension]))
        if kind == "EulerTransform" and dimension == 3:
            lines.append(format_line("ComputeZYX", "true" if len(fixed) > 3 and fixed[3] != 0 else "false"))
    return "".join(lines)


def format_box(prefix: str, size: Floats, spacing: Floats, origin: Floats, direction: Floats) -> list[str]:
    named = {"Size": size, "Index": np.zeros(len(size)), "Spacing": spacing, "Origin": origin}
    lines = [format_line(f"{prefix}{name}", values) for name, values in named.items()]
    return [*lines, format_line(f"{prefix}Direction", direction.T.ravel())]


def format_grid(grid: Geometry, initial: str) -> str:
    """The grid of the fixed image, to which transformix brings the moving one, and how it does that."""
    dimension = len(grid.size)
    size, spacing, origin = (np.array(one, np.float64) for one in (grid.size, grid.spacing, grid.origin))
    lines = [format_line(f"{one}ImageDimension", dimension) for one in ("Fixed", "Moving")]
    lines += [format_line(f"{one}InternalImagePixelType", "float") for one in ("Fixed", "Moving")]
    lines += format_box("", size, spacing, origin, direction_matrix(grid))
    words = {
        "UseDirectionCosines": "true",
        "InitialTransformParameterFileName": initial,
        "HowToCombineTransforms": "Compose",
        "Resampler": "DefaultResampler",
        "ResampleInterpolator": "FinalBSplineInterpolator",
        "ResultImagePixelType": "float",
        "ResultImageFormat": "nii",
        "CompressResultImage": "false",
    }
    lines += [format_line(name, value) for name, value in words.items()]
    lines += [format_line("FinalBSplineInterpolationOrder", 3), format_line("DefaultPixelValue", 0)]
    return "".join(lines)
