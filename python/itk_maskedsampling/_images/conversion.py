# SPDX-License-Identifier: Apache-2.0
"""Images of other libraries as rasters, and rasters as images of them. No library is imported that the user has not.

There is a class for each library. read() shares the pixels where the library lets it; write() makes an image like
another one, to which the pixels belong afterwards.
"""

from __future__ import annotations

import importlib
from typing import Any, Protocol

import numpy as np

from .._core import Geometry
from .arrays import Array, check_pixels, describe
from .geometry import direction_matrix, from_nifti, make_geometry, to_nifti
from .image import Image, Raster

IMAGES = (
    "an image of itk, SimpleITK, xarray or nibabel, a numpy array, an itk_maskedsampling.Image or the path of a file"
)


class Conversion(Protocol):
    """To and from images of a library. The name is that of the argument, for errors."""

    def read(self, name: str, value: Any) -> Raster: ...

    def write(self, like: Raster, pixels: Array, geometry: Geometry) -> Any: ...


class OwnConversion:
    """Images of this package."""

    @staticmethod
    def read(name: str, image: Image) -> Raster:
        return Raster(check_pixels(name, image.pixels), image.geometry, image, "Image")

    @staticmethod
    def write(like: Raster, pixels: Array, geometry: Geometry) -> Image:
        return Image(pixels, geometry.spacing, geometry.origin, geometry.direction)


class ArrayConversion:
    """Whatever numpy can take as an array: spacing 1, origin 0."""

    @staticmethod
    def read(name: str, value: Any) -> Raster:
        if isinstance(value, np.ma.MaskedArray):
            raise TypeError(
                f"{name}: a masked array, whose mask would be lost. Give {name}=array.filled(0), and ~array.mask as "
                "its mask"
            )
        try:
            pixels = np.asarray(value)
        except Exception as error:
            raise TypeError(f"{name}: numpy can make no array of {describe(value)}: {error}") from error
        check_pixels(name, pixels)
        if pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] in (3, 4) and min(pixels.shape[:2]) > 8:
            raise TypeError(
                f"{name}: {describe(pixels)}, looks like a picture with {pixels.shape[2]} channels. Give one real "
                "number per pixel, such as array[..., :3].mean(axis=-1), or a list of channels; Image(array): a volume"
            )
        return Raster(pixels, make_geometry(name, pixels.shape[::-1], None, None, None), value, "array")

    @staticmethod
    def write(like: Raster, pixels: Array, geometry: Geometry) -> Array:
        return pixels


class ItkConversion:
    """Images of itk."""

    @staticmethod
    def read(name: str, value: Any) -> Raster:
        itk: Any = importlib.import_module("itk")
        if not hasattr(value, "GetBufferedRegion"):
            hint = ". Give its output: GetOutput()" if hasattr(value, "GetOutput") else ""
            raise TypeError(f"{name}: {IMAGES} is needed, not {type(value).__name__}{hint}")
        if value.GetSource() is not None:
            value.Update()
        dimension = value.GetImageDimension()
        region = value.GetBufferedRegion()
        if region.GetNumberOfPixels() == 0:
            raise ValueError(f"{name}: the image has no pixels. Call Update() of the filter that makes it")
        check_components(name, value.GetNumberOfComponentsPerPixel(), dimension)
        try:
            pixels = np.asarray(itk.array_view_from_image(value, update=False))
            if pixels.ndim == dimension + 1:  # vectors of one number
                pixels = pixels[..., 0]
        except (AttributeError, KeyError, RuntimeError) as error:
            raise TypeError(f"{name}: itk gives no array of the pixels of {type(value).__name__}") from error
        check_pixels(name, pixels)
        return Raster(pixels, ItkConversion.geometry_of(name, value), value, "itk")

    @staticmethod
    def geometry_of(name: str, value: Any) -> Geometry:
        """That of the pixels that there are."""
        itk: Any = importlib.import_module("itk")
        region = value.GetBufferedRegion()
        first = value.TransformIndexToPhysicalPoint(region.GetIndex())
        size = [region.GetSize()[axis] for axis in range(value.GetImageDimension())]
        return make_geometry(
            name, size, list(value.GetSpacing()), list(first), itk.array_from_matrix(value.GetDirection())
        )

    @staticmethod
    def write(like: Raster, pixels: Array, geometry: Geometry) -> Any:
        itk: Any = importlib.import_module("itk")
        # Not itk.image_from_array(): it exchanges the axes of an array that is both in C and in Fortran order.
        image = itk.Image[itk.template(like.source)[1][0], pixels.ndim].New()
        image.SetRegions(list(geometry.size))
        image.Allocate()
        itk.array_view_from_image(image)[...] = pixels
        image.SetSpacing(list(geometry.spacing))
        image.SetOrigin(list(geometry.origin))
        image.SetDirection(itk.matrix_from_array(np.ascontiguousarray(direction_matrix(geometry))))
        return image


