# SPDX-License-Identifier: Apache-2.0
"""The drop-in for SimpleITK beside SimpleITK: metrics, optimizers with every argument, transforms, interpolators."""

import ctypes
import itertools
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import _core
from itk_maskedsampling.simpleitk import ImageRegistrationMethod
from simpleitk_sides import (
    FIXED,
    IMAGES,
    METRICS,
    MOVING,
    NOT_DETERMINED,
    NOTHING,
    OPTIMIZERS,
    RELATIVE,
    STOCK,
    TRANSFORMS,
    WITHOUT_SCALES,
    Configure,
    assert_same,
    centered,
    describe,
    differs,
    make_images,
    make_method,
    one_thread,  # noqa: F401 (a fixture that every test uses)
    read_state,
    register,
)

pytestmark = NOT_DETERMINED

#: One for each kind of code path, for the combinations with metrics and optimizers.
FEW_TRANSFORMS = ("translation", "Euler", "affine", "B-spline", "displacement field", "chain")
#: Optimizers that need many evaluations if there are many parameters.
FOR_FEW_PARAMETERS = ("exhaustive", "amoeba", "Powell", "evolution")
#: They ask for a scale for each parameter, where the estimators give one for each dimension.
REFUSED_BY_ITK = {("regular step", "displacement field"), ("LBFGSB", "displacement field")}
#: The step is so short that the metric changes in its last digits only, which decide where the line search goes.
FLAT = {(m, o, "displacement field"): 0.01 for m in ("correlation",) for o in ("line search", "conjugate gradient")}


def choose_scales(optimizer: str, transform: Any) -> Configure:
    if optimizer in WITHOUT_SCALES:
        return lambda m: m.SetOptimizerScales([])
    if optimizer in FOR_FEW_PARAMETERS:
        return lambda m: m.SetOptimizerScales([1.0] * transform.GetNumberOfParameters())
    return NOTHING


COMBINATIONS = [
    (metric, optimizer, transform)
    for metric, optimizer, transform in itertools.product(METRICS, OPTIMIZERS, FEW_TRANSFORMS)
    if (metric != "demons" or transform == "displacement field")  # which demons need
    and (optimizer not in FOR_FEW_PARAMETERS or transform not in ("B-spline", "displacement field"))
]


@pytest.mark.parametrize(("metric", "optimizer", "transform"), COMBINATIONS)
def test_metric_with_optimizer_and_transform(metric: str, optimizer: str, transform: str) -> None:
    def run(cls: Any) -> Any:
        given = TRANSFORMS[transform]()
        configure = [METRICS[metric], OPTIMIZERS[optimizer], choose_scales(optimizer, given)]
        if optimizer == "exhaustive":
            steps = [1] * min(3, given.GetNumberOfParameters()) + [0] * max(0, given.GetNumberOfParameters() - 3)
            configure.append(lambda m: m.SetOptimizerAsExhaustive(steps, 0.1))
        return register(cls, *configure, transform=given)

    stock = run(STOCK)
    assert (stock == "RuntimeError") == ((optimizer, transform) in REFUSED_BY_ITK)
    assert_same(run(ImageRegistrationMethod), stock, relative=FLAT.get((metric, optimizer, transform), RELATIVE))


@pytest.mark.parametrize("in_place", [True, False], ids=["in place", "copied"])
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_transform(transform: str, in_place: bool) -> None:
    """Two levels; the type of what is returned, and whether what was given is changed."""

    def run(cls: Any) -> Any:
        given = TRANSFORMS[transform]()
        before, parameters = describe(given), given.GetParameters()
        lazy_copy = sitk.Transform(given)
        method = make_method(cls)
        method.SetInitialTransform(given, in_place)
        method.SetShrinkFactorsPerLevel([2, 1])
        method.SetSmoothingSigmasPerLevel([1.0, 0.0])
        if transform == "chain with B-spline":  # whose scales ITK estimates from random points, other ones each time
            method.SetOptimizerAsRegularStepGradientDescent(0.5, 1e-3, 5)
            method.SetOptimizerScales([])
        result = method.Execute(*IMAGES[given.GetDimension()])
        assert differs(describe(given), before) == in_place
        assert lazy_copy.GetParameters() == parameters
        assert result.GetParameters() != parameters
        return [describe(result), describe(given), describe(method.GetInitialTransform()), read_state(method)]

    assert_same(run(ImageRegistrationMethod), run(STOCK))


