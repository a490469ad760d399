# SPDX-License-Identifier: Apache-2.0
"""Weights of samples in the metric: the same as counting a sample as often, and as the density of the draws."""

from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, register
from register_scene import Scene, make_scene

METRICS = ("mean-squares", "correlation", "mutual-information")


@pytest.fixture(scope="module")
def scene() -> Scene:
    """Far from the middle, the moving image moves otherwise."""
    scene = make_scene(2)
    other = make_scene(2, shift=(-3.0, 2.5))
    y, x = np.indices(scene.fixed.pixels.shape)
    far = np.hypot(x - 35, y - 30) > 16
    return Scene(
        scene.fixed,
        Image(np.where(far, other.moving.pixels, scene.moving.pixels)),
        np.ones_like(far),
        scene.matrix,
        scene.offset,
    )


def soft(scene: Scene) -> Any:
    y, x = np.indices(scene.fixed.pixels.shape)
    weights = np.exp(-((x - 35) ** 2 + (y - 30) ** 2) / (2 * 6.0**2))
    weights[weights < 0.01] = 0
    return weights


def value(scene: Scene, **arguments: Any) -> float:
    """Of the metric at the identity."""
    defaults = {"transform": "translation", "iterations": 0, "levels": 1, "uncertainty": "none"}
    return register(scene.fixed, scene.moving, **{**defaults, **arguments}).value


@pytest.mark.parametrize("metric", METRICS)
def test_a_weight_is_how_often_a_sample_counts(scene: Scene, metric: str) -> None:
    """Own points, of which some are there several times, beside each once with a weight."""
    draw = np.random.default_rng(3)
    points = draw.integers(10, 50, (80, 2))
    points = np.unique(points, axis=0).astype(float)
    times = draw.integers(1, 5, len(points))
    counts = np.zeros(scene.fixed.pixels.shape)
    counts[tuple(points.astype(int).T[::-1])] = times
    wanted = value(scene, metric=metric, points=np.repeat(points, times, axis=0))
    assert value(scene, metric=metric, points=points, metric_weights_image=counts) == pytest.approx(wanted, rel=1e-6)
    # The unit of weights does not matter, nor do points that count nothing.
    beyond = np.vstack([points, [[60.0, 5.0], [3.0, 3.0]]])
    for unit in (1e-6, 1e6):
        found = value(scene, metric=metric, points=beyond, metric_weights_image=unit * counts)
        assert found == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("metric", METRICS)
def test_weights_find_what_counts(scene: Scene, metric: str) -> None:
    y, x = np.indices(scene.fixed.pixels.shape)
    middle = np.hypot(x - 35, y - 30) < 10
    inside = Scene(scene.fixed, scene.moving, middle, scene.matrix, scene.offset)
    for sampling in ("random", "none"):
        mask = np.ones_like(middle)
        arguments: dict[str, Any] = {"transform": "translation", "metric": metric, "sampling": sampling}
        if sampling == "random":
            arguments["samples"] = 3000
        result = register(scene.fixed, scene.moving, mask, metric_weights_image=soft(scene), **arguments)
        assert inside.error(result.transform) < 0.3
        assert result.repeat().transform == result.transform


def test_splines_take_weights(scene: Scene) -> None:
    stages = ["translation", "b-spline"]
    mask = soft(scene) > 0
    result = register(scene.fixed, scene.moving, mask, transform=stages, metric_weights_image=soft(scene))
    y, x = np.indices(scene.fixed.pixels.shape)
    inside = Scene(scene.fixed, scene.moving, np.hypot(x - 35, y - 30) < 8, scene.matrix, scene.offset)
    assert inside.error(result.transform) < 0.5


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"metric": "neighborhood-correlation"}, "^metric_weights_image: weights of samples are known with"),
        ({"metric": "demons"}, "^metric_weights_image: "),
        ({"metric": ["mutual-information", "demons"]}, "^metric_weights_image: "),
        ({"stock_metric": True}, "^metric_weights_image: "),
        ({"transform": "syn"}, "^metric_weights_image: "),
        ({"interpolator": "b-spline"}, "^metric_weights_image: "),
        ({"metric_weights_image": -np.ones((60, 70))}, "^metric_weights_image: the least is -1"),
        ({"metric_weights_image": np.zeros((60, 70))}, "^metric_weights_image: all 4200 are 0"),
        ({"metric_weights_image": np.ones((3, 3))}, "^metric_weights_image: the shape"),
    ],
)
def test_what_does_not_do_is_named(scene: Scene, arguments: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        register(scene.fixed, scene.moving, scene.fixed_mask, **{"metric_weights_image": soft(scene), **arguments})
