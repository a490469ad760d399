# SPDX-License-Identifier: Apache-2.0
"""Transforms in files: which format a file has, and who reads and writes it."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from types import ModuleType
from typing import Any

from .. import _core
from .._images.arrays import describe
from .._images.output import check_place, whole_file
from .._images.paths import find_input
from .formats import elastix, field, fnirt, freesurfer, fsl, itk_files, ras
from .formats.request import Chain, Request, Unreadable
from .formats.vectors import ITK_SUFFIXES, NIFTI_SUFFIXES, open_nifti

FORMATS: dict[str, ModuleType] = {
    "itk": itk_files,
    "field": field,
    "fsl": fsl,
    "fnirt": fnirt,
    "freesurfer": freesurfer,
    "ras": ras,
    "elastix": elastix,
}
CHOICES = ", ".join(f'"{name}"' for name in FORMATS)
#: Those that say the format, whatever is in the file.
SUFFIXES = {
    **dict.fromkeys((".h5", ".hdf5", ".tfm"), "itk"),
    **dict.fromkeys(ITK_SUFFIXES, "field"),
    ".lta": "freesurfer",
}
#: Those of files that are written without a format.
WRITTEN = {**SUFFIXES, **dict.fromkeys((".txt", ".mat"), "itk"), **dict.fromkeys((".nii", ".nii.gz"), "field")}
#: For those that give a path where there is no format.
TELL_FORMAT = "Read it with read_transform(), which has this argument"
#: What begins a file of HDF5.
HDF5 = b"\x89HDF"


def read_parts(name: str, path: str | os.PathLike[str], format: str | None, fixed: Any, moving: Any) -> Chain:
    """Dimension and parts of a transform in a file; the name is what errors call the path."""
    file = find_input(name, path)
    check_format(format)
    try:
        known = format or recognise(file)
        dimension, parts = FORMATS[known].read(Request(file, known, fixed, moving))
        if known != "itk":
            for part in parts:
                check_part(part)
    except Unreadable as error:
        hint = f". {TELL_FORMAT}" if "format=" in str(error) and name != "path" else ""
        raise RuntimeError(f"{name}: {file} cannot be read as a transform: {error}{hint}") from error
    return dimension, parts


def check_part(part: _core.Part) -> None:
    try:
        _core.check_part(part)
    except _core.CoreError as error:
        raise Unreadable(str(error).removeprefix("transform: ")) from error


def check_format(format: str | None) -> None:
    if format is not None and (not isinstance(format, str) or format not in FORMATS):
        raise ValueError(f"format: one of {CHOICES} is needed, not {describe(format)}")


def recognise(file: Path) -> str:
    """The format of a file, by its suffix and by what it begins with."""
    lower = file.name.lower()
    by_suffix = find_suffix(lower, SUFFIXES)
    if by_suffix:
        return by_suffix
    if lower.endswith(NIFTI_SUFFIXES):
        return recognise_field(file)
    with file.open("rb") as stream:
        head = stream.read(2**16)
    if head.startswith(HDF5) or b"#Insight Transform File" in head:
        return "itk"
    if re.search(rb'^\s*\(Transform\s+"', head, re.MULTILINE):
        return "elastix"
    if re.search(rb"^\s*nxforms\s*=", head, re.MULTILINE):
        return "freesurfer"
    if is_matrix(head):
        raise Unreadable(
            'it is a matrix, of which nothing says how it is meant. Say that: format="fsl" of flirt, with fixed and '
            'moving, or format="ras" of greedy and c3d_affine_tool'
        )
    if lower.endswith((".txt", ".mat")):
        return "itk"
    raise Unreadable(f"its format is not known. Say which: format= one of {CHOICES}")


def find_suffix(name: str, suffixes: dict[str, str]) -> str | None:
    return next((format for suffix, format in suffixes.items() if name.endswith(suffix)), None)


def recognise_field(file: Path) -> str:
    image = open_nifti(file)
    code = int(image.header["intent_code"])
    # An image without vectors is one of those, too: that it has none is told when they are read.
    if code in (field.DISPLACEMENTS, field.VECTORS) or len(image.shape) < 4:
        return "field"
    if code == field.FSL_DISPLACEMENTS or code in field.FSL_COEFFICIENTS:
        return "fnirt"
    raise Unreadable(
        f'its intent_code is {code}, which does not say whose vectors they are. Say that: format="field" of ITK, ANTs '
        'and greedy, or format="fnirt" of FSL'
    )


def is_matrix(head: bytes) -> bool:
    """Whether a file begins with as many numbers as a homogeneous matrix, and nothing else."""
    words = head.split()
    try:
        return len([float(word) for word in words[:17]]) in (9, 16)
    except ValueError:
        return False


def write_parts(path: str | os.PathLike[str], chain: Chain, format: str | None, fixed: Any, moving: Any) -> None:
    """Write a transform as a whole, and read it back once, or not at all."""
    check_format(format)
    place = check_place("path", path)
    known = format or find_suffix(place.name.lower(), WRITTEN)
    if known is None:
        raise ValueError(
            f"path: the suffix of {os.fspath(path)!r} is none of {', '.join(WRITTEN)}. Choose one of these, or say "
            f"format= one of {CHOICES}"
        )
    # HDF5 ends the process where the disk becomes full.
    size = 2**17 + sum(8 * (len(numbers) + len(parameters)) for _, numbers, parameters in chain[1])
    with whole_file("path", path, reserve=size if known == "itk" else 0) as file:
        FORMATS[known].write(Request(file, known, fixed, moving, place), chain)
        try:
            written = FORMATS[known].read(Request(file, known, fixed, moving, place))[1]
        except Unreadable as error:
            raise OSError(errno.EIO, f"path: what was written cannot be read back ({error})", file.name) from error
        if known == "itk" and chain[1] and [len(part[2]) for part in written] != [len(part[2]) for part in chain[1]]:
            raise OSError(errno.EIO, "path: what was written is not what can be read back", file.name)
