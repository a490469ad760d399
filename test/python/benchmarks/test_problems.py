# SPDX-License-Identifier: Apache-2.0
"""The problems of the success map are what they say: the same for a seed, and moved by the motion that they tell."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage
from success import differences, lung, problems
from success.differences import KINDS, SHARES, make_different
from success.problems import MOTIONS, RADII, Problem, make_ball, make_random
from success.volumes import Brain, Grid, Volume, apply, fit_matrix, load_brain, resample

Make = Callable[[int], Problem]


@cache
def make_brain() -> Brain:
    """A small thing of smooth structure, in place of the template: that takes ten times as long."""
    shape = (100, 120, 110)
    grid = Grid(shape[::-1], np.array([55.0, 60.0, -50.0]), np.ones(3), np.diag([-1.0, -1.0, 1.0]))
    structure = ndimage.gaussian_filter(np.random.default_rng(1).standard_normal(shape), 2.5)
    pixels = (0.1 + 0.9 * np.clip(0.5 + structure / (5 * structure.std()), 0, 1)).astype(np.float32)
    indices = np.argwhere(np.ones(shape, bool))[:, ::-1]
    near = np.linalg.norm(grid.points(indices), axis=1) < 15
    coefficients = ndimage.spline_filter(pixels, order=3, output=np.float32)
    return Brain(Volume(pixels, grid), coefficients, indices[near])


@pytest.fixture(autouse=True)
def small_brain(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (problems, differences):
        monkeypatch.setattr(module, "load_brain", make_brain)


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither noise nor bias, and the contrast of the template."""
    monkeypatch.setattr(problems, "NOISE", 0.0)
    monkeypatch.setattr(differences, "NOISE", 0.0)
    monkeypatch.setattr(differences, "OWN_NOISE", 0.0)
    monkeypatch.setattr(problems, "BIAS", 0.0)
    monkeypatch.setattr(problems, "invert", lambda pixels: pixels)
    monkeypatch.setattr(differences, "change_contrast", lambda _, pixels: pixels)


