# SPDX-License-Identifier: Apache-2.0
"""A registration in a notebook: a table of its levels, pictures of the images, and the course of the metric."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._arrays import Array, Floats, join, to_layout
from ._core import Geometry
from ._images import index_to_point, point_to_index
from ._masks import read_mask
from ._png import make_data_url
from ._readers import read

if TYPE_CHECKING:
    from ._registration import Registration

#: The longest side of a picture, in its pixels, and the squares of the checkerboard along it.
SIDE = 240
SQUARES = 8
OUTLINE = (255, 150, 0)


def to_html(registration: Registration) -> str:
    _, moved = registration.displacement()
    lines = [
        "<div>",
        f"<p><b>Registration</b> of {len(moved)} dimensions in {registration.seconds:.2f} s, "
        f"metric {registration.value:.6g}. It moves the middle of the samples by {join(moved)}, "
        f"{np.linalg.norm(moved):.4g} long. {escape(registration.stop_condition.strip())}</p>",
        make_table(registration),
        make_pictures(registration),
        make_curve(registration.course),
        "</div>",
    ]
    return "\n".join(line for line in lines if line)


def make_table(registration: Registration) -> str:
    heads = ("stage", "level", "voxels", "samples", "in moving image", "iterations", "metric, first", "last", "seconds")
    rows = ["<tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>"]
    for report in registration.levels:
        cells = (
            f"{report.stage}: {report.transform}, {report.metric}",
            report.level,
            report.mask_voxels,
            report.points,
            report.points_in_moving,
            report.iterations,
            f"{report.first_value:.6g}",
            f"{report.last_value:.6g}",
            f"{report.seconds:.2f}",
        )
        rows.append("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>")
    return "<table>" + "".join(rows) + "</table>"


# Pictures


def make_pictures(registration: Registration) -> str:
    """Slices through the middle of the samples: fixed, moving, both in a checkerboard. Nothing without the images."""
    sources = registration._sources
    if sources is None:
        return "<p>(The images are not kept when a registration is pickled.)</p>"
    fixed, moving = read("fixed", sources.fixed), read("moving", sources.moving)
    mask = None if sources.fixed_mask is None else read_mask("fixed_mask", sources.fixed_mask, fixed)
    floats = to_layout(fixed.pixels, np.float32), to_layout(moving.pixels, np.float32)
    middle = registration.displacement()[0]
    rows = []
    for axis in range(fixed.dimension)[::-1] if fixed.dimension == 3 else [-1]:
        grid = make_slice(fixed.geometry, axis, middle)
        one = cut(floats[0], fixed.geometry, grid, [])
        two = cut(floats[1], moving.geometry, grid, list(registration.transform.parts))
        outline = None if mask is None else find_outline(cut(mask.pixels, mask.geometry, grid, [], "nearest-neighbor"))
        one, two = stretch(one), stretch(two)
        checkered = np.where(checkerboard(one.shape), one, two)
        pictures = (paint(one, outline), paint(two, outline), paint(checkered, None))
        # Upright where z is a side of the picture: it goes up, rows go down.
        turned = [picture[::-1] if axis in (0, 1) else picture for picture in pictures]
        rows.append("<tr>" + "".join(f'<td><img src="{make_data_url(one)}"/></td>' for one in turned) + "</tr>")
    heads = "<tr><th>fixed</th><th>moving, resampled</th><th>checkerboard</th></tr>"
    return f"<table>{heads}{''.join(rows)}</table>"


def make_slice(geometry: Geometry, axis: int, middle: Floats) -> Geometry:
    """The grid of a picture with square pixels: a slice across an axis, or the whole of an image of two dimensions."""
    size, spacing = np.array(geometry.size), np.array(geometry.spacing)
    sides = np.arange(len(size)) != axis
    length = size * spacing
    step = length[sides].max() / SIDE
    count = np.where(sides, np.maximum(np.rint(length / step), 1), 1).astype(int)
    pixel = np.where(sides, length / count, spacing)
    first = np.where(sides, 0.5 * pixel / spacing - 0.5, 0.0)
    if axis >= 0:
        first[axis] = np.clip(np.rint(point_to_index(geometry, middle[np.newaxis])[0, axis]), 0, size[axis] - 1)
    origin = index_to_point(geometry, first[np.newaxis])[0]
    return Geometry(tuple(count.tolist()), tuple(pixel.tolist()), tuple(origin.tolist()), geometry.direction)


def cut(pixels: Array, geometry: Geometry, grid: Geometry, parts: list[Any], interpolator: str = "linear") -> Array:
    """An image on the grid of a picture, shape (rows, columns)."""
    across = [number for number, size in enumerate(grid.size) if size == 1 and len(grid.size) == 3][:1]
    outside = np.nan if pixels.dtype.kind == "f" else 0
    cube: Array = _core.resample(pixels, geometry, grid, parts, interpolator, outside)
    picture: Array = cube.squeeze(tuple(cube.ndim - 1 - number for number in across))
    return picture


def stretch(pixels: Array) -> Array:
    """As uint8, without the darkest and brightest hundredth; what is not finite is black."""
    known = np.isfinite(pixels)
    if not known.any():
        return np.zeros(pixels.shape, np.uint8)
    low, high = np.percentile(pixels[known], [1, 99])
    if high <= low:
        low, high = pixels[known].min(), pixels[known].max()
    scaled = (np.where(known, pixels, low).astype(np.float64) - low) / (high - low if high > low else 1)
    bytes_: Array = np.clip(255 * scaled, 0, 255).astype(np.uint8)
    return bytes_


def checkerboard(shape: tuple[int, ...]) -> Array:
    side = max(max(shape) // SQUARES, 1)
    rows, columns = np.indices(shape) // side
    even: Array = (rows + columns) % 2 == 0
    return even


def find_outline(inside: Array) -> Array:
    """The pixels inside a mask that have a neighbour outside."""
    padded = np.pad(inside != 0, 1)
    neighbours = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    outline: Array = padded[1:-1, 1:-1] & ~neighbours
    return outline


def paint(grey: Array, outline: Array | None) -> Array:
    """Red, green, blue, with an outline."""
    picture = np.repeat(grey[..., np.newaxis], 3, axis=2)
    if outline is not None:
        picture[outline] = OUTLINE
    return picture


# Curve


def make_curve(course: Array, width: int = 600, height: int = 160) -> str:
    """The metric over the iterations as SVG; a new line for each level."""
    known = course[np.isfinite(course["value"])]
    if len(known) < 2:
        return ""
    low, high = float(known["value"].min()), float(known["value"].max())
    x = 5 + np.arange(len(known)) * (width - 10) / (len(known) - 1)
    y = 15 + (high - known["value"]) * (height - 30) / (high - low if high > low else 1)
    starts = np.flatnonzero((np.diff(known["stage"]) != 0) | (np.diff(known["level"]) != 0)) + 1
    lines = []
    for part in np.split(np.arange(len(known)), starts):
        points = " ".join(f"{x[i]:.1f},{y[i]:.1f}" for i in part)
        lines.append(f'<polyline points="{points}" fill="none" stroke="#1f77b4" stroke-width="1.5"/>')
    for start in starts:
        lines.append(f'<line x1="{x[start]:.1f}" y1="0" x2="{x[start]:.1f}" y2="{height}" stroke="#cccccc"/>')
    style = 'font-size="10" fill="#777777"'
    lines.append(f'<text x="5" y="11" {style}>{high:.6g}</text>')
    lines.append(f'<text x="5" y="{height - 3}" {style}>{low:.6g}</text>')
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" role="img">'
    return f"{head}<title>metric at each iteration</title>{''.join(lines)}</svg>"
