# SPDX-License-Identifier: Apache-2.0
"""The drop-in for SimpleITK and its observers: events, commands, exceptions; and what it prints."""

import gc
import os
import re
import signal
import threading
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling.simpleitk import ImageRegistrationMethod
from simpleitk_sides import (
    EVENTS,
    FIXED,
    IMAGES,
    MOVING,
    NOT_DETERMINED,
    NOTHING,
    OPTIMIZERS,
    STATE,
    STOCK,
    TRANSFORMS,
    Configure,
    assert_same,
    make_method,
    one_thread,  # noqa: F401 (a fixture that every test uses)
)

pytestmark = NOT_DETERMINED

#: With which scales: that is what the optimizer is told of before it starts.
SCALES: dict[str, Configure] = {
    "estimated": NOTHING,
    "of Jacobian": lambda m: m.SetOptimizerScalesFromJacobian(),
    "given": lambda m: m.SetOptimizerScales([300.0, 1.0, 2.0]),
    "none": lambda m: m.SetOptimizerScales([]),
    "weights": lambda m: m.SetOptimizerWeights([0.5, 1.0, 1.0]),
    "given, weights": lambda m: (m.SetOptimizerScales([300.0, 1.0, 2.0]), m.SetOptimizerWeights([0.5, 1.0, 1.0]))[1],
}
#: SimpleITK ends the process, or has numbers that were never set.
CRASHES = {("LBFGSB", scales) for scales in ("given", "given, weights", "weights")}


def observe(cls: Any, levels: int, *configure: Configure) -> list[Any]:
    """All events in their order, with all that can be asked for in them."""
    outcome: list[Any] = []
    method = make_method(cls, None, *configure)
    method.SetShrinkFactorsPerLevel([1] * levels)
    method.SetSmoothingSigmasPerLevel([2.0, 1.0, 0.0][-levels:])

    def look(name: str) -> None:
        state: dict[str, Any] = {"GetInitialTransform": method.GetInitialTransform().GetParameters()}
        for each in STATE:
            try:
                state[each] = getattr(method, each)()
            except RuntimeError:  # SimpleITK has no position before there is a metric
                state[each] = None
        outcome.append([name, state])

    for name in EVENTS:
        method.AddCommand(getattr(sitk, name), lambda name=name: look(name))
    method.Execute(FIXED, MOVING)
    return outcome


@pytest.mark.filterwarnings("ignore:No valid points:RuntimeWarning")  # line searches that go far
@pytest.mark.filterwarnings("ignore:Execute. the result takes all samples out:RuntimeWarning")
@pytest.mark.parametrize("levels", [1, 3])
@pytest.mark.parametrize(
    ("optimizer", "scales"), sorted({(optimizer, scales) for optimizer in OPTIMIZERS for scales in SCALES} - CRASHES)
)
def test_events(optimizer: str, scales: str, levels: int) -> None:
    configure = [OPTIMIZERS[optimizer], SCALES[scales]]
    stock = observe(STOCK, levels, *configure)
    kinds = [name for name, _ in stock]
    assert kinds.count("sitkMultiResolutionIterationEvent") == levels
    assert kinds.count("sitkIterationEvent") >= levels
    assert kinds.count("sitkAnyEvent") > kinds.count("sitkIterationEvent")
    ours = observe(ImageRegistrationMethod, levels, *configure)
    assert [name for name, _ in ours] == kinds
    for (_, our_state), (_, state) in zip(ours, stock, strict=True):
        for each in STATE:
            if state[each] is None:
                our_state[each] = None
    assert_same(ours, stock)


class Counter(sitk.Command):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def Execute(self) -> None:
        self.calls += 1


@pytest.mark.parametrize("cls", [STOCK, ImageRegistrationMethod])
def test_commands_are_not_kept_alive(cls: Any) -> None:
    method = make_method(cls)
    kept, other = Counter(), make_method(cls)
    for each in (method, other):
        assert each.AddCommand(sitk.sitkIterationEvent, kept) == 0
    method.AddCommand(sitk.sitkEndEvent, Counter())
    gc.collect()
    assert not method.HasCommand(sitk.sitkEndEvent)
    method.Execute(FIXED, MOVING)
    other.Execute(FIXED, MOVING)
    assert kept.calls == 8
    del kept
    gc.collect()
    assert not method.HasCommand(sitk.sitkIterationEvent)
    method.Execute(FIXED, MOVING)


