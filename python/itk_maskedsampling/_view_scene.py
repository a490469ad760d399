# SPDX-License-Identifier: Apache-2.0
"""What a view in three dimensions shows: points, where they go, a mask and an image, from what a user hands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ._arrays import Floats, describe, to_points
from ._core import Geometry
from ._images import Raster, make_geometry
from ._masks import look_up, read_mask
from ._readers import libraries_of, read
from ._registration import Registration
from ._sample import Samples
from ._transforms import to_transform


@dataclass(frozen=True, eq=False)
class Scene:
    """What is in a view.

    points: sample points, shape (n, 3), in space; there may be none.
    moved: where a transform maps them, or None.
    inside: which of them it maps into the moving image and its mask; None where that is not known.
    image, mask: of the fixed image, or None.
    """

    points: Floats
    moved: Floats | None
    inside: npt.NDArray[np.bool_] | None
    image: Raster | None
    mask: Raster | None


def read_scene(result: Any, image: Any, mask: Any, transform: Any) -> Scene:
    """The scene of a Registration, of Samples, or of points, all of three dimensions."""
    if isinstance(result, Registration):
        return read_registration(result, image, mask, transform)
    geometry = result.geometry if isinstance(result, Samples) else None
    given = result.points if isinstance(result, Samples) else result
    if isinstance(given, np.ndarray) and given.ndim == 2:
        check_dimension(given.shape[1])
    points = to_points("result", given, 3)
    moved = None
    if transform is not None:
        found = to_transform("transform", transform, libraries_of(transform))
        if found.dimension != 3:
            raise ValueError(f"transform: 3 dimensions are needed, as the points have, not {found.dimension}")
        moved = found.apply(points)
    return Scene(points, moved, None, *read_place(image, mask, geometry))


def read_registration(result: Registration, image: Any, mask: Any, transform: Any) -> Scene:
    """A result that was pickled has no images: what is known of it is shown without them."""
    check_dimension(result.transform.dimension)
    if transform is not None:
        raise ValueError("transform: a Registration has its own; give its points instead, view(result.points, ...)")
    sources = result._sources
    if image is None and sources is not None:
        image = sources.fixed
        mask = sources.fixed_mask if mask is None else mask
    points = result.points.astype(np.float64)
    moved = result.transform.apply(points) if len(points) else points
    inside = None
    if sources is not None:
        moving = read("moving", sources.moving)
        inside = find_inside(moved, fill(moving.geometry, 1))
        if sources.moving_mask is not None:
            inside &= find_inside(moved, read_mask("moving_mask", sources.moving_mask, moving))
    return Scene(points, moved, inside, *read_place(image, mask, result._geometry))


def check_dimension(dimension: int) -> None:
    if dimension == 2:
        raise ValueError("result: view() shows three dimensions. For those of two there is plot.samples()")


def read_place(image: Any, mask: Any, geometry: Geometry | None) -> tuple[Raster | None, Raster | None]:
    """Image and mask. An array as mask lies as the image does, or has the geometry, or is an image of its own."""
    raster = None if image is None else read("image", image)
    if raster is not None and raster.dimension != 3:
        raise ValueError(f"image: 3 dimensions are needed, as the points have, not {raster.dimension}")
    if mask is None:
        return raster, None
    grid = raster
    if grid is None and geometry is not None:
        grid = fill(geometry, 0)
    if grid is None:
        grid = read("mask", mask)
        if grid.dimension != 3:
            raise ValueError(f"mask: 3 dimensions are needed, as the points have, not {grid.dimension}")
    return raster, read_mask("mask", mask, grid)


def fill(geometry: Geometry, value: int) -> Raster:
    """An image of one value, which takes no memory."""
    return Raster(np.broadcast_to(np.uint8(value), geometry.size[::-1]), geometry, None, "")


def find_inside(points: Floats, mask: Raster) -> npt.NDArray[np.bool_]:
    """Whether points are in voxels of a mask that are not 0."""
    # Of a grid of spacing 1 at 0, indices are points.
    space = make_geometry("", (1, 1, 1), None, None, None)
    return np.asarray(look_up(mask, space, points), np.bool_)


def check_count(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: an integer is needed, not {describe(value)}")
    if value < least:
        raise ValueError(f"{name}: {value}, but at least {least} is needed")
    return int(value)