def test_transform_that_SimpleITK_has_no_class_for_in_Python() -> None:
    """It raises a KeyError, when the work is done."""
    given = [centered(sitk.ComposeScaleSkewVersor3DTransform()) for _ in range(3)]
    with pytest.raises(KeyError):
        make_method(STOCK, given[0]).Execute(*IMAGES[3])
    result = make_method(ImageRegistrationMethod, given[1]).Execute(*IMAGES[3])
    assert_same(describe(given[1]), describe(given[0]))
    assert type(result) is sitk.Transform
    assert result.GetParameters() == given[1].GetParameters()
    copied = make_method(ImageRegistrationMethod, None, lambda m: m.SetInitialTransform(given[2], False))
    assert copied.Execute(*IMAGES[3]).GetParameters() == given[1].GetParameters()
    assert not any(given[2].GetParameters()[:6])


@pytest.mark.parametrize("factors", [[1, 2], [2, 2], [1], [0, 2], [2, 0], [], [1, 2, 3]], ids=str)
@pytest.mark.parametrize(("in_place", "order"), [(True, 3), (False, 3), (True, 2)])
def test_grids_of_a_spline_per_level(factors: list[int], in_place: bool, order: int) -> None:
    def run(cls: Any) -> Any:
        given = sitk.BSplineTransformInitializer(FIXED, [3, 2], order)
        method = make_method(cls)
        method.SetInitialTransformAsBSpline(given, in_place, factors)
        method.SetShrinkFactorsPerLevel([2, 1])
        method.SetSmoothingSigmasPerLevel([1.0, 0.0])
        sizes: list[Any] = []

        def look() -> None:
            sizes.append((len(method.GetOptimizerPosition()), method.GetInitialTransform().GetNumberOfParameters()))

        method.AddCommand(sitk.sitkIterationEvent, look)
        result = method.Execute(FIXED, MOVING)
        return [describe(result), describe(given), sizes]

    assert_same(run(ImageRegistrationMethod), run(STOCK))


def test_other_spline_after_one_with_grids_per_level() -> None:
    def run(cls: Any) -> Any:
        method = make_method(cls)
        method.SetInitialTransformAsBSpline(sitk.BSplineTransformInitializer(FIXED, [2, 2]), True, [2])
        method.SetInitialTransform(sitk.BSplineTransformInitializer(FIXED, [2, 2]))
        return describe(method.Execute(FIXED, MOVING))

    assert_same(run(ImageRegistrationMethod), run(STOCK))


