# SPDX-License-Identifier: Apache-2.0
"""The bending energy of B-splines: its value, its units, and what it does to the result."""

import itertools
from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, Registration, Transform, register
from scipy import ndimage
from scipy.interpolate import BSpline

SHAPE = (60, 70)
Y, X = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(np.float64)
MASK = np.hypot(X - 35, Y - 30) < 18
METRICS = ("mean-squares", "correlation", "mutual-information")
DRAW = np.random.default_rng(5)


def texture(x: Any, y: Any) -> Any:
    return 100 + 30 * np.sin(x / 3 + y / 8) + 30 * np.cos(y / 4 - x / 9) + 20 * np.sin(x / 8) * np.cos(y / 5)


def bend(x: Any, y: Any) -> tuple[Any, Any]:
    return x + 2 * np.sin(y / 9), y + 2 * np.cos(x / 11)


def make_pair(noise: float) -> tuple[Any, Any]:
    """A fixed image, and a moving one of which it is bent."""
    draw = np.random.default_rng(3)
    return tuple(pixels + draw.normal(0, noise, SHAPE) for pixels in (texture(*bend(X, Y)), texture(X, Y)))


def error(result: Registration) -> float:
    """Of the displacement inside the mask, in pixels."""
    points = np.stack([X[MASK], Y[MASK]], 1)
    truth = np.stack(bend(X[MASK], Y[MASK]), 1)
    return float(np.linalg.norm(result.transform.apply(points) - truth, axis=1).mean())


# The value


CELLS, LENGTH, ORIGIN = (4, 3), (40.0, 45.0), (13.0, 8.0)


def integrate(coefficients: Any) -> float:
    """The integral of the squares of all second derivatives, with the splines of scipy at many points."""
    axes = []
    for cells, length in zip(CELLS, LENGTH, strict=True):
        step, knots = length / cells, cells + 3
        at = (np.arange(400) + 0.5) * length / 400
        splines = [
            BSpline.basis_element(np.arange(-2.0, 3) * step + (k - 1) * step, extrapolate=False) for k in range(knots)
        ]
        axes.append([np.nan_to_num([one(at, order) for one in splines]) for order in range(3)])
    (x, dx, ddx), (y, dy, ddy) = axes
    grid = coefficients.reshape(2, CELLS[1] + 3, CELLS[0] + 3)
    area = LENGTH[0] * LENGTH[1] / 400**2
    terms = ((1, y, ddx), (2, dy, dx), (1, ddy, x))
    return float(sum(weight * (np.einsum("cji,jv,iu->cvu", grid, b, a) ** 2).sum() * area for weight, b, a in terms))


@pytest.mark.filterwarnings("ignore:b-spline. its grid:RuntimeWarning")  # which is given
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("length", [1.0, 1e-3, 30.0])
def test_value_is_that_of_the_metric_and_the_energy(metric: str, length: float) -> None:
    """The mean over the mask, in voxels; times what makes the metric a logarithm of a likelihood."""
    fixed, moving = make_pair(0.0)
    coefficients = DRAW.uniform(-1, 1, 2 * (CELLS[0] + 3) * (CELLS[1] + 3))
    place = [*(n + 3 for n in CELLS)]
    spacing = [size / cells for size, cells in zip(LENGTH, CELLS, strict=True)]
    corner = [start - one for start, one in zip(ORIGIN, spacing, strict=True)]
    fixed_parameters = [*place, *(np.array([*corner, *spacing]) * length), 1, 0, 0, 1]
    start = Transform(2, (("BSplineTransform_double_2_2", np.array(fixed_parameters), coefficients * length),))
    images = [Image(pixels, (length, length)) for pixels in (fixed, moving, MASK.astype(np.uint8))]
    weight = 0.7
    without, with_it = (
        register(*images, transform=start, metric=metric, iterations=0, levels=1, regularization=one).value
        for one in (0.0, weight)
    )
    unit = {"mean-squares": 2 * without, "correlation": 2 * (1 + without), "mutual-information": 1}[metric]
    wanted = weight * unit * integrate(coefficients) / MASK.sum()
    assert with_it - without == pytest.approx(wanted, rel=1e-3)


# What it does


def curvature(result: Registration) -> float:
    """The greatest second difference of the displacement inside the mask, in pixels."""
    inside = ndimage.binary_erosion(MASK, iterations=2)
    points = np.stack([X[inside], Y[inside]], 1)
    steps = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    here, right, left, down, up = (result.transform.apply(points + step) for step in steps)
    return float(max(np.abs(right + left - 2 * here).max(), np.abs(down + up - 2 * here).max()))


@pytest.mark.parametrize("metric", METRICS)
def test_the_more_the_smoother(metric: str) -> None:
    fixed, moving = make_pair(5.0)
    found = [
        curvature(
            register(fixed, moving, MASK, transform="b-spline", metric=metric, regularization=weight, iterations=60)
        )
        for weight in (0.0, 10.0, 1e3, 1e5, 1e7)
    ]
    assert all(after < 0.9 * before for before, after in itertools.pairwise(found))
    assert found[-1] < 1e-3


@pytest.mark.filterwarnings("ignore:The result folds space:RuntimeWarning")
@pytest.mark.parametrize("metric", METRICS)
def test_more_freedom_does_no_harm(metric: str) -> None:
    """More iterations, finer grids and more levels fit the noise without it, and do not with it."""
    fixed, moving = make_pair(25.0)
    harder: list[dict[str, Any]] = [{"iterations": 100}, {"grid_spacing": 5, "iterations": 100}, {"levels": 4}]

    def run(**options: Any) -> float:
        return error(register(fixed, moving, MASK, transform="b-spline", metric=metric, **options))

    usual = run()
    assert usual < 1
    for options in harder:
        assert run(**options) < usual + 0.2
    assert max(run(regularization=0, **options) for options in harder) > usual + 0.5


@pytest.mark.filterwarnings("ignore:Another place:RuntimeWarning")  # what is bent fits no rigid transform well
def test_transforms_without_it() -> None:
    """It is for B-splines; of others, a stage that has the setting with them does not use it."""
    fixed, moving = make_pair(0.0)
    staged = register(fixed, moving, MASK, transform=["rigid", "b-spline"], regularization=1.0)
    assert [stage["regularization"] for stage in staged.settings] == [1.0, 1.0]
    plain = register(fixed, moving, MASK, regularization=1e9)
    assert plain.transform == register(fixed, moving, MASK).transform
    with pytest.raises(ValueError, match=r"regularization: 1 is the weight of the bending energy.*Euler2DTransform"):
        register(fixed, moving, MASK, transform=plain.transform, regularization=1)
    with pytest.raises(ValueError, match="regularization: -1 is negative"):
        register(fixed, moving, MASK, transform="b-spline", regularization=-1)
