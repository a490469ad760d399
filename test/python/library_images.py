# SPDX-License-Identifier: Apache-2.0
"""The same image as those of every library that is taken."""

from collections.abc import Callable
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from itk_maskedsampling import Image
from register_scene import rotation

SHAPES = {2: (6, 7), 3: (4, 5, 6)}


def make_image(dimension: int = 3, dtype: npt.DTypeLike = np.float32) -> Image:
    """A small oblique image of numbers that differ."""
    shape = SHAPES[dimension]
    spacing, origin = np.array([0.5, 2.0, 1.25])[:dimension], np.array([-7.0, 11.0, 30.0])[:dimension]
    return Image(np.arange(np.prod(shape)).reshape(shape).astype(dtype), spacing, origin, rotation(0.4, dimension))


def to_itk(image: Image) -> Any:
    import itk  # noqa: PLC0415

    made = itk.image_from_array(np.ascontiguousarray(image.pixels))
    made.SetSpacing(list(image.spacing))
    made.SetOrigin(list(image.origin))
    made.SetDirection(itk.matrix_from_array(np.array(image.direction)))
    return made


def to_sitk(image: Image) -> Any:
    made = sitk.GetImageFromArray(image.pixels)
    made.SetSpacing(image.spacing)
    made.SetOrigin(image.origin)
    made.SetDirection(image.direction.ravel().tolist())
    return made


def to_xarray(image: Image) -> Any:
    import itk  # noqa: PLC0415

    return itk.xarray_from_image(to_itk(image))


def to_nibabel(image: Image) -> Any:
    matrix = np.asarray(image.direction) * np.asarray(image.spacing)
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = matrix, image.origin
    return nibabel.Nifti1Image(image.pixels.T, np.diag([-1, -1, 1, 1]) @ affine)  # type: ignore[no-untyped-call]


KINDS: dict[str, Callable[[Image], Any]] = {
    "itk": to_itk,
    "SimpleITK": to_sitk,
    "xarray": to_xarray,
    "nibabel": to_nibabel,
    "Image": lambda image: image,
}
