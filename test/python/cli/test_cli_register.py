# SPDX-License-Identifier: Apache-2.0
"""`itk-maskedsampling register`: it finds what register() finds, and writes it."""

import csv
import json
import shutil
import sys
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_scene import Files, Shell, make_files
from itk_maskedsampling import Image, Registration, Transform, read_image, register, write_image
from itk_maskedsampling._cli import register as cli_register
from itk_maskedsampling._cli.outputs import keys
from itk_maskedsampling._images.arrays import to_json
from register_scene import make_torn_spline

#: Of a registration of linearly interpolated waves, in pixels, as in test_register.py.
FOUND = 0.1


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("cli"), angle=0.05)


@pytest.fixture(scope="module")
def expected(files: Files) -> Registration:
    """What Python finds in the same files."""
    return register(files.fixed, files.moving, files.mask, metric="mean-squares", samples=700)


def read_csv(path: Path) -> tuple[list[str], np.ndarray[Any, Any]]:
    with path.open(newline="") as lines:
        head, *rows = csv.reader(lines)
    return head, np.array(rows, np.float64)


def test_finds_and_writes_a_known_motion(shell: Shell, files: Files, expected: Registration, tmp_path: Path) -> None:
    folder = tmp_path / "what came of it, ça"
    folder.mkdir()
    names = ("moved.nii.gz", "found.h5", "points.csv", "report.html")
    moved, found, points, report = (folder / name for name in names)
    outputs = ("--output", moved, "--output-transform", found, "--output-points", points, "--report", report)
    said = shell.done(*files.register, *outputs)
    assert {path.name for path in folder.iterdir()} == set(names)

    transform = Transform.read(found)
    assert files.scene.error(Transform(2)) > 1.5
    assert files.scene.error(transform) < FOUND
    assert transform == expected.transform

    image = read_image(moved)
    np.testing.assert_array_equal(image.pixels, expected.resample().pixels)
    inside = files.scene.fixed_mask
    before = np.abs(files.scene.moving.pixels - files.scene.fixed.pixels)[inside].mean()
    assert np.abs(image.pixels - files.scene.fixed.pixels)[inside].mean() < 0.2 * before

    head, rows = read_csv(points)
    assert head == ["x", "y"]
    np.testing.assert_array_equal(rows.astype(np.float32), expected.points)

    page = report.read_text(encoding="utf-8")
    HTMLParser().feed(page)
    assert "moving.mha registered to fixed.mha" in page
    assert page.count("<img") >= 4

    lines = said.out.splitlines()
    assert lines[0].startswith("Registration of 2 dimensions in ")
    assert lines[-4:] == [f"wrote {path}" for path in (moved, found, points, report)]


def test_json_agrees_with_python(shell: Shell, files: Files, expected: Registration, tmp_path: Path) -> None:
    path = tmp_path / "moved.mha"
    said = shell.done(*files.register, "--transform", "rigid", "--json", "--output", path)
    found = said.json
    np.testing.assert_array_equal(found["matrix"], expected.transform.matrix())
    assert found["value"] == expected.value
    assert found["stop_condition"] == expected.stop_condition.strip()
    assert found["dimension"] == 2
    assert 0 < found["seconds"] < 60
    for level, wanted in zip(found["levels"], expected.levels, strict=True):
        assert level == {**asdict(wanted), "seconds": level["seconds"]}
    assert found["settings"] == to_json(expected.settings)
    middle, moved = expected.displacement()
    np.testing.assert_array_equal(found["middle"], middle)
    np.testing.assert_array_equal(found["displacement"], moved)
    assert found["inputs"] == {"fixed": files.fixed, "moving": files.moving, "fixed_mask": files.mask}
    assert found["outputs"] == {"output": str(path)}
    assert found["errors"] == []


def test_json_of_a_transform_that_is_not_affine(shell: Shell, files: Files, tmp_path: Path) -> None:
    start = tmp_path / "start.tfm"
    Transform(2).write(start)
    said = shell.done(*files.register, "-t", start, "-t", "b-spline", "--iterations", "1", "--json", "--quiet")
    assert said.err == ""
    assert said.json["matrix"] is None
    assert "BSplineTransform" in said.json["transform"]
    assert [stage["transform"] for stage in said.json["settings"]] == [repr(Transform.read(start)), "b-spline"]


def test_quiet(shell: Shell, files: Files, tmp_path: Path) -> None:
    said = shell.done(*files.register, "--quiet", "--output-transform", tmp_path / "t.tfm")
    assert said.out == said.err == ""
    assert (tmp_path / "t.tfm").exists()


