# SPDX-License-Identifier: Apache-2.0
"""Whatever is a transform: objects of other libraries, matrices, and files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from .. import public
from .._images.arrays import describe
from .files import read_parts
from .transform import Transform, foreign, make_transform, matrix_to_transform


@public
def read_transform(
    path: str | os.PathLike[str], *, format: str | None = None, fixed: Any = None, moving: Any = None
) -> Transform:
    """Read a transform from a file of this package or of other tools.

    Parameters
    ----------
    path : str or path
        A file of ITK, FreeSurfer or elastix, and a field of ITK, ANTs or FSL, is known by what is in it.
    format : str, optional
        Default: what the file tells.
        "itk": .h5, .tfm, .txt and .mat of ITK, SimpleITK and ANTs. "field": displacements of ITK, SimpleITK, ANTs and
        greedy. "fsl": the matrix of flirt. "fnirt": displacements of FSL. "freesurfer": .lta. "ras": the matrix of
        greedy and c3d_affine_tool. "elastix": a parameter file.
    fixed, moving : image, path or Geometry, optional
        The images between which it is: both for "fsl", the moving one for "fnirt". Default: none.

    Returns
    -------
    Transform

    Raises
    ------
    FileNotFoundError
        Where there is no such file.
    ValueError
        Where an image is missing.
    RuntimeError
        If it cannot be read.
    """
    return read_file("path", path, format, fixed, moving)


def read_file(
    name: str, path: str | os.PathLike[str], format: str | None = None, fixed: Any = None, moving: Any = None
) -> Transform:
    return Transform(*read_parts(name, path, format, fixed, moving))


def to_transform(name: str, value: object, libraries: Iterable[str]) -> Transform:
    """Whatever is a transform: ours, one of itk or SimpleITK, a homogeneous matrix, or the path of a file.

    libraries: the packages in which the class of the value is defined.
    """
    if isinstance(value, Transform):
        return value
    if isinstance(value, str | os.PathLike):
        return read_file(name, value)
    if "itk" in libraries:
        return make_transform(name, *foreign("itk").from_itk(name, value))
    if "SimpleITK" in libraries:
        return make_transform(name, *foreign("simpleitk").from_simpleitk(name, value))
    if isinstance(value, np.ndarray | list | tuple):
        return matrix_to_transform(name, value)
    raise TypeError(
        f"{name}: a Transform, a transform of itk or SimpleITK, a homogeneous matrix or the path of a file is needed, "
        f"not {describe(value)}"
    )
