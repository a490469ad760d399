# SPDX-License-Identifier: Apache-2.0
"""What a report compares, measures and warns of."""

import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, Registration, Transform, register, write_report
from register_scene import make_scene, make_torn_spline, rotation

CHANGES: dict[str, Any] = {
    "same": lambda v: v,
    "scaled": lambda v: 4 * v + 100,
    "inverted": lambda v: 160 - v,
    "folded": lambda v: np.abs(v - 80),
}


def report(result: Registration, folder: Path) -> str:
    """The page, without its pictures."""
    write_report(result, folder / "report.html")
    return re.sub(r"base64,[^\"]*", "", (folder / "report.html").read_text(encoding="utf-8"))


def captions(html: str) -> str:
    return " ".join(re.findall(r"<figcaption>(.*?)</figcaption>", html))


def cells(html: str) -> dict[str, str]:
    return dict(re.findall(r"<tr><td>([^<]*)</td><td>([^<]*)</td></tr>", html))


METRICS = ("mean-squares", "correlation", "mutual-information")
CASES = [(change, metric, 2) for change in CHANGES for metric in METRICS]


@pytest.mark.parametrize(
    ("change", "metric", "dimension"), [*CASES, ("same", "mean-squares", 3), ("inverted", "correlation", 3)]
)
def test_values_of_different_contrasts_are_not_compared(
    change: str, metric: str, dimension: int, tmp_path: Path
) -> None:
    """Neither in a report nor in a notebook; edges are. Whatever the metric is."""
    scene = make_scene(dimension, shift=(0.4, 0.3, 0.2))
    moving = Image(CHANGES[change](scene.moving.pixels), scene.moving.spacing)
    options: dict[str, Any] = {"iterations": 2, "levels": 1, "uncertainty": "none"}  # whose warnings would be right
    result = register(scene.fixed, moving, scene.fixed_mask, metric=metric, **options)
    html = report(result, tmp_path)
    shown = captions(html)
    alike = change in ("same", "scaled")
    assert ("Squares" in shown) == alike
    assert ("minus" in shown) == (alike and change == "same")
    assert ("The edges of the fixed image" in shown) != alike
    assert "moving one after registration" in shown
    assert ("checkerboard</th>" in result._repr_html_()) == alike
    assert ("edges of fixed over moving</th>" in result._repr_html_()) != alike


@pytest.mark.parametrize("seed", range(5))
def test_degrees_and_lengths(seed: int, tmp_path: Path) -> None:
    """Those of a transform that is known: a turn about the middle of the mask, and a shift of it."""
    random = np.random.default_rng(seed)
    scene = make_scene(3, tilted=True)
    points = scene.mask_points()
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    angle, shift = random.uniform(-3, 3), random.uniform(-9, 9, 3)
    stretch = np.diag(random.uniform(0.8, 1.2, 3))
    linear = np.eye(3)
    linear[:2, :2] = rotation(angle, 2) if seed else np.eye(2)
    matrix = np.eye(4)
    matrix[:3, :3] = linear @ stretch
    matrix[:3, 3] = middle + shift - matrix[:3, :3] @ middle
    options: dict[str, Any] = {"metric": "mean-squares", "iterations": 0, "levels": 1}
    start = Transform.from_matrix(matrix)
    result = register(scene.fixed, scene.fixed, scene.fixed_mask, transform=start, **options)
    found = cells(report(result, tmp_path))
    numbers = [float(word) for word in re.findall(r"-?[\d.]+(?:e-?\d+)?", found["translation"])]
    np.testing.assert_allclose(numbers[:6], [*middle, *shift], rtol=1e-4, atol=1e-4)
    assert " mm" in found["translation"]
    assert float(found["rotation"].split()[0]) == pytest.approx(abs(np.degrees(angle)) if seed else 0, rel=1e-3)
    assert "degrees" in found["rotation"]
    scales = [float(word) for word in re.findall(r"[\d.]+", found["scale"])]
    np.testing.assert_allclose(scales[:3], np.diag(stretch), rtol=1e-5)
    assert scales[3] == pytest.approx(np.linalg.det(stretch), rel=1e-4)
    assert "folds" not in found


