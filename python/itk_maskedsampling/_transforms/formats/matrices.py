# SPDX-License-Identifier: Apache-2.0
"""Matrices in files of text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..._core import Part
from ..._images.arrays import Floats, join
from ..parts import affine_part, chain_to_matrix, list_bent
from .request import Request, Unreadable


def parse_matrix(lines: Sequence[str]) -> Floats:
    """A homogeneous matrix, row after row."""
    try:
        rows = [[float(word) for word in line.split()] for line in lines if line.strip()]
    except ValueError as error:
        raise Unreadable(f"a matrix is needed, a row in each line ({error})") from error
    size = len(rows)
    if size not in (3, 4) or any(len(row) != size for row in rows):
        lengths = ", ".join(str(len(row)) for row in rows[:8])
        raise Unreadable(f"a matrix of 4 x 4, or 3 x 3, is needed, not {size} rows of {lengths} numbers")
    return check_matrix(np.array(rows))


def check_matrix(matrix: Floats) -> Floats:
    """A homogeneous matrix that has an inverse. What FreeSurfer computes in single precision ends with 0.9999999."""
    if not np.isfinite(matrix).all():
        raise Unreadable(f"its matrix has numbers that are not finite, {join(matrix.ravel())}")
    last = [0.0] * (len(matrix) - 1) + [1.0]
    if not np.allclose(matrix[-1], last, rtol=0, atol=1e-5):
        raise Unreadable(f"the last row of its matrix is {join(matrix[-1])}, not {join(last)}")
    if np.linalg.matrix_rank(matrix[:-1, :-1]) < len(matrix) - 1:
        raise Unreadable("its matrix is singular")
    return np.vstack([matrix[:-1], last])


def invert(matrix: Floats) -> Floats:
    """The inverse of a homogeneous matrix, whose last row is without rounding."""
    inverse = np.eye(len(matrix))
    inverse[:-1] = np.linalg.inv(matrix)[:-1]
    return inverse


def matrix_to_parts(matrix: Floats) -> tuple[Part, ...]:
    return (affine_part(check_matrix(matrix)),)


def parts_to_matrix(request: Request, dimension: int, parts: Sequence[Part]) -> Floats:
    """What is to be written as a matrix that has an inverse, as most tools apply that to images."""
    bent = list_bent(parts)
    if bent:
        raise ValueError(
            f'format: "{request.format}" holds a matrix, but the transform has {bent}. Write the format "field"'
        )
    matrix = chain_to_matrix(dimension, parts)
    if np.linalg.matrix_rank(matrix[:-1, :-1]) < dimension:
        raise ValueError(f'format: "{request.format}" needs a matrix that has an inverse, but this one is singular')
    return matrix


def format_matrix(matrix: Floats) -> str:
    """All digits, a row in each line."""
    return "".join(" ".join(f"{number + 0.0:.17g}" for number in row) + "\n" for row in matrix)
