# SPDX-License-Identifier: Apache-2.0
"""What view() hands to the viewer, against numpy; that it needs no network, and says what it needs."""

import pickle
import socket
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt
import pytest
from itk_maskedsampling import Image, Registration, Transform, register, sample, view
from itk_maskedsampling._images.files import read
from itk_maskedsampling._view.surface import find_surface
from register_scene import Floats, Scene, grid_points, make_scene, rotation

MOVE = np.array([[1.0, 0.1, 0.0, 3.0], [-0.1, 1.0, 0.0, -2.0], [0.0, 0.05, 1.0, 4.0], [0.0, 0.0, 0.0, 1.0]])


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(3, tilted=True, angle=0.1)


def run(scene: Scene, masked: bool) -> Registration:
    moving = Image(scene.moving.pixels[:, :, :24], scene.moving.spacing, scene.moving.origin, scene.moving.direction)
    mask = np.ones(moving.pixels.shape, np.uint8)
    mask[:, :17] = 0
    moving_mask = mask if masked else None
    return register(
        scene.fixed, moving, scene.fixed_mask, moving_mask, transform=MOVE, samples=300, levels=1, iterations=2,
        uncertainty="none",
    )  # fmt: skip


@pytest.fixture(scope="module")
def result(scene: Scene) -> Registration:
    """A registration of which a part of the samples is moved out of the moving image, and a part out of its mask."""
    return run(scene, True)


def layers(viewer: Any) -> dict[str, Any]:
    found = {layer.name: layer for layer in viewer.objects}
    assert len(found) == len(viewer.objects)
    return found


def to_index(image: Image, points: npt.ArrayLike) -> Floats:
    """Continuous indices, x first, with a matrix that is made here."""
    steps = np.asarray(image.direction) @ np.diag(image.spacing)
    return np.asarray((np.asarray(points, np.float64) - image.origin) @ np.linalg.inv(steps).T)


# Points


def test_shows_every_sample_of_a_registration_once(result: Registration) -> None:
    shown = layers(view(result))
    positions = np.concatenate([shown["samples"].positions, shown["samples moved out of the moving image"].positions])
    assert len(positions) == 300
    assert sorted(map(tuple, positions.tolist())) == sorted(map(tuple, result.points.tolist()))


@pytest.mark.parametrize("masked", [False, True])
def test_colours_samples_by_where_the_transform_moves_them(scene: Scene, masked: bool) -> None:
    result = run(scene, masked)
    shown = layers(view(result))
    matrix = result.transform.matrix()
    sources = result._sources
    assert sources is not None
    mask: Any = sources.pairs[0].moving_mask if masked else np.ones(sources.moving.pixels.shape)
    counts = []
    for name, inside in (("samples", True), ("samples moved out of the moving image", False)):
        moved = shown[name].positions.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
        for index in np.rint(to_index(sources.moving, moved)).astype(int):
            known = ((index >= 0) & (index < mask.shape[::-1])).all()
            assert inside == bool(known and mask[tuple(index[::-1])])
        counts.append(len(moved))
    assert min(counts) > 50
    assert shown["samples"].color != shown["samples moved out of the moving image"].color


@pytest.mark.parametrize(("arrows", "count"), [(300, 300), (299, 150), (100, 100), (7, 7), (1, 1)])
def test_arrows_go_from_samples_to_where_they_are_moved(result: Registration, arrows: int, count: int) -> None:
    arrow = layers(view(result, slices=False, arrows=arrows))["displacement"]
    assert len(arrow.origins) == len(arrow.vectors) == count <= arrows
    assert {tuple(point) for point in arrow.origins.tolist()} <= {tuple(point) for point in result.points.tolist()}
    assert len(np.unique(arrow.origins, axis=0)) == count
    matrix = result.transform.matrix()
    moved = arrow.origins.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    np.testing.assert_allclose(arrow.origins + arrow.vectors, moved, atol=1e-4)
    assert np.abs(arrow.vectors).max() > 0.1