def test_units_of_arrays_are_pixels(tmp_path: Path) -> None:
    scene = make_scene(2)
    found = cells(report(register(scene.fixed.pixels, scene.moving.pixels, iterations=0, levels=1), tmp_path))
    assert " pixels" in found["translation"]
    assert found["rotation"] == "0 degrees, from x to y"
    assert "scale" not in found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("size", [0.5, 10.0])
def test_folds(size: float, tmp_path: Path) -> None:
    """Of a B-spline, against differences of the points to which the transform maps the voxels of the mask."""
    scene = make_scene(2)
    grid = [16, 15, -10, -10, 6, 6, 1, 0, 0, 1]
    moves = np.random.default_rng(1).normal(0, size, 2 * 16 * 15)
    start = Transform(2, (("BSplineTransform_double_2_2", np.array(grid, float), moves),))
    options: dict[str, Any] = {"metric": "mean-squares", "iterations": 0, "levels": 1}
    result = register(scene.fixed, scene.fixed, scene.fixed_mask, transform=start, **options)
    found = cells(report(result, tmp_path))
    points = scene.mask_points()
    columns = [(start.apply(points + step) - start.apply(points - step)) / 2e-4 for step in 1e-4 * np.eye(2)]
    determinants = np.linalg.det(np.stack(columns, -1))
    share, least, greatest = np.mean(determinants <= 0), determinants.min(), determinants.max()
    assert ("of the mask folded" in found["folds"]) == (share > 0) == (size > 1)
    if share:
        assert found["folds"].startswith(f"{100 * share:.3g} % of the mask folded")
    ends = re.findall(r"volumes become (\S+) to (\S+) times", found["folds"])[0]
    np.testing.assert_allclose([float(one) for one in ends], [least, greatest], rtol=1e-2, atol=0.02)
    lengths = np.linalg.norm(start.apply(points) - points, axis=1)
    assert found["displacement"].startswith(f"mean {lengths.mean():.4g} mm") or "pixels" in found["displacement"]
    assert f"{lengths.max():.4g}" in found["displacement"]
    assert "rotation, of the nearest affine transform" in found


def test_changed_settings_come_first(tmp_path: Path) -> None:
    scene = make_scene(2)
    stages = ["rigid", {"transform": "affine", "learning_rate": 0.123, "optimizer": "regular-step-gradient-descent"}]
    result = register(scene.fixed, scene.moving, transform=stages, levels=1, seed=7, samples=300)
    for again in (result, result.repeat()):
        html = report(again, tmp_path)
        blocks = re.findall(r"<details>(.*?)</details>", html, re.DOTALL)
        assert len(blocks) == 2
        assert "open" not in re.findall(r"<details[^>]*>", html)[0]
        changed = [re.findall(r"\(changed: (.*?)\)", block)[0].split(", ") for block in blocks]
        # What is usual is not changed, even if it was given; nor is what follows from other settings.
        assert [set(names) for names in changed] == [
            {"levels", "seed", "samples"},
            {"levels", "seed", "samples", "learning_rate"},
        ]
        for block, names, settings in zip(blocks, changed, again.settings, strict=True):
            order = re.findall(r"<b>(\w+)</b>", block)
            assert set(order[: len(names)]) == set(names)
            assert set(order) == settings.keys() - {"transform"}


def test_usual_settings(tmp_path: Path) -> None:
    scene = make_scene(2)
    html = report(register(scene.fixed, scene.moving), tmp_path)
    assert "(all as usual)" in html
    assert "<h4>Changed</h4>" not in html


def test_warnings(tmp_path: Path) -> None:
    scene = make_scene(2, shift=(4.0, -3.0))
    spline = make_torn_spline((27.5, 23.5), (41.5, 35.5), (4.0, -3.0))
    with pytest.warns(RuntimeWarning, match="jumps"):
        result = register(scene.fixed, scene.moving, transform=spline, levels=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        html = report(result, tmp_path)
    assert "the displacement jumps by" in cells(html)["warning"]
