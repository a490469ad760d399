# SPDX-License-Identifier: Apache-2.0
"""The maker of ITK build trees: its bookkeeping, with the long steps replaced by short ones."""

import multiprocessing
import shutil
import time
from pathlib import Path

import itk_tree
import pytest


class FakeTree(itk_tree.Tree):
    """Writes a tiny tree, slowly, and notes who made it how often."""

    def make_tools(self) -> None:
        self.tools.mkdir(parents=True, exist_ok=True)

    def make_source(self) -> None:
        self.source.mkdir(exist_ok=True)

    def configure(self) -> None:
        modules = self.build / "lib/cmake/ITK-5.4/Modules"
        modules.mkdir(parents=True, exist_ok=True)
        (modules / "ITKCommon.cmake").write_text("# module\n")
        for part in itk_tree.WRITTEN:
            (self.build / part).mkdir(parents=True, exist_ok=True)
        (self.build / "ITKConfig.cmake").write_text(
            f'set(ITK_MODULES_DIR "{modules}")\nset(ITK_LIBRARIES_DIR "{self.build}/lib")\n'
        )
        (self.build / "ITKConfigVersion.cmake").write_text("# version\n")

    def compile(self) -> None:
        with (self.folder / "made").open("a") as stream:
            stream.write("made\n")
        time.sleep(0.5)

    def clean(self) -> None:
        pass


class InterruptedTree(FakeTree):
    def compile(self) -> None:
        raise KeyboardInterrupt


def make(cache: Path) -> None:
    tree = FakeTree(cache)
    tree.ensure()
    assert tree.complete.exists()


def test_builds_at_once_make_one_tree(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=make, args=(tmp_path,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert (FakeTree(tmp_path).folder / "made").read_text() == "made\n"


def test_half_built_tree_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    interrupted = InterruptedTree(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        interrupted.ensure()
    assert interrupted.build.exists()
    assert not interrupted.complete.exists()
    make(tmp_path)
    assert (interrupted.folder / "made").exists()


def test_everything_that_shapes_the_tree_is_in_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = [itk_tree.Tree(tmp_path).folder]
    monkeypatch.setenv("CXXFLAGS", "-O1")
    folders.append(itk_tree.Tree(tmp_path).folder)
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(itk_tree.RECIPE.read_text().replace('"2;3;4"', '"2;3"'))
    folders.append(itk_tree.Tree(tmp_path, recipe).folder)
    project = tmp_path / "pyproject.toml"
    project.write_text(itk_tree.PROJECT.read_text().replace("swig==4", "swig==5"))
    folders.append(itk_tree.Tree(tmp_path, recipe, project).folder)
    monkeypatch.setattr("sys.base_prefix", "elsewhere")
    folders.append(itk_tree.Tree(tmp_path, recipe, project).folder)
    assert len(set(folders)) == len(folders)


def test_view_is_private(tmp_path: Path) -> None:
    make(tmp_path)
    tree = FakeTree(tmp_path)
    view = tmp_path / "view"
    tree.make_view(view)
    config = (view / "ITKConfig.cmake").read_text()
    assert f'"{view}/lib/cmake/ITK-5.4/Modules"' in config
    assert f'"{tree.build}/lib"' in config  # the libraries are not copied

    (view / "Wrapping/Typedefs/ours.i").write_text("written by a build\n")
    assert not (tree.build / "Wrapping/Typedefs/ours.i").exists()
    tree.make_view(view)  # again: what a build wrote is kept
    assert (view / "Wrapping/Typedefs/ours.i").exists()
    (view / "view-of").write_text("another tree")
    tree.make_view(view)
    assert not (view / "Wrapping/Typedefs/ours.i").exists()


def test_missing_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(SystemExit, match="no-such-compiler"):
        itk_tree.Tree(tmp_path)


def test_key_does_not_depend_on_how_the_compiler_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXX", raising=False)
    folder = itk_tree.Tree(tmp_path).folder
    path = shutil.which("c++")
    assert path is not None
    monkeypatch.setenv("CXX", path)  # as CMake does
    assert itk_tree.Tree(tmp_path).folder == folder
    gcc = shutil.which("g++")
    if gcc is not None and Path(gcc).resolve() == Path(path).resolve():
        monkeypatch.setenv("CXX", "g++")  # as scikit-build-core does
        assert itk_tree.Tree(tmp_path).folder == folder
