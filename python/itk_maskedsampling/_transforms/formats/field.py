# SPDX-License-Identifier: Apache-2.0
"""Displacement fields of ITK, SimpleITK, ANTs and greedy: images of vectors from fixed to moving points, in LPS."""

from __future__ import annotations

from ..._images.geometry import FLIP
from ..field import field_grid, field_vectors, is_field, make_field
from ..parts import field_part
from .request import Chain, Request, Unreadable
from .vectors import read_vectors, write_vectors

#: NIfTI's codes of vectors: displacements, which are in RAS by its rules, and any, which ITK writes in LPS.
DISPLACEMENTS, VECTORS = 1006, 1007
#: FSL's codes: displacements, and coefficients of several kinds.
FSL_DISPLACEMENTS, FSL_COEFFICIENTS = 2006, (2007, 2008, 2009)
#: By the names of intents: what others keep in such images, and how they write displacements.
OTHERS = {
    "NREG_TRANS": "a transform of NiftyReg, in RAS",
    "Mapping": "a deformation of SPM: where voxels go, in RAS",
}


def read(request: Request) -> Chain:
    vectors = read_vectors(request.file)
    if vectors.intent == FSL_DISPLACEMENTS or vectors.intent in FSL_COEFFICIENTS:
        raise Unreadable('it is a field of FSL: give format="fnirt"')
    if vectors.name in OTHERS:
        raise Unreadable(
            f"it holds {OTHERS[vectors.name]}, not displacements in LPS. Write these as SimpleITK or ANTs do"
        )
    if vectors.intent not in (0, DISPLACEMENTS, VECTORS):
        raise Unreadable(f"its intent_code is {vectors.intent}, but {VECTORS}, vectors, is needed")
    pixels = vectors.pixels
    if vectors.intent == DISPLACEMENTS:
        pixels = pixels * FLIP[: pixels.shape[-1]]
    return len(vectors.grid.size), (field_part(vectors.grid, pixels),)


def write(request: Request, chain: Chain) -> None:
    """Of a single field its own vectors; of others at the voxels of the fixed image."""
    dimension, parts = chain
    has_own = request.fixed is None and is_field(parts)
    part = parts[0] if has_own else make_field(parts, request.grid("fixed", dimension))
    write_vectors(request.file, field_grid(dimension, part), field_vectors(dimension, part), VECTORS)
