# SPDX-License-Identifier: Apache-2.0
"""Images in files."""

from __future__ import annotations

import errno
import importlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from .. import _core, public
from .arrays import Array, check_pixels, to_layout
from .conversion import CONVERSIONS, from_object
from .image import Image, Raster
from .output import whole_file

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
    file = Path(path).expanduser()
    if not file.exists():
        raise FileNotFoundError(f"{name}: there is no file {os.fspath(path)!r} (in {Path.cwd()})")
    if file.is_dir():
        return read_with_itk(name, file, "it is a folder")
    try:
        pixels, geometry = _core.read_image(os.fspath(file))
    except _core.CoreError as error:
        return read_with_itk(name, file, str(error).strip())
    check_pixels(name, pixels)
    return Image(pixels, geometry.spacing, geometry.origin, geometry.direction)


def read_with_itk(name: str, file: Path, reason: str) -> Image:
    """What the core cannot read, for a reason."""
    try:
        itk: Any = importlib.import_module("itk")
    except ImportError as error:
        raise RuntimeError(
            f"{name}: {file} cannot be read: {reason}. With the package itk, more kinds can be"
        ) from error
    try:
        image = itk.imread(os.fspath(file))
    except Exception as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise RuntimeError(f"{name}: {file} cannot be read: {reason}. Nor can itk: {lines[-1]}") from error
    raster = CONVERSIONS["itk"].read(name, image)
    grid = raster.geometry
    return Image(np.array(raster.pixels), grid.spacing, grid.origin, grid.direction)


def read(name: str, value: object) -> Raster:
    """Any image as a raster. What is none is a TypeError, ValueError, FileNotFoundError or RuntimeError."""
    return from_object(name, read_file(name, value) if isinstance(value, str | os.PathLike) else value)


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
    with whole_file("path", path, reserve=2 * pixels.nbytes + 2**16 if is_bitmap else 0) as file:
        _core.write_image(os.fspath(file), pixels, raster.geometry)
        if not is_bitmap:
            check_written(file, pixels)


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
        # Of NIfTI, ITK reads numbers that are not finite as 0.
        is_same = bool(np.array_equal(written, pixels) or np.all((written == pixels) | ~np.isfinite(pixels)))
    if not is_same:
        raise OSError(errno.EIO, "path: what was written is not what can be read back; is the disk full?", file.name)
