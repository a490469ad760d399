# SPDX-License-Identifier: Apache-2.0
"""How far a result can be trusted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _core, public
from .._images.arrays import Floats, freeze, to_points
from .._transforms.transform import Transform
from .error_map import ErrorMap, read_map


@public
@dataclass(frozen=True, eq=False)
class Alternative:
    """Another place that fits as well as the result, or better.

    Attributes
    ----------
    transform : Transform
        From points of the fixed image to those of the moving one.
    value : float
        Of the metric there, at sample points of its own; less is better.
    """

    transform: Transform
    value: float


@public
@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty:
    """How far the result of register() can be trusted, found out from mask voxels of a draw of its own.

    What is systematic is hardly in it: a bias field under mean squares, a metric that does not fit the images, a
    transform that cannot do what happened. By experience, errors of linear transforms have 0.07 voxels for it, those of
    a b-spline or a field a factor.

    Attributes
    ----------
    status : str
        determined; ambiguous: another place fits as well, or better; weak: some direction is hardly determined; lost:
        the images have no more in common than by chance.
    reason : str
        What a status other than determined is about, and the way out; else empty.
    standard_error : float
        How far points may be mapped wrong: root mean square over the mask, in the unit of length of the images. Not a
        number where it is not known: for linear transforms with other metrics than mutual-information, mean-squares
        and correlation, for a b-spline or a field with fewer samples than control points, and for a result that is
        lost.
    covariance : array, shape (n, n), or None
        Of the parameters of the optimised transform, in their order, if it is linear.
    alternatives : tuple of Alternative
        Other places that fit.
    seconds : float
        How long it took to find out.
    """

    status: str
    reason: str
    standard_error: float
    covariance: Floats | None
    alternatives: tuple[Alternative, ...]
    seconds: float
    _anchors: Floats
    _anchor_covariance: Floats
    _map: ErrorMap | None = None

    def __post_init__(self) -> None:
        for name in ("covariance", "_anchors", "_anchor_covariance"):
            array = getattr(self, name)
            object.__setattr__(self, name, None if array is None else freeze(np.array(array)))

    @property
    def is_determined(self) -> bool:
        """Whether the status is determined."""
        return self.status == "determined"

    def at(self, points: npt.ArrayLike) -> Floats:
        """How far each point may be mapped wrong: root of the sum of the variances of its coordinates.

        Parameters
        ----------
        points : array, shape (n, D) or (D,)
            Of the fixed image, x first, in space.

        Returns
        -------
        array, shape (n,) or ()
            In the unit of length of the images; not a number where the standard error is none, and for a b-spline
            farther than some three cells of its grid from the mask.
        """
        dimension = self._anchors.shape[1] if self._map is None else len(self._map.grid.size)
        given = np.asarray(points, np.float64)
        places = to_points("points", np.atleast_2d(given), dimension)
        if self._map is not None:
            return self._map.at(places).reshape(given.shape[:-1])
        if self.covariance is None:
            return np.full(given.shape[:-1], np.nan)
        middle = self._anchors[0]
        edges = np.diagonal(self._anchors[1:] - middle)
        weights = (places - middle) / edges
        weights = np.column_stack([1 - weights.sum(axis=1), weights])
        blocks = self._anchor_covariance.reshape(dimension + 1, dimension, dimension + 1, dimension)
        variances = np.einsum("nk,kdld,nl->n", weights, blocks, weights)
        errors: Floats = np.sqrt(np.maximum(variances, 0))
        return errors.reshape(given.shape[:-1])

    def describe(self, unit: str = "") -> str:
        """Status and standard error, in a few words.

        Parameters
        ----------
        unit : str, default ""
            Of length, that is written behind the standard error.
        """
        if np.isnan(self.standard_error):
            return self.status
        return f"{self.status}, standard error {self.standard_error:.3g} {unit}".rstrip()

    def __repr__(self) -> str:
        return f"Uncertainty({self.describe()})"

    def __reduce__(self) -> tuple[Callable[..., Uncertainty], tuple[Any, ...]]:
        # Its arrays are read-only again.
        return type(self), tuple(getattr(self, one.name) for one in fields(self))


def read_uncertainty(method: _core.Method, reason: str) -> Uncertainty | None:
    """What a method that has run has found out; None if it has not.

    reason: what it told, in the words of its caller.
    """
    status = method.text("uncertainty-status")
    if not status:
        return None
    dimension = method.dimension
    error, seconds = method.numbers("uncertainty").tolist()
    covariance = method.numbers("uncertainty-covariance")
    anchors = method.numbers("uncertainty-anchors").reshape(-1, dimension)
    size = anchors.size
    alternatives = tuple(
        Alternative(Transform(dimension, tuple(method.transform(f"alternative-{number}"))), value)
        for number, value in enumerate(method.numbers("uncertainty-alternatives").tolist())
    )
    return Uncertainty(
        status=status,
        reason=reason,
        standard_error=error,
        covariance=covariance.reshape(round(covariance.size**0.5), -1) if covariance.size else None,
        alternatives=alternatives,
        seconds=seconds,
        _anchors=anchors,
        _anchor_covariance=method.numbers("uncertainty-anchor-covariance").reshape(size, size),
        _map=read_map(method),
    )
