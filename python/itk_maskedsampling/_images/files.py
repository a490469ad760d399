# SPDX-License-Identifier: Apache-2.0
"""Images in files."""

from __future__ import annotations

import errno
import importlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from .. import _core, public
from .._core import Geometry
from .._core.interruption import interruptible
from .arrays import Array, check_pixels, to_layout
from .conversion import CONVERSIONS, from_object
from .image import Image, Raster
from .output import whole_file
from .paths import find_input

Read = TypeVar("Read")

#: Pixel types of files that the core does not write, and those in which they are written.
WRITTEN_AS = {"bool": "uint8", "float16": "float32"}


@public
def read_image(path: str | os.PathLike[str]) -> Image:
    """Read an image of 2 or 3 dimensions with one number per pixel.

    Parameters
    ----------
    path : str or path
        NIfTI, NRRD, MetaImage, PNG, JPEG, TIFF, BMP, VTK, GIPL or MRC. Whatever else itk can read, such as a DICOM file
        or the folder of a DICOM series, needs the package itk, which is imported then.

    Returns
    -------
    Image

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    RuntimeError
        If it cannot be read.
    """
    return read_file("path", path)


def read_file(name: str, path: str | os.PathLike[str]) -> Image:
    """Read an image; the name is what errors call the argument."""
    return read_with(name, path, lambda image: copy_of_itk(name, image))


def copy_of_itk(name: str, image: Any) -> Image:
    """An image of itk, of one number per pixel, as an Image with pixels of its own."""
    raster = CONVERSIONS["itk"].read(name, image)
    grid = raster.geometry
    return Image(np.array(raster.pixels), grid.spacing, grid.origin, grid.direction)


def read_with(name: str, path: str | os.PathLike[str], take: Callable[[Any], Read]) -> Image | Read:
    """Read an image. take: makes something of an image of itk, where the core does not read the file."""
    file = find_input(name, path, folder=True)
    if file.is_dir():
        return take(read_with_itk(name, file, "it is a folder"))
    try:
        pixels, geometry = _core.read_image(os.fspath(file))
    except _core.NotReadHere as error:
        return take(read_with_itk(name, file, str(error).strip()))
    except _core.CoreError as error:
        raise RuntimeError(f"{name}: {file} cannot be read: {str(error).strip()}") from error
    except MemoryError as error:
        raise MemoryError(f"{name}: there is not enough memory for the pixels of {file}") from error
    check_pixels(name, pixels)
    try:
        return Image(pixels, geometry.spacing, geometry.origin, geometry.direction)
    except ValueError as error:
        raise RuntimeError(f"{name}: {file} cannot be read: {error}") from error


def read_with_itk(name: str, file: Path, reason: str) -> Any:
    """What the core cannot read, for a reason."""
    try:
        itk: Any = importlib.import_module("itk")
    except ImportError as error:
        raise RuntimeError(
            f"{name}: {file} cannot be read: {reason}. With the package itk, more kinds can be"
        ) from error
    if file.is_dir():
        check_series(name, file, itk)
    try:
        return read_as_itk_can(itk, file)
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise RuntimeError(f"{name}: {file} cannot be read: {reason}. Nor can itk: {lines[-1]}") from error


def read_as_itk_can(itk: Any, file: Path) -> Any:
    try:
        return itk.imread(os.fspath(file))
    except itk.TemplateTypeError:
        # It has no vectors of bytes, for one.
        header = itk.ImageIOFactory.CreateImageIO(os.fspath(file), itk.CommonEnums.IOFileMode_ReadMode)
        header.SetFileName(os.fspath(file))
        header.ReadImageInformation()
        if header.GetNumberOfComponents() == 1:
            raise
        reader = make_vector_reader(itk, header)
        reader.SetFileName(os.fspath(file))
        reader.Update()
        return reader.GetOutput()


