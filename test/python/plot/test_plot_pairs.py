# SPDX-License-Identifier: Apache-2.0
"""Pictures of two images: means inside the mask, letters at the sides, edges, windows of grey values."""

from itertools import permutations, product
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Geometry, Image, Transform, plot
from itk_maskedsampling._images.files import read
from itk_maskedsampling._pictures.edges import find_edges
from itk_maskedsampling._pictures.slices import axis_letters
from itk_maskedsampling._pictures.voxels import choose_voxels, compare_contrast
from matplotlib.collections import LineCollection
from plot_scene import DIRECTIONS, make_ramp, shown
from register_scene import make_scene, rotation

nibabel = pytest.importorskip("nibabel")


def to_simpleitk(image: Image, pixels: Any = None) -> sitk.Image:
    other = sitk.GetImageFromArray(np.asarray(image if pixels is None else pixels))
    other.SetSpacing(image.spacing)
    other.SetOrigin(image.origin)
    other.SetDirection(image.direction.ravel().tolist())
    return other


# Means


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_means_are_of_the_mask(dimension: int, seed: int) -> None:
    """Those that SimpleITK and numpy give, whichever slice is shown, and whether or not the border is."""
    random = np.random.default_rng(seed)
    scene = make_scene(dimension, angle=0.1, shift=(3.0, -2.0, 1.0), tilted=True)
    matrix = np.eye(dimension + 1)
    matrix[:-1, :-1] = rotation(0.05, dimension)
    matrix[:-1, -1] = random.uniform(-3, 3, dimension)
    mask = scene.fixed_mask & (random.random(scene.fixed_mask.shape) < 0.5)
    affine = sitk.AffineTransform(matrix[:-1, :-1].ravel().tolist(), matrix[:-1, -1].tolist())
    fixed, moving = to_simpleitk(scene.fixed), to_simpleitk(scene.moving)
    expected = []
    for transform in (sitk.Transform(dimension, sitk.sitkIdentity), affine):
        moved = sitk.Resample(moving, fixed, transform, sitk.sitkLinear, float("nan"))
        sizes = np.abs(sitk.GetArrayFromImage(fixed - moved))[mask]
        expected.append(float(np.nanmean(sizes)))
    options: dict[str, Any] = {} if dimension == 2 else {"across": "xyz"[seed % 3]}
    figure = plot.difference(matrix, scene.fixed, scene.moving, mask, border=bool(seed % 2), **options)
    titles = [axes.get_title() for axes in figure.axes[:2]]
    for title, value in zip(titles, expected, strict=True):
        assert float(title.split("mean ")[1]) == pytest.approx(value, rel=6e-3)  # three digits


def test_voxels_of_a_mask_on_another_grid() -> None:
    random = np.random.default_rng(1)
    image = make_ramp("oblique")
    origin = np.asarray(image.origin) + 0.123  # no voxel in the middle between others
    mask = Image((random.random((9, 8, 7)) < 0.3).astype(np.uint8), (3.1, 4.3, 5.7), origin, image.direction)
    nearest = sitk.Resample(to_simpleitk(mask), to_simpleitk(image), sitk.Transform(), sitk.sitkNearestNeighbor)
    wanted = sitk.GetArrayFromImage(nearest) != 0
    voxels = choose_voxels(image.geometry, read("mask", mask))
    np.testing.assert_array_equal(voxels.values(image.pixels), image.pixels[wanted])
    np.testing.assert_allclose(voxels.points @ [1, 10, 100], voxels.values(image.pixels), rtol=1e-6)


def test_many_voxels_are_thinned() -> None:
    image = Image(np.zeros((40, 50, 60)))
    voxels = choose_voxels(image.geometry, None, 1000)
    assert 100 < len(voxels.points) <= 1000
    assert voxels.step > 1
    assert len(choose_voxels(image.geometry, None).points) == image.pixels.size


# Letters


def axis_aligned() -> list[Any]:
    eye = np.eye(3)
    return [eye[:, list(order)] * signs for order in permutations(range(3)) for signs in product((1, -1), repeat=3)]


def geometry_of(direction: Any) -> Geometry:
    return Geometry((20, 22, 24), (1.0, 2.0, 3.0), (5.0, 6.0, 7.0), tuple(np.ravel(direction).tolist()))


@pytest.mark.parametrize("tilt", [0.0, 0.2])
def test_letters_are_those_of_nibabel(tilt: float) -> None:
    """At the ends of the axes; at their starts are the others of the pairs. Tilted: the nearest ones."""
    directions = axis_aligned()
    assert len({direction.tobytes() for direction in directions}) == 48
    for direction in directions:
        turned = rotation(tilt, 3) @ direction
        affine = np.eye(4)
        affine[:3, :3] = np.diag([-1, -1, 1]) @ turned * [1.0, 2.0, 3.0]
        letters = axis_letters(geometry_of(turned))
        assert letters is not None
        assert tuple(end for _, end in letters) == nibabel.aff2axcodes(affine)
        assert {frozenset(pair) for pair in letters} == {frozenset("LR"), frozenset("AP"), frozenset("IS")}


def test_unknown_places_have_no_letters() -> None:
    assert axis_letters(Image(np.zeros((3, 4))).geometry) is None
    assert axis_letters(Image(np.zeros((3, 4)), (2.0, 2.0), (5.0, 5.0)).geometry) is None
    assert axis_letters(Image(np.zeros((3, 4, 5))).geometry) is None
    assert axis_letters(Image(np.zeros((3, 4, 5)), (1.0, 1.0, 2.0)).geometry) is not None
    drawn = plot.samples(np.array([[2.0, 2.0, 2.0]]), np.random.default_rng(0).random((5, 5, 5)))
    assert not any(axes.texts for axes in drawn.axes)