@pytest.mark.parametrize("cls", [STOCK, ImageRegistrationMethod])
def test_commands_that_change_the_commands(cls: Any) -> None:
    method = make_method(cls)
    called: list[Any] = []

    def add() -> None:
        called.append("first")
        if len(called) == 2:
            method.AddCommand(sitk.sitkIterationEvent, lambda: called.append("added"))

    method.AddCommand(sitk.sitkIterationEvent, add)
    method.Execute(FIXED, MOVING)
    assert called == ["first", "first", "first", "added", "first", "added"]

    method.RemoveAllCommands()
    called.clear()

    def remove() -> None:
        called.append("first")
        method.RemoveAllCommands()

    method.AddCommand(sitk.sitkIterationEvent, remove)
    method.AddCommand(sitk.sitkIterationEvent, lambda: called.append("second"))
    method.Execute(FIXED, MOVING)
    assert called == ["first"]


@pytest.mark.parametrize("cls", [STOCK, ImageRegistrationMethod])
@pytest.mark.parametrize("transform", ["Euler", "chain", "B-spline", "displacement field"])
def test_transform_in_place_moves_with_the_optimizer(cls: Any, transform: str) -> None:
    given, copied = TRANSFORMS[transform](), TRANSFORMS[transform]()
    before = copied.GetParameters()
    seen: list[tuple[Any, ...]] = []

    def run(initial: Any, in_place: bool) -> None:
        method = make_method(cls)
        method.SetInitialTransform(initial, in_place)

        def look() -> None:
            current = method.GetInitialTransform().GetParameters()
            seen.append((method.GetOptimizerPosition(), current, given.GetParameters(), copied.GetParameters()))

        method.AddCommand(sitk.sitkIterationEvent, look)
        method.Execute(FIXED, MOVING)

    run(given, True)
    run(copied, False)
    in_place_seen, copied_seen = seen[:4], seen[4:]
    assert len(copied_seen) == 4
    for position, current, parameters, _ in in_place_seen:
        assert position == current == parameters
    assert len({each[0] for each in in_place_seen}) == 4
    for position, current, _, parameters in copied_seen:
        assert position != before
        assert current == parameters == before


@pytest.mark.parametrize("cls", [STOCK, ImageRegistrationMethod])
def test_transform_that_is_changed_after_it_was_set(cls: Any) -> None:
    """The method has the one that was set; the object has one of its own from then on."""
    given = sitk.TranslationTransform(2)
    method = make_method(cls, given)
    given.SetOffset((50.0, 60.0))
    result = method.Execute(FIXED, MOVING)
    assert given.GetOffset() == (50.0, 60.0)
    assert max(map(abs, result.GetOffset())) < 5
    assert method.GetInitialTransform().GetParameters() == result.GetParameters()


@pytest.mark.parametrize("event", ["Start", "MultiResolutionIteration", "Iteration", "Any", "End"])
@pytest.mark.parametrize("error", [ValueError("of an observer"), KeyboardInterrupt(), SystemExit(3)], ids=repr)
def test_exception_in_an_observer(error: BaseException, event: str) -> None:
    """It comes out as it is (SimpleITK makes it a RuntimeError), and the method can be used again."""
    given = sitk.TranslationTransform(2)
    method = make_method(ImageRegistrationMethod, given)
    called = []

    def fail() -> None:
        called.append(event)
        raise error

    method.AddCommand(getattr(sitk, f"sitk{event}Event"), fail)
    method.AddCommand(sitk.sitkDeleteEvent, lambda: called.append("deleted"))
    with pytest.raises(type(error)) as raised:
        method.Execute(FIXED, MOVING)
    assert raised.value is error
    assert called[0] == event
    assert "deleted" in called
    assert method.GetOptimizerStopConditionDescription() == str(error)
    assert any(given.GetParameters()) == (event in ("Iteration", "End"))
    assert method.GetOptimizerPosition() == ()

    method.RemoveAllCommands()
    method.SetInitialTransform(sitk.TranslationTransform(2))
    again = method.Execute(FIXED, MOVING)
    assert (
        again.GetParameters()
        == make_method(ImageRegistrationMethod, sitk.TranslationTransform(2)).Execute(FIXED, MOVING).GetParameters()
    )


