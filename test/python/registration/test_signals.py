# SPDX-License-Identifier: Apache-2.0
"""Whatever the handler of a signal raises comes out of whatever takes long, and the process is sound afterwards."""

import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import _core
from itk_maskedsampling._core.interruption import Ask, interruptible

HERE = Path(__file__).parent.parent

#: A process in which signals come at different moments of calls that would take for hours, or for several seconds.
SETUP = """
    import os, signal, sys, threading, time
    import numpy as np
    from itk_maskedsampling import Image, read_image, register, sample, write_image

    class Raised(BaseException):
        pass

    def handle(number, frame):
        raise Raised(number)

    def interrupted(call, number, delay):
        threading.Timer(delay, os.kill, (os.getpid(), number)).start()
        try:
            call()
        except Raised as error:
            assert error.args == (number,), error
            return True
        try:
            time.sleep(2 * delay)
        except Raised:
            pass
        return False  # it was done before

    random = np.random.default_rng(1)
    small = random.normal(size=(40, 44, 48)).cumsum(0).cumsum(1).cumsum(2)
    mask = np.zeros(small.shape, np.uint8)
    mask[8:30, 8:30, 8:30] = 1
    endless = dict(iterations=10**7, convergence_minimum_value=-1, levels=1)
    descent = dict(endless, minimum_step_length=0, relaxation_factor=0.999999, gradient_magnitude_tolerance=0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1):
        signal.signal(number, handle)
"""