@pytest.mark.parametrize(("make", "seed"), [(make_random, 21), (make_different, 6)])
def test_same_for_a_seed(make: Make, seed: int) -> None:
    one, two, other = make(seed), make(seed), make(seed + 64)  # the same kind of problem, elsewhere
    for name in ("mask", "points", "truth", "matrix"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    np.testing.assert_array_equal(one.fixed.pixels, two.fixed.pixels)
    np.testing.assert_array_equal(one.moving.pixels, two.moving.pixels)
    assert (one.kind, one.motion, one.radius) == (other.kind, other.motion, other.radius)
    assert not np.array_equal(one.truth, other.truth)


def test_all_motions_and_radii_in_both_contrasts() -> None:
    seen = {(MOTIONS[seed % 4], RADII[seed // 4 % 4], seed // 16 % 2) for seed in range(100, 132)}
    assert len(seen) == 32


@pytest.mark.parametrize(("make", "seed"), [(make_random, 2), (make_different, 4 * 9 + 3)])
def test_motion_is_the_length_and_the_matrix_is_rigid(make: Make, seed: int) -> None:
    problem = make(seed)
    assert problem.matrix is not None
    rotation = problem.matrix[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1)
    # The rotation is about the middle of the ball, which the check points are spread around.
    voxels = np.argwhere(problem.mask)[:, ::-1]
    middle = (voxels.min(axis=0) + voxels.max(axis=0)) / 2
    center = problem.fixed.grid.points(middle[None])
    assert np.linalg.norm(apply(problem.matrix, center) - center) == pytest.approx(problem.motion, abs=1e-9)
    assert np.linalg.norm(problem.points - center, axis=1).max() <= problem.radius
    np.testing.assert_allclose(apply(problem.matrix, problem.points), problem.truth, atol=1e-9)


@pytest.mark.usefixtures("clean")
@pytest.mark.parametrize("make", [lambda: make_random(3), *(lambda k=k: make_different(12 + k) for k in range(4))])
def test_moving_image_is_the_fixed_one_at_the_true_places(make: Callable[[], Problem]) -> None:
    """At places between the voxels, by an interpolation that the generator does not use; the motion is 20 mm."""
    problem = make()
    assert problem.motion == 20
    fixed, moving = problem.fixed, problem.moving
    places = moving.grid.indices(problem.truth)
    inside = np.all((places >= 0) & (places <= np.array(moving.grid.size) - 1), axis=1)
    here = ndimage.map_coordinates(fixed.pixels, fixed.grid.indices(problem.points)[:, ::-1].T, order=1)[inside]
    there = ndimage.map_coordinates(moving.pixels, places[inside, ::-1].T, order=1)
    unmoved = moving.grid.indices(problem.points[inside])[:, ::-1].T
    elsewhere = ndimage.map_coordinates(moving.pixels, unmoved, order=1, mode="nearest")
    assert inside.sum() > 400
    # Of linear interpolation between voxels of 1 mm, or of up to 3 mm; elsewhere the difference is many times that.
    allowed = 0.06 if problem.kind == differences.SPACING else 0.03
    assert np.abs(here - there).mean() < allowed < np.abs(here - elsewhere).mean()


def test_cropped_images_hold_the_ball_and_others_a_part() -> None:
    shares = {}
    for seed in range(16, 20):
        problem = make_different(seed)
        places = problem.moving.grid.indices(problem.truth)
        inside = np.all((places >= 0) & (places <= np.array(problem.moving.grid.size) - 1), axis=1)
        shares[problem.kind] = inside.mean()
    assert shares.keys() == set(KINDS)
    outside = 1 - shares.pop(differences.OUTSIDE)
    assert SHARES[0] - 0.02 < outside < SHARES[1] + 0.02
    assert all(share > 0.95 for share in shares.values())


def test_contrasts() -> None:
    same, inverted = make_random(3), make_random(19)
    assert (same.kind, inverted.kind) == (problems.SAME, problems.INVERTED)
    for problem, sign in ((same, 1), (inverted, -1)):
        brain = make_brain().volume
        here = ndimage.map_coordinates(brain.pixels, brain.grid.indices(problem.points)[:, ::-1].T, order=1)
        places = problem.moving.grid.indices(problem.truth)[:, ::-1].T
        there = ndimage.map_coordinates(problem.moving.pixels, places, order=1)
        bright = here > 0.4
        assert np.corrcoef(here[bright], there[bright])[0, 1] * sign > 0.5


def test_template() -> None:
    """What the problems are made of, when the benchmark makes them."""
    brain = load_brain()
    pixels, grid = brain.volume.pixels, brain.volume.grid
    assert pixels.shape == grid.shape == brain.coefficients.shape
    assert pixels.max() == 1
    assert 1e6 < len(brain.voxels) < pixels.size / 2
    assert all(pixels[tuple(voxel[::-1])] > 0 for voxel in brain.voxels[::100000])
    # The middle of the brain is about that of the space.
    assert np.linalg.norm(grid.points(brain.voxels[::1000]).mean(axis=0)) < 30
    still = resample(brain.coefficients, grid, grid.cut([90, 110, 80], [100, 125, 95]), np.eye(4))
    np.testing.assert_allclose(still, pixels[80:96, 110:126, 90:101], atol=1e-3)


def test_ball() -> None:
    turned = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    grid = Grid((20, 30, 40), np.array([5.0, -3.0, 2.0]), np.array([1.0, 2.0, 0.5]), turned)
    center = grid.points([[9.0, 14.0, 21.0]])[0]
    everywhere = grid.points(np.argwhere(np.ones(grid.shape))[:, ::-1])
    expected = (np.linalg.norm(everywhere - center, axis=1) <= 6).reshape(grid.shape)
    np.testing.assert_array_equal(make_ball(grid, center, 6.0), expected)
    # Beyond the end of the grid too.
    corner = grid.points([[0.0, 0.0, 0.0]])[0]
    expected = (np.linalg.norm(everywhere - corner, axis=1) <= 6).reshape(grid.shape)
    np.testing.assert_array_equal(make_ball(grid, corner, 6.0), expected)


def test_spaced_grid_covers_the_same_space() -> None:
    grid = Grid((20, 30, 40), np.array([5.0, -3.0, 2.0]), np.array([1.0, 1.0, 1.0]), np.diag([-1.0, 1.0, 1.0]))
    spaced = grid.spaced(np.array([2.0, 0.5, 2.5]))
    assert spaced.size == (10, 60, 16)
    for corner in (-0.5, 0.0):
        ends = [np.array([g.size]) - 0.5 if corner == 0 else np.full((1, 3), -0.5) for g in (grid, spaced)]
        np.testing.assert_allclose(grid.points(ends[0]), spaced.points(ends[1]))


def test_matrix_is_fitted() -> None:
    random = np.random.default_rng(0)
    matrix = problems.draw_motion(random, 5.0, np.array([10.0, 20.0, -30.0]))
    points = random.normal(size=(50, 3)) * 20
    np.testing.assert_allclose(fit_matrix(points, apply(matrix, points)), matrix, atol=1e-9)


def test_lung_is_not_there(tmp_path: Path) -> None:
    assert not lung.is_there(tmp_path)
