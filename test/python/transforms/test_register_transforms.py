# SPDX-License-Identifier: Apache-2.0
"""Transform: what it maps, against SimpleITK and itk; files, matrices, inverses."""

import dataclasses
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Transform, read_transform, register
from register_scene import rotation

RANDOM = np.random.default_rng(3)


def make_matrix(dimension: int) -> Any:
    matrix = np.eye(dimension + 1)
    matrix[:-1, :-1] = 1.1 * rotation(0.3, dimension)
    matrix[:-1, -1] = [3.0, -2.0, 5.0][:dimension]
    return matrix


def make_spline(dimension: int) -> Any:
    """A SimpleITK transform that bends a box from 0 to 60."""
    image = sitk.Image([61] * dimension, sitk.sitkUInt8)
    spline = sitk.BSplineTransformInitializer(image, [3] * dimension)
    spline.SetParameters(np.random.default_rng(1).normal(0, 2, len(spline.GetParameters())).tolist())
    return spline


def make_field(dimension: int) -> Any:
    vectors = np.random.default_rng(2).normal(0, 1, (*[7] * dimension, dimension))
    image = sitk.GetImageFromArray(vectors, isVector=True)
    image.SetSpacing([10.0] * dimension)
    image.SetOrigin([-1.0] * dimension)
    image.SetDirection(rotation(0.1, dimension).ravel().tolist())
    return sitk.DisplacementFieldTransform(image)


def make_composite(dimension: int) -> Any:
    inner = sitk.CompositeTransform(dimension)
    inner.AddTransform(sitk.TranslationTransform(dimension, [1.0, 2.0, 3.0][:dimension]))
    inner.AddTransform(make_spline(dimension))
    outer = sitk.CompositeTransform(dimension)
    rigid = sitk.Euler2DTransform() if dimension == 2 else sitk.VersorRigid3DTransform()
    rigid.SetCenter([30.0] * dimension)
    rigid.SetParameters([0.2, 1.0, 2.0] if dimension == 2 else [0.1, 0.2, -0.1, 1.0, 2.0, 3.0])
    outer.AddTransform(rigid)
    outer.AddTransform(inner)
    return outer


def make_affine(dimension: int) -> Any:
    matrix = make_matrix(dimension)
    affine = sitk.AffineTransform(dimension)
    affine.SetCenter([5.0, 6.0, 7.0][:dimension])
    affine.SetMatrix(matrix[:-1, :-1].ravel().tolist())
    affine.SetTranslation(matrix[:-1, -1].tolist())
    return affine


MAKERS = {
    "affine": make_affine,
    "similarity": lambda dimension: (
        sitk.Similarity2DTransform(1.2, 0.1, (1, 2), (3, 4))
        if dimension == 2
        else sitk.Similarity3DTransform(1.2, (0, 0, 0.1, 0.995), (1, 2, 3), (4, 5, 6))
    ),
    "scale": lambda dimension: sitk.ScaleTransform(dimension, [1.1, 0.9, 1.3][:dimension]),
    "identity": lambda dimension: sitk.Transform(dimension, sitk.sitkIdentity),
    "spline": make_spline,
    "field": make_field,
    "composite": make_composite,
}


def witness(transform: Any, points: Any) -> Any:
    """What SimpleITK says."""
    return np.array([transform.TransformPoint(point) for point in points.tolist()])


