# SPDX-License-Identifier: Apache-2.0
"""Landmarks in a report: how far they are apart before and after, as numpy finds it."""

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from itk_maskedsampling import Registration, Transform, register, write_report
from register_scene import Scene, make_scene

Floats = npt.NDArray[np.float64]


def report(result: Registration, folder: Path, landmarks: Any) -> str:
    """The page, without its pictures."""
    write_report(result, folder / "report.html", landmarks=landmarks)
    return re.sub(r"base64,[^\"]*", "", (folder / "report.html").read_text(encoding="utf-8"))


def read_rows(html: str) -> list[list[str]]:
    return [re.findall(r"<td>([^<]*)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", html)]


def read_errors(html: str) -> list[list[str]]:
    """The rows of landmarks: number, fixed and moving point, errors before and after, and what is said of it."""
    return [row for row in read_rows(html) if len(row) == 6 and row[0].isdecimal() and row[1].startswith("(")]


def read_summary(html: str) -> dict[str, list[float]]:
    names = ("mean", "median", "90th percentile", "maximum")
    return {row[0]: [float(one) for one in row[1:]] for row in read_rows(html) if row and row[0] in names}


def warnings_of(html: str) -> list[str]:
    return re.findall(r'<p class="warning"><b>Warning</b>: (.*?)\.</p>', html)


@pytest.fixture(scope="module", params=[2, 3])
def scene(request: pytest.FixtureRequest) -> Scene:
    return make_scene(request.param, angle=0.05, shift=(4.0, -3.0, 2.0), tilted=True)


@pytest.fixture(scope="module")
def result(scene: Scene) -> Registration:
    return register(scene.fixed, scene.moving, scene.fixed_mask, metric="mean-squares")


@pytest.fixture(scope="module")
def landmarks(scene: Scene) -> tuple[Floats, Floats]:
    """Where they are marked, which is not quite where they are."""
    random = np.random.default_rng(7)
    points = random.choice(scene.mask_points(), 11, replace=False)
    return points, scene.truth(points) + random.normal(0, 0.2, points.shape)


def test_errors(result: Registration, landmarks: tuple[Floats, Floats], tmp_path: Path) -> None:
    fixed, moving = landmarks
    matrix = result.transform.matrix()
    before = np.linalg.norm(fixed - moving, axis=1)
    after = np.linalg.norm(fixed @ matrix[:-1, :-1].T + matrix[:-1, -1] - moving, axis=1)
    html = report(result, tmp_path, landmarks)
    rows = read_errors(html)
    assert [row[0] for row in rows] == [str(number + 1) for number in range(11)]
    for place, points in ((1, fixed), (2, moving)):
        shown = [[float(one) for one in row[place].strip("()").split(", ")] for row in rows]
        np.testing.assert_allclose(shown, points, rtol=1e-5)
    np.testing.assert_allclose([float(row[3]) for row in rows], before, rtol=1e-3)
    np.testing.assert_allclose([float(row[4]) for row in rows], after, rtol=1e-3)
    assert "error before, mm" in html
    for name, function in (
        ("mean", np.mean),
        ("median", np.median),
        ("maximum", np.max),
        ("90th percentile", lambda values: np.percentile(values, 90)),
    ):
        wanted: Any = [function(before), function(after)]
        np.testing.assert_allclose(read_summary(html)[name], wanted, rtol=1e-3)
    assert after.max() < before.min()
    assert warnings_of(html) == []
    assert [row[5] for row in rows] == [""] * 11
    (told,) = [row[1] for row in read_rows(html) if row and row[0] == "landmarks"]
    assert told.startswith(f"11 landmarks, mean error {before.mean():.3g} mm before and {after.mean():.3g} mm after")


def test_what_is_worse_is_said(
    scene: Scene, result: Registration, landmarks: tuple[Floats, Floats], tmp_path: Path
) -> None:
    fixed, moving = (points.copy() for points in landmarks)
    moving[[2, 5]] = fixed[[2, 5]]  # where they are before
    html = report(result, tmp_path, (fixed, moving))
    assert warnings_of(html) == ["2 of 11 landmarks are farther apart after than before: 3, 6, counted from 1"]
    assert [row[0] for row in read_errors(html) if row[5]] == ["3", "6"]
    assert (
        "2 of 11 landmarks are farther apart after"
        in {row[0]: row[1] for row in read_rows(html) if len(row) == 2}["warning"]
    )
    html = report(result, tmp_path, (fixed, fixed))
    assert warnings_of(html)[0] == "the mean error of the landmarks is larger after the registration than before"
    assert len(warnings_of(html)) == 2