def test_threads_and_work_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that can be seen from outside depends on them."""
    given: list[Any] = []
    original = _core.Method.set

    def record(core: Any, stage: int, name: str, value: Any) -> None:
        if name == "work-units":
            given.append(value)
        original(core, stage, name, value)

    monkeypatch.setattr(_core.Method, "set", record)
    method = make_method(ImageRegistrationMethod)
    method.SetNumberOfThreads(3)
    method.MetricEvaluate(FIXED, MOVING)
    method.SetNumberOfWorkUnits(2)
    method.Execute(FIXED, MOVING)
    assert given == [3, 2]


#: Every argument of every optimizer that no other test gives: what it is by default, and with another value.
LINE_SEARCH = {"learningRate": 1.0, "numberOfIterations": 4}
REGULAR_STEP = {"learningRate": 0.5, "minStep": 1e-3, "numberOfIterations": 12}
LBFGSB = {"numberOfIterations": 30}
LBFGS2 = {"numberOfIterations": 6}
AMOEBA = {"simplexDelta": 0.5, "numberOfIterations": 40}
POWELL = {"numberOfIterations": 4, "stepLength": 0.2}
EVOLUTION = {"numberOfIterations": 40, "initialRadius": 0.3, "seed": 3}
ARGUMENTS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("GradientDescent", LINE_SEARCH, {"learningRate": 0.01, "estimateLearningRate": STOCK.Never}),
    ("GradientDescent", LINE_SEARCH, {"numberOfIterations": 3}),
    ("GradientDescent", {**LINE_SEARCH, "numberOfIterations": 20}, {"convergenceMinimumValue": 0.1}),
    ("GradientDescent", {**LINE_SEARCH, "numberOfIterations": 20}, {"convergenceWindowSize": 3}),
    ("GradientDescent", LINE_SEARCH, {"estimateLearningRate": STOCK.EachIteration}),
    ("GradientDescent", LINE_SEARCH, {"maximumStepSizeInPhysicalUnits": 0.3}),
    *(
        (name, LINE_SEARCH, other)
        for name in ("GradientDescentLineSearch", "ConjugateGradientLineSearch")
        for other in (
            {"numberOfIterations": 2},
            {"lineSearchLowerLimit": 0.7},
            {"lineSearchUpperLimit": 1.5},
            {"lineSearchEpsilon": 0.3},
            {"lineSearchMaximumIterations": 2},
            {"estimateLearningRate": STOCK.Never, "learningRate": 0.01},
            {"maximumStepSizeInPhysicalUnits": 0.3},
            {"convergenceWindowSize": 2, "convergenceMinimumValue": 10.0},
        )
    ),
    ("RegularStepGradientDescent", REGULAR_STEP, {"learningRate": 0.7}),
    ("RegularStepGradientDescent", REGULAR_STEP, {"minStep": 0.2}),
    ("RegularStepGradientDescent", REGULAR_STEP, {"numberOfIterations": 3}),
    ("RegularStepGradientDescent", REGULAR_STEP, {"relaxationFactor": 0.8}),
    ("RegularStepGradientDescent", REGULAR_STEP, {"gradientMagnitudeTolerance": 20.0}),
    ("RegularStepGradientDescent", REGULAR_STEP, {"estimateLearningRate": STOCK.Once}),
    (
        "RegularStepGradientDescent",
        {**REGULAR_STEP, "estimateLearningRate": 1},
        {"maximumStepSizeInPhysicalUnits": 0.2},
    ),
    ("LBFGSB", LBFGSB, {"gradientConvergenceTolerance": 5.0}),
    ("LBFGSB", LBFGSB, {"numberOfIterations": 2}),
    ("LBFGSB", LBFGSB, {"maximumNumberOfCorrections": 1}),
    ("LBFGSB", LBFGSB, {"maximumNumberOfFunctionEvaluations": 3}),
    ("LBFGSB", LBFGSB, {"costFunctionConvergenceFactor": 1e14}),
    ("LBFGS2", LBFGS2, {"solutionAccuracy": 5.0}),
    ("LBFGS2", LBFGS2, {"numberOfIterations": 2}),
    ("LBFGS2", {}, {"numberOfIterations": 3}),
    ("LBFGS2", LBFGS2, {"hessianApproximateAccuracy": 1}),
    ("LBFGS2", LBFGS2, {"deltaConvergenceDistance": 1, "deltaConvergenceTolerance": 0.5}),
    ("LBFGS2", {**LBFGS2, "deltaConvergenceDistance": 1}, {"deltaConvergenceTolerance": 10.0}),
    ("LBFGS2", LBFGS2, {"lineSearchMaximumEvaluations": 1}),
    ("LBFGS2", LBFGS2, {"lineSearchMinimumStep": 0.005}),
    ("LBFGS2", LBFGS2, {"lineSearchMaximumStep": 0.5}),
    ("LBFGS2", LBFGS2, {"lineSearchAccuracy": 0.45}),
    ("Exhaustive", {"numberOfSteps": [1, 1, 1]}, {"stepLength": 0.1}),
    ("Exhaustive", {"numberOfSteps": [1, 1, 1]}, {"numberOfSteps": [0, 2, 1]}),
    ("Amoeba", AMOEBA, {"simplexDelta": 0.2}),
    ("Amoeba", AMOEBA, {"numberOfIterations": 6}),
    ("Amoeba", AMOEBA, {"parametersConvergenceTolerance": 0.1, "functionConvergenceTolerance": 10.0}),
    ("Amoeba", {**AMOEBA, "parametersConvergenceTolerance": 0.1}, {"functionConvergenceTolerance": 10.0}),
    ("Amoeba", {**AMOEBA, "functionConvergenceTolerance": 10.0}, {"parametersConvergenceTolerance": 0.1}),
    (
        "Amoeba",
        {**AMOEBA, "parametersConvergenceTolerance": 1.0, "functionConvergenceTolerance": 10.0},
        {"withRestarts": True},
    ),
    ("Powell", POWELL, {"numberOfIterations": 1}),
    ("Powell", POWELL, {"maximumLineIterations": 2}),
    ("Powell", POWELL, {"stepLength": 0.5}),
    ("Powell", POWELL, {"stepTolerance": 0.3}),
    ("Powell", POWELL, {"valueTolerance": 0.5}),
    ("OnePlusOneEvolutionary", EVOLUTION, {"numberOfIterations": 6}),
    ("OnePlusOneEvolutionary", EVOLUTION, {"epsilon": 1.0}),
    ("OnePlusOneEvolutionary", EVOLUTION, {"initialRadius": 0.1}),
    ("OnePlusOneEvolutionary", EVOLUTION, {"growthFactor": 1.5}),
    ("OnePlusOneEvolutionary", EVOLUTION, {"shrinkFactor": 0.7}),
    ("OnePlusOneEvolutionary", EVOLUTION, {"seed": 4}),
]


@pytest.mark.parametrize(("optimizer", "usual", "other"), ARGUMENTS)
def test_argument_of_an_optimizer(optimizer: str, usual: dict[str, Any], other: dict[str, Any]) -> None:
    def run(cls: Any, arguments: dict[str, Any]) -> Any:
        method = make_method(cls)
        if "Gradient" not in optimizer:
            method.SetOptimizerScales([] if "LBFGS" in optimizer else [1.0, 1.0, 1.0])
        getattr(method, f"SetOptimizerAs{optimizer}")(**arguments)
        ctypes.CDLL(None).srand(1)  # of C: it decides where the amoeba of ITK restarts
        result = describe(method.Execute(FIXED, MOVING))
        return [
            result,
            method.GetOptimizerIteration(),
            method.GetMetricValue(),
            method.GetOptimizerStopConditionDescription(),
        ]

    stock = run(STOCK, {**usual, **other})
    assert differs(stock, run(STOCK, usual)), "makes no difference, so that this test would see none"
    assert_same(run(ImageRegistrationMethod, {**usual, **other}), stock)


@pytest.mark.parametrize("seed", range(12))
def test_any_scales_of_an_exhaustive_search(seed: int) -> None:
    """It multiplies its steps by them: SimpleITK's notebooks hold parameters by a scale of 0."""
    rng = np.random.default_rng(seed)
    transform = ["translation", "Euler", "affine", "versor rigid"][seed % 4]

    def run(cls: Any) -> Any:
        given = TRANSFORMS[transform]()
        return register(
            cls,
            lambda m: m.SetOptimizerAsExhaustive(steps, step),
            lambda m: m.SetOptimizerScales(scales),
            lambda m: m.SetShrinkFactorsPerLevel([2, 1]),
            lambda m: m.SetSmoothingSigmasPerLevel([1.0, 0.0]),
            transform=given,
            images=IMAGES[given.GetDimension()],
        )

    number = TRANSFORMS[transform]().GetNumberOfParameters()
    steps = [int(each) for each in rng.permutation([2, 1] + [0] * (number - 2))]
    step = float(rng.uniform(0.01, 0.2))
    scales = [float(each) for each in rng.choice([0.0, -1.0, 1.0, 0.5, -0.3], number)]
    scales[int(rng.integers(number))] = 0.0
    stock = run(STOCK)
    assert stock != "RuntimeError"
    assert_same(run(ImageRegistrationMethod), stock)