def test_points_and_their_transform_can_be_given(scene: Scene) -> None:
    points = scene.mask_points()[::100]
    assert set(layers(view(points))) == {"samples"}
    shown = layers(view(points.tolist(), transform=MOVE))
    np.testing.assert_array_equal(shown["samples"].positions, points.astype(np.float32))
    arrow = shown["displacement"]
    np.testing.assert_allclose(arrow.vectors, points @ MOVE[:3, :3].T + MOVE[:3, 3] - points, atol=1e-4)
    assert set(layers(view(points, transform=Transform.from_matrix(MOVE), arrows=0))) == {"samples"}


@pytest.mark.parametrize("points", [[[1.0, 2.0, 3.0]], [[0.0, 0.0, 0.0], [1e-9, 0.0, 0.0]]])
def test_points_at_one_place_that_are_not_moved_can_be_shown(points: list[list[float]]) -> None:
    shown = layers(view(points, transform=np.eye(4)))
    assert shown["samples"].point_size > 0
    np.testing.assert_array_equal(shown["displacement"].vectors, np.zeros((len(points), 3)))


def test_samples_and_their_mask_have_the_place_of_the_image(scene: Scene) -> None:
    samples = sample(scene.fixed, scene.fixed_mask, samples=50)
    shown = layers(view(samples, mask=scene.fixed_mask))
    assert set(shown) == {"samples", "mask"}
    np.testing.assert_array_equal(shown["samples"].positions, samples.points)
    with_image = layers(view(samples, scene.fixed, scene.fixed_mask))
    np.testing.assert_array_equal(shown["mask"].vertices, with_image["mask"].vertices)
    middle = scene.mask_points().mean(axis=0)
    np.testing.assert_allclose(shown["mask"].vertices.mean(axis=0), middle, atol=0.2)


def test_a_registration_that_was_pickled_is_shown_without_its_images(result: Registration, scene: Scene) -> None:
    again = pickle.loads(pickle.dumps(result))
    shown = layers(view(again))
    assert set(shown) == {"samples", "displacement"}
    np.testing.assert_array_equal(shown["samples"].positions, result.points)
    shown = layers(view(again, mask=scene.fixed_mask, arrows=0))
    assert set(shown) == {"samples", "mask"}
    np.testing.assert_array_equal(shown["mask"].vertices, layers(view(result))["mask"].vertices)


def test_another_image_comes_without_the_mask_of_the_registration(result: Registration, scene: Scene) -> None:
    other = Image(np.zeros((4, 5, 6), np.int16), (9, 9, 9), scene.fixed.origin)
    assert "mask" not in layers(view(result, other))
    assert "mask" in layers(view(result, scene.fixed, scene.fixed_mask))


# The surface of the mask


def random_mask(direction: Floats) -> Image:
    """Of many pieces, which touch each other at edges and corners, and the border of the grid."""
    pixels = np.random.default_rng(1).random((7, 9, 11)) < 0.45
    pixels[:, :, :2] = False
    return Image((pixels * 3).astype(np.int16), (0.7, 1.1, 2.3), (-90.0, 120.0, 35.0), direction)


FLIPPED = rotation(0.7, 3) * [1, -1, 1]


