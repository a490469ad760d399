# SPDX-License-Identifier: Apache-2.0
"""Displacement fields: those that SimpleITK writes and reads, and those of FSL, made here with nibabel."""

import gzip
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from format_scene import FLIP, Volume, homogeneous, make_volume, make_volumes, move, nibabel, save_nifti, turn
from itk_maskedsampling import Image, Transform, read_transform, write_image

DRAW = np.random.default_rng(32)
SUFFIXES = [".nii.gz", ".nii", ".mha", ".nrrd"]


def make_field(dimension: int) -> Any:
    """Displacements on a grid that is oblique, as an image of SimpleITK."""
    size = (7, 6, 5)[:dimension]
    field = sitk.GetImageFromArray(DRAW.normal(0, 3, (*size[::-1], dimension)), isVector=True)
    field.SetSpacing((2.0, 1.5, 3.0)[:dimension])
    field.SetOrigin((-9.0, 4.0, 12.0)[:dimension])
    axes = turn(0.2, -0.1, 0.3) if dimension == 3 else turn(0, 0, 0.3)[:2, :2]
    field.SetDirection(axes.ravel().tolist())
    return field


def points_in(field: Any, number: int = 30) -> Any:
    """Between the voxels of an image of SimpleITK."""
    index = DRAW.uniform(0.2, np.array(field.GetSize()) - 1.2, (number, field.GetDimension()))
    return np.array([field.TransformContinuousIndexToPhysicalPoint(one) for one in index.tolist()])


def apply_simpleitk(transform: Any, points: Any) -> Any:
    return np.array([transform.TransformPoint(one) for one in points.tolist()])


# ITK, SimpleITK, ANTs


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("pixel", [sitk.sitkVectorFloat32, sitk.sitkVectorFloat64])
def test_fields_of_simpleitk(suffix: str, dimension: int, pixel: int, tmp_path: Path) -> None:
    field = make_field(dimension)
    points = points_in(field)
    path = tmp_path / f"a{suffix}"
    sitk.WriteImage(sitk.Cast(field, pixel), path)
    found = read_transform(path)
    expected = apply_simpleitk(sitk.DisplacementFieldTransform(sitk.Image(field)), points)
    np.testing.assert_allclose(found(points), expected, atol=1e-5)
    assert Transform.read(path, format="field") == found
    # And back: its own vectors on its own grid, in single precision.
    found.write(tmp_path / f"b{suffix}")
    again = sitk.ReadImage(tmp_path / f"b{suffix}", sitk.sitkVectorFloat64)
    assert again.GetSize() == field.GetSize()
    np.testing.assert_allclose(apply_simpleitk(sitk.DisplacementFieldTransform(again), points), expected, atol=1e-5)
    assert {one.name for one in tmp_path.iterdir()} == {f"a{suffix}", f"b{suffix}"}


@pytest.mark.parametrize("suffix", [".nii.gz", ".mha"])
def test_any_transform_as_a_field(suffix: str, tmp_path: Path) -> None:
    fixed, _ = make_volumes(tmp_path)
    affine = Transform.from_matrix(homogeneous(turn(0.1, 0.2, -0.15) * 1.1, [5.0, -7.0, 3.0]))
    with pytest.raises(ValueError, match=r'fixed: the format "field" '):
        affine.write(tmp_path / f"a{suffix}")
    affine.write(tmp_path / f"a{suffix}", fixed=fixed.path)
    field = sitk.ReadImage(tmp_path / f"a{suffix}", sitk.sitkVectorFloat64)
    assert field.GetSize() == tuple(fixed.size)
    points = points_in(field)
    np.testing.assert_allclose(
        apply_simpleitk(sitk.DisplacementFieldTransform(sitk.Image(field)), points), affine(points), atol=1e-4
    )
    # A chain with a field; and that field on another grid than its own.
    chain = affine @ read_transform(tmp_path / f"a{suffix}")
    chain.write(tmp_path / f"b{suffix}", fixed=fixed.path)
    inside = points_in(field, 5)
    np.testing.assert_allclose(read_transform(tmp_path / f"b{suffix}")(inside), affine(affine(inside)), atol=1e-4)
    grid = Image(np.zeros((3, 4, 5)))
    chain.write(tmp_path / f"c{suffix}", fixed=grid)
    assert sitk.ReadImage(tmp_path / f"c{suffix}").GetSize() == (5, 4, 3)


def set_header(path: Path, to: Path, **words: Any) -> None:
    """Change what the header of a NIfTI file says, and nothing else."""
    content = bytearray(gzip.decompress(path.read_bytes()))
    header = np.frombuffer(content, nibabel.Nifti1Header.template_dtype, 1)
    for name, value in words.items():
        header[name] = value
    to.write_bytes(gzip.compress(content))


