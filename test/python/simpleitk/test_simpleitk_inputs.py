# SPDX-License-Identifier: Apache-2.0
"""What the drop-in for SimpleITK says to bad images and settings: exceptions of SimpleITK's types, with a way out."""

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling.simpleitk import ImageRegistrationMethod
from simpleitk_sides import (
    IMAGE,
    NOT_DETERMINED,
    NOTHING,
    STOCK,
    Configure,
    find_error,
    make_blob,
    make_short_method,
)

pytestmark = NOT_DETERMINED

MOVED = sitk.Resample(IMAGE, sitk.TranslationTransform(2, (1.0, 0.5)))
VECTORS = sitk.Compose(IMAGE, IMAGE)
VECTORS_OF_ONE = sitk.Cast(IMAGE, sitk.sitkVectorFloat32)
COMPLEX = sitk.Cast(IMAGE, sitk.sitkComplexFloat32)
VOLUME = make_blob(3, size=8)

# What Execute() and MetricEvaluate() refuse: what is set, the images, what they say; and whether SimpleITK does, too


def set_levels(factors: list[int], sigmas: list[float]) -> Configure:
    def call(method: Any) -> None:
        method.SetShrinkFactorsPerLevel(factors)
        method.SetSmoothingSigmasPerLevel(sigmas)

    return call


def set_samples(percentages: list[float], strategy: int = STOCK.RANDOM) -> Configure:
    def call(method: Any) -> None:
        method.SetMetricSamplingStrategy(strategy)
        method.SetMetricSamplingPercentagePerLevel(percentages, 1)

    return call


FOR_BOTH: dict[str, tuple[Configure, Any, Any, str]] = {
    "pixels of two types": (
        NOTHING,
        IMAGE,
        make_blob(pixel=sitk.sitkFloat64),
        "fixed has pixels of 32-bit float, moving",
    ),
    "pixels of two kinds": (NOTHING, IMAGE, VECTORS, "must have the same"),
    "integers": (
        NOTHING,
        *[make_blob(pixel=sitk.sitkInt16)] * 2,
        "16-bit signed integer are not supported; use .*Cast",
    ),
    "8-bit integers": (NOTHING, *[make_blob(pixel=sitk.sitkUInt8)] * 2, "8-bit unsigned integer are not supported"),
    "vectors": (NOTHING, VECTORS, VECTORS, "vector of 32-bit float are not supported"),
    "complex numbers": (NOTHING, COMPLEX, COMPLEX, "complex of 32-bit float are not supported"),
    "two dimensions": (NOTHING, IMAGE, VOLUME, "fixed has 2 dimensions, moving 3"),
    "four dimensions": (NOTHING, *[sitk.Image([3] * 4, sitk.sitkFloat32)] * 2, "4 dimensions"),
    "no image": (NOTHING, sitk.Image(), sitk.Image(), "8-bit unsigned integer are not supported"),
    "no pixels": (NOTHING, *[sitk.Image([0, 0], sitk.sitkFloat32)] * 2, r"fixed has the size \(0, 0\)"),
    "transform of 3 dimensions": (
        lambda m: m.SetInitialTransform(sitk.Euler3DTransform()),
        *[IMAGE] * 2,
        "SetInitialTransform: the transform has 3 dimensions, the images have 2",
    ),
    "moving transform of 3 dimensions": (
        lambda m: m.SetMovingInitialTransform(sitk.Euler3DTransform()),
        *[IMAGE] * 2,
        "SetMovingInitialTransform: the transform has 3 dimensions",
    ),
    "fixed transform of 3 dimensions": (
        lambda m: m.SetFixedInitialTransform(sitk.Euler3DTransform()),
        *[IMAGE] * 2,
        "SetFixedInitialTransform: the transform has 3 dimensions",
    ),
    "fixed mask of 3 dimensions": (
        lambda m: m.SetMetricFixedMask(sitk.Image([4] * 3, sitk.sitkUInt8)),
        *[IMAGE] * 2,
        "the image of SetMetricFixedMask has 3 dimensions, the images have 2",
    ),
    "moving mask of 3 dimensions": (
        lambda m: m.SetMetricMovingMask(sitk.Image([4] * 3, sitk.sitkUInt8)),
        *[IMAGE] * 2,
        "the image of SetMetricMovingMask has 3 dimensions",
    ),
    "mask of vectors": (
        lambda m: m.SetMetricFixedMask(VECTORS),
        *[IMAGE] * 2,
        "SetMetricFixedMask: binaryMask: one real number per pixel.*VectorIndexSelectionCast",
    ),
    "mask of vectors of one number": (
        lambda m: m.SetMetricFixedMask(VECTORS_OF_ONE),
        *[IMAGE] * 2,
        "SetMetricFixedMask: binaryMask: one real number per pixel",
    ),
    "mask of complex numbers": (
        lambda m: m.SetMetricMovingMask(COMPLEX),
        *[IMAGE] * 2,
        "SetMetricMovingMask: binaryMask: one real number per pixel",
    ),
    "domain of 3 dimensions": (
        lambda m: m.SetVirtualDomainFromImage(VOLUME),
        *[IMAGE] * 2,
        r"the virtual domain has the size \(8, 8, 8\), the images have 2 dimensions",
    ),
    "empty domain": (
        lambda m: m.SetVirtualDomainFromImage(sitk.Image()),
        *[IMAGE] * 2,
        r"the virtual domain has the size \(0, 0\)",
    ),
    "demons with a translation": (lambda m: m.SetMetricAsDemons(), *[IMAGE] * 2, "displacement field"),
}