INTERPOLATORS = [
    *("sitkNearestNeighbor", "sitkLinear", "sitkGaussian", "sitkLabelGaussian"),
    *(f"sitkBSpline{order or ''}" for order in range(6)),
    *(f"sitk{window}WindowedSinc" for window in ("Hamming", "Cosine", "Welch", "Lanczos", "Blackman")),
]


@pytest.mark.parametrize("interpolator", INTERPOLATORS)
def test_interpolator(interpolator: str) -> None:
    def run(cls: Any) -> Any:
        method = make_method(cls, sitk.TranslationTransform(2, (0.3, 0.4)))
        method.SetInterpolator(getattr(sitk, interpolator))
        method.SetOptimizerAsRegularStepGradientDescent(0.5, 1e-3, 2)
        return [method.MetricEvaluate(FIXED, MOVING), describe(method.Execute(FIXED, MOVING))]

    assert_same(run(ImageRegistrationMethod), run(STOCK))


@pytest.mark.parametrize(
    "bounds", [{}, {"lowerBound": -0.1}, {"upperBound": 0.2}, {"lowerBound": -0.1, "upperBound": 0.2}]
)
def test_bounds(bounds: dict[str, float]) -> None:
    def run(cls: Any) -> Any:
        method = make_method(cls, sitk.TranslationTransform(2))
        method.SetOptimizerScales([])
        method.SetOptimizerAsLBFGSB(numberOfIterations=8, **bounds)
        return describe(method.Execute(FIXED, MOVING))

    stock = run(STOCK)
    assert_same(run(ImageRegistrationMethod), stock)
    assert min(stock[-1]) >= bounds.get("lowerBound", -3) - 1e-9
    assert max(stock[-1]) <= bounds.get("upperBound", 3) + 1e-9


def test_directions_and_origins() -> None:
    images = make_images(3)
    for image in images:
        image.SetDirection((0.0, -1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0))
        image.SetOrigin((5.0, -7.0, 11.0))
    stock = register(STOCK, transform=sitk.Euler3DTransform(), images=images)
    assert stock["course"]
    assert_same(register(ImageRegistrationMethod, transform=sitk.Euler3DTransform(), images=images), stock)