@pytest.mark.parametrize("number", range(0, 48, 5))
def test_letters_stand_where_these_sides_are(number: int) -> None:
    """Bright is what is far along an axis of LPS: the letter of its end is on the bright side."""
    geometry = geometry_of(axis_aligned()[number])
    index = np.moveaxis(np.indices(geometry.size[::-1])[::-1], 0, -1)
    direction = np.reshape(geometry.direction, (3, 3))
    points = (index * geometry.spacing) @ direction.T + geometry.origin
    middle = points.reshape(-1, 3).mean(axis=0)
    for axis, (start, end) in enumerate((("R", "L"), ("A", "P"), ("I", "S"))):
        image = Image(points[..., axis], geometry.spacing, geometry.origin, direction)
        for panel in plot.samples(middle[np.newaxis], image).axes:
            values, _, _ = shown(panel)
            if panel.images[0].origin == "lower":
                values = values[::-1]
            places = {text.get_text(): text.get_position() for text in panel.texts}
            assert len(places) == 4
            horizontal, vertical = values[:, -1].mean() - values[:, 0].mean(), values[0].mean() - values[-1].mean()
            assert (start in places) == (end in places) == (max(abs(horizontal), abs(vertical)) > 1)
            if start in places:
                step = np.subtract(places[end], places[start])
                np.testing.assert_array_equal(np.sign(np.round(step)), np.sign(np.round([horizontal, vertical])))


# Edges


@pytest.mark.parametrize("change", [lambda v: v, lambda v: -5 * v + 3, np.exp])
def test_edges_are_where_a_disc_ends(change: Any) -> None:
    row, column = np.indices((200, 240))
    distance = np.hypot(row - 90.3, column - 120.7)
    values = change((distance < 60).astype(np.float64))
    edges = find_edges(values, (2.0, 2.0))
    ends = edges.reshape(-1, 2)
    radius = np.hypot(ends[:, 0] - 120.7, ends[:, 1] - 90.3)
    assert np.abs(radius - 60).max() < 2
    angles = np.sort(np.arctan2(ends[:, 1] - 90.3, ends[:, 0] - 120.7))
    assert np.diff(angles).max() < 0.1, "all around"


def test_nothing_has_no_edges() -> None:
    for values in (np.zeros((30, 30)), np.full((30, 30), np.nan), np.zeros((1, 30)), np.zeros((1, 1))):
        assert find_edges(values, (1.0, 1.0)).shape == (0, 2, 2)


def test_edges_of_the_fixed_image_are_drawn_over_the_moving_one() -> None:
    y, x = np.indices((60, 80))
    disc = (np.hypot(x - 40, y - 30) < 15).astype(np.float32)
    moving = 7 - 4 * np.roll(disc, 6, axis=1)
    matrix = np.eye(3)
    matrix[0, 2] = 6
    figure = plot.edges(matrix, disc, moving)
    before, after = figure.axes
    for axes, x_of_moving in ((before, 46), (after, 40)):
        values, across, down = shown(axes)
        known = np.isfinite(values)
        low = known & (values < 4)
        assert np.meshgrid(across, down)[0][low].mean() == pytest.approx(x_of_moving, abs=0.3)
        (lines,) = (one for one in axes.collections if isinstance(one, LineCollection))
        ends = np.concatenate(lines.get_segments())
        assert np.abs(np.hypot(ends[:, 0] - 40, ends[:, 1] - 30) - 14.5).max() < 1.5


# Contrast


CONTRASTS: dict[str, tuple[Any, bool, bool]] = {
    "the same": (lambda v: v, True, True),
    "noisy": (lambda v: v + np.random.default_rng(2).normal(0, 10, v.shape), True, True),
    "scaled": (lambda v: 3 * v - 40, True, False),
    "far": (lambda v: v + 500, True, False),
    "inverted": (lambda v: 200 - v, False, False),
    "folded": (lambda v: np.abs(v - v.mean()), False, False),
    "constant": (lambda v: np.full_like(v, 3.0), False, False),
    "nothing": (lambda v: np.full_like(v, np.nan), False, False),
}


@pytest.mark.parametrize("name", CONTRASTS)
def test_contrasts_are_told_apart(name: str) -> None:
    change, alike, same_scale = CONTRASTS[name]
    values = np.random.default_rng(1).normal(100, 30, 5000)
    found = compare_contrast(values, change(values))
    assert (found.alike, found.same_scale) == (alike, same_scale)
    assert bool(found.reason) != alike


@pytest.mark.parametrize("name", ["the same", "scaled", "inverted"])
def test_windows_are_shared_where_values_are_the_same(name: str) -> None:
    change, _, same_scale = CONTRASTS[name]
    scene = make_scene(3, tilted=True)
    moving = Image(change(scene.fixed.pixels), scene.fixed.spacing, scene.fixed.origin, scene.fixed.direction)
    for given in (None, True, False):
        figure = plot.side_by_side(Transform(3), scene.fixed, moving, scene.fixed_mask, same_window=given)
        windows = [axes.images[0].get_clim() for axes in figure.axes]
        assert len(windows) == 6
        assert (windows[0] == windows[3]) == (same_scale if given is None else given) or name == "the same"
        assert len(set(windows[:3])) == len(set(windows[3:])) == 1
        assert [axes.get_title().partition(",")[0] for axes in figure.axes] == ["fixed"] * 3 + ["moving"] * 3


@pytest.mark.parametrize("kind", DIRECTIONS)
def test_side_by_side_shows_the_same_places(kind: str) -> None:
    image = make_ramp(kind)
    figure = plot.side_by_side(Transform(3), image, image)
    for fixed, moving in zip(figure.axes[:3], figure.axes[3:], strict=True):
        np.testing.assert_array_equal(shown(fixed)[0], shown(moving)[0])
