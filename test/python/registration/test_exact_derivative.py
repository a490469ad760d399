# SPDX-License-Identifier: Apache-2.0
"""Two derivatives: that of the interpolated image, and that of ITK's metrics, from a gradient image, as fast."""

from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, Transform, register
from register_scene import grid_points, make_scene, texture

METRICS = ("mean-squares", "correlation", "mutual-information")
#: One step along the derivative: what it is can be read from where it leads.
STEP: dict[str, Any] = {
    "optimizer": "gradient-descent",
    "estimate_learning_rate": "never",
    "scales": "none",
    "learning_rate": 1e-3,
    "iterations": 2,  # the second one tells that the first step was right, and is not taken
    "shrink_factors": 1,
    "uncertainty": "none",
}


def step(dimension: int, metric: str, **arguments: Any) -> Any:
    """The parameters after one step."""
    scene = make_scene(dimension)
    options = {**STEP, "transform": "translation", "metric": metric, **arguments}
    return np.array(register(scene.fixed, scene.moving, scene.fixed_mask, **options).transform.matrix())[:-1, -1]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("smoothing", [0, 1.5])
@pytest.mark.parametrize("sampling", ["none", "random"])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dimension", [2, 3])
def test_derivative_of_the_stock_metric(dimension: int, metric: str, sampling: str, smoothing: float) -> None:
    if metric == "mutual-information" and sampling == "random":
        pytest.skip("ITK's takes the range of intensities from the whole moving image, this one from around the mask")
    options = {"sampling": sampling, "smoothing_sigmas": smoothing}
    stock = step(dimension, metric, stock_metric=True, **options)
    same = step(dimension, metric, exact_derivative=False, **options)
    exact = step(dimension, metric, **options)
    assert np.abs(stock).max() > 0
    # The points of ITK's metrics are rounded to float.
    np.testing.assert_allclose(same, stock, atol=1e-5 * np.abs(stock).max())
    assert np.abs(exact - stock).max() > 1e-3 * np.abs(stock).max()


@pytest.mark.parametrize("metric", METRICS)
def test_both_find_the_motion(metric: str) -> None:
    scene = make_scene(3)
    for exact in (True, False):
        result = register(scene.fixed, scene.moving, scene.fixed_mask, metric=metric, exact_derivative=exact)
        assert scene.error(result.transform) < 0.2


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("smoothing", [0, 2.0])
@pytest.mark.parametrize("start", [(0.0, 0.0), (70.0, -40.0)])
def test_of_a_part_of_the_moving_image(start: tuple[float, float], smoothing: float) -> None:
    """A small mask in a wide image: neither all is smoothed, nor all gradients are made."""
    points = grid_points((300, 320), (1.0, 1.0), (0.0, 0.0), np.eye(2))
    fixed, moving = Image(texture(points)), Image(texture(points + np.array([1.5, -1.0])))
    mask = np.hypot(*(points - (120, 160)).T).T < 14
    steps = {}
    choices: dict[str, dict[str, Any]] = {"stock": {"stock_metric": True}, "same": {"exact_derivative": False}}
    for name, arguments in choices.items():
        options = {**STEP, "transform": "translation", "metric": "mean-squares", "smoothing_sigmas": smoothing}
        motion = np.eye(3)
        motion[:2, 2] = start
        options["initial"] = Transform.from_matrix(motion)
        result = register(fixed, moving, mask, **options, **arguments)
        steps[name] = result.transform.matrix()[:-1, -1] - start
    assert np.abs(steps["stock"]).max() > 0
    np.testing.assert_allclose(steps["same"], steps["stock"], atol=1e-5 * np.abs(steps["stock"]).max())


def test_thin_images() -> None:
    """A gradient image needs four voxels along each axis; the exact derivative does not."""
    points = grid_points((3, 40, 40), (1.0, 1.0, 1.0), (0.0, 0.0, 0.0), np.eye(3))
    fixed, moving = Image(texture(points)), Image(texture(points + np.array([1.0, 0.5, 0.0])))
    options: dict[str, Any] = {"transform": "translation", "levels": 1, "uncertainty": "none"}
    register(fixed, moving, **options)
    with pytest.raises(RuntimeError, match=r"\[40, 40, 3\] voxels, but the gradient image .* use the exact derivative"):
        register(fixed, moving, exact_derivative=False, **options)


@pytest.mark.parametrize("metric", ["neighborhood-correlation", "correlation"])
def test_what_has_no_gradient_image_is_exact(metric: str) -> None:
    scene = make_scene(2)
    found = []
    for exact in (True, False):
        result = register(
            scene.fixed,
            scene.moving,
            scene.fixed_mask,
            transform="syn",
            metric=metric,
            exact_derivative=exact,
            levels=1,
        )
        found.append(result.transform.apply(scene.mask_points()))
    np.testing.assert_array_equal(found[0], found[1])
