# SPDX-License-Identifier: Apache-2.0
"""Parameter files of elastix, as it writes them; what they do to points is what SimpleITK's transforms do."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from format_scene import make_volumes, turn
from itk_maskedsampling import Image, Transform, read_transform

DRAW = np.random.default_rng(33)
NOTHING = "NoInitialTransform"


def line(name: str, *values: Any) -> str:
    words = [f'"{one}"' if isinstance(one, str) else repr(one) for one in values]
    return f"({name} {' '.join(words)})\n"


def to_text(kind: str, dimension: int, parameters: Any, initial: str = NOTHING, **more: Any) -> str:
    """The names are in the order of the alphabet, as of elastix 5."""
    words: dict[str, Any] = {
        "FixedImageDimension": dimension,
        "MovingImageDimension": dimension,
        "FixedInternalImagePixelType": "float",
        "HowToCombineTransforms": "Compose",
        "InitialTransformParameterFileName": initial,
        "NumberOfParameters": len(parameters),
        "Transform": kind,
        "TransformParameters": list(map(float, parameters)),
        "UseDirectionCosines": "true",
        **more,
    }
    lines = [line(name, *(one if isinstance(one, list) else [one])) for name, one in sorted(words.items())]
    return "".join(lines) + '\n// Resampler specific\n(Resampler "DefaultResampler") // as ever\n'


def make_linear(kind: str, dimension: int, centre: list[float]) -> Any:
    names = {"Euler": f"Euler{dimension}DTransform", "Similarity": f"Similarity{dimension}DTransform"}
    name = names.get(kind, f"{kind}Transform")
    made = getattr(sitk, name)(*([] if name[-11] in "23" else [dimension]))
    if kind != "Translation":
        made.SetCenter(centre)
    values = np.array(made.GetParameters()) + DRAW.normal(0, 0.1, len(made.GetParameters()))
    made.SetParameters(values.tolist())
    return made


def apply_simpleitk(transform: Any, points: Any) -> Any:
    return np.array([transform.TransformPoint(one) for one in points.tolist()])


def points_of(dimension: int, number: int = 20) -> Any:
    return DRAW.uniform(5, 30, (number, dimension))


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("kind", ["Translation", "Euler", "Similarity", "Affine"])
def test_linear(kind: str, dimension: int, tmp_path: Path) -> None:
    centre = [3.0, -9.0, 21.0][:dimension]
    expected = make_linear(kind, dimension, centre)
    more: dict[str, Any] = {} if kind == "Translation" else {"CenterOfRotationPoint": centre}
    path = tmp_path / "TransformParameters.0.txt"
    points = points_of(dimension)
    path.write_text(to_text(f"{kind}Transform", dimension, expected.GetParameters(), **more))
    found = read_transform(path)
    np.testing.assert_allclose(found(points), apply_simpleitk(expected, points), atol=1e-9)
    if kind == "Euler" and dimension == 3:
        expected.SetComputeZYX(True)
        path.write_text(to_text("EulerTransform", 3, expected.GetParameters(), ComputeZYX="true", **more))
        found = read_transform(path)
        np.testing.assert_allclose(found(points), apply_simpleitk(expected, points), atol=1e-9)
    found.write(tmp_path / "b.txt", format="elastix", fixed=Image(np.zeros((5,) * dimension)))
    assert read_transform(tmp_path / "b.txt") == found
    assert read_transform(tmp_path / "b.txt", format="elastix") == found


def make_spline(dimension: int, order: int) -> Any:
    """On an oblique grid."""
    grid = sitk.Image([30] * dimension, sitk.sitkFloat32)
    axes = turn(0.1, -0.2, 0.1) if dimension == 3 else turn(0, 0, 0.2)[:2, :2]
    grid.SetDirection(axes.ravel().tolist())
    spline = sitk.BSplineTransformInitializer(grid, [4, 3, 5][:dimension], order)
    spline.SetParameters(DRAW.normal(0, 2, len(spline.GetParameters())).tolist())
    return spline


def spline_words(spline: Any, shift: int = 0) -> dict[str, Any]:
    """The grid of its coefficients; elastix has directions column after column."""
    dimension = spline.GetDimension()
    fixed = np.array(spline.GetFixedParameters())
    size, origin, spacing = fixed[: 3 * dimension].reshape(3, dimension)
    axes = fixed[3 * dimension :].reshape(dimension, dimension)
    return {
        "GridSize": size.astype(int).tolist(),
        "GridIndex": [shift] * dimension,
        "GridOrigin": (origin - axes @ (spacing * shift)).tolist(),
        "GridSpacing": spacing.tolist(),
        "GridDirection": axes.T.ravel().tolist(),
        "BSplineTransformSplineOrder": spline.GetOrder(),
        "UseCyclicTransform": "false",
    }


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_splines(order: int, dimension: int, tmp_path: Path) -> None:
    spline = make_spline(dimension, order)
    points = points_of(dimension)
    expected = apply_simpleitk(spline, points)
    assert np.abs(expected - points).max() > 0.5
    for shift, kind in ((0, "BSplineTransform"), (2, "RecursiveBSplineTransform")):
        (tmp_path / "a.txt").write_text(to_text(kind, dimension, spline.GetParameters(), **spline_words(spline, shift)))
        found = read_transform(tmp_path / "a.txt")
        np.testing.assert_allclose(found(points), expected, atol=1e-9)
    found.write(tmp_path / "b.txt", format="elastix", fixed=Image(np.zeros((5,) * dimension)))
    np.testing.assert_allclose(read_transform(tmp_path / "b.txt")(points), expected, atol=1e-9)


def write_chain(folder: Path, how: str = "Compose", where: str = "") -> tuple[Any, Any]:
    """A B-spline after an affine transform, of which elastix writes two files."""
    affine, spline = make_linear("Affine", 3, [1.0, 2.0, 3.0]), make_spline(3, 3)
    centre: dict[str, Any] = {"CenterOfRotationPoint": [1.0, 2.0, 3.0]}
    (folder / "TransformParameters.0.txt").write_text(to_text("AffineTransform", 3, affine.GetParameters(), **centre))
    words = spline_words(spline) | {"HowToCombineTransforms": how}
    initial = where or str(folder / "TransformParameters.0.txt")
    text = to_text("BSplineTransform", 3, spline.GetParameters(), initial, **words)
    (folder / "TransformParameters.1.txt").write_text(text)
    return affine, spline


@pytest.mark.parametrize(
    "where",
    [
        "",
        "TransformParameters.0.txt",
        "/of/another/machine/TransformParameters.0.txt",
        "C:\\a\\TransformParameters.0.txt",
    ],
)
def test_chains(where: str, tmp_path: Path) -> None:
    affine, spline = write_chain(tmp_path, where=where)
    points = points_of(3)
    found = read_transform(tmp_path / "TransformParameters.1.txt")
    expected = apply_simpleitk(spline, apply_simpleitk(affine, points))
    np.testing.assert_allclose(found(points), expected, atol=1e-9)
    assert len(found.parts) == 2


def test_chains_that_are_written(tmp_path: Path) -> None:
    affine, spline = (Transform.from_simpleitk(one) for one in (make_linear("Affine", 3, [0.0] * 3), make_spline(3, 3)))
    shift = Transform.from_simpleitk(sitk.TranslationTransform(3, (1.0, 2.0, 3.0)))
    fixed, _ = make_volumes(tmp_path)
    chain = shift @ affine @ spline @ shift
    chain.write(tmp_path / "whole.txt", format="elastix", fixed=fixed.path)
    names = {one.name for one in tmp_path.glob("*.txt")}
    assert names == {"whole.txt", "whole.0.txt", "whole.1.txt"}
    assert f'"{tmp_path / "whole.1.txt"}"' in (tmp_path / "whole.txt").read_text()
    assert '"NoInitialTransform"' in (tmp_path / "whole.0.txt").read_text()
    points = points_of(3)
    np.testing.assert_allclose(read_transform(tmp_path / "whole.txt")(points), chain(points), atol=1e-9)
    # What transformix needs of the fixed image.
    for words in ("(Size 9 8 7)", "(FixedImageDimension 3)", "(Spacing 2 1.5 3)"):
        assert words in (tmp_path / "whole.0.txt").read_text()
    Transform(3).write(tmp_path / "identity.txt", format="elastix", fixed=fixed.path)
    np.testing.assert_array_equal(read_transform(tmp_path / "identity.txt")(points), points)


def test_initial_transforms_of_itk(tmp_path: Path) -> None:
    affine, spline = write_chain(tmp_path, where=str(tmp_path / "a.tfm"))
    sitk.WriteTransform(affine, tmp_path / "a.tfm")
    points = points_of(3)
    expected = apply_simpleitk(spline, apply_simpleitk(affine, points))
    np.testing.assert_allclose(read_transform(tmp_path / "TransformParameters.1.txt")(points), expected, atol=1e-9)


def test_displacements_that_are_added(tmp_path: Path) -> None:
    """That is a transform where both are linear, and no chain otherwise."""
    write_chain(tmp_path, how="Add")
    with pytest.raises(RuntimeError, match=r'HowToCombineTransforms is "Add", which is no chain with BSplineTransform'):
        read_transform(tmp_path / "TransformParameters.1.txt")
    one, other = (make_linear("Affine", 2, [5.0, 6.0]) for _ in range(2))
    centre: dict[str, Any] = {"CenterOfRotationPoint": [5.0, 6.0]}
    (tmp_path / "a.txt").write_text(to_text("AffineTransform", 2, one.GetParameters(), **centre))
    words: dict[str, Any] = {"HowToCombineTransforms": "Add", **centre}
    (tmp_path / "b.txt").write_text(to_text("AffineTransform", 2, other.GetParameters(), "a.txt", **words))
    points = points_of(2)
    expected = apply_simpleitk(one, points) + apply_simpleitk(other, points) - points
    np.testing.assert_allclose(read_transform(tmp_path / "b.txt")(points), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"true"', '"false"', 'UseDirectionCosines is "false"'),
        ('"true"', '"yes"', "UseDirectionCosines is 'yes'"),
        ('"EulerTransform"', '"SplineKernelTransform"', "none of TranslationTransform, .*transformix -def all"),
        ("(FixedImageDimension 2)", "(FixedImageDimension 3)", "3 of the fixed and 2 of the moving"),
        ("(FixedImageDimension 2)", "", "0 values, not 1|FixedImageDimension has 0"),
        ("(CenterOfRotationPoint 1.0 2.0)", "", "CenterOfRotationPoint has 0 values, not 2"),
        ("(TransformParameters 0.5", "(TransformParameters", "TransformParameters has 2 values, not 3"),
        ("(TransformParameters 0.5", "(TransformParameters nan", "not finite"),
        ("(TransformParameters 0.5", "(TransformParameters x", "something else than numbers"),
        ("(TransformParameters 0.5", "(TransformParameters 0.5) 3", "line .* is no"),
        ("(Transform ", "(Others 1)\n(Others 2)\n(Transform ", "Others for the second time"),
        ("(InitialTransformParameterFileName", "(Other", "0 values of InitialTransformParameterFileName"),
        (NOTHING, "nothing.txt", "it names 'nothing.txt', which is not there"),
        (NOTHING, "a.txt", "Do they name each other"),
        (NOTHING, "text.txt", r"it names '.*text.txt', which cannot be read"),
        ('"Compose"', '"Both"', "HowToCombineTransforms is 'Both'|^$"),
        ("(Transform ", '(UseBinaryFormatForTransformationParameters "true")\n(Transform ', "in another file"),
    ],
)
def test_files_that_are_wrong(old: str, new: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("nothing")
    text = to_text("EulerTransform", 2, [0.5, 1.0, 2.0], CenterOfRotationPoint=[1.0, 2.0])
    assert old in text
    (tmp_path / "a.txt").write_text(text)
    read_transform(tmp_path / "a.txt")
    changed = text.replace(old, new)
    if new == '"Both"':
        (tmp_path / "b.txt").write_text(text)
        changed = changed.replace(NOTHING, "b.txt")
    (tmp_path / "a.txt").write_text(changed)
    with pytest.raises(RuntimeError, match=rf"path: .*a\.txt cannot be read as a transform: .*({words})"):
        read_transform(tmp_path / "a.txt", format="elastix")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("GridSize", [7, 6, 9], "values, not 1134 for a grid of 7 x 6 x 9"),
        ("GridSize", [-7, 6, 8], "cannot be"),
        ("GridSpacing", [0.0, 1.0, 1.0], "cannot be"),
        ("GridDirection", [1.0] * 9, "cannot be"),
        ("GridOrigin", [0.0, 1.0], "GridOrigin has 2 values, not 3"),
        ("BSplineTransformSplineOrder", 4, "not 1, 2 or 3"),
        ("UseCyclicTransform", "true", "cyclic"),
    ],
)
def test_grids_that_cannot_be(name: str, value: Any, words: str, tmp_path: Path) -> None:
    spline = make_spline(3, 3)
    text = to_text("BSplineTransform", 3, spline.GetParameters(), **(spline_words(spline) | {name: value}))
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(RuntimeError, match=f"path: .* cannot be read as a transform: .*{words}"):
        read_transform(tmp_path / "a.txt")


def test_what_elastix_has_not(tmp_path: Path) -> None:
    grid = np.array([5.0, 6, 7, 0, 0, 0, 1, 1, 1, *np.eye(3).ravel()])
    field = Transform(3, (("DisplacementFieldTransform_double_3_3", grid, np.zeros(630)),))
    fixed, _ = make_volumes(tmp_path)
    with pytest.raises(
        ValueError, match=r'format: "elastix" has no DisplacementFieldTransform. Write the format "field"'
    ):
        field.write(tmp_path / "a.txt", format="elastix", fixed=fixed.path)
    with pytest.raises(ValueError, match=r'fixed: the format "elastix" '):
        field.write(tmp_path / "a.txt", format="elastix")
    assert not list(tmp_path.glob("*.txt"))
