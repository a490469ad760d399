# SPDX-License-Identifier: Apache-2.0
"""The drop-in for SimpleITK beside SimpleITK: the same calls on both, for every public method."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling.simpleitk import ImageRegistrationMethod
from simpleitk_sides import (
    EVENTS,
    FIXED,
    IMAGES,
    METHODS,
    METRICS,
    MOVING,
    NOT_DETERMINED,
    OPTIMIZERS,
    RELATIVE,
    SETTERS,
    STATE,
    STOCK,
    WITHOUT_SCALES,
    assert_same,
    describe,
    differs,
    make_field,
    make_images,
    make_mask,
    make_method,
    one_thread,  # noqa: F401 (a fixture that every test uses)
    read_state,
    register,
)

pytestmark = NOT_DETERMINED


@pytest.mark.parametrize("name", SETTERS)
def test_setter(name: str) -> None:
    before, setter = SETTERS[name]
    assert setter(make_method(ImageRegistrationMethod)) is None
    stock = register(STOCK, before, setter)
    assert stock != "RuntimeError"
    assert differs(stock, register(STOCK, before)), "makes no difference, so that this test would see none"
    assert_same(register(ImageRegistrationMethod, before, setter), stock)


def test_default_metric() -> None:
    def evaluate(cls: Any) -> float:
        method = cls()
        method.SetInitialTransform(sitk.TranslationTransform(2))
        value: float = method.MetricEvaluate(FIXED, MOVING)
        return value

    assert evaluate(ImageRegistrationMethod) == pytest.approx(evaluate(STOCK), rel=RELATIVE)


# Every other method: what it gives, or does


def scenario_state(cls: Any) -> Any:
    """What can be asked for before, during and after a registration of two levels."""
    method = make_method(cls)
    by_chance = ("GetMetricValue", "GetMetricNumberOfValidPoints", "GetOptimizerIteration")  # before the first run
    outcome: list[Any] = [read_state(method, tuple(name for name in STATE if name not in by_chance))]
    method.SetShrinkFactorsPerLevel([2, 1])
    method.SetSmoothingSigmasPerLevel([1.0, 0.0])
    for event in (sitk.sitkIterationEvent, sitk.sitkEndEvent):
        method.AddCommand(event, lambda: outcome.append(read_state(method)))
    method.Execute(FIXED, MOVING)
    outcome.append(read_state(method))
    return outcome


def scenario_set(setter: str, *values: Any) -> Callable[[Any], Any]:
    """What a getter has by default, and after each call of the setter."""

    def run(cls: Any) -> Any:
        method = cls()
        getter = f"Get{setter[3:]}"
        outcome = [getattr(method, getter)()]
        for value in values:
            assert getattr(method, setter)(value) is None
            outcome.append(getattr(method, getter)())
        return outcome

    return run


def scenario_transform(setter: str) -> Callable[[Any], Any]:
    def run(cls: Any) -> Any:
        method = cls()
        getter = f"Get{setter[3:]}"
        outcome = [describe(getattr(method, getter)())]
        transform = sitk.TranslationTransform(2, (1.0, 2.0))
        getattr(method, setter)(transform)
        outcome.append(describe(getattr(method, getter)()))
        transform.SetOffset((3.0, 4.0))  # has no influence any more
        outcome.append(describe(getattr(method, getter)()))
        return outcome

    return run


def scenario_in_place(cls: Any) -> Any:
    method = cls()
    outcome = [method.GetInitialTransformInPlace()]
    for in_place in (False, True):
        method.SetInitialTransform(sitk.Euler2DTransform(), in_place)
        outcome.append(method.GetInitialTransformInPlace())
        method.SetInitialTransformAsBSpline(sitk.BSplineTransform(2), not in_place)
        outcome.append(method.GetInitialTransformInPlace())
    return outcome


def scenario_debug(cls: Any) -> Any:
    method = cls()
    outcome = [method.GetDebug()]
    for call in (method.DebugOn, method.DebugOff, lambda: method.SetDebug(True), lambda: method.SetDebug(False)):
        call()
        outcome.append(method.GetDebug())
    return outcome


def scenario_static(name: str, value: Any) -> Callable[[Any], Any]:
    """A setting of SimpleITK as a whole: both classes see what either sets."""

    def run(cls: Any) -> Any:
        getter = f"Get{name}"
        before = getattr(cls, getter)()
        outcome = [before]
        try:
            getattr(cls, f"Set{name}")(value)
            outcome += [getattr(each, getter)() for each in (cls, cls(), STOCK, sitk.ProcessObject)]
        finally:
            getattr(cls, f"Set{name}")(before)
        return outcome

    return run


def scenario_on_off(name: str) -> Callable[[Any], Any]:
    def run(cls: Any) -> Any:
        before = getattr(cls, f"Get{name}")()
        outcome = [before]
        try:
            for switch in ("On", "Off"):
                getattr(cls, f"{name}{switch}")()
                outcome += [getattr(each, f"Get{name}")() for each in (cls, STOCK)]
                outcome.append(cls().GetDebug())
        finally:
            getattr(cls, f"Set{name}")(before)
        return outcome

    return run


def scenario_commands(cls: Any) -> Any:
    method = make_method(cls)
    outcome: list[Any] = [method.HasCommand(sitk.sitkIterationEvent)]
    outcome.append(method.AddCommand(sitk.sitkIterationEvent, lambda: outcome.append("called")))
    outcome += [method.HasCommand(sitk.sitkIterationEvent), method.HasCommand(sitk.sitkEndEvent), method.HasCommand(99)]
    method.Execute(FIXED, MOVING)
    method.RemoveAllCommands()
    outcome.append(method.HasCommand(sitk.sitkIterationEvent))
    method.Execute(FIXED, MOVING)
    return outcome


def scenario_evaluate(cls: Any) -> Any:
    outcome = []
    for configure in METRICS.values():
        method = make_method(cls, make_field(2, False), configure)
        outcome.append(method.MetricEvaluate(FIXED, MOVING))
        if configure is not METRICS["demons"]:  # which want the field alone
            method.SetMovingInitialTransform(sitk.TranslationTransform(2, (0.5, 0.25)))
        for change in (
            lambda m: m.SetFixedInitialTransform(sitk.TranslationTransform(2, (0.25, 0.5))),
            lambda m: m.SetInterpolator(sitk.sitkBSpline2),
            lambda m: m.SetMetricMovingMask(make_mask()),
            lambda m: m.SetMetricFixedMask(make_mask()),
            # Without influence:
            lambda m: m.SetShrinkFactorsPerLevel([2, 1]),
            lambda m: m.SetSmoothingSigmasPerLevel([3.0]),
            lambda m: (m.SetMetricSamplingStrategy(m.RANDOM), m.SetMetricSamplingPercentage(0.1, 3)),
        ):
            change(method)
            outcome.append(method.MetricEvaluate(FIXED, MOVING))
    return outcome


def scenario_evaluate_domain(cls: Any) -> Any:
    method = make_method(
        cls, None, lambda m: m.SetVirtualDomain([5, 6], [4.0, 18.0], [2.0, 3.0], [0.0, 1.0, -1.0, 0.0])
    )
    method.Execute(FIXED, MOVING)
    value = method.GetMetricValue()
    return [method.MetricEvaluate(FIXED, MOVING), method.GetMetricValue() == value]


def scenario_execute(cls: Any) -> Any:
    """Twice, and by keywords: in place, the second starts where the first ended."""
    method = make_method(cls)
    outcome = [describe(method.Execute(FIXED, MOVING)), describe(method.Execute(moving=MOVING, fixed=FIXED))]
    for images in (make_images(2, np.float64), IMAGES[3]):
        method.SetInitialTransform(sitk.TranslationTransform(images[0].GetDimension()))
        outcome.append(describe(method.Execute(*images)))
    return outcome


def scenario_abort(cls: Any) -> Any:
    """It ends nothing, but is seen at the end."""
    outcome: list[Any] = []

    def run(event: int) -> None:
        method = make_method(cls)
        method.Abort()
        method.AddCommand(event, method.Abort)
        for name in EVENTS:
            method.AddCommand(getattr(sitk, name), lambda name=name: outcome.append((name, method.GetProgress())))
        method.Execute(FIXED, MOVING)
        outcome.append(method.GetProgress())

    for event in (sitk.sitkStartEvent, sitk.sitkIterationEvent, sitk.sitkMultiResolutionIterationEvent):
        run(event)
    return outcome


def scenario_stop(cls: Any) -> Any:
    outcome: list[Any] = []

    def run(optimizer: str) -> None:
        method = make_method(cls, None, OPTIMIZERS[optimizer])
        if optimizer in WITHOUT_SCALES:
            method.SetOptimizerScales([])
        method.SetShrinkFactorsPerLevel([2, 1])
        method.SetSmoothingSigmasPerLevel([0.0, 0.0])
        outcome.append(method.StopRegistration())

        def stop() -> None:
            if method.GetOptimizerIteration() == 1:
                outcome.append(method.StopRegistration())
            outcome.append((method.GetCurrentLevel(), method.GetOptimizerIteration()))

        method.AddCommand(sitk.sitkIterationEvent, stop)
        outcome.append(describe(method.Execute(FIXED, MOVING)))
        outcome.append(method.GetOptimizerIteration())
        outcome.append(method.GetOptimizerStopConditionDescription())
        outcome.append(method.StopRegistration())

    for optimizer in OPTIMIZERS:
        run(optimizer)
    return outcome


def scenario_sampling(cls: Any) -> Any:
    """Without a mask, the points differ, but not how many, nor what comes out, to some digits."""
    outcome: list[Any] = []
    method = make_method(cls, sitk.TranslationTransform(2))
    method.SetMovingInitialTransform(sitk.TranslationTransform(2, (0.0, 0.0)))
    for strategy in (method.REGULAR, method.RANDOM):
        for seed in (1, 2):
            method.SetInitialTransform(sitk.TranslationTransform(2))
            method.SetOptimizerAsRegularStepGradientDescent(0.5, 1e-3, 50)
            method.SetMetricSamplingStrategy(strategy)
            method.SetMetricSamplingPercentage(0.5, seed)
            outcome += np.round(method.Execute(FIXED, MOVING).GetParameters(), 1).tolist()
    for percentages in ([0.5, 0.25], (1.0,), []):
        method.SetMetricSamplingPercentagePerLevel(percentages, seed=3)
        outcome.append(method.GetMetricSamplingPercentagePerLevel())
    method.SetMetricSamplingPercentage(0.75)
    outcome.append(method.GetMetricSamplingPercentagePerLevel())
    return outcome


def scenario_mask(cls: Any) -> Any:
    """Without sampling and estimated scales, a mask does the same for both. An image without pixels is none."""
    outcome = []
    masks = (make_mask(), sitk.Image())
    for setter, mask in itertools.product(("SetMetricFixedMask", "SetMetricMovingMask"), masks):
        method = make_method(cls, sitk.TranslationTransform(2))
        method.SetOptimizerScales([1.0, 2.0])
        method.SetOptimizerAsRegularStepGradientDescent(0.5, 1e-3, 8)
        getattr(method, setter)(mask)
        outcome.append(describe(method.Execute(FIXED, MOVING)))
        outcome.append(read_state(method))
    return outcome


SCENARIOS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(STATE, scenario_state),
    **dict.fromkeys(("GetDebug", "SetDebug", "DebugOn", "DebugOff"), scenario_debug),
    **dict.fromkeys(("AddCommand", "HasCommand", "RemoveAllCommands"), scenario_commands),
    **dict.fromkeys(
        (
            "SetMetricSamplingStrategy",
            "SetMetricSamplingPercentage",
            "SetMetricSamplingPercentagePerLevel",
            "GetMetricSamplingPercentagePerLevel",
        ),
        scenario_sampling,
    ),
    **{
        f"{verb}{name}": scenario_static(name, value)
        for name, value in (
            ("GlobalDefaultDebug", True),
            ("GlobalWarningDisplay", False),
            ("GlobalDefaultCoordinateTolerance", 1e-3),
            ("GlobalDefaultDirectionTolerance", 1e-3),
            ("GlobalDefaultThreader", "PLATFORM"),
            ("GlobalDefaultNumberOfThreads", 3),
        )
        for verb in ("Get", "Set")
    },
    **{
        f"{name}{switch}": scenario_on_off(name)
        for name in ("GlobalDefaultDebug", "GlobalWarningDisplay")
        for switch in ("On", "Off")
    },
    "GetName": lambda cls: cls().GetName(),
    "GetInterpolator": scenario_set("SetInterpolator", sitk.sitkNearestNeighbor, sitk.sitkBSpline),
    "GetOptimizerWeights": scenario_set("SetOptimizerWeights", [1.0, 0.5], ()),
    "GetNumberOfThreads": scenario_set("SetNumberOfThreads", 5, 0),
    "SetNumberOfThreads": lambda cls: register(cls, lambda m: m.SetNumberOfThreads(2)),
    "GetNumberOfWorkUnits": scenario_set("SetNumberOfWorkUnits", 7),
    "SetNumberOfWorkUnits": lambda cls: register(cls, lambda m: m.SetNumberOfWorkUnits(3)),
    "GetInitialTransform": scenario_transform("SetInitialTransform"),
    "GetMovingInitialTransform": scenario_transform("SetMovingInitialTransform"),
    "GetFixedInitialTransform": scenario_transform("SetFixedInitialTransform"),
    "GetInitialTransformInPlace": scenario_in_place,
    "SetMetricFixedMask": scenario_mask,
    "MetricEvaluate": lambda cls: [scenario_evaluate(cls), scenario_evaluate_domain(cls)],
    "Execute": scenario_execute,
    "Abort": scenario_abort,
    "StopRegistration": scenario_stop,
}


def test_every_method_is_run_beside_SimpleITK() -> None:
    assert set(METHODS) == SETTERS.keys() | SCENARIOS.keys()
    assert not SETTERS.keys() & SCENARIOS.keys()


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str) -> None:
    stock = SCENARIOS[name](STOCK)
    assert stock
    assert_same(SCENARIOS[name](ImageRegistrationMethod), stock)


def test_comparison_sees_differences() -> None:
    stock = {"a": [1.0, (2, "text")], "b": [(1.0, 1e-12), True]}
    assert not differs({"a": [1.0 + 1e-9, (2, "text")], "b": [(1.0, 0.0), True]}, stock)
    for other in (
        {"a": [1.00001, (2, "text")], "b": [(1.0, 1e-12), True]},
        {"a": [1.0, [2, "text"]], "b": [(1.0, 1e-12), True]},
        {"a": [1.0, (2, "other")], "b": [(1.0, 1e-12), True]},
        {"a": [1.0, (2, "text")], "b": [(1.0, 1e-3), True]},
        {"a": [1.0, (2, "text")]},
    ):
        assert differs(other, stock)