EXECUTE_ONLY: dict[str, tuple[Configure, str]] = {
    "more factors than sigmas": (set_levels([2, 1], [0.0]), "SetShrinkFactorsPerLevel has 2 .* 1 values"),
    "factor of 0": (set_levels([0], [0.0]), "SetShrinkFactorsPerLevel: 0 is not at least 1"),
    "percentage of 0": (set_samples([0.0]), r"SetMetricSamplingPercentage: 0.0 is not in \(0, 1\], 0.25 is 25 %"),
    "percentage in percent": (set_samples([25.0]), r"SetMetricSamplingPercentage: 25.0 is not in \(0, 1\]"),
    "negative percentage": (set_samples([-0.5]), r"-0.5 is not in \(0, 1\]"),
    "percentage of a level": (lambda m: (set_levels([2, 1], [0, 0])(m), set_samples([0.5, 2.0])(m)), "2.0 is not in"),
    "percentage that is not used": (lambda m: m.SetMetricSamplingPercentage(1.5), "1.5 is not in"),
    "scale of 0": (lambda m: m.SetOptimizerScales([0.0, 1.0]), "scales.*0"),
    "negative scale": (lambda m: m.SetOptimizerScales([-1.0, 1.0]), "scales.*-1"),
    "too few weights": (lambda m: m.SetOptimizerWeights([1.0]), "weights"),
}

STOCK_GOES_ON: dict[str, tuple[Configure, str]] = {
    "no level": (set_levels([], []), "has 0 and SetSmoothingSigmasPerLevel 0 values; give one for each level"),
    "negative sigma": (set_levels([1], [-1.0]), "SetSmoothingSigmasPerLevel: -1.0 is not 0 or more"),
    "sigma that is no number": (set_levels([1], [float("nan")]), "nan is not 0 or more"),
    "infinite sigma": (set_levels([1], [float("inf")]), "inf is not 0 or more"),
    "percentage that is no number": (lambda m: m.SetMetricSamplingPercentage(float("nan")), "nan is not in"),
    "more percentages than levels": (
        set_samples([0.5, 0.5]),
        "SetMetricSamplingPercentagePerLevel: 2 values for 1 level",
    ),
    "no percentages": (set_samples([]), "SetMetricSamplingPercentagePerLevel: 0 values for 1 level"),
    "empty mask": (lambda m: m.SetMetricFixedMask(sitk.Image(IMAGE.GetSize(), sitk.sitkUInt8)), "mask"),
    "mask elsewhere": (lambda m: m.SetMetricFixedMask(make_shifted_mask()), "(?s)mask.*origin"),
    "learning rate that is no number": (
        lambda m: m.SetOptimizerAsRegularStepGradientDescent(float("nan"), 0.1, 5),
        "SetOptimizerAsRegularStepGradientDescent: learningRate: nan",
    ),
    "grids of a spline of another order": (
        lambda m: m.SetInitialTransformAsBSpline(sitk.BSplineTransformInitializer(IMAGE, [2, 2], 1), True, [2]),
        "scaleFactors are for splines of order 2 or 3, not 1",
    ),
}


def make_shifted_mask() -> Any:
    mask = sitk.Image(IMAGE.GetSize(), sitk.sitkUInt8) + 1
    mask.SetOrigin((1000.0, 1000.0))
    return mask


