# SPDX-License-Identifier: Apache-2.0
"""Images of vectors in files: NIfTI through nibabel, which few need, MetaImage and NRRD through itk."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..._core import Geometry
from ..._images.arrays import Array, times
from ..._images.geometry import direction_matrix, from_nifti, make_geometry, to_nifti
from .request import Unreadable

NIFTI_SUFFIXES = (".nii", ".nii.gz", ".hdr", ".img", ".img.gz")
ITK_SUFFIXES = (".mha", ".mhd", ".nrrd", ".nhdr")
#: Of files that are written.
WRITTEN = (".nii.gz", ".nii", *ITK_SUFFIXES)


@dataclass(frozen=True)
class Vectors:
    """pixels: [z,]y,x,D. intent, name: what NIfTI says of them; 0 and empty, where it is another file."""

    pixels: Array
    grid: Geometry
    intent: int = 0
    name: str = ""


def is_nifti(file: Path) -> bool:
    return file.name.lower().endswith(NIFTI_SUFFIXES)


def read_vectors(file: Path) -> Vectors:
    found = read_nifti(file) if is_nifti(file) else read_with_itk(file)
    if not np.isfinite(found.pixels).all():
        where = times(np.argwhere(~np.isfinite(found.pixels))[0][-2::-1].tolist()).replace(" x ", ", ")
        raise Unreadable(f"its vector at voxel ({where}) is not finite")
    return found


def write_vectors(file: Path, grid: Geometry, pixels: Array, intent: int) -> None:
    """As float32, which is what others write."""
    if not file.name.lower().endswith(WRITTEN):
        raise ValueError(f"path: the suffix of {file.name!r} is none of {', '.join(WRITTEN)}, which are of fields")
    single = np.ascontiguousarray(pixels, np.float32)
    if is_nifti(file):
        write_nifti(file, grid, single, intent)
    else:
        write_with_itk(file, grid, single)


# NIfTI


def load_nibabel() -> Any:
    try:
        return importlib.import_module("nibabel")
    except ImportError as error:
        raise ImportError('fields in NIfTI need nibabel: pip install "itk-maskedsampling[nibabel]"') from error


def open_nifti(file: Path) -> Any:
    """A lazy image of nibabel."""
    nibabel = load_nibabel()
    try:
        image = nibabel.load(os.fspath(file))
    except Exception as error:
        raise Unreadable(f"nibabel cannot read it: {error}") from error
    if not isinstance(image, nibabel.Nifti1Pair):
        raise Unreadable(f"it is no NIfTI, but {type(image).__name__}")
    return image


def read_nifti(file: Path) -> Vectors:
    image = open_nifti(file)
    header = image.header
    shape = image.shape
    if len(shape) == 5 and shape[3] == 1 and (shape[4] == 3 or (shape[4] == 2 and shape[2] == 1)):
        dimension = int(shape[4])
    elif len(shape) == 4 and shape[3] == 3:
        dimension = 3
    else:
        raise Unreadable(f"a vector for each voxel is needed, not numbers of {times(shape)}")
    if header["qform_code"] == 0 and header["sform_code"] == 0:
        raise Unreadable("it does not say where its voxels are: its qform_code and sform_code are 0")
    unit = header.get_xyzt_units()[0]
    if unit not in ("mm", "unknown"):
        raise Unreadable(f"its unit is {unit}, not mm")
    try:
        data = np.asarray(image.dataobj)
    except Exception as error:
        raise Unreadable(f"nibabel cannot read its numbers: {error or type(error).__name__}") from error
    if data.dtype.kind not in "iuf":
        raise Unreadable(f"real numbers are needed, not {data.dtype}")
    pixels = data.reshape(*shape[:dimension], dimension)
    try:
        grid = from_nifti("", np.asarray(image.affine, np.float64), shape[:dimension])
    except ValueError as error:
        raise Unreadable(f"its grid cannot be: {error}") from error
    name = bytes(header["intent_name"].item()).decode("latin-1").strip("\0 ")
    return Vectors(np.moveaxis(pixels.T, 0, -1), grid, int(header["intent_code"]), name)


def write_nifti(file: Path, grid: Geometry, pixels: Array, intent: int) -> None:
    nibabel = load_nibabel()
    dimension = len(grid.size)
    affine = to_nifti(grid)
    data = np.moveaxis(pixels, -1, 0).T
    if intent < 2000:  # NIfTI's own: time is the fourth axis, vectors are the fifth
        data = data.reshape(*grid.size, *[1] * (4 - dimension), dimension)
    image = nibabel.Nifti1Image(data, affine)
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    image.header.set_xyzt_units("mm")
    image.header["intent_code"] = intent
    nibabel.save(image, os.fspath(file))


# MetaImage and NRRD


def load_itk() -> Any:
    try:
        return importlib.import_module("itk")
    except ImportError as error:
        raise ImportError(
            f"fields in {', '.join(ITK_SUFFIXES)} need the package itk: pip install itk. Or use .nii.gz"
        ) from error


def read_with_itk(file: Path) -> Vectors:
    itk = load_itk()
    with file.open("rb") as stream:
        head = stream.read(4096)
    if head.startswith(b"NRRD") and (b"space: right-anterior-superior" in head or b"space: RAS" in head):
        raise Unreadable("its space is RAS, of which ITK turns the grid and not the vectors. Write it in LPS")
    try:
        header = itk.ImageIOFactory.CreateImageIO(os.fspath(file), itk.CommonEnums.IOFileMode_ReadMode)
        header.SetFileName(os.fspath(file))
        header.ReadImageInformation()
        dimension, components = header.GetNumberOfDimensions(), header.GetNumberOfComponents()
        kind = header.GetPixelTypeAsString(header.GetPixelType())
    except Exception as error:
        raise Unreadable(f"itk cannot read it: {last_line(error)}") from error
    if components != dimension or dimension not in (2, 3) or kind == "complex":
        raise Unreadable(
            f"a vector for each voxel is needed, not {components} numbers ({kind}) in {dimension} dimensions"
        )
    try:
        reader = itk.ImageFileReader[itk.VectorImage[itk.D, dimension]].New()
        reader.SetFileName(os.fspath(file))
        reader.Update()
        image = reader.GetOutput()
        pixels = np.asarray(itk.array_from_image(image))
    except Exception as error:
        raise Unreadable(f"itk cannot read it: {last_line(error)}") from error
    try:
        grid = make_geometry(
            "",
            [image.GetLargestPossibleRegion().GetSize()[axis] for axis in range(dimension)],
            list(image.GetSpacing()),
            list(image.GetOrigin()),
            itk.array_from_matrix(image.GetDirection()),
        )
    except ValueError as error:
        raise Unreadable(f"its grid cannot be: {error}") from error
    return Vectors(pixels, grid)


def last_line(error: Exception) -> str:
    """Before it, ITK says where in its code that was."""
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__


def write_with_itk(file: Path, grid: Geometry, pixels: Array) -> None:
    itk = load_itk()
    dimension = len(grid.size)
    image = itk.Image[itk.Vector[itk.F, dimension], dimension].New()
    image.SetRegions(list(grid.size))
    image.Allocate()
    itk.array_view_from_image(image)[...] = pixels
    image.SetSpacing(list(grid.spacing))
    image.SetOrigin(list(grid.origin))
    image.SetDirection(itk.matrix_from_array(direction_matrix(grid)))
    itk.imwrite(image, os.fspath(file), compression=True)
