# SPDX-License-Identifier: Apache-2.0
"""What cannot be registered is an error before the work, what may scatter a warning: never an identity in silence."""

from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, register, sample
from itk_maskedsampling._registration.register import choose_type

Y, X = np.mgrid[0:64, 0:80].astype(np.float64)


def scene(x: Any, y: Any) -> Any:
    return 100 + 30 * np.sin(x / 5 + y / 12) + 30 * np.cos(y / 6 - x / 15)


FIXED, MOVING = scene(X, Y), scene(X - 3, Y + 2)
MASK = (np.hypot(X - 40, Y - 32) < 20).astype(np.uint8)
QUICK: dict[str, Any] = {"levels": 1, "iterations": 3}
pytestmark = pytest.mark.filterwarnings(
    "ignore:Another place fits:RuntimeWarning",  # the waves repeat themselves
    "ignore:The samples hardly determine:RuntimeWarning",  # what next to nothing is seen of
)


# Images without contrast


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint64, np.float32, np.float64, np.bool_])
@pytest.mark.parametrize("value", [0, 1])
def test_a_moving_image_of_one_value(dtype: Any, value: int) -> None:
    with pytest.raises(ValueError, match="moving: the image has the same value everywhere"):
        register(FIXED, np.full(FIXED.shape, value, dtype), MASK)


@pytest.mark.parametrize("seed", range(5))
def test_a_fixed_image_of_one_value_inside_the_mask(seed: int) -> None:
    """Whatever is around it, and however the mask looks; one other voxel in the mask is contrast."""
    random = np.random.default_rng(seed)
    mask = random.random(FIXED.shape) < 0.3
    flat = np.where(mask, 7.0, FIXED)
    with pytest.raises(ValueError, match="fixed: the image has the same value everywhere inside its mask"):
        register(flat, MOVING, mask, **QUICK)
    place = tuple(random.choice(np.argwhere(mask)))
    flat[place] = 8.0
    assert register(flat, MOVING, mask, metric="mean-squares", sampling="none", **QUICK).levels


@pytest.mark.filterwarnings("ignore:At the result:RuntimeWarning")  # where there is only the rim to see
def test_a_moving_image_of_one_value_inside_its_mask() -> None:
    flat = np.where(MASK, 7.0, MOVING)
    with pytest.raises(ValueError, match="moving: the image has the same value everywhere inside its mask"):
        register(FIXED, flat, MASK, MASK, **QUICK)
    assert register(FIXED, flat, MASK, metric="mean-squares", **QUICK).levels


def test_two_flat_images() -> None:
    with pytest.raises(ValueError, match="fixed: the image has the same value"):
        register(np.ones(FIXED.shape), np.ones(FIXED.shape))


# Integers that float32 does not tell apart


@pytest.mark.parametrize("dtype", [np.uint32, np.int32, np.uint64, np.int64])
def test_contrast_of_large_integers_is_kept(dtype: Any) -> None:
    offset = 2**30 if np.dtype(dtype).itemsize == 4 else 2**40
    fixed, moving = (np.rint(pixels).astype(dtype) + dtype(offset) for pixels in (FIXED, MOVING))
    result = register(fixed, moving, MASK, transform="translation", metric="mean-squares")
    np.testing.assert_allclose(result.transform.apply([40.0, 32.0]), [43, 30], atol=0.1)


def test_type_of_the_computation() -> None:
    small, large = np.array([[0, 2**24]]), np.array([[0, 2**24 + 1]])
    for dtype in (np.int32, np.int64, np.uint64):
        assert choose_type(small.astype(dtype), small.astype(dtype)) == np.float32
        assert choose_type(small.astype(dtype), large.astype(dtype)) == np.float64
    assert choose_type(np.array([[-(2**24) - 1]]), small) == np.float64
    assert choose_type(np.zeros((2, 2)), np.zeros((2, 2))) == np.float64
    assert choose_type(np.zeros((2, 2), np.float32), np.zeros((2, 2))) == np.float32


