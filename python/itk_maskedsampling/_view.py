# SPDX-License-Identifier: Apache-2.0
"""Sample points, masks and images in three dimensions, in a notebook."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ._arrays import Array, Floats
from ._images import Raster, index_matrix, index_to_point, point_to_index
from ._plot_inputs import check_point
from ._slices import find_window, middle_of
from ._view_scene import Scene, check_count, read_scene
from ._view_surface import find_surface

if TYPE_CHECKING:
    from k3d.plot import Plot

#: Those of the pictures of itk_maskedsampling.plot.
BLUE, ORANGE, YELLOW, GREEN = 0x1B6CA8, 0xD95F02, 0xFFB000, 0x1B9E77

#: A map of colours of k3d: values from 0 to 1, with red, green and blue.
GREYS = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]


def view(
    result: Any,
    image: Any = None,
    mask: Any = None,
    *,
    transform: Any = None,
    at: npt.ArrayLike | None = None,
    slices: bool = True,
    arrows: int = 500,
    height: int = 512,
) -> Plot:
    """Show sample points, the surface of the mask, slices of the image, and where the transform moves the points.

    >>> viewer = view(result)  # doctest: +SKIP
    >>> viewer  # doctest: +SKIP

    All is at its place in space, with coordinates of ITK (LPS for medical images). In a notebook, the mouse turns it;
    the panel at its right shows and hides its parts, which have names. It needs no network.

    result: a Registration, whose points are those of its last level; Samples, the result of sample(); or points, an
        array of shape (n, 3), x first, in space. For two dimensions, there is plot.samples().
    image: any image that register() takes, for the slices; of a Registration by default its fixed image.
    mask: not 0 is inside; of a Registration by default its mask, unless an image is given. A numpy array lies as the
        image does.
    transform: of Samples and points, that which moves them; a Registration has its own.
    at: a point in space that the slices go through; by default the middle of the points.
    slices: whether there are slices.
    arrows: how many points, at most, have an arrow to where they are moved; 0 for none.
    height: of the view, in pixels.

    Points of a Registration are orange where they are moved out of the moving image or of its mask, and blue elsewhere.

    Returns a k3d.Plot, to which more can be added: viewer += k3d.label(...). Its get_snapshot() gives the text of an
    HTML file with all that is needed to show it. Raises TypeError and ValueError, which name the argument, and
    ImportError without k3d, which the extra "notebook" has.
    """
    try:
        k3d: Any = importlib.import_module("k3d")
    except ModuleNotFoundError as error:
        raise ImportError('view() needs k3d: pip install "itk-maskedsampling[notebook]"') from error
    number = check_count("arrows", arrows, 0)
    pixels = check_count("height", height, 1)
    scene = read_scene(result, image, mask, transform)
    middle = find_middle(scene, at)
    plot = k3d.plot(
        height=pixels, axes=["x", "y", "z"], colorbar_object_id=0, camera_auto_fit=False, name="itk-maskedsampling"
    )
    parts = draw_samples(k3d, scene)
    if scene.mask is not None:
        vertices, triangles = find_surface(scene.mask)
        parts.append(
            k3d.mesh(vertices, triangles, color=YELLOW, opacity=0.25, side="double", flat_shading=False, name="mask")
        )
    if scene.image is not None and slices:
        parts += draw_slices(k3d, scene.image, middle)
    if scene.moved is not None and number > 0 and len(scene.points) > 0:
        parts.append(draw_arrows(k3d, scene.points, scene.moved, number))
    for part in parts:
        plot += part
    # From the left, the front and above, for LPS coordinates; nearer than k3d by itself.
    plot.camera = plot.get_auto_camera(1.0, -60, 70)
    return plot


def find_middle(scene: Scene, at: npt.ArrayLike | None) -> Floats:
    """The point that slices go through: that of the user, or in the middle of the points or of the image."""
    if at is not None:
        if scene.image is None:
            raise ValueError("at: there is no image to slice; give one, or leave it out")
        return check_point(scene.image.geometry, at)
    if len(scene.points) > 0:
        middle: Floats = (scene.points.min(axis=0) + scene.points.max(axis=0)) / 2
        return middle
    return np.zeros(3) if scene.image is None else middle_of(scene.image.geometry)


def draw_samples(k3d: Any, scene: Scene) -> list[Any]:
    points = scene.points
    if len(points) == 0:
        return []
    inside = np.ones(len(points), bool) if scene.inside is None else scene.inside
    # The more, the smaller, so that one sees between them.
    size = find_extent(points) * min(0.03, 0.2 / np.cbrt(len(points)))
    groups = [("samples", BLUE, points[inside]), ("samples moved out of the moving image", ORANGE, points[~inside])]
    return [
        k3d.points(group.astype(np.float32), color=color, point_size=size, shader="3d", name=name)
        for name, color, group in groups
        if len(group) > 0
    ]


def find_extent(points: Floats) -> float:
    """The longest side of the box of points, of which sizes are parts, or 1; k3d takes no sizes below 1e-6."""
    return max(float(np.ptp(points, axis=0).max()) or 1.0, 1e-3)


def draw_arrows(k3d: Any, points: Floats, moved: Floats, number: int) -> Any:
    """Arrows of evenly chosen points."""
    chosen = slice(None, None, -(-len(points) // number))
    steps = moved[chosen] - points[chosen]
    extent = find_extent(points)
    length = float(np.median(np.linalg.norm(steps, axis=1)))
    return k3d.vectors(
        points[chosen].astype(np.float32),
        steps.astype(np.float32),
        color=GREEN,
        line_width=0.004 * extent,
        # Larger than 0, also where nothing is moved.
        head_size=float(np.clip(0.5 * length, 1e-3 * extent, 0.05 * extent)),
        name="displacement",
    )


def draw_slices(k3d: Any, image: Raster, middle: Floats) -> list[Any]:
    """The slices through a point across each axis of the image, in grey."""
    size = np.array(image.geometry.size)
    index = np.clip(np.rint(point_to_index(image.geometry, middle[np.newaxis])[0]), 0, size - 1).astype(int)
    cuts = [np.take(image.pixels, index[axis], axis=2 - axis).astype(np.float32) for axis in range(3)]
    low, high = find_window(np.concatenate([cut.ravel() for cut in cuts]))
    return [
        k3d.texture(
            attribute=np.nan_to_num(cut, nan=low),
            color_map=GREYS,
            color_range=[low, high],
            puv=place_slice(image, axis, index[axis]),
            interpolation=False,
            name=f"slice across {'xyz'[axis]} of the image",
        )
        for axis, cut in enumerate(cuts)
    ]


def place_slice(image: Raster, axis: int, number: int) -> Array:
    """Where k3d draws a slice: a corner, and from it the sides along columns and against rows, x first, in space."""
    first, second = (other for other in range(3) if other != axis)
    size = image.geometry.size
    corner = np.full(3, -0.5)
    corner[axis] = number
    corner[second] = size[second] - 0.5
    sides = index_matrix(image.geometry)[:, [first, second]] * [size[first], -size[second]]
    start = index_to_point(image.geometry, corner[np.newaxis])[0]
    return np.concatenate([start, sides[:, 0], sides[:, 1]]).astype(np.float32)
