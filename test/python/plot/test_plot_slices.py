# SPDX-License-Identifier: Apache-2.0
"""Where slices of images lie, and what is in them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itk_maskedsampling import Image, plot, register
from itk_maskedsampling._images.geometry import index_to_point
from itk_maskedsampling._pictures.slices import Slice, crop, find_border, find_window, is_aligned, make_slices, orient
from plot_scene import DIRECTIONS, ORIGIN, SHAPE, SLOPE, SPACING, border, make_plane, make_ramp, shown, to_index

AXES = {"z": (0, 1), "y": (0, 2), "x": (1, 2)}


def all_points(geometry: Any) -> Any:
    """The centres of all voxels, sorted."""
    index = np.stack(np.meshgrid(*(np.arange(size) for size in geometry.size), indexing="ij"), -1)
    points = np.round(index_to_point(geometry, index.reshape(-1, len(geometry.size))), 6) + 0.0
    return points[np.lexsort(points.T)]


@given(st.integers(0, 2**32 - 1), st.sampled_from([2, 3]))
@settings(max_examples=40, deadline=None)
def test_orient_keeps_the_voxels(seed: int, dimension: int) -> None:
    random = np.random.default_rng(seed)
    direction = np.linalg.qr(random.normal(size=(dimension, dimension)))[0]
    size = random.integers(1, 5, dimension)
    image = Image(np.zeros(size[::-1]), random.uniform(0.5, 2, dimension), random.normal(size=dimension), direction)
    turned = orient(image.geometry)
    np.testing.assert_allclose(all_points(turned), all_points(image.geometry), atol=1e-5)
    matrix = np.reshape(turned.direction, (dimension, dimension))
    assert (np.diag(matrix) >= -1e-9).all()
    # No other order of the axes is nearer to those of space.
    if dimension == 2:
        assert abs(matrix[0, 0]) + abs(matrix[1, 1]) >= abs(matrix[0, 1]) + abs(matrix[1, 0]) - 1e-6
    assert orient(turned) == turned


def test_orient_of_all_that_are_axes_of_space() -> None:
    for name, direction in DIRECTIONS.items():
        image = Image(np.zeros(SHAPE), SPACING, ORIGIN, direction)
        assert is_aligned(orient(image.geometry)) == (name != "oblique")


@pytest.mark.parametrize("kind", DIRECTIONS)
@pytest.mark.parametrize("margin", [None, 2.5])
def test_every_pixel_has_the_value_of_its_place(kind: str, margin: float | None) -> None:
    """The image is a linear function of the point: at the place that the axes of the panel say, it has that value."""
    image = make_ramp(kind)
    turned = orient(image.geometry)
    matrix = np.reshape(turned.direction, (3, 3))
    mask = np.zeros(SHAPE, np.uint8)
    mask[4:7, 5:12, 8:20] = 1
    figure = plot.samples(np.zeros((0, 3)), image, mask, margin=margin)
    for axes, (name, sides) in zip(figure.axes, AXES.items(), strict=True):
        values, across, down = shown(axes)
        label, _, text = axes.get_title().partition("\n")[0].partition(" = ")
        assert label == (name if kind != "oblique" else f"{name} of the image")
        coordinates = np.empty((*values.shape, 3))
        coordinates[..., sides[0]], coordinates[..., sides[1]] = across, down[:, np.newaxis]
        normal = "xyz".index(name)
        coordinates[..., normal] = float(text.removesuffix(" mm"))
        start = np.zeros(3) if kind != "oblique" else np.array(turned.origin)
        expected = (coordinates @ matrix.T + start) @ SLOPE
        # Within half a voxel of the border, the image is constant.
        inner = to_index(image, (coordinates @ matrix.T + start).reshape(-1, 3)).reshape(*values.shape, 3)
        known = ((inner >= 0) & (inner <= np.array(image.geometry.size) - 1)).all(axis=-1)
        # The title is rounded to a hundredth of a voxel, more or less.
        assert known.mean() > 0.6
        np.testing.assert_allclose(values[known], expected[known], atol=np.abs(SLOPE @ matrix)[normal] * 0.02 + 0.05)
        # x is to the right, y goes down and z up.
        assert (across[-1] > across[0], axes.yaxis_inverted()) == (True, name == "z")
        assert axes.get_xlabel().startswith("xyz"[sides[0]])
        assert axes.get_ylabel().startswith("xyz"[sides[1]])
        assert axes.get_aspect() == 1


def test_plane() -> None:
    image = make_plane([2.0, 5.0])
    (axes,) = plot.samples(np.zeros((0, 2)), image).axes
    values, across, down = shown(axes)
    inside = (slice(5, -5), slice(5, -5))
    expected = 2 * across + 5 * down[:, np.newaxis]
    np.testing.assert_allclose(values[inside], expected[inside], rtol=1e-5)
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    low, high = ORIGIN[:2] - SPACING[:2] / 2, ORIGIN[:2] + SPACING[:2] * (np.array([60, 40]) - 0.5)
    np.testing.assert_allclose([left, top, right, bottom], [*low, *high])
    assert axes.get_xlabel() == "x, mm"


@pytest.mark.parametrize("margin", [0.0, 1.5, 100.0])
def test_margin(margin: float) -> None:
    """The panel ends at voxel borders, and has the box of the mask and as much around it as there is in the image."""
    image = make_plane([1.0, 1.0])
    mask = np.zeros((40, 60), np.uint8)
    mask[10:15, 20:41] = 1
    (axes,) = plot.samples(np.zeros((0, 2)), image, mask, margin=margin).axes
    first = np.maximum(np.floor(np.array([20, 10]) - margin / SPACING[:2] + 0.5), 0)
    last = np.minimum(np.floor(np.array([40, 14]) + margin / SPACING[:2] + 0.5), [59, 39])
    low, high = ORIGIN[:2] + SPACING[:2] * (first - 0.5), ORIGIN[:2] + SPACING[:2] * (last + 0.5)
    np.testing.assert_allclose(axes.get_xlim(), [low[0], high[0]])
    np.testing.assert_allclose(axes.get_ylim(), [high[1], low[1]])


def test_crop_of_points() -> None:
    grid = make_plane([1.0, 1.0]).geometry
    points = index_to_point(grid, [[3.2, 4.9], [10.4, 6.6]])
    part = crop(grid, points, 0.0)
    assert part.size == (8, 3)
    np.testing.assert_allclose(part.origin, index_to_point(grid, [[3, 5]])[0])


@pytest.mark.parametrize("kind", ["aligned", "exchanged", "oblique"])
def test_border_of_the_mask(kind: str) -> None:
    """On either side of every segment there is one voxel inside and one outside, and none is missing."""
    image = make_ramp(kind)
    turned = orient(image.geometry)
    random = np.random.default_rng(4)
    mask = (random.random(SHAPE) < 0.4).astype(np.uint8)
    figure = plot.samples(np.zeros((0, 3)), image, mask)
    matrix = np.reshape(turned.direction, (3, 3))
    start = np.zeros(3) if kind != "oblique" else np.array(turned.origin)
    slices = make_slices(
        image.geometry, np.asarray(index_to_point(image.geometry, [(np.array(SHAPE[::-1]) - 1) / 2])[0])
    )
    for axes, place, sides in zip(figure.axes, slices, AXES.values(), strict=True):
        segments = border(axes)
        assert segments is not None
        along = segments[:, 1] - segments[:, 0]
        assert (np.count_nonzero(np.abs(along) > 1e-9, axis=1) == 1).all()
        across = np.where(np.abs(along) > 1e-9, 0, 1e-3)
        found = []
        for side in (-1, 1):
            coordinates = np.zeros((len(segments), 3))
            coordinates[:, sides] = segments.mean(axis=1) + side * across
            coordinates[:, 3 - sum(sides)] = place.position
            index = np.rint(to_index(image, coordinates @ matrix.T + start)).astype(int)
            known = ((index >= 0) & (index < SHAPE[::-1])).all(axis=1)
            inside = np.zeros(len(segments), bool)
            inside[known] = mask[tuple(index[known].T[::-1])] != 0
            found.append(inside)
        assert (found[0] != found[1]).all()
        # Their whole length is that of all sides between inside and outside in the layer of voxels.
        axis = int(np.argmax(np.abs(image.direction[3 - sum(sides)])))
        center = index_to_point(place.grid, np.zeros((1, 3)))
        layer = np.take(mask, int(np.rint(to_index(image, center)[0, axis])), 2 - axis)
        steps = [step for number, step in enumerate(SPACING) if number != axis]
        padded = np.pad(layer, 1).astype(int)
        length = np.abs(np.diff(padded, axis=1)).sum() * steps[1] + np.abs(np.diff(padded, axis=0)).sum() * steps[0]
        assert np.abs(along).sum() == pytest.approx(length)


def test_border_of_one_pixel() -> None:
    inside = np.zeros((3, 4), bool)
    inside[1, 2] = True
    corners = {tuple(point) for point in find_border(inside).reshape(-1, 2).tolist()}
    assert corners == {(1.5, 0.5), (2.5, 0.5), (1.5, 1.5), (2.5, 1.5)}
    assert len(find_border(inside)) == 4
    assert len(find_border(np.ones((3, 4)))) == 14, "what is beyond the picture is outside"
    assert len(find_border(np.zeros((3, 4)))) == 0


@pytest.mark.parametrize("size", [(30, 20), (300, 20), (3000, 10), (1, 1)])
def test_pixels_of_small_and_large_images(size: tuple[int, int]) -> None:
    """Voxels are divided into equal parts if there are few, and large images are drawn coarser."""
    (place,) = make_slices(Image(np.zeros(size[::-1])).geometry, np.zeros(2))
    counts = place.shape[::-1]
    assert 120 <= max(counts) <= 1024
    if max(size) < 1024:
        assert all(count % voxels == 0 for count, voxels in zip(counts, size, strict=True))
    left, right, first, last = place.extent
    np.testing.assert_allclose([left, right, first, last], [-0.5, size[0] - 0.5, -0.5, size[1] - 0.5])


def test_a_volume_of_one_column() -> None:
    """Slices of a volume that is one voxel thick along x and z have the rows and columns of y."""
    volume = np.arange(5.0, dtype=np.float32).reshape(1, 5, 1)
    grid = Image(volume).geometry
    found = {place.axis: place.cut(volume, grid) for place in make_slices(grid, np.array([0.0, 2.0, 0.0]), side=5)}
    np.testing.assert_array_equal(found[2], [[0], [1], [2], [3], [4]])
    np.testing.assert_array_equal(found[1], np.full((5, 5), 2))
    np.testing.assert_array_equal(found[0], [[0, 1, 2, 3, 4]])


def test_checker() -> None:
    """Squares are square in space, also where pixels are not."""
    image = Image(np.zeros((40, 60)), (1.0, 3.0))
    place: Slice
    (place,) = make_slices(image.geometry, np.zeros(2))
    board = place.checker(8)
    rows, columns = board.shape
    edge = 120 / 8
    for row in range(0, rows, 7):
        for column in range(0, columns, 5):
            x, y = (column + 0.5) * 60 / columns, (row + 0.5) * 120 / rows
            assert board[row, column] == ((int(x / edge) + int(y / edge)) % 2 == 0)
    assert place.checker(1).all()


def test_window() -> None:
    values = np.concatenate([np.arange(1001.0), [np.nan, np.inf, -np.inf]])
    np.testing.assert_allclose(find_window(values), (5, 995))
    assert find_window(np.array([np.nan])) == (0.0, 1.0)
    assert find_window(np.zeros((2, 2))) == (0.0, 0.0)
    few = np.zeros(1000)
    few[3] = 7
    assert find_window(few) == (0.0, 7.0)


def test_pictures_of_a_result_are_upright_whatever_the_axes_of_its_image() -> None:
    """The same volume, once with its axes exchanged and flipped, has the same pictures in a notebook."""
    random = np.random.default_rng(2)
    volume = random.normal(size=(9, 10, 11)).astype(np.float32)
    plain = Image(volume, (1.0, 1.2, 1.4))
    # x, y, z of the other one are z, -x, y of space.
    direction = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    other = Image(
        np.ascontiguousarray(np.flip(volume, 2).transpose(1, 2, 0)), (1.4, 1.0, 1.2), (10.0, 0.0, 0.0), direction
    )
    htmls = []
    for image in (plain, other):
        result = register(image, image, metric="mean-squares", iterations=0, levels=1, sampling="none")
        htmls.append(result._repr_html_().partition("<img")[2])
    assert htmls[0] == htmls[1]
