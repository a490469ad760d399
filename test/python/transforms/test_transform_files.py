# SPDX-License-Identifier: Apache-2.0
"""Transforms in files: of other programs, damaged, or with numbers that cannot be."""

import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Transform, read_transform, register
from register_scene import make_scene

DRAW = np.random.default_rng(11)
#: How the class is called from which ITK's affine transforms are derived, and those themselves.
NAMES = ("MatrixOffsetTransformBase", "AffineTransform")


def make_affine(dimension: int) -> tuple[Any, Any]:
    """Parameters, and the centre as fixed parameters."""
    matrix = np.eye(dimension) + DRAW.normal(0, 0.1, (dimension, dimension))
    return np.concatenate([matrix.ravel(), DRAW.normal(0, 9, dimension)]), DRAW.normal(0, 50, dimension)


def apply_affine(parameters: Any, centre: Any, points: Any) -> Any:
    """What ITK defines: A (x - c) + t + c."""
    n = len(centre)
    return (points - centre) @ parameters[: n * n].reshape(n, n).T + parameters[n * n :] + centre


def to_text(*transforms: tuple[str, Any, Any]) -> str:
    text = "#Insight Transform File V1.0\n"
    for number, (name, parameters, fixed) in enumerate(transforms):
        text += f"#Transform {number}\nTransform: {name}\n"
        if not name.startswith("Composite"):
            words = " ".join(map(repr, map(float, parameters))), " ".join(map(repr, map(float, fixed)))
            text += "Parameters: {}\nFixedParameters: {}\n".format(*words)
    return text


def to_matlab(*transforms: tuple[str, Any, Any], order: str = "<", single: bool = False) -> bytes:
    content = b""
    for name, parameters, fixed in transforms:
        for word, numbers in ((name, parameters), ("fixed", fixed)):
            kind = (1000 if order == ">" else 0) + (10 if single else 0)
            content += struct.pack(f"{order}5i", kind, len(numbers), 1, 0, len(word) + 1) + word.encode() + b"\0"
            content += np.asarray(numbers, f"{order}{'f4' if single else 'f8'}").tobytes()
    return content


def write_with_itk(path: Path, *transforms: tuple[str, Any, Any]) -> None:
    """A file of single transforms, as C++ programs write it."""
    import itk  # noqa: PLC0415

    writer = itk.TransformFileWriterTemplate[itk.D].New()
    writer.SetFileName(str(path))
    for name, parameters, fixed in transforms:
        made = getattr(itk, name.partition("_")[0])[
            itk.D, *[len(fixed)] * (2 if name.startswith("Matrix") else 1)
        ].New()
        made.SetFixedParameters(itk.OptimizerParameters[itk.D](list(map(float, fixed))))
        made.SetParameters(itk.OptimizerParameters[itk.D](list(map(float, parameters))))
        writer.AddTransform(made)
    writer.Update()


# What others write


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("name", NAMES)
def test_affine_transforms_by_any_name(name: str, dimension: int, tmp_path: Path) -> None:
    points = DRAW.normal(0, 100, (20, dimension))
    for precision in ("double", "float"):
        parameters, centre = make_affine(dimension)
        full = (f"{name}_{precision}_{dimension}_{dimension}", parameters, centre)
        expected = apply_affine(parameters, centre, points)
        for file, content in (
            ("a.tfm", to_text(full).encode()),
            ("b.txt", to_text(full).replace("\n", "\r\n").encode()),
            ("c.mat", to_matlab(full)),
            ("d.mat", to_matlab(full, order=">")),
        ):
            (tmp_path / file).write_bytes(content)
            np.testing.assert_allclose(read_transform(tmp_path / file)(points), expected, atol=1e-9, err_msg=file)
        (tmp_path / "e.mat").write_bytes(to_matlab(full, single=True))
        np.testing.assert_allclose(read_transform(tmp_path / "e.mat")(points), expected, atol=1e-3)
        if precision == "double":
            for suffix in (".h5", ".tfm", ".mat"):
                write_with_itk(tmp_path / f"itk{suffix}", full)
                found = read_transform(tmp_path / f"itk{suffix}")
                np.testing.assert_allclose(found(points), expected, atol=1e-9, err_msg=suffix)
                assert found.is_affine()