def test_log_has_a_line_for_each_level(shell: Shell, files: Files, expected: Registration) -> None:
    lines = shell.done(*files.register).err.splitlines()
    ends = [f"level {level.level} of 0..2, ended after {level.iterations} iterations" for level in expected.levels]
    assert [line.rpartition(", metric ")[0] for line in lines] == ends
    assert "\r" not in "".join(lines)


# Inputs


def test_moving_mask_and_weights(shell: Shell, files: Files, tmp_path: Path) -> None:
    weights = np.zeros(files.scene.fixed_mask.shape, np.float32)
    weights[25:35, 30:40] = 1
    write_image(Image(weights), tmp_path / "weights.mha")
    words = ("--moving-mask", files.mask, "--weights", tmp_path / "weights.mha", "--set", "perturb-samples=false")
    shell.done(*files.register, *words, "--output-points", tmp_path / "p.csv")
    _, points = read_csv(tmp_path / "p.csv")
    assert len(points) == 700
    assert ((points >= [30, 25]) & (points <= [39, 34])).all()


@pytest.mark.parametrize("head", ["", "x,y\n", "\ufeffX, Y\r\n"])
def test_own_points(shell: Shell, files: Files, head: str, tmp_path: Path) -> None:
    points = files.scene.mask_points()[::9]
    text = head + "\n".join(f"{x}, {y}" for x, y in points) + "\n\n"
    (tmp_path / "own.csv").write_text(text, encoding="utf-8")
    words = ("--fixed-mask", files.mask, "--points", tmp_path / "own.csv", "--output-points", tmp_path / "used.csv")
    shell.done("register", files.fixed, files.moving, *words)
    np.testing.assert_allclose(read_csv(tmp_path / "used.csv")[1], points, atol=1e-5)


def test_initial_and_start_are_files(shell: Shell, files: Files, tmp_path: Path) -> None:
    """With no iteration, what is found is what was given."""
    first = Transform.from_matrix(np.array([[1, 0, 0.5], [0, 1, 0.25], [0, 0, 1]]))
    second = Transform.from_matrix(np.diag([1.1, 0.9, 1]))
    first.write(tmp_path / "first.tfm")
    second.write(tmp_path / "second.h5")
    words = ("-t", tmp_path / "first.tfm", "--initial", tmp_path / "second.h5", "--iterations", "0", "--json")
    found = shell.done(*files.register, *words).json
    np.testing.assert_allclose(found["matrix"], second.matrix() @ first.matrix(), atol=1e-12)


# Outputs


def test_interpolation_and_default_of_the_output(shell: Shell, files: Files, tmp_path: Path) -> None:
    labels = np.arange(60 * 70).reshape(60, 70) % 5 + 1
    write_image(Image(labels.astype(np.uint8)), tmp_path / "labels.png")
    words = ("register", files.fixed, tmp_path / "labels.png", "--initial", tmp_path / "away.tfm", "--iterations", "0")
    Transform.from_matrix(np.array([[1, 0, 40.5], [0, 1, 0], [0, 0, 1]])).write(tmp_path / "away.tfm")
    how = ("--interpolate-output", "nearest", "--default-value", "99", "--output", tmp_path / "moved.png")
    shell.done(*words, *how)
    moved = read_image(tmp_path / "moved.png").pixels
    assert set(np.unique(moved[:, :28])) == {1, 2, 3, 4, 5}
    assert (moved[:, 31:] == 99).all()
    said = shell(*words, "--default-value", "-1", "--output", tmp_path / "other.png")
    assert said.code == 2
    assert said.error.startswith("--default-value: -1 does not fit pixels of uint8")
    assert not (tmp_path / "other.png").exists()


def test_a_format_for_one_transform(shell: Shell, files: Files, tmp_path: Path) -> None:
    Transform(2).write(tmp_path / "first.tfm")
    words = (*files.register, "--iterations", "0", "--output-transform", tmp_path / "t.mat")
    shell.done(*words)
    said = shell(*words, "--initial", tmp_path / "first.tfm")
    assert said.code == 2
    assert said.error.startswith("--output-transform: a file .mat holds one transform, not 2")
    (Transform.read(tmp_path / "first.tfm") @ Transform.read(tmp_path / "first.tfm")).write(tmp_path / "two.h5")
    assert "holds one transform, not 3" in shell(*words, "-t", "rigid", "-t", tmp_path / "two.h5").error
    assert "holds one transform, not 2" in shell(*words, "-t", tmp_path / "two.h5").error


