# SPDX-License-Identifier: Apache-2.0
"""The pictures of a report."""

from __future__ import annotations

import io
from collections.abc import Callable
from html import escape
from typing import IO, Any

import numpy as np

from .. import plot
from .._images.geometry import point_to_index
from .._images.image import Raster
from .._images.masks import read_mask
from .._pictures.png import make_data_url
from .._pictures.voxels import Contrast
from .._registration.result import Registration
from ..plot.scene import Scene, read_pair
from .blink import make_blink


def make_figures(result: Registration) -> list[str]:
    course = embed(plot.course(result), "The metric at each iteration, level by level.")
    if result._sources is None:
        return [
            course,
            "<p>The images are not kept when a registration is pickled, so that they are not shown here.</p>",
        ]
    margin = find_margin(result)
    where = "" if margin is None else " Only the surroundings of the samples are shown."
    contrast: Contrast = result._find_contrast()
    scene = read_pair("side_by_side", result, None, None, None)
    moving_mask = read_moving_mask(result, scene)
    caption = f"The fixed image, and the moving one after registration, or before, by turns in one place.{where}"
    blink = make_blink(scene, moving_mask, margin, contrast.same_scale)
    figures = [f"<figure>{blink}<figcaption>{escape(caption)}</figcaption></figure>"]
    figures += [embed(draw(result, margin=margin), f"{caption}{where}") for draw, caption in choose_pictures(contrast)]
    figures += [make_histogram(scene, moving_mask), course]
    figures.append(embed(plot.samples(result), "Sample points of the last level, over slices of the fixed image."))
    uncertainty = result.uncertainty
    if uncertainty is not None and not np.isnan(uncertainty.standard_error):
        from .uncertainty import draw_uncertainty  # noqa: PLC0415

        caption = "How far points may be mapped wrong: the standard error, in colour over the fixed image."
        figures.append(embed(draw_uncertainty(result, uncertainty, margin), f"{caption}{where}"))
    return figures


def read_moving_mask(result: Registration, scene: Scene) -> Raster | None:
    """That of the last stage."""
    mask = None if result._sources is None else result._sources.mask_of_result("moving_mask")
    assert scene.moving is not None
    return None if mask is None else read_mask("moving_mask", mask, scene.moving)


def make_histogram(scene: Scene, moving_mask: Raster | None) -> str:
    from .histogram import count_pairs, draw_histogram  # noqa: PLC0415

    histogram = count_pairs(scene, moving_mask)
    if not all(histogram.pairs):
        return "<p>No voxel has a value in both images, so that there is no histogram of them.</p>"
    where = "in the image" if scene.mask is None else "inside the mask"
    thinned = f" 1 of {histogram.step} voxels along each axis is counted." if histogram.step > 1 else ""
    caption = (
        f"Histogram of the values of both images at the same places, {where}, before and after, and of each for "
        f"itself: all but the outermost hundredth of them.{thinned}"
    )
    return embed(draw_histogram(histogram), caption)


def choose_pictures(contrast: Contrast) -> list[tuple[Callable[..., Any], str]]:
    """Pictures that compare: by values only where both images have the same contrast."""
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
    figure.savefig(file, format="png", dpi=100, metadata={"Software": None})
    close(figure)
    text = escape(caption)
    image = f'<img alt="{text}" src="{make_data_url(reduce_colors(file))}">'
    return f"<figure>{image}<figcaption>{text}</figcaption></figure>"


def reduce_colors(file: IO[bytes]) -> bytes:
    """A PNG with the 256 colours that are nearest to those of a picture: a third smaller."""
    from PIL import Image  # noqa: PLC0415, it comes with matplotlib

    smaller = io.BytesIO()
    with Image.open(file) as picture:
        colors = picture.convert("RGB").quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
        colors.save(smaller, "png", optimize=True)
    return smaller.getvalue()