def make_vector_reader(itk: Any, header: Any) -> Any:
    """For the type of numbers that a file has, or else for floats."""
    components = {"unsigned_char": "UC", "short": "SS", "unsigned_short": "US", "double": "D"}
    found = components.get(header.GetComponentTypeAsString(header.GetComponentType()), "F")
    for name in (found, "F"):
        try:
            return itk.ImageFileReader[itk.VectorImage[getattr(itk, name), header.GetNumberOfDimensions()]].New()
        except (AttributeError, KeyError, itk.TemplateTypeError):
            continue
    raise RuntimeError("itk has no reader of vectors")


def check_series(name: str, folder: Path, itk: Any) -> None:
    """Of several DICOM series in a folder, itk would read the first."""
    finder = itk.GDCMSeriesFileNames.New()
    finder.SetUseSeriesDetails(True)
    finder.AddSeriesRestriction("0008|0021")  # the date, as itk.imread() has it
    try:
        finder.SetDirectory(os.fspath(folder))
        series = list(finder.GetSeriesUIDs())
    except Exception as error:
        raise RuntimeError(f"{name}: {folder} cannot be read as a folder of DICOM files: {error}") from error
    if len(series) > 1:
        told = ", ".join(f"{one} ({len(finder.GetFileNames(one))} files)" for one in series)
        raise RuntimeError(
            f"{name}: {folder} holds {len(series)} DICOM series, of which one is needed: {told}. Give a folder with "
            f"one of them, or {name}=itk.imread({os.fspath(folder)!r}, series_uid={series[0]!r})"
        )


def read(name: str, value: object) -> Raster:
    """Any image as a raster. What is none is a TypeError, ValueError, FileNotFoundError or RuntimeError."""
    return from_object(name, read_file(name, value) if isinstance(value, str | os.PathLike) else value)


def read_grid(name: str, value: object, dimension: int) -> Geometry:
    """The grid of any image, or a Geometry itself."""
    grid = value if isinstance(value, Geometry) else read(name, value).geometry
    if len(grid.size) != dimension:
        raise ValueError(f"{name}: {dimension} dimensions are needed, not {len(grid.size)}")
    return grid


@public
def write_image(image: Any, path: str | os.PathLike[str]) -> None:
    """Write an image. The file is there as a whole, and read back once, or not at all.

    Parameters
    ----------
    image : image
        Any image that register() takes.
    path : str or path
        Its suffix says in which format.

    Raises
    ------
    FileNotFoundError
        Where there is no such folder.
    OSError, RuntimeError
        If it cannot be written; what was there before then stays.
    """
    raster = read("image", image)
    dtype = raster.pixels.dtype.newbyteorder("=")
    pixels = to_layout(raster.pixels, WRITTEN_AS.get(dtype.name, dtype))
    # Of a grey BMP, ITK reads three numbers per pixel: it cannot be compared.
    is_bitmap = os.fspath(path).lower().endswith(".bmp")

    def write(ask: Callable[[str], bool]) -> None:
        with whole_file("path", path, reserve=2 * pixels.nbytes + 2**16 if is_bitmap else 0) as file:
            _core.write_image(os.fspath(file), pixels, raster.geometry)
            if not is_bitmap:
                check_written(file, pixels)
            if ask("written"):
                raise InterruptedError("path: an exception of a handler came first")

    interruptible(write)


def check_written(file: Path, pixels: Array) -> None:
    """Read an image back, as not all of ITK's writers notice a full disk."""
    # Other pixels at first, because not all of ITK's readers notice a file that is too short.
    other = np.invert(np.frombuffer(pixels.tobytes(), np.uint8)).view(pixels.dtype).reshape(pixels.shape)
    try:
        written, _ = _core.read_image(os.fspath(file), other)
    except _core.CoreError as error:
        raise OSError(errno.EIO, f"path: what was written cannot be read back ({error})", file.name) from error
    is_lossy = file.suffix.lower() in (".jpg", ".jpeg") or written.dtype != pixels.dtype
    is_same = written.size == pixels.size
    if is_same and not is_lossy:
        # GIPL and MRC make a volume of a slice.
        written = written.reshape(pixels.shape)
        is_same = np.array_equal(written, pixels, equal_nan=pixels.dtype.kind == "f")
    if not is_same:
        raise OSError(errno.EIO, "path: what was written is not what can be read back; is the disk full?", file.name)