def test_markups_and_counts_of_the_points(shell: Shell, files: Files, expected: Registration, tmp_path: Path) -> None:
    for name in ("p.mrk.json", "p.nii.gz"):
        shell.done(*files.register, "--output-points", tmp_path / name)
    markup = json.loads((tmp_path / "p.mrk.json").read_text())["markups"][0]
    positions = np.array([point["position"] for point in markup["controlPoints"]])
    np.testing.assert_allclose(positions[:, :2], expected.points, rtol=1e-6)
    assert read_image(tmp_path / "p.nii.gz").pixels.sum() == 700


def test_an_output_is_replaced(shell: Shell, files: Files, expected: Registration, tmp_path: Path) -> None:
    path = tmp_path / "t.tfm"
    path.write_text("something else")
    shell.done(*files.register, "--output-transform", path)
    assert Transform.read(path) == expected.transform


def failing(*_: Any) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("json_too", [False, True])
def test_one_output_fails_and_the_others_are_written(
    shell: Shell, files: Files, expected: Registration, monkeypatch: pytest.MonkeyPatch, json_too: bool, tmp_path: Path
) -> None:
    monkeypatch.setattr(cli_register, "write_report", failing)
    report, moved, found = (str(tmp_path / name) for name in ("r.html", "m.mha", "t.tfm"))
    words = ("--report", report, "--output", moved, "--output-transform", found)
    said = shell(*files.register, *words, *(["--json"] if json_too else []))
    assert said.code == 1
    message = f"--report: '{report}' could not be written: No space left on device"
    assert said.error == f"{message} (written: {moved}, {found})"
    assert Transform.read(found) == expected.transform
    assert {path.name for path in tmp_path.iterdir()} == {"m.mha", "t.tfm"}
    if json_too:
        assert said.json["outputs"] == {"output": moved, "output_transform": found}
        assert said.json["errors"] == [message]
    else:
        assert "Registration of 2 dimensions" in said.out
        assert "r.html" not in said.out


def test_a_folder_that_vanishes_during_the_registration(
    shell: Shell, files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    def remove(*values: Any, **options: Any) -> Registration:
        shutil.rmtree(folder)
        return register(*values, **options)

    monkeypatch.setattr(cli_register, "register", remove)
    said = shell(*files.register, "--output", folder / "m.mha", "--output-transform", tmp_path / "t.tfm")
    assert said.code == 1
    assert f"--output: '{folder}/m.mha' could not be written: there is no folder '{folder}'" in said.error
    assert [path.name for path in tmp_path.iterdir()] == ["t.tfm"]


def test_outputs_are_checked_before_the_registration(
    shell: Shell, files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cli_register, "register", pytest.fail)
    for option, name in (("--output", "m.doc"), ("--output-transform", "t.doc"), ("--output-points", "p.doc")):
        assert shell(*files.register, option, tmp_path / name).error.startswith(f"{option}: ")
        assert shell(*files.register, option, tmp_path / "no folder" / "x").error.startswith(f"{option}: there is no ")
    assert list(tmp_path.iterdir()) == []


def test_report_without_matplotlib(shell: Shell, files: Files, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    said = shell(*files.register, "--report", tmp_path / "r.html")
    assert said.code == 2
    assert said.error == '--report: its pictures need matplotlib: pip install "itk-maskedsampling[plot]"'


def test_files_that_belong_together(tmp_path: Path) -> None:
    for one, other, together in (
        ("a.hdr", "a.img", True),
        ("a.mhd", "a.zraw", True),
        ("a.nhdr", "a.raw.gz", True),
        ("a.nii", "a.nii.gz", False),
        ("a.mhd", "b.mhd", False),
        ("a.mha", "./a.mha", True),
    ):
        assert bool(keys(tmp_path / one) & keys(tmp_path / other)) == together, (one, other)


@pytest.mark.filterwarnings("always:b-spline:RuntimeWarning")
def test_warnings_are_told_and_kept(shell: Shell, files: Files) -> None:
    """On standard error, in the text of the result and in its JSON."""
    spline = files.folder / "spline.tfm"
    make_torn_spline((20.0, 20.0), (40.0, 40.0), (4.0, -3.0)).write(spline)
    words = [*files.register, "-t", spline, "--iterations", "1", "--levels", "1", "--uncertainty", "none"]
    said = shell.done(*words, "--json", "--quiet")
    (text,) = said.json["warnings"]
    assert "the displacement jumps by" in text
    assert said.err == f"itk-maskedsampling: warning: {text}\n"
    assert f"  warning: {text}" in shell.done(*words).out.splitlines()
    assert shell.done(*files.register, "--json", "--quiet").json["warnings"] == []
