# SPDX-License-Identifier: Apache-2.0
"""Beyond the mask, the deformation of a B-spline fades to that of the stages before it: nowhere a jump or a fold."""

import warnings
from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, Registration, register
from scipy import ndimage


class Scene:
    """Smooth texture, bent smoothly and moved by as much as `shift`; the mask is one or two random blobs."""

    def __init__(self, dimension: int, seed: int, shift: float) -> None:
        draw = np.random.default_rng(seed)
        shape = (90, 100) if dimension == 2 else (28, 30, 34)
        self.grid = np.stack(np.meshgrid(*[np.arange(n, dtype=float) for n in shape], indexing="ij"), -1)
        motion = draw.normal(size=dimension)
        motion *= shift / np.linalg.norm(motion)
        bend = 1.5 * np.sin(self.grid[..., ::-1] / draw.uniform(8, 14, dimension) + draw.uniform(0, 6, dimension))
        moved = np.moveaxis(self.grid + motion + bend, -1, 0)
        white = draw.normal(size=[n + 40 for n in shape])
        texture = ndimage.gaussian_filter(white, 3.0)
        texture *= 30 / texture.std()
        self.moving: Any = texture[(slice(20, -20),) * dimension].astype(np.float32)
        self.fixed: Any = ndimage.map_coordinates(texture, moved + 20, order=3).astype(np.float32)
        self.mask: Any = np.zeros(shape, np.uint8)
        for _ in range(draw.integers(1, 3)):
            center = [draw.uniform(0.3 * n, 0.7 * n) for n in shape]
            self.mask |= (np.linalg.norm(self.grid - center, axis=-1) < draw.uniform(4, 10)).astype(np.uint8)

    def register(self, *transforms: str, **options: Any) -> Registration:
        return register(self.fixed, self.moving, self.mask, transform=[*transforms], **options)


def displacement(result: Registration, scene: Scene, margin: int) -> Any:
    """At the voxels of the fixed image, and of a margin around it; the axes first, x last."""
    shape = scene.fixed.shape
    grid = np.stack(np.meshgrid(*[np.arange(-margin, n + margin) for n in shape], indexing="ij"), -1)
    points = grid[..., ::-1].astype(float)
    moved = result.transform.apply(points.reshape(-1, len(shape))).reshape(points.shape) - points
    return np.moveaxis(moved[..., ::-1], -1, 0)


def jacobian(field: Any) -> Any:
    """Of what field() gives, by differences between neighbours."""
    dimension = len(field)
    matrix = np.stack([np.stack(np.gradient(field[d]), -1) for d in range(dimension)], -2) + np.eye(dimension)
    return np.linalg.det(matrix)


CASES: list[tuple[int, int, tuple[str, ...]]] = [
    (dimension, seed, ()) for dimension in (2, 3) for seed in range(10 if dimension == 2 else 4)
]
CASES += [
    (dimension, seed, ("translation",)) for dimension in (2, 3) for seed in range(10, 14 if dimension == 2 else 12)
]


@pytest.mark.parametrize(("dimension", "seed", "before"), CASES)
def test_no_jump_and_no_fold(dimension: int, seed: int, before: tuple[str, ...]) -> None:
    """Far beyond the fixed image, too."""
    scene = Scene(dimension, seed, 4.0 if before or seed % 2 else 1.0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*(nother place|hardly)", RuntimeWarning)
        warnings.filterwarnings("error", ".*(jumps|folds)", RuntimeWarning)
        result = scene.register(*before, "b-spline")
    field = displacement(result, scene, 12 if dimension == 3 else 60)
    assert jacobian(field).min() > 0
    assert max(np.abs(np.diff(field, axis=axis)).max() for axis in range(1, dimension + 1)) < 1.5
    assert result.folding is not None
    assert result.folding.smallest_around > 0


@pytest.mark.parametrize("dimension", [2, 3])
def test_far_away_only_the_stages_before_are_left(dimension: int) -> None:
    scene = Scene(dimension, 3, 3.0)
    result = scene.register("translation", "b-spline", uncertainty="none")
    points = np.array([[1e3] * dimension, [-1e3] * dimension])
    (translation, _) = result.transform.parts
    np.testing.assert_allclose(result.transform.apply(points) - points, np.tile(translation[2], (2, 1)), atol=1e-9)


@pytest.mark.parametrize("metric", ["mean-squares", "correlation", "mutual-information"])
def test_inside_the_mask_the_value_is_that_of_the_optimizer(metric: str) -> None:
    """What the result has been evaluated at is not touched."""
    scene = Scene(2, 5, 2.0)
    options: dict[str, Any] = {"metric": metric, "sampling": "none", "smoothing_sigmas": 0}
    result = scene.register("b-spline", levels=1, regularization=0, uncertainty="none", **options)
    again = register(
        scene.fixed, scene.moving, scene.mask, transform=result.transform, levels=1, iterations=0, **options
    )
    assert again.value == pytest.approx(result.value, rel=1e-6)


def test_a_callback_that_ends_it() -> None:
    scene = Scene(2, 1, 3.0)
    result = scene.register("b-spline", callback=lambda *_: False, uncertainty="none")
    field = displacement(result, scene, 60)
    assert jacobian(field).min() > 0


def test_images_have_no_seam() -> None:
    """A resampled image is as smooth as the moving one: no rectangle is pasted into it."""
    scene = Scene(2, 1, 4.0)
    result = scene.register("b-spline", uncertainty="none")
    seen = np.asarray(result.resample(Image(scene.moving)).pixels)[8:-8, 8:-8]
    steps = [np.abs(np.diff(pixels, axis=axis)).max() for pixels in (seen, scene.moving) for axis in (0, 1)]
    assert max(steps[:2]) < 2.0 * max(steps[2:])