def test_interrupt_from_the_keyboard_without_an_observer() -> None:
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))
    method.SetOptimizerAsRegularStepGradientDescent(1e-9, 0.0, 10_000_000, 0.99999999, 0.0)  # takes hours
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            method.Execute(FIXED, MOVING)
    finally:
        timer.cancel()


# What is printed


def test_text() -> None:
    method = make_method(ImageRegistrationMethod)
    command = Counter()
    command.SetName("counter")
    method.AddCommand(sitk.sitkIterationEvent, command)
    texts: list[str] = []
    method.AddCommand(sitk.sitkEndEvent, lambda: texts.append(str(method)))
    method.Execute(FIXED, MOVING)
    texts.append(method.ToString())
    for text in texts:
        for words in ("Debug: 0", "NumberOfThreads: 1", "Event: IterationEvent Command: counter", "Euler2DTransform"):
            assert words in text
        assert "gradient-descent" in text
    assert "ActiveProcess: (none)" in texts[1]
    assert "ActiveProcess: (none)" not in texts[0]


#: What differs from object to object.
OBJECTS = re.compile(r"0x[0-9a-f]+|Time: \d+|Reference Count: \d+")


@pytest.mark.parametrize("transform", [*TRANSFORMS, None])
@pytest.mark.parametrize("when", ["before", "after", "in a command"])
def test_text_has_all_of_SimpleITK(transform: str | None, when: str) -> None:
    """Line by line, in the same order; only ITK's own object that runs is not there."""
    rng = np.random.default_rng(len(transform or ""))
    interpolator = rng.choice(
        ["sitkLinear", "sitkNearestNeighbor", "sitkBSpline2", "sitkBSpline", "sitkLanczosWindowedSinc"]
    )

    def run(cls: Any) -> list[str]:
        method = cls() if transform is None else make_method(cls, TRANSFORMS[transform]())
        method.SetInterpolator(getattr(sitk, interpolator))
        method.SetNumberOfThreads(1)
        method.SetNumberOfWorkUnits(3)
        method.DebugOff()
        texts = [str(method)]
        method.AddCommand(sitk.sitkEndEvent, lambda: texts.append(str(method)))
        if transform is not None and when != "before":
            dimension = method.GetInitialTransform().GetDimension()
            method.SetOptimizerAsExhaustive([0] * method.GetInitialTransform().GetNumberOfParameters())
            method.SetOptimizerScales([1.0] * method.GetInitialTransform().GetNumberOfParameters())
            if dimension == 2 and "field" not in transform:
                method.Execute(*IMAGES[dimension])
                texts.append(str(method))
        text = texts[-2 if when == "in a command" and len(texts) == 3 else -1]
        return OBJECTS.sub("", text).splitlines()

    stock, ours = run(STOCK)[1:], iter(run(ImageRegistrationMethod))
    if "  ActiveProcess:" in stock:
        first, last = stock.index("  ActiveProcess:"), next(n for n, line in enumerate(stock) if "Interpolator" in line)
        del stock[first + 1 : last]
    assert any("Interpolator: " in line for line in stock)
    for line in filter(str.strip, stock):
        assert any(line.strip() == other.strip() for other in ours), line


def test_debug_prints_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    method = make_method(ImageRegistrationMethod)
    method.Execute(FIXED, MOVING)
    assert capsys.readouterr().out == ""
    method.DebugOn()
    method.Execute(FIXED, MOVING)
    assert "mean-squares" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:Execute. the result takes all samples out:RuntimeWarning")
def test_warnings_follow_the_switch_of_SimpleITK() -> None:
    """Optimizing where the images do not overlap makes ITK warn."""
    method = make_method(ImageRegistrationMethod, sitk.TranslationTransform(2))
    method.SetOptimizerAsGradientDescent(1e6, 2, estimateLearningRate=method.Never)
    with pytest.warns(RuntimeWarning, match="No valid points"):
        method.Execute(FIXED, MOVING)
    sitk.ProcessObject.GlobalWarningDisplayOff()
    try:
        method.SetInitialTransform(sitk.TranslationTransform(2))
        method.Execute(FIXED, MOVING)
    finally:
        sitk.ProcessObject.GlobalWarningDisplayOn()
