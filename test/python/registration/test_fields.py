# SPDX-License-Identifier: Apache-2.0
"""Displacement fields, symmetric and not, on the box of the mask; their inverse; neighbourhood correlation."""

import pickle
from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, Registration, Transform, register
from scipy import ndimage

KINDS = ("syn", "displacement-field")
METRICS = ("neighborhood-correlation", "correlation", "mean-squares")


class Scene:
    """Texture, bent smoothly; the mask is a blob in the middle. The fixed image has the larger border."""

    def __init__(self, dimension: int, seed: int, amplitude: float = 1.2) -> None:
        draw = np.random.default_rng(seed)
        self.dimension = dimension
        self.shape = (90, 100) if dimension == 2 else (44, 46, 48)
        self.phases = draw.uniform(0, 6, dimension)
        self.periods = draw.uniform(5, 7, dimension)
        self.amplitude = amplitude
        index = np.stack(np.meshgrid(*[np.arange(n, dtype=float) for n in self.shape], indexing="ij"), -1)
        white = draw.normal(size=[n + 40 for n in self.shape])
        texture = ndimage.gaussian_filter(white, 2.0)
        texture *= 30 / texture.std()
        self.moving: Any = texture[(slice(20, -20),) * dimension].astype(np.float32)
        moved = index + self.bend(index[..., ::-1])[..., ::-1]
        places = np.moveaxis(moved + 20, -1, 0)
        self.fixed: Any = ndimage.map_coordinates(texture, places, order=3).astype(np.float32)
        distance = np.linalg.norm(index - np.array(self.shape) / 2, axis=-1)
        self.mask: Any = (distance < min(self.shape) / 4).astype(np.uint8)
        self.points = np.argwhere(self.mask)[:, ::-1].astype(float)

    def bend(self, points: Any) -> Any:
        """How far points, x first, are to be moved."""
        return self.amplitude * np.sin(points[..., ::-1] / self.periods + self.phases)

    def register(self, transform: Any, **options: Any) -> Registration:
        options = {"uncertainty": "none", "shrink_factors": [2, 1], **options}
        return register(self.fixed, self.moving, self.mask, transform=transform, **options)

    def error(self, transform: Transform) -> float:
        """The mean over the mask, in voxels."""
        left = transform.apply(self.points) - self.points - self.bend(self.points)
        return float(np.linalg.norm(left, axis=1).mean())


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dimension", [2, 3])
def test_a_bend_is_found_without_folds_and_can_be_taken_back(dimension: int, kind: str, metric: str) -> None:
    for seed in range(2):
        scene = Scene(dimension, seed)
        result = scene.register(kind, metric=metric)
        assert scene.error(result.transform) < 0.35 * scene.error(Transform(dimension))
        back = result.inverse.apply(result.transform.apply(scene.points))
        assert np.abs(back - scene.points).max() < 0.15
        jacobian: Any = np.asarray(result.transform.jacobian(Image(scene.fixed)).pixels)
        assert jacobian.min() > 0
        assert result.folding is not None
        inside = jacobian[scene.mask > 0]
        assert result.folding.smallest == pytest.approx(inside.min(), rel=1e-5)
        assert result.folding.largest == pytest.approx(inside.max(), rel=1e-5)
        assert jacobian.min() * (1 - 1e-5) <= result.folding.smallest_around <= result.folding.smallest


def test_an_inverse_is_found_once_and_not_pickled() -> None:
    result = Scene(2, 1).register("syn")
    before = pickle.dumps(result)
    assert result.inverse is result.inverse
    assert pickle.dumps(result) == before
    again = pickle.loads(before)
    points = np.array([[10.0, 12.0], [20.5, 18.0]])
    np.testing.assert_array_equal(again.inverse.apply(points), result.inverse.apply(points))


@pytest.mark.parametrize("kind", KINDS)
def test_beyond_the_margin_nothing_moves(kind: str) -> None:
    """Four voxels of the coarsest level around the box of the mask."""
    scene = Scene(2, 3)
    result = scene.register(kind)
    index = np.stack(np.meshgrid(*[np.arange(-40, n + 40, 0.5) for n in scene.shape], indexing="ij"), -1)
    points = index[..., ::-1].reshape(-1, 2)
    moved = (result.transform.apply(points) - points).reshape(*index.shape)
    lower, upper = scene.points.min(0) - 8, scene.points.max(0) + 8
    is_beyond = ((index[..., ::-1] <= lower) | (index[..., ::-1] >= upper)).any(-1)
    assert not moved[is_beyond].any()
    assert moved.any()
    assert max(np.abs(np.diff(moved, axis=axis)).max() for axis in (0, 1)) < 0.5  # in half a voxel


