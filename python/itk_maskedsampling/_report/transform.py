# SPDX-License-Identifier: Apache-2.0
"""The transform of a report: how far and by what angle it moves what is inside the mask."""

from __future__ import annotations

from html import escape

import numpy as np

from .._images.arrays import Floats, join
from .._images.files import read
from .._pictures.html import make_table, wide
from .._pictures.slices import name_unit
from .._pictures.voxels import MaskVoxels, choose_voxels
from .._registration.result import Registration
from .._transforms.motion import find_motion, fit_matrix
from .._transforms.parts import describe_part

#: Points at which a transform that bends is looked at, at most.
MOST = 300_000


def make_transform(result: Registration) -> list[str]:
    transform = result.transform
    parts = [f"<li>{escape(describe_part(part))}</li>" for part in reversed(transform.parts)] or ["<li>identity</li>"]
    lines = [
        "<p>From points of the fixed image to those of the moving one:</p>",
        wide(make_table(("motion", ""), describe_motion(result))),
        "<p>Its parts, in the order in which they are applied:</p>",
        f"<ol>{''.join(parts)}</ol>",
    ]
    if transform.is_affine():
        axes = "xyz"[: transform.dimension]
        rows = [[*(f"{number:.9g}" for number in row)] for row in transform.matrix()]
        lines += ["<h3>As a homogeneous matrix</h3>", wide(make_table([*axes, "offset"], rows))]
    return lines


def choose_points(result: Registration) -> tuple[Floats, str]:
    """Points at which the transform is looked at, and what they are."""
    sources = result._sources
    if sources is None and len(result.points):
        return result.points.astype(np.float64), "samples"
    mask = None
    if sources is not None:
        mask = result._read_fixed_mask(read("fixed", sources.fixed))
    voxels: MaskVoxels = choose_voxels(result._geometry, mask, MOST)
    points = voxels.points
    if len(points):
        name = "voxels of the image" if mask is None else "voxels of the mask"
        return points, name if voxels.step == 1 else f"{name} (1 of {voxels.step} along each axis)"
    return result.points.astype(np.float64), "samples"  # of a mask that is thinner than voxels


def describe_motion(result: Registration) -> list[tuple[str, str]]:
    """Rows of a table: names, and what there is to say."""
    transform, unit = result.transform, name_unit(result._geometry)
    points, name = choose_points(result)
    if not len(points):
        return []
    moved = transform.apply(points)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    shift = transform.apply(middle) - middle
    rows = [
        (
            "translation",
            f"{join(middle)}, the middle of the {name.partition(' (')[0].removeprefix('voxels of the ')}, moves by "
            f"{join(shift)} {unit}, "
            f"{np.linalg.norm(shift):.4g} {unit} long",
        )
    ]
    if transform.is_affine():
        return rows + describe_matrix(transform.matrix()[:-1, :-1])
    lengths = np.linalg.norm(moved - points, axis=1)
    count = f"{len(points)} {name}"
    rows.append(("displacement", f"mean {lengths.mean():.4g} {unit}, largest {lengths.max():.4g} {unit}, of {count}"))
    if result.folding is not None:
        rows.append(("folds", result.folding.describe()))
    nearest = describe_matrix(fit_matrix(points, moved))
    return rows + [(f"{title}, of the nearest affine transform", text) for title, text in nearest]


def describe_matrix(matrix: Floats) -> list[tuple[str, str]]:
    motion = find_motion(matrix)
    if motion is None:
        return [("rotation", f"none: it mirrors, its determinant is {np.linalg.det(matrix):.4g}")]
    if motion.axis is None:
        rows = [("rotation", f"{motion.angle:.4g} degrees, from x to y")]
    else:
        axis = f" about the axis {join(np.round(motion.axis, 4) + 0.0)}" if motion.angle > 1e-6 else ""
        angles = join(np.round(motion.angles, 6) + 0.0)
        rows = [
            ("rotation", f"{motion.angle:.4g} degrees{axis}"),
            ("angles", f"{angles} degrees about x, y and z, as itk.Euler3DTransform counts them"),
        ]
    if not motion.is_rigid():
        names = "x, y, z" if len(matrix) == 3 else "x, y"
        planes = "xy, xz, yz" if len(matrix) == 3 else "xy"
        volume = "volume" if len(matrix) == 3 else "area"
        rows.append(
            (
                "scale",
                f"{join(motion.scales)} along {names}; {volume} by {np.linalg.det(matrix):.5g}, before the rotation",
            )
        )
        rows.append(("shear", f"{join(np.round(motion.shears, 9) + 0.0)} of {planes}"))
    return rows