# Settings by which nothing moves


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        *(({"histogram_bins": bins}, "histogram_bins: . leave") for bins in range(1, 6)),
        ({"metric": "joint-histogram-mutual-information", "histogram_bins": 1}, "histogram_bins: one bin"),
        ({"learning_rate": 0}, "learning_rate: 0 is not greater than 0"),
        ({"learning_rate": -1}, "learning_rate: -1 is not greater than 0"),
        ({"learning_rate": [1, 0.5, 0]}, "learning_rate: 0 is not greater than 0"),
        (
            {"transform": "displacement-field", "metric": "correlation", "optimizer": "amoeba"},
            "metric: .*never moves .*neighborhood-correlation",
        ),
        (
            {"transform": "syn", "metric": "correlation", "stock_metric": True},
            "metric: .*never moves .*neighborhood-correlation",
        ),
        ({"samples": 0}, "samples: 0, but at least 1"),
        ({"samples": [10, 0, 10]}, "samples: 0, but at least 1"),
        ({"optimizer": "one-plus-one-evolutionary", "optimizer_seed": 2**32}, "optimizer_seed: 4294967296 is greater"),
        ({"seed": 2**31}, "seed: 2147483648 is greater"),
    ],
)
def test_settings_by_which_nothing_moves(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        register(FIXED, MOVING, MASK, **settings)


def test_seeds_have_one_range() -> None:
    sample(FIXED, MASK, samples=5, seed=2**31 - 1)
    register(FIXED, MOVING, MASK, seed=2**31 - 1, **QUICK)
    with pytest.raises(ValueError, match="seed: 2147483648"):
        sample(FIXED, MASK, samples=5, seed=2**31)


# Samples that cannot determine the transform


@pytest.mark.parametrize(
    ("transform", "parameters"), [("translation", 2), ("rigid", 3), ("similarity", 4), ("affine", 6)]
)
def test_fewer_samples_than_parameters(transform: str, parameters: int) -> None:
    options = {"transform": transform, "metric": "mean-squares", **QUICK}
    with pytest.raises(ValueError, match=f"samples: {parameters - 1} at level 0, .* the {parameters} parameters"):
        register(FIXED, MOVING, MASK, samples=parameters - 1, **options)
    assert len(register(FIXED, MOVING, MASK, samples=parameters, **options).points) == parameters


def test_a_small_fraction_warns_that_the_result_scatters() -> None:
    fraction = 60 / np.count_nonzero(MASK)
    with pytest.warns(RuntimeWarning, match=r"percentage: 60 samples at level 0, .* are few for 3 parameters"):
        register(FIXED, MOVING, MASK, percentage=fraction, metric="mean-squares", **QUICK)


@pytest.mark.parametrize("percentage", [0.01, 0.1, 0.35, 1.0])
@pytest.mark.parametrize("factors", [[4, 2, 1], [8], [3, 1]])
def test_coarse_levels_keep_their_samples(percentage: float, factors: list[int]) -> None:
    """A level has fewer samples than the fraction of the mask only where there are more than 2000 of them."""
    y, x = np.mgrid[0:150, 0:160]
    images = scene(x, y), scene(x - 2, y)
    mask = np.hypot(x - 80, y - 75) < 70
    voxels = np.count_nonzero(mask)
    result = register(
        *images,
        mask,
        percentage=percentage,
        shrink_factors=factors,
        smoothing_sigmas=0,
        iterations=1,
        transform="translation",
    )
    whole = round(percentage * voxels)
    wanted = [max(int(np.floor(whole / factor**2 + 0.5)), min(whole, 2000)) for factor in factors]
    assert [report.points for report in result.levels] == wanted


# Soft masks


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_soft_mask_warns_and_names_weights(dtype: Any) -> None:
    soft = np.exp(-(((X - 40) / 12) ** 2) - ((Y - 32) / 12) ** 2).astype(dtype)
    with pytest.warns(RuntimeWarning, match="fixed_mask: the mask is soft, .*weights="):
        register(FIXED, MOVING, soft, **QUICK)
    with pytest.warns(RuntimeWarning, match="mask: the mask is soft") as record:
        sample(FIXED, soft, samples=5)
    assert record[0].filename == __file__


@pytest.mark.parametrize("values", [[0, 1], [0, 0.5], [0, 1, 2, 3], [0, 255], [1]])
def test_hard_masks_and_labels_do_not_warn(values: list[float]) -> None:
    mask = np.random.default_rng(0).choice(values, FIXED.shape)
    sample(FIXED, mask, samples=5)


# Thin volumes, and intensities below zero


@pytest.mark.parametrize("slices", [1, 2, 3, 4])
def test_thin_volumes_are_smoothed_along_their_other_axes(slices: int) -> None:
    z = np.arange(slices)[:, np.newaxis, np.newaxis]
    fixed, moving = (scene(X - dx, Y + dy) + 5.0 * np.sin(z) for dx, dy in ((0, 0), (3, 2)))
    mask = np.broadcast_to(MASK, fixed.shape)
    result = register(fixed, moving, mask, transform="translation", metric="mean-squares")
    np.testing.assert_allclose(result.transform.apply([40.0, 32.0, 0.0])[:2], [43, 30], atol=0.2)


@pytest.mark.parametrize("offset", [-2000.0, -100.0, 0.0, 500.0])
def test_centres_of_mass_do_not_depend_on_an_offset(offset: float) -> None:
    blob = [100 * np.exp(-(((X - 40 - dx) / 9) ** 2) - ((Y - 30 - dy) / 9) ** 2) for dx, dy in ((0, 0), (9, -6))]
    fixed, moving = (Image(pixels + offset) for pixels in blob)
    result = register(fixed, moving, transform="translation", initial="moments", metric="mean-squares", iterations=0)
    np.testing.assert_allclose(result.transform.apply([40.0, 30.0]), [49, 24], atol=0.2)