@pytest.mark.parametrize("suffix", [".h5", ".tfm"])
def test_composites_of_others(suffix: str, tmp_path: Path) -> None:
    parts = [make_affine(3) for _ in range(12)]
    composite = sitk.CompositeTransform(3)
    for parameters, centre in parts:
        affine = sitk.AffineTransform(3)
        affine.SetFixedParameters(centre.tolist())
        affine.SetParameters(parameters.tolist())
        composite.AddTransform(affine)
    sitk.WriteTransform(composite, str(tmp_path / f"a{suffix}"))
    found = read_transform(tmp_path / f"a{suffix}")
    points = DRAW.normal(0, 10, (5, 3))
    assert len(found.parts) == 12
    np.testing.assert_allclose(found(points), [composite.TransformPoint(one) for one in points.tolist()])
    # In a text, the parts may have any name of their kind.
    named = [(f"{NAMES[n % 2]}_double_3_3", *part) for n, part in enumerate(parts)]
    (tmp_path / "b.tfm").write_text(to_text(("CompositeTransform_double_3_3", [], []), *named))
    np.testing.assert_allclose(read_transform(tmp_path / "b.tfm")(points), found(points))


@pytest.mark.parametrize("suffix", [".h5", ".tfm", ".mat"])
@pytest.mark.parametrize("number", [2, 3])
def test_independent_transforms_are_not_composed(suffix: str, number: int, tmp_path: Path) -> None:
    transforms = [("AffineTransform_double_3_3", *make_affine(3)) for _ in range(number)]
    path = tmp_path / f"several{suffix}"
    write_with_itk(path, *transforms)
    scene = make_scene(3)
    words = (
        rf"several{suffix} cannot be read as a transform: The file holds {number} transforms that are no parts of one"
    )
    with pytest.raises(RuntimeError, match=f"path: .*{words}"):
        read_transform(path)
    with pytest.raises(RuntimeError, match=f"initial: .*{words}"):
        register(scene.fixed, scene.moving, initial=path)
    write_with_itk(path, transforms[1])
    np.testing.assert_array_equal(read_transform(path).parts[0][2], transforms[1][1])


def test_files_that_name_others(tmp_path: Path) -> None:
    """An old form of composites."""
    parts = [make_affine(2) for _ in range(2)]
    for number, part in enumerate(parts):
        (tmp_path / f"part{number}.txt").write_text(to_text(("AffineTransform_double_2_2", *part)))
    names = "".join(f"ComponentTransformFile: part{number}.txt\n" for number in range(2))
    (tmp_path / "all.txt").write_text(f"#\nTransform: CompositeTransform_double_2_2\n{names}")
    points = DRAW.normal(0, 10, (5, 2))
    expected = apply_affine(*parts[0], apply_affine(*parts[1], points))
    np.testing.assert_allclose(read_transform(tmp_path / "all.txt")(points), expected)
    (tmp_path / "part1.txt").write_text("ComponentTransformFile: part1.txt\n")
    with pytest.raises(RuntimeError, match="path: "):
        read_transform(tmp_path / "all.txt")


