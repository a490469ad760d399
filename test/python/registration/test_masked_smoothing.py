# SPDX-License-Identifier: Apache-2.0
"""Smoothing inside the mask: what is outside does not matter, and inside it is what smoothing is."""

from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, register
from register_scene import Scene, make_scene
from scipy.ndimage import gaussian_filter

LEVEL: dict[str, Any] = {
    "metric": "mean-squares",
    "sampling": "none",
    "shrink_factors": [1],
    "smoothing_sigmas": [2.0],
    "uncertainty": "none",
}


@pytest.fixture(scope="module", params=[2, 3])
def scene(request: pytest.FixtureRequest) -> Scene:
    return make_scene(request.param)


def with_frame(image: Image, inside: Any, value: float) -> Image:
    """All that is outside of a mask becomes one value, far from those inside."""
    return Image(np.where(inside, image.pixels, value).astype(np.float32), image.spacing, image.origin, image.direction)


@pytest.mark.parametrize("transform", ["rigid", "b-spline"])
def test_what_is_outside_of_the_masks_does_not_matter(scene: Scene, transform: str) -> None:
    moving_mask = np.ones_like(scene.fixed_mask)
    moving_mask[..., :4] = False
    answers = []
    for frame in (0.0, 1000.0):
        fixed = with_frame(scene.fixed, scene.fixed_mask, frame)
        moving = with_frame(scene.moving, moving_mask, -frame)
        result = register(
            fixed, moving, scene.fixed_mask, moving_mask, transform=transform, smoothing="masked", **LEVEL
        )
        answers.append(result.transform.apply(scene.mask_points()))
    np.testing.assert_allclose(answers[0], answers[1], atol=2e-3)


@pytest.mark.parametrize("sampling", ["none", "random"])
def test_values_are_those_of_normalized_convolution(scene: Scene, sampling: str) -> None:
    """Both images are one, and only the fixed one has a mask: what is left is what smoothing makes of the edges."""
    inside = scene.fixed_mask
    pixels = scene.fixed.pixels.astype(np.float64)
    share = gaussian_filter(inside.astype(float), 2.0, mode="nearest", truncate=8)
    fixed = gaussian_filter(np.where(inside, pixels, 0.0), 2.0, mode="nearest", truncate=8)[inside] / share[inside]
    moving = gaussian_filter(pixels, 2.0, mode="nearest", truncate=8)[inside]
    arguments = {**LEVEL, "sampling": sampling, "smoothing": "masked", "iterations": 0, "transform": "translation"}
    if sampling == "random":
        arguments |= {"percentage": 1.0, "perturb_samples": False}
    found = register(scene.fixed, scene.fixed, inside, **arguments).value
    wanted = np.mean((fixed - moving) ** 2)
    assert wanted > 0.01
    # ITK's recursive filter is a Gaussian but for some thousandths.
    assert found == pytest.approx(wanted, rel=0.05)


def test_a_mask_of_everything_changes_nothing(scene: Scene) -> None:
    everything = np.ones_like(scene.fixed_mask)
    answers = [
        register(scene.fixed, scene.moving, everything, everything, transform="rigid", smoothing=how, **LEVEL)
        for how in ("gaussian", "masked")
    ]
    points = scene.mask_points()
    np.testing.assert_allclose(answers[0].transform.apply(points), answers[1].transform.apply(points), atol=1e-3)


def test_pixels_that_are_not_finite_stay_outside() -> None:
    scene = make_scene(2)
    pixels = np.where(scene.fixed_mask, scene.fixed.pixels, np.nan).astype(np.float32)
    result = register(Image(pixels), scene.moving, scene.fixed_mask, transform="rigid", smoothing="masked", **LEVEL)
    assert scene.error(result.transform) < 0.5


def test_what_does_not_do_is_named() -> None:
    scene = make_scene(2)
    with pytest.raises(ValueError, match=r"^smoothing: \"masked\" is not for the transform \"syn\""):
        register(scene.fixed, scene.moving, scene.fixed_mask, transform="syn", smoothing="masked")
    with pytest.raises(ValueError, match=r"^smoothing: 'mask' is none of gaussian, masked"):
        register(scene.fixed, scene.moving, scene.fixed_mask, smoothing="mask")
