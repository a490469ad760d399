# SPDX-License-Identifier: Apache-2.0
"""A report tells how far its result can be trusted, and shows where it is more and less certain."""

import base64
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, Registration, register, write_report
from itk_maskedsampling._pictures.slices import make_slices, orient
from itk_maskedsampling._report.uncertainty import draw_uncertainty, find_errors
from register_scene import grid_points, make_scene

CAPTION = "How far points may be mapped wrong: the standard error"


def report(result: Registration, folder: Path) -> str:
    write_report(result, folder / "report.html")
    return (folder / "report.html").read_text(encoding="utf-8")


def cells(html: str) -> list[tuple[str, str]]:
    return re.findall(r"<tr><td>([^<]*)</td><td>([^<]*)</td></tr>", html)


@pytest.mark.parametrize(("spacing", "unit"), [(1.0, "pixels"), (1.5, "mm")])
def test_a_result_that_is_determined(spacing: float, unit: str, tmp_path: Path) -> None:
    scene = make_scene(2)
    fixed, moving = (Image(image.pixels, (spacing, spacing)) for image in (scene.fixed, scene.moving))
    result = register(fixed, moving, scene.fixed_mask)
    assert result.uncertainty is not None
    html = report(result, tmp_path)
    error = f"{result.uncertainty.standard_error:.3g}"
    assert dict(cells(html))["uncertainty"] == f"determined, standard error {error} {unit}"
    assert "reason" not in dict(cells(html))
    assert html.count(f"<figcaption>{CAPTION}") == 1


@pytest.mark.filterwarnings("ignore:At the result:RuntimeWarning")
def test_a_result_that_is_lost(tmp_path: Path) -> None:
    scene = make_scene(2)
    noise = np.random.default_rng(0).normal(size=scene.moving.pixels.shape)
    result = register(scene.fixed, noise, scene.fixed_mask)
    assert result.uncertainty is not None
    html = report(result, tmp_path)
    assert dict(cells(html))["uncertainty"] == "lost"
    assert dict(cells(html))["reason"] == result.uncertainty.reason.replace("'", "&#x27;")
    assert html.count(result.uncertainty.reason) == 1, "not as a warning, too"
    assert CAPTION not in html


@pytest.mark.parametrize(
    "options", [{"metric": "neighborhood-correlation"}, {"uncertainty": "none"}, {"iterations": 0}]
)
def test_what_is_not_known(options: dict[str, Any], tmp_path: Path) -> None:
    scene = make_scene(2)
    result = register(scene.fixed, scene.moving, scene.fixed_mask, **{"iterations": 2, "levels": 1, **options})
    html = report(result, tmp_path)
    assert ("uncertainty" in dict(cells(html))) == (result.uncertainty is not None)
    assert "standard error" not in html
    assert CAPTION not in html


def test_a_pickle(tmp_path: Path) -> None:
    """It has no images to draw over."""
    scene = make_scene(2)
    html = report(pickle.loads(pickle.dumps(register(scene.fixed, scene.moving, scene.fixed_mask))), tmp_path)
    assert "standard error" in dict(cells(html))["uncertainty"]
    assert CAPTION not in html


@pytest.mark.parametrize("dimension", [2, 3])
def test_errors_of_a_slice(dimension: int) -> None:
    """Those of at(), at the points of its pixels."""
    scene = make_scene(dimension, tilted=True)
    result = register(scene.fixed, scene.moving, scene.fixed_mask)
    uncertainty = result.uncertainty
    assert uncertainty is not None
    for place in make_slices(orient(scene.fixed.geometry), scene.mask_points().mean(axis=0)):
        grid = place.grid
        axes = np.reshape(grid.direction, (dimension, dimension))
        points = grid_points(grid.size[::-1], grid.spacing, grid.origin, axes)
        wanted = uncertainty.at(points.reshape(-1, dimension)).reshape(points.shape[:-1])
        np.testing.assert_allclose(find_errors(uncertainty, place), np.squeeze(wanted), rtol=1e-6)


@pytest.mark.parametrize("has_mask", [True, False])
@pytest.mark.parametrize(("dimension", "transform"), [(2, "rigid"), (3, "rigid"), (2, "b-spline"), (3, "b-spline")])
def test_the_map_is_of_the_mask(dimension: int, transform: str, has_mask: bool, tmp_path: Path) -> None:
    scene = make_scene(dimension)
    samples = 4000 if transform == "b-spline" else 2000
    mask = scene.fixed_mask if has_mask else None
    result = register(scene.fixed, scene.moving, mask, transform=transform, samples=samples)
    assert CAPTION in report(result, tmp_path)
    uncertainty = result.uncertainty
    assert uncertainty is not None
    figure = draw_uncertainty(result, uncertainty, None)
    pictures = [axes.images for axes in figure.axes if len(axes.images) == 2]
    assert len(pictures) == (1 if dimension == 2 else 3)
    errors = uncertainty.at(scene.mask_points())
    for grey, colour in pictures:
        values, below = colour.get_array(), grey.get_array()
        assert values is not None
        assert below is not None
        shown = np.ma.MaskedArray(values).filled(np.nan)
        assert colour.get_extent() == grey.get_extent()
        assert shown.shape == below.shape
        assert np.isfinite(shown).any()
        if has_mask:
            assert np.isnan(shown[0, 0])
            assert 0.95 * errors.min() < np.nanmin(shown) <= np.nanmax(shown) < 1.05 * errors.max()
        else:
            assert np.isfinite(shown).all()


def test_the_picture_is_one(tmp_path: Path) -> None:
    scene = make_scene(3)
    html = report(register(scene.fixed, scene.moving, scene.fixed_mask), tmp_path)
    (data,) = re.findall(rf'<img alt="{CAPTION}[^"]*" src="data:image/png;base64,([^"]*)"', html)
    assert base64.b64decode(data).startswith(b"\x89PNG")