# Transforms


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("kind", MAKERS)
def test_transforms_of_simpleitk(kind: str, dimension: int, tmp_path: Path) -> None:
    given = MAKERS[kind](dimension)
    points = RANDOM.uniform(5, 55, (20, dimension))
    expected = witness(given, points)
    transform = Transform.from_simpleitk(given)
    np.testing.assert_allclose(transform(points), expected, atol=1e-9)
    np.testing.assert_allclose(transform.apply(points[0]), expected[0], atol=1e-9)
    np.testing.assert_allclose(witness(transform.to_simpleitk(), points), expected, atol=1e-9)
    assert Transform.from_simpleitk(transform.to_simpleitk()) == transform
    assert pickle.loads(pickle.dumps(transform)) == transform
    for suffix in (".h5", ".tfm"):
        path = tmp_path / f"transform{suffix}"
        transform.write(path)
        np.testing.assert_allclose(read_transform(path)(points), expected, atol=1e-9)
        np.testing.assert_allclose(witness(sitk.ReadTransform(str(path)), points), expected, atol=1e-9)
        sitk.WriteTransform(transform.to_simpleitk(), str(path))
        np.testing.assert_allclose(Transform.read(str(path))(points), expected, atol=1e-9)


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("kind", MAKERS)
def test_transforms_of_itk(kind: str, dimension: int) -> None:
    import itk  # noqa: PLC0415

    transform = Transform.from_simpleitk(MAKERS[kind](dimension))
    points = RANDOM.uniform(5, 55, (5, dimension))
    made = transform.to_itk()
    assert isinstance(made, itk.Transform[itk.D, dimension, dimension])
    mapped = [list(made.TransformPoint(point)) for point in points.tolist()]
    np.testing.assert_allclose(mapped, transform(points), atol=1e-9)
    assert Transform.from_itk(made) == transform


def test_conversions_refuse_what_is_no_transform() -> None:
    import itk  # noqa: PLC0415

    with pytest.raises(TypeError, match="transform: a SimpleITK transform is needed, not int 3"):
        Transform.from_simpleitk(3)
    with pytest.raises(TypeError, match="transform: an itk transform is needed, not str 'a'"):
        Transform.from_itk("a")
    with pytest.raises(ValueError, match="a transform of 2 or 3 dimensions is needed, not from 4 to 4"):
        Transform.from_itk(itk.TranslationTransform[itk.D, 4].New())
    with pytest.raises(TypeError, match="itk has no class for NonsenseTransform_double_2_2"):
        Transform(2, (("NonsenseTransform_double_2_2", np.empty(0), np.empty(0)),)).to_itk()
    assert Transform.from_itk(itk.AffineTransform[itk.F, 3].New()).parts[0][0] == "AffineTransform_double_3_3"


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_splines_of_all_orders(order: int) -> None:
    spline = sitk.BSplineTransform(2, order)
    spline.SetTransformDomainMeshSize((3, 4))
    spline.SetTransformDomainPhysicalDimensions((20.0, 30.0))
    spline.SetParameters(np.random.default_rng(order).uniform(-1, 1, len(spline.GetParameters())).tolist())
    transform = Transform.from_simpleitk(spline)
    points = [(4.5, 7.25), (11.0, 20.5)]
    np.testing.assert_allclose(transform(points), [spline.TransformPoint(point) for point in points], atol=1e-12)
    assert transform.to_simpleitk().GetOrder() == order
    assert transform.to_simpleitk().GetParameters() == spline.GetParameters()


def test_field_that_is_smoothed_becomes_a_plain_one() -> None:
    field = sitk.DisplacementFieldTransform(sitk.Image([5, 6], sitk.sitkVectorFloat64))
    field.SetSmoothingGaussianOnUpdate(2.0, 1.0)
    transform = Transform.from_simpleitk(field)
    assert transform.parts[0][0] == "DisplacementFieldTransform_double_2_2"
    assert transform.to_simpleitk().GetFixedParameters() == field.GetFixedParameters()


