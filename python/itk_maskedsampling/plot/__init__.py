# SPDX-License-Identifier: Apache-2.0
"""Pictures of registrations, with matplotlib: pip install "itk-maskedsampling[plot]".

>>> from itk_maskedsampling import plot
>>> plot.checkerboard(result).savefig("checkerboard.png")  # doctest: +SKIP

Each function gives a matplotlib.figure.Figure. A notebook shows it where it is the last line of a cell, or with
display(figure); in a script that has imported matplotlib.pyplot, pyplot.show() does. With axes= (or ax=), panels of a
figure of yours are drawn into instead.

Slices are taken in space, across the axes of the fixed image, and turned as the axes of space are: x to the right, y
down (z up), which is the radiological convention for LPS coordinates. Where the axes of the image are oblique, labels
say "of the image", and coordinates are lengths from its first voxel. Letters at the sides of slices say where right and
left (R, L), front and back (A, P), and below and above (I, S) are in LPS coordinates, or nearest to, if oblique. Images
of two dimensions have none, as they do not say of which plane they are; nor have volumes with spacing 1, origin 0 and
the axes of space, which are those of plain arrays.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from .._images.arrays import describe

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from .._registration.result import Registration
    from .scene import Scene

__all__ = ["checkerboard", "course", "difference", "edges", "samples", "side_by_side"]


def samples(
    result: Any,
    image: Any = None,
    mask: Any = None,
    *,
    thickness: float | None = None,
    at: npt.ArrayLike | None = None,
    across: str | None = None,
    margin: float | None = None,
    border: bool = True,
    color: str | None = None,
    unit: str | None = None,
    axes: Any = None,
    ax: Any = None,
) -> Figure:
    """Sample points over slices of the fixed image, with the border of the mask.

    Parameters
    ----------
    result : Registration, Samples or array, shape (n, D)
        The points of its last level; those of sample(); or points, x first, in space.
    image : image, optional
        Any image that register() takes. Default: of a Registration its fixed image. Samples can do without.
    mask : image, optional
        Not 0 is inside. Default: of a Registration its mask, unless an image is given.
    thickness : float, optional
        Points are shown if they are at most half of it away from the slice, and counted in its title; in units of
        space. Default: that of a voxel.
    at : sequence of D floats, optional
        A point in space that the slices go through. Default: the middle of the points.
    across : str, optional
        Only the slice across this axis: x, y or z. Default: all three.
    margin : float, optional
        Only the surroundings of the mask (or of the points, where there is none) are shown, so far around their box, in
        units of space. Default: the whole image.
    border : bool, default True
        Whether the border of the mask is drawn.
    color : str, optional
        Of the points. Default: blue.
    unit : str, optional
        What labels call the unit of space. Default: mm, or voxels where spacing is 1 and origin 0.
    axes, ax : matplotlib.axes.Axes or sequence of them, optional
        Panels to draw into, one for each slice. Default: those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError
        They name the argument.
    ImportError
        Without matplotlib.
    """
    need_matplotlib()
    from .scene import check_length, choose_slices, read_samples  # noqa: PLC0415
    from .slices import draw_samples  # noqa: PLC0415

    scene = read_samples(result, image, mask)
    thick = None if thickness is None else check_length("thickness", thickness)
    slices = choose_slices(scene, at, across, margin)
    return draw_samples(scene if border else without_border(scene), slices, thick, color, unit, one_of(axes, ax))


def checkerboard(
    result: Any,
    fixed: Any = None,
    moving: Any = None,
    mask: Any = None,
    *,
    squares: int = 8,
    at: npt.ArrayLike | None = None,
    across: str | None = None,
    margin: float | None = None,
    border: bool = True,
    unit: str | None = None,
    axes: Any = None,
    ax: Any = None,
) -> Figure:
    """Squares of the fixed and of the moving image, before and after. Where they fit, edges go on.

    Before is with the transform from which the registration started (initial=, and a transform that was given to start
    from), or as the images lie in space; after is with the transform that was found. Each image has its own contrast.

    Parameters
    ----------
    result : Registration or transform
        A transform is a Transform, one of itk or SimpleITK, a homogeneous matrix or a file.
    fixed, moving, mask : image, optional
        Any images that register() takes. Default: those of the Registration; a transform needs them.
    squares : int, default 8
        How many there are along the longest side; the first one is of the fixed image.
    at : sequence of D floats, optional
        A point in space that the slices go through. Default: the middle of the points.
    across : str, optional
        Only the slice across this axis: x, y or z. Default: all three.
    margin : float, optional
        Only the surroundings of the mask (or of the points, where there is none) are shown, so far around their box, in
        units of space. Default: the whole image.
    border : bool, default True
        Whether the border of the mask is drawn.
    unit : str, optional
        What labels call the unit of space. Default: mm, or voxels where spacing is 1 and origin 0.
    axes, ax : sequence of matplotlib.axes.Axes, optional
        Panels to draw into: one for each slice before, then one for each slice after. Default: those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError
        They name the argument.
    ImportError
        Without matplotlib.
    """
    need_matplotlib()
    from .pairs import draw_checkerboard  # noqa: PLC0415
    from .scene import check_count, choose_slices, read_pair  # noqa: PLC0415

    number = check_count("squares", squares, 1)
    scene = read_pair("checkerboard", result, fixed, moving, mask)
    slices = choose_slices(scene, at, across, margin)
    return draw_checkerboard(scene if border else without_border(scene), slices, number, unit, one_of(axes, ax))


def difference(
    result: Any,
    fixed: Any = None,
    moving: Any = None,
    mask: Any = None,
    *,
    at: npt.ArrayLike | None = None,
    across: str | None = None,
    margin: float | None = None,
    border: bool = True,
    unit: str | None = None,
    axes: Any = None,
    ax: Any = None,
) -> Figure:
    """The fixed minus the moving image, before and after, in one colour scale that is symmetric about 0.

    For images of the same contrast; edges() are for all others. The scale leaves out the hundredth with the largest
    differences. Titles have the mean of the absolute values inside the mask, of the whole volume (of every voxel, up to
    a million, and evenly spread ones beyond).

    Parameters
    ----------
    result : Registration or transform
        A transform is a Transform, one of itk or SimpleITK, a homogeneous matrix or a file.
    fixed, moving, mask : image, optional
        Any images that register() takes. Default: those of the Registration; a transform needs them.
    at : sequence of D floats, optional
        A point in space that the slices go through. Default: the middle of the points.
    across : str, optional
        Only the slice across this axis: x, y or z. Default: all three.
    margin : float, optional
        Only the surroundings of the mask (or of the points, where there is none) are shown, so far around their box, in
        units of space. Default: the whole image.
    border : bool, default True
        Whether the border of the mask is drawn.
    unit : str, optional
        What labels call the unit of space. Default: mm, or voxels where spacing is 1 and origin 0.
    axes, ax : sequence of matplotlib.axes.Axes, optional
        Panels to draw into: one for each slice before, then one for each slice after. Default: those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError
        They name the argument.
    ImportError
        Without matplotlib.
    """
    need_matplotlib()
    from .pairs import draw_difference  # noqa: PLC0415
    from .scene import choose_slices, read_pair  # noqa: PLC0415

    scene = read_pair("difference", result, fixed, moving, mask)
    slices = choose_slices(scene, at, across, margin)
    return draw_difference(scene if border else without_border(scene), slices, unit, one_of(axes, ax))


def edges(
    result: Any,
    fixed: Any = None,
    moving: Any = None,
    mask: Any = None,
    *,
    at: npt.ArrayLike | None = None,
    across: str | None = None,
    margin: float | None = None,
    border: bool = True,
    unit: str | None = None,
    axes: Any = None,
    ax: Any = None,
) -> Figure:
    """Edges of the fixed image over the moving one, before and after. They fit whatever the contrasts are.

    They are where the slope is steepest, of the steepest pixels of a slice that is smoothed by 1.2 voxels.

    Parameters
    ----------
    result : Registration or transform
        A transform is a Transform, one of itk or SimpleITK, a homogeneous matrix or a file.
    fixed, moving, mask : image, optional
        Any images that register() takes. Default: those of the Registration; a transform needs them.
    at : sequence of D floats, optional
        A point in space that the slices go through. Default: the middle of the points.
    across : str, optional
        Only the slice across this axis: x, y or z. Default: all three.
    margin : float, optional
        Only the surroundings of the mask (or of the points, where there is none) are shown, so far around their box, in
        units of space. Default: the whole image.
    border : bool, default True
        Whether the border of the mask is drawn.
    unit : str, optional
        What labels call the unit of space. Default: mm, or voxels where spacing is 1 and origin 0.
    axes, ax : sequence of matplotlib.axes.Axes, optional
        Panels to draw into: one for each slice before, then one for each slice after. Default: those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError
        They name the argument.
    ImportError
        Without matplotlib.
    """
    need_matplotlib()
    from .pairs import draw_edges  # noqa: PLC0415
    from .scene import choose_slices, read_pair  # noqa: PLC0415

    scene = read_pair("edges", result, fixed, moving, mask)
    slices = choose_slices(scene, at, across, margin)
    return draw_edges(scene if border else without_border(scene), slices, unit, one_of(axes, ax))


def side_by_side(
    result: Any,
    fixed: Any = None,
    moving: Any = None,
    mask: Any = None,
    *,
    same_window: bool | None = None,
    at: npt.ArrayLike | None = None,
    across: str | None = None,
    margin: float | None = None,
    border: bool = True,
    unit: str | None = None,
    axes: Any = None,
    ax: Any = None,
) -> Figure:
    """The fixed image, and beside it the moving one with the transform that was found.

    Parameters
    ----------
    result : Registration or transform
        A transform is a Transform, one of itk or SimpleITK, a homogeneous matrix or a file.
    fixed, moving, mask : image, optional
        Any images that register() takes. Default: those of the Registration; a transform needs them.
    same_window : bool, optional
        Whether equal values are equally bright. Default: only where both images have the same values inside the mask,
        by correlation and histogram.
    at : sequence of D floats, optional
        A point in space that the slices go through. Default: the middle of the points.
    across : str, optional
        Only the slice across this axis: x, y or z. Default: all three.
    margin : float, optional
        Only the surroundings of the mask (or of the points, where there is none) are shown, so far around their box, in
        units of space. Default: the whole image.
    border : bool, default True
        Whether the border of the mask is drawn.
    unit : str, optional
        What labels call the unit of space. Default: mm, or voxels where spacing is 1 and origin 0.
    axes, ax : sequence of matplotlib.axes.Axes, optional
        Panels to draw into: one for each slice of the fixed image, then one for each of the moving one. Default: those
        of a new figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError
        They name the argument.
    ImportError
        Without matplotlib.
    """
    need_matplotlib()
    from .pairs import draw_side_by_side  # noqa: PLC0415
    from .scene import choose_slices, has_same_scale, read_pair  # noqa: PLC0415

    scene = read_pair("side_by_side", result, fixed, moving, mask)
    slices = choose_slices(scene, at, across, margin)
    same = has_same_scale(scene) if same_window is None else bool(same_window)
    return draw_side_by_side(scene if border else without_border(scene), slices, same, unit, one_of(axes, ax))


def course(result: Registration, *, axes: Any = None, ax: Any = None) -> Figure:
    """The metric over the iterations, with the boundaries of levels; a panel for each stage.

    Iterations are counted from 1, over all levels and stages. Values of different levels are those of different images,
    and so not to be compared.

    Parameters
    ----------
    result : Registration
    axes, ax : matplotlib.axes.Axes or sequence of them, optional
        Panels to draw into, one for each stage. Default: those of a new figure.

    Returns
    -------
    matplotlib.figure.Figure

    Raises
    ------
    TypeError, ValueError
        They name the argument.
    ImportError
        Without matplotlib.
    """
    need_matplotlib()
    from .._registration.result import Registration  # noqa: PLC0415
    from .curves import draw_course  # noqa: PLC0415

    if not isinstance(result, Registration):
        raise TypeError(f"result: a Registration is needed, not {describe(result)}")
    return draw_course(result, one_of(axes, ax))


def one_of(axes: Any, ax: Any) -> Any:
    """Panels under the one or the other name."""
    if axes is not None and ax is not None:
        raise TypeError("axes, ax: two names for the same; give one of them")
    return ax if axes is None else axes


def without_border(scene: Scene) -> Scene:
    return replace(scene, has_border=False)


def need_matplotlib() -> None:
    try:
        importlib.import_module("matplotlib.figure")
    except ImportError as error:
        raise ImportError(f'pictures need matplotlib: pip install "itk-maskedsampling[plot]" ({error})') from error
