# SPDX-License-Identifier: Apache-2.0
"""The histograms of a report: counts of values of both images at the same places, as SimpleITK and numpy have them."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Image, Registration, register, write_report
from itk_maskedsampling._images.files import read
from itk_maskedsampling._images.masks import read_mask
from itk_maskedsampling._report.histogram import Histogram, count_pairs, draw_histogram
from itk_maskedsampling.plot.scene import read_pair
from register_scene import Scene, make_scene

Floats = npt.NDArray[np.float64]
BINS = 64
CAPTION = "Histogram of the values of both images at the same places"


def to_simpleitk(image: Image, pixels: Any = None) -> sitk.Image:
    other = sitk.GetImageFromArray(np.asarray(image.pixels if pixels is None else pixels))
    other.SetSpacing(image.spacing)
    other.SetOrigin(image.origin)
    other.SetDirection(image.direction.ravel().tolist())
    return other


def find_values(scene: Scene, moving_mask: npt.NDArray[np.bool_] | None, matrix: Floats) -> tuple[Floats, Floats]:
    """Of voxels inside the mask of which both images have a value: by SimpleITK."""
    dimension = len(matrix) - 1
    fixed, moving = to_simpleitk(scene.fixed), to_simpleitk(scene.moving)
    affine = sitk.AffineTransform(matrix[:-1, :-1].ravel().tolist(), matrix[:-1, -1].tolist())
    assert affine.GetDimension() == dimension
    moved = sitk.GetArrayFromImage(sitk.Resample(moving, fixed, affine, sitk.sitkLinear, float("nan")))
    inside = scene.fixed_mask & np.isfinite(moved)
    if moving_mask is not None:
        image = to_simpleitk(scene.moving, moving_mask.astype(np.uint8))
        nearest = sitk.Resample(image, fixed, affine, sitk.sitkNearestNeighbor, 0)
        inside &= sitk.GetArrayFromImage(nearest) != 0
    return scene.fixed.pixels[inside].astype(float), moved[inside].astype(float)


def find_histogram(scene: Scene, result: Registration, moving_mask: npt.NDArray[np.bool_] | None) -> Histogram:
    pair = read_pair("side_by_side", result, None, None, None)
    mask = None
    if moving_mask is not None:
        mask = read_mask("mask", moving_mask, read("moving", scene.moving))
    return count_pairs(pair, mask)


@pytest.mark.parametrize("has_moving_mask", [False, True])
@pytest.mark.parametrize("dimension", [2, 3])
def test_counts(dimension: int, has_moving_mask: bool) -> None:
    scene = make_scene(dimension, angle=0.04, shift=(3.0, -2.0, 1.0), tilted=True)
    moving_mask = scene.fixed_mask if has_moving_mask else None
    result = register(scene.fixed, scene.moving, scene.fixed_mask, moving_mask, metric="mean-squares", iterations=20)
    histogram = find_histogram(scene, result, moving_mask)
    pairs = [find_values(scene, moving_mask, one) for one in (np.eye(dimension + 1), result.transform.matrix())]
    assert list(histogram.pairs) == [len(one) for one, _ in pairs]
    ranges = [np.percentile(np.concatenate(side), [0.5, 99.5]) for side in zip(*pairs, strict=True)]
    for counts, (one, two) in zip(histogram.counts, pairs, strict=True):
        wanted, *edges = np.histogram2d(one, two, BINS, ranges)
        for own, edge in zip(histogram.edges, edges, strict=True):
            np.testing.assert_allclose(own, edge, rtol=1e-5)
        # A value that is next to an edge is in either bin, by the rounding of the resampled value.
        assert np.abs(counts - wanted).sum() <= 0.01 * wanted.sum()
        assert counts.sum() == pytest.approx(wanted.sum(), abs=4)
        assert wanted.sum() > 0.97 * len(one)
    before, after = (np.corrcoef(*pair)[0, 1] for pair in pairs)
    assert after > before, "the scene is one in which a registration is seen"


def test_the_picture_has_the_counts() -> None:
    scene = make_scene(2)
    result = register(scene.fixed, scene.moving, scene.fixed_mask, metric="mean-squares")
    histogram = find_histogram(scene, result, None)
    figure = draw_histogram(histogram)
    before, after, sides = figure.axes[:3]
    for axes, counts in ((before, histogram.counts[0]), (after, histogram.counts[1])):
        (mesh,) = axes.collections
        drawn = mesh.get_array()
        assert drawn is not None
        np.testing.assert_array_equal(np.ma.filled(drawn, 0).reshape(counts.T.shape), counts.T)
        assert axes.get_xlabel() == "fixed image, intensity"
        assert axes.get_ylabel() == "moving image, intensity"
    assert before.get_xlim() == after.get_xlim()
    assert before.get_ylim() == after.get_ylim()
    assert sides.get_xlabel() == "intensity"
    pairs = [find_values(scene, None, one) for one in (np.eye(3), result.transform.matrix())]
    wanted = {"fixed": pairs[1][0], "moving, before": pairs[0][1], "moving, after": pairs[1][1]}
    assert {str(patch.get_label()) for patch in sides.patches} == wanted.keys()
    for patch in sides.patches:
        data: Any = patch.get_data()  # type: ignore[attr-defined]
        values = wanted[str(patch.get_label())]
        # Those whose partner is beyond the window are not in it.
        assert np.abs(data.values - np.histogram(values, data.edges)[0]).sum() <= 0.02 * len(values)


def test_one_value_and_no_overlap(tmp_path: Path) -> None:
    """Neither is an error: images of one value, and two that do not lie over each other before."""
    flat = np.full((20, 30), 7.0)
    flat[5, 5] = 8
    result = register(flat, flat, iterations=0, levels=1, metric="mean-squares", sampling="none")
    write_report(result, tmp_path / "a.html")
    assert CAPTION in (tmp_path / "a.html").read_text(encoding="utf-8")
    scene = make_scene(2)
    far = Image(scene.fixed.pixels, scene.fixed.spacing, np.array(scene.fixed.origin) + 500)
    result = register(scene.fixed, far, initial="geometry", transform="translation", metric="mean-squares")
    write_report(result, tmp_path / "b.html")
    html = (tmp_path / "b.html").read_text(encoding="utf-8")
    assert CAPTION not in html
    assert "No voxel has a value in both images" in html
