# SPDX-License-Identifier: Apache-2.0
"""The pictures of a report."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np

from .. import plot
from .._images.geometry import point_to_index
from .._pictures.voxels import Contrast
from .._registration.result import Registration


def make_figures(result: Registration) -> list[str]:
    figures = [embed(plot.course(result), "The metric at each iteration, level by level.")]
    if result._sources is None:
        return [
            *figures,
            "<p>The images are not kept when a registration is pickled, so that they are not shown here.</p>",
        ]
    margin = find_margin(result)
    where = "" if margin is None else " Only the surroundings of the samples are shown."
    figures.append(embed(plot.samples(result), "Sample points of the last level, over slices of the fixed image."))
    pictures = [
        (plot.side_by_side, "The fixed image, and the moving one after registration."),
        *choose_pictures(result),
    ]
    figures += [embed(draw(result, margin=margin), f"{caption}{where}") for draw, caption in pictures]
    uncertainty = result.uncertainty
    if uncertainty is not None and not np.isnan(uncertainty.standard_error):
        from .uncertainty import draw_uncertainty  # noqa: PLC0415

        caption = "How far points may be mapped wrong: the standard error, in colour over the fixed image."
        figures.append(embed(draw_uncertainty(result, uncertainty, margin), f"{caption}{where}"))
    return figures


def choose_pictures(result: Registration) -> list[tuple[Callable[..., Any], str]]:
    """Pictures that compare: by values only where both images have the same contrast."""
    contrast: Contrast = result._find_contrast()
    squares = "Squares of the fixed and of the moving image, before and after: where they fit, edges go on."
    difference = "The fixed minus the moving image, before and after."
    edges = (
        "The edges of the fixed image over the moving one, before and after. Values are not compared: "
        f"{contrast.reason}. plot.checkerboard() and plot.difference() do it all the same."
    )
    if not contrast.alike:
        return [(plot.edges, edges)]
    return [(plot.checkerboard, squares), *([(plot.difference, difference)] if contrast.same_scale else [])]


def find_margin(result: Registration) -> float | None:
    """How much is shown around the samples: half the length of their box if it is small in the image, else all."""
    if not len(result.points):
        return None
    grid = result._geometry
    index = point_to_index(grid, result.points)
    box = (index.max(axis=0) - index.min(axis=0) + 1) * grid.spacing
    image = np.array(grid.size) * grid.spacing
    return float(box.max() / 2) if (box < 0.4 * image).all() else None


def embed(figure: Any, caption: str) -> str:
    """A figure with its caption, which is also its alternative text."""
    from ..plot.figure import close  # noqa: PLC0415

    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=130, metadata={"Software": None})
    close(figure)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    text = escape(caption)
    image = f'<img alt="{text}" src="data:image/png;base64,{data}">'
    return f"<figure>{image}<figcaption>{text}</figcaption></figure>"
