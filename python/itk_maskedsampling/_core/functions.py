# SPDX-License-Identifier: Apache-2.0
"""Functions of the core: points, images, samples and files."""

from __future__ import annotations

import ctypes
import math
import os
import threading
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .interruption import interruptible
from .library import Array, Chain, CoreError, Floats, Geometry, GeometryStructure, Part, Size, Text, library, pointer

#: HDF5, in which transforms are kept, is not made for several threads.
_hdf5 = threading.Lock()
#: Fewer are mapped in less time than another thread is worth.
MANY_POINTS = 100000


def itk_version() -> str:
    """Of the ITK in the core."""
    return library.text(library.itk_version())


def transform_points(dimension: int, parts: Sequence[Part], points: npt.ArrayLike) -> Floats:
    """Map points, an array of shape (n, dimension)."""
    array = np.ascontiguousarray(points, np.float64)
    mapped = np.empty_like(array)
    chain = Chain(parts)

    def work(_: object = None) -> None:
        library.check(library.map_points(dimension, chain.handle, pointer(array), len(array), pointer(mapped)))

    if len(array) > MANY_POINTS:
        interruptible(work)
    else:
        work()
    return mapped


def jacobian_determinants(dimension: int, parts: Sequence[Part], points: npt.ArrayLike, voxel: float) -> Floats:
    """At points, an array of shape (n, dimension). Differences, where there is no formula, are over voxel / 50."""
    array = np.ascontiguousarray(points, np.float64)
    determinants = np.empty(len(array))
    chain = Chain(parts)
    interruptible(
        lambda _: library.check(
            library.jacobians(dimension, chain.handle, pointer(array), len(array), voxel, pointer(determinants))
        )
    )
    return determinants


def check_part(part: Part) -> None:
    """Raise CoreError if the numbers of a transform cannot be: if one is not finite, or a grid has no such size."""
    name, fixed, parameters = part
    library.check(library.check_part(name.encode(), pointer(fixed), fixed.size, pointer(parameters), parameters.size))


def invert(dimension: int, parts: Sequence[Part]) -> list[Part]:
    chain, inverse = Chain(parts), Chain()
    library.check(library.invert(dimension, chain.handle, inverse.handle))
    return inverse.parts()


def resample(
    pixels: Array,
    geometry: Geometry,
    reference: Geometry,
    parts: Sequence[Part],
    interpolator: str = "linear",
    default: float = 0.0,
    dtype: npt.DTypeLike | None = None,
) -> Array:
    """Resample an image of reals onto the grid of a reference; a chain maps points of the reference into the image.

    dtype: of the result, float64 or, for an image of float32, that; by default as the image.
    """
    image = np.ascontiguousarray(pixels)
    result = np.empty(tuple(reversed(reference.size)), image.dtype if dtype is None else dtype)
    chain = Chain(parts)
    interruptible(
        lambda _: library.check(
            library.resample(
                image.itemsize,
                pointer(image),
                GeometryStructure.of(geometry),
                GeometryStructure.of(reference),
                chain.handle,
                interpolator.encode(),
                default,
                result.itemsize,
                pointer(result),
            )
        )
    )
    return result


def sample(
    grid: Geometry,
    mask: tuple[Array, Geometry] | None,
    weights: tuple[Array, Geometry] | None,
    sampling: str,
    percentage: float,
    number: int,
    seed: int,
) -> tuple[npt.NDArray[np.float32], int]:
    """Sample points, shape (n, D), and the number of voxels inside the mask (uint8). Weights are float32; the
    percentage counts where the number is 0."""
    voxels, points, length = ctypes.c_uint64(), ctypes.POINTER(ctypes.c_float)(), Size()
    layers = []
    for layer, dtype in ((mask, np.uint8), (weights, np.float32)):
        array = None if layer is None else np.ascontiguousarray(layer[0], dtype)
        layers.append((array, None if layer is None else GeometryStructure.of(layer[1])))
    arguments = [one for array, geometry in layers for one in (None if array is None else pointer(array), geometry)]

    def work(_: object) -> npt.NDArray[np.float32]:
        library.check(
            library.sample(
                GeometryStructure.of(grid),
                *arguments,
                sampling.encode(),
                percentage,
                number,
                seed,
                ctypes.byref(voxels),
                ctypes.byref(points),
                ctypes.byref(length),
            )
        )
        # The points are those of this thread.
        return np.ctypeslib.as_array(points, (length.value, len(grid.size))).copy()

    return interruptible(work), voxels.value


def read_image(path: str | os.PathLike[str], into: Array | None = None) -> tuple[Array, Geometry]:
    """Read NIfTI, NRRD, MetaImage, PNG, JPEG, TIFF, BMP, VTK, GIPL or MRC, with pixels of the file's type.

    into: an array for the pixels, used where it has their type and number.
    """
    return interruptible(lambda _: _read_image(path, into))


def _read_image(path: str | os.PathLike[str], into: Array | None) -> tuple[Array, Geometry]:
    name = os.fsencode(path)
    geometry, component, number_of_bytes = GeometryStructure(), Text(), ctypes.c_uint64()
    library.check(
        library.image_info(name, ctypes.byref(geometry), ctypes.byref(component), ctypes.byref(number_of_bytes))
    )
    found = geometry.to_geometry()
    dtype, shape = np.dtype((component.value or b"").decode()), tuple(reversed(found.size))
    fits = into is not None and into.dtype == dtype and into.size == math.prod(shape)
    pixels = np.reshape(into, shape) if into is not None and fits else np.empty(shape, dtype)
    if pixels.nbytes != number_of_bytes.value:
        raise CoreError(f"{os.fspath(path)}: {number_of_bytes.value} bytes of pixels, not {pixels.nbytes}")
    library.check(library.read_pixels(name, pointer(pixels), pixels.nbytes))
    return pixels, found


def write_image(path: str | os.PathLike[str], pixels: Array, geometry: Geometry, compress: bool = True) -> None:
    """Write an image in the format of the extension."""
    array = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("="))
    library.check(
        library.write_image(
            os.fsencode(path), GeometryStructure.of(geometry), array.dtype.name.encode(), pointer(array), int(compress)
        )
    )


def read_transform(path: str | os.PathLike[str]) -> tuple[int, list[Part]]:
    """Read the dimension and the chain from a file of ITK's: .h5, .tfm, .txt or .mat."""
    dimension, chain = ctypes.c_uint32(), Chain()

    def work(_: object) -> None:
        with _hdf5:
            library.check(library.read_transform(os.fsencode(path), ctypes.byref(dimension), chain.handle))

    interruptible(work)
    return dimension.value, chain.parts()


def write_transform(path: str | os.PathLike[str], dimension: int, parts: Sequence[Part]) -> None:
    """Write a chain; a chain of several parts as an itk::CompositeTransform."""
    chain = Chain(parts)
    with _hdf5:
        library.check(library.write_transform(os.fsencode(path), dimension, chain.handle))
