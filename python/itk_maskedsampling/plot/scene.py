# SPDX-License-Identifier: Apache-2.0
"""What pictures are made of: images, mask, sample points and transforms, from whatever a user hands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core import Geometry, Part
from .._images.arrays import Floats, describe, join, to_layout, to_numbers, to_points
from .._images.choices import choose
from .._images.conversion import libraries_of
from .._images.files import read
from .._images.geometry import corners_of, index_to_point, point_to_index
from .._images.image import Raster
from .._images.masks import check_same_dimension, mask_box, read_mask
from .._pictures.slices import Slice, crop, make_slice, middle_of, orient
from .._pictures.voxels import find_contrast
from .._registration.result import Registration
from .._registration.sample import Samples
from .._transforms.reading import to_transform
from .._transforms.transform import Transform


@dataclass(frozen=True, eq=False)
class Scene:
    """What is in a picture.

    geometry: the grid of the fixed image.
    fixed, moving: with pixels of float32; None where they are not drawn.
    points: of samples, shape (n, D), in fixed space; there may be none.
    before, after: the parts of the transforms from which the registration started, and which it found.
    has_border: whether that of the mask is drawn.
    """

    geometry: Geometry
    fixed: Raster | None
    moving: Raster | None
    mask: Raster | None
    points: Floats
    before: tuple[Part, ...] = ()
    after: tuple[Part, ...] = ()
    has_border: bool = True

    @property
    def outline(self) -> Raster | None:
        """The mask whose border is drawn."""
        return self.mask if self.has_border else None


def read_samples(result: Any, image: Any, mask: Any, grid: Geometry | None = None) -> Scene:
    """The scene of sample points, which are those of a Registration, of Samples, or an array of shape (n, D).

    grid: of points that come without an image; None where they need one.
    """
    points = result.points if isinstance(result, Registration | Samples) else result
    if isinstance(result, Registration):
        sources = result._sources if grid is not None else None
        if image is None and grid is None:
            sources = result._get_sources("plot.samples(result, image)")
        if image is None and sources is not None:
            image, mask = sources.fixed, sources.mask_of_result("fixed_mask") if mask is None else mask
        known: Geometry | None = result._geometry
    else:
        known = result.geometry if isinstance(result, Samples) else None
    fixed = None if image is None else to_floats("image", image)
    place = fixed
    if place is None and known is not None:
        place = fill(known, 0)
    if place is None and grid is not None:
        place = fill(grid, 0) if mask is None else read("mask", mask)
    if place is None:
        raise TypeError("image: one is needed with points, to know where they are in it")
    wanted = result.transform.dimension if isinstance(result, Registration) else place.dimension
    for name, raster in (("image", fixed), ("mask", place if fixed is None else None)):
        wanted = wanted if grid is None else len(grid.size)
        if raster is not None and raster.dimension != wanted:
            raise ValueError(f"{name}: {wanted} dimensions are needed, as the points have, not {raster.dimension}")
    has_none = not np.size(points) and (grid is None or isinstance(result, Registration))
    found = np.zeros((0, wanted)) if has_none else to_points("result", points, wanted)
    inside = None if mask is None else read_mask("mask", mask, place)
    return Scene(place.geometry, fixed, None, inside, found)


def fill(geometry: Geometry, value: int) -> Raster:
    """An image of one value, which takes no memory."""
    return Raster(np.broadcast_to(np.uint8(value), geometry.size[::-1]), geometry, None, "")


def read_pair(function: str, result: Any, fixed: Any, moving: Any, mask: Any) -> Scene:
    """The scene of a registration, or of a transform of any kind and two images. The function is for errors."""
    if (fixed is None) != (moving is None):
        raise ValueError(f"{'fixed' if fixed is None else 'moving'}: give both images, or none of them")
    if isinstance(result, Registration):
        if fixed is None:
            sources = result._get_sources(f"plot.{function}(result, fixed, moving)")
            fixed, moving = sources.fixed, sources.moving
            mask = sources.mask_of_result("fixed_mask") if mask is None else mask
        transform, points = result.transform, result.points.astype(np.float64)
        before = result._find_start()
    else:
        transform = to_transform("result", result, libraries_of(result))
        points, before = np.zeros((0, transform.dimension)), Transform(transform.dimension)
        if fixed is None:
            raise TypeError(
                f"fixed, moving: with a transform, give the images: plot.{function}(transform, fixed, moving)"
            )
    one, two = to_floats("fixed", fixed), to_floats("moving", moving)
    check_same_dimension(one, two)
    if one.dimension != transform.dimension:
        raise ValueError(
            f"fixed: {transform.dimension} dimensions are needed, as the transform has, not {one.dimension}"
        )
    inside = None if mask is None else read_mask("mask", mask, one)
    return Scene(one.geometry, one, two, inside, points, before.parts, transform.parts)


def to_floats(name: str, image: Any) -> Raster:
    raster = read(name, image)
    return Raster(to_layout(raster.pixels, np.float32), raster.geometry, raster.source, raster.kind)


def has_same_scale(scene: Scene) -> bool:
    """Whether both images have the same values inside the mask, with the transform that was found."""
    assert scene.fixed is not None
    assert scene.moving is not None
    return find_contrast(scene.fixed, scene.moving, scene.mask, scene.after).same_scale


def find_corners(scene: Scene) -> Floats | None:
    """Points whose box is that of the mask, or of the samples where there is no mask; None without either."""
    if scene.mask is None:
        return scene.points if len(scene.points) else None
    return index_to_point(scene.mask.geometry, corners_of(*mask_box(scene.mask)))


def choose_slices(
    scene: Scene, at: Any, across: str | None, margin: float | None, side: int | None = None
) -> list[Slice]:
    """The slices of a picture: three of a volume, or that across one axis; one in two dimensions.

    side: as make_slice() takes it.
    """
    image = part = orient(scene.geometry)
    corners = find_corners(scene)
    if at is not None:
        middle = check_point(image, at)
    elif len(scene.points):
        middle = (scene.points.min(axis=0) + scene.points.max(axis=0)) / 2
    elif corners is not None:
        middle = (corners.min(axis=0) + corners.max(axis=0)) / 2
    else:
        middle = middle_of(image)
    if margin is not None:
        length = float(check_length("margin", margin, least=0))
        if corners is None:
            raise ValueError("margin: there is neither a mask nor a sample to show the surroundings of; leave it out")
        part = crop(image, corners, length)
    names = ("z", "y", "x")
    if len(image.size) == 2:
        if across is not None:
            raise ValueError(f"across: {across!r}, but an image of 2 dimensions has no slices; leave it out")
        return [make_slice(image, part, -1, middle, side)]
    chosen = names if across is None else (choose("across", across, names),)
    return [make_slice(image, part, 2 - names.index(name), middle, side) for name in chosen]


def check_point(image: Geometry, at: Any) -> Floats:
    """A point in an image."""
    dimension = len(image.size)
    point = to_numbers("at", at, (dimension,), f"a point of {dimension} coordinates, x first, in space,")
    index = point_to_index(image, point[np.newaxis])[0]
    if (index < -0.5).any() or (index > np.array(image.size) - 0.5).any():
        ends = index_to_point(image, np.stack([np.zeros(dimension), np.array(image.size) - 1]))
        raise ValueError(f"at: {join(point)} is outside the image, which is from {join(ends[0])} to {join(ends[1])}")
    return point


def check_count(name: str, value: Any, least: int) -> int:
    """A number of things."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: an integer is needed, not {describe(value)}")
    if value < least:
        raise ValueError(f"{name}: {value}, but at least {least} is needed")
    return int(value)


def check_length(name: str, value: Any, least: float | None = None) -> float:
    """A length, greater than 0 or of at least a number."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name}: a length is needed, not {describe(value)}")
    if not np.isfinite(value) or (value <= 0 if least is None else value < least):
        raise ValueError(
            f"{name}: {value}, but a length {'greater than 0' if least is None else 'of at least 0'} is needed"
        )
    return float(value)
