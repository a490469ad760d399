# SPDX-License-Identifier: Apache-2.0
"""A small picture of a registration: the fixed image, and the edges of the moving one over it."""

from __future__ import annotations

import numpy as np

from .._images.arrays import Array, Floats, to_layout
from .._images.files import read
from .._images.geometry import corners_of, index_to_point
from .._images.masks import mask_box
from .._pictures.edges import find_edge_pixels
from .._pictures.html import paint, to_bytes
from .._pictures.png import encode_png
from .._pictures.slices import Slice, crop, make_slice, middle_of, orient
from .._registration.result import Registration
from .._registration.sources import Sources

#: The longest side of a picture, in pixels: of each of the three slices of a volume, and in two dimensions.
SIDES = {3: 104, 2: 168}
#: Of the bits of a grey value, those that are kept: fewer of them make a smaller file.
BITS = 0xF8
#: Between slices.
GAP = 2


def make_thumbnail(result: Registration) -> bytes | None:
    """A picture as PNG, of slices through the middle of the mask and around it; None of a result without images."""
    sources = result._sources
    if sources is None:
        return None
    fixed, moving = read("fixed", sources.fixed), read("moving", sources.moving)
    pixels = to_layout(fixed.pixels, np.float32), to_layout(moving.pixels, np.float32)
    panels = []
    for place in choose_slices(result, find_corners(result, sources)):
        one = place.cut(pixels[0], fixed.geometry)
        two = place.cut(pixels[1], moving.geometry, result.transform.parts)
        picture = paint(to_bytes(one) & BITS, find_edge_pixels(two, place.blur))
        panels.append(picture[::-1] if place.upwards else picture)
    return encode_png(join_panels(panels))


def find_corners(result: Registration, sources: Sources) -> Floats | None:
    """Points whose box is that of the mask, or of the samples; None without either."""
    mask = result._read_fixed_mask(read("fixed", sources.fixed))
    if mask is not None:
        return index_to_point(mask.geometry, corners_of(*mask_box(mask)))
    return np.asarray(result.points, np.float64) if len(result.points) else None


def choose_slices(result: Registration, corners: Floats | None) -> list[Slice]:
    """Slices through the middle of a box, with a quarter of its length around it."""
    image = part = orient(result._geometry)
    middle = middle_of(image)
    if corners is not None:
        low, high = corners.min(axis=0), corners.max(axis=0)
        middle = (low + high) / 2
        part = crop(image, corners, float((high - low).max()) / 4)
    dimension = len(image.size)
    axes = (2, 1, 0) if dimension == 3 else (-1,)
    return [make_slice(image, part, axis, middle, SIDES[dimension]) for axis in axes]


def join_panels(panels: list[Array]) -> Array:
    """Pictures beside each other, on black."""
    width = sum(one.shape[1] for one in panels) + GAP * (len(panels) - 1)
    joined = np.zeros((max(one.shape[0] for one in panels), width, 3), np.uint8)
    first = 0
    for one in panels:
        top = (len(joined) - len(one)) // 2
        joined[top : top + len(one), first : first + one.shape[1]] = one
        first += one.shape[1] + GAP
    return joined
