# SPDX-License-Identifier: Apache-2.0
"""Images that are linear functions of the point, so that what a picture must show is known at every pixel."""

from typing import Any

import numpy as np
import numpy.typing as npt
from itk_maskedsampling import Image
from matplotlib.collections import LineCollection, PathCollection
from register_scene import grid_points, rotation

Floats = npt.NDArray[np.float64]

SHAPE = (12, 20, 30)
SPACING = np.array([0.8, 1.0, 3.0])
ORIGIN = np.array([-7.0, 11.0, 40.0])
#: Columns are the axes: as space, both flipped as of NIfTI files, x and y and z exchanged, and oblique.
DIRECTIONS = {
    "aligned": np.eye(3),
    "flipped": np.diag([-1.0, -1.0, 1.0]),
    "exchanged": np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
    "oblique": rotation(0.3, 3),
}
SLOPE = np.array([1.0, 10.0, 100.0])


def make_ramp(kind: str = "aligned", slope: Floats = SLOPE) -> Image:
    """A volume whose value at a point is slope * point."""
    points = grid_points(SHAPE, SPACING, ORIGIN, DIRECTIONS[kind])
    return Image(points @ slope, SPACING, ORIGIN, DIRECTIONS[kind])


def make_plane(slope: Any) -> Image:
    """An image of two dimensions whose value at a point is slope * point."""
    points = grid_points((40, 60), SPACING[:2], ORIGIN[:2], np.eye(2))
    return Image(points @ np.asarray(slope), SPACING[:2], ORIGIN[:2])


def to_index(image: Image, points: Any) -> Floats:
    """Continuous indices, x first."""
    inverse = np.linalg.inv(image.direction * np.array(image.spacing))
    return np.asarray((np.asarray(points, np.float64) - image.origin) @ inverse.T)


def shown(axes: Any) -> tuple[Floats, Floats, Floats]:
    """The values of a panel, and the coordinates of its pixels: those of columns and of rows."""
    (picture,) = axes.images
    values = np.ma.filled(picture.get_array().astype(float), np.nan)
    left, right, bottom, top = picture.get_extent()
    rows, columns = values.shape
    across = left + (np.arange(columns) + 0.5) * (right - left) / columns
    first, last = (top, bottom) if picture.origin == "upper" else (bottom, top)
    down = first + (np.arange(rows) + 0.5) * (last - first) / rows
    return values, across, down


def dots(axes: Any) -> Floats:
    (found,) = (one for one in axes.collections if isinstance(one, PathCollection))
    return np.asarray(found.get_offsets(), np.float64)


def border(axes: Any) -> Floats | None:
    """The segments of the border of a mask, shape (n, 2, 2), or None."""
    found = [one for one in axes.collections if isinstance(one, LineCollection)]
    return np.array(found[0].get_segments()) if found else None
