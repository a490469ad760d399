# SPDX-License-Identifier: Apache-2.0
"""Conversions of arguments and results, and the names of the methods to which they belong.

A conversion of an argument takes the object, the name of its method and the value. What ITK's own wrapping accepts
passes unchanged. Its docstring goes into the docstring of the method.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable
from typing import Any

import itk
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def image_type_of(owner: object) -> tuple[Any, int]:
    """Pixel type and dimension of the images of an object; those of a point set for a sampler, which has none."""
    for cls in type(owner).__mro__:
        with contextlib.suppress(KeyError):
            first = itk.template(cls)[1][0]
            if isinstance(first, int):
                return itk.F, first
            pixel_type, dimension = itk.template(first)[1]
            return pixel_type, int(dimension)
    raise TypeError(f"{type(owner).__name__} is not made from a template")


def dimension_of(owner: object) -> int:
    return image_type_of(owner)[1]


def is_itk(value: object) -> bool:
    return hasattr(value, "this")


def keep_alive(owner: Any, name: str, value: Any) -> None:
    """The pixels of an image may belong to a numpy array, which lives no longer than the image's Python object."""
    vars(owner).setdefault("_kept_alive", {})[name] = value


def describe(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"a numpy array of {value.dtype}, shape {value.shape}"
    return f"{type(value).__name__} {value!r}" if isinstance(value, int | float | str) else type(value).__name__


def to_array(name: str, value: object) -> Array:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ValueError(f"{name}: not an array of numbers ({error})") from error
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{name}: numbers are needed, not {describe(value)} ({array.dtype})")
    return array


def to_vector(name: str, value: object, minimum: float | None = None) -> list[Any]:
    """Numbers from a sequence. With a minimum, they must be integers."""
    array = to_array(name, value)
    if array.ndim == 0:
        raise TypeError(f"{name}: a sequence is needed, such as [{value}], not {describe(value)}")
    if array.ndim != 1:
        raise ValueError(f"{name}: a sequence of numbers is needed, not an array of shape {array.shape}")
    if minimum is None:
        return [float(number) for number in array]
    wrong = ~np.isfinite(array) | (array != np.floor(array)) | (array < minimum)
    if wrong.any():
        kind = "an integer" if minimum < 0 else f"an integer of at least {minimum:g}"
        raise ValueError(f"{name}: {array[wrong][0]} is not {kind}")
    return [int(number) for number in array]


def floats(owner: Any, name: str, value: Any) -> Any:
    """In Python, any sequence or numpy array of numbers."""
    return value if is_itk(value) else to_vector(name, value)


def parameters(owner: Any, name: str, value: Any) -> Any:
    """In Python, any sequence or numpy array of numbers."""
    return value if is_itk(value) else itk.OptimizerParameters[itk.D](to_vector(name, value))


def counts(owner: Any, name: str, value: Any) -> Any:
    """In Python, any sequence or numpy array of integers that are not negative."""
    return value if is_itk(value) else to_vector(name, value, 0)


def index(owner: Any, name: str, value: Any) -> Any:
    """In Python, an itk.Index, or any sequence or numpy array of integers."""
    return value if is_itk(value) else to_vector(name, value, -np.inf)


def region(owner: Any, name: str, value: Any) -> Any:
    """In Python, an itk.ImageRegion, or a pair (index, size) of sequences of integers, the first one along x."""
    dimension = dimension_of(owner)
    if is_itk(value):
        return value
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise TypeError(f"{name}: an itk.ImageRegion or a pair (index, size) is needed, not {describe(value)}")
    start, size = to_vector(name, value[0], -np.inf), to_vector(name, value[1], 0)
    if not len(start) == len(size) == dimension:
        raise ValueError(f"{name}: index {start} and size {size} must have {dimension} numbers each")
    result = itk.ImageRegion[dimension]()
    result.SetIndex(start)
    result.SetSize(size)
    return result


def mask(owner: Any, name: str, value: Any) -> Any:
    """In Python, a spatial object, or an image of any scalar pixel type, whose voxels that are not 0 are inside. The
    pixels of an image of unsigned char are not copied: call its Modified() after you changed them."""
    dimension = dimension_of(owner)
    keep_alive(owner, name, value)
    if value is None or isinstance(value, itk.SpatialObject[dimension]):
        return value
    image = to_image(name, value, itk.UC, dimension, "a spatial object or an image")
    result = itk.ImageMaskSpatialObject[dimension].New()
    result.SetImage(image)  # no Update(), which searches the whole image for a bounding box that nothing here needs
    return result


def weights(owner: Any, name: str, value: Any) -> Any:
    """In Python, an image of any scalar pixel type. The pixels of an image of float are not copied: call its Modified()
    after you changed them."""
    keep_alive(owner, name, value)
    return None if value is None else to_image(name, value, itk.F, dimension_of(owner), "an image")


def to_image(name: str, value: Any, pixel_type: Any, dimension: int, wanted: str) -> Any:
    """An image with the geometry of another: itself if it has the pixel type."""
    wanted = f"{wanted} of {dimension} dimensions is needed"
    if hasattr(value, "__array__") and not is_itk(value):
        raise TypeError(
            f"{name}: {wanted}, not {describe(value)}, because an array has no origin, spacing and direction. Make it "
            "an image: image = itk.image_view_from_array(array), and give that the geometry: "
            "image.CopyInformation(fixed_image), or SetOrigin(), SetSpacing() and SetDirection()"
        )
    if not isinstance(value, itk.ImageBase[dimension]):
        raise TypeError(f"{name}: {wanted}, not {describe(value)}")
    if value.GetBufferedRegion().GetNumberOfPixels() == 0:
        raise ValueError(f"{name}: the image has no pixels. Call Update() of the filter that makes it")
    image_type = itk.Image[pixel_type, dimension]
    if isinstance(value, image_type):
        return value
    try:
        pixels = itk.array_view_from_image(value)
    except (KeyError, RuntimeError, AttributeError, itk.TemplateTypeError) as error:
        raise TypeError(f"{name}: {wanted}, with pixels that numpy can hold, not {describe(value)}") from error
    if pixels.ndim != dimension or pixels.dtype.kind not in "biuf":
        raise TypeError(f"{name}: {wanted}, with one real number per pixel, not {describe(value)}")
    image = image_type.New()
    image.CopyInformation(value)
    image.SetRegions(value.GetBufferedRegion())
    image.Allocate()
    itk.array_view_from_image(image)[...] = pixels != 0 if pixel_type is itk.UC else pixels
    return image


def points(owner: Any, name: str, value: Any) -> Any:
    """In Python, an itk.PointSet, or a numpy array or lists of shape (n, D): n points in physical space, x first."""
    pixel_type, dimension = image_type_of(owner)
    point_set_type = itk.PointSet[pixel_type, dimension]
    if value is None or isinstance(value, point_set_type):
        return value
    if isinstance(value, itk.PointSet[itk.F, dimension] | itk.PointSet[itk.D, dimension]):
        result = point_set_type.New()  # they differ in what the points carry, not in the points
        if value.GetNumberOfPoints() > 0:
            result.SetPoints(value.GetPoints())
        return result
    if is_itk(value):
        raise TypeError(
            f"{name}: an array of shape (n, {dimension}) or an itk.PointSet[itk.F, {dimension}] is needed, "
            f"not {describe(value)}"
        )
    array = to_array(name, value)
    if array.ndim != 2 or array.shape[1] != dimension:
        hint = "; transpose it" if array.ndim == 2 and array.shape[0] == dimension else ""
        raise ValueError(f"{name}: an array of shape (n, {dimension}) is needed, not {array.shape}{hint}")
    with np.errstate(over="ignore"):
        coordinates = array.astype(np.float32)
    wrong = ~np.isfinite(coordinates).all(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(f"{name}: coordinates must be finite `float` numbers; point {row} is {array[row]}")
    container = itk.VectorContainer[itk.UL, itk.Point[itk.F, dimension]].New()
    if len(array) > 0:
        container.Reserve(len(array))
        itk.array_view_from_vector_container(container)[...] = coordinates
    result = point_set_type.New()
    result.SetPoints(container)
    return result


def as_array(value: Any) -> Any:
    """The copy of an itk.Array."""
    return np.fromiter(value, itk.template(value)[1][0].dtype, len(value))


def with_array(value: Any) -> Any:
    """A point set of which numpy.asarray() makes an array. Only this object gets the method, not ITK's class, and the
    method holds no reference to the object, which would keep it in memory until Python looks for cycles."""
    if value is None:
        return None
    reference = weakref.ref(value)

    def __array__(dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError("The points of a point set are always copied.")
        this = reference()
        if this is None:
            raise ReferenceError("The point set of these points is gone.")
        count = this.GetNumberOfPoints()
        if count == 0:
            return np.empty((0, itk.template(this)[1][1]), dtype or np.float32)
        array: Array = itk.array_from_vector_container(this.GetPoints())
        return array if dtype is None else array.astype(dtype, copy=False)

    value.__array__ = __array__
    return value


#: Conversions of the last argument.
ARGUMENTS: dict[str, Callable[[Any, str, Any], Any]] = {
    "GetRank": index,
    "KeepInside": points,
    "SetFixedImageMask": mask,
    "SetMask": mask,
    "SetMetricSamplingPercentagePerLevel": floats,
    "SetMetricWeights": floats,
    "SetMovingImageMask": mask,
    "SetNumberOfIterationsPerLevel": counts,
    "SetNumberOfSamplesPerLevel": counts,
    "SetOptimizerWeights": parameters,
    "SetRegion": region,
    "SetSamplePoints": points,
    "SetSamplingRegion": region,
    "SetSamplingWeightImage": weights,
    "SetShrinkFactorsPerDimension": counts,
    "SetShrinkFactorsPerLevel": counts,
    "SetSmoothingSigmasPerLevel": floats,
    "SetWeightImage": weights,
}

#: Conversions of results.
RESULTS: dict[str, Callable[[Any], Any]] = {
    "GetMetricSamplingPercentagePerLevel": as_array,
    "GetMetricWeights": as_array,
    "GetNumberOfIterationsPerLevel": as_array,
    "GetNumberOfMaskVoxelsPerLevel": as_array,
    "GetNumberOfRequestedSamplePointsPerLevel": as_array,
    "GetNumberOfSamplePointsInMovingImagePerLevel": as_array,
    "GetNumberOfSamplePointsPerLevel": as_array,
    "GetNumberOfSamplesPerLevel": as_array,
    "GetOptimizerWeights": as_array,
    "GetSamplePointSet": with_array,
    "GetSamplePoints": with_array,
    "GetSmoothingSigmasPerLevel": as_array,
    "GetValueArray": as_array,
    "KeepInside": with_array,
    "SampleAll": with_array,
    "SampleRandomly": with_array,
    "SampleRegularly": with_array,
}

#: Inherited methods that take numbers: those of numpy too.
SCALARS = ("MetricSamplingReinitializeSeed", "SetMetricSamplingPercentage", "SetNumberOfLevels")
