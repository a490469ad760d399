# SPDX-License-Identifier: Apache-2.0
"""NIfTI by its path: the same pixels, at the same place, as nibabel has, whatever they are."""

import gzip
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
import pytest
from itk_maskedsampling import Image, read_image, register, write_image
from itk_maskedsampling._images.files import read
from itk_maskedsampling._images.geometry import index_to_point
from register_scene import make_scene

Array = npt.NDArray[Any]
#: Slope and intercept in the header: none, of several kinds; and some that scale.
UNSCALED = [(np.nan, np.nan), (0.0, 5.0), (1.0, 0.0), (np.inf, 2.0)]
SCALED = [(0.5, 3.0), (-2.0, 0.0), (1.0, -7.0), (1e-20, 0.0), (3.0, 1e6)]
SUFFIXES = (".nii", ".nii.gz", ".hdr", ".img", ".hdr.gz")


def write_nifti(path: Path, pixels: Array, order: str, slope: float, intercept: float, affine: Any = None) -> Path:
    """Write the bytes as the standard has them; nibabel itself would choose slope and intercept."""
    is_pair = ".nii" not in path.name
    kind: Any = nibabel.Nifti1Pair.header_class if is_pair else nibabel.Nifti1Header
    header: Any = kind(endianness=order)
    header.set_data_dtype(pixels.dtype)
    header.set_data_shape(pixels.shape[::-1])
    matrix = np.diag([-1.5, -2, 3, 1]) if affine is None else affine
    header.set_zooms(np.linalg.norm(matrix[:3, :3], axis=0))
    header.set_sform(matrix, code=1)
    header["scl_slope"], header["scl_inter"] = slope, intercept
    header["vox_offset"] = 0 if is_pair else 368
    data = pixels.astype(order + pixels.dtype.str[1:]).tobytes()
    parts = {path: header.binaryblock + bytes(20) + data}
    if is_pair:
        stem = path.name.partition(".")[0]
        end = ".gz" if path.suffix == ".gz" else ""
        parts = {path.with_name(f"{stem}.hdr{end}"): header.binaryblock, path.with_name(f"{stem}.img{end}"): data}
    for one, content in parts.items():
        one.write_bytes(gzip.compress(content, 1) if one.suffix == ".gz" else content)
    return path


def cases() -> Iterator[tuple[str, str, str, tuple[float, float]]]:
    for suffix, order, dtype in product(SUFFIXES, "<>", ("float32", "float64", "int16", "uint8", "int32")):
        for scale in UNSCALED + SCALED:
            yield suffix, order, dtype, scale


def make_pixels(draw: np.random.Generator, dtype: str) -> Array:
    shape = tuple(draw.integers(2, 7, 3))
    pixels = draw.normal(0, 50, shape).astype(dtype) if dtype[0] == "f" else draw.integers(0, 200, shape).astype(dtype)
    if dtype[0] == "f":
        for value in (np.nan, np.inf, -np.inf):
            pixels[draw.random(shape) < 0.1] = value
    return pixels


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_pixels_are_those_of_nibabel(suffix: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(SUFFIXES.index(suffix))
    seen = 0
    for number, (one, order, dtype, scale) in enumerate(cases()):
        if one != suffix:
            continue
        pixels = make_pixels(draw, dtype)
        path = write_nifti(tmp_path / f"image{number}{suffix}", pixels, order, *scale)
        loaded: Any = nibabel.load(path)
        expected = np.asarray(loaded.dataobj).T
        found = read_image(path)
        what = f"{suffix} {order} {dtype} {scale}"
        assert found.pixels.shape == expected.shape, what
        np.testing.assert_array_equal(np.isfinite(found.pixels), np.isfinite(expected), what)
        if scale in UNSCALED:
            assert found.pixels.dtype == np.dtype(dtype), what
            np.testing.assert_array_equal(found.pixels, expected, what)
        else:
            assert found.pixels.dtype == (np.float64 if dtype == "float64" else np.float32), what
            np.testing.assert_array_equal(found.pixels, expected.astype(found.pixels.dtype), what)
        seen += int((~np.isfinite(expected)).sum())
    assert seen > 100


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_place_is_that_of_nibabel(suffix: str, tmp_path: Path) -> None:
    for number, order in enumerate("<>"):
        path = write_nifti(tmp_path / f"image{number}{suffix}", np.ones((2, 3, 4), np.float32), order, 1, 0)
        affine = nibabel.load(path).affine  # type: ignore[attr-defined]
        index = np.array([[0, 0, 0], [3, 1, 1], [1, 2, 0]])
        expected = (index @ affine[:3, :3].T + affine[:3, 3]) * [-1, -1, 1]
        np.testing.assert_allclose(index_to_point(read("fixed", path).geometry, index), expected, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".nrrd", ".mha", ".hdr"])