def run(code: str) -> list[str]:
    """The lines that a process says."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(SETUP) + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        cwd=HERE,
    )
    assert done.returncode == 0, f"{done.returncode}: {done.stderr}"
    return done.stdout.splitlines()


@pytest.mark.parametrize("callback", ["None", "lambda progress: None"])
def test_every_signal_ends_every_registration(callback: str) -> None:
    lines = run(f"""
        callback = {callback}
        moving = np.roll(small, 1, 0)
        before = register(small, moving, mask).transform
        cases = {{
            "rigid": descent,
            "b-spline": dict(iterations=10**7, solution_accuracy=0, delta_convergence_tolerance=0, grid_spacing=2),
            "syn": endless,
            "displacement-field": endless,
        }}
        cases["search"] = dict(transform="rigid", initial="search", search_translation=200, search_rotation=90)
        cases["exhaustive"] = dict(transform="rigid", optimizer="exhaustive", number_of_steps=(20,) * 6, levels=1)
        for name, settings in cases.items():
            settings = {{"transform": name, **settings}}
            call = lambda: register(small, moving, mask, callback=callback, **settings)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1):
                for delay in (0.03, 0.15):
                    print(name, number, delay, interrupted(call, number, delay))
        for thread in threading.enumerate():
            if thread is not threading.main_thread():
                thread.join()  # what was left ends
        assert register(small, moving, mask).transform == before
        print("sound")
    """)
    *lines, last = lines
    assert last == "sound"
    assert len(lines) == 6 * 4 * 2
    assert all(line.endswith(" True") for line in lines), lines


def test_one_evaluation_that_takes_long() -> None:
    """The exception comes out while the metric is evaluated, which itself cannot be ended."""
    lines = run("""
        large = random.normal(size=(80, 80, 80)).astype(np.float32)
        settings = dict(transform="syn", stock_metric=True, levels=1, iterations=100, radius=5)
        call = lambda: register(large, np.roll(large, 1, 0), **settings)
        print(interrupted(call, signal.SIGTERM, 1.5))  # after all is set up, and long before the end
        left = [thread for thread in threading.enumerate() if thread.name == "itk_maskedsampling"]
        print(len(left))
    """)
    assert lines == ["True", "1"]


def test_other_work(tmp_path: Path) -> None:
    """Reading, sampling and resampling, which end at once with the exception, and go on alone for a while."""
    lines = run(f"""
        large = Image(random.integers(0, 1000, (260, 260, 260)).astype(np.int16))
        write_image(large, "{tmp_path}/large.nii.gz")
        transform = register(small, np.roll(small, 1, 0), mask).transform
        wide = Image(np.zeros((300, 300, 300), np.uint8))
        result = register(small, np.roll(small, 1, 0), mask, transform="b-spline")
        print(interrupted(lambda: [read_image("{tmp_path}/large.nii.gz") for _ in range(50)], signal.SIGTERM, 0.1))
        print(interrupted(lambda: [result.resample(large, wide) for _ in range(100)], signal.SIGUSR1, 0.2))
        print(interrupted(lambda: [sample(large, samples=1000) for _ in range(10000)], signal.SIGALRM, 0.2))
        assert (read_image("{tmp_path}/large.nii.gz").pixels == large.pixels).all()
    """)
    assert lines == ["True"] * 3


def test_whatever_the_moment() -> None:
    """Also where objects are destroyed, in which Python loses exceptions."""
    lines = run("""
        lost = []
        sys.unraisablehook = lost.append
        tiny = small[:20, :20, :20]
        call = lambda: register(tiny, tiny, levels=1, iterations=2)
        for trial in range(300):
            end = time.monotonic() + 0.2
            def loop():
                while time.monotonic() < end:
                    call()
            if not interrupted(loop, signal.SIGTERM, 0.01 + 0.0001 * trial):
                print(trial, lost)
        print("done")
    """)
    assert lines == ["done"]


def test_drop_in() -> None:
    lines = run("""
        import SimpleITK as sitk
        from itk_maskedsampling.simpleitk import ImageRegistrationMethod

        fixed = sitk.GetImageFromArray(small.astype(np.float32))
        moving = sitk.GetImageFromArray(np.roll(small, 1, 0).astype(np.float32))
        for observed in (False, True):
            R = ImageRegistrationMethod()
            R.SetOptimizerAsGradientDescent(1e-9, 10**7, 0.0)
            R.SetInitialTransform(sitk.TranslationTransform(3))
            if observed:
                R.AddCommand(sitk.sitkIterationEvent, lambda: None)
            print(interrupted(lambda: R.Execute(fixed, moving), signal.SIGTERM, 0.3))
        R.SetOptimizerAsGradientDescent(1e-9, 2, 0.0)
        R.Execute(fixed, moving)
        print(R.GetOptimizerIteration() > 0)
    """)
    assert lines == ["True"] * 3


# The mechanism


def in_thread(call: Callable[[], Any]) -> Any:
    """What a call returns or raises in another thread."""
    kept: dict[str, Any] = {}

    def work() -> None:
        try:
            kept["result"] = call()
        except BaseException as error:
            kept["error"] = error

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if "error" in kept:
        raise kept["error"]
    return kept["result"]


@pytest.mark.parametrize("where", [lambda call: call(), in_thread], ids=["main", "other"])
def test_interruptible(where: Callable[[Callable[[], Any]], Any]) -> None:
    """Results, errors, callbacks and what those raise, in the main thread and in another."""

    def answer(ask: Ask) -> list[bool]:
        return [ask("first"), ask("second")]

    seen: list[tuple[str, threading.Thread]] = []
    caller: list[threading.Thread] = []

    def call() -> Any:
        caller.append(threading.current_thread())
        return interruptible(answer, lambda event: seen.append((event, threading.current_thread())))

    assert where(call) == [False, False]
    assert seen == [("first", caller[0]), ("second", caller[0])], "callbacks run in the thread that calls"

    def fail(ask: Ask) -> None:
        raise LookupError("of the work")

    with pytest.raises(LookupError, match="of the work"):
        where(lambda: interruptible(fail))

    aborted: list[bool] = []
    answers: list[bool] = []

    def go_on(ask: Ask) -> None:
        answers.extend(ask(str(n)) for n in range(5))

    def refuse(event: str) -> None:
        if event == "2":
            raise KeyError(event)

    with pytest.raises(KeyError, match="2"):
        where(lambda: interruptible(go_on, refuse, lambda: aborted.append(True)))
    assert answers == [False, False, True, True, True]


@pytest.mark.parametrize("where", [lambda call: call(), in_thread], ids=["main", "other"])
def test_a_callback_that_makes_events_happen(where: Callable[[Callable[[], Any]], Any]) -> None:
    """As a command that stops an optimizer, which tells its end at once."""
    asks: list[Ask] = []
    seen: list[str] = []

    def work(ask: Ask) -> list[bool]:
        asks[:] = [ask]
        return [ask("iteration"), ask("other")]

    def stop(event: str) -> None:
        seen.append(event)
        if event == "iteration":
            assert not asks[0]("end")

    assert where(lambda: interruptible(work, stop)) == [False, False]
    assert seen == ["iteration", "end", "other"]

    def refuse(event: str) -> None:
        if event == "end":
            raise KeyError(event)
        assert asks[0]("end")

    with pytest.raises(KeyError, match="end"):
        where(lambda: interruptible(work, refuse))


def test_errors_and_warnings_are_those_of_the_call() -> None:
    """They are kept by thread in the core."""
    method = _core.Method(2, np.float32)
    method.add_stage("rigid")
    with pytest.raises(_core.CoreError, match=r"\w"):
        method.run()
    assert not method.is_busy