@pytest.mark.parametrize("dimension", [2, 3])
def test_matrix(dimension: int) -> None:
    matrix = make_matrix(dimension)
    transform = Transform.from_matrix(matrix)
    points = RANDOM.normal(0, 100, (10, dimension))
    np.testing.assert_allclose(transform(points), points @ matrix[:-1, :-1].T + matrix[:-1, -1], rtol=1e-12)
    np.testing.assert_allclose(transform.matrix(), matrix, atol=1e-12)
    np.testing.assert_allclose(Transform(dimension).matrix(), np.eye(dimension + 1))
    affine = make_affine(dimension)
    np.testing.assert_allclose(
        Transform.from_simpleitk(affine).matrix()[:-1] @ [*points[0], 1], affine.TransformPoint(points[0]), rtol=1e-12
    )
    both = transform.compose(Transform.from_simpleitk(affine))
    np.testing.assert_allclose(both.matrix(), matrix @ Transform.from_simpleitk(affine).matrix(), atol=1e-9)
    with pytest.raises(ValueError, match=r"not BSplineTransform\. Map points instead"):
        Transform.from_simpleitk(make_spline(dimension)).matrix()


LINEAR = {
    2: ("TranslationTransform", "Euler2DTransform", "Similarity2DTransform", "AffineTransform", "ScaleTransform"),
    3: (
        "TranslationTransform",
        "Euler3DTransform",
        "VersorRigid3DTransform",
        "VersorTransform",
        "Similarity3DTransform",
        "ScaleVersor3DTransform",
        "AffineTransform",
        "ScaleTransform",
    ),
}


@pytest.mark.parametrize(("dimension", "name"), [(d, name) for d, names in LINEAR.items() for name in names])
def test_inverses_of_every_linear_transform(dimension: int, name: str) -> None:
    """Against those of SimpleITK, and as SimpleITK gives them."""
    points = RANDOM.uniform(-40, 40, (20, dimension))
    for _ in range(5):
        other = getattr(sitk, name)(
            *[dimension] * (name in ("TranslationTransform", "AffineTransform", "ScaleTransform"))
        )
        fixed = RANDOM.uniform(-9, 9, len(other.GetFixedParameters()))
        fixed[dimension:] = RANDOM.integers(0, 2)  # whether the order of rotations is Z, Y, X
        other.SetFixedParameters(fixed.tolist())
        parameters = np.array(other.GetParameters())
        other.SetParameters((parameters + RANDOM.uniform(-0.2, 0.2, len(parameters))).tolist())
        transform = Transform.from_simpleitk(other)
        np.testing.assert_allclose(transform.inverse()(transform(points)), points, atol=1e-9)
        if name != "ScaleVersor3DTransform":  # of which SimpleITK has none
            inverse = Transform.from_simpleitk(other.GetInverse())
            np.testing.assert_allclose(inverse(points), transform.inverse()(points), atol=1e-9)


@pytest.mark.parametrize("dimension", [2, 3])
def test_compose_and_inverse(dimension: int) -> None:
    one, two = Transform.from_matrix(make_matrix(dimension)), Transform.from_simpleitk(make_spline(dimension))
    points = RANDOM.uniform(10, 40, (10, dimension))
    np.testing.assert_allclose((one @ two)(points), one(two(points)))
    np.testing.assert_allclose((two @ one)(points), two(one(points)))
    np.testing.assert_allclose(one.inverse()(one(points)), points, atol=1e-9)
    rigid = Transform.from_simpleitk(make_composite(dimension)).parts[:1]
    chain = Transform(dimension, rigid) @ one
    np.testing.assert_allclose(chain.inverse()(chain(points)), points, atol=1e-9)
    np.testing.assert_allclose((chain @ chain.inverse()).matrix(), np.eye(dimension + 1), atol=1e-9)
    with pytest.raises(ValueError, match="has no inverse"):
        (one @ two).inverse()
    with pytest.raises(TypeError, match="first: a Transform is needed, not int 3"):
        one.compose(3)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"first: {dimension} dimensions"):
        one.compose(Transform(5 - dimension))
    with pytest.raises(TypeError):
        one @ 3  # type: ignore[operator]