class SimpleItkConversion:
    """Images of SimpleITK."""

    @staticmethod
    def read(name: str, value: Any) -> Raster:
        sitk: Any = importlib.import_module("SimpleITK")
        if not isinstance(value, sitk.Image):
            raise TypeError(f"{name}: {IMAGES} is needed, not {describe(value)}")
        if value.GetNumberOfPixels() == 0:
            raise ValueError(f"{name}: the image is empty, its size is {value.GetSize()}")
        check_components(name, value.GetNumberOfComponentsPerPixel(), value.GetDimension())
        if "label" in value.GetPixelIDTypeAsString():  # of which SimpleITK has no array
            value = sitk.Cast(value, sitk.sitkUInt32)
        pixels = check_pixels(name, sitk.GetArrayViewFromImage(value))
        geometry = make_geometry(name, value.GetSize(), value.GetSpacing(), value.GetOrigin(), value.GetDirection())
        return Raster(pixels, geometry, value, "SimpleITK")

    @staticmethod
    def write(like: Raster, pixels: Array, geometry: Geometry) -> Any:
        sitk: Any = importlib.import_module("SimpleITK")
        image = sitk.GetImageFromArray(pixels)
        image.SetSpacing(geometry.spacing)
        image.SetOrigin(geometry.origin)
        image.SetDirection(geometry.direction)
        return image


class XarrayConversion:
    """Arrays of xarray, as itk.image_from_xarray() has them: coordinates z, y, x, and attrs["direction"], in the order
    of the array."""

    @staticmethod
    def read(name: str, value: Any) -> Raster:
        xarray: Any = importlib.import_module("xarray")
        if not isinstance(value, xarray.DataArray):
            raise TypeError(f"{name}: {IMAGES} is needed, not {describe(value)}; of a Dataset, give one variable")
        if "c" in value.dims:
            raise TypeError(f"{name}: one real number per pixel is needed, not components. Give one: image.isel(c=0)")
        axes = [axis for axis in ("z", "y", "x") if axis in value.dims]
        if set(value.dims) != set(axes) or len(axes) < 2:
            raise ValueError(
                f"{name}: dimensions y, x or z, y, x are needed, not {', '.join(map(str, value.dims))}. "
                "Rename them, or choose one volume; images of 4 dimensions are for itk.MaskedRegistrationMethod"
            )
        pixels = check_pixels(name, value.transpose(*axes).values)
        spacing, origin = [], []
        for axis in reversed(axes):
            first, step = regular(f"{name}: coordinate {axis}", np.asarray(value[axis].values))
            spacing.append(step)
            origin.append(first)
        steps = np.array(spacing)
        direction = value.attrs.get("direction")
        matrix = np.eye(len(axes)) if direction is None else np.flip(np.asarray(direction, np.float64))
        if matrix.size == len(axes) ** 2:
            # Descending coordinates: the same points, with a spacing that is positive.
            matrix = matrix.reshape(len(axes), -1) * np.sign(steps)
        geometry = make_geometry(name, pixels.shape[::-1], np.abs(steps), origin, matrix)
        return Raster(pixels, geometry, value, "xarray")

    @staticmethod
    def write(like: Raster, pixels: Array, geometry: Geometry) -> Any:
        # In the order of dimensions that the other image has.
        xarray: Any = importlib.import_module("xarray")
        axes = ("z", "y", "x")[-pixels.ndim :]
        grid = zip(reversed(axes), geometry.size, geometry.spacing, geometry.origin, strict=True)
        coords = {axis: origin + spacing * np.arange(size) for axis, size, spacing, origin in grid}
        attrs = {**like.source.attrs, "direction": np.flip(direction_matrix(geometry))}
        image = xarray.DataArray(pixels, dims=axes, coords=coords, attrs=attrs, name=like.source.name)
        return image.transpose(*like.source.dims)


