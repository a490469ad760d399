# SPDX-License-Identifier: Apache-2.0
"""No units in the defaults: other units of intensity or length change the answer by that scale, and nothing else."""

from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, Registration, register

MOTION = np.array([4.0, -3.0])
MIDDLE = np.array([70.0, 60.0])
POINTS = MIDDLE + np.array([[0, 0], [-10, 10], [15, -10], [0, 25]])
Y, X = np.mgrid[0:120, 0:140].astype(np.float64)
MASK = (np.hypot(X - MIDDLE[0], Y - MIDDLE[1]) < 40).astype(np.uint8)

TRANSFORMS = ("translation", "rigid", "similarity", "affine", "b-spline")
METRICS = ("mean-squares", "correlation", "mutual-information")
DESCENTS = ("gradient-descent", "gradient-descent-line-search", "conjugate-gradient-line-search")
OPTIMIZERS = ("regular-step-gradient-descent", *DESCENTS, "lbfgs2", "lbfgsb", "amoeba", "powell")


def scene(x: Any, y: Any) -> Any:
    return 100 + 30 * np.sin(x / 6 + y / 15) + 30 * np.cos(y / 7 - x / 20) + 20 * np.sin(x / 17) * np.cos(y / 11)


FIXED, MOVING = scene(X, Y), scene(X - MOTION[0], Y - MOTION[1])


def run(intensity: float, length: float, **options: Any) -> Registration:
    """The registration of images whose intensities and lengths are multiplied."""
    spacing = (length, length)
    fixed, moving = (Image(pixels * intensity, spacing) for pixels in (FIXED, MOVING))
    return register(fixed, moving, Image(MASK, spacing), **options)


def moved(result: Registration, length: float) -> Any:
    """How far points go, in pixels."""
    return result.transform.apply(POINTS * length) / length - POINTS


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_powers_of_two_change_next_to_nothing(transform: str, metric: str) -> None:
    """They are exact in floating point numbers: only what is rounded elsewhere can differ."""
    options = {"transform": transform, "metric": metric}
    wanted = run(1.0, 1.0, **options)
    for intensity, length in ((2.0**-20, 1.0), (2.0**20, 1.0), (1.0, 2.0**-23), (1.0, 2.0**10), (2.0**-7, 2.0**5)):
        found = run(intensity, length, **options)
        np.testing.assert_allclose(moved(found, length), moved(wanted, 1.0), rtol=0, atol=2e-3)
        scale = intensity**2 if metric == "mean-squares" else 1.0
        assert found.value == pytest.approx(wanted.value * scale, rel=1e-3, abs=1e-3 * scale)


@pytest.mark.parametrize("intensity", [1e-6, 1e6])
@pytest.mark.parametrize("length", [1e-7, 1e-3, 1e3])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("transform", TRANSFORMS[:4])
def test_motions_are_found_in_any_units(transform: str, metric: str, length: float, intensity: float) -> None:
    found = moved(run(intensity, length, transform=transform, metric=metric), length)
    np.testing.assert_allclose(found, np.tile(MOTION, (len(POINTS), 1)), rtol=0, atol=0.1)


@pytest.mark.parametrize("offset", [-1000.0, 1e4])
@pytest.mark.parametrize("metric", METRICS)
def test_an_offset_of_intensities_changes_nothing(metric: str, offset: float) -> None:
    found = register(FIXED + offset, MOVING + offset, MASK, transform="rigid", metric=metric)
    np.testing.assert_allclose(moved(found, 1.0), np.tile(MOTION, (len(POINTS), 1)), rtol=0, atol=0.1)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("transform", TRANSFORMS[:4])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_is_a_sensible_choice(optimizer: str, transform: str, metric: str) -> None:
    """By its defaults it comes much nearer than it began, in any units."""
    begin = np.linalg.norm(MOTION)
    for intensity, length in ((1.0, 1.0), (1e-6, 1e-3)):
        result = run(intensity, length, transform=transform, metric=metric, optimizer=optimizer)
        error = np.linalg.norm(moved(result, length) - MOTION, axis=1).max()
        assert error < 0.2 * begin, f"{error} pixels, {result.stop_condition}"


@pytest.mark.parametrize("sampling", ["random", "none"])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("transform", TRANSFORMS[:4])
def test_gradient_descent_slows_down(transform: str, metric: str, sampling: str) -> None:
    """The rate that suits one level is too great for the next, and no level may end where it began for that."""
    options: dict[str, Any] = {"transform": transform, "metric": metric, "sampling": sampling}
    for shift in (MOTION, -MOTION, 0.4 * MOTION):
        moving = scene(X - shift[0], Y - shift[1])
        found = moved(register(FIXED, moving, MASK, optimizer="gradient-descent", **options), 1.0)
        np.testing.assert_allclose(found, np.tile(shift, (len(POINTS), 1)), rtol=0, atol=0.3)


@pytest.mark.parametrize("optimizer", [*DESCENTS[1:], "lbfgs2", "lbfgsb"])
@pytest.mark.parametrize("metric", METRICS)
def test_no_step_is_so_long_that_it_ends_the_registration(metric: str, optimizer: str) -> None:
    """Line searches try places where the images do not meet. That is a bad place, and no error."""
    for seed in range(12):
        for transform in ("rigid", "affine"):
            options = {"transform": transform, "metric": metric, "optimizer": optimizer}
            error = np.abs(moved(run(1.0, 1.0, seed=seed, samples=400, **options), 1.0) - MOTION).max()
            assert error < 1.0, (seed, transform)
