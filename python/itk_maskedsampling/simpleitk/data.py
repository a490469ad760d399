# SPDX-License-Identifier: Apache-2.0
"""Images and transforms of SimpleITK as the core takes them, and transforms back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk

from .._core import Geometry, Part
from .._images.image import Raster
from .._images.masks import check_overlap, to_real
from .._transforms.foreign_simpleitk import downcast, flatten
from .values import instance

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

DTYPES = {sitk.sitkFloat32: np.float32, sitk.sitkFloat64: np.float64}


@dataclass(frozen=True)
class SharedImage:
    """The pixels of an image, [z,]y,x, and a lazy copy of it: as long as that lives, the pixels stay as they are."""

    pixels: Array
    image: Any

    @staticmethod
    def make(image: Any) -> SharedImage:
        # In this order: a view of an image that shares its pixels would copy them.
        pixels = sitk.GetArrayViewFromImage(image)
        return SharedImage(pixels, sitk.Image(image))

    @property
    def dimension(self) -> int:
        return int(self.image.GetDimension())

    @property
    def geometry(self) -> Geometry:
        return to_geometry(self.image)

    @property
    def raster(self) -> Raster:
        return Raster(self.pixels, self.geometry, self.image, "SimpleITK")


def to_geometry(image: Any) -> Geometry:
    return Geometry(image.GetSize(), image.GetSpacing(), image.GetOrigin(), image.GetDirection())


def to_scalars(name: str, image: Any) -> SharedImage:
    """An image with one real number per pixel."""
    kind = image.GetPixelIDTypeAsString()
    if "vector" in kind or "complex" in kind:
        raise RuntimeError(
            f"{name}: one real number per pixel is needed, not pixels of {kind}; give one channel, such as "
            "SimpleITK.VectorIndexSelectionCast(image, 0), or SimpleITK.ComplexToReal(image)"
        )
    return SharedImage.make(sitk.Cast(image, sitk.sitkUInt32) if "label" in kind else image)


def check_images(name: str, fixed: Any, moving: Any) -> int:
    """The dimension of two images that can be registered."""
    instance(f"{name}: fixed", fixed, sitk.Image)
    instance(f"{name}: moving", moving, sitk.Image)
    types = [image.GetPixelIDTypeAsString() for image in (fixed, moving)]
    if types[0] != types[1]:
        raise RuntimeError(
            f"{name}: fixed has pixels of {types[0]}, moving of {types[1]}, but both must have the same; "
            "SimpleITK.Cast(image, SimpleITK.sitkFloat32) makes them so"
        )
    if fixed.GetDimension() != moving.GetDimension():
        raise RuntimeError(
            f"{name}: fixed has {fixed.GetDimension()} dimensions, moving {moving.GetDimension()}, but both must "
            "have the same"
        )
    if fixed.GetPixelID() not in DTYPES:
        raise RuntimeError(
            f"{name}: images with pixels of {types[0]} are not supported; use SimpleITK.Cast(image, "
            "SimpleITK.sitkFloat32)"
        )
    dimension = int(fixed.GetDimension())
    if dimension not in (2, 3):
        raise RuntimeError(f"{name}: images of {dimension} dimensions are not supported; use ones of 2 or 3")
    for argument, image in (("fixed", fixed), ("moving", moving)):
        if not all(image.GetSize()):
            raise RuntimeError(f"{name}: {argument} has the size {image.GetSize()}, that is no pixels")
    return dimension


def to_finite(name: str, image: Any, mask: SharedImage | None, setter: str) -> SharedImage:
    """An image to register. What is not finite is an error, unless it is outside the mask of that setter."""
    shared = SharedImage.make(image)
    raster = None if mask is None else mask.raster
    try:
        if raster is not None:
            if not raster.pixels.any():
                raise ValueError(
                    f"{setter}: binaryMask: no voxel is inside, all {raster.pixels.size} are 0; for no mask, give "
                    "SimpleITK.Image()"
                )
            check_overlap(f"{setter}: binaryMask", raster, shared.raster, "mask.CopyInformation(image) makes them so")
        pixels = to_real(name, shared.raster, shared.pixels.dtype, [raster], f"{setter}()")
    except ValueError as error:
        raise RuntimeError(str(error)) from None
    return SharedImage(pixels, shared.image)


def to_mask(name: str, image: Any) -> SharedImage | None:
    """A mask of 0 and other numbers, which are inside. None for an image without pixels, which is no mask."""
    instance(name, image, sitk.Image)
    if not any(image.GetSize()):
        return None
    shared = to_scalars(name, image)
    if shared.pixels.dtype == np.uint8:
        return shared
    # Not a number is outside.
    inside = (shared.pixels < 0) | (shared.pixels > 0)
    return SharedImage(inside.view(np.uint8), shared.image)


def to_weights(name: str, image: Any) -> SharedImage | None:
    """Weights as 32-bit floating point numbers. None for an image without pixels, which has no weights."""
    instance(name, image, sitk.Image)
    if not any(image.GetSize()):
        return None
    shared = to_scalars(name, image)
    return SharedImage(np.ascontiguousarray(shared.pixels, np.float32), shared.image)


# Transforms


def is_identity(transform: Any) -> bool:
    return bool(transform.GetTransformEnum() == sitk.sitkIdentity)


def to_parts(name: str, transform: Any, dimension: int) -> list[Part]:
    """All transforms that are in one, those that are applied first last."""
    if transform.GetDimension() != dimension:
        raise RuntimeError(
            f"{name}: the transform has {transform.GetDimension()} dimensions, the images have {dimension}"
            + ("; set one, such as SimpleITK.TranslationTransform(2)" if is_identity(transform) else "")
        )
    parts = flatten(name, downcast(transform))
    for part in parts:
        check_parameters(name, part)
    return parts


def check_parameters(name: str, part: Part) -> None:
    """Refuse a transform that maps points nowhere."""
    bad = np.flatnonzero(~np.isfinite(part[2]))
    if bad.size:
        raise RuntimeError(
            f"{name}: {bad.size} of {part[2].size} parameters of {part[0].split('_')[0]} are not finite, the first is "
            f"number {bad[0]}, {part[2][bad[0]]}"
        )


def write_part(transform: Any, part: Part) -> None:
    """Give a transform, or the one of a chain that is optimised, what came out of the optimisation."""
    _, fixed, parameters = part
    if isinstance(transform, sitk.DisplacementFieldTransform):
        write_field(transform, fixed, parameters)
        return
    if not np.array_equal(transform.GetFixedParameters(), fixed):
        transform.SetFixedParameters(fixed.tolist())
    transform.SetParameters(parameters.tolist())


def write_field(transform: Any, fixed: Floats, parameters: Floats) -> None:
    dimension = transform.GetDimension()
    size, origin, spacing = np.split(fixed[: 3 * dimension], 3)
    shape = [int(number) for number in size[::-1]]
    field = sitk.GetImageFromArray(parameters.reshape([*shape, dimension]), isVector=True)
    field.SetOrigin(origin.tolist())
    field.SetSpacing(spacing.tolist())
    field.SetDirection(fixed[3 * dimension :].tolist())
    transform.SetDisplacementField(field)


class InitialTransform:
    """The transform to optimise, as SimpleITK holds it.

    That is a lazy copy; in place, also the object that was given, as long as both are the same transform of ITK: who
    changes the object has one of their own.
    """

    def __init__(self, name: str, transform: Any, in_place: bool) -> None:
        instance(name, transform, sitk.Transform)
        self.is_in_place = in_place
        self._given = transform
        self._shared = sitk.Transform(transform)

    def get(self) -> Any:
        return sitk.Transform(self._shared)

    def change(self, part: Part) -> None:
        """Change it in place."""
        is_shared = int(self._given.GetITKBase()) == int(self._shared.GetITKBase())
        changed = self._given if is_shared else downcast(self._shared)
        write_part(changed, part)
        self._shared = sitk.Transform(changed)

    def make_changed_copy(self, part: Part) -> Any:
        """A changed copy, in the composite transform that SimpleITK returns it in."""
        copy = downcast(self.get())
        write_part(copy, part)
        return sitk.CompositeTransform([copy])
