# SPDX-License-Identifier: Apache-2.0
"""The drop-in for SimpleITK samples inside the mask; the images, masks and weights that it is given."""

import gc
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import _core
from itk_maskedsampling.simpleitk import ImageRegistrationMethod
from simpleitk_sides import (
    FIXED,
    MASK_VOXELS,
    METRICS,
    MOVING,
    NOT_DETERMINED,
    SPACING,
    STOCK,
    Configure,
    assert_same,
    differs,
    make_images,
    make_mask,
    make_method,
    one_thread,  # noqa: F401 (a fixture that every test uses)
)

STRATEGIES = {"regular": STOCK.REGULAR, "random": STOCK.RANDOM}
pytestmark = [
    pytest.mark.filterwarnings("ignore:SetMetricSamplingPercentage. .*are few for:RuntimeWarning"),
    NOT_DETERMINED,
]  # 20 samples of a small mask


def sample(configure: Configure, strategy: int = STOCK.RANDOM) -> tuple[Any, Any]:
    """The method and its result, after a registration with samples in a mask."""
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))
    method.SetMetricFixedMask(make_mask())
    method.SetMetricSamplingStrategy(strategy)
    configure(method)
    return method, method.Execute(FIXED, MOVING)


def are_inside(points: Any, mask: Any) -> Any:
    indices = [mask.TransformPhysicalPointToIndex(point.tolist()) for point in points.astype(float)]
    return np.array([mask[index] != 0 for index in indices])


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("percentage", [0.01, 0.1, 0.5, 0.999, 1.0])
def test_percentages_are_of_the_mask_voxels(percentage: float, strategy: str) -> None:
    method, _ = sample(lambda m: m.SetMetricSamplingPercentage(percentage, 3), STRATEGIES[strategy])
    points = method.GetMetricSamplePoints()
    assert points.shape == (round(percentage * MASK_VOXELS), 2)
    assert are_inside(points, make_mask()).all()
    assert method.GetMetricNumberOfMaskVoxels() == MASK_VOXELS


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_fewer_samples_than_parameters(strategy: str) -> None:
    """Stock drew one sample, and refused a spacing of 0."""
    with pytest.raises(
        RuntimeError, match=f"Percentage: 1 samples at level 0, of {MASK_VOXELS} mask voxels, .* Give more"
    ):
        sample(lambda m: m.SetMetricSamplingPercentage(0.001, 3), STRATEGIES[strategy])


def test_percentages_of_each_level() -> None:
    counts: list[Any] = []
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))
    method.SetMetricFixedMask(make_mask())
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentagePerLevel([1.0, 0.5, 0.25], 5)
    method.SetShrinkFactorsPerLevel([3, 2, 1])
    method.SetSmoothingSigmasPerLevel([0, 0, 0])
    method.AddCommand(
        sitk.sitkMultiResolutionIterationEvent,
        lambda: counts.append((method.GetCurrentLevel(), len(method.GetMetricSamplePoints()))),
    )
    method.Execute(FIXED, MOVING)
    # There are too few for a coarse level to have fewer.
    assert counts == [(0, MASK_VOXELS), (1, round(0.5 * MASK_VOXELS)), (2, round(0.25 * MASK_VOXELS))]


def test_samples_are_not_at_the_centres_of_voxels() -> None:
    for strategy in STRATEGIES.values():
        method, _ = sample(lambda m: m.SetMetricSamplingPercentage(0.5, 3), strategy)
        indices = method.GetMetricSamplePoints() / SPACING[2]
        offsets = indices - np.round(indices)
        assert np.abs(offsets).mean() == pytest.approx(0.25, abs=0.03)


def test_image_around_the_mask_does_not_count() -> None:
    """Neither for the samples, nor for the scales of the parameters."""

    def run(cls: Any, pad: int) -> Any:
        images = [sitk.ConstantPad(image, [0, 0], [pad, pad]) for image in (FIXED, MOVING, make_mask())]
        method = make_method(cls)
        method.SetMetricFixedMask(images[2])
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(0.5, 3)
        if cls is ImageRegistrationMethod:
            method.SetMetricUseExactDerivative(True)  # the filter of the other one sees the edge of the image
        return method.Execute(*images[:2]).GetParameters()

    assert_same(run(ImageRegistrationMethod, 50), run(ImageRegistrationMethod, 0))
    assert differs(run(STOCK, 50), run(STOCK, 0))


