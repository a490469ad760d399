# SPDX-License-Identifier: Apache-2.0
"""The list of what differs from SimpleITK, in the documentation of the module, is true: both sides of each entry."""

import re
from collections.abc import Callable
from typing import Any

import itk_maskedsampling.simpleitk
import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling.simpleitk import ImageRegistrationMethod
from simpleitk_sides import (
    FIXED,
    MASK_VOXELS,
    MOVING,
    NOT_DETERMINED,
    SPACING,
    STOCK,
    Configure,
    assert_same,
    centered,
    differs,
    make_mask,
    make_method,
    one_thread,  # noqa: F401 (a fixture that every test uses)
)

pytestmark = [pytest.mark.filterwarnings("ignore:.*are few for:RuntimeWarning"), NOT_DETERMINED]
ENTRIES = re.findall(r"^- (\w+): ((?:.|\n  )*)", itk_maskedsampling.simpleitk.__doc__ or "", re.MULTILINE)


def run(cls: Any, *configure: Configure, transform: Any = None, images: Any = (FIXED, MOVING)) -> Any:
    """The method after a registration with a mask and samples."""
    method = make_method(cls, sitk.TranslationTransform(2) if transform is None else transform)
    method.SetMetricFixedMask(make_mask())
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(0.4, 1)
    for each in configure:
        each(method)
    method.Execute(*images)
    return method


def refuses(call: Configure, error: type[Exception] = RuntimeError) -> None:
    """Only this package does."""
    with pytest.raises(error):
        call(ImageRegistrationMethod)


def show_percentages() -> None:
    assert run(ImageRegistrationMethod).GetMetricNumberOfValidPoints() == round(0.4 * MASK_VOXELS)
    assert run(STOCK).GetMetricNumberOfValidPoints() != round(0.4 * MASK_VOXELS)


def show_samples() -> None:
    one = run(ImageRegistrationMethod).GetMetricSamplePoints()
    other = run(ImageRegistrationMethod, lambda m: m.SetNumberOfThreads(3)).GetMetricSamplePoints()
    np.testing.assert_array_equal(one, other)
    nearest = np.rint(one / SPACING[2]).astype(int)
    assert sitk.GetArrayViewFromImage(make_mask())[tuple(nearest.T[::-1])].all()


def show_scales() -> None:
    def scales(cls: Any, pad: int) -> Any:
        seen: list[Any] = []
        images = [sitk.ConstantPad(image, [0, 0], [pad, pad]) for image in (FIXED, MOVING)]
        run(
            cls,
            lambda m: m.SetMetricFixedMask(sitk.ConstantPad(make_mask(), [0, 0], [pad, pad])),
            lambda m: m.AddCommand(sitk.sitkIterationEvent, lambda: seen.append(m.GetOptimizerScales())),
            transform=centered(sitk.Euler2DTransform()),
            images=images,
        )
        return seen[0]

    assert_same(scales(ImageRegistrationMethod, 40), scales(ImageRegistrationMethod, 0))
    assert differs(scales(STOCK, 40), scales(STOCK, 0))


def count_points(cls: Any, factor: int, mask: Any) -> int:
    def configure(method: Any) -> None:
        method.SetMetricSamplingStrategy(method.NONE)
        method.SetMetricFixedMask(mask)
        method.SetShrinkFactorsPerLevel([factor])
        method.SetSmoothingSigmasPerLevel([0.0])
        method.SetOptimizerAsGradientDescent(1e-9, 1, estimateLearningRate=method.Never)

    return int(run(cls, configure).GetMetricNumberOfValidPoints())