@pytest.mark.parametrize("name", FOR_BOTH)
def test_bad_input(name: str) -> None:
    configure, fixed, moving, words = FOR_BOTH[name]
    for function in ("Execute", "MetricEvaluate"):

        def call(method: Any, function: str = function) -> None:
            configure(method)
            getattr(method, function)(fixed, moving)

        with pytest.raises(RuntimeError, match=f"(?s){words}"):
            call(make_short_method(ImageRegistrationMethod))
        if function == "Execute" or name not in ("no pixels", "empty domain"):  # which SimpleITK does not notice
            assert find_error(call) is RuntimeError


@pytest.mark.parametrize("name", EXECUTE_ONLY)
def test_bad_settings(name: str) -> None:
    configure, words = EXECUTE_ONLY[name]

    def call(method: Any) -> None:
        configure(method)
        method.Execute(IMAGE, IMAGE)

    with pytest.raises(RuntimeError, match=f"(?is){words}"):
        call(make_short_method(ImageRegistrationMethod))
    assert find_error(call) is RuntimeError


@pytest.mark.parametrize("name", STOCK_GOES_ON)
def test_bad_settings_that_SimpleITK_overlooks(name: str) -> None:
    configure, words = STOCK_GOES_ON[name]
    method = make_short_method(ImageRegistrationMethod)
    configure(method)
    with pytest.raises(RuntimeError, match=f"(?is){words}"):
        method.Execute(IMAGE, IMAGE)


def test_no_optimizer_and_no_transform() -> None:
    method = ImageRegistrationMethod()
    method.SetInitialTransform(sitk.TranslationTransform(2))
    with pytest.raises(RuntimeError, match=r"no optimizer; call one of SetOptimizerAs...\(\), such as"):
        method.Execute(IMAGE, IMAGE)
    method = ImageRegistrationMethod()
    method.SetOptimizerAsGradientDescent(1.0, 2)
    with pytest.raises(RuntimeError, match=r"SetInitialTransform: .* set one, such as SimpleITK.TranslationTransform"):
        method.Execute(IMAGE, IMAGE)
    with pytest.raises(RuntimeError, match="SetInitialTransform"):
        method.MetricEvaluate(IMAGE, IMAGE)


def test_percentages_that_are_not_used() -> None:
    for cls in (STOCK, ImageRegistrationMethod):
        method = make_short_method(cls)
        set_samples([0.5, 0.25], method.NONE)(method)
        method.Execute(IMAGE, MOVED)


def test_missing_arguments() -> None:
    for cls in (STOCK, ImageRegistrationMethod):
        for name in (
            "Execute",
            "MetricEvaluate",
            "SetMetricAsANTSNeighborhoodCorrelation",
            "SetOptimizerAsGradientDescent",
        ):
            with pytest.raises(TypeError):
                getattr(cls(), name)()


def test_fields_smoothed_by_splines() -> None:
    field = sitk.DisplacementFieldTransform(sitk.Image(IMAGE.GetSize(), sitk.sitkVectorFloat64))
    field.SetSmoothingBSplineOnUpdate()
    for transform in (field, sitk.CompositeTransform([sitk.TranslationTransform(2), field])):
        method = make_short_method(ImageRegistrationMethod)
        method.SetInitialTransform(transform)
        with pytest.raises(NotImplementedError, match=r"SetInitialTransform: .*SetSmoothingGaussianOnUpdate\(\)"):
            method.Execute(IMAGE, IMAGE)


def test_chain_with_a_transform_that_SimpleITK_has_no_class_for() -> None:
    method = make_short_method(ImageRegistrationMethod)
    transforms = [sitk.TranslationTransform(3), sitk.ComposeScaleSkewVersor3DTransform()]
    method.SetMovingInitialTransform(sitk.CompositeTransform(transforms))
    method.SetInitialTransform(sitk.TranslationTransform(3))
    with pytest.raises(NotImplementedError, match=r"SetMovingInitialTransform: .* transform 1 of the composite"):
        method.Execute(VOLUME, VOLUME)


def test_registration_in_an_observer_of_its_own() -> None:
    method = make_short_method(ImageRegistrationMethod)
    method.AddCommand(sitk.sitkIterationEvent, lambda: method.Execute(IMAGE, MOVED))
    with pytest.raises(RuntimeError, match="Execute: this object is registering already; use another one"):
        method.Execute(IMAGE, MOVED)
    method.RemoveAllCommands()
    values: list[float] = []
    method.AddCommand(sitk.sitkIterationEvent, lambda: values.append(method.MetricEvaluate(IMAGE, MOVED)))
    method.AddCommand(sitk.sitkIterationEvent, lambda: make_short_method(ImageRegistrationMethod).Execute(IMAGE, MOVED))
    method.SetInitialTransform(sitk.TranslationTransform(2))
    method.Execute(IMAGE, MOVED)
    assert len(set(values)) == 2


