# SPDX-License-Identifier: Apache-2.0
"""Masks and weights, and what is not finite outside a mask."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._core import Geometry, warn
from .arrays import Array, all_finite, describe, join, times, to_layout, to_numbers
from .conversion import libraries_of
from .files import read
from .geometry import bounding_box, index_matrix, index_to_point, point_to_index, same_grid
from .image import Image, Raster


@dataclass(frozen=True)
class Labels:
    """Those of a label image that are a mask together; the name is that of the argument, for errors."""

    name: str
    values: tuple[int, ...]


def read_labels(name: str, value: Any) -> Labels | None:
    """One label, or several; None for None."""
    if value is None:
        return None
    needed = "the number of a label, or several,"
    numbers = to_numbers(name, np.reshape(value, -1) if np.ndim(value) == 0 else value, (None,), needed)
    if len(numbers) == 0:
        raise ValueError(f"{name}: it is empty, but at least one label is needed; leave it out for all that is not 0")
    if (numbers != np.rint(numbers)).any():
        raise ValueError(f"{name}: {list_numbers(numbers)}: labels are integers")
    return Labels(name, tuple(int(number) for number in numbers))


def read_mask(name: str, value: object, image: Raster, labels: Labels | None = None) -> Raster:
    """A mask of an image as uint8, where not 0 is inside; with labels, where it is one of them.

    A numpy array takes the geometry of the image. Spatial objects of itk are asked for every voxel of the image.
    """
    if "itk" in libraries_of(value) and hasattr(value, "IsInsideInWorldSpace"):
        if labels is not None and not hasattr(value, "GetImage"):
            raise TypeError(f"{labels.name}: {name} is no label image, but {describe(value)}; leave it out")
        raster = from_spatial_object(name, value, image)
    else:
        raster = on_grid(name, read(name, value), image)
    pixels = raster.pixels
    if not all_finite(pixels):
        raise ValueError(
            f"{name}: {count_not_finite(pixels)} voxels are not finite, and so neither inside nor outside. "
            "Replace them: numpy.nan_to_num()"
        )
    if labels is not None:
        raster = select(name, raster, labels)
        pixels = raster.pixels
    elif is_soft(pixels):
        warn(
            f"{name}: the mask is soft, its values are from {pixels.min():.6g} to {pixels.max():.6g}. All that is not "
            "0 is inside, as much as the rest. Give it as weights=, which counts them, or cut it: mask > 0.5"
        )
    if pixels.dtype.itemsize == 1:
        pixels = to_layout(pixels, pixels.dtype).view(np.uint8)
    else:
        pixels = np.not_equal(pixels, 0, order="C").view(np.uint8)
    if not pixels.any():
        raise ValueError(f"{name}: no voxel is inside, all {pixels.size} of the mask are 0")
    raster = Raster(pixels, raster.geometry, raster.source, raster.kind)
    check_overlap(name, raster, image)
    return raster


def select(name: str, raster: Raster, labels: Labels) -> Raster:
    """Where an image has one of the labels. What is not there is an error if it is all, and else a warning."""
    missing = [value for value in labels.values if not (raster.pixels == value).any()]
    if missing:
        known = np.unique(raster.pixels)
        listed = list_numbers(known[:20]) + (
            f" and {len(known) - 20} more, to {known[-1]:g}" if len(known) > 20 else ""
        )
        text = f"{labels.name}: {list_numbers(missing)} is not in {name}, whose values are {listed}"
        if len(missing) == len(labels.values):
            raise ValueError(text)
        warn(f"{text}. The other labels are the mask")
    grid = raster.geometry
    pixels = np.isin(raster.pixels, labels.values).view(np.uint8)
    inside = Image(pixels, grid.spacing, grid.origin, grid.direction)
    return Raster(inside.pixels, grid, inside, "Image")


def list_numbers(numbers: Iterable[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)


def is_soft(pixels: Array) -> bool:
    """Whether a mask has more than one value besides 0, and these are no labels, which are integers."""
    if pixels.dtype.kind != "f":
        return False
    inside = pixels[pixels != 0]
    return bool(inside.size and (inside != np.rint(inside)).any() and inside.min() != inside.max())


def read_weights(name: str, value: object, image: Raster) -> Raster:
    """A density as float32. A numpy array takes the geometry of the image."""
    raster = on_grid(name, read(name, value), image)
    pixels = to_layout(raster.pixels, np.float32)
    if not all_finite(pixels):
        raise ValueError(f"{name}: {count_not_finite(pixels)} weights are not finite. Replace them: numpy.nan_to_num()")
    least, greatest = pixels.min(), pixels.max()
    if least < 0:
        raise ValueError(f"{name}: the least is {least:.6g}; weights must be 0 or more, 0 excludes a voxel")
    if greatest == 0:
        raise ValueError(f"{name}: all {pixels.size} are 0, which excludes every voxel")
    return Raster(pixels, raster.geometry, raster.source, raster.kind)


def on_grid(name: str, raster: Raster, image: Raster) -> Raster:
    """A mask or a density, with the geometry of its image if it is an array, which has none."""
    if raster.dimension != image.dimension:
        raise ValueError(
            f"{name}: {image.dimension} dimensions are needed, as the image has, not {raster.dimension} "
            f"(shape {raster.pixels.shape})"
        )
    if raster.kind != "array":
        return raster
    if raster.pixels.shape != image.pixels.shape:
        hint = "; transpose it" if raster.pixels.shape == image.pixels.shape[::-1] else ""
        raise ValueError(
            f"{name}: the shape of the array is {raster.pixels.shape}, that of its image {image.pixels.shape}{hint}. "
            "A mask on another grid needs a geometry: Image(array, spacing, origin, direction)"
        )
    return Raster(raster.pixels, image.geometry, raster.source, raster.kind)


def from_spatial_object(name: str, value: Any, image: Raster) -> Raster:
    """The image of an ImageMaskSpatialObject; any other object is asked at the centre of every voxel of the image."""
    itk: Any = importlib.import_module("itk")
    dimension = image.dimension
    if not isinstance(value, itk.SpatialObject[dimension]):
        raise ValueError(f"{name}: {dimension} dimensions are needed, as the image has, not {type(value).__name__}")
    if type(value) is itk.ImageMaskSpatialObject[dimension] and not has_place_or_children(value):
        return on_grid(name, read(name, value.GetImage()), image)
    # In indices, which are exact in the floats of which points are made; the transform takes them to space.
    size = image.geometry.size
    domain = itk.Image[itk.UC, dimension].New()
    domain.SetRegions(list(size))
    to_space = itk.AffineTransform[itk.D, dimension].New()
    to_space.SetMatrix(itk.matrix_from_array(index_matrix(image.geometry)))
    to_space.SetOffset(list(image.geometry.origin))
    sampler = itk.MaskedVoxelSampler[dimension].New()
    sampler.SetDomain(domain)
    sampler.SetMask(value)
    sampler.SetTransform(to_space)
    try:
        sampler.Update()
    except RuntimeError as error:
        raise ValueError(f"{name}: no voxel of the image is inside the {type(value).__name__}") from error
    inside = np.zeros(size[::-1], np.uint8)
    centres = itk.array_from_vector_container(sampler.SampleAll().GetPoints())
    index = np.rint(centres).astype(np.intp)
    inside[tuple(index.T[::-1])] = 1
    return Raster(inside, image.geometry, value, "itk")


def has_place_or_children(mask: Any) -> bool:
    """Whether a mask is more than its image: moved in space, or with children, which count."""
    transform = mask.GetObjectToWorldTransform()
    matrix = np.asarray(transform.GetMatrix())
    moved = (matrix != np.eye(len(matrix))).any() or any(np.asarray(transform.GetOffset()) != 0)
    return bool(moved) or mask.GetNumberOfChildren() > 0


def check_overlap(name: str, mask: Raster, image: Raster, hint: str = "a numpy array takes those of the image") -> None:
    """Refuse a mask whose voxels lie beside its image."""
    if same_grid(mask.geometry, image.geometry):
        return
    low, high = bounding_box(mask.geometry, *mask_box(mask))
    image_size = image.geometry.size
    image_low, image_high = bounding_box(image.geometry, [0] * mask.dimension, [number - 1 for number in image_size])
    if (low > image_high).any() or (high < image_low).any():
        raise ValueError(
            f"{name}: the mask is beside its image: it is in the box from {join(low)} to {join(high)}, the image "
            f"in that from {join(image_low)} to {join(image_high)}. Probably its origin, spacing or direction are not "
            f"those with which it was drawn; {hint}"
        )


def mask_box(mask: Raster) -> tuple[list[int], list[int]]:
    """The first and the last index, x first, of the box of the voxels inside, of which there must be one."""
    axes = range(mask.dimension)
    hits = [np.flatnonzero(mask.pixels.any(axis=tuple(other for other in axes if other != axis))) for axis in axes]
    return [int(hit[0]) for hit in reversed(hits)], [int(hit[-1]) for hit in reversed(hits)]


def count_not_finite(pixels: Array) -> int:
    return int(pixels.size - np.count_nonzero(np.isfinite(pixels)))


def to_real(name: str, image: Raster, dtype: Any, masks: Sequence[Raster | None], exclude: str = "") -> Array:
    """The pixels as reals, for the core.

    masks: those of all stages; None for a stage without.

    Those that are not finite are an error, unless they are outside of all masks: there, the mean of all others takes
    their place, so that smoothing does not spread them. The error says how to exclude them, by default
    with an argument of register().
    """
    pixels = to_layout(image.pixels, dtype)
    if all_finite(pixels):
        return pixels
    index = np.argwhere(~np.isfinite(pixels))
    inside = np.zeros(len(index), bool)
    for mask in {id(mask): mask for mask in masks}.values():
        inside |= True if mask is None else look_up(mask, image.geometry, index[:, ::-1])
    if inside.any():
        where = tuple(int(number) for number in index[np.argmax(inside)])
        point = index_to_point(image.geometry, [where[::-1]])[0]
        count = int(np.count_nonzero(inside))
        exclude = exclude or f"{name}_mask="
        place = "inside the mask" if all(mask is not None for mask in masks) else "and there is no mask"
        way_out = "shrink the mask" if all(mask is not None for mask in masks) else f"exclude them with {exclude}"
        value = image.pixels[where]
        reason = f", which is beyond {np.dtype(dtype)}" if np.isfinite(value) else ""
        raise ValueError(
            f"{name}: {count} of {pixels.size} pixels are not finite {place}, the first is {value}{reason} at array "
            f"index {where}, which is {join(point)} in space. Replace them (numpy.nan_to_num()), or {way_out}"
        )
    filled = pixels.copy()
    gaps = tuple(index.T)
    filled[gaps] = 0
    filled[gaps] = np.sum(filled, dtype=np.float64) / max(filled.size - len(index), 1)
    return filled


def look_up(mask: Raster, geometry: Geometry, index: Array) -> Array:
    """Whether voxels of a grid are inside a mask, which may be on another grid; indices (n, D), x first."""
    found = np.zeros(len(index), bool)
    part = 1_000_000
    for start in range(0, len(index), part):
        points = index_to_point(geometry, index[start : start + part])
        nearest = np.floor(point_to_index(mask.geometry, points) + 0.5).astype(np.intp)
        known = ((nearest >= 0) & (nearest < mask.geometry.size)).all(axis=1)
        hits = mask.pixels[tuple(nearest[known].T[::-1])] != 0
        found[np.flatnonzero(known) + start] = hits
    return found


def check_same_dimension(fixed: Raster, moving: Raster, name: str = "moving") -> None:
    if fixed.dimension != moving.dimension:
        raise ValueError(
            f"{name}: {fixed.dimension} dimensions are needed, as fixed has, not {moving.dimension} "
            f"(fixed is {times(fixed.geometry.size)}, {name} {times(moving.geometry.size)})"
        )