def test_what_is_not_finite_comes_back(suffix: str, dtype: str, tmp_path: Path) -> None:
    pixels = make_pixels(np.random.default_rng(3), dtype)
    write_image(pixels, tmp_path / f"image{suffix}")
    np.testing.assert_array_equal(read_image(tmp_path / f"image{suffix}").pixels, pixels)


def test_registration_refuses_what_is_not_finite_inside_the_mask(tmp_path: Path) -> None:
    scene = make_scene(2)
    inside, outside = np.argwhere(scene.fixed_mask)[0], (0, 0)
    for suffix in (".nii", ".nii.gz"):
        fixed = scene.fixed.pixels.astype(np.float32)
        fixed[outside] = np.inf
        write_image(Image(fixed), tmp_path / f"outside{suffix}")
        register(tmp_path / f"outside{suffix}", scene.moving, scene.fixed_mask, metric="mean-squares", levels=1)
        fixed[tuple(inside)] = np.nan
        write_image(Image(fixed), tmp_path / f"inside{suffix}")
        with pytest.raises(ValueError, match=r"fixed: .*not finite inside the mask"):
            register(tmp_path / f"inside{suffix}", scene.moving, scene.fixed_mask, metric="mean-squares", levels=1)


# Headers


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("srow_x", np.nan),
        ("srow_z", np.inf),
        ("pixdim", np.nan),
        ("vox_offset", -1),
        ("vox_offset", np.nan),
        ("vox_offset", 1e9),
        ("dim", 32000),
        ("scl_inter", np.nan),
    ],
)
def test_headers_that_cannot_be(field: str, value: float, order: str, tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "image.nii", np.ones((2, 3, 4), np.float32), order, 2, 0)
    content = path.read_bytes()
    header = nibabel.Nifti1Header(content[:348], endianness=order, check=False)  # type: ignore[no-untyped-call]
    if field == "dim":
        header["dim"][1:4] = value
    else:
        header[field] = value
    path.write_bytes(header.binaryblock + content[348:])
    with pytest.raises(RuntimeError, match=r"path: .*image\.nii cannot be read: "):
        read_image(path)


def test_sheared_affines_say_who_reads_them(tmp_path: Path) -> None:
    affine = np.array([[2, 0.5, 0, 1], [0, 2, 0, 2], [0, 0, 2, 3], [0, 0, 0, 1.0]])
    path = write_nifti(tmp_path / "sheared.nii", np.ones((4, 5, 6), np.float32), "<", 1, 0, affine)
    with pytest.raises(RuntimeError, match=r"moving: .*sheared.nii cannot be read: .*nibabel.load\(path\)"):
        register(np.ones((4, 5, 6)), path)
    # What it says helps.
    raster = read("moving", nibabel.load(path))
    index = np.array([[1, 2, 3]])
    expected = (index @ affine[:3, :3].T + affine[:3, 3]) * [-1, -1, 1]
    np.testing.assert_allclose(index_to_point(raster.geometry, index), expected)


def test_nifti_2_says_who_reads_it(tmp_path: Path) -> None:
    nibabel.save(nibabel.Nifti2Image(np.ones((3, 4, 5), np.float32), np.eye(4)), tmp_path / "two.nii")  # type: ignore
    with pytest.raises(RuntimeError, match=r"path: .*two.nii cannot be read: .*NIfTI-2.*nibabel.load\(path\)"):
        read_image(tmp_path / "two.nii")