# Numbers that cannot be


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", ["parameters", "fixed"])
def test_numbers_that_are_not_finite(value: float, place: str, tmp_path: Path) -> None:
    scene = make_scene(2)
    parameters, centre = make_affine(2)
    (parameters if place == "parameters" else centre)[1] = value
    full = ("AffineTransform_double_2_2", parameters, centre)
    (tmp_path / "a.tfm").write_text(to_text(full))
    (tmp_path / "a.mat").write_bytes(to_matlab(full))
    for path in (tmp_path / "a.tfm", tmp_path / "a.mat"):
        with pytest.raises(RuntimeError, match=f"initial: .*{path.name} cannot be read as a transform: .*finite"):
            register(scene.fixed, scene.moving, initial=path)
    words = '"AffineTransform_double_2_2" has .* as number 1 of its .*parameters, which are finite numbers'
    with pytest.raises(ValueError, match=f"parts: {words}"):
        Transform(2, (("AffineTransform_double_2_2", centre, parameters),))
    if place == "parameters":
        import itk  # noqa: PLC0415

        for made, read in (
            (itk.AffineTransform[itk.D, 2].New(), Transform.from_itk),
            (sitk.AffineTransform(2), Transform.from_simpleitk),
        ):
            numbers: Any = parameters.tolist()
            made.SetParameters(itk.OptimizerParameters[itk.D](numbers) if "itk" in type(made).__module__ else numbers)
            with pytest.raises(ValueError, match=f"transform: {words}"):
                read(made)
            with pytest.raises(ValueError, match=f"initial: {words}"):
                register(scene.fixed, scene.moving, initial=made)
    matrix = np.eye(3)
    matrix[0, 2] = value
    with pytest.raises(ValueError, match="initial: "):
        register(scene.fixed, scene.moving, initial=matrix)


def change_words(change: Callable[[list[str]], list[str]]) -> Callable[[str], str]:
    def changed(text: str) -> str:
        lines = text.split("\n")
        lines[3] = " ".join(["Parameters:", *change(lines[3].split()[1:])])
        return "\n".join(lines)

    return changed


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize(
    "change",
    [
        change_words(lambda words: words[:-1]),
        change_words(lambda words: [*words, "1"]),
        change_words(lambda words: words * 1000),
        change_words(lambda words: []),
        change_words(lambda words: ["x", *words[1:]]),
        change_words(lambda words: [*words[:-1], "1e"]),
        lambda text: text.replace("FixedParameters:", "FixedParameters: 1"),
        lambda text: text.replace("FixedParameters", "Others"),
        lambda text: text.replace("\nParameters", "\nOthers"),
        lambda text: text.replace("AffineTransform", "NonsenseTransform"),
        lambda text: text.replace("Transform: Affine", "Transform: Composite"),
        lambda text: text.replace("_double_2_2", "_double_4_4").replace("_double_3_3", "_double_4_4"),
        lambda text: text.replace("_double", ""),
        lambda text: text.split("Transform:")[0],
        lambda text: text[: text.rindex("Fixed")],
        lambda text: "\n".join(text.split("\n")[3:]),
        lambda text: "",
    ],
)
def test_texts_that_are_wrong(change: Callable[[str], str], dimension: int, tmp_path: Path) -> None:
    text = to_text((f"AffineTransform_double_{dimension}_{dimension}", *make_affine(dimension)))
    (tmp_path / "a.tfm").write_text(text)
    read_transform(tmp_path / "a.tfm")
    (tmp_path / "a.tfm").write_text(change(text))
    with pytest.raises(RuntimeError, match=r"path: .*a\.tfm cannot be read as a transform: "):
        read_transform(tmp_path / "a.tfm")


