# SPDX-License-Identifier: Apache-2.0
"""What a report says to whoever signs it: which images, which software, when, how far it can be trusted."""

import re
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Image, Registration, register, version, write_image, write_report
from register_scene import Scene, make_scene


def report(result: Registration, folder: Path, **options: Any) -> str:
    write_report(result, folder / "report.html", **options)
    return re.sub(r"base64,[^\"]*", "", (folder / "report.html").read_text(encoding="utf-8"))


def rows_of(html: str) -> list[tuple[str, str]]:
    found = re.findall(r"<tr><td>([^<]*)</td><td>([^<]*)</td></tr>", html)
    return [(unescape(name), unescape(text)) for name, text in found]


def test_date_and_version(tmp_path: Path) -> None:
    scene = make_scene(2)
    start = datetime.now().astimezone()
    html = report(register(scene.fixed, scene.moving, iterations=0, levels=1), tmp_path)
    ((stamp, shown),) = re.findall(r'<time datetime="([^"]*)">([^<]*)</time>', html)
    assert start - timedelta(seconds=1) <= datetime.fromisoformat(stamp) <= datetime.now().astimezone()
    assert datetime.strptime(shown, "%Y-%m-%d %H:%M:%S, UTC%z") == datetime.fromisoformat(stamp)
    assert dict(rows_of(html))["software"] == f"itk-maskedsampling {version()}"


def test_inputs(tmp_path: Path) -> None:
    """Files by the names by which they were handed in, whatever these are."""
    scene = make_scene(3, tilted=True)
    folder = tmp_path / "<b>A & B</b> 'of' \"Zoë\""
    # No slash in a file name: that of the closing tag is a folder.
    folder.mkdir(parents=True)
    paths = [folder / f"{name}<i>&.mha" for name in ("fixed", "moving")]
    for image, path in zip((scene.fixed, scene.moving), paths, strict=True):
        write_image(image, path)
    mask = Image(scene.fixed_mask.astype(np.uint8), scene.fixed.spacing, scene.fixed.origin, scene.fixed.direction)
    result = register(str(paths[0]), paths[1], mask, iterations=0, levels=1)
    html = report(result, tmp_path)
    found = dict(rows_of(html))
    assert found["input: fixed"] == f"{paths[0]}, 44 x 40 x 36 voxels of 0.9 x 1.1 x 1.3 mm"
    assert found["input: moving"] == f"{paths[1]}, 44 x 40 x 36 voxels of 1.05 x 0.95 x 1.2 mm"
    assert found["input: fixed mask"] == "44 x 40 x 36 voxels of 0.9 x 1.1 x 1.3 mm"
    assert "input: moving mask" not in found
    assert "<i>" not in html
    assert "<b>A" not in html
    again = dict(rows_of(report(result.repeat(), tmp_path)))
    assert again["input: fixed"] == found["input: fixed"]


def test_arrays_have_no_file_and_no_mm(tmp_path: Path) -> None:
    scene = make_scene(2)
    html = report(register(scene.fixed.pixels, scene.moving.pixels, iterations=0, levels=1), tmp_path)
    assert dict(rows_of(html))["input: fixed"] == "70 x 60 pixels"


# Error bars


def turn_of(parameters: Any, center: Any, dimension: int) -> Any:
    kind = sitk.Euler2DTransform if dimension == 2 else sitk.Euler3DTransform
    transform = kind()
    transform.SetCenter(center)
    transform.SetParameters(np.asarray(parameters, float).tolist())
    return np.reshape(transform.GetMatrix(), (dimension, dimension))