class NibabelConversion:
    """Images of nibabel: RAS to LPS, and [x, y, z] to [z, y, x], which is the order that a NIfTI file has on disk."""

    @staticmethod
    def read(name: str, value: Any) -> Raster:
        if not hasattr(value, "affine") or not hasattr(value, "dataobj"):
            raise TypeError(f"{name}: {IMAGES} is needed, not {describe(value)}")
        data = np.asarray(value.dataobj)
        # Scaled integers come as doubles that hold no more than floats do.
        if data.dtype == np.float64 and np.dtype(value.get_data_dtype()).kind in "iu":
            data = data.astype(np.float32)
        while data.ndim > 3 and data.shape[-1] == 1:
            data = data[..., 0]
        pixels = check_pixels(name, data.T)
        if value.affine is None:
            raise ValueError(f"{name}: the image has no affine. Give Image(pixels, spacing, origin, direction)")
        geometry = from_nifti(name, np.asarray(value.affine, np.float64), pixels.shape[::-1])
        return Raster(pixels, geometry, value, "nibabel")

    @staticmethod
    def write(like: Raster, pixels: Array, geometry: Geometry) -> Any:
        header = like.source.header.copy()
        header.set_data_dtype(pixels.dtype)
        return type(like.source)(pixels.T, to_nifti(geometry), header)


#: By the kind of a Raster, which is also the package of the library.
CONVERSIONS: dict[str, Conversion] = {
    "itk": ItkConversion(),
    "SimpleITK": SimpleItkConversion(),
    "xarray": XarrayConversion(),
    "nibabel": NibabelConversion(),
    "Image": OwnConversion(),
    "array": ArrayConversion(),
}


def libraries_of(value: object) -> set[str]:
    """The packages in which the class of an object, and those it is derived from, are defined."""
    return {cls.__module__.partition(".")[0] for cls in type(value).__mro__}


def from_object(name: str, value: object) -> Raster:
    """Any image in memory as a raster. What is none is a TypeError or ValueError."""
    if value is None:
        raise TypeError(f"{name}: {IMAGES} is needed, not None")
    if isinstance(value, Image):
        return CONVERSIONS["Image"].read(name, value)
    # Arrays are arrays, also itk's own kind of them.
    libraries = set() if isinstance(value, np.ndarray) else libraries_of(value)
    for library, conversion in CONVERSIONS.items():
        if library in libraries:
            return conversion.read(name, value)
    if hasattr(value, "__array__") or hasattr(value, "__array_interface__"):
        return CONVERSIONS["array"].read(name, value)
    hint = ". Make it an array: numpy.asarray()" if isinstance(value, list | tuple) else ""
    raise TypeError(f"{name}: {IMAGES} is needed, not {describe(value)}{hint}")


def write_like(like: Raster, pixels: Array, geometry: Geometry) -> Any:
    """Pixels as an image of the same kind as another. They belong to it afterwards."""
    return CONVERSIONS[like.kind].write(like, pixels, geometry)


def check_components(name: str, components: int, dimension: int) -> None:
    if components != 1:
        raise TypeError(
            f"{name}: one real number per pixel is needed, not {components} of them. Give one channel, or their mean"
        )
    if dimension not in (2, 3):
        raise ValueError(
            f"{name}: an image of 2 or 3 dimensions is needed, not one of {dimension}. Give one volume at a time; "
            "images of 4 dimensions are for itk.MaskedRegistrationMethod"
        )


def regular(name: str, values: Any) -> tuple[float, float]:
    """First value and step of coordinates, which must be evenly spaced."""
    if values.dtype.kind not in "iuf":
        raise TypeError(f"{name}: numbers are needed, not {values.dtype}")
    values = values.astype(np.float64)
    if len(values) == 1:
        return float(values[0]), 1.0
    step = (values[-1] - values[0]) / (len(values) - 1)
    # Half a thousandth of a voxel: coordinates are often floats, or were written with few digits.
    steps = np.diff(values)
    if not np.isfinite(step) or step == 0 or np.abs(steps - step).max() > 1e-3 * abs(step):
        raise ValueError(
            f"{name}: not evenly spaced, steps are from {steps.min():.6g} to {steps.max():.6g}. Interpolate the image "
            "to a regular grid: image.interp()"
        )
    return float(values[0]), float(step)
