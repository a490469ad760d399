# SPDX-License-Identifier: Apache-2.0
"""Parts of a page of HTML: tables, pictures of images, and the course of the metric."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

import numpy as np

from .._core import LevelReport, Part
from .._images.arrays import Array, Floats, to_layout
from .._images.image import Raster
from .edges import find_edge_pixels
from .png import encode_png, make_data_url
from .slices import find_outline, find_window, make_slices, stretch

#: The longest side of a picture, in its pixels.
SIDE = 240
OUTLINE = (255, 150, 0)


def make_table(heads: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    """A table of texts, which are escaped."""
    lines = ["<tr>" + "".join(f"<th>{escape(str(head))}</th>" for head in heads) + "</tr>"]
    lines += ["<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in cells) + "</tr>" for cells in rows]
    return f"<table>{''.join(lines)}</table>"


def wide(table: str) -> str:
    """A table that is scrolled where it is wider than the page."""
    return f'<div class="wide">{table}</div>'


def make_level_table(levels: Iterable[LevelReport]) -> str:
    heads = ("stage", "level", "voxels", "samples", "in moving image", "iterations", "metric, first", "last", "seconds")
    rows = [
        (
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
        for report in levels
    ]
    return make_table(heads, rows)


# Pictures


def make_pictures(
    fixed: Raster, moving: Raster, mask: Raster | None, middle: Floats, parts: Sequence[Part], alike: bool
) -> str:
    """Slices through a point: fixed, moving, and both in a checkerboard. Where they are not alike, the edges of the one
    over the other instead."""
    floats = to_layout(fixed.pixels, np.float32), to_layout(moving.pixels, np.float32)
    rows = []
    for place in make_slices(fixed.geometry, middle, SIDE):
        cut = place.cut(floats[0], fixed.geometry)
        one, two = to_bytes(cut), to_bytes(place.cut(floats[1], moving.geometry, parts))
        inside = None if mask is None else place.cut(mask.pixels, mask.geometry, interpolator="nearest-neighbor")
        outline = None if inside is None else find_outline(inside)
        both = np.where(place.checker(), one, two) if alike else two
        lines = None if alike else find_edge_pixels(cut, place.blur)
        pictures = (paint(one, outline), paint(two, outline), paint(both, lines))
        turned = [picture[::-1] if place.upwards else picture for picture in pictures]
        urls = [make_data_url(encode_png(picture)) for picture in turned]
        rows.append("<tr>" + "".join(f'<td><img src="{url}"/></td>' for url in urls) + "</tr>")
    name = "checkerboard" if alike else "edges of fixed over moving"
    heads = f"<tr><th>fixed</th><th>moving, resampled</th><th>{name}</th></tr>"
    return f"<table>{heads}{''.join(rows)}</table>"


def to_bytes(pixels: Array) -> Array:
    """As uint8, without the outermost hundredth of the values; what is not finite is black."""
    scaled = stretch(pixels, find_window(pixels))
    bytes_: Array = np.clip(255 * np.where(np.isfinite(scaled), scaled, 0), 0, 255).astype(np.uint8)
    return bytes_


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
