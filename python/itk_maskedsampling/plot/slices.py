# SPDX-License-Identifier: Apache-2.0
"""Slices in panels: grey values, the border of a mask, letters of the sides, sample points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke

from .._core import Geometry
from .._images.arrays import Array, Floats
from .._images.image import Raster
from .._pictures.slices import Slice, find_border, find_window, is_aligned, name_unit
from .figure import BLUE, YELLOW, make_panels
from .scene import Scene

#: Where there is no image.
NOTHING = "#c9d3dc"


class Style:
    """How panels of an image are labelled.

    unit: of coordinates; by default voxels or pixels for an image with the place of an array, otherwise mm.
    """

    def __init__(self, geometry: Geometry, unit: str | None) -> None:
        self.unit = name_unit(geometry) if unit is None else unit

    def label(self, place: Slice, axis: int) -> str:
        return f"{'xyz'[axis]}{'' if is_aligned(place.image) else ' of the image'}"

    def title(self, place: Slice) -> str:
        """Where a slice of a volume is."""
        # Rounded to a hundredth of the slice's thickness, which is what the position is good for.
        digits = max(0, 2 - int(np.floor(np.log10(place.image.spacing[place.axis]))))
        return f"{self.label(place, place.axis)} = {round(place.position, digits) + 0.0:g} {self.unit}"


def draw_values(axes: Any, place: Slice, values: Array, style: Style, cmap: Any, limits: tuple[float, float]) -> Any:
    """Draw values, shape (rows, columns), with axes in units of space."""
    left, right, first, last = place.extent
    bottom, top = (first, last) if place.upwards else (last, first)
    origin = "lower" if place.upwards else "upper"
    shown = axes.imshow(
        values, cmap=cmap, vmin=limits[0], vmax=limits[1], origin=origin, extent=(left, right, bottom, top)
    )
    axes.set_facecolor(NOTHING)
    axes.set_xlabel(f"{style.label(place, place.sides[0])}, {style.unit}", fontsize=9)
    axes.set_ylabel(f"{style.label(place, place.sides[1])}, {style.unit}", fontsize=9)
    axes.tick_params(labelsize=8)
    draw_letters(axes, place)
    return shown


def draw_letters(axes: Any, place: Slice) -> None:
    """Draw the letters of the sides of the body: black on white, so that they are seen on any image."""
    if place.letters is None:
        return
    left, right, first, last = place.letters
    top, bottom = (last, first) if place.upwards else (first, last)
    outline = [withStroke(linewidth=2.5, foreground="white")]
    for letter, x, y in ((left, 0.03, 0.5), (right, 0.97, 0.5), (top, 0.5, 0.97), (bottom, 0.5, 0.03)):
        horizontal, vertical = ({0.03: "left", 0.97: "right"}.get(x, "center"), {0.03: "bottom", 0.97: "top"}.get(y))
        axes.text(
            x, y, letter, transform=axes.transAxes, ha=horizontal, va=vertical or "center", fontsize=10, weight="bold",
            color="black", path_effects=outline, zorder=4,
        )  # fmt: skip


def draw_border(axes: Any, place: Slice, mask: Raster | None, color: str = YELLOW) -> None:
    """Draw the border of a mask, along the sides of its pixels."""
    if mask is None:
        return
    inside = place.cut(mask.pixels, mask.geometry, interpolator="nearest-neighbor")
    draw_lines(axes, place, find_border(inside), color, "border of the mask")


def draw_lines(axes: Any, place: Slice, lines: Floats, color: str, label: str) -> None:
    """Draw lines, shape (n, 2, 2), of ends (column, row) in pixels of a slice."""
    left, right, first, last = place.extent
    rows, columns = place.shape
    steps = np.array([(right - left) / columns, (last - first) / rows])
    segments = (lines + 0.5) * steps + (left, first)
    # Thinner, the more there is of it: thin masks are mostly border.
    width = float(np.clip(8 * np.sqrt(rows * columns) / max(len(segments), 1), 0.4, 1.0))
    collection = LineCollection(segments, colors=color, linewidths=width, capstyle="projecting", label=label)
    axes.add_collection(collection, autolim=False)


def draw_points(axes: Any, place: Slice, points: Floats, color: str) -> None:
    """Draw points as dots; the denser, the smaller, so that the image is seen between them."""
    places = place.locate(points)[:, place.sides]
    columns, rows = places.T
    box = np.ptp(places, axis=0) if len(points) else np.zeros(2)
    left, right, first, last = place.extent
    share = max(float(box.prod()) / abs((right - left) * (last - first)), 0.01)
    size = float(np.clip(20000 * share / max(len(points), 1), 0.1, 14.0))
    few = size > 4
    edge = {"edgecolors": "white", "linewidths": 0.5} if few else {"linewidths": 0.0, "alpha": 0.7}
    axes.scatter(columns, rows, s=size, color=color, label="samples", zorder=3, **edge)
    axes.set_xlim(left, right)
    axes.set_ylim((first, last) if place.upwards else (last, first))


def draw_samples(
    scene: Scene, slices: Sequence[Slice], thickness: float | None, color: str | None, unit: str | None, given: Any
) -> Figure:
    figure, panels, fresh = make_panels(slices, 1, given)
    style = Style(scene.geometry, unit)
    fixed = scene.fixed
    cuts = [
        np.full(place.shape, np.nan) if fixed is None else place.cut(fixed.pixels, fixed.geometry) for place in slices
    ]
    limits = find_window(np.concatenate([values.ravel() for values in cuts]))
    for axes, place, values in zip(panels[0], slices, cuts, strict=True):
        draw_values(axes, place, values, style, "gray", limits)
        draw_border(axes, place, scene.outline)
        near = scene.points[place.is_near(scene.points, thickness)]
        draw_points(axes, place, near, BLUE if color is None else color)
        total = f"{count(len(scene.points))} samples"
        title = total if place.axis < 0 else f"{style.title(place)}\n{count(len(near))} of {total}"
        axes.set_title(title, fontsize=10)
    if fresh:
        figure.suptitle(describe_samples(scene, slices, thickness, style), fontsize=11)
    return figure


def count(number: int) -> str:
    """A number of things."""
    return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}") if number > 9999 else str(number)


def describe_samples(scene: Scene, slices: Sequence[Slice], thickness: float | None, style: Style) -> str:
    border = "" if scene.outline is None else ", and the border of the mask (line)"
    if slices[0].axis < 0:
        return f"Samples (dots){border}"
    halves = {place.image.spacing[place.axis] / 2 for place in slices} if thickness is None else {thickness / 2}
    distance = f"{halves.pop():.3g} {style.unit}" if len(halves) == 1 else "half a voxel"
    return f"Samples (dots) at most {distance} from the slice{border}"