def show_grids() -> None:
    differences = []
    for factor in (1, 2, 3, 4):
        ours, stock = (
            [count_points(cls, factor, mask) for mask in (sitk.Image(), make_mask())]
            for cls in (ImageRegistrationMethod, STOCK)
        )
        assert ours[0] == stock[0]
        # 17 x 12 voxels of the mask, in whole cells of the grid, from its first voxel on.
        assert ours[1] == (17 // factor) * (12 // factor)
        differences.append(stock[1] != ours[1])
    assert not differences[0]
    assert any(differences[1:])


def show_ranges() -> None:
    """Something bright, far from the mask."""
    images = [sitk.ConstantPad(image, [0, 0], [60, 60]) for image in (FIXED, MOVING)]
    bright = sitk.Image(images[1])
    bright[bright.GetWidth() - 5, bright.GetHeight() - 5] = 1e6

    def value(cls: Any, moving: Any) -> float:
        def configure(method: Any) -> None:
            method.SetMetricAsMattesMutualInformation(20)
            method.SetMetricFixedMask(sitk.ConstantPad(make_mask(), [0, 0], [60, 60]))

        return float(run(cls, configure, images=(images[0], moving)).GetMetricValue())

    assert value(ImageRegistrationMethod, bright) == pytest.approx(value(ImageRegistrationMethod, images[1]), abs=1e-6)
    assert value(STOCK, bright) > value(STOCK, images[1]) + 0.05


def show_masks() -> None:
    for pixel, inside in ((np.float32, 0.5), (np.int16, 256)):
        assert count_points(ImageRegistrationMethod, 1, make_mask(pixel, inside)) == MASK_VOXELS
        assert count_points(STOCK, 1, make_mask(pixel, inside)) == 0


def show_gaps() -> None:
    pixels = sitk.GetArrayFromImage(FIXED)
    pixels[0, 0] = np.nan
    gap = sitk.GetImageFromArray(pixels)
    gap.CopyInformation(FIXED)
    assert np.isfinite(run(ImageRegistrationMethod, images=(gap, MOVING)).GetMetricValue())
    refuses(lambda cls: run(cls, lambda m: m.SetMetricFixedMask(sitk.Image()), images=(gap, MOVING)))


def fail_in_a_command(cls: Any) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    run(cls, lambda m: m.AddCommand(sitk.sitkIterationEvent, fail))


def show_commands() -> None:
    with pytest.raises(ZeroDivisionError):
        fail_in_a_command(ImageRegistrationMethod)
    with pytest.raises(RuntimeError):
        fail_in_a_command(STOCK)


def ask_for_position(cls: Any) -> Any:
    seen: list[Any] = []

    def configure(method: Any) -> None:
        def look() -> None:
            try:
                seen.append(method.GetOptimizerPosition())
            except RuntimeError as error:
                seen.append(str(error))

        method.AddCommand(sitk.sitkStartEvent, look)

    run(cls, configure)
    return seen[0]


def show_positions() -> None:
    assert ask_for_position(ImageRegistrationMethod) == (0.0, 0.0)
    assert "m_Metric has not been assigned" in ask_for_position(STOCK)


def show_chains() -> None:
    inner = sitk.CompositeTransform([sitk.TranslationTransform(2, (0.1, 0.1)), sitk.TranslationTransform(2)])
    last = sitk.CompositeTransform([inner, sitk.Euler2DTransform()])
    assert run(ImageRegistrationMethod, transform=last).GetMetricNumberOfValidPoints() > 0


def show_arrays() -> None:
    for name, value in (
        ("SetShrinkFactorsPerLevel", np.array([1])),
        ("SetOptimizerScales", np.ones(2, np.float32)),
    ):
        getattr(ImageRegistrationMethod(), name)(value)
        with pytest.raises(TypeError):
            getattr(STOCK(), name)(value)


def show_text() -> None:
    texts = {cls: str(run(cls)) for cls in (STOCK, ImageRegistrationMethod)}
    assert "mean-squares" in texts[ImageRegistrationMethod]
    assert "mean" not in texts[STOCK].lower()


def show_missing() -> None:
    refuses(lambda cls: cls().SetInterpolator(sitk.sitkBSplineResamplerOrder3), NotImplementedError)
    STOCK().SetInterpolator(sitk.sitkBSplineResamplerOrder3)
    field = sitk.DisplacementFieldTransform(sitk.Image(FIXED.GetSize(), sitk.sitkVectorFloat64))
    field.SetSmoothingBSplineOnUpdate()
    refuses(lambda cls: run(cls, transform=field), NotImplementedError)


#: What SimpleITK does with it: it goes on, with nothing, or with other values than were given.
OVERLOOKED: dict[str, Configure] = {
    "a negative sigma": lambda m: m.SetSmoothingSigmasPerLevel([-1.0]),
    "an empty mask": lambda m: (m.SetMetricSamplingStrategy(m.NONE), m.SetMetricFixedMask(make_mask() * 0))[1],
    "percentages": lambda m: m.SetMetricSamplingPercentagePerLevel([0.5, 0.5], 1),
    "scales": lambda m: m.SetOptimizerScales([1.0] * 3),
    "steps": lambda m: m.SetOptimizerAsExhaustive([1, 1, 1]),
    "too few bins": lambda m: m.SetMetricAsMattesMutualInformation(5),
    "scaleFactors": lambda m: m.SetInitialTransformAsBSpline(
        sitk.BSplineTransformInitializer(FIXED, [2, 2], 1), True, [2]
    ),
    "seeds": lambda m: m.SetMetricSamplingPercentage(0.5, 2**31),
}


def show_refused() -> None:
    for configure in OVERLOOKED.values():
        with pytest.raises(RuntimeError):
            run(ImageRegistrationMethod, configure)
        run(STOCK, configure)
    refuses(lambda cls: run(cls, images=(FIXED * 0, MOVING)))
    run(STOCK, images=(FIXED * 0, MOVING))
    text = " ".join(dict(ENTRIES)["Refused"].split())
    assert all(word in text for word in OVERLOOKED), text


SHOWN: dict[str, Callable[[], None]] = {
    name.removeprefix("show_").capitalize(): function
    for name, function in list(globals().items())
    if name.startswith("show_")
}


def test_the_list_is_complete() -> None:
    assert len(ENTRIES) > 10
    assert [name for name, _ in ENTRIES] == list(SHOWN)


@pytest.mark.parametrize("name", SHOWN)
def test_difference(name: str) -> None:
    SHOWN[name]()
