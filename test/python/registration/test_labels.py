# SPDX-License-Identifier: Apache-2.0
"""Labels of a label image as mask, and masks of stages: the same as with the mask that they mean."""

from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, Registration, register, sample
from itk_maskedsampling._images.files import read
from register_scene import Scene, make_scene

FAST: dict[str, Any] = {"metric": "mean-squares", "samples": 300, "uncertainty": "none"}


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(2)


def make_labels(scene: Scene) -> Any:
    """1 and 2 are the halves of the mask, 7 is all around it."""
    labels: Any = np.full(scene.fixed_mask.shape, 7, np.int32)
    labels[scene.fixed_mask] = 1 + (np.indices(labels.shape)[1] > labels.shape[1] // 2)[scene.fixed_mask]
    return labels


def is_same(one: Registration, other: Registration) -> bool:
    return one.transform == other.transform and np.array_equal(one.points, other.points)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("chosen", [1, 2, [1, 2], (2, 1), np.array([2]), np.int64(1)])
def test_labels_are_the_mask_of_their_voxels(scene: Scene, dtype: Any, chosen: Any) -> None:
    labels = make_labels(scene).astype(dtype)
    wanted = register(scene.fixed, scene.moving, np.isin(labels, chosen), **FAST)
    found = register(scene.fixed, scene.moving, labels, fixed_label=chosen, **FAST)
    assert is_same(found, wanted)
    assert is_same(found.repeat(), wanted)
    again = found.repeat(scene.fixed, scene.moving, labels, fixed_label=chosen)
    assert is_same(again, wanted)
    drawn = sample(scene.fixed, labels, label=chosen, samples=50)
    np.testing.assert_array_equal(drawn.points, sample(scene.fixed, np.isin(labels, chosen), samples=50).points)


def test_labels_of_the_moving_mask(scene: Scene) -> None:
    labels = make_labels(scene)
    wanted = register(scene.fixed, scene.moving, scene.fixed_mask, labels != 7, **FAST)
    found = register(scene.fixed, scene.moving, scene.fixed_mask, labels, moving_label=[1, 2], **FAST)
    assert is_same(found, wanted)


@pytest.mark.parametrize(
    ("arguments", "kind", "text"),
    [
        ({"fixed_label": 5}, ValueError, r"^fixed_label: 5 is not in fixed_mask, whose values are 1, 2, 7"),
        ({"fixed_label": []}, ValueError, "^fixed_label: it is empty"),
        ({"fixed_label": 1.5}, ValueError, "^fixed_label: 1.5: labels are integers"),
        ({"fixed_label": "cortex"}, TypeError, "^fixed_label: "),
        ({"fixed_label": True}, TypeError, "^fixed_label: "),
        ({"moving_label": 1}, ValueError, "^moving_label: 1, but there is no moving_mask="),
        ({"fixed_labels": 1}, TypeError, "did you mean 'fixed_label'"),
    ],
)
def test_what_is_no_label_is_named(scene: Scene, arguments: Any, kind: Any, text: str) -> None:
    with pytest.raises(kind, match=text):
        register(scene.fixed, scene.moving, make_labels(scene), **FAST, **arguments)


def test_a_label_that_is_missing_beside_others_is_warned_of(scene: Scene) -> None:
    labels = make_labels(scene)
    with pytest.warns(RuntimeWarning, match="fixed_label: 5 is not in fixed_mask"):
        found = register(scene.fixed, scene.moving, labels, fixed_label=[1, 5], **FAST)
    assert is_same(found, register(scene.fixed, scene.moving, labels == 1, **FAST))
    assert len(found.warnings) == 1


# Masks of stages


def test_a_stage_with_a_mask_of_its_own_is_as_two_registrations(scene: Scene) -> None:
    """First without a mask, then inside one, each by itself, with what was found before as initial transform."""
    stages = [{"transform": "translation", "fixed_mask": None}, "rigid"]
    found = register(scene.fixed, scene.moving, scene.fixed_mask, transform=stages, **FAST)
    first = register(scene.fixed, scene.moving, transform="translation", **FAST)
    second = register(scene.fixed, scene.moving, scene.fixed_mask, transform="rigid", initial=first.transform, **FAST)
    np.testing.assert_allclose(found.transform.matrix(), second.transform.matrix(), atol=1e-12)
    voxels = [report.mask_voxels for report in found.levels if report.level == 0]
    assert voxels == [scene.fixed.pixels.size, np.count_nonzero(scene.fixed_mask)]
    assert is_same(found.repeat(), found)


@pytest.mark.parametrize("role", ["fixed", "moving"])
def test_a_mask_of_the_last_stage_is_that_of_the_result(scene: Scene, role: str) -> None:
    small = scene.fixed_mask & (make_labels(scene) == 1)
    stages: Any = ["translation", {"transform": "rigid", f"{role}_mask": small}]
    found = register(scene.fixed, scene.moving, scene.fixed_mask, transform=stages, **FAST)
    first = register(scene.fixed, scene.moving, scene.fixed_mask, transform="translation", **FAST)
    masks = {"fixed_mask": scene.fixed_mask, f"{role}_mask": small}
    second = register(scene.fixed, scene.moving, **masks, transform="rigid", initial=first.transform, **FAST)
    np.testing.assert_allclose(found.transform.matrix(), second.transform.matrix(), atol=1e-12)
    if role == "fixed":
        inside = found._read_fixed_mask(read("fixed", scene.fixed))
        assert inside is not None
        np.testing.assert_array_equal(inside.pixels, small)


@pytest.mark.parametrize("role", ["fixed", "moving"])
@pytest.mark.parametrize("own", [True, False])
def test_labels_of_a_stage_are_the_mask_of_their_voxels(scene: Scene, role: str, own: bool) -> None:
    labels = make_labels(scene)
    mask, label = f"{role}_mask", f"{role}_label"
    arguments: Any = {"fixed_mask": scene.fixed_mask, mask: labels, label: [1, 2]}
    second: Any = {"transform": "rigid", label: 1}
    found = register(
        scene.fixed, scene.moving, **arguments, transform=["rigid", {**second, mask: labels} if own else second], **FAST
    )
    arguments = {"fixed_mask": scene.fixed_mask, mask: labels != 7}
    second = {"transform": "rigid", mask: labels == 1}
    wanted = register(scene.fixed, scene.moving, **arguments, transform=["rigid", second], **FAST)
    assert is_same(found, wanted)
    assert is_same(found.repeat(), wanted)


def test_labels_of_a_stage_that_do_not_do_are_named(scene: Scene) -> None:
    labels = make_labels(scene)

    def run(stage: dict[str, Any], mask: Any = labels, fixed: Any = scene.fixed, moving: Any = scene.moving) -> None:
        register(fixed, moving, mask, transform=["translation", {"transform": "rigid", **stage}], **FAST)

    with pytest.raises(
        ValueError, match=r"^transform\[1\]: fixed_label: 5 is not in transform\[1\]: fixed_mask, whose"
    ):
        run({"fixed_label": 5})
    with pytest.raises(TypeError, match=r"^transform\[1\]: fixed_label: "):
        run({"fixed_label": "cortex"})
    with pytest.raises(ValueError, match=r"^transform\[1\]: moving_label: 1, but there is no moving_mask"):
        run({"moving_label": 1})
    with pytest.raises(ValueError, match=r"^transform\[1\]: fixed_label: 1, but there is no fixed_mask"):
        run({"fixed_label": 1, "fixed_mask": None})
    with pytest.raises(ValueError, match=r"^transform\[1\]: fixed_label: 1, but fixed_mask is a list. Give"):
        run({"fixed_label": 1}, [labels, labels.copy()], [scene.fixed] * 2, [scene.moving] * 2)


def test_masks_of_stages_that_do_not_do_are_named(scene: Scene) -> None:
    empty = np.zeros_like(scene.fixed_mask)
    with pytest.raises(ValueError, match=r"^transform\[1\]: fixed_mask: no voxel is inside"):
        register(scene.fixed, scene.moving, transform=["rigid", {"transform": "affine", "fixed_mask": empty}], **FAST)
    flat = Image(np.where(scene.fixed_mask, 3.0, scene.fixed.pixels).astype(np.float32))
    stages: Any = ["translation", {"transform": "rigid", "fixed_mask": scene.fixed_mask}]
    with pytest.raises(ValueError, match=r"^fixed: "):
        register(flat, scene.moving, transform=stages, **FAST)
    stages = [{"transform": "translation", "fixed_mask": None}, "rigid"]
    result = register(scene.fixed, scene.moving, scene.fixed_mask, transform=stages, **FAST)
    with pytest.raises(ValueError, match="stages have masks of their own"):
        result.repeat(scene.fixed, scene.moving)


def test_pixels_that_are_not_finite_count_where_any_stage_looks(scene: Scene) -> None:
    pixels = scene.fixed.pixels.copy()
    pixels[0, 0] = np.nan
    holed = Image(pixels)
    register(holed, scene.moving, scene.fixed_mask, transform="translation", **FAST)
    stages: Any = [{"transform": "translation", "fixed_mask": None}, "rigid"]
    with pytest.raises(ValueError, match=r"^fixed: 1 of .* and there is no mask"):
        register(holed, scene.moving, scene.fixed_mask, transform=stages, **FAST)
