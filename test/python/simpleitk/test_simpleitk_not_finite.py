# SPDX-License-Identifier: Apache-2.0
"""With a mask, the image around it does not exist: also where its pixels are not finite numbers."""

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling.simpleitk import ImageRegistrationMethod
from simpleitk_sides import (
    FIXED,
    IMAGES,
    METRICS,
    MOVING,
    NOT_DETERMINED,
    make_mask,
    make_method,
    one_thread,  # noqa: F401 (a fixture that every test uses)
    read_state,
)

pytestmark = NOT_DETERMINED

NOT_FINITE = (np.nan, np.inf, -np.inf)
#: Further from the mask than a sample moves, and than the interpolator looks.
MARGIN = 4


def replace_pixels(image: Any, pixels: Any) -> Any:
    other = sitk.GetImageFromArray(pixels)
    other.CopyInformation(image)
    return other


def make_ball(image: Any, rng: np.random.Generator) -> Any:
    """A mask somewhere in the middle."""
    shape = sitk.GetArrayViewFromImage(image).shape
    center = [rng.uniform(0.4, 0.6) * number for number in shape]
    radius = rng.uniform(0.25, 0.35) * min(shape)
    grid = np.indices(shape)
    inside = sum((g - c) ** 2 for g, c in zip(grid, center, strict=True)) < radius**2
    return inside


def make_gaps(inside: Any, rng: np.random.Generator, margin: int = 0) -> Any:
    """Pixels outside of a mask, some of them."""
    near = sitk.GetArrayFromImage(
        sitk.BinaryDilate(sitk.GetImageFromArray(inside.astype(np.uint8)), [margin] * inside.ndim)
    )
    return (near == 0) & (rng.random(inside.shape) < rng.uniform(0.05, 0.95))


def register(images: list[Any], masks: list[Any], metric: str, strategy: str, sigma: float, exact: bool = False) -> Any:
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(images[0].GetDimension()), METRICS[metric])
    method.SetMetricFixedMask(masks[0])
    if masks[1] is not None:
        method.SetMetricMovingMask(masks[1])
    method.SetMetricSamplingStrategy(getattr(method, strategy))
    method.SetMetricSamplingPercentage(0.9, 3)
    method.SetSmoothingSigmasPerLevel([sigma])
    if exact:
        method.SetMetricUseExactDerivative(True)
    result = method.Execute(*images)
    return [result.GetParameters(), read_state(method)]


@pytest.mark.filterwarnings("ignore:.*(are few for|near the result):RuntimeWarning")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("strategy", ["NONE", "REGULAR", "RANDOM"])
@pytest.mark.parametrize("metric", ["mean squares", "correlation", "Mattes", "joint histogram", "ANTS"])
@pytest.mark.parametrize("dimension", [2, 3])
def test_gaps_are_the_mean_of_the_rest(dimension: int, metric: str, strategy: str, seed: int) -> None:
    """To the bit, whatever is in the gaps; also smoothed, and right beside the mask."""
    if (metric, strategy) in (("ANTS", "REGULAR"), ("ANTS", "RANDOM")):
        strategy = "NONE"
    rng = np.random.default_rng([seed, dimension])
    images, filled, masks = [], [], []
    for image in IMAGES[dimension]:
        inside = make_ball(image, rng)
        gaps = make_gaps(inside, rng)
        assert gaps.any()
        pixels = sitk.GetArrayFromImage(image)
        pixels[gaps] = rng.choice(NOT_FINITE, gaps.sum())
        images.append(replace_pixels(image, pixels))
        mean = pixels[~gaps].sum(dtype=np.float64) / np.count_nonzero(~gaps)
        filled.append(replace_pixels(image, np.where(gaps, np.float32(mean), pixels)))
        masks.append(replace_pixels(image, inside.astype(np.uint8)))
    sigma = float(rng.choice([0.0, 1.0]))
    found = register(images, masks, metric, strategy, sigma)
    assert np.isfinite(found[0]).all()
    assert found == register(filled, masks, metric, strategy, sigma)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("metric", ["mean squares", "correlation", "Mattes"])
def test_gaps_beyond_what_is_looked_at_are_nothing(metric: str, seed: int) -> None:
    """Whatever takes their place, the result is that of the image without gaps."""
    rng = np.random.default_rng(seed)
    inside = sitk.GetArrayFromImage(make_mask()) > 0
    inside[:8] = False
    results = []
    for filling in ("none", "gaps"):
        images = []
        for image in (FIXED, MOVING):
            pixels = sitk.GetArrayFromImage(image)
            gaps = make_gaps(inside, rng, MARGIN)
            if filling == "gaps":
                pixels[gaps] = np.nan
            images.append(replace_pixels(image, pixels))
        wide = replace_pixels(
            MOVING,
            sitk.GetArrayFromImage(sitk.BinaryDilate(sitk.GetImageFromArray(inside.astype(np.uint8)), [MARGIN] * 2)),
        )
        masks = [replace_pixels(FIXED, inside.astype(np.uint8)), wide]
        results.append(register(images, masks, metric, "RANDOM", 0.0, exact=True))
    assert results[0] == results[1]


@pytest.mark.parametrize("function", ["Execute", "MetricEvaluate"])
@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize("name", ["fixed", "moving"])
@pytest.mark.parametrize("has_mask", [False, True])
def test_not_finite_inside_names_the_image(name: str, value: float, has_mask: bool, function: str) -> None:
    """And where, and how many, and what excludes them."""
    rng = np.random.default_rng(5)
    inside = sitk.GetArrayViewFromImage(make_mask()) > 0
    places = rng.permutation(np.argwhere(inside))[:7]
    pixels = sitk.GetArrayFromImage(FIXED if name == "fixed" else MOVING)
    pixels[tuple(places.T)] = value
    images = {"fixed": FIXED, "moving": MOVING, name: replace_pixels(FIXED, pixels)}
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))
    setter = f"SetMetric{name.title()}Mask"
    if has_mask:
        getattr(method, setter)(make_mask())
    first = ", ".join(str(number) for number in min(places.tolist()))
    way_out = "shrink the mask" if has_mask else rf"exclude them with {setter}\(\)"
    place = "inside the mask" if has_mask else "and there is no mask"
    words = (
        rf"^{function}: {name}: 7 of 720 pixels are not finite {place}, the first is {value} .*\({first}\).*{way_out}"
    )
    with pytest.raises(RuntimeError, match=words):
        getattr(method, function)(images["fixed"], images["moving"])


@pytest.mark.parametrize("setter", ["SetInitialTransform", "SetMovingInitialTransform", "SetFixedInitialTransform"])
@pytest.mark.parametrize("value", NOT_FINITE)
def test_parameters_that_are_not_finite(setter: str, value: float) -> None:
    for transform in (
        sitk.TranslationTransform(2, (0.0, value)),
        sitk.CompositeTransform([sitk.Euler2DTransform(), sitk.TranslationTransform(2, (0.0, value))]),
    ):
        method = make_method(ImageRegistrationMethod)
        getattr(method, setter)(transform)
        with pytest.raises(RuntimeError, match=f"^{setter}: 1 of 2 parameters of Translation.* number 1, {value}"):
            method.Execute(FIXED, MOVING)