# What is beyond SimpleITK


@pytest.mark.parametrize(
    ("method", "value", "error", "words"),
    [
        ("SetMetricNumberOfSamples", -1, OverflowError, "not -1"),
        ("SetMetricNumberOfSamples", 1.5, TypeError, "an integer of at least 0 is needed, not float 1.5"),
        ("SetMetricNumberOfSamples", "100", TypeError, "not str '100'"),
        ("SetMetricNumberOfSamples", [100, -1], TypeError, r"\[1\]"),
        ("SetMetricResampleEveryIteration", 1, TypeError, "True or False is needed, not int 1"),
        ("SetMetricUseExactDerivative", None, TypeError, "True or False is needed"),
        ("SetMetricSamplingWeights", np.ones((16, 16)), TypeError, "SimpleITK.Image is needed, not a numpy array"),
        ("SetMetricSamplingWeights", VECTORS, RuntimeError, "one real number per pixel"),
    ],
)
def test_bad_values_of_own_methods(method: str, value: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=f"{method}: .*{words}"):
        getattr(make_short_method(ImageRegistrationMethod), method)(value)


@pytest.mark.parametrize(
    ("configure", "words"),
    [
        (lambda m: m.SetMetricNumberOfSamples(50), r"not used with the strategy NONE; call .*RANDOM"),
        (
            lambda m: (m.SetMetricSamplingStrategy(m.RANDOM), m.SetMetricNumberOfSamples([5, 5])),
            "SetMetricNumberOfSamples: 2 values for 1 level",
        ),
        (
            lambda m: (m.SetMetricAsANTSNeighborhoodCorrelation(2), m.SetMetricUseExactDerivative(True)),
            "SetMetricUseExactDerivative: neighborhood-correlation .* use one of",
        ),
        (
            lambda m: (m.SetMetricSamplingStrategy(m.RANDOM), m.SetMetricSamplingWeights(IMAGE * 0)),
            "weight",
        ),
        (
            lambda m: (m.SetMetricSamplingStrategy(m.RANDOM), m.SetMetricSamplingWeights(IMAGE - 1000)),
            "weight",
        ),
        (lambda m: m.SetMetricSamplingWeights(VOLUME), "the image of SetMetricSamplingWeights has 3 dimensions"),
    ],
)
def test_bad_use_of_own_methods(configure: Configure, words: str) -> None:
    method = make_short_method(ImageRegistrationMethod)
    configure(method)
    with pytest.raises(RuntimeError, match=f"(?is){words}"):
        method.Execute(IMAGE, IMAGE)


def test_the_method_can_be_used_after_bad_input() -> None:
    method = make_short_method(ImageRegistrationMethod)
    for fixed in (VOLUME, VECTORS):
        with pytest.raises(RuntimeError):
            method.Execute(fixed, IMAGE)
    method.SetMetricFixedMask(make_shifted_mask())
    with pytest.raises(RuntimeError):
        method.Execute(IMAGE, IMAGE)
    assert "mask" in method.GetOptimizerStopConditionDescription()
    method.SetMetricFixedMask(sitk.Image())
    result = method.Execute(IMAGE, IMAGE)
    assert result.GetParameters() == make_short_method(ImageRegistrationMethod).Execute(IMAGE, IMAGE).GetParameters()


def test_numbers_of_numpy() -> None:
    """Which SimpleITK refuses."""
    method = make_short_method(ImageRegistrationMethod)
    method.SetShrinkFactorsPerLevel(np.array([2, 1]))
    method.SetSmoothingSigmasPerLevel(np.array([1, 0], np.float32))
    method.SetMetricSamplingStrategy(np.int64(method.RANDOM))
    method.SetMetricSamplingPercentage(np.float32(0.5), np.uint8(3))
    method.SetOptimizerScales(np.ones(2))
    method.SetNumberOfThreads(np.int64(1))
    method.SetMetricUseMovingImageGradientFilter(np.bool_(True))
    method.SetMetricNumberOfSamples(np.array([20, 30]))
    method.Execute(IMAGE, IMAGE)
    assert len(method.GetMetricSamplePoints()) == 30
