# SPDX-License-Identifier: Apache-2.0
"""Parts of transforms: their names, and what they are together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from .. import _core
from .._core import Geometry, Part
from .._images.arrays import Array, Floats, freeze, join
from .._images.choices import choose

#: ITK's transforms that are a matrix and an offset.
AFFINE = re.compile(
    r"(Identity|Translation|Scale|ScaleLogarithmic|ScalableAffine|Affine|CenteredAffine|FixedCenterOfRotationAffine"
    r"|Euler[23]D|CenteredEuler3D|Rigid[23]D|CenteredRigid2D|QuaternionRigid|Versor|VersorRigid3D|Similarity[23]D"
    r"|CenteredSimilarity2D|ScaleVersor3D|ScaleSkewVersor3D|ComposeScaleSkewVersor3D)Transform_"
)


def short(name: str) -> str:
    """The name of ITK's class."""
    return name.partition("_")[0]


def list_bent(parts: Iterable[Part]) -> str:
    """The names of those that are no matrix and offset; empty: all are."""
    return ", ".join(short(name) for name, _, _ in parts if not AFFINE.match(name))


def translation_part(dimension: int) -> Part:
    return f"TranslationTransform_double_{dimension}_{dimension}", freeze(np.empty(0)), freeze(np.zeros(dimension))


def affine_part(matrix: Floats) -> Part:
    """Of a homogeneous matrix, shape (D + 1, D + 1)."""
    dimension = len(matrix) - 1
    parameters = np.concatenate([matrix[:-1, :-1].ravel(), matrix[:-1, -1]])
    return f"AffineTransform_double_{dimension}_{dimension}", np.zeros(dimension), parameters


def field_part(grid: Geometry, vectors: Array) -> Part:
    """Of displacements, shape ([z,] y, x, D), at the voxels of a grid."""
    dimension = len(grid.size)
    fixed = np.array([*grid.size, *grid.origin, *grid.spacing, *grid.direction], np.float64)
    return f"DisplacementFieldTransform_double_{dimension}_{dimension}", fixed, np.array(vectors, np.float64).ravel()


def chain_to_matrix(dimension: int, parts: Sequence[Part]) -> Floats:
    """The homogeneous matrix of a chain, all parts of which are a matrix and an offset."""
    matrix = np.eye(dimension + 1)
    corners = np.vstack([np.zeros((1, dimension)), np.eye(dimension)])
    mapped = _core.transform_points(dimension, list(parts), corners)
    matrix[:-1, -1] = mapped[0]
    matrix[:-1, :-1] = (mapped[1:] - mapped[0]).T
    return matrix


def describe_part(part: Part) -> str:
    name, fixed_parameters, parameters = part
    if len(parameters) > 12:
        return f"{short(name)} of {len(parameters)} parameters"
    # What follows the centre says how angles are counted.
    centre = fixed_parameters[: int(name.split("_")[2])]
    about = f" about {join(centre)}" if np.any(centre) else ""
    return f"{short(name)} {join(parameters)}{about}"


def axes_of(convention: object, dimension: int) -> Floats:
    """What LPS coordinates, and a 1 for a homogeneous matrix, are multiplied with to be those of a convention."""
    name = choose("convention", convention, ("LPS", "RAS"))
    signs = np.ones(dimension + 1)
    signs[:2] = -1.0 if name == "RAS" else 1.0
    return signs
