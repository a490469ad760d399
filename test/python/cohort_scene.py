# SPDX-License-Identifier: Apache-2.0
"""Pairs of images in files with known translations, and files that hold whoever reads them until a test lets go."""

import contextlib
import errno
import os
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from itk_maskedsampling import Cohort, write_image
from register_scene import Scene, make_scene

#: Of a registration that takes some hundredths of a second and finds the translation.
QUICK: dict[str, Any] = {"transform": "translation", "metric": "mean-squares", "samples": 500}

#: Seconds after which what a test waits for is missing.
PATIENCE = 60.0


class Pairs:
    """Pairs of images in a folder, the first of them p00, and a table of them."""

    def __init__(self, folder: Path, number: int = 20) -> None:
        random = np.random.default_rng(8)
        self.folder = folder
        self.output = folder / "results"
        self.scenes: dict[str, Scene] = {}
        for index in range(number):
            name = f"p{index:02d}"
            self.scenes[name] = make_scene(2, shift=tuple(random.uniform(-2.5, 2.5, 2)))
            write_image(self.scenes[name].fixed, folder / f"{name}_fixed.nii.gz")
            write_image(self.scenes[name].moving, folder / f"{name}_moving.nii.gz")
        write_image(self.scenes["p00"].fixed_mask, folder / "mask.nii.gz")
        lines = [f"{name},{name}_fixed.nii.gz,{name}_moving.nii.gz,mask.nii.gz" for name in self.scenes]
        self.table = folder / "pairs.csv"
        self.table.write_text("\n".join(["id,fixed,moving,fixed_mask", *lines]) + "\n")

    def check(self, cohort: Cohort) -> None:
        """All pairs were registered, and the transforms are right."""
        assert not cohort.failed, cohort
        assert [record.id for record in cohort] == list(self.scenes)
        for name, scene in self.scenes.items():
            assert scene.error(cohort.transform(name)) < 0.1

    def stamps(self) -> dict[str, tuple[int, int]]:
        """Of each record and its transform: which file it is, and when it was written."""
        files = [self.output / f"{name}{suffix}" for name in self.records() for suffix in (".json", ".transform.h5")]
        states = {file.name: file.stat() for file in files if file.exists()}
        return {name: (state.st_ino, state.st_mtime_ns) for name, state in states.items()}

    def records(self) -> set[str]:
        return {file.stem for file in self.output.glob("*.json")}

    def attempts(self) -> dict[str, int]:
        """How often each pair was begun."""
        return {file.name: len(file.read_text().splitlines()) for file in (self.output / ".attempts").iterdir()}

    def expected_attempts(self, **others: int) -> dict[str, int]:
        """Once for each pair, but for some others."""
        return dict.fromkeys(self.scenes, 1) | others


#: What a process does before anything else while there are traps: it opens the trap beside an image that it reads.
HOLD = """
import os
from itk_maskedsampling._images import files

find_input = files.find_input

def hold(name, path, folder=False):
    trap = os.fspath(path) + ".trap"
    if os.path.exists(trap):
        with open(trap, "rb") as pipe:
            pipe.read(1)
    return find_input(name, path, folder)

files.find_input = hold
"""


class Trap:
    """A pipe beside the moving image of a pair, which holds whoever reads the image. An image is no pipe itself."""

    def __init__(self, pairs: Pairs, name: str) -> None:
        self.path = pairs.folder / f"{name}_moving.nii.gz.trap"
        os.mkfifo(self.path)
        self.writer: int | None = None

    def wait(self) -> int:
        """Wait for a process that reads the file; it is held until it is killed, or the trap is opened."""
        self.writer = self.writer or wait_for(self.open_for_writing)
        return wait_for(self.find_reader)

    def open_for_writing(self) -> int | None:
        try:
            return os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nobody reads it yet
                return None
            raise

    def find_reader(self) -> int | None:
        return next(iter(find_processes(self.path)), None)

    def kill(self, times: int = 1) -> None:
        """Kill the process that reads it, and the next ones, as a machine that fails would."""
        for _ in range(times):
            kill(self.wait())
            self.close()

    def close(self) -> None:
        if self.writer is not None:
            os.close(self.writer)
        self.writer = None

    def open(self) -> None:
        """From now on, nobody is held; whoever is held is killed."""
        self.writer = self.writer or self.open_for_writing()
        reader = None if self.writer is None else self.wait()
        self.path.unlink()
        if reader is not None:
            kill(reader)
        self.close()


@contextmanager
def holding() -> Iterator[None]:
    """Processes that are started meanwhile can be held."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        (Path(folder) / "sitecustomize.py").write_text(HOLD)
        patch.syspath_prepend(folder)
        patch.setenv("PYTHONPATH", folder, prepend=os.pathsep)
        yield


@contextmanager
def trapped(pairs: Pairs, *names: str) -> Iterator[list[Trap]]:
    traps = [Trap(pairs, name) for name in names]
    try:
        with holding():
            yield traps
    finally:
        for trap in traps:
            trap.close()


def kill_in_the_middle(pairs: Pairs, trap: Trap) -> dict[str, tuple[int, int]]:
    """Kill the process that a trap holds when there are some records, and let the next one go through.

    Returns the stamps of what there was before.
    """
    try:
        trap.wait()
        wait_for(lambda: len(pairs.records()) >= 5 or None)
        return pairs.stamps()
    finally:
        trap.open()


def find_processes(path: Path) -> list[int]:
    """The other processes that have opened a file."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) != os.getpid():
            with contextlib.suppress(OSError):
                if any(os.readlink(file) == str(path) for file in (process / "fd").iterdir()):
                    found.append(int(process.name))
    return found


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    wait_for(partial(is_gone, pid))


def is_gone(pid: int) -> bool | None:
    """True for a process that has ended, also if nobody has asked for its exit code yet."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state in "ZX" or None


Found = TypeVar("Found")


def wait_for(find: Callable[[], Found | None]) -> Found:
    """What a function finds, as soon as it finds something."""
    end = time.monotonic() + PATIENCE
    while (found := find()) is None:
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
    return found
