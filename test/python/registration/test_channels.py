# SPDX-License-Identifier: Apache-2.0
"""Several images of the same place, and several metrics, in one call."""

from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, register
from register_scene import Scene, make_scene

SHIFT = (1.5, -1.0)
Y, X = np.mgrid[0:60, 0:70].astype(float)
MASK = np.hypot(X - 35, Y - 30) < 20


def stripes(axis: int, unit: float = 1.0) -> tuple[Any, Any]:
    """A fixed and a moving image that vary along one axis of space alone, so that the other shift cannot be known."""
    where = (X, Y)[axis]
    # The moving image shows at T(p) what the fixed one shows at p.
    return tuple(unit * (5.0 + np.sin((where - move) / 3.0)) for move in (0.0, SHIFT[axis]))


def found(**arguments: Any) -> Any:
    defaults = {"transform": "translation", "samples": 400, "uncertainty": "none"}
    return register(**{**defaults, **arguments})


def shift_of(result: Any) -> Any:
    return result.transform.matrix()[:2, 2]


@pytest.mark.parametrize("metric", ["mean-squares", "correlation", "mutual-information"])
@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e6])
def test_what_one_image_lacks_comes_from_the_other(metric: str, unit: float) -> None:
    (fixed, moving), (fixed_too, moving_too) = stripes(0), stripes(1, unit)
    result = found(fixed=[fixed, fixed_too], moving=[moving, moving_too], fixed_mask=MASK, metric=metric)
    np.testing.assert_allclose(shift_of(result), SHIFT, atol=0.1)
    assert result.uncertainty is None
    again = result.repeat()
    assert again.transform == result.transform
    other = result.repeat([fixed, fixed_too], [moving, moving_too], MASK)
    assert other.transform == result.transform


def test_each_pair_has_its_own_metric_and_mask() -> None:
    (fixed, moving), (fixed_too, moving_too) = stripes(0), stripes(1)
    right = X > 40
    broken = np.where(right, fixed_too, np.sin(X * Y))
    result = found(
        fixed=[fixed, broken],
        moving=[moving, -moving_too],
        fixed_mask=[MASK, right],
        metric=["mean-squares", "mutual-information"],
        metric_weights=[1, 2],
    )
    np.testing.assert_allclose(shift_of(result), SHIFT, atol=0.1)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(2)


def test_several_metrics_of_one_pair(scene: Scene) -> None:
    arguments = {"fixed": scene.fixed, "moving": scene.moving, "fixed_mask": scene.fixed_mask, "transform": "rigid"}
    result = found(**arguments, metric=["mean-squares", "mutual-information"])
    assert scene.error(result.transform) < 0.2
    # Without draws, which are others for each metric, one metric twice is that metric.
    arguments |= {"sampling": "none", "samples": None}
    one = found(**arguments, metric="correlation")
    two = found(**arguments, metric=["correlation", "correlation"], metric_weights=[3, 1])
    np.testing.assert_allclose(two.transform.matrix(), one.transform.matrix(), atol=1e-3)


@pytest.mark.parametrize("sampling", ["random", "none"])
def test_splines_of_two_images(scene: Scene, sampling: str) -> None:
    inverted = Image(-np.asarray(scene.moving))
    result = register(
        [scene.fixed, scene.fixed],
        [scene.moving, inverted],
        scene.fixed_mask,
        transform=["translation", "b-spline"],
        sampling=sampling,
        metric="mutual-information",
    )
    assert scene.error(result.transform) < 0.5
    assert result.folding is not None
    assert result.folding.smallest > 0


@pytest.mark.parametrize(
    ("arguments", "kind", "text"),
    [
        ({"moving": [MASK]}, ValueError, r"^moving: 1 image, but 2 are needed"),
        ({"moving": MASK}, ValueError, r"^moving: 1 image, but 2 are needed"),
        ({"fixed": [], "moving": []}, ValueError, r"^fixed: an empty list"),
        ({"fixed_mask": [MASK]}, ValueError, r"^fixed_mask: 1 masks for 2 images"),
        ({"fixed_mask": [MASK, MASK & False]}, ValueError, r"^fixed_mask\[1\]: no voxel is inside"),
        ({"metric": ["mean-squares"]}, ValueError, r"^metric: 1 for 2 pairs of images"),
        ({"metric": ["mean-squares", "mean"]}, ValueError, r"^metric\[1\]: 'mean' is none of"),
        ({"metric_weights": [1, 0]}, ValueError, r"^metric_weights: \(1, 0\) must be greater than 0"),
        ({"metric_weights": [1]}, ValueError, r"^metric_weights: "),
        ({"transform": "syn", "samples": None}, ValueError, r"^transform: .*one pair of images"),
        ({"fixed": [X, "none.nii"]}, FileNotFoundError, r"^fixed\[1\]: "),
        ({"fixed": [X, np.zeros((3, 3, 3))]}, ValueError, r"^fixed"),
        ({"fixed": [X, np.full_like(X, np.nan)]}, ValueError, r"^fixed\[1\]: "),
        (
            {"metric": ["mean-squares", "correlation"], "transform": [{"transform": "rigid", "metric": "demons"}]},
            ValueError,
            r"^transform\[0\]: metric: .* list of metrics",
        ),
    ],
)
def test_what_does_not_do_is_named(arguments: Any, kind: Any, text: str) -> None:
    (fixed, moving), (fixed_too, moving_too) = stripes(0), stripes(1)
    with pytest.raises(kind, match=text):
        found(**{"fixed": [fixed, fixed_too], "moving": [moving, moving_too], **arguments})


def test_one_image_in_a_list_is_the_image(scene: Scene) -> None:
    arguments = {"fixed_mask": scene.fixed_mask, "transform": "rigid", "metric": "mean-squares"}
    one = found(fixed=scene.fixed, moving=scene.moving, **arguments)
    assert found(fixed=[scene.fixed], moving=[scene.moving], **arguments).transform == one.transform
    with pytest.raises(ValueError, match=r"^fixed: 2 images, but 1 are needed"):
        one.repeat([scene.fixed, scene.fixed], [scene.moving, scene.moving])


def test_a_mask_of_a_stage_is_that_of_all_images() -> None:
    (fixed, moving), (fixed_too, moving_too) = stripes(0), stripes(1)
    images = {"fixed": [fixed, fixed_too], "moving": [moving, moving_too]}
    wanted = found(**images, fixed_mask=MASK)
    right = X > 40
    result = found(**images, fixed_mask=right, transform=[{"transform": "translation", "fixed_mask": MASK}])
    assert result.transform == wanted.transform
    holed = np.where(MASK, fixed_too, np.nan)
    again = found(fixed=[fixed, holed], moving=images["moving"], fixed_mask=MASK)
    assert np.isfinite(again.value)
    with pytest.raises(ValueError, match=r"^fixed\[1\]: .* not finite"):
        found(
            fixed=[fixed, holed],
            moving=images["moving"],
            fixed_mask=MASK,
            transform=[{"transform": "translation", "fixed_mask": None}],
        )
