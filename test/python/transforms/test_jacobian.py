# SPDX-License-Identifier: Apache-2.0
"""Jacobian determinants of transforms, and what a result says of them."""

import pickle
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Image, Transform, register
from register_scene import make_scene

DRAW = np.random.default_rng(8)


def make_direction(dimension: int) -> Any:
    """A turn that is no multiple of a right angle."""
    return np.linalg.qr(DRAW.normal(size=(dimension, dimension)))[0]


def make_affine(dimension: int) -> Transform:
    matrix = np.eye(dimension + 1)
    matrix[:-1] += DRAW.normal(0, 0.2, (dimension, dimension + 1))
    return Transform.from_matrix(matrix)


def make_spline(dimension: int, size: float = 1.0) -> Transform:
    """A cubic B-spline with its domain around the origin of space."""
    cells, cell = np.arange(4, 4 + dimension), 10.0 + np.arange(dimension)
    direction = make_direction(dimension)
    origin = direction @ (-cell * cells / 2 - cell)
    fixed = [*(cells + 3), *origin, *cell, *direction.ravel()]
    name = f"BSplineTransform_double_{dimension}_{dimension}"
    return Transform(dimension, ((name, np.array(fixed), DRAW.normal(0, size, dimension * np.prod(cells + 3))),))


def make_grid(dimension: int) -> Image:
    """Inside of the domain above."""
    direction = make_direction(dimension)
    shape = (5, 6, 7)[:dimension]
    spacing = 1.0 + np.arange(dimension)
    return Image(np.zeros(shape), spacing, direction @ (-spacing * np.array(shape[::-1]) / 2), direction)


def differences(transform: Transform, image: Image, step: float = 1e-4) -> Any:
    """The determinants by central differences of mapped points."""
    dimension = len(image.spacing)
    index = np.stack(np.meshgrid(*[np.arange(n) for n in image.pixels.shape], indexing="ij"), -1)[..., ::-1]
    points = (index * image.spacing).reshape(-1, dimension) @ np.reshape(image.direction, (dimension, dimension)).T
    points = points + image.origin
    matrix = np.empty((len(points), dimension, dimension))
    for d in range(dimension):
        move = step * np.eye(dimension)[d]
        matrix[:, :, d] = (transform.apply(points + move) - transform.apply(points - move)) / (2 * step)
    return np.linalg.det(matrix).reshape(image.pixels.shape)


@pytest.mark.parametrize("dimension", [2, 3])
def test_determinants_are_those_of_differences(dimension: int) -> None:
    image = make_grid(dimension)
    spline, affine = make_spline(dimension), make_affine(dimension)
    for transform in (Transform(dimension), affine, spline, affine @ spline, spline @ affine, spline @ spline):
        found = transform.jacobian(image)
        assert (found.spacing, found.origin) == (image.spacing, image.origin)
        np.testing.assert_array_equal(found.direction, image.direction)
        np.testing.assert_allclose(found.pixels, differences(transform, image), rtol=0, atol=1e-6)


@pytest.mark.parametrize("order", [1, 2])
def test_splines_of_other_orders(order: int) -> None:
    spline = sitk.BSplineTransformInitializer(sitk.Image([40, 40], sitk.sitkUInt8), [4, 4], order)
    spline.SetParameters(DRAW.normal(0, 1, len(spline.GetParameters())).tolist())
    transform, image = Transform.from_simpleitk(spline), Image(np.zeros((6, 5)), origin=(11.3, 12.4))
    np.testing.assert_allclose(transform.jacobian(image).pixels, differences(transform, image), atol=1e-4)