@pytest.mark.parametrize("metric", METRICS)
def test_symmetric_is_the_same_the_other_way_round(metric: str) -> None:
    scene = Scene(2, 4)
    there = scene.register("syn", metric=metric)
    back = register(
        scene.moving,
        scene.fixed,
        None,
        moving_mask=scene.mask,
        transform="syn",
        metric=metric,
        shrink_factors=[2, 1],
        uncertainty="none",
    )
    inverse = back.inverse.apply(scene.points)
    forth = there.transform.apply(scene.points)
    assert np.linalg.norm(inverse - forth, axis=1).mean() < 0.3 * scene.error(Transform(2))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("metric", METRICS)
def test_threads_change_no_bit_and_padding_nothing(kind: str, metric: str) -> None:
    scene = Scene(3, 5)
    options: dict[str, Any] = {"metric": metric, "iterations": 3, "work_units": 1}
    one = scene.register(kind, **options)
    assert scene.register(kind, **{**options, "work_units": 3}).transform == one.transform

    # Levels that are smoothed see what is beyond the borders of the images, as those of ITK do.
    options |= {"shrink_factors": 1, "smoothing_sigmas": 0}
    bare = scene.register(kind, **options)
    garbage = np.random.default_rng(1)
    size = [(9, 4), (3, 8), (6, 5)]
    origin = [-float(before) for before, _ in size][::-1]
    inner = tuple(slice(before, before + n) for n, (before, _) in zip(scene.shape, size, strict=True))

    def pad(array: Any, length: float) -> Image:
        padded = garbage.normal(0, length, [n + a + b for n, (a, b) in zip(scene.shape, size, strict=True)])
        padded[inner] = array
        return Image(padded.astype(array.dtype), origin=origin)

    padded = register(
        pad(scene.fixed, 100),
        pad(scene.moving, 100),
        pad(scene.mask, 0),
        transform=kind,
        uncertainty="none",
        **options,
    )
    moved, expected = (result.transform.apply(scene.points) for result in (padded, bare))
    np.testing.assert_allclose(moved, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("intensity", "length"), [(1e-6, 1.0), (1e6, 1.0), (1.0, 1e-7), (1.0, 1e3)])
def test_units_do_not_matter(kind: str, metric: str, intensity: float, length: float) -> None:
    scene = Scene(2, 6)
    before = scene.register(kind, metric=metric)

    def scaled(array: Any, factor: float) -> Image:
        return Image((array * factor).astype(array.dtype), spacing=[length] * 2)

    after = register(
        scaled(scene.fixed, intensity),
        scaled(scene.moving, intensity),
        scaled(scene.mask, 1),
        transform=kind,
        metric=metric,
        shrink_factors=[2, 1],
        uncertainty="none",
    )
    places = after.transform.apply(scene.points * length) / length
    assert np.abs(places - before.transform.apply(scene.points)).max() < 0.02
    assert scene.error(before.transform) < 0.35 * scene.error(Transform(2))


@pytest.mark.parametrize("metric", METRICS[:2])
def test_contrasts_can_be_opposite(metric: str) -> None:
    scene = Scene(2, 7)
    scene.moving = 1000 - 3 * scene.moving
    result = scene.register("syn", metric=metric)
    assert scene.error(result.transform) < 0.35 * scene.error(Transform(2))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", KINDS)
def test_voxels_outside_of_the_moving_mask_do_not_count(kind: str, metric: str) -> None:
    """Except the neighbours of those inside, between which is interpolated."""
    scene = Scene(2, 8)
    draw = np.random.default_rng(2)
    mask = np.ones(scene.shape, np.uint8)
    mask[:, 50:] = 0
    inner = scene.points[scene.points[:, 0] < 45]
    results = []
    for _ in range(2):
        spoiled = scene.moving.copy()
        spoiled[:, 53:] = draw.normal(0, 100, spoiled[:, 53:].shape)
        result = register(
            scene.fixed,
            spoiled,
            scene.mask,
            moving_mask=mask,
            transform=kind,
            metric=metric,
            shrink_factors=1,
            smoothing_sigmas=0,
            uncertainty="none",
        )
        left = np.linalg.norm(result.transform.apply(inner) - inner - scene.bend(inner), axis=1).mean()
        assert left < 0.5 * np.linalg.norm(scene.bend(inner), axis=1).mean()
        results.append(result.transform)
    assert results[0] == results[1]


