# SPDX-License-Identifier: Apache-2.0
"""Images on other grids, and displacement fields, by transforms that no registration has found; beside SimpleITK."""

from itertools import product
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Geometry, Image, Transform, register
from itk_maskedsampling._images.files import read
from itk_maskedsampling._transforms import resample as module
from library_images import KINDS, to_sitk
from register_scene import grid_points, make_scene, rotation

DRAW = np.random.default_rng(18)


def make_image(dimension: int, dtype: Any, draw: np.random.Generator = DRAW) -> Image:
    """Oblique, of numbers that are drawn."""
    shape = tuple(int(size) for size in draw.integers(5, 12, dimension))
    limits = np.iinfo(dtype) if np.dtype(dtype).kind in "iu" else None
    low, high = (-100, 100) if limits is None else (max(limits.min, -30000), min(limits.max, 30000))
    pixels = draw.integers(low, high, shape, endpoint=True).astype(dtype)
    spacing, direction = draw.uniform(0.5, 2.0, dimension), rotation(draw.uniform(-1, 1), dimension)
    # Its middle is near the origin of space.
    middle = direction @ ((np.array(shape[::-1]) - 1) / 2 * spacing)
    return Image(pixels, spacing, draw.uniform(-1, 1, dimension) - middle, direction)


def make_affine(dimension: int, draw: np.random.Generator = DRAW) -> Transform:
    matrix = np.eye(dimension + 1)
    matrix[:-1, :-1] += draw.normal(0, 0.1, (dimension, dimension))
    matrix[:-1, -1] = draw.normal(0, 1.0, dimension)
    return Transform.from_matrix(matrix)


def points_of(image: Image) -> Any:
    return grid_points(image.pixels.shape, image.spacing, image.origin, image.direction)


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("linear", sitk.sitkLinear),
        ("nearest-neighbor", sitk.sitkNearestNeighbor),
        ("b-spline", sitk.sitkBSpline3),
        ("label-linear", sitk.sitkLabelLinear),
    ],
)
def test_resampled_as_simpleitk_does(dimension: int, dtype: Any, name: str, theirs: Any) -> None:
    if name == "label-linear" and np.dtype(dtype).kind == "f":
        pytest.skip("SimpleITK has it for labels of integers alone")
    image, reference = make_image(dimension, dtype), make_image(dimension, dtype)
    transform = make_affine(dimension)
    result = transform.resample(image, reference, name, 7)
    given = to_sitk(image)
    # Of integers, SimpleITK cuts the fractions off instead of rounding.
    given = given if theirs == sitk.sitkLabelLinear else sitk.Cast(given, sitk.sitkFloat64)
    wanted = sitk.Resample(given, to_sitk(reference), transform.to_simpleitk(), theirs, 7.0)
    assert result.pixels.dtype == dtype
    assert result.geometry == reference.geometry
    found, other = result.pixels, sitk.GetArrayFromImage(wanted)
    if np.dtype(dtype).kind == "f":
        np.testing.assert_allclose(found, other, rtol=1e-5, atol=1e-4)
    else:
        limits = np.iinfo(dtype)
        other = np.clip(np.rint(other), limits.min, limits.max)
        # Of reals that lie half between two integers, the rounding of one last bit decides.
        assert np.mean(found != other) <= 0.01


@pytest.mark.parametrize("dimension", [2, 3])
def test_label_linear_is_the_label_of_largest_weight(dimension: int) -> None:
    """By brute force: each label is interpolated by itself, linearly, and the largest wins."""
    image, reference = make_image(dimension, np.uint8), make_image(dimension, np.uint8)
    image = Image(image.pixels % 4, image.spacing, image.origin, image.direction)
    transform = make_affine(dimension)
    found = transform.resample(image, reference, "label-linear", 9).pixels
    shares = [
        transform.resample(
            Image((image.pixels == label).astype(np.float64), image.spacing, image.origin, image.direction), reference
        ).pixels
        for label in range(4)
    ]
    inside = np.sum(shares, axis=0) > 0.5
    assert inside.any()
    assert not inside.all()
    np.testing.assert_array_equal(found[inside], np.argmax(shares, axis=0)[inside])
    assert (found[~inside] == 9).all()


def test_what_is_thin_stays_with_label_linear() -> None:
    """A line of one voxel, halfway between two rows: the background does not win where it weighs as much."""
    pixels = np.zeros((9, 9), np.uint8)
    pixels[4] = 3
    half = Transform(2, (("TranslationTransform_double_2_2", np.empty(0), np.array([0.0, 0.5])),))
    found = half.resample(pixels, interpolator="label-linear")
    assert (found == 3).any(axis=0).all()


@pytest.mark.parametrize("kind", KINDS)
def test_images_stay_what_they_are(kind: str) -> None:
    image = make_image(3, np.int16)
    given = KINDS[kind](image)
    result = Transform(3).resample(given)
    assert type(result) is type(given)
    pixels = read("result", result).pixels
    assert pixels.dtype == np.int16
    np.testing.assert_array_equal(pixels, image.pixels)


