# SPDX-License-Identifier: Apache-2.0
"""Where a transform tears: B-splines and displacement fields move nothing beyond their grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .._core import Geometry, Part
from .._images.arrays import Floats, join
from .._images.geometry import corners_of, index_matrix, index_to_point, point_to_index
from .transform import Transform

#: Jumps that are worth a word, in voxels of the fixed image.
WORTH = 0.5
#: How far before and beyond the edge a transform is looked at, in voxels.
STEP = 1e-3
#: Points along each axis of a face, at most.
POINTS = 17


@dataclass(frozen=True)
class Tear:
    """The largest jump of a transform at the edge of one of its grids, inside an image.

    voxels, length: of the jump, in voxels of the image and in units of space.
    kind: of the transform, as the setting has it.
    low, high: the box of the grid, in space.
    is_alone: whether there is no other transform, which moves all of space.
    """

    voxels: float
    length: float
    kind: str
    low: Floats
    high: Floats
    is_alone: bool

    def describe(self) -> str:
        """What is wrong, and the way out."""
        # Beyond the box, what other transforms do goes on.
        beyond = "nothing" if self.is_alone else "that of the other transforms"
        return (
            f"{self.kind}: its grid covers only the box from {join(self.low)} to {join(self.high)}; at the edge of the "
            f"box, the displacement jumps by {self.voxels:.3g} voxels ({self.length:.3g} in space), to {beyond}, which "
            f"resample() shows. Inside the box it is sound. Give a grid that covers the image; or let 'b-spline' make "
            "one, which fades beyond the mask"
        )


def find_tear(transform: Transform, image: Geometry) -> Tear | None:
    """The largest jump between neighbours of an image, where it is larger than half a voxel; None without."""
    tears = [find_jump(transform, number, image) for number in range(len(transform.parts))]
    found = [tear for tear in tears if tear is not None and tear.voxels > WORTH]
    return max(found, key=lambda tear: tear.voxels, default=None)


def find_jump(transform: Transform, number: int, image: Geometry) -> Tear | None:
    """The largest jump at the edge of the grid of a part. None where it has no grid, or no edge in the image."""
    dimension = transform.dimension
    box = find_grid(transform.parts[number], dimension)
    if box is None:
        return None
    kind, grid, low, high = box
    step = STEP * min(image.spacing) / np.array(grid.spacing)
    within, beyond = (index_to_point(grid, index) for index in make_faces(low, high, step))
    chains = (transform.parts[number + 1 :], transform.parts[: number + 1], transform.parts[:number])
    first, rest, last = (Transform(dimension, parts) for parts in chains)
    try:
        places = first.inverse().apply(beyond)
    except ValueError:  # it bends, and moves by little: what is asked is only whether the image is there
        places = beyond
    index = point_to_index(image, places)
    # Between the centres of voxels: where there is none beyond the edge, no picture shows it.
    near = ((index >= 0) & (index <= np.array(image.size) - 1)).all(axis=1)
    if not near.any():
        return None
    jumps = rest.apply(within[near]) - last.apply(within[near])
    voxels = np.linalg.norm(np.linalg.solve(index_matrix(image), jumps.T), axis=0)
    largest = int(np.argmax(voxels))
    corners = index_to_point(grid, corners_of(low, high))
    length = float(np.linalg.norm(jumps[largest]))
    is_alone = len(transform.parts) == 1
    return Tear(float(voxels[largest]), length, kind, corners.min(axis=0), corners.max(axis=0), is_alone)


def find_grid(part: Part, dimension: int) -> tuple[str, Geometry, Floats, Floats] | None:
    """The kind of a part, its grid, and the first and the last index between which it moves points."""
    name, fixed, _ = part
    words = name.split("_")
    is_spline = words[0] == "BSplineTransform"
    if len(fixed) != dimension * (3 + dimension) or not (is_spline or words[0].endswith("DisplacementFieldTransform")):
        return None
    size, origin, spacing = np.reshape(fixed[: 3 * dimension], (3, dimension))
    count: tuple[int, ...] = tuple(size.astype(int).tolist())
    direction = tuple(fixed[3 * dimension :].tolist())
    grid = Geometry(count, tuple(spacing.tolist()), tuple(origin.tolist()), direction)
    if not is_spline:
        return "displacement-field", grid, np.full(dimension, -0.5), size - 0.5
    # Of a cubic one, the first and the last knot are beyond its domain; the order of others is in their name.
    order = int(words[4]) if len(words) > 4 else 3
    low = np.full(dimension, (order - 1) / 2)
    return "b-spline", grid, low, low + size - order


def make_faces(low: Floats, high: Floats, step: Floats) -> tuple[Floats, Floats]:
    """Points of all faces of a box, a step before and a step beyond it, both of shape (n, D)."""
    counts = np.clip(2 * np.ceil(high - low) + 1, 2, POINTS).astype(int)
    sides = [np.linspace(low[d] + step[d], high[d] - step[d], counts[d]) for d in range(len(low))]
    within: list[Floats] = []
    beyond: list[Floats] = []
    for axis in range(len(low)):
        for end, outwards in ((low[axis], -1), (high[axis], 1)):
            for points, sign in ((within, -1), (beyond, 1)):
                axes = [*sides]
                axes[axis] = np.array([end + sign * outwards * step[axis]])
                points.append(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(low)))
    return np.concatenate(within), np.concatenate(beyond)
