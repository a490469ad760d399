# SPDX-License-Identifier: Apache-2.0
"""What a registration found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cached_property
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import public
from .._core import Geometry, LevelReport
from .._images.arrays import Array, Floats, freeze, join
from .._images.files import read
from .._images.image import Image, Raster
from .._images.masks import read_mask
from .._pictures import html
from .._pictures.slices import middle_of, name_unit
from .._pictures.voxels import Contrast, find_contrast
from .._transforms.transform import Transform
from .folding import Folding
from .inputs import find_pairs
from .plan import Plan
from .progress import Callback
from .sources import Images, Sources
from .uncertainty import Uncertainty


@public
@dataclass(frozen=True, eq=False, repr=False)
class Registration:
    """The result of register(). It cannot be changed, nor can its arrays.

    It holds the images that were handed in, but neither copies nor pickles them: a result that was pickled and read
    again has no pictures, and resample() and repeat() then need images.

    Attributes
    ----------
    transform : Transform
        From points of the fixed image to those of the moving one.
    value : float
        Of the metric at the end; less is better.
    course : array
        The metric at each iteration, with the fields stage, level, iteration and value.
    levels : tuple of LevelReport
        One for each level of each stage.
    points : array, shape (n, D)
        Sample points of the last level, x first, in space.
    stop_condition : str
        Why it ended.
    seconds : float
        How long it took, without reading and converting images.
    warnings : tuple of str
        What was warned of meanwhile: the result may not be what it seems.
    uncertainty : Uncertainty or None
        How far the transform can be trusted. None: with uncertainty="none", iterations=0, or where a callback ended
        it.
    folding : Folding or None
        Whether the transform folds space. None: it was pickled before there was this.
    """

    transform: Transform
    value: float
    course: Array
    levels: tuple[LevelReport, ...]
    points: npt.NDArray[np.float32]
    stop_condition: str
    seconds: float
    _plan: Plan
    _geometry: Geometry
    _sources: Sources | None = field(default=None)
    warnings: tuple[str, ...] = ()
    uncertainty: Uncertainty | None = None
    folding: Folding | None = None

    @cached_property
    def inverse(self) -> Transform:
        """From points of the moving image to those of the fixed one.

        Of a displacement field, also that of "syn", it is found numerically, on its grid.

        Raises
        ------
        ValueError
            Where there is none: of a B-spline, and of a field that folds.
        """
        return self.transform.inverse()

    def __post_init__(self) -> None:
        object.__setattr__(self, "course", freeze(np.array(self.course)))
        object.__setattr__(self, "points", freeze(np.array(self.points)))
        object.__setattr__(self, "levels", tuple(self.levels))
        object.__setattr__(self, "warnings", tuple(self.warnings))

    # What was asked for

    @property
    def settings(self) -> list[dict[str, Any]]:
        """All settings of each stage, also those that were left to their defaults; images are none.

        register(fixed, moving, transform=settings, initial=..., points=...) does the same again; repeat() is shorter.
        """
        return self._plan.to_dicts()

    @property
    def initial(self) -> Transform | None:
        """The transform that was given as initial, which is applied after the one that was optimised."""
        return self._plan.initial

    def repeat(
        self,
        fixed: Any = None,
        moving: Any = None,
        fixed_mask: Any = None,
        moving_mask: Any = None,
        *,
        weights: Any = None,
        metric_weights_image: Any = None,
        fixed_label: Any = None,
        moving_label: Any = None,
        callback: Callback | None = None,
        progress: bool = False,
    ) -> Registration:
        """The same registration, to the last bit, or that of other images with the same settings.

        Initial transform and own points stay.

        Parameters
        ----------
        fixed, moving : image or list of image, optional
            Both or none. Default: those of this registration, with their masks and weights.
        fixed_mask, moving_mask, weights, metric_weights_image : image, optional
            Of the images that are given. Default: none.
        fixed_label, moving_label : int or sequence of int, optional
            Of the masks that are given, as in register(). Default: wherever they are not 0.
        callback, progress
            As in register(). Default: none, and False.

        Returns
        -------
        Registration

        Raises
        ------
        ValueError
            Where only one image is given, or a mask without images.
        """
        from .register import repeat  # noqa: PLC0415

        if (fixed is None) != (moving is None):
            raise ValueError(f"{'fixed' if fixed is None else 'moving'}: give both images, or none of them")
        if fixed is not None and self._plan.own_masks:
            raise ValueError(
                "fixed: stages have masks of their own, which are not those of other images; call register()"
            )
        if fixed is not None:
            pairs, files = find_pairs(fixed, moving, fixed_mask, moving_mask, weights, metric_weights_image)
            if len(pairs) == 1:
                pairs *= len(self._plan.metrics)  # several metrics of one pair
            if len(pairs) != len(self._plan.metrics):
                raise ValueError(f"fixed: {len(pairs)} images, but {len(self._plan.metrics)} are needed, as before")
            stages = len(self._plan.stages)
            sources: Sources = Images(pairs, weights, metric_weights_image, {}, stages, files)
            return repeat(self._plan, sources, callback, progress, fixed_label, moving_label)
        others = (fixed_mask, moving_mask, weights, metric_weights_image, fixed_label, moving_label)
        if any(one is not None for one in others):
            raise ValueError("fixed, moving: with another mask, other labels or weights, give the images, too")
        return repeat(self._plan, self._get_sources("repeat(fixed, moving, ...)"), callback, progress)

    def _get_sources(self, way_out: str) -> Sources:
        if self._sources is None:
            raise ValueError(f"the images of a registration are not pickled with it; give them: {way_out}")
        return self._sources

    # What it is good for

    def transform_points(self, points: npt.ArrayLike) -> Floats:
        """Points of the moving image for points of the fixed one, in space. The same as transform.apply().

        Parameters
        ----------
        points : array, shape (n, D) or (D,)
            x first.
        """
        return self.transform.apply(points)

    def resample(
        self, image: Any = None, reference: Any = None, interpolator: str = "linear", default: float = 0.0
    ) -> Any:
        """The moving image, or another one that lies as it does, on the grid of the fixed image.

        Parameters
        ----------
        image : image, optional
            Any image with one number per pixel that register() takes. Default: the moving image; of several, or of
            several channels, the first one.
        reference : image or Geometry, optional
            Its grid is wanted. Default: that of the fixed image.
        interpolator : str, default "linear"
            linear, b-spline or another choice of the setting; for labels nearest-neighbor or label-linear.
        default : float, default 0
            The value outside.

        Returns
        -------
        image
            Of the library and the pixel type of the one that is resampled; an Image for a file.

        Raises
        ------
        TypeError, ValueError
            They name the argument.
        """
        if image is None:
            image = self._get_sources("resample(image)").moving
        return self.transform.resample(image, self._geometry if reference is None else reference, interpolator, default)

    def jacobian(self, reference: Any = None) -> Image:
        """The Jacobian determinant at every voxel: transform.jacobian() of the grid of the fixed image, or another one.

        Parameters
        ----------
        reference : image or Geometry, optional
            Its grid is wanted. Default: that of the fixed image.
        """
        return self.transform.jacobian(self._geometry if reference is None else reference)

    # How it shows itself

    def __repr__(self) -> str:
        dimension = self.transform.dimension
        lines = [f"Registration of {dimension} dimensions in {self.seconds:.2f} s, metric {self.value:.6g}"]
        shown = -1
        for report in self.levels:
            if report.stage != shown:
                shown = report.stage
                lines.append(f"  {report.transform}, {report.metric}, {describe_voxels(report)}")
            lines.append(f"    level {report.level}: {describe_level(report)}")
        middle, moved = self.displacement()
        lines.append(f"  {self.transform!r}")
        lines.append(
            f"  moves the middle of the samples, {join(middle)}, by {join(moved)}, {np.linalg.norm(moved):.4g} long"
        )
        lines += [f"  uncertainty: {text}" for text in self._tell_uncertainty()]
        lines += [f"  jacobian: {text}" for text in self._tell_folding()]
        lines.append(f"  stopped: {self.stop_condition.strip()}")
        lines += [f"  warning: {text}" for text in self.warnings]
        return "\n".join(lines)

    def displacement(self) -> tuple[Floats, Floats]:
        """The middle of the box of the sample points, and how far the transform moves it."""
        if len(self.points):
            middle = (self.points.min(axis=0).astype(np.float64) + self.points.max(axis=0)) / 2
        else:
            middle = np.zeros(self.transform.dimension)
        return middle, self.transform.apply(middle) - middle

    def _tell_uncertainty(self) -> list[str]:
        """How far it can be trusted, in a line; none where that is not known."""
        return [] if self.uncertainty is None else [self.uncertainty.describe(name_unit(self._geometry))]

    def _tell_folding(self) -> list[str]:
        """How it changes volumes, in a line; none where all move as a whole."""
        is_known = self.folding is not None and not self.transform.is_affine()
        return [self.folding.describe()] if self.folding is not None and is_known else []

    def _read_fixed_mask(self, fixed: Raster) -> Raster | None:
        """That of the last stage."""
        mask = None if self._sources is None else self._sources.mask_of_result("fixed_mask")
        return None if mask is None else read_mask("fixed_mask", mask, fixed)

    def _find_contrast(self) -> Contrast:
        """How the values of its images go together inside the mask. A pickled one cannot be asked."""
        sources = self._get_sources("plot.edges(result, fixed, moving)")
        fixed, moving = read("fixed", sources.fixed), read("moving", sources.moving)
        mask = self._read_fixed_mask(fixed)
        return find_contrast(fixed, moving, mask, self.transform.parts)

    def _find_start(self) -> Transform:
        """The transform before the registration: that which was given as initial, after that which was given to start
        from.

        Without them the identity; an initialization by centres counts as a part of the registration.
        """
        start = Transform(self.transform.dimension)
        for given in (self.initial, self._plan.start):
            start = start if given is None else start @ given
        return start

    def _repr_html_(self) -> str:
        """For a notebook."""
        _, moved = self.displacement()
        sources, pictures = self._sources, "<p>(The images are not kept when a registration is pickled.)</p>"
        if sources is not None:
            fixed, moving = read("fixed", sources.fixed), read("moving", sources.moving)
            mask = self._read_fixed_mask(fixed)
            middle = self.displacement()[0] if len(self.points) else middle_of(fixed.geometry)
            alike = self._find_contrast().alike
            pictures = html.make_pictures(fixed, moving, mask, middle, self.transform.parts, alike)
        lines = [
            "<div>",
            f"<p><b>Registration</b> of {len(moved)} dimensions in {self.seconds:.2f} s, metric {self.value:.6g}. "
            f"It moves the middle of the samples by {join(moved)}, {np.linalg.norm(moved):.4g} long. "
            f"{escape(self.stop_condition.strip())}</p>",
            *(f"<p><b>Uncertainty</b>: {escape(text)}</p>" for text in self._tell_uncertainty()),
            *(f"<p><b>Jacobian</b>: {escape(text)}</p>" for text in self._tell_folding()),
            *(f"<p><b>Warning</b>: {escape(text)}</p>" for text in self.warnings),
            html.make_level_table(self.levels),
            pictures,
            html.make_curve(self.course),
            "</div>",
        ]
        return "\n".join(line for line in lines if line)

    # What Python asks of every object

    def __reduce__(self) -> tuple[Callable[..., Registration], tuple[Any, ...]]:
        state = {one.name: getattr(self, one.name) for one in fields(self)}
        state["_sources"] = None
        return type(self), tuple(state.values())

    def __copy__(self) -> Registration:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Registration:
        return self


def describe_voxels(report: LevelReport) -> str:
    return f"{report.mask_voxels} voxels to sample"


def describe_level(report: LevelReport) -> str:
    outside = report.points - report.points_in_moving
    lost = f" ({outside} of them outside the moving image)" if outside else ""
    course = f", {report.first_value:.6g} to {report.last_value:.6g}" if report.iterations else ""
    iterations = f"{report.iterations} iteration{'' if report.iterations == 1 else 's'}"
    return f"{report.points} samples{lost}, {iterations}{course}"