def test_transforms_do_not_change() -> None:
    parameters = np.array([1.0, 2.0])
    transform = Transform(2, (("TranslationTransform_double_2_2", np.empty(0), parameters),))
    parameters[0] = 5
    assert transform([0, 0]).tolist() == [1, 2]
    same, other = Transform(2, transform.parts), Transform.from_matrix(np.eye(3))
    assert transform == same
    assert hash(transform) == hash(same)
    assert transform not in (other, 3, Transform(3), Transform(2))
    assert hash(transform) != hash(other)
    for again in (transform, pickle.loads(pickle.dumps(transform))):
        with pytest.raises(ValueError, match="read-only"):
            again.parts[0][2][0] = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        transform.dimension = 3  # type: ignore[misc]
    assert repr(transform) == "Transform(2 dimensions: TranslationTransform (1, 2))"
    assert repr(Transform(3)) == "Transform(3 dimensions: identity)"
    assert "BSplineTransform of 72 parameters" in repr(Transform.from_simpleitk(make_spline(2)))


def test_bad_transforms(tmp_path: Path) -> None:
    transform = Transform(2)
    for points, error, words in (
        (np.ones((3, 3)), ValueError, r"points: an array of points of shape \(n, 2\), or \(2,\) for one, is needed"),
        ([1, 2, 3], ValueError, r"shape \(1, 3\)"),
        ([1, np.nan], ValueError, "finite"),
        ("ab", TypeError, "points: "),
    ):
        with pytest.raises(error, match=words):
            transform(points)
    assert transform(np.empty((0, 2))).shape == (0, 2)
    with pytest.raises(ValueError, match="dimension: 2 or 3 is needed, not int 4"):
        Transform(4)
    with pytest.raises(ValueError, match="'Euler3DTransform_double_3_3' is not the name of a transform of 2"):
        Transform(2, (("Euler3DTransform_double_3_3", np.zeros(3), np.zeros(6)),))
    with pytest.raises(RuntimeError, match="Nonsense"):
        Transform(2, (("NonsenseTransform_double_2_2", np.zeros(3), np.zeros(6)),))([1, 2])
    with pytest.raises(FileNotFoundError, match="path: there is no file"):
        read_transform(tmp_path / "nothing.tfm")
    with pytest.raises(FileNotFoundError, match="path: there is no folder"):
        transform.write(tmp_path / "no" / "transform.tfm")
    (tmp_path / "text.tfm").write_text("no transform")
    with pytest.raises(RuntimeError, match=r"path: .*text.tfm cannot be read as a transform"):
        read_transform(tmp_path / "text.tfm")
    transform.write(tmp_path / "identity.tfm")
    assert read_transform(tmp_path / "identity.tfm")([3, 4]).tolist() == [3, 4]


@pytest.mark.parametrize("center", [(0.0, 0.0), (500.0, -300.0)])
@pytest.mark.parametrize("transform", ["rigid", "similarity", "affine"])
def test_rotations_are_about_the_mask_whatever_comes_before(transform: str, center: tuple[float, float]) -> None:
    """ITK would take the centre of an initial transform, which may be far from everything."""
    y, x = np.mgrid[0:60, 0:70].astype(float)
    fixed, moving = (np.sin((x - shift) / 5) + np.cos(y / 6) + np.sin((x - shift + y) / 9) for shift in (0.0, 2.0))
    mask = (np.hypot(x - 40, y - 28) < 15).astype(np.uint8)
    plain = register(fixed, moving, mask, transform=transform)
    identity = Transform(2, (("AffineTransform_double_2_2", np.array(center), np.array([1.0, 0, 0, 1, 0, 0])),))
    for initial in (identity, np.eye(3)):
        found = register(fixed, moving, mask, transform=transform, initial=initial)
        np.testing.assert_array_equal(found.transform.parts[-1][1], plain.transform.parts[-1][1])
        points = np.array([[40.0, 28.0], [30.0, 20.0], [50.0, 35.0]])
        np.testing.assert_allclose(found.transform.apply(points), plain.transform.apply(points), atol=1e-5)