@pytest.mark.parametrize("direction", [np.eye(3), rotation(0.4, 3), FLIPPED], ids=["straight", "oblique", "flipped"])
def test_the_surface_is_where_inside_meets_outside(direction: Floats) -> None:
    mask = random_mask(direction)
    inside = np.pad(mask.pixels != 0, 1)
    vertices = layers(view([[0.0, 0.0, 0.0]], mask=mask))["mask"].vertices
    # In half voxels from the centre of the first voxel of the padded array, x first.
    place = 2 * (to_index(mask, vertices) + 1)
    halves = np.rint(place).astype(int)
    np.testing.assert_allclose(place, halves, atol=1e-3)
    for half in halves:
        around = inside[tuple(slice(number // 2, (number + 1) // 2 + 1) for number in half[::-1])]
        assert around.any()
        assert not around.all()
    # No side between a voxel inside and one outside is left out: its diagonal is the longest edge of two triangles.
    corners = halves[layers(view([[0.0, 0.0, 0.0]], mask=mask))["mask"].indices]
    edges = np.stack([corners, np.roll(corners, -1, axis=1)], axis=2)
    longest = np.abs(np.diff(edges, axis=2)).sum(axis=(2, 3)).argmax(axis=1)
    found = {tuple(place) for place in (edges[np.arange(len(edges)), longest].sum(axis=1) // 2).tolist()}
    for axis in range(3):
        one, other = np.moveaxis(inside, axis, 0)[:-1], np.moveaxis(inside, axis, 0)[1:]
        sides = np.argwhere(np.moveaxis(one != other, 0, axis)) * 2
        sides[:, axis] += 1
        assert len(sides) > 100
        assert {tuple(side[::-1]) for side in sides.tolist()} <= found


@pytest.mark.parametrize("direction", [np.eye(3), rotation(0.4, 3), FLIPPED], ids=["straight", "oblique", "flipped"])
def test_the_surface_is_closed_and_faces_outwards(direction: Floats) -> None:
    vertices, triangles = find_surface(read("mask", random_mask(direction)))
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    # Each edge is gone along as often in one direction as in the other.
    forth, back = (np.unique(one, axis=0, return_counts=True) for one in (edges, edges[:, ::-1]))
    np.testing.assert_array_equal(forth[0], back[0])
    np.testing.assert_array_equal(forth[1], back[1])
    corners = vertices[triangles].astype(np.float64) - vertices.mean(axis=0)
    volume = np.linalg.det(corners).sum() / 6
    assert volume == pytest.approx(np.count_nonzero(random_mask(direction).pixels) * 0.7 * 1.1 * 2.3, rel=1e-5)


def test_the_surface_of_a_ball_is_a_ball() -> None:
    points = grid_points((44, 40, 36), (0.9, 1.1, 1.3), (-20, 15, 40), rotation(0.3, 3))
    middle = points.reshape(-1, 3).mean(axis=0)
    ball = Image(
        (np.linalg.norm(points - middle, axis=-1) < 12).astype(np.uint8),
        (0.9, 1.1, 1.3),
        (-20, 15, 40),
        rotation(0.3, 3),
    )
    vertices = layers(view([middle], mask=ball))["mask"].vertices
    radii = np.linalg.norm(vertices - middle, axis=1)
    half_diagonal = np.linalg.norm((0.9, 1.1, 1.3)) / 2
    assert np.abs(radii - 12).max() <= half_diagonal
    assert np.abs(radii.mean() - 12) < 0.2


@pytest.mark.parametrize("index", [(0, 0, 0), (2, 3, 4)])
def test_the_surface_of_one_voxel_is_a_cube(index: tuple[int, int, int]) -> None:
    pixels = np.zeros((3, 4, 5), np.uint8)
    pixels[index] = 1
    shown = layers(view([[0.0, 0.0, 0.0]], mask=Image(pixels, (2.0, 3.0, 4.0))))["mask"]
    assert len(shown.indices) == 12
    low, high = (np.array(index[::-1]) - 0.5) * (2, 3, 4), (np.array(index[::-1]) + 0.5) * (2, 3, 4)
    wanted = {(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])}
    assert {tuple(one) for one in shown.vertices.tolist()} == wanted


# The camera


def test_the_camera_sees_the_mask_and_not_the_whole_image() -> None:
    """All of the mask is in the cone of the camera, and takes much of it, however large the image is."""
    small = np.zeros((60, 80, 100), np.uint8)
    small[20:26, 30:38, 50:56] = 1
    image = Image(np.ones(small.shape, np.float32), (1.0, 1.0, 2.0))
    viewer = view(sample(image, small, samples=20), image, small)
    eye, centre = np.split(np.asarray(viewer.camera, np.float64)[:6], 2)
    vertices = layers(viewer)["mask"].vertices.astype(np.float64)
    to_corner, ahead = vertices - eye, (centre - eye) / np.linalg.norm(centre - eye)
    angles = np.degrees(np.arccos(to_corner @ ahead / np.linalg.norm(to_corner, axis=1)))
    assert viewer.camera_fov / 4 < angles.max() < viewer.camera_fov / 2
    np.testing.assert_allclose(centre, (vertices.min(axis=0) + vertices.max(axis=0)) / 2, atol=0.5)


# Slices of the image


def test_the_darkest_of_a_slice_is_transparent(scene: Scene) -> None:
    part = layers(view(scene.mask_points()[:5], scene.fixed))["slice across x of the image"]
    values, opacities = np.reshape(part.opacity_function, (-1, 2)).T
    assert (values[0], opacities[0]) == (0.0, 0.0)
    assert np.interp(0.2, values, opacities) == 1.0


def test_slices_are_in_their_place(scene: Scene) -> None:
    """k3d draws the first row of the values at the far end of v, and the first column at u = 0: seen in a browser."""
    image = scene.fixed
    at = to_space(image, [[5.2, 30.4, 20.9]])[0]
    shown = layers(view(scene.mask_points()[:5], image, at=at))
    for axis, number in enumerate([5, 30, 21]):
        part = shown[f"slice across {'xyz'[axis]} of the image"]
        rows, columns = part.attribute.shape
        corner, along, against = np.reshape(np.asarray(part.puv, np.float64), (3, 3))
        row, column = np.indices((rows, columns))
        places = corner + (column[..., None] + 0.5) / columns * along + (1 - (row[..., None] + 0.5) / rows) * against
        index = to_index(image, places)
        np.testing.assert_allclose(index, np.rint(index), atol=1e-3)
        voxels = np.rint(index).astype(int)
        assert voxels.min() >= 0
        assert (voxels[..., axis] == number).all()
        assert part.attribute.size == image.pixels.size // image.pixels.shape[::-1][axis]
        x, y, z = np.moveaxis(voxels, -1, 0)
        np.testing.assert_array_equal(part.attribute, image.pixels[z, y, x])
    # The same grey is the same value in all of them.
    ranges = [shown[f"slice across {axis} of the image"].color_range for axis in "xyz"]
    assert ranges[0] == ranges[1] == ranges[2]
    assert 0.9 < np.mean((image.pixels >= ranges[0][0]) & (image.pixels <= ranges[0][1])) <= 1


def to_space(image: Image, index: npt.ArrayLike) -> Floats:
    return np.asarray((np.asarray(index) * image.spacing) @ np.asarray(image.direction).T + image.origin)


def test_slices_go_through_the_middle_of_the_samples(scene: Scene) -> None:
    points = to_space(scene.fixed, [[10, 10, 10], [16, 30, 12], [11, 11, 11]])
    at = (points.min(axis=0) + points.max(axis=0)) / 2
    one, other = layers(view(points, scene.fixed)), layers(view(points, scene.fixed, at=at))
    for name in one:
        if name.startswith("slice"):
            np.testing.assert_array_equal(one[name].puv, other[name].puv)
    assert not any(name.startswith("slice") for name in layers(view(points, scene.fixed, slices=False)))


def test_points_beside_the_image_leave_the_slices_in_it() -> None:
    image = Image(np.arange(60.0).reshape(3, 4, 5))
    shown = layers(view([[100.0, -100.0, 1.0]], image))
    np.testing.assert_array_equal(shown["slice across x of the image"].attribute, image.pixels[:, :, 4])
    np.testing.assert_array_equal(shown["slice across y of the image"].attribute, image.pixels[:, 0])


def test_slices_with_gaps_or_of_one_value_have_a_range() -> None:
    pixels = np.full((3, 4, 5), 7.0)
    pixels[1, 2, 3] = np.nan
    shown = layers(view([[3.0, 2.0, 1.0]], Image(pixels)))
    for name in ("slice across x of the image", "slice across z of the image"):
        assert np.isfinite(shown[name].attribute).all()
        low, high = shown[name].color_range
        assert low < high


# What it needs


class Loads(HTMLParser):
    """What a page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.found += [f"{tag} {name}={value}" for name, value in attrs if name in ("src", "href", "data", "srcset")]


def test_needs_no_network(result: Registration, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise AssertionError("the network was used")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    page = view(result, height=300).get_snapshot()
    loads = Loads()
    loads.feed(page)
    assert loads.scripts >= 3
    assert loads.found == []
    assert len(page) > 500_000, "the viewer is not in the page"


def test_is_not_loaded_before_it_is_used() -> None:
    code = "import sys, itk_maskedsampling as m; m.view; print(any(name in sys.modules for name in ('k3d', 'itk')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_does_without_itk() -> None:
    code = (
        "import sys, numpy as np, itk_maskedsampling as m; mask = np.ones((3, 4, 5), np.uint8);"
        "m.view(m.sample(mask, mask, samples=5), mask, mask); print('itk' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_says_how_to_get_the_viewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "k3d", None)
    with pytest.raises(ImportError, match=r'pip install "itk-maskedsampling\[notebook\]"'):
        view([[0.0, 0.0, 0.0]])


def test_gives_a_viewer_that_can_be_added_to(scene: Scene) -> None:
    import k3d  # noqa: PLC0415

    viewer = view(scene.mask_points()[:5], height=321)
    assert isinstance(viewer, k3d.Plot)
    assert viewer.height == 321
    viewer += k3d.label("here", (0, 0, 0), name="label")
    assert set(layers(viewer)) == {"samples", "label"}


# What it refuses


POINTS = np.zeros((4, 3))
FLAT = np.ones((5, 6), np.uint8)


@pytest.mark.parametrize(
    ("arguments", "settings", "error", "message"),
    [
        ((np.zeros((4, 2)),), {}, ValueError, r"result: .*three dimensions.*plot\.samples"),
        (([[1.0, 2.0]],), {}, ValueError, r"result: .*\(n, 3\)"),
        (([],), {}, ValueError, "result: "),
        (("points.csv",), {}, TypeError, "result: .*points.csv"),
        (([[0.0, np.nan, 0.0]],), {}, ValueError, "result: finite"),
        ((POINTS, FLAT), {}, ValueError, "image: 3 dimensions"),
        ((POINTS, "no-such-file.nii"), {}, FileNotFoundError, "image: .*no-such-file"),
        ((POINTS, None, FLAT), {}, ValueError, "mask: 3 dimensions"),
        ((POINTS, None, np.zeros((3, 4, 5))), {}, ValueError, "mask: no voxel"),
        ((POINTS, np.zeros((3, 4, 5)), np.ones((3, 4, 6))), {}, ValueError, r"mask: .*\(3, 4, 6\)"),
        ((POINTS,), {"transform": np.eye(3)}, ValueError, "transform: 3 dimensions"),
        ((POINTS,), {"transform": "rigid.h5"}, FileNotFoundError, "transform: .*rigid.h5"),
        ((POINTS,), {"arrows": -1}, ValueError, "arrows: -1"),
        ((POINTS,), {"arrows": 1.5}, TypeError, "arrows: .*1.5"),
        ((POINTS,), {"height": 0}, ValueError, "height: 0"),
        ((POINTS,), {"height": True}, TypeError, "height: .*True"),
        ((POINTS,), {"at": (0, 0, 0)}, ValueError, "at: there is no image"),
        ((POINTS, np.zeros((3, 4, 5))), {"at": (0, 0)}, ValueError, "at: .*3 coordinates"),
        ((POINTS, np.zeros((3, 4, 5))), {"at": (0, 0, 9)}, ValueError, r"at: \(0, 0, 9\) is outside"),
    ],
)
def test_refuses(arguments: tuple[Any, ...], settings: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        view(*arguments, **settings)


def test_refuses_a_second_transform_and_two_dimensions(result: Registration) -> None:
    with pytest.raises(ValueError, match=r"transform: .*view\(result\.points"):
        view(result, transform=np.eye(4))
    flat = make_scene(2)
    small = register(flat.fixed, flat.moving, flat.fixed_mask, transform="translation", levels=1, iterations=1)
    with pytest.raises(ValueError, match=r"three dimensions.*plot\.samples"):
        view(small)
    with pytest.raises(ValueError, match=r"three dimensions.*plot\.samples"):
        view(sample(flat.fixed, flat.fixed_mask))
