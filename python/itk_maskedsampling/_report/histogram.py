# SPDX-License-Identifier: Apache-2.0
"""The histograms of a report: of the values of both images at the same places, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from .._images.arrays import Array, Floats
from .._images.image import Raster
from .._pictures.slices import find_window
from .._pictures.voxels import choose_voxels
from ..plot.figure import BLUE, GREEN, ORANGE, make_figure
from ..plot.scene import Scene

#: Along each axis.
BINS = 64


@dataclass(frozen=True, eq=False)
class Histogram:
    """Counts of the pairs of values before and after, shape (fixed bins, moving bins), and the edges of the bins.

    pairs: how many voxels have a value in both images, before and after.
    step: of every step-th voxel along each axis.
    """

    counts: Sequence[Floats]
    edges: tuple[Floats, Floats]
    pairs: Sequence[int]
    step: int


def count_pairs(scene: Scene, moving_mask: Raster | None, bins: int = BINS) -> Histogram:
    """Of the voxels inside the fixed mask that come to lie in the moving image, and inside its mask.

    Bins reach over the values of find_window(), so that a few that are far from the others do not take them all.
    """
    assert scene.fixed is not None
    assert scene.moving is not None
    voxels = choose_voxels(scene.fixed.geometry, scene.mask)
    values = voxels.values(scene.fixed.pixels)
    pairs: list[tuple[Array, Array]] = []
    for parts in (scene.before, scene.after):
        moved = voxels.moved(scene.moving, parts)
        known = np.isfinite(values) & np.isfinite(moved)
        if moving_mask is not None:
            known &= find_inside(voxels.moved(moving_mask, parts, "nearest-neighbor"))
        pairs.append((values[known], moved[known]))
    ranges = [find_window(np.concatenate(side)) for side in zip(*pairs, strict=True)]
    counts, edges = [], (np.zeros(0), np.zeros(0))
    for one, two in pairs:
        found, *sides = np.histogram2d(one, two, bins, ranges)
        counts.append(found)
        edges = sides[0], sides[1]
    return Histogram(counts, edges, [len(one) for one, _ in pairs], voxels.step)


def find_inside(values: Floats) -> Array:
    inside: Array = np.isfinite(values) & (values != 0)
    return inside


def draw_histogram(histogram: Histogram) -> Figure:
    """The pairs of values before and after, and those of each image for itself."""
    figure = make_figure((9.5, 3.4))
    panels = figure.subplots(1, 3, width_ratios=(1, 1, 1.15))
    most = max(float(counts.max()) for counts in histogram.counts)
    shown: Any = None
    for axes, name, counts, total in zip(
        panels[:2], ("before", "after"), histogram.counts, histogram.pairs, strict=True
    ):
        full = np.ma.masked_equal(counts.T, 0)
        shown = axes.pcolormesh(*histogram.edges, full, norm=LogNorm(1, max(most, 2)), cmap="viridis", rasterized=True)
        axes.set_title(f"{name}: {total} voxels", fontsize=10)
        axes.set_xlabel("fixed image, intensity", fontsize=9)
        axes.set_ylabel("moving image, intensity", fontsize=9)
    bar = figure.colorbar(shown, ax=panels[:2], fraction=0.05, pad=0.02)
    bar.set_label("voxels", fontsize=9)
    draw_sides(panels[2], histogram)
    for axes in (*panels, bar.ax):
        axes.tick_params(labelsize=8)
    return figure


def draw_sides(axes: Any, histogram: Histogram) -> None:
    """The histogram of each image: the sums of rows and of columns."""
    before, after = histogram.counts
    for counts, edges, name, color in (
        (after.sum(axis=1), histogram.edges[0], "fixed", BLUE),
        (before.sum(axis=0), histogram.edges[1], "moving, before", ORANGE),
        (after.sum(axis=0), histogram.edges[1], "moving, after", GREEN),
    ):
        axes.stairs(counts, edges, label=name, color=color)
    axes.set_xlabel("intensity", fontsize=9)
    axes.set_ylabel("voxels", fontsize=9)
    axes.set_title("each image for itself", fontsize=10)
    axes.legend(fontsize=8, frameon=False)
