# SPDX-License-Identifier: Apache-2.0
"""What the setters of the drop-in for SimpleITK refuse: exceptions of SimpleITK's types that name the argument."""

import collections
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling.simpleitk import ImageRegistrationMethod
from simpleitk_sides import IMAGE, find_error, make_short_method

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
        getattr(make_short_method(ImageRegistrationMethod), method)(*arguments)
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


class Iterated:
    """What only can be iterated over."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)


class Indexed:
    """What is iterated over by its numbers, as Python did it at first."""

    def __init__(self, values: list[Any]) -> None:
        self.values = values

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, number: int) -> Any:
        return self.values[number]


#: SimpleITK takes all of them; those of one use are empty for who looks twice.
ITERABLES: dict[str, Callable[[list[Any]], Any]] = {
    "tuple": tuple,
    "iterator": iter,
    "map": lambda values: map(lambda value: value, values),
    "filter": lambda values: filter(lambda _: True, values),
    "generator": lambda values: (value for value in values),
    "zip": lambda values: (value for value, _ in zip(values, values, strict=True)),
    "reversed": lambda values: reversed(values[::-1]),
    "deque": collections.deque,
    "values of a dict": lambda values: dict(enumerate(values)).values(),
    "keys of a dict": dict.fromkeys,
    "iterated": Iterated,
    "indexed": Indexed,
}
#: What sequences become.
KEPT = (
    *("_shrink_factors", "_sigmas", "_percentages", "_samples", "_optimizer", "_optimizer_weights"),
    *("_manual_scales", "_scale_factors", "_domain"),
)


@pytest.mark.parametrize("kind", ITERABLES)
@pytest.mark.parametrize(("method", "argument", "before", "after"), SEQUENCES)
def test_iterables(method: str, argument: str, before: list[Any], after: list[Any], kind: str) -> None:
    values: list[Any] = [4, 2] if argument != "virtualDirection" else [4, 3, 2, 1]

    def call(given: Any) -> Any:
        ours = make_short_method(ImageRegistrationMethod)
        getattr(ours, method)(*before, given, *after)
        return {name: getattr(ours, name) for name in KEPT}

    assert call(ITERABLES[kind](values)) == call(values)
    assert call(values) != {name: getattr(make_short_method(ImageRegistrationMethod), name) for name in KEPT}
    assert find_error(lambda m: getattr(m, method)(*before, ITERABLES[kind](values), *after)) is None
    if argument not in ("scales", "weights", "scaleFactors", "percentage", "virtualOrigin"):
        return
    # What fails in the middle of it is named by its place.
    with pytest.raises(TypeError, match=rf"{method}: {argument}\[1\].*not NoneType"):
        call(ITERABLES[kind]([values[0], None, *values[2:]]))


@pytest.mark.parametrize("kind", ITERABLES)
def test_iterables_of_numbers_of_samples(kind: str) -> None:
    method = make_short_method(ImageRegistrationMethod)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetShrinkFactorsPerLevel(map(int, "21"))
    method.SetSmoothingSigmasPerLevel(sigma for sigma in (1.0, 0.0))
    method.SetMetricNumberOfSamples(ITERABLES[kind]([30, 40]))
    counts: list[int] = []
    method.AddCommand(
        sitk.sitkMultiResolutionIterationEvent, lambda: counts.append(len(method.GetMetricSamplePoints()))
    )
    method.Execute(IMAGE, IMAGE)
    assert counts == [30, 40]


def test_exception_of_an_iterable() -> None:
    def fail() -> Iterator[int]:
        yield 2
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        make_short_method(ImageRegistrationMethod).SetShrinkFactorsPerLevel(fail())


@pytest.mark.parametrize(("method", "argument", "before"), ENUMERATIONS)
def test_no_enumeration(method: str, argument: str, before: list[Any]) -> None:
    for value in ("RANDOM", None, 1.0):
        check(method, argument, [*before, value], TypeError, "one of .* is needed, not ")
    for value in (-1, 99):  # SimpleITK takes these, and fails or crashes later
        with pytest.raises(RuntimeError, match=f"^{method}: {argument}: {value} is none of "):
            getattr(make_short_method(ImageRegistrationMethod), method)(*before, value)


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
        make_short_method(ImageRegistrationMethod).AddCommand(*arguments)
    assert find_error(lambda m: m.AddCommand(*arguments)) is TypeError


def test_commands_that_stock_takes_and_cannot_use() -> None:
    method = make_short_method(ImageRegistrationMethod)
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
        make_short_method(ImageRegistrationMethod).SetInterpolator(getattr(sitk, interpolator))