def test_stock_has_fewer_samples() -> None:
    """What this package is for: stock counts the whole image, and drops what is outside."""
    methods = {}
    for cls in (STOCK, ImageRegistrationMethod):
        methods[cls] = make_method(cls, sitk.TranslationTransform(2))
        methods[cls].SetMetricFixedMask(make_mask())
        methods[cls].SetMetricSamplingStrategy(STOCK.RANDOM)
        methods[cls].SetMetricSamplingPercentage(0.1, 3)
        methods[cls].Execute(FIXED, MOVING)
    assert methods[ImageRegistrationMethod].GetMetricNumberOfValidPoints() == round(0.1 * MASK_VOXELS) == 20
    assert methods[STOCK].GetMetricNumberOfValidPoints() != 20


@pytest.mark.parametrize("n", [2, 7, 500])
def test_numbers_of_samples(n: int) -> None:
    method, _ = sample(lambda m: m.SetMetricNumberOfSamples(n))
    assert method.GetMetricSamplePoints().shape == (n, 2)
    method.SetMetricSamplingPercentage(0.25, 1)  # overrides it
    method.Execute(FIXED, MOVING)
    assert method.GetMetricSamplePoints().shape == (MASK_VOXELS // 4, 2)


def test_numbers_of_samples_of_each_level() -> None:
    def configure(method: Any) -> None:
        method.SetMetricNumberOfSamples([30, 0])
        method.SetShrinkFactorsPerLevel([2, 1])
        method.SetSmoothingSigmasPerLevel([1, 0])
        method.AddCommand(
            sitk.sitkMultiResolutionIterationEvent, lambda: counts.append(len(method.GetMetricSamplePoints()))
        )

    counts: list[int] = []
    sample(configure)
    assert counts == [30, MASK_VOXELS]


def test_seeds() -> None:
    def run(seed: int, threads: int = 1) -> Any:
        method, result = sample(lambda m: (m.SetMetricSamplingPercentage(0.3, seed), m.SetNumberOfThreads(threads)))
        return method.GetMetricSamplePoints(), result.GetParameters()

    points, parameters = run(7)
    for threads in (1, 2, 5):
        again, others = run(7, threads)
        np.testing.assert_array_equal(again, points)
        np.testing.assert_allclose(others, parameters, rtol=1e-9)
    assert not np.array_equal(run(8)[0], points)
    # The wall clock.
    assert not np.array_equal(run(sitk.sitkWallClock)[0], run(sitk.sitkWallClock)[0])


def test_seed_of_the_evolution() -> None:
    def run(seed: int) -> Any:
        method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))
        method.SetOptimizerScales([1.0, 1.0])
        method.SetOptimizerAsOnePlusOneEvolutionary(10, seed=seed)
        return method.Execute(FIXED, MOVING).GetParameters()

    assert run(4) == run(4)
    assert run(4) != run(5)
    assert run(sitk.sitkWallClock) != run(sitk.sitkWallClock)


SCALARS = ["Int8", "UInt8", "Int16", "UInt16", "Int32", "UInt32", "Int64", "UInt64", "Float32", "Float64"]


@pytest.mark.parametrize("pixel", [*SCALARS, "LabelUInt8", "LabelUInt32"])
def test_pixels_of_masks(pixel: str) -> None:
    mask = sitk.Cast(make_mask(), getattr(sitk, f"sitk{pixel}"))
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))
    method.SetMetricFixedMask(mask)
    method.SetMetricMovingMask(mask)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.Execute(FIXED, MOVING)
    assert method.GetMetricNumberOfMaskVoxels() == MASK_VOXELS
    assert 0 < method.GetMetricNumberOfValidPoints() < MASK_VOXELS


@pytest.mark.parametrize(("pixel", "inside"), [(np.float32, 0.25), (np.int16, 256), (np.int32, -1), (np.float64, -0.5)])
def test_everything_but_zero_is_inside(pixel: Any, inside: float) -> None:
    method, _ = sample(lambda m: m.SetMetricFixedMask(make_mask(pixel, inside)))
    assert method.GetMetricNumberOfMaskVoxels() == MASK_VOXELS


def test_what_is_not_a_number_is_outside() -> None:
    pixels = np.full((24, 30), np.nan)
    pixels[3, 4:8] = 1
    mask = sitk.GetImageFromArray(pixels)
    mask.CopyInformation(FIXED)
    method, _ = sample(lambda m: m.SetMetricFixedMask(mask))
    assert method.GetMetricNumberOfMaskVoxels() == 4


def test_mask_on_a_grid_of_its_own() -> None:
    mask = sitk.Image([5, 4], sitk.sitkUInt8) + 1
    mask.SetOrigin((8.0, 12.0))
    mask.SetSpacing(SPACING[2])
    method, _ = sample(lambda m: m.SetMetricFixedMask(mask))
    assert method.GetMetricNumberOfMaskVoxels() == 20


