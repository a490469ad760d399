# SPDX-License-Identifier: Apache-2.0
"""What the drop-in for SimpleITK says to bad input: exceptions of SimpleITK's types that name the argument."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling.simpleitk import ImageRegistrationMethod

STOCK = sitk.ImageRegistrationMethod
Call = Callable[[Any], object]


def make_image(dimension: int = 2, pixel: Any = sitk.sitkFloat32, size: int = 16) -> Any:
    grid = np.meshgrid(*[np.arange(size) - size / 2] * dimension, indexing="ij")
    pixels = 100 * np.exp(-sum(each**2 for each in grid) / (size / 2) ** 2)
    return sitk.Cast(sitk.GetImageFromArray(pixels), pixel)


IMAGE = make_image()
MOVED = sitk.Resample(IMAGE, sitk.TranslationTransform(2, (1.0, 0.5)))
VECTORS = sitk.Compose(IMAGE, IMAGE)
VECTORS_OF_ONE = sitk.Cast(IMAGE, sitk.sitkVectorFloat32)
COMPLEX = sitk.Cast(IMAGE, sitk.sitkComplexFloat32)
VOLUME = make_image(3, size=8)


def make_method(cls: Any) -> Any:
    method = cls()
    method.SetMetricAsMeanSquares()
    method.SetOptimizerAsRegularStepGradientDescent(0.5, 1e-3, 2)
    method.SetInitialTransform(sitk.TranslationTransform(2))
    return method


def find_error(call: Call) -> type[BaseException] | None:
    try:
        call(make_method(STOCK))
    except Exception as error:  # of any kind: that is the question
        return type(error)
    return None


# What setters refuse: the call, the type of the exception, what it says

UNSIGNED: list[tuple[str, str, list[Any], list[Any]]] = [
    # method, argument, arguments before it, arguments after it
    ("SetNumberOfThreads", "n", [], []),
    ("SetNumberOfWorkUnits", "n", [], []),
    ("SetMetricAsANTSNeighborhoodCorrelation", "radius", [], []),
    ("SetMetricAsMattesMutualInformation", "numberOfHistogramBins", [], []),
    ("SetMetricAsJointHistogramMutualInformation", "numberOfHistogramBins", [], []),
    ("SetMetricSamplingPercentage", "seed", [0.5], []),
    ("SetMetricSamplingPercentagePerLevel", "seed", [[0.5]], []),
    ("SetOptimizerScalesFromJacobian", "centralRegionRadius", [], []),
    ("SetOptimizerScalesFromIndexShift", "centralRegionRadius", [], []),
    ("SetOptimizerScalesFromPhysicalShift", "centralRegionRadius", [], []),
    ("SetOptimizerAsGradientDescent", "numberOfIterations", [1.0], []),
    ("SetOptimizerAsGradientDescent", "convergenceWindowSize", [1.0, 5, 1e-6], []),
    ("SetOptimizerAsGradientDescentLineSearch", "lineSearchMaximumIterations", [1.0, 5, 1e-6, 10, 0.0, 5.0, 0.1], []),
    ("SetOptimizerAsConjugateGradientLineSearch", "numberOfIterations", [1.0], []),
    ("SetOptimizerAsRegularStepGradientDescent", "numberOfIterations", [1.0, 0.1], []),
    ("SetOptimizerAsLBFGSB", "maximumNumberOfCorrections", [1e-5, 5], []),
    ("SetOptimizerAsLBFGS2", "hessianApproximateAccuracy", [1e-5, 5], []),
    ("SetOptimizerAsAmoeba", "numberOfIterations", [1.0], []),
    ("SetOptimizerAsPowell", "maximumLineIterations", [5], []),
    ("SetOptimizerAsOnePlusOneEvolutionary", "seed", [5, 0.1, 1.0, 1.0, 1.0], []),
]

REAL: list[tuple[str, str, list[Any]]] = [
    ("SetMetricAsDemons", "intensityDifferenceThreshold", []),
    ("SetMetricAsJointHistogramMutualInformation", "varianceForJointPDFSmoothing", [20]),
    ("SetMetricSamplingPercentage", "percentage", []),
    ("SetOptimizerScalesFromIndexShift", "smallParameterVariation", [5]),
    ("SetOptimizerScalesFromPhysicalShift", "smallParameterVariation", [5]),
    ("SetOptimizerAsGradientDescent", "learningRate", []),
    ("SetOptimizerAsRegularStepGradientDescent", "minStep", [1.0]),
    ("SetOptimizerAsConjugateGradientLineSearch", "lineSearchEpsilon", [1.0, 5, 1e-6, 10, 0.0, 5.0]),
    (
        "SetOptimizerAsGradientDescentLineSearch",
        "maximumStepSizeInPhysicalUnits",
        [1.0, 5, 1e-6, 10, 0.0, 5.0, 0.1, 5, 1],
    ),
    ("SetOptimizerAsLBFGSB", "lowerBound", [1e-5, 5, 5, 20, 1e7]),
    ("SetOptimizerAsLBFGSB", "upperBound", [1e-5, 5, 5, 20, 1e7, 0.0]),
    ("SetOptimizerAsLBFGS2", "lineSearchAccuracy", [1e-5, 5, 6, 0, 1e-5, 40, 1e-20, 1e20]),
    ("SetOptimizerAsExhaustive", "stepLength", [[1, 1]]),
    ("SetOptimizerAsAmoeba", "simplexDelta", []),
    ("SetOptimizerAsPowell", "stepLength", [5, 5]),
    ("SetOptimizerAsOnePlusOneEvolutionary", "growthFactor", [5, 0.1, 1.0]),
]

FLAGS: list[tuple[str, str, list[Any]]] = [
    ("SetDebug", "debugFlag", []),
    ("SetMetricUseFixedImageGradientFilter", "arg2", []),
    ("SetMetricUseMovingImageGradientFilter", "arg2", []),
    ("SetSmoothingSigmasAreSpecifiedInPhysicalUnits", "arg", []),
    ("SetOptimizerAsAmoeba", "withRestarts", [1.0, 5, 1e-8, 1e-4]),
    ("SetOptimizerAsLBFGSB", "trace", [1e-5, 5, 5, 20, 1e7, 0.0, 1.0]),
    ("SetInitialTransform", "inPlace", [sitk.TranslationTransform(2)]),
    ("SetInitialTransformAsBSpline", "inPlace", [sitk.BSplineTransform(2)]),
]

SEQUENCES: list[tuple[str, str, list[Any], list[Any]]] = [
    ("SetShrinkFactorsPerLevel", "shrinkFactors", [], []),
    ("SetSmoothingSigmasPerLevel", "smoothingSigmas", [], []),
    ("SetMetricSamplingPercentagePerLevel", "percentage", [], []),
    ("SetOptimizerScales", "scales", [], []),
    ("SetOptimizerWeights", "weights", [], []),
    ("SetOptimizerAsExhaustive", "numberOfSteps", [], []),
    ("SetInitialTransformAsBSpline", "scaleFactors", [sitk.BSplineTransform(2), True], []),
    ("SetVirtualDomain", "virtualSize", [], [[0.0, 0.0], [1.0, 1.0], [1.0, 0.0, 0.0, 1.0]]),
    ("SetVirtualDomain", "virtualOrigin", [[8, 8]], [[1.0, 1.0], [1.0, 0.0, 0.0, 1.0]]),
    ("SetVirtualDomain", "virtualSpacing", [[8, 8], [0.0, 0.0]], [[1.0, 0.0, 0.0, 1.0]]),
    ("SetVirtualDomain", "virtualDirection", [[8, 8], [0.0, 0.0], [1.0, 1.0]], []),
]

ENUMERATIONS: list[tuple[str, str, list[Any]]] = [
    ("SetMetricSamplingStrategy", "strategy", []),
    ("SetInterpolator", "Interpolator", []),
    ("SetOptimizerAsGradientDescent", "estimateLearningRate", [1.0, 5, 1e-6, 10]),
    ("SetOptimizerAsRegularStepGradientDescent", "estimateLearningRate", [1.0, 0.1, 5, 0.5, 1e-4]),
]

OBJECTS: list[tuple[str, str, list[Any], str]] = [
    ("SetInitialTransform", "transform", [], "Transform"),
    ("SetInitialTransformAsBSpline", "transform", [], "BSplineTransform"),
    ("SetMovingInitialTransform", "transform", [], "Transform"),
    ("SetFixedInitialTransform", "transform", [], "Transform"),
    ("SetMetricFixedMask", "binaryMask", [], "Image"),
    ("SetMetricMovingMask", "binaryMask", [], "Image"),
    ("SetVirtualDomainFromImage", "virtualImage", [], "Image"),
    ("Execute", "fixed", [], "Image"),
    ("MetricEvaluate", "fixed", [], "Image"),
    ("Execute", "moving", [IMAGE], "Image"),
    ("MetricEvaluate", "moving", [IMAGE], "Image"),
]


def check(method: str, argument: str, arguments: list[Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=f"^{method}: {argument}.*{words}") as raised:
        getattr(make_method(ImageRegistrationMethod), method)(*arguments)
    assert type(raised.value) is error
    assert find_error(lambda m: getattr(m, method)(*arguments)) is error, "SimpleITK takes it differently"


@pytest.mark.parametrize(("method", "argument", "before", "after"), UNSIGNED)
def test_no_unsigned_number(method: str, argument: str, before: list[Any], after: list[Any]) -> None:
    for value, error, words in (
        (1.5, TypeError, "an integer of at least 0 is needed, not float 1.5"),
        ("5", TypeError, "not str '5'"),
        (None, TypeError, "not NoneType None"),
        ([3], TypeError, "list"),
        (-1, OverflowError, "not -1"),
        (2**32, OverflowError, "from 0 to 4294967295 is needed, not 4294967296"),
    ):
        check(method, argument, [*before, value, *after], error, words)


@pytest.mark.parametrize(("method", "argument", "before"), REAL)
def test_no_number(method: str, argument: str, before: list[Any]) -> None:
    wrong: list[tuple[Any, str]] = [
        ("1.0", "a number is needed, not str '1.0'"),
        (None, "not NoneType"),
        ([1.0], "list"),
        (1j, "1j"),
    ]
    after = {"learningRate": [5], "minStep": [5], "simplexDelta": [5]}.get(argument, [])  # numberOfIterations
    for value, words in wrong:
        check(method, argument, [*before, value, *after], TypeError, words)


@pytest.mark.parametrize(("method", "argument", "before"), FLAGS)
def test_no_flag(method: str, argument: str, before: list[Any]) -> None:
    wrong: list[Any] = [1, 0, "True", None, 1.0, []]
    for value in wrong:
        check(method, argument, [*before, value], TypeError, "True or False is needed, not ")


@pytest.mark.parametrize(("method", "argument", "before", "after"), SEQUENCES)
def test_no_sequence(method: str, argument: str, before: list[Any], after: list[Any]) -> None:
    for value, words in (
        (3, "a sequence of .* is needed, not int 3"),
        (None, "not NoneType"),
        ("421", "not str '421'"),
        (["4", "2"], r"\[0\].*not str '4'"),
        ([1, None], r"\[1\].*not NoneType"),
        ([[1, 2]], r"\[0\].*list"),
        (object(), "object"),
    ):
        check(method, argument, [*before, value, *after], TypeError, words)
    if argument in ("shrinkFactors", "numberOfSteps", "scaleFactors", "virtualSize"):
        for value, words in (([1, -1], r"\[1\].*not -1"), ([1.5], r"\[0\].*not float 1.5"), ([2**40], "1099511627776")):
            check(method, argument, [*before, value, *after], TypeError, words)


@pytest.mark.parametrize(("method", "argument", "before"), ENUMERATIONS)
def test_no_enumeration(method: str, argument: str, before: list[Any]) -> None:
    for value in ("RANDOM", None, 1.0):
        check(method, argument, [*before, value], TypeError, "one of .* is needed, not ")
    for value in (-1, 99):  # SimpleITK takes these, and fails or crashes later
        with pytest.raises(RuntimeError, match=f"^{method}: {argument}: {value} is none of "):
            getattr(make_method(ImageRegistrationMethod), method)(*before, value)


@pytest.mark.parametrize(("method", "argument", "before", "kind"), OBJECTS)
def test_no_object_of_the_class(method: str, argument: str, before: list[Any], kind: str) -> None:
    for value in (
        None,
        "file.nii",
        3,
        np.ones((4, 4)),
        sitk.Image if kind != "Image" else sitk.Transform,
        sitk.Command(),
    ):
        after = [IMAGE] if argument == "fixed" else []
        check(method, argument, [*before, value, *after], TypeError, f"SimpleITK.{kind} is needed, not ")


def test_other_transform_for_a_spline() -> None:
    for transform in (
        sitk.Euler2DTransform(),
        sitk.Transform(2, sitk.sitkEuler),
        sitk.Transform(sitk.BSplineTransform(2)),
    ):
        check("SetInitialTransformAsBSpline", "transform", [transform], TypeError, "BSplineTransform is needed")


@pytest.mark.parametrize(
    ("argument", "values", "words"),
    [
        ("virtualOrigin", [[8, 8], [0.0], [1.0, 1.0], [1.0, 0.0, 0.0, 1.0]], "has 1 numbers.* needs 2"),
        ("virtualSpacing", [[8, 8], [0.0, 0.0], [1.0, 1.0, 1.0], [1.0, 0.0, 0.0, 1.0]], "has 3 numbers.* needs 2"),
        ("virtualDirection", [[8, 8], [0.0, 0.0], [1.0, 1.0], [1.0, 0.0]], "has 2 numbers.* needs 4"),
    ],
)
def test_lengths_of_a_virtual_domain(argument: str, values: list[Any], words: str) -> None:
    check("SetVirtualDomain", argument, values, RuntimeError, words)


@pytest.mark.parametrize(
    "arguments",
    [
        ("sitkIterationEvent", print),
        (None, print),
        (1.0, print),
        (sitk.sitkIterationEvent,),
        (sitk.sitkIterationEvent, print, print),
    ],
)
def test_bad_commands(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match="AddCommand"):
        make_method(ImageRegistrationMethod).AddCommand(*arguments)
    assert find_error(lambda m: m.AddCommand(*arguments)) is TypeError


def test_commands_that_stock_takes_and_cannot_use() -> None:
    method = make_method(ImageRegistrationMethod)
    for command in (None, 3, "print"):
        with pytest.raises(TypeError, match=r"AddCommand: cmd: a function or SimpleITK.Command is needed, not "):
            method.AddCommand(sitk.sitkIterationEvent, command)
    with pytest.raises(RuntimeError, match=r"AddCommand: event: 99 is none of .*sitkIterationEvent"):
        method.AddCommand(99, print)


@pytest.mark.parametrize(
    "interpolator", ["sitkBSplineResampler", *(f"sitkBSplineResamplerOrder{order}" for order in range(1, 6))]
)
def test_interpolators_that_are_not_here(interpolator: str) -> None:
    order = interpolator[-1] if interpolator[-1].isdigit() else "3"
    with pytest.raises(NotImplementedError, match=f"{interpolator[:20]}.* use SimpleITK.sitkBSpline{order}"):
        make_method(ImageRegistrationMethod).SetInterpolator(getattr(sitk, interpolator))


# What Execute() and MetricEvaluate() refuse: what is set, the images, what they say; and whether SimpleITK does, too

NOTHING: Call = lambda method: None  # noqa: E731


def set_levels(factors: list[int], sigmas: list[float]) -> Call:
    def call(method: Any) -> None:
        method.SetShrinkFactorsPerLevel(factors)
        method.SetSmoothingSigmasPerLevel(sigmas)

    return call


def set_samples(percentages: list[float], strategy: int = STOCK.RANDOM) -> Call:
    def call(method: Any) -> None:
        method.SetMetricSamplingStrategy(strategy)
        method.SetMetricSamplingPercentagePerLevel(percentages, 1)

    return call


FOR_BOTH: dict[str, tuple[Call, Any, Any, str]] = {
    "pixels of two types": (
        NOTHING,
        IMAGE,
        make_image(pixel=sitk.sitkFloat64),
        "fixed has pixels of 32-bit float, moving",
    ),
    "pixels of two kinds": (NOTHING, IMAGE, VECTORS, "must have the same"),
    "integers": (
        NOTHING,
        *[make_image(pixel=sitk.sitkInt16)] * 2,
        "16-bit signed integer are not supported; use .*Cast",
    ),
    "8-bit integers": (NOTHING, *[make_image(pixel=sitk.sitkUInt8)] * 2, "8-bit unsigned integer are not supported"),
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

EXECUTE_ONLY: dict[str, tuple[Call, str]] = {
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

STOCK_GOES_ON: dict[str, tuple[Call, str]] = {
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
        "learning-rate: nan",
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
            call(make_method(ImageRegistrationMethod))
        if function == "Execute" or name not in ("no pixels", "empty domain"):  # which SimpleITK does not notice
            assert find_error(call) is RuntimeError


@pytest.mark.parametrize("name", EXECUTE_ONLY)
def test_bad_settings(name: str) -> None:
    configure, words = EXECUTE_ONLY[name]

    def call(method: Any) -> None:
        configure(method)
        method.Execute(IMAGE, IMAGE)

    with pytest.raises(RuntimeError, match=f"(?is){words}"):
        call(make_method(ImageRegistrationMethod))
    assert find_error(call) is RuntimeError


@pytest.mark.parametrize("name", STOCK_GOES_ON)
def test_bad_settings_that_SimpleITK_overlooks(name: str) -> None:
    configure, words = STOCK_GOES_ON[name]
    method = make_method(ImageRegistrationMethod)
    configure(method)
    with pytest.raises((RuntimeError, NotImplementedError), match=f"(?is){words}"):
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
        method = make_method(cls)
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
        method = make_method(ImageRegistrationMethod)
        method.SetInitialTransform(transform)
        with pytest.raises(NotImplementedError, match=r"SetInitialTransform: .*SetSmoothingGaussianOnUpdate\(\)"):
            method.Execute(IMAGE, IMAGE)


def test_chain_with_a_transform_that_SimpleITK_has_no_class_for() -> None:
    method = make_method(ImageRegistrationMethod)
    transforms = [sitk.TranslationTransform(3), sitk.ComposeScaleSkewVersor3DTransform()]
    method.SetMovingInitialTransform(sitk.CompositeTransform(transforms))
    method.SetInitialTransform(sitk.TranslationTransform(3))
    with pytest.raises(NotImplementedError, match=r"SetMovingInitialTransform: .* transform 1 of the composite"):
        method.Execute(VOLUME, VOLUME)


def test_registration_in_an_observer_of_its_own() -> None:
    method = make_method(ImageRegistrationMethod)
    method.AddCommand(sitk.sitkIterationEvent, lambda: method.Execute(IMAGE, MOVED))
    with pytest.raises(RuntimeError, match="Execute: this object is registering already; use another one"):
        method.Execute(IMAGE, MOVED)
    method.RemoveAllCommands()
    values: list[float] = []
    method.AddCommand(sitk.sitkIterationEvent, lambda: values.append(method.MetricEvaluate(IMAGE, MOVED)))
    method.AddCommand(sitk.sitkIterationEvent, lambda: make_method(ImageRegistrationMethod).Execute(IMAGE, MOVED))
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
        getattr(make_method(ImageRegistrationMethod), method)(value)


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
def test_bad_use_of_own_methods(configure: Call, words: str) -> None:
    method = make_method(ImageRegistrationMethod)
    configure(method)
    with pytest.raises(RuntimeError, match=f"(?is){words}"):
        method.Execute(IMAGE, IMAGE)


def test_the_method_can_be_used_after_bad_input() -> None:
    method = make_method(ImageRegistrationMethod)
    for fixed in (VOLUME, VECTORS):
        with pytest.raises(RuntimeError):
            method.Execute(fixed, IMAGE)
    method.SetMetricFixedMask(make_shifted_mask())
    with pytest.raises(RuntimeError):
        method.Execute(IMAGE, IMAGE)
    assert "mask" in method.GetOptimizerStopConditionDescription()
    method.SetMetricFixedMask(sitk.Image())
    result = method.Execute(IMAGE, IMAGE)
    assert result.GetParameters() == make_method(ImageRegistrationMethod).Execute(IMAGE, IMAGE).GetParameters()


def test_numbers_of_numpy() -> None:
    """Which SimpleITK refuses."""
    method = make_method(ImageRegistrationMethod)
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
