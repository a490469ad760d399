# SPDX-License-Identifier: Apache-2.0
"""A slice, or a few, in a volume: with the defaults, motion in the plane and through it is found."""

import numpy as np
import pytest
from itk_maskedsampling import Image, register
from register_scene import Scene, make_scene


def cut(scene: Scene, first: int, slices: int) -> Scene:
    """The same with a few slices of the fixed image."""
    image = scene.fixed
    place = np.array(image.origin) + image.direction @ (np.array([0, 0, first]) * image.spacing)
    part = slice(first, first + slices)
    fixed = Image(np.ascontiguousarray(image.pixels[part]), image.spacing, place, image.direction)
    return Scene(fixed, scene.moving, scene.fixed_mask[part], scene.matrix, scene.offset)


# Mutual information of grids that are aligned, without noise, has artefacts of interpolation.
@pytest.mark.parametrize(
    ("metric", "tilted"), [("mutual-information", True), ("mean-squares", True), ("mean-squares", False)]
)
@pytest.mark.parametrize("slices", [1, 2, 3])
def test_a_slice_is_found_in_a_volume(slices: int, metric: str, tilted: bool) -> None:
    scene = cut(make_scene(3, angle=0.05, tilted=tilted), 17, slices)
    result = register(scene.fixed, scene.moving, scene.fixed_mask, metric=metric)
    assert scene.error(result.transform) < 0.3
    # Without a mask, too.
    whole = register(scene.fixed, scene.moving, metric=metric)
    assert scene.error(whole.transform) < 0.5
