# SPDX-License-Identifier: Apache-2.0
"""Pictures of registrations, with matplotlib: pip install "itk-maskedsampling[plot]".

>>> from itk_maskedsampling import plot
>>> plot.checkerboard(result).savefig("checkerboard.png")  # doctest: +SKIP

Each function gives a matplotlib.figure.Figure that is no part of the state of pyplot; a notebook shows it where it is
the last line of a cell, or with display(figure). With axes=, panels of a figure of yours are drawn into instead.

Slices are taken in space, across the axes of the fixed image, and turned as the axes of space are: x to the right, y
down (z up), which is the radiological convention for LPS coordinates. Where the axes of the image are oblique, labels
say "of the image", and coordinates are lengths from its first voxel.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ._arrays import Floats, describe

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ._plot_inputs import Scene
    from ._registration import Registration

__all__ = ["checkerboard", "course", "difference", "extent_experiment", "samples"]


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
) -> Figure:
    """Sample points over slices of the fixed image, with the border of the mask.

    result: a Registration, whose points are those of its last level; Samples, the result of sample(); or points, an
        array of shape (n, D), x first, in space.
    image: any image that register() takes; of a Registration by default its fixed image. Samples can do without.
    mask: not 0 is inside; of a Registration by default its mask, unless an image is given.
    thickness: points are shown if they are at most half of it away from the slice, and counted in its title; by default
        that of a voxel. In units of space.
    at: a point in space that the slices go through; by default the middle of the points.
    across: only the slice across this axis: x, y or z.
    margin: only the surroundings of the mask (or of the points, where there is none) are shown, so far around their
        box, in units of space.
    border: whether the border of the mask is drawn.
    color: of the points.
    unit: what labels call the unit of space; by default mm, or voxels where spacing is 1 and origin 0.
    axes: matplotlib's panels to draw into, one for each slice.
    """
    need_matplotlib()
    from ._plot_inputs import check_length, choose_slices, read_samples  # noqa: PLC0415
    from ._plot_slices import draw_samples  # noqa: PLC0415

    scene = read_samples(result, image, mask)
    thick = None if thickness is None else check_length("thickness", thickness)
    slices = choose_slices(scene, at, across, margin)
    return draw_samples(scene if border else without_border(scene), slices, thick, color, unit, axes)


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
) -> Figure:
    """Squares of the fixed and of the moving image, before and after. Where they fit, edges go on.

    Before is with the transform from which the registration started (initial=, and a transform that was given to start
    from), or as the images lie in space; after is with the transform that was found. Each image has its own contrast.

    result: a Registration, or a transform: a Transform, one of itk or SimpleITK, a homogeneous matrix or a file.
    fixed, moving, mask: any images that register() takes; by default those of the Registration.
    squares: how many there are along the longest side; the first one is of the fixed image.
    at, across, margin, border, unit: as in samples().
    axes: matplotlib's panels to draw into: one for each slice before, then one for each slice after.
    """
    need_matplotlib()
    from ._plot_inputs import choose_slices, read_pair  # noqa: PLC0415
    from ._plot_slices import draw_checkerboard  # noqa: PLC0415

    if isinstance(squares, bool) or not isinstance(squares, int | np.integer):
        raise TypeError(f"squares: an integer is needed, not {describe(squares)}")
    if squares < 1:
        raise ValueError(f"squares: {squares}, but at least 1 is needed")
    scene = read_pair("checkerboard", result, fixed, moving, mask)
    slices = choose_slices(scene, at, across, margin)
    return draw_checkerboard(scene if border else without_border(scene), slices, int(squares), unit, axes)


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
) -> Figure:
    """The fixed minus the moving image, before and after, in one colour scale that is symmetric about 0.

    For images of the same contrast. The scale leaves out the hundredth with the largest differences. Titles have the
    mean of the absolute values that are shown. For the arguments, see checkerboard().
    """
    need_matplotlib()
    from ._plot_inputs import choose_slices, read_pair  # noqa: PLC0415
    from ._plot_slices import draw_difference  # noqa: PLC0415

    scene = read_pair("difference", result, fixed, moving, mask)
    slices = choose_slices(scene, at, across, margin)
    return draw_difference(scene if border else without_border(scene), slices, unit, axes)


def course(result: Registration, *, axes: Any = None) -> Figure:
    """The metric over the iterations, with the boundaries of levels; a panel for each stage.

    Iterations are counted from 1, over all levels and stages. Values of different levels are those of different images,
    and so not to be compared.

    axes: matplotlib's panels to draw into, one for each stage.
    """
    need_matplotlib()
    from ._plot_curves import draw_course  # noqa: PLC0415
    from ._registration import Registration  # noqa: PLC0415

    if not isinstance(result, Registration):
        raise TypeError(f"result: a Registration is needed, not {describe(result)}")
    return draw_course(result, axes)


def extent_experiment(
    errors: Mapping[str, npt.ArrayLike],
    extents: Sequence[str],
    *,
    before: float | None = None,
    floor: float = 1e-4,
    xlabel: str = "image extent around the same mask, in pixels",
    ylabel: str = "absolute error, pixels",
    title: str | None = None,
    colors: Sequence[str] | None = None,
    axes: Any = None,
) -> Figure:
    """Errors of many runs of several methods, in images of growing extent around the same mask, as clouds of dots.

    errors: by the name of the method, arrays of shape (extents, runs), NaN for a run that threw; the sign is dropped.
    extents: their names.
    before: the error before registration, which is drawn as a line.
    floor: the scale is logarithmic; smaller errors are drawn here.
    colors: one for each method.
    axes: a panel of matplotlib to draw into.
    """
    need_matplotlib()
    from ._plot_curves import draw_extent_experiment  # noqa: PLC0415
    from ._plot_inputs import check_length  # noqa: PLC0415

    checked = check_errors(errors, extents)
    if colors is not None and len(colors) < len(checked):
        raise ValueError(f"colors: {len(checked)} are needed, one for each method, not {len(colors)}")
    height = None if before is None else check_length("before", before)
    least = check_length("floor", floor)
    return draw_extent_experiment(checked, extents, height, least, (xlabel, ylabel), title, colors, axes)


def without_border(scene: Scene) -> Scene:
    return replace(scene, mask=None)


def need_matplotlib() -> None:
    try:
        importlib.import_module("matplotlib.figure")
    except ImportError as error:
        raise ImportError(f'pictures need matplotlib: pip install "itk-maskedsampling[plot]" ({error})') from error


def check_errors(errors: Mapping[str, npt.ArrayLike], extents: Sequence[str]) -> dict[str, Floats]:
    if not isinstance(errors, Mapping):
        raise TypeError(f"errors: a dict of arrays by the name of the method is needed, not {describe(errors)}")
    if not errors:
        raise ValueError("errors: there is no method in it")
    checked = {}
    for name, given in errors.items():
        values = np.asarray(given)
        if values.dtype.kind not in "iuf":
            raise TypeError(f"errors[{name!r}]: an array of numbers is needed, not {describe(values)}")
        if values.ndim != 2 or len(values) != len(extents) or not values.size:
            raise ValueError(
                f"errors[{name!r}]: the shape ({len(extents)} extents, runs) is needed, not {values.shape}"
            )
        if np.isinf(values).any():
            raise ValueError(f"errors[{name!r}]: {np.isinf(values).sum()} are infinite; a run that threw is NaN")
        checked[str(name)] = values.astype(np.float64)
    return checked
