# SPDX-License-Identifier: Apache-2.0
"""Two images in panels: side by side, in squares, subtracted, the edges of one over the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from .._images.arrays import Array
from .._pictures.edges import find_edges
from .._pictures.slices import Slice, find_window, stretch
from .._pictures.voxels import choose_voxels
from .figure import ORANGE, SKY, make_panels
from .scene import Scene
from .slices import NOTHING, Style, draw_border, draw_lines, draw_values


def cut_pair(scene: Scene, slices: Sequence[Slice]) -> tuple[list[Array], list[list[Array]]]:
    """Slices of the fixed image, and of the moving one before and after."""
    assert scene.fixed is not None
    assert scene.moving is not None
    one, two = scene.fixed, scene.moving
    fixed = [place.cut(one.pixels, one.geometry) for place in slices]
    moving = [[place.cut(two.pixels, two.geometry, parts) for place in slices] for parts in (scene.before, scene.after)]
    return fixed, moving


def window_of(rows: Sequence[Array]) -> tuple[float, float]:
    """One window for several slices."""
    return find_window(np.concatenate([values.ravel() for values in rows]))


def measure_differences(scene: Scene) -> list[float | None]:
    """The mean absolute difference inside the mask, before and after; None where nothing can be compared."""
    assert scene.fixed is not None
    assert scene.moving is not None
    voxels = choose_voxels(scene.fixed.geometry, scene.mask)
    values = voxels.values(scene.fixed.pixels)
    means: list[float | None] = []
    for parts in (scene.before, scene.after):
        sizes = np.abs(values - voxels.moved(scene.moving, parts))
        known = sizes[np.isfinite(sizes)]
        means.append(float(known.mean()) if known.size else None)
    return means


def draw_side_by_side(scene: Scene, slices: Sequence[Slice], same_window: bool, unit: str | None, given: Any) -> Figure:
    figure, panels, fresh = make_panels(slices, 2, given)
    style = Style(scene.geometry, unit)
    fixed, (_, moving) = cut_pair(scene, slices)
    windows = [window_of([*fixed, *moving])] * 2 if same_window else [window_of(fixed), window_of(moving)]
    cmap = colormaps["gray"].with_extremes(bad=NOTHING)
    rows = zip((fixed, moving), ("fixed", "moving, after"), windows, strict=True)
    for number, (row, name, window) in enumerate(rows):
        for axes, place, values in zip(panels[number], slices, row, strict=True):
            draw_values(axes, place, values, style, cmap, window)
            draw_border(axes, place, scene.outline)
            axes.set_title(join_title(name, style, place), fontsize=10)
    if fresh:
        kind = "in one window of grey values" if same_window else "each in its own window of grey values"
        figure.suptitle(f"The fixed image, and the moving one after registration, {kind}", fontsize=11)
        explain_missing(figure, any(np.isnan(values).any() for values in (*fixed, *moving)))
    return figure


def draw_edges(scene: Scene, slices: Sequence[Slice], unit: str | None, given: Any) -> Figure:
    figure, panels, fresh = make_panels(slices, 2, given)
    style = Style(scene.geometry, unit)
    fixed, moving = cut_pair(scene, slices)
    window = window_of([values for row in moving for values in row])
    cmap = colormaps["gray"].with_extremes(bad=NOTHING)
    for number, (row, name) in enumerate(zip(moving, ("before", "after"), strict=True)):
        for axes, place, one, two in zip(panels[number], slices, fixed, row, strict=True):
            draw_values(axes, place, two, style, cmap, window)
            draw_lines(axes, place, find_edges(one, place.blur), ORANGE, "edges of the fixed image")
            draw_border(axes, place, scene.outline, SKY)
            axes.set_title(join_title(name, style, place), fontsize=10)
    if fresh:
        figure.suptitle("The moving image, and the edges of the fixed one (orange)", fontsize=11)
        explain_missing(figure, any(np.isnan(values).any() for row in moving for values in row))
    return figure


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
            draw_border(axes, place, scene.outline)
            axes.set_title(join_title(name, style, place), fontsize=10)
    if fresh:
        figure.suptitle("Squares of the fixed image (the first one) and of the moving image", fontsize=11)
        explain_missing(figure, missing)
    return figure


def draw_difference(scene: Scene, slices: Sequence[Slice], unit: str | None, given: Any) -> Figure:
    figure, panels, fresh = make_panels(slices, 2, given)
    style = Style(scene.geometry, unit)
    fixed, moving = cut_pair(scene, slices)
    means = measure_differences(scene)
    differences = [[one - two for one, two in zip(fixed, row, strict=True)] for row in moving]
    sizes = np.abs(np.concatenate([values.ravel() for row in differences for values in row]))
    limit = find_window(sizes)[1] or 1.0
    cmap = colormaps["RdBu_r"].with_extremes(bad=NOTHING)
    shown: Any = None
    for number, (row, name) in enumerate(zip(differences, ("before", "after"), strict=True)):
        # It is of all voxels, and so the same for all slices: said once.
        mean = "" if means[number] is None else f"\nmean {means[number]:.3g}"
        for axes, place, values in zip(panels[number], slices, row, strict=True):
            shown = draw_values(axes, place, values, style, cmap, (-limit, limit))
            draw_border(axes, place, scene.outline, "black")
            axes.set_title(f"{join_title(name, style, place)}{mean}", fontsize=10)
            mean = "\n" if mean else ""
    if fresh:
        where = "in the image" if scene.mask is None else "inside the mask"
        figure.suptitle(f"Fixed minus moving image; mean: of the absolute values, {where}", fontsize=11)
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