@pytest.mark.parametrize("name", ["linear", "nearest-neighbor", "label-linear", "b-spline", "lanczos-windowed-sinc"])
def test_blocks_change_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image, reference, transform = make_image(3, np.int16), make_image(3, np.int16), make_affine(3)
    whole = transform.resample(image, reference, name)
    monkeypatch.setattr(module, "BLOCK", 1)
    # The first voxel of a block is found by another way to the same point.
    apart = np.abs(transform.resample(image, reference, name).pixels.astype(int) - whole.pixels)
    assert np.mean(apart > 0) <= 0.01


def test_progress_is_written_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    image = make_image(3, np.float32)
    Transform(3).resample(image)
    assert capsys.readouterr().err == ""
    Transform(3).resample(image, progress=True)
    assert "100%" in capsys.readouterr().err


def test_an_image_beside_the_reference_is_warned_of() -> None:
    image = Image(np.full((8, 8), 5.0), origin=(1000.0, 0.0))
    with pytest.warns(RuntimeWarning, match=r"^reference: no voxel of it .* inverse"):
        Transform(2).resample(image, Image(np.zeros((4, 4))))
    # What is there and empty is no reason.
    hole = np.zeros((8, 8))
    hole[7, 7] = 1.0
    assert not Transform(2).resample(Image(hole), Image(np.zeros((4, 4)))).pixels.any()


def test_registrations_resample_as_their_transforms() -> None:
    scene = make_scene(2)
    result = register(scene.fixed, scene.moving, scene.fixed_mask, transform="translation", uncertainty="none")
    np.testing.assert_array_equal(
        result.resample().pixels, result.transform.resample(scene.moving, scene.fixed.geometry).pixels
    )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"image": np.zeros((3, 3, 3))}, "image: 2 dimensions are needed, not 3"),
        ({"reference": np.zeros((3, 3, 3))}, "reference: 2 dimensions are needed, not 3"),
        ({"interpolator": "lineal"}, "interpolator: 'lineal' is none of .*did you mean 'linear'"),
        ({"default": 300}, "default: 300 does not fit pixels of uint8"),
    ],
)
def test_what_does_not_do_is_named(arguments: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Transform(2).resample(**{"image": np.zeros((3, 3), np.uint8), **arguments})


# Matrices and fields


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_matrix_in_ras_maps_points_in_ras(dimension: int) -> None:
    transform = make_affine(dimension)
    flip = np.array([-1.0, -1.0, 1.0])[:dimension]
    points = DRAW.normal(size=(5, dimension))
    matrix = transform.matrix(convention="RAS")
    np.testing.assert_allclose(
        (points * flip) @ matrix[:-1, :-1].T + matrix[:-1, -1], transform.apply(points) * flip, atol=1e-12
    )
    np.testing.assert_array_equal(transform.matrix(), transform.matrix("LPS"))
    with pytest.raises(ValueError, match="convention: 'ARS' is none of LPS, RAS"):
        transform.matrix("ARS")


@pytest.mark.parametrize("dimension", [2, 3])
def test_a_displacement_field_moves_the_voxels_of_its_grid_as_the_transform(dimension: int) -> None:
    transform, reference = make_affine(dimension), make_image(dimension, np.float32)
    field = transform.to_displacement_field(reference)
    points = points_of(reference)
    moved = transform.apply(points.reshape(-1, dimension)).reshape(points.shape)
    np.testing.assert_allclose(field.vectors, moved - points, atol=1e-12)
    # Of an affine transform, linear interpolation is exact, too.
    middle = points.reshape(-1, dimension).mean(axis=0)
    np.testing.assert_allclose(field.apply(middle), transform.apply(middle), atol=1e-9)
    for grid in (reference.geometry, to_sitk(reference)):
        assert transform.to_displacement_field(grid) == field
    assert isinstance(reference.geometry, Geometry)


def test_a_displacement_field_is_that_of_simpleitk() -> None:
    transform, reference = make_affine(3), make_image(3, np.float32)
    theirs = sitk.TransformToDisplacementField(
        transform.to_simpleitk(),
        sitk.sitkVectorFloat64,
        reference.pixels.shape[::-1],
        reference.origin,
        reference.spacing,
        reference.direction.ravel(),
    )
    field = transform.to_displacement_field(reference)
    np.testing.assert_allclose(field.vectors, sitk.GetArrayFromImage(theirs), atol=1e-9)
    moved = field.to_simpleitk().TransformPoint(tuple(points_of(reference)[2, 2, 2]))
    np.testing.assert_allclose(moved, transform.apply(points_of(reference)[2, 2, 2]), atol=1e-9)


def test_only_a_displacement_field_has_vectors() -> None:
    with pytest.raises(ValueError, match="is not one displacement field: to_displacement_field"):
        _ = make_affine(2).vectors


@pytest.mark.parametrize(("dimension", "order"), list(product((2, 3), (0, 1))))
def test_chains_have_one_field(dimension: int, order: int) -> None:
    pair = [make_affine(dimension), make_affine(dimension)]
    chain = pair[order] @ pair[1 - order]
    reference = make_image(dimension, np.uint8)
    points = points_of(reference)
    wanted = pair[order].apply(pair[1 - order].apply(points.reshape(-1, dimension))).reshape(points.shape) - points
    np.testing.assert_allclose(chain.to_displacement_field(reference).vectors, wanted, atol=1e-9)
