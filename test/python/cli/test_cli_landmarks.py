# SPDX-License-Identifier: Apache-2.0
"""Landmarks in the shell: `register --fixed-landmarks FILE --moving-landmarks FILE`."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from cli_scene import Files, Shell, make_files
from itk_maskedsampling._cli import register as cli_register

Floats = npt.NDArray[np.float64]


@pytest.fixture(scope="module", params=[2, 3])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("files"), request.param, angle=0.04, shift=(3.0, -2.0, 1.0))


@pytest.fixture(scope="module")
def points(files: Files) -> tuple[Floats, Floats]:
    random = np.random.default_rng(3)
    fixed = random.choice(files.scene.mask_points(), 6, replace=False)
    return fixed, files.scene.truth(fixed) + random.normal(0, 0.3, fixed.shape)


def in_space(points: Floats) -> Floats:
    """Of two dimensions, in those of 3D Slicer."""
    return np.column_stack([points, np.zeros((len(points), 3 - points.shape[1]))])


def write_csv(path: Path, points: Floats) -> Path:
    rows = [
        ",".join("xyz"[: points.shape[1]]) + ",name",
        *(f"{','.join(map(repr, one))},tip" for one in points.tolist()),
    ]
    path.write_text("\n".join(rows) + "\n")
    return path


def write_markups(path: Path, points: Floats) -> Path:
    """In RAS, as 3D Slicer may have it."""
    control = [{"label": "a", "position": (one * [-1, -1, 1]).tolist()} for one in in_space(points)]
    path.write_text(
        json.dumps({"markups": [{"type": "Fiducial", "coordinateSystem": "RAS", "controlPoints": control}]})
    )
    return path


def write_fiducials(path: Path, points: Floats) -> Path:
    lines = ["# Markups fiducial file version = 4.11", "# CoordinateSystem = LPS", "# columns = id,x,y,z"]
    lines += [f"p{number},{','.join(map(repr, one))}" for number, one in enumerate(in_space(points).tolist())]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_names(path: Path, points: Floats, names: list[str]) -> None:
    WRITERS["".join(path.suffixes)](path, points)
    text = path.read_text()
    if path.suffix == ".json":
        document = json.loads(text)
        for point, name in zip(document["markups"][0]["controlPoints"], names, strict=True):
            point["label"] = name
        path.write_text(json.dumps(document))
        return
    lines = text.splitlines()
    first = len(lines) - len(names)
    rows = [f"{line.removesuffix(',tip')},{name}" for line, name in zip(lines[first:], names, strict=True)]
    head = [line + ",label" if line.startswith("# columns") else line for line in lines[:first]]
    path.write_text("\n".join([*head, *rows]) + "\n")


WRITERS = {".csv": write_csv, ".mrk.json": write_markups, ".fcsv": write_fiducials}


def find_errors(matrix: Any, fixed: Floats, moving: Floats) -> tuple[Floats, Floats]:
    full = np.array(matrix)
    after = fixed @ full[:-1, :-1].T + full[:-1, -1] - moving
    return np.linalg.norm(fixed - moving, axis=1), np.linalg.norm(after, axis=1)


@pytest.mark.parametrize("suffixes", [(".csv", ".mrk.json"), (".fcsv", ".csv"), (".mrk.json", ".fcsv")])
def test_errors(
    shell: Shell, files: Files, points: tuple[Floats, Floats], suffixes: tuple[str, str], tmp_path: Path
) -> None:
    names = ("fixed", "moving")
    paths = [
        WRITERS[suffix](tmp_path / f"{name}{suffix}", one)
        for name, suffix, one in zip(names, suffixes, points, strict=True)
    ]
    words = ("--fixed-landmarks", paths[0], "--moving-landmarks", paths[1])
    report = tmp_path / "r.html"
    found = shell.done(*files.register, *words, "--json", "--report", report).json
    before, after = find_errors(found["matrix"], *points)
    for name, errors in (("before", before), ("after", after)):
        own = found["landmarks"][name]
        np.testing.assert_allclose(own["errors"], errors, rtol=1e-6)
        assert own["mean"] == pytest.approx(errors.mean())
        assert own["median"] == pytest.approx(np.median(errors))
        assert own["90th_percentile"] == pytest.approx(np.percentile(errors, 90))
        assert own["maximum"] == pytest.approx(errors.max())
    assert found["landmarks"]["farther"] == np.flatnonzero(after > before).tolist() == []
    assert found["landmarks"]["warnings"] == []
    assert found["inputs"]["fixed_landmarks"] == str(paths[0])
    assert found["inputs"]["moving_landmarks"] == str(paths[1])
    html = report.read_text(encoding="utf-8")
    assert f"mean error {before.mean():.3g} " in html
    rows = re.findall(r"<tr><td>([^<]*)</td><td>\([^<]*</td><td>\([^<]*</td><td>([^<]*)</td><td>([^<]*)</td>", html)
    np.testing.assert_allclose([float(row[2]) for row in rows], after, rtol=1e-3)


def test_it_is_said(shell: Shell, files: Files, points: tuple[Floats, Floats], tmp_path: Path) -> None:
    """Also without a report; and what is worse is said, too."""
    fixed, moving = points[0], points[1].copy()
    moving[4] = fixed[4]
    paths = write_csv(tmp_path / "f.csv", fixed), write_csv(tmp_path / "m.csv", moving)
    said = shell.done(*files.register, "--fixed-landmarks", paths[0], "--moving-landmarks", paths[1])
    assert "  landmarks: 6 landmarks, mean error " in said.out
    assert "  warning: 1 of 6 landmarks are farther apart after than before: tip (5)\n" in said.out
    said = shell.done(*files.register, "--json")
    assert said.json["landmarks"] is None


@pytest.mark.parametrize("suffix", sorted(WRITERS))
def test_they_are_paired_by_their_names(
    shell: Shell, files: Files, points: tuple[Floats, Floats], suffix: str, tmp_path: Path
) -> None:
    """Where both files have the same ones; otherwise in their order, and it is said what is elsewhere."""
    labels = [f"vessel {number}" for number in range(6)]
    order = [3, 0, 5, 1, 4, 2]
    paths = [tmp_path / f"{name}{suffix}" for name in ("f", "m", "other")]
    write_names(paths[0], points[0], labels)
    write_names(paths[1], points[1][order], [labels[number] for number in order])
    write_names(paths[2], points[1], [*labels[1:], "another"])
    options = ("--json", "--report", tmp_path / "r.html")
    found = shell.done(*files.register, "--fixed-landmarks", paths[0], "--moving-landmarks", paths[1], *options).json
    _, after = find_errors(found["matrix"], *points)
    np.testing.assert_allclose(found["landmarks"]["after"]["errors"], after, rtol=1e-6)
    assert found["landmarks"]["names"] == labels
    (warning,) = found["landmarks"]["warnings"]
    assert "paired by their names" in warning
    assert "<td>vessel 3</td>" in (tmp_path / "r.html").read_text(encoding="utf-8")
    found = shell.done(*files.register, "--fixed-landmarks", paths[0], "--moving-landmarks", paths[2], *options).json
    np.testing.assert_allclose(found["landmarks"]["after"]["errors"], after, rtol=1e-6)
    assert "vessel 1, vessel 2, vessel 3, vessel 4, vessel 5 of the fixed image" in found["landmarks"]["warnings"][0]


def test_bad_landmarks_end_it_before_the_registration(
    shell: Shell, files: Files, points: tuple[Floats, Floats], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_register, "register", pytest.fail)
    fixed, fewer = write_csv(tmp_path / "f.csv", points[0]), write_csv(tmp_path / "m.csv", points[1][:4])
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    for words, message in (
        (("--fixed-landmarks", fixed), "--moving-landmarks: landmarks are needed of both images"),
        (("--moving-landmarks", fixed), "--fixed-landmarks: landmarks are needed of both images"),
        (
            ("--fixed-landmarks", fixed, "--moving-landmarks", fewer),
            "--fixed-landmarks, --moving-landmarks: 6 fixed points, but 4 moving ones",
        ),
        (("--fixed-landmarks", fixed, "--moving-landmarks", other), f"--moving-landmarks: '{other}' cannot be read as"),
        (
            ("--fixed-landmarks", tmp_path / "no.csv", "--moving-landmarks", fixed),
            "--fixed-landmarks: there is no file",
        ),
        (("--fixed-landmarks", fixed, "--moving-landmarks", files.mask), "--moving-landmarks: "),
    ):
        said = shell(*files.register, *words)
        assert said.code == 2
        assert said.error.startswith(message)
    other.write_text(fixed.read_text())
    pair = ("--fixed-landmarks", fixed, "--moving-landmarks", other)
    said = shell(*files.register, *pair, "--output-points", fixed)
    assert "would overwrite the input fixed_landmarks" in said.error
