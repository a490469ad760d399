# SPDX-License-Identifier: Apache-2.0
"""What the tests of the command line share: images in files, and calls of it in this process or in one of its own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import write_image
from itk_maskedsampling._cli import main
from register_scene import Scene, make_scene


@dataclass
class Files:
    """A scene in a folder of its own, whose name has a space and a letter that is not ASCII."""

    scene: Scene
    folder: Path
    fixed: str
    moving: str
    mask: str

    @property
    def register(self) -> list[str]:
        """The words of a registration that takes tens of milliseconds."""
        return ["register", self.fixed, self.moving, "--fixed-mask", self.mask, "--metric", "mean-squares", "-n", "700"]

    def names(self) -> set[str]:
        """All files and folders, also those that are hidden."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*")}


def make_files(folder: Path, dimension: int = 2, **options: Any) -> Files:
    folder = folder / "a folder of Zoë"
    folder.mkdir()
    scene = make_scene(dimension, **options)
    grid = scene.fixed
    mask = type(grid)(scene.fixed_mask.astype(np.uint8), grid.spacing, grid.origin, grid.direction)
    paths = [folder / f"{name}.mha" for name in ("fixed", "moving", "mask")]
    for image, path in zip((scene.fixed, scene.moving, mask), paths, strict=True):
        write_image(image, path)
    return Files(scene, folder, *map(str, paths))


@dataclass
class Said:
    """What a call printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The only line on standard output."""
        (line,) = self.out.splitlines()
        return json.loads(line, parse_constant=pytest.fail)

    @property
    def error(self) -> str:
        """The error, which is one line without a traceback."""
        lines = [line for line in self.err.splitlines() if not line.startswith(("level ", "stage "))]
        assert len(lines) == 1, self.err
        assert lines[0].startswith("itk-maskedsampling: error: ")
        return lines[0].removeprefix("itk-maskedsampling: error: ")


class Shell:
    """Calls main() in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *words: object) -> Said:
        self.capsys.readouterr()
        code = main([str(word) for word in words])
        return Said(code, *self.capsys.readouterr())

    def done(self, *words: object) -> Said:
        said = self(*words)
        assert said.code == 0, said.err
        return said


def run_process(*words: object, before: str = "", **options: Any) -> Said:
    """Call it in a process of its own, as `python -m itk_maskedsampling` does, after some lines of Python."""
    code = f"{before}\nimport runpy\nrunpy.run_module('itk_maskedsampling', run_name='__main__')"
    command = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **options)
    return Said(done.returncode, done.stdout, done.stderr)