def test_displacements_by_the_rules_of_nifti_are_in_ras(tmp_path: Path) -> None:
    """As itk::NiftiImageIO reads them."""
    sitk.WriteImage(make_field(3), tmp_path / "a.nii.gz")
    set_header(tmp_path / "a.nii.gz", tmp_path / "b.nii.gz", intent_code=1006)
    field = sitk.ReadImage(tmp_path / "b.nii.gz", sitk.sitkVectorFloat64)
    points = points_in(field)
    expected = apply_simpleitk(sitk.DisplacementFieldTransform(sitk.Image(field)), points)
    found = read_transform(tmp_path / "b.nii.gz")
    np.testing.assert_allclose(found(points), expected, atol=1e-5)
    assert np.abs(found(points) - read_transform(tmp_path / "a.nii.gz")(points)).max() > 1


def test_fields_that_are_none_of_itk(tmp_path: Path) -> None:
    sitk.WriteImage(make_field(3), tmp_path / "a.nii.gz")
    changed = tmp_path / "b.nii.gz"
    for words, text in (
        ({"intent_name": b"NREG_TRANS"}, "NiftyReg"),
        ({"intent_name": b"Mapping"}, "SPM"),
        ({"intent_code": 0}, 'intent_code is 0.* format="field" .* format="fnirt"'),
        ({"intent_code": 1005}, "intent_code is 1005"),
        ({"qform_code": 0, "sform_code": 0}, "does not say where its voxels are"),
        ({"xyzt_units": 1}, "its unit is meter"),
    ):
        set_header(tmp_path / "a.nii.gz", changed, **words)
        with pytest.raises(RuntimeError, match=rf"path: .*b\.nii\.gz cannot be read as a transform: .*{text}"):
            read_transform(changed)
    set_header(tmp_path / "a.nii.gz", changed, intent_code=0)
    assert read_transform(changed, format="field") == read_transform(tmp_path / "a.nii.gz")
    for intent in (2006, 2007, 2009):
        set_header(tmp_path / "a.nii.gz", changed, intent_code=intent)
        with pytest.raises(RuntimeError, match=r'it is a field of FSL: give format="fnirt"'):
            read_transform(changed, format="field")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_images_that_are_no_fields(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    write_image(Image(np.zeros((4, 5, 6), np.float32)), path)
    for format in (None, "field"):
        words = "path: .* cannot be read as a transform: a vector for each voxel is needed"
        with pytest.raises(RuntimeError, match=words):
            read_transform(path, format=format)
    three = sitk.GetImageFromArray(np.zeros((5, 6, 3)), isVector=True)  # in a plane
    sitk.WriteImage(three, path)
    if suffix in (".mha", ".nrrd"):
        with pytest.raises(RuntimeError, match=r"not 3 numbers .vector. in 2 dimensions"):
            read_transform(path)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_vectors_that_are_not_finite(suffix: str, value: float, tmp_path: Path) -> None:
    field = make_field(3)
    field[3, 2, 1] = (0.0, value, 0.0)
    sitk.WriteImage(field, tmp_path / f"a{suffix}")
    with pytest.raises(RuntimeError, match=r"its vector at voxel \(3, 2, 1\) is not finite"):
        read_transform(tmp_path / f"a{suffix}")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_that_are_cut(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    sitk.WriteImage(make_field(3), path)
    content = path.read_bytes()
    for length in (0, 10, 100, 300, 400, len(content) // 2, len(content) - 20):
        path.write_bytes(content[:length])
        with pytest.raises(RuntimeError, match=r"path: .* cannot be read as a transform: "):
            read_transform(path)


def test_headers_that_are_damaged(tmp_path: Path) -> None:
    sitk.WriteImage(make_field(3), tmp_path / "a.nii")
    content = (tmp_path / "a.nii").read_bytes()
    for place, value in ((40, struct.pack("<8h", 5, 7, 6, 32767, 1, 3, 1, 1)), (70, b"\x99\x09"), (280, b"\xff" * 48)):
        damaged = bytearray(content)
        damaged[place : place + len(value)] = value
        for name in ("b.nii", "b.nii.gz"):
            (tmp_path / name).write_bytes(gzip.compress(damaged) if name.endswith("gz") else damaged)
            with pytest.raises(RuntimeError, match=r"path: .* cannot be read as a transform: "):
                read_transform(tmp_path / name)


def test_vectors_of_nrrd_in_ras(tmp_path: Path) -> None:
    sitk.WriteImage(make_field(3), tmp_path / "a.nrrd")
    content = (tmp_path / "a.nrrd").read_bytes()
    (tmp_path / "a.nrrd").write_bytes(content.replace(b"left-posterior-superior", b"right-anterior-superior"))
    with pytest.raises(RuntimeError, match=r"its space is RAS"):
        read_transform(tmp_path / "a.nrrd")


def test_without_nibabel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sitk.WriteImage(make_field(3), tmp_path / "a.nii.gz")
    transform = read_transform(tmp_path / "a.nii.gz")
    monkeypatch.setitem(sys.modules, "nibabel", None)
    for do in (lambda: read_transform(tmp_path / "a.nii.gz"), lambda: transform.write(tmp_path / "b.nii.gz")):
        with pytest.raises(
            ImportError, match=r'fields in NIfTI need nibabel: pip install "itk-maskedsampling\[nibabel\]"'
        ):
            do()
    assert {one.name for one in tmp_path.iterdir()} == {"a.nii.gz"}


def test_suffixes_of_fields(tmp_path: Path) -> None:
    sitk.WriteImage(make_field(3), tmp_path / "a.nii.gz")
    transform = read_transform(tmp_path / "a.nii.gz")
    for name in ("b.tif", "b.h5"):
        with pytest.raises(ValueError, match=f"path: the suffix of '{name}' is none of"):
            transform.write(tmp_path / name, format="field")
    for name, others in (("b.mhd", {"b.zraw"}), ("b.nhdr", {"b.raw.gz"})):
        before = set(tmp_path.iterdir())
        transform.write(tmp_path / name)
        assert {one.name for one in set(tmp_path.iterdir()) - before} == {name, *others}
        np.testing.assert_allclose(read_transform(tmp_path / name).parts[0][2], transform.parts[0][2], atol=1e-5)


# FSL


def make_warp(fixed: Volume, moving: Volume) -> tuple[Any, Any]:
    """Where voxels of the fixed image go in FSL's coordinates of the moving one, [x,y,z,3], and in RAS."""
    bend = DRAW.normal(0, 0.5, (len(fixed.indices()), 3))
    places = moving.to_fsl(move(np.linalg.inv(moving.affine), move(fixed.affine, fixed.indices()))) + bend
    return places.reshape(*fixed.size, 3), moving.from_fsl(places)


def save_warp(path: Path, pixels: Any, like: Volume, intent: int = 2006) -> None:
    save_nifti(path, pixels.astype(np.float32), like.affine, intent)


@pytest.mark.parametrize("is_absolute", [False, True])
@pytest.mark.parametrize(("fixed_sign", "moving_sign"), [(1, 1), (1, -1), (-1, 1), (-1, -1)])
def test_fields_of_fsl(is_absolute: bool, fixed_sign: int, moving_sign: int, tmp_path: Path) -> None:
    fixed, moving = make_volumes(tmp_path, fixed_sign, moving_sign)
    places, expected = make_warp(fixed, moving)
    relative = places - fixed.to_fsl(fixed.indices()).reshape(places.shape)
    save_warp(tmp_path / "a.nii.gz", places if is_absolute else relative, fixed)
    found = read_transform(tmp_path / "a.nii.gz", moving=moving.path)
    points = move(fixed.affine, fixed.indices()) * FLIP
    np.testing.assert_allclose(found(points), expected * FLIP, atol=1e-4)
    again = read_transform(tmp_path / "a.nii.gz", format="fnirt", fixed=fixed.path, moving=moving.path)
    np.testing.assert_allclose(again(points), expected * FLIP, atol=1e-4)
    # Written, it is relative.
    found.write(tmp_path / "b.nii.gz", format="fnirt", fixed=fixed.path, moving=moving.path)
    written = nibabel.load(tmp_path / "b.nii.gz")
    assert (written.shape, written.header["intent_code"]) == (places.shape, 2006)
    np.testing.assert_allclose(written.get_fdata(), relative, atol=1e-4)
    np.testing.assert_allclose(written.affine, fixed.affine, atol=1e-5)


def test_fields_of_fsl_that_are_refused(tmp_path: Path) -> None:
    fixed, moving = make_volumes(tmp_path)
    places, _ = make_warp(fixed, moving)
    path = tmp_path / "a.nii.gz"
    for intent, words in ((2007, "fnirtfileutils"), (2009, "fnirtfileutils"), (1007, "intent_code is 1007, vectors")):
        save_warp(path, places, fixed, intent)
        with pytest.raises(RuntimeError, match=f"path: .* cannot be read as a transform: .*{words}"):
            read_transform(path, format="fnirt", moving=moving.path)
    save_warp(path, places, fixed)
    with pytest.raises(ValueError, match=r'moving: the format "fnirt" '):
        read_transform(path, fixed=fixed.path)
    other = make_volume(tmp_path / "other.nii.gz", (9, 8, 6), (2.0, 1.5, 3.0), np.eye(3), (0, 0, 0))
    with pytest.raises(ValueError, match=r"fixed: 9 x 8 x 6 voxels .* but the field has 9 x 8 x 7"):
        read_transform(path, fixed=other.path, moving=moving.path)
    with pytest.raises(ValueError, match=r'format: "fnirt" is NIfTI, .*, not .*b\.mha'):
        Transform(3).write(tmp_path / "b.mha", format="fnirt", fixed=fixed.path, moving=moving.path)
    with pytest.raises(ValueError, match=r'fixed: the format "fnirt" '):
        Transform(3).write(tmp_path / "b.nii.gz", format="fnirt", moving=moving.path)
