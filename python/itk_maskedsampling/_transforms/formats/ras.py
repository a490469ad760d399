# SPDX-License-Identifier: Apache-2.0
"""Matrices of greedy and c3d_affine_tool: from fixed to moving points, in RAS."""

from __future__ import annotations

import numpy as np

from ..._images.arrays import Floats
from .matrices import format_matrix, matrix_to_parts, parse_matrix, parts_to_matrix
from .request import Chain, Request


def flip(matrix: Floats) -> Floats:
    """From RAS to LPS, or back."""
    sign = np.ones(len(matrix))
    sign[:2] = -1
    return matrix * np.outer(sign, sign)


def read(request: Request) -> Chain:
    matrix = parse_matrix(request.text().splitlines())
    return len(matrix) - 1, matrix_to_parts(flip(matrix))


def write(request: Request, chain: Chain) -> None:
    request.file.write_text(format_matrix(flip(parts_to_matrix(request, *chain))), encoding="utf-8")