def test_fields_are_those_of_simpleitk() -> None:
    """Which has the same differences inside, but not at the borders."""
    y, x = np.mgrid[:30, :40].astype(float)
    vectors = np.stack([2 * np.sin(x / 7 + y / 9), 3 * np.cos(x / 11 - y / 8)], -1)
    field = sitk.GetImageFromArray(vectors, isVector=True)
    field.SetSpacing((1.5, 0.7))
    wanted = sitk.GetArrayFromImage(sitk.DisplacementFieldJacobianDeterminant(field))
    found = Transform.from_simpleitk(sitk.DisplacementFieldTransform(field)).jacobian(Image(y, (1.5, 0.7))).pixels
    np.testing.assert_allclose(found[1:-1, 1:-1], wanted[1:-1, 1:-1], rtol=0, atol=1e-9)
    assert np.ptp(wanted) > 0.5


def test_beyond_its_grid_a_spline_moves_nothing() -> None:
    far = Image(np.zeros((3, 4)), origin=(1e4, 1e4))
    np.testing.assert_array_equal(make_spline(2).jacobian(far).pixels, np.ones((3, 4)))


def test_wrong_references() -> None:
    with pytest.raises(ValueError, match="reference: 3 dimensions are needed, not 2"):
        make_spline(3).jacobian(make_grid(2))
    with pytest.raises(TypeError, match="reference: "):
        make_spline(3).jacobian(3)


def test_of_a_matrix_it_is_its_determinant() -> None:
    for matrix in (np.diag([2.0, 3.0, 1.0]), np.diag([-1.0, 1.0, 1.0]), np.eye(3)):
        pixels = Transform.from_matrix(matrix).jacobian(make_grid(2)).pixels
        np.testing.assert_array_equal(pixels, np.full(pixels.shape, np.linalg.det(matrix).round(12)))


# Of a result


def test_folds_are_told() -> None:
    """A spline with too much freedom, on noise."""
    fixed, moving = DRAW.normal(0, 1, (2, 60, 70))
    mask = np.zeros((60, 70))
    mask[20:40, 22:50] = 1
    options: dict[str, Any] = {"transform": "b-spline", "grid_spacing": 3, "regularization": 0, "iterations": 100}
    with pytest.warns(RuntimeWarning, match="folds space at .* % of the voxels inside the mask"):
        result = register(fixed, moving, mask, metric="mean-squares", uncertainty="none", **options)
    folding = result.folding
    assert folding is not None
    assert folding.is_folded
    inside = result.jacobian().pixels[mask > 0]
    assert folding.share == pytest.approx((inside <= 0).mean())
    assert folding.smallest == pytest.approx(inside.min())
    assert folding.largest == pytest.approx(inside.max())
    assert folding.smallest_around <= folding.smallest < 0 < folding.largest <= folding.largest_around
    assert "% of the mask folded" in repr(result)
    assert "% of the mask folded" in result._repr_html_()
    assert pickle.loads(pickle.dumps(result)).folding == folding


def test_what_does_not_fold() -> None:
    scene = make_scene(2)
    bent = register(scene.fixed, scene.moving, scene.fixed_mask, transform=["rigid", "b-spline"])
    assert bent.folding is not None
    assert not bent.folding.is_folded
    assert bent.folding.share == 0
    inside = bent.jacobian().pixels[scene.fixed_mask > 0]
    assert bent.folding.smallest == pytest.approx(inside.min())
    assert "times as large inside the mask" in repr(bent)
    rigid = register(scene.fixed, scene.moving, scene.fixed_mask)
    assert rigid.folding is not None
    assert rigid.folding.smallest == pytest.approx(1) == rigid.folding.largest_around
    assert "jacobian" not in repr(rigid)
    field = register(scene.fixed, scene.moving, scene.fixed_mask, transform="displacement-field", iterations=3)
    assert field.folding is not None
    assert 0 < field.folding.smallest < field.folding.largest


def test_folds_of_what_was_ended() -> None:
    """A callback ended it: then nothing says how far it can be trusted, but it can be looked at."""
    scene = make_scene(2)
    ended = register(scene.fixed, scene.moving, scene.fixed_mask, transform="b-spline", callback=lambda _: False)
    assert ended.uncertainty is None
    assert ended.folding is not None
    assert ended.folding.smallest == pytest.approx(ended.jacobian().pixels[scene.fixed_mask > 0].min())
