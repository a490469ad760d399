# SPDX-License-Identifier: Apache-2.0
"""Sample points, masks and images in three dimensions, in a notebook."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .. import public
from .._images.arrays import Array, Floats
from .._images.conversion import libraries_of
from .._images.files import read
from .._images.geometry import index_matrix, index_to_point, make_geometry, point_to_index
from .._images.image import Raster
from .._images.masks import look_up, read_mask
from .._pictures.slices import find_window, middle_of
from .._registration.result import Registration
from .._registration.sample import Samples
from .._registration.sources import Sources
from .._transforms.reading import to_transform
from ..plot.scene import Scene, check_count, check_point, fill, read_samples
from .surface import find_surface

if TYPE_CHECKING:
    from k3d.plot import Plot

#: Those of the pictures of itk_maskedsampling.plot.
BLUE, ORANGE, YELLOW, GREEN = 0x1B6CA8, 0xD95F02, 0xFFB000, 0x1B9E77

#: A map of colours of k3d: values from 0 to 1, with red, green and blue.
GREYS = [0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]
#: Values from 0 to 1, with their opacity: the darkest are air, through which the rest is seen.
OPACITY = [0.0, 0.0, 0.1, 1.0, 1.0, 1.0]
#: A grid of one voxel, where indices are points.
VOXEL = make_geometry("", (1, 1, 1), None, None, None)


@public
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

    All is at its place in space, with coordinates of ITK (LPS for medical images). In a notebook, the mouse turns it;
    the panel at its right shows and hides its parts, which have names. It needs no network. What is darkest in the
    slices is transparent. Points of a Registration are orange where they are moved out of the moving image or of its
    mask, and blue elsewhere.

    Parameters
    ----------
    result : Registration, Samples or array, shape (n, 3)
        The points of its last level; those of sample(); or points, x first, in space. For two dimensions, there is
        plot.samples().
    image : image, optional
        Any image that register() takes, for the slices. Default: of a Registration its fixed image, otherwise none.
    mask : image, optional
        Not 0 is inside. A numpy array lies as the image does. Default: of a Registration its mask, unless an image is
        given.
    transform : transform, optional
        Of Samples and points, that which moves them; a Registration has its own. Default: they are not moved.
    at : sequence of 3 floats, optional
        A point in space that the slices go through. Default: the middle of the points.
    slices : bool, default True
        Whether there are slices.
    arrows : int, default 500
        How many points, at most, have an arrow to where they are moved; 0 for none.
    height : int, default 512
        Of the view, in pixels.

    Returns
    -------
    k3d.Plot
        More can be added to it: viewer += k3d.label(...). Its get_snapshot() gives the text of an HTML file with all
        that is needed to show it.

    Raises
    ------
    TypeError, ValueError
        They name the argument.
    ImportError
        Without k3d, which the extra "notebook" has.

    Examples
    --------
    >>> viewer = view(result)  # doctest: +SKIP
    >>> viewer  # doctest: +SKIP
    """
    try:
        k3d: Any = importlib.import_module("k3d")
    except ModuleNotFoundError as error:
        raise ImportError('view() needs k3d: pip install "itk-maskedsampling[notebook]"') from error
    number = check_count("arrows", arrows, 0)
    pixels = check_count("height", height, 1)
    scene, moved, inside = read_view(result, image, mask, transform)
    middle = find_middle(scene, at)
    plot = k3d.plot(
        height=pixels, axes=["x", "y", "z"], colorbar_object_id=0, camera_auto_fit=False, name="itk-maskedsampling"
    )
    parts = draw_samples(k3d, scene.points, inside)
    focus = scene.points
    if scene.mask is not None:
        vertices, triangles = find_surface(scene.mask)
        focus = np.concatenate([focus, vertices])
        parts.append(
            k3d.mesh(vertices, triangles, color=YELLOW, opacity=0.25, side="double", flat_shading=False, name="mask")
        )
    if scene.fixed is not None and slices:
        parts += draw_slices(k3d, scene.fixed, middle)
    if moved is not None and number > 0 and len(scene.points) > 0:
        parts.append(draw_arrows(k3d, scene.points, moved, number))
    for part in parts:
        plot += part
    # From the left, the front and above, for LPS coordinates, with the mask and the points in the middle of the view.
    bounds = np.ravel([focus.min(axis=0), focus.max(axis=0)], order="F") if len(focus) else plot.get_auto_grid()
    plot.camera = plot.get_auto_camera(1.3 if len(focus) else 1.0, -60, 70, bounds)
    return plot


def read_view(
    result: Any, image: Any, mask: Any, transform: Any
) -> tuple[Scene, Floats | None, npt.NDArray[np.bool_] | None]:
    """What is shown, where a transform moves the points, and which of them it moves into the moving image and its mask:
    None where that is not known."""
    is_registration = isinstance(result, Registration)
    given = result.points if isinstance(result, Registration | Samples) else result
    dimension = result.transform.dimension if is_registration else np.shape(given)[-1] if np.ndim(given) == 2 else 3
    if dimension == 2 and (is_registration or isinstance(given, np.ndarray)):
        raise ValueError("result: view() shows three dimensions. For those of two there is plot.samples()")
    if is_registration and transform is not None:
        raise ValueError("transform: a Registration has its own; give its points instead, view(result.points, ...)")
    scene = read_samples(result, image, mask, VOXEL)
    if is_registration:
        moved = result.transform.apply(scene.points)
        return scene, moved, None if result._sources is None else find_inside(result._sources, moved)
    if transform is None:
        return scene, None, None
    found = to_transform("transform", transform, libraries_of(transform))
    if found.dimension != 3:
        raise ValueError(f"transform: 3 dimensions are needed, as the points have, not {found.dimension}")
    return scene, found.apply(scene.points), None


def find_inside(sources: Sources, points: Floats) -> npt.NDArray[np.bool_]:
    """Whether points are in voxels of the moving image and of its mask."""
    moving = read("moving", sources.moving)
    # Of a grid of spacing 1 at 0, indices are points.
    inside = look_up(fill(moving.geometry, 1), VOXEL, points)
    mask = sources.mask_of_result("moving_mask")
    if mask is not None:
        inside &= look_up(read_mask("moving_mask", mask, moving), VOXEL, points)
    return np.asarray(inside, np.bool_)


def find_middle(scene: Scene, at: npt.ArrayLike | None) -> Floats:
    """The point that slices go through: that of the user, or in the middle of the points or of the image."""
    if at is not None:
        if scene.fixed is None:
            raise ValueError("at: there is no image to slice; give one, or leave it out")
        return check_point(scene.fixed.geometry, at)
    if len(scene.points) > 0:
        middle: Floats = (scene.points.min(axis=0) + scene.points.max(axis=0)) / 2
        return middle
    return np.zeros(3) if scene.fixed is None else middle_of(scene.fixed.geometry)


def draw_samples(k3d: Any, points: Floats, known: npt.NDArray[np.bool_] | None) -> list[Any]:
    """Points; of another colour those of which it is known that they are not inside."""
    if len(points) == 0:
        return []
    inside = np.ones(len(points), bool) if known is None else known
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
            opacity_function=OPACITY,
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
