# SPDX-License-Identifier: Apache-2.0
"""Slices in panels: grey values, the border of a mask, sample points, checkerboards and differences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from .._core import Geometry
from .._images.arrays import Array, Floats
from .._images.image import Raster
from .._pictures.slices import Slice, find_border, find_window, is_aligned, stretch
from .figure import BLUE, YELLOW, make_panels
from .scene import Scene

#: Where there is no image.
NOTHING = "#c9d3dc"


class Style:
    """How panels of an image are labelled.

    unit: of coordinates; by default voxels or pixels for an image with the place of an array, otherwise mm.
    """

    def __init__(self, geometry: Geometry, unit: str | None) -> None:
        dimension = len(geometry.size)
        plain = Geometry(
            geometry.size, (1.0,) * dimension, (0.0,) * dimension, tuple(np.eye(dimension).ravel().tolist())
        )
        voxels = "pixels" if dimension == 2 else "voxels"
        self.unit = (voxels if geometry == plain else "mm") if unit is None else unit

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
    return shown


def draw_border(axes: Any, place: Slice, mask: Raster | None, color: str = YELLOW) -> None:
    """Draw the border of a mask, along the sides of its pixels."""
    if mask is None:
        return
    inside = place.cut(mask.pixels, mask.geometry, interpolator="nearest-neighbor")
    left, right, first, last = place.extent
    rows, columns = place.shape
    steps = np.array([(right - left) / columns, (last - first) / rows])
    segments = (find_border(inside) + 0.5) * steps + (left, first)
    # Thinner, the more there is of it: thin masks are mostly border.
    width = float(np.clip(8 * np.sqrt(rows * columns) / max(len(segments), 1), 0.4, 1.0))
    lines = LineCollection(segments, colors=color, linewidths=width, capstyle="projecting", label="border of the mask")
    axes.add_collection(lines, autolim=False)


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
        draw_border(axes, place, scene.mask)
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
    border = "" if scene.mask is None else ", and the border of the mask (line)"
    if slices[0].axis < 0:
        return f"Samples (dots){border}"
    halves = {place.image.spacing[place.axis] / 2 for place in slices} if thickness is None else {thickness / 2}
    distance = f"{halves.pop():.3g} {style.unit}" if len(halves) == 1 else "half a voxel"
    return f"Samples (dots) at most {distance} from the slice{border}"


def cut_pair(scene: Scene, slices: Sequence[Slice]) -> tuple[list[Array], list[list[Array]]]:
    """Slices of the fixed image, and of the moving one before and after."""
    assert scene.fixed is not None
    assert scene.moving is not None
    one, two = scene.fixed, scene.moving
    fixed = [place.cut(one.pixels, one.geometry) for place in slices]
    moving = [[place.cut(two.pixels, two.geometry, parts) for place in slices] for parts in (scene.before, scene.after)]
    return fixed, moving


def draw_checkerboard(scene: Scene, slices: Sequence[Slice], squares: int, unit: str | None, given: Any) -> Figure:
    figure, panels, fresh = make_panels(slices, 2, given)
    style = Style(scene.geometry, unit)
    fixed, moving = cut_pair(scene, slices)
    windows = [
        find_window(np.concatenate([values.ravel() for values in all_]))
        for all_ in (fixed, [values for row in moving for values in row])
    ]
    cmap = colormaps["gray"].with_extremes(bad=NOTHING)
    missing = False
    for number, (row, name) in enumerate(zip(moving, ("before", "after"), strict=True)):
        for axes, place, one, two in zip(panels[number], slices, fixed, row, strict=True):
            board = np.where(place.checker(squares), stretch(one, windows[0]), stretch(two, windows[1]))
            missing |= bool(np.isnan(board).any())
            draw_values(axes, place, board, style, cmap, (0.0, 1.0))
            draw_border(axes, place, scene.mask)
            axes.set_title(join_title(name, style, place), fontsize=10)
    if fresh:
        figure.suptitle("Squares of the fixed image (the first one) and of the moving image", fontsize=11)
        explain_missing(figure, missing)
    return figure


def draw_difference(scene: Scene, slices: Sequence[Slice], unit: str | None, given: Any) -> Figure:
    figure, panels, fresh = make_panels(slices, 2, given)
    style = Style(scene.geometry, unit)
    fixed, moving = cut_pair(scene, slices)
    differences = [[one - two for one, two in zip(fixed, row, strict=True)] for row in moving]
    sizes = np.abs(np.concatenate([values.ravel() for row in differences for values in row]))
    limit = find_window(sizes)[1] or 1.0
    cmap = colormaps["RdBu_r"].with_extremes(bad=NOTHING)
    shown: Any = None
    for number, (row, name) in enumerate(zip(differences, ("before", "after"), strict=True)):
        for axes, place, values in zip(panels[number], slices, row, strict=True):
            shown = draw_values(axes, place, values, style, cmap, (-limit, limit))
            draw_border(axes, place, scene.mask, "black")
            known = values[np.isfinite(values)]
            mean = f"\nmean {np.abs(known).mean():.3g}" if known.size else ""
            axes.set_title(f"{join_title(name, style, place)}{mean}", fontsize=10)
    if fresh:
        figure.suptitle("Fixed minus moving image, and the mean of the absolute values", fontsize=11)
        bar = figure.colorbar(shown, ax=panels, extend="both", extendfrac=0.03, fraction=0.04, pad=0.02)
        bar.set_label("fixed minus moving", fontsize=9)
        bar.ax.tick_params(labelsize=8)
        explain_missing(figure, bool(np.isnan(sizes).any()))
    return figure


def join_title(name: str, style: Style, place: Slice) -> str:
    return name if place.axis < 0 else f"{name}, {style.title(place)}"


def explain_missing(figure: Any, missing: bool) -> None:
    """Say what the colour is of what is beyond the moving image."""
    if missing:
        patch = Patch(color=NOTHING, label="beyond the moving image, or not finite")
        figure.legend(handles=[patch], loc="outside lower center", frameon=False, fontsize=9)