@pytest.mark.parametrize("dimension", [2, 3])
def test_error_bars(dimension: int, tmp_path: Path) -> None:
    """That of the angles, from the covariance of the parameters and the matrices that SimpleITK makes of them."""
    scene: Scene = make_scene(dimension, angle=0.3, tilted=True)
    result = register(scene.fixed, scene.moving, scene.fixed_mask)
    uncertainty = result.uncertainty
    assert uncertainty is not None
    assert uncertainty.covariance is not None
    ((name, fixed, parameters),) = result.transform.parts
    assert name.startswith("Euler")
    middle, step = np.asarray(parameters), 1e-5
    matrix = turn_of(middle, fixed[:dimension].tolist(), dimension)
    slopes = []
    for number in range(len(middle)):
        moves = step * np.eye(len(middle))[number]
        change = turn_of(middle + moves, fixed[:dimension].tolist(), dimension) - turn_of(
            middle - moves, fixed[:dimension].tolist(), dimension
        )
        spin = change / (2 * step) @ matrix.T
        slopes.append([spin[1, 0]] if dimension == 2 else [spin[2, 1], spin[0, 2], spin[1, 0]])
    jacobian = np.array(slopes).T
    wanted = np.degrees(np.sqrt(np.diag(jacobian @ uncertainty.covariance @ jacobian.T)))
    bars = [text for name, text in rows_of(report(result, tmp_path)) if name == "error bars"]
    assert len(bars) == 2
    errors = uncertainty.at(scene.mask_points())
    ends = [float(one) for one in re.findall(r"[\d.]+(?:e-\d+)?", bars[0])]
    np.testing.assert_allclose(ends, [errors.min(), errors.max()], rtol=5e-3)
    assert bars[0].endswith(" mm")
    found = [float(one) for one in re.findall(r"[\d.]+(?:e-\d+)?", bars[1])]
    np.testing.assert_allclose(found, wanted, rtol=2e-2)
    assert "degrees" in bars[1]


@pytest.mark.parametrize("transform", ["translation", "affine"])
def test_only_what_turns_has_a_bar_of_its_turn(transform: str, tmp_path: Path) -> None:
    scene = make_scene(2)
    result = register(scene.fixed, scene.moving, scene.fixed_mask, transform=transform)
    bars = [text for name, text in rows_of(report(result, tmp_path)) if name == "error bars"]
    assert len(bars) == 1
    assert "rotation" not in bars[0]


# The rest of what is signed


def test_warnings_or_none(tmp_path: Path) -> None:
    scene = make_scene(2)
    result = register(scene.fixed, scene.moving, scene.fixed_mask, metric="mean-squares")
    assert result.warnings == ()
    assert dict(rows_of(report(result, tmp_path)))["warnings"] == "none"
    object.__setattr__(result, "warnings", ("of <one> & another",))
    found = dict(rows_of(report(result, tmp_path)))
    assert found["warning"] == "of <one> & another"
    assert "warnings" not in found


def test_folding_of_what_bends(tmp_path: Path) -> None:
    scene = make_scene(2)
    options: dict[str, Any] = {"iterations": 3, "levels": 1, "metric": "mean-squares"}
    result = register(scene.fixed, scene.moving, scene.fixed_mask, transform="b-spline", **options)
    assert result.folding is not None
    assert dict(rows_of(report(result, tmp_path)))["folding"] == result.folding.describe()


def test_lines_for_a_signature(tmp_path: Path) -> None:
    scene = make_scene(2)
    html = report(register(scene.fixed, scene.moving, iterations=0, levels=1), tmp_path)
    (block,) = re.findall(r'<div class="sign">(.*?)</div>', html)
    assert re.findall(r"<p><span>([^<]*)</span></p>", block) == ["Checked by", "Signature", "Date", "Remarks"]


def test_a_report_of_a_volume_is_small(tmp_path: Path) -> None:
    """Of a volume as large as a brain of 1 mm, with noise in it."""
    shape = (150, 190, 160)
    noise = np.random.default_rng(0).normal(0, 3, shape)
    z, y, x = np.meshgrid(*(np.arange(size) for size in shape), indexing="ij", sparse=True)
    brain = ((x - 80) / 70) ** 2 + ((y - 95) / 85) ** 2 + ((z - 75) / 65) ** 2 < 1
    pixels = (brain * (100 + 30 * np.sin(x / 5 + z / 9) + 20 * np.cos(y / 6)) + noise * brain).astype(np.float32)
    result = register(Image(pixels, (1.0, 1.0, 1.01)), Image(pixels, (1.0, 1.0, 1.01)), brain, iterations=1, levels=1)
    write_report(result, tmp_path / "report.html")
    assert (tmp_path / "report.html").stat().st_size < 1.5e6