def test_changes_of_an_image_after_it_was_set_are_not_seen() -> None:
    mask, weights = make_mask(), sitk.Cast(make_mask(), sitk.sitkFloat32)

    def configure(method: Any) -> None:
        method.SetMetricFixedMask(mask)
        method.SetMetricSamplingWeights(weights)
        for image in (mask, weights):
            image[:, :] = 1

    method, _ = sample(configure)
    assert method.GetMetricNumberOfMaskVoxels() == MASK_VOXELS


def test_images_that_an_observer_changes() -> None:
    fixed, moving = make_images(2)
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))

    def change() -> None:
        nonlocal fixed, moving
        fixed[:, :] = 7.0
        moving *= 0.0
        gc.collect()

    method.AddCommand(sitk.sitkIterationEvent, change)
    result = method.Execute(fixed, moving)
    expected = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2)).Execute(FIXED, MOVING)
    assert result.GetParameters() == expected.GetParameters()
    assert sitk.GetArrayViewFromImage(fixed).min() == 7.0


def test_images_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    fixed, moving = make_images(2)
    addresses = {
        role: sitk.GetArrayViewFromImage(image).__array_interface__["data"][0]
        for role, image in (("fixed", fixed), ("moving", moving))
    }
    seen = {}
    set_image = _core.Method.set_image

    def note(self: _core.Method, role: str, pixels: Any, *others: Any) -> None:
        seen[role] = pixels.__array_interface__["data"][0]
        set_image(self, role, pixels, *others)

    monkeypatch.setattr(_core.Method, "set_image", note)
    make_method(ImageRegistrationMethod).Execute(fixed, moving)
    assert seen == addresses


def test_weights() -> None:
    weights = sitk.Cast(make_mask(), sitk.sitkFloat64) * 0
    weights[12, 11] = 3.0
    method, _ = sample(lambda m: (m.SetMetricSamplingWeights(weights), m.SetMetricNumberOfSamples(5)))
    np.testing.assert_allclose(method.GetMetricSamplePoints(), [[9.6, 13.2]] * 5, atol=0.61)
    method.SetMetricSamplingWeights(sitk.Image())
    method.Execute(FIXED, MOVING)
    assert np.ptp(method.GetMetricSamplePoints(), axis=0).min() > 1


def test_new_samples_at_every_iteration() -> None:
    def run(resample: bool) -> Any:
        points: list[Any] = []

        def configure(method: Any) -> None:
            method.SetMetricSamplingPercentage(0.2, 3)
            method.SetMetricResampleEveryIteration(resample)
            method.AddCommand(sitk.sitkIterationEvent, lambda: points.append(method.GetMetricSamplePoints()))

        sample(configure)
        return len(np.unique(np.array(points), axis=0))

    assert run(False) == 1
    assert run(True) > 1


@pytest.mark.parametrize("metric", ["mean squares", "correlation", "Mattes"])
def test_exact_derivative(metric: str) -> None:
    """The same values, but another derivative; and with no blur, a better one."""

    def run(exact: bool) -> tuple[float, float]:
        values: list[float] = []
        method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2), METRICS[metric])
        method.SetMetricFixedMask(make_mask())
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(0.5, 1)
        method.SetMetricUseExactDerivative(exact)
        method.AddCommand(sitk.sitkIterationEvent, lambda: values.append(method.GetMetricValue()))
        method.Execute(FIXED, MOVING)
        return values[0], values[1]

    stock, exact = run(False), run(True)
    assert exact[0] == pytest.approx(stock[0], rel=1e-6)
    assert exact[1] != pytest.approx(stock[1], rel=1e-6)


@pytest.mark.parametrize("interpolator", ["sitkNearestNeighbor", "sitkBSpline3", "sitkGaussian"])
def test_exact_derivative_is_of_linear_interpolation(interpolator: str) -> None:
    """With another interpolator, SimpleITK's derivative is there, whatever is asked for."""

    def run(exact: bool) -> Any:
        def configure(method: Any) -> None:
            method.SetInterpolator(getattr(sitk, interpolator))
            method.SetMetricSamplingPercentage(0.5, 1)
            method.SetMetricUseExactDerivative(exact)

        return sample(configure)[1].GetParameters()

    assert_same(run(True), run(False))


def test_own_getters_before_and_without_sampling() -> None:
    method = make_method(ImageRegistrationMethod)
    assert method.GetMetricNumberOfMaskVoxels() == 0
    assert method.GetMetricSamplePoints().size == 0
    method.Execute(FIXED, MOVING)
    assert method.GetMetricSamplePoints().shape == (0, 2)
