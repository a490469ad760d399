# SPDX-License-Identifier: Apache-2.0
"""The picture of a report that shows how far points may be mapped wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from .._images.arrays import Array
from .._images.geometry import index_to_point
from .._pictures.slices import Slice, find_window
from .._registration.result import Registration
from .._registration.uncertainty import Uncertainty
from ..plot.figure import make_panels
from ..plot.scene import choose_slices, read_samples
from ..plot.slices import Style, draw_border, draw_values


def draw_uncertainty(result: Registration, uncertainty: Uncertainty, margin: float | None) -> Figure:
    """The standard error inside the mask, in colour over slices of the fixed image."""
    scene = read_samples(result, None, None)
    assert scene.fixed is not None
    slices = choose_slices(scene, None, None, margin)
    figure, panels, _ = make_panels(slices, 1, None)
    style = Style(scene.geometry, None)
    greys = [place.cut(scene.fixed.pixels, scene.fixed.geometry) for place in slices]
    errors = [find_errors(uncertainty, place) for place in slices]
    if scene.mask is not None:
        mask = scene.mask
        inside = [place.cut(mask.pixels, mask.geometry, interpolator="nearest-neighbor") != 0 for place in slices]
        errors = [np.where(where, values, np.nan) for where, values in zip(inside, errors, strict=True)]
    window = find_window(np.concatenate([values.ravel() for values in greys]))
    low, high = find_window(np.concatenate([values.ravel() for values in errors]))
    shown: Any = None
    for axes, place, grey, values in zip(panels[0], slices, greys, errors, strict=True):
        below = draw_values(axes, place, grey, style, "gray", window)
        shown = axes.imshow(
            values, cmap="viridis", vmin=low, vmax=high, alpha=0.7, origin=below.origin, extent=below.get_extent()
        )
        draw_border(axes, place, scene.outline)
        axes.set_title("" if place.axis < 0 else style.title(place), fontsize=10)
    bar = figure.colorbar(shown, ax=panels, fraction=0.04, pad=0.02)
    bar.set_label(f"standard error, {style.unit}", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    return figure


def find_errors(uncertainty: Uncertainty, place: Slice) -> Array:
    """The standard error at the pixels of a slice, shape (rows, columns)."""
    index = np.moveaxis(np.indices(place.grid.size[::-1])[::-1], 0, -1).reshape(-1, len(place.grid.size))
    return uncertainty.at(index_to_point(place.grid, index)).reshape(place.shape)