def test_after_a_rigid_stage() -> None:
    scene = Scene(2, 9)
    scene.moving = np.roll(scene.moving, (3, -2), (0, 1))
    result = scene.register(["rigid", "syn"], metric=None)
    moved = result.transform.apply(scene.points) - scene.points - scene.bend(scene.points) - (-2, 3)
    assert np.linalg.norm(moved, axis=1).mean() < 0.4
    np.testing.assert_allclose(result.inverse.apply(result.transform.apply(scene.points)), scene.points, atol=0.15)


def test_correlation_needs_the_fast_method() -> None:
    scene = Scene(2, 1)
    for other in ({"stock_metric": True}, {"sampling": "random"}, {"interpolator": "nearest-neighbor"}):
        with pytest.raises(ValueError, match=r"metric: .*never moves .*neighborhood-correlation"):
            scene.register("syn", metric="correlation", **other)
    with pytest.raises(ValueError, match=r"metric: .*never moves .*points"):
        register(
            scene.fixed, scene.moving, transform="syn", metric="correlation", points=scene.points, uncertainty="none"
        )


def test_a_field_of_others_can_be_taken_back_unless_it_folds() -> None:
    size = 20
    grid = np.array([size, size, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0])
    y, x = np.mgrid[:size, :size] / (size - 1) * np.pi
    bump = np.sin(x) * np.sin(y)
    for amplitude in (2.0, 30.0):
        field = np.stack([amplitude * bump, -0.5 * amplitude * bump], -1).ravel()
        transform = Transform(2, (("DisplacementFieldTransform_double_2_2", grid, field),))
        points = np.random.default_rng(0).uniform(4, 15, (200, 2))
        if amplitude > 10:
            with pytest.raises(ValueError, match=r"has no inverse: .*folds"):
                transform.inverse()
        else:
            np.testing.assert_allclose(transform.apply(transform.inverse().apply(points)), points, atol=0.02)


# Neighbourhood correlation of other transforms


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("kind", ["translation", "rigid", "affine", "b-spline"])
def test_neighborhood_correlation_of_other_transforms(kind: str, dimension: int) -> None:
    """Every voxel of the mask counts, and the contrast may change from place to place."""
    scene = Scene(dimension, 2, amplitude=1.2 if kind == "b-spline" else 0.0)
    shift = np.array([1.5, -1.0, 0.5])[:dimension]
    scene.fixed = ndimage.shift(scene.fixed, -shift[::-1], order=3, mode="nearest").astype(np.float32)
    slope = np.linspace(-1, 2, scene.shape[-1], dtype=np.float32)
    scene.moving = (scene.moving + 200) * (slope + 1.5)
    result = scene.register(kind, metric="neighborhood-correlation", grid_spacing=8 if kind == "b-spline" else None)
    points = scene.points
    whole = shift + scene.bend(points + shift)
    left = np.linalg.norm(result.transform.apply(points) - points - whole, axis=1).mean()
    assert left < 0.4 * np.linalg.norm(whole, axis=1).mean()
    assert result.levels[-1].points == scene.mask.sum()


def test_neighborhood_correlation_is_that_of_the_stock_metric() -> None:
    scene = Scene(3, 4)
    options: dict[str, Any] = {
        "metric": "neighborhood-correlation",
        "sampling": "none",
        "iterations": 0,
        "shrink_factors": 1,
        "smoothing_sigmas": 0,
    }
    for radius in (1, 3):
        fast = scene.register("rigid", radius=radius, **options)
        stock = scene.register("rigid", radius=radius, stock_metric=True, **options)
        assert fast.value == pytest.approx(stock.value, rel=1e-6)
        assert fast.value < -0.1


def test_samples_of_neighborhood_correlation_say_that_they_are_not_used() -> None:
    scene = Scene(2, 1)
    with pytest.raises(ValueError, match=r"samples: not used, .*'rigid' with 'neighborhood-correlation'"):
        scene.register("rigid", metric="neighborhood-correlation", samples=500)
    result = scene.register("rigid", metric="neighborhood-correlation", samples=500, sampling="random", iterations=2)
    assert result.levels[-1].points == 500
