# SPDX-License-Identifier: Apache-2.0
"""`itk-maskedsampling example`: what it writes has a known answer, which needs the mask."""

import shlex
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from cli_scene import Shell
from itk_maskedsampling import Image, read_image, read_transform


def nearest(image: Image, points: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """The pixel nearest to each point, of an image whose axes are those of space."""
    index = np.rint((points - np.array(image.origin)) / np.array(image.spacing)).astype(int)
    return np.asarray(image.pixels[tuple(index.T[::-1])], np.float64)


@pytest.mark.parametrize(("dimension", "suffix"), [(2, ".png"), (3, ".nii.gz")])
def test_images_have_a_known_answer(
    shell: Shell, dimension: int, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["example", "first steps", "--dimension", str(dimension)]
    said = shell.done(*words)
    names = {f"fixed{suffix}", f"moving{suffix}", f"mask{suffix}", "truth.tfm"}
    assert {path.name for path in Path("first steps").iterdir()} == names
    fixed, moving, mask = (read_image(f"first steps/{name}{suffix}") for name in ("fixed", "moving", "mask"))
    truth = read_transform("first steps/truth.tfm")
    points = np.argwhere(mask.pixels)[:, ::-1] * np.array(fixed.spacing)
    assert np.linalg.norm(truth(points) - points, axis=1).mean() > 5
    apart = np.abs(nearest(fixed, points) - nearest(moving, truth(points))).mean()
    assert apart < 0.35 * np.abs(nearest(fixed, points) - nearest(moving, points)).mean()

    # What it tells to do next finds the truth.
    command = shlex.split(said.out.partition("Register them:\n")[2].replace("\\\n", " "))
    assert command[0] == "itk-maskedsampling"
    assert command[command.index("--report") + 1] == "first steps/report.html"
    shell.done(*command[1 : command.index("--report")])
    found = read_transform("first steps/found.tfm")
    assert np.linalg.norm(found(points) - truth(points), axis=1).max() < 0.3 * min(fixed.spacing)
    assert Path(f"first steps/moved{suffix}").exists()

    # Not without the mask.
    shell.done(*command[1:4], "--output-transform", "astray.tfm")
    astray = read_transform("astray.tfm")
    assert np.linalg.norm(astray(points) - truth(points), axis=1).mean() > 5

    said = shell(*words)
    assert said.code == 2
    assert said.error == f"FOLDER: 'first steps/fixed{suffix}' is there already; give another folder"


def test_pairs(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    found = shell.done("example", folder, "--pairs", "2", "--dimension", "2", "--json").json
    table = (folder / "cohort.csv").read_text()
    assert table == "fixed,moving,fixed_mask\nfixed.png,moving-1.png,mask.png\nfixed.png,moving-2.png,mask.png\n"
    assert read_transform(folder / "truth-1.tfm") != read_transform(folder / "truth-2.tfm")
    assert found["command"] == f"itk-maskedsampling cohort {folder}/cohort.csv --output {folder}/results"
    assert set(found["files"]) == {str(path) for path in folder.iterdir()}


def test_quiet_in_a_folder_that_is_there(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    assert shell.done("example", tmp_path, "--dimension", "2", "-q").out == ""
    assert (tmp_path / "notes").read_text() == "mine"
    assert (tmp_path / "truth.tfm").exists()


def test_bad_folders(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for words, message in (
        ([tmp_path / "no" / "folder"], f"FOLDER: there is no folder '{tmp_path}/no'"),
        ([tmp_path / "file"], f"FOLDER: '{tmp_path}/file' is a file"),
        ([tmp_path / "new", "--pairs", "0"], "--pairs: 0, but at least 1 is needed"),
    ):
        said = shell("example", *words)
        assert said.code == 2
        assert said.error.startswith(message)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