@pytest.mark.parametrize(
    "sizes", [(-5, 6), (4294967296, 6), (4294967296, 4294967296), (5.5, 6), (0, 6), (5, 7), (1e300, 1)]
)
@pytest.mark.parametrize("kind", ["DisplacementFieldTransform", "BSplineTransform", "GaussianSmoothingOnUpdate"])
def test_grids_that_cannot_be(kind: str, sizes: tuple[float, float], tmp_path: Path) -> None:
    kind += "DisplacementFieldTransform" if kind.startswith("Gaussian") else ""
    name = f"{kind}_double_2_2" + ("_3" if kind.startswith("BSpline") else "")
    rest = [0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0]
    right = (name.replace("_2_2_3", "_2_2"), DRAW.normal(size=60), [5.0, 6.0, *rest])
    wrong = (right[0], right[1], [*sizes, *rest])
    (tmp_path / "a.tfm").write_text(to_text(right))
    assert read_transform(tmp_path / "a.tfm")([[2.0, 2.0]]).shape == (1, 2)
    (tmp_path / "a.tfm").write_text(to_text(wrong))
    (tmp_path / "a.mat").write_bytes(to_matlab(wrong))
    for path in (tmp_path / "a.tfm", tmp_path / "a.mat"):
        with pytest.raises(RuntimeError, match=f"path: .*{path.name} cannot be read as a transform: .*grid"):
            read_transform(path)
    with pytest.raises(ValueError, match=r"parts: .* grid"):
        Transform(2, ((wrong[0], np.array(wrong[2]), wrong[1]),))


# Files that are cut or damaged


def make_transforms() -> dict[str, Transform]:
    grid = np.array([5.0, 6, 7, 0, 0, 0, 1, 1, 1, *np.eye(3).ravel()])
    return {
        "affine": Transform(3, (("AffineTransform_double_3_3", *reversed(make_affine(3))),)),
        "field": Transform(3, (("DisplacementFieldTransform_double_3_3", grid, DRAW.normal(size=630)),)),
    }


@pytest.mark.parametrize("suffix", [".h5", ".mat", ".tfm"])
def test_files_cut_at_any_length(suffix: str, tmp_path: Path) -> None:
    for name, transform in make_transforms().items():
        path = tmp_path / f"{name}{suffix}"
        transform.write(path)
        content = path.read_bytes()
        last = len(content) - 1
        for length in (0, 1, 8, 100, last, *DRAW.integers(0, last, 40).tolist()):
            path.write_bytes(content[:length])
            with pytest.raises(RuntimeError, match=rf"path: .*{name}{suffix} cannot be read as a transform: "):
                read_transform(path)
        path.write_bytes(content)
        assert read_transform(path) == transform


def test_texts_of_chains_cut_at_any_length(tmp_path: Path) -> None:
    """But just before the heading of the next one, where they are whole files of fewer transforms."""
    path = tmp_path / "chain.tfm"
    grid = np.array([5.0, 6, 7, 0, 0, 0, 1, 1, 1, *np.eye(3).ravel()])
    affine = ("AffineTransform_double_3_3", np.zeros(3), np.eye(4)[:, :3].ravel())
    field = ("DisplacementFieldTransform_double_3_3", grid, np.linspace(-1, 1, 630))
    Transform(3, (affine, field)).write(path)
    content = path.read_bytes()
    headings = [found.start() for found in re.finditer(rb"#Transform", content)]
    near = [place + step for place in headings for step in range(1, 60)]
    for length in (*near, *np.random.default_rng(2).integers(0, len(content) - 1, 100).tolist()):
        path.write_bytes(content[:length])
        if length not in headings:
            with pytest.raises(RuntimeError, match=r"path: .* cannot be read as a transform: "):
                read_transform(path)


@pytest.mark.parametrize("suffix", [".h5", ".mat"])
def test_bytes_that_are_damaged(suffix: str, tmp_path: Path) -> None:
    """Some of these end the process that reads them with HDF5, which is another one."""
    seen = 0
    for name, transform in make_transforms().items():
        path = tmp_path / f"{name}{suffix}"
        transform.write(path)
        content = path.read_bytes()
        for _ in range(300):
            damaged = bytearray(content)
            for place in DRAW.integers(0, min(len(content), 3000), DRAW.integers(1, 5)):
                damaged[place] = DRAW.integers(0, 256)
            path.write_bytes(damaged)
            try:
                found = read_transform(path)
            except RuntimeError as error:
                seen += str(error).startswith(f"path: {path} cannot be read as a transform: ")
            else:
                assert np.isfinite(found.parts[0][2]).all()
                seen += 1
    assert seen == 600