def test_what_did_not_move_is_not_worse(scene: Scene, landmarks: tuple[Floats, Floats], tmp_path: Path) -> None:
    """Before is with the transform from which it started, so that rounding is all there is between both."""
    dimension = len(scene.matrix)
    matrix = np.eye(dimension + 1)
    matrix[:-1, :-1], matrix[:-1, -1] = scene.matrix, scene.offset
    start = Transform.from_matrix(matrix)
    result = register(scene.fixed, scene.moving, transform=start, iterations=0, levels=1, metric="mean-squares")
    fixed, _ = landmarks
    html = report(result, tmp_path, (fixed, scene.truth(fixed)))
    assert warnings_of(html) == []
    assert all(float(row[place]) < 1e-9 for row in read_errors(html) for place in (3, 4))


def test_landmarks_that_are_not_in_the_image(
    scene: Scene, result: Registration, landmarks: tuple[Floats, Floats], tmp_path: Path
) -> None:
    fixed, moving = (points.copy() for points in landmarks)
    moving[:3] += 1000
    fixed[1] -= 1000
    told = warnings_of(report(result, tmp_path, (fixed, moving)))
    assert told[0].startswith("1 of 11 landmarks of the fixed image are outside of it")
    assert told[1].startswith("3 of 11 landmarks of the moving image are outside of it")


def test_lists_one_landmark_and_a_pickle(
    result: Registration, landmarks: tuple[Floats, Floats], tmp_path: Path
) -> None:
    fixed, moving = (points[:1].tolist() for points in landmarks)
    html = report(pickle.loads(pickle.dumps(result)), tmp_path, [fixed, moving])
    (row,) = read_errors(html)
    assert float(row[4]) == pytest.approx(np.linalg.norm(result.transform.apply(fixed[0]) - moving[0]), rel=1e-3)
    assert "1 landmark, mean error" in html


def test_bad_landmarks(result: Registration, landmarks: tuple[Floats, Floats], tmp_path: Path) -> None:
    fixed, moving = landmarks
    dimension = fixed.shape[1]
    for bad, error, words in (
        ((fixed, moving[:-1]), ValueError, "landmarks: 11 fixed points, but 10 moving ones"),
        (fixed, TypeError, r"landmarks: a pair \(fixed_points, moving_points\) is needed, not a numpy array"),
        ("points", TypeError, "landmarks: a pair"),
        (3, TypeError, "landmarks: a pair"),
        ((fixed[:, :1], moving), ValueError, rf"landmarks\[0\]: an array of points of shape \(n, {dimension}\)"),
        ((fixed, moving[0]), ValueError, rf"landmarks\[1\]: an array of points of shape \(n, {dimension}\)"),
        ((fixed, np.full_like(moving, np.nan)), ValueError, r"landmarks\[1\]: finite numbers are needed"),
        ((fixed[:0], moving[:0]), ValueError, r"landmarks\[0\]: there is no point in it"),
    ):
        with pytest.raises(error, match=words):
            write_report(result, tmp_path / "report.html", landmarks=bad)
    assert list(tmp_path.iterdir()) == []


def test_landmarks_with_names(result: Registration, landmarks: tuple[Floats, Floats], tmp_path: Path) -> None:
    """They are paired by these, in any order."""
    fixed, moving = landmarks
    names = [f"bone <{number}>" for number in range(len(fixed))]
    backwards = list(reversed(range(len(fixed))))
    by_name = ({names[n]: fixed[n] for n in range(len(fixed))}, {names[n]: moving[n] for n in backwards})
    found = report(result, tmp_path, by_name)
    assert [row[1:] for row in read_rows(found) if row and row[0].startswith("bone")] == [
        row[1:] for row in read_errors(report(result, tmp_path, landmarks))
    ]
    assert "bone &lt;3&gt;" in found
    for wrong, told in (
        ((by_name[0], moving), r"landmarks: points with names and points without"),
        ((by_name[0], {**by_name[1], "more": moving[0]}), r"landmarks: more: only in the moving image"),
        (({1: fixed[0], "1": fixed[1]}, {1: moving[0], "1": moving[1]}), r"some have the same name: 1, 1"),
    ):
        with pytest.raises(ValueError, match=told):
            write_report(result, tmp_path / "r.html", landmarks=wrong)
