# SPDX-License-Identifier: Apache-2.0
"""Figures of matplotlib, and what their panels have in common."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import get_backend
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .._images.arrays import describe
from .._pictures.slices import Slice

#: Told apart by all, whether or not they see all colours.
ORANGE, BLUE, PURPLE, GREEN, YELLOW, SKY = "#d95f02", "#1b6ca8", "#7b3294", "#1b9e77", "#ffb000", "#56b4e9"
COLORS = (ORANGE, BLUE, PURPLE, GREEN)

#: Inches: the width of a figure of slices, the height of a panel at most, and what labels take of each panel.
WIDTH, HEIGHT, LABELS = 9.5, 4.6, (0.75, 1.0)


class Picture(Figure):
    """A figure that a notebook shows without pyplot."""

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png")
        return file.getvalue()


def make_figure(size: tuple[float, float]) -> Figure:
    """An empty figure of a size in inches: one of pyplot's where the user has loaded that.

    A notebook whose figures are inline shows them by itself, and would show one of pyplot's twice.
    """
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    options: dict[str, Any] = {"figsize": size, "dpi": 100, "layout": "constrained"}
    if pyplot is None or "inline" in get_backend().lower():
        return Picture(**options)
    figure: Figure = pyplot.figure(FigureClass=Picture, **options)
    return figure


def close(figure: Figure) -> None:
    """Let go of a figure that nobody else has."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)


def make_panels(slices: Sequence[Slice], rows: int, axes: Any) -> tuple[Figure, Any, bool]:
    """A figure, its panels, shape (rows, slices), and whether it is a new one. Axes are those of the user, if any.

    The one slice of two dimensions has its rows side by side.
    """
    if axes is not None:
        panels = check_axes(axes, rows * len(slices)).reshape(rows, len(slices))
        return panels[0, 0].figure, panels, False
    widths, heights = np.array([lengths(place) for place in slices]).T
    columns = len(slices)
    if columns == 1:
        columns, widths, rows_shown = rows, np.repeat(widths, rows), 1
    else:
        rows_shown = rows
    scale = min((WIDTH - LABELS[0] * columns) / widths.sum(), HEIGHT / heights.max())
    # Slices that are very thin are drawn in panels with some room for their labels.
    widths = np.maximum(widths * scale, 1.4)
    tall = max(heights.max() * scale, 1.2)
    size = (widths.sum() + LABELS[0] * columns + 0.2, rows_shown * (tall + LABELS[1]) + 0.5)
    figure = make_figure(size)
    panels = figure.subplots(rows_shown, columns, squeeze=False, width_ratios=widths)
    return figure, panels.reshape(rows, len(slices)), True


def check_axes(axes: Any, count: int) -> Any:
    """Panels of the user as a flat array."""
    given = np.ravel(np.asarray(axes, dtype=object))
    for one in given:
        if not isinstance(one, Axes):
            raise TypeError(
                f"axes: {'one panel' if count == 1 else f'{count} panels'} of matplotlib, not {describe(one)}"
            )
    if len(given) != count:
        raise ValueError(f"axes: {count} of them are needed, one for each panel, not {len(given)}")
    return given


def lengths(place: Slice) -> tuple[float, float]:
    left, right, first, last = place.extent
    return abs(right - left), abs(last - first)
