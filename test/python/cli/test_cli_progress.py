# SPDX-License-Identifier: Apache-2.0
"""What the command line shows while a registration runs."""

import io
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from cli_scene import Files, make_files
from itk_maskedsampling import Progress, register
from itk_maskedsampling._cli import progress as cli_progress
from itk_maskedsampling._cli.progress import Bar, Lines, Watcher
from itk_maskedsampling._cli.text import say_time
from register_scene import make_scene


class Clock:
    """A time that goes on by a step each time it is asked for."""

    def __init__(self, step: float) -> None:
        self.now = 0.0
        self.step = step

    def monotonic(self) -> float:
        self.now += self.step
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def progress_of(levels: list[int], most: int = 100, stages: int = 1) -> Iterator[Progress]:
    """A registration with so many iterations at each level of each stage."""
    for stage in range(stages):
        for level, count in enumerate(levels):
            for iteration in range(count):
                value = -1.0 - iteration
                yield Progress(stage, level, iteration, value, 0.5, 0.1, 10, stages, len(levels), most)


def show_lines(monkeypatch: pytest.MonkeyPatch, step: float, *args: Any, **options: Any) -> list[str]:
    monkeypatch.setattr(cli_progress, "time", Clock(step))
    stream = io.StringIO()
    lines = Lines(stream)
    for progress in progress_of(*args, **options):
        lines.show(progress)
    lines.close()
    return stream.getvalue().splitlines()


def test_fast_levels_have_one_line_each(monkeypatch: pytest.MonkeyPatch) -> None:
    assert show_lines(monkeypatch, 0.001, [3, 1]) == [
        "level 0 of 0..1, ended after 3 iterations, metric -3",
        "level 1 of 0..1, ended after 1 iteration, metric -1",
    ]


def test_slow_levels_have_at_most_a_line_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = show_lines(monkeypatch, 0.3, [10], stages=2)
    ends = [line for line in lines if "ended" in line]
    assert ends == [
        f"stage {stage} of 0..1, level 0 of 0..0, ended after 10 iterations, metric -10" for stage in (0, 1)
    ]
    # Of 20 iterations of 0.3 s each, those after each second are shown.
    assert len(lines) - len(ends) == int(20 * 0.3 / 1.2)
    assert lines[0] == "stage 0 of 0..1, level 0 of 0..0, iteration 4 of at most 100, metric -4, at most 29 s left"


def test_time_left_is_that_of_the_most_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = show_lines(monkeypatch, 2.0, [5], most=5)
    left = [re.search("at most ([0-9]+) s left", line) for line in lines]
    # Of the first iteration nothing is known, after the last one nothing is left.
    assert [None if one is None else int(one[1]) for one in left] == [None, 6, 4, 2, None, None]
    lines = show_lines(monkeypatch, 2.0, [5], most=0)
    assert lines[1] == "level 0 of 0..0, iteration 2, metric -2"


def test_times() -> None:
    for seconds, text in ((0.01, "1 s"), (1.2, "2 s"), (99.4, "100 s"), (100, "2 min"), (3600, "60 min")):
        assert say_time(seconds) == text
    assert say_time(2 * 3600 * 24 + 61) == "48 h 02 min"


def test_watcher_of_a_log_and_of_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(Watcher(False, io.StringIO()).shower, Lines)
    assert isinstance(Watcher(False, Terminal()).shower, Bar)
    for quiet in (Watcher(True, io.StringIO()), Watcher(True, Terminal())):
        assert (quiet.callback, quiet.prints) == (None, False)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(Watcher(False, Terminal()).shower, Lines)


def test_terminal_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for name in ("rich", "rich.progress", "rich.console"):
        monkeypatch.setitem(sys.modules, name, None)
    watcher = Watcher(False, Terminal())
    assert watcher.callback is None
    assert watcher.prints, "the line of register() is shown"


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_bar_is_ended_whatever_happens(monkeypatch: pytest.MonkeyPatch, error: type[BaseException] | None) -> None:
    monkeypatch.setenv("TERM", "xterm")
    terminal = Terminal()
    watcher = Watcher(False, terminal)
    try:
        with watcher:
            assert watcher.callback is not None
            for progress in progress_of([3, 2]):
                watcher.callback(progress)
            if error is not None:
                raise error
    except KeyboardInterrupt:
        pass
    assert terminal.getvalue().count("\x1b[?25l") == terminal.getvalue().count("\x1b[?25h") == 1, "the cursor is back"
    with Watcher(False, Terminal()) as unused:
        assert unused.callback is not None


# The most iterations of a level


@pytest.mark.parametrize(
    ("settings", "limited"),
    [
        *(({"optimizer": name}, True) for name in ("gradient-descent", "regular-step-gradient-descent", "lbfgs2")),
        *(({"optimizer": name}, True) for name in ("powell", "one-plus-one-evolutionary")),
        *(({"optimizer": name}, True) for name in ("gradient-descent-line-search", "conjugate-gradient-line-search")),
        *(({"optimizer": name}, False) for name in ("amoeba", "exhaustive")),
        *(({"transform": name, "metric": None}, True) for name in ("b-spline", "displacement-field", "syn")),
    ],
)
def test_no_level_has_more_than_the_most_iterations(settings: dict[str, Any], limited: bool) -> None:
    scene = make_scene(2)
    seen: list[Progress] = []
    options: dict[str, Any] = {"transform": "translation", "metric": "mean-squares", "shrink_factors": [2, 1]}
    options |= {"iterations": [3, 4]}
    options |= {"samples": 300} if settings.get("transform") is None else {}
    options |= {"number_of_steps": [1, 1]} if settings.get("optimizer") == "exhaustive" else {}
    result = register(scene.fixed, scene.moving, scene.fixed_mask, callback=seen.append, **{**options, **settings})
    for report in result.levels:
        own = [one for one in seen if one.level == report.level]
        assert len(own) == report.iterations > 0
        assert len({one.iterations for one in own}) <= 1
        if limited:
            assert all(len(own) <= one.iterations <= [3, 4][one.level] for one in own)
        else:
            assert all(one.iterations == 0 for one in own)


# A real terminal


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("cli"), angle=0.05)


def run_on_terminal(words: list[str]) -> tuple[int, str]:
    """The exit code and what a terminal of 80 columns gets."""
    controller, terminal = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "25"}
    command = [sys.executable, "-m", "itk_maskedsampling", *words]
    process = subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment)
    os.close(terminal)
    text = b""
    try:
        while select.select([controller], [], [], 60)[0]:
            try:
                text += os.read(controller, 65536)
            except OSError:  # the other end was closed
                break
        return process.wait(60), text.decode()
    finally:
        process.kill()
        process.wait()
        os.close(controller)


def test_bar_on_a_terminal(files: Files) -> None:
    code, text = run_on_terminal([*files.register, "-t", "rigid,affine"])
    assert code == 0
    assert "\x1b[?25h" in text
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    shown = re.split(r"[\r\n]+", plain)
    bars = [line for line in shown if "━" in line]
    for stage in (0, 1):
        for level in (0, 1, 2):
            pattern = rf"stage {stage}/0\.\.1, level {level}/0\.\.2 ━+ \d+ iterations, metric [\d.e-]+ *$"
            assert any(re.match(pattern, line) for line in bars), plain
    assert any(re.search(r"iteration 1/200, metric", line) for line in bars)
    assert all(len(line) <= 80 for line in bars)
    # The summary comes after the bars, and is not mixed with them.
    assert any(line.startswith("Registration of 2 dimensions in") for line in shown)
    assert not any("Registration" in line for line in bars)
