# SPDX-License-Identifier: Apache-2.0
"""What register() gives: registrations that repeat, resample, show and pickle themselves."""

import copy
import dataclasses
import pickle
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk
import xarray
from itk_maskedsampling import Image, Registration, Transform, register
from itk_maskedsampling._pictures.png import encode_png
from library_images import KINDS, make_image, to_sitk
from register_scene import Scene, make_scene

RANDOM = np.random.default_rng(3)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(3, angle=0.05, tilted=True)


@pytest.fixture(scope="module")
def result(scene: Scene) -> Registration:
    return register(scene.fixed, scene.moving, scene.fixed_mask, metric="mean-squares", samples=800)


def test_fields(scene: Scene, result: Registration) -> None:
    # Steps are long at first: the best position counts, and the value is that of it.
    last = [value for stage, level, _, value in result.course.tolist() if level == 2]
    assert result.value == result.levels[-1].last_value == min(last)
    assert result.course.dtype.names == ("stage", "level", "iteration", "value")
    assert len(result.course) == sum(report.iterations for report in result.levels)
    assert [(report.stage, report.level) for report in result.levels] == [(0, 0), (0, 1), (0, 2)]
    assert {report.points for report in result.levels} == {800}
    assert {report.mask_voxels for report in result.levels} == {scene.fixed_mask.sum()}
    assert result.points.shape == (800, 3)
    assert result.points.dtype == np.float32
    assert 0 < result.seconds < 60
    assert result.stop_condition
    for array in (result.points, result.course):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = array[1]
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.value = 0.0  # type: ignore[misc]


def test_repeat(scene: Scene, result: Registration) -> None:
    again = result.repeat()
    assert again.transform == result.transform
    np.testing.assert_array_equal(again.course, result.course)
    np.testing.assert_array_equal(again.points, result.points)
    assert result.repeat(scene.fixed, scene.moving, scene.fixed_mask).transform == result.transform
    other = make_scene(3, angle=0.08, tilted=True)
    assert other.error(result.repeat(other.fixed, other.moving, other.fixed_mask).transform) < 0.1
    assert result.repeat(scene.fixed, scene.moving).transform != result.transform, "there is no mask now"
    with pytest.raises(ValueError, match="moving: give both images, or none"):
        result.repeat(scene.fixed)
    with pytest.raises(ValueError, match="fixed, moving: with another mask"):
        result.repeat(fixed_mask=scene.fixed_mask)


def test_repeat_with_everything() -> None:
    scene = make_scene(2, angle=0.05)
    weights = np.where(scene.fixed_mask, 1.0 + np.arange(70) / 70, 0.0)
    settings: dict[str, Any] = {"metric": "mean-squares", "learning_rate": 0.5, "seed": 5}
    start = Transform.from_matrix(np.array([[1, 0, 0.4], [0, 1, -0.3], [0, 0, 1]]))
    identity = Transform.from_matrix(np.eye(3))
    several: tuple[dict[str, Any], ...] = (
        {
            "samples": 500,
            "weights": weights,
            "initial": start,
            "transform": [identity, "b-spline"],
        },
        {"points": scene.mask_points()[::5], "initial": "geometry", "transform": "similarity"},
    )
    for options in several:
        result = register(scene.fixed, scene.moving, scene.fixed_mask, None, **settings, **options)
        again = result.repeat()
        assert again.transform == result.transform
        np.testing.assert_array_equal(again.course, result.course)


def test_pickle(scene: Scene, result: Registration) -> None:
    data = pickle.dumps(result)
    assert len(data) < 100_000 < scene.fixed.pixels.nbytes, "without the images"
    again = pickle.loads(data)
    assert again.transform == result.transform
    assert again.settings == result.settings
    assert again.levels == result.levels
    np.testing.assert_array_equal(again.course, result.course)
    with pytest.raises(ValueError, match="read-only"):
        again.points[0] = 0
    assert repr(again) == repr(result)
    assert "not kept" in again._repr_html_()
    np.testing.assert_array_equal(again.resample(scene.moving).pixels, result.resample().pixels)
    assert again.repeat(scene.fixed, scene.moving, scene.fixed_mask).transform == result.transform
    with pytest.raises(ValueError, match=r"not pickled with it; give them: resample\(image\)"):
        again.resample()
    with pytest.raises(ValueError, match="not pickled with it"):
        again.repeat()
    assert copy.copy(result) is copy.deepcopy(result) is result


def test_resample_against_simpleitk(scene: Scene, result: Registration) -> None:
    fixed, moving = to_sitk(scene.fixed), to_sitk(scene.moving)
    transform = result.transform.to_simpleitk()
    expected = sitk.Resample(moving, fixed, transform, sitk.sitkLinear, -5.0)
    # At the border of the moving image, a point that is in it for one may be out of it for the other.
    inside = sitk.GetArrayFromImage(sitk.Resample(moving * 0 + 1, fixed, transform, sitk.sitkLinear, 0.0)) == 1
    resampled = result.resample(default=-5)
    assert isinstance(resampled, Image)
    assert resampled.geometry == scene.fixed.geometry
    np.testing.assert_allclose(resampled.pixels[inside], sitk.GetArrayFromImage(expected)[inside], atol=1e-3)
    assert (resampled.pixels == -5).any()
    near = scene.fixed_mask & inside
    assert (
        np.abs(resampled.pixels - scene.fixed.pixels)[near].mean()
        < 1.5
        < np.abs(scene.moving.pixels - scene.fixed.pixels)[near].mean()
    )
    reference = Image(np.zeros((3, 4, 5)), (2, 2, 2), scene.mask_points().mean(axis=0))
    small = result.resample(reference=reference)
    assert small.pixels.shape == (3, 4, 5)
    assert small.spacing == (2, 2, 2)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "uint32", "int64", "uint64", "float16", ">f8"])
def test_labels_keep_their_type(result: Registration, scene: Scene, dtype: str) -> None:
    labels = (np.arange(scene.moving.pixels.size).reshape(scene.moving.pixels.shape) % 5).astype(dtype)
    image = Image(labels, scene.moving.spacing, scene.moving.origin, scene.moving.direction)
    resampled = result.resample(image, interpolator="nearest-neighbor").pixels
    assert resampled.dtype == labels.dtype.newbyteorder("=")
    assert set(np.unique(resampled)) <= set(np.unique(labels))
    doubles = Image(labels.astype(float), scene.moving.spacing, scene.moving.origin, scene.moving.direction)
    expected = result.resample(doubles, interpolator="nearest").pixels
    np.testing.assert_array_equal(resampled.astype(float), expected)


def test_resampled_images_are_of_the_kind_that_was_given() -> None:
    import itk  # noqa: PLC0415

    image = make_image(3, np.int16)
    mask = np.ones(image.pixels.shape, np.uint8)
    types = {"itk": itk.Image[itk.SS, 3], "SimpleITK": sitk.Image, "xarray": xarray.DataArray, "Image": Image}
    for kind, convert in KINDS.items():
        given = convert(image)
        result = register(given, given, mask, transform="translation", iterations=0, levels=1)
        assert result.transform.matrix() == pytest.approx(np.eye(4))
        resampled = result.resample(interpolator="nearest-neighbor")
        assert isinstance(resampled, types.get(kind, nibabel.Nifti1Image))
        again = result.resample(resampled, reference=given, interpolator="nearest-neighbor")
        for found in (resampled, again):
            if kind == "itk":
                np.testing.assert_array_equal(itk.array_from_image(found), image.pixels)
                np.testing.assert_allclose(found.GetOrigin(), image.origin)
                np.testing.assert_allclose(found.GetDirection(), image.direction)
            elif kind == "SimpleITK":
                np.testing.assert_array_equal(sitk.GetArrayFromImage(found), image.pixels)
                np.testing.assert_allclose(found.GetDirection(), image.direction.ravel())
                assert found.GetSpacing() == image.spacing
            elif kind == "nibabel":
                assert found.get_data_dtype() == np.int16
                np.testing.assert_array_equal(found.get_fdata(), image.pixels.T)
                np.testing.assert_allclose(found.affine, given.affine, atol=1e-6)
            elif kind == "xarray":
                xarray.testing.assert_allclose(found, given)
                np.testing.assert_allclose(found.attrs["direction"], given.attrs["direction"])
    array = image.pixels.astype(np.float32)
    result = register(array, array, iterations=0, levels=1, sampling="none")
    assert type(result.resample()) is np.ndarray


def test_half_is_inside_for_flags() -> None:
    array = np.tile([[0.0, 1.0, 1.0, 0.0]], (4, 1))
    result = register(array, array, iterations=0, levels=1, metric="mean-squares", transform="translation")
    shifted = result.resample(array > 0, reference=Image(array, origin=(0.3, 0)))
    assert shifted.dtype == bool
    np.testing.assert_array_equal(shifted, np.tile([[False, True, True, False]], (4, 1)))


def test_xarray_keeps_its_order() -> None:
    pixels = np.random.default_rng(1).normal(size=(6, 8)).astype(np.float32)
    coords = {"x": np.arange(6) * 2.0, "y": np.arange(8) + 5.0}
    given = xarray.DataArray(pixels, dims=("x", "y"), coords=coords, attrs={"unit": "K"}, name="heat")
    result = register(given, given, iterations=0, levels=1, metric="mean-squares")
    resampled = result.resample()
    assert resampled.dims == ("x", "y")
    assert resampled.name == "heat"
    assert resampled.attrs["unit"] == "K"
    xarray.testing.assert_allclose(resampled, given)


def test_bad_resampling(result: Registration, scene: Scene) -> None:
    for options, error, words in (
        ({"image": np.zeros((4, 5))}, ValueError, "image: 3 dimensions are needed, not 2"),
        ({"reference": np.zeros((4, 5))}, ValueError, "reference: 3 dimensions are needed, not 2"),
        ({"image": "nothing.nii"}, FileNotFoundError, "image: there is no file"),
        ({"interpolator": "lienar"}, ValueError, "interpolator: .*did you mean 'linear'"),
        ({"default": "black"}, TypeError, "default: a number is needed, not str 'black'"),
        (
            {"image": np.zeros((4, 5, 6), np.uint8), "default": -1},
            ValueError,
            "default: -1 does not fit pixels of uint8",
        ),
        ({"image": np.zeros((4, 5, 6), int), "default": np.nan}, ValueError, "default: nan does not fit"),
        ({"image": np.full((4, 5, 6), 2**60)}, ValueError, "image: pixels of int64 beyond"),
    ):
        with pytest.raises(error, match=words):
            result.resample(**options)
    with pytest.raises(ValueError, match="points: "):
        result.transform_points([1, 2])


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64, np.float16, np.dtype(">i2"), np.bool_])
def test_resampled_pixels_stay_in_the_range_of_their_type(dtype: npt.DTypeLike) -> None:
    """A cubic B-spline goes beyond the values at an edge: these are cut, not wrapped around."""
    image = np.zeros((16, 16), dtype)
    image[:, 8:] = 120
    result = register(image, image, metric="mean-squares", iterations=0)
    resampled = result.resample(image, Image(np.zeros((16, 40)), spacing=(0.4, 1.0)), interpolator="b-spline")
    assert resampled.dtype == np.dtype(dtype).newbyteorder("=")
    values = resampled.astype(np.float64)
    if np.dtype(dtype).kind == "u":
        assert values.min() == 0
    assert values.min() > -20
    assert values.max() < 145
    assert values[:, :16].max() < 20 or np.dtype(dtype) == np.bool_
    beyond = np.full((4, 4), 2**53 + 1)
    with pytest.raises(ValueError, match=r"beyond 2\^53"):
        result.resample(beyond)


# How they show themselves


def test_repr(result: Registration) -> None:
    text = repr(result)
    lines = text.splitlines()
    assert re.match(r"Registration of 3 dimensions in \d+\.\d\d s, metric ", lines[0])
    assert re.match(r"  rigid, mean-squares, \d+ voxels to sample", lines[1])
    for line in lines[2:5]:
        assert re.match(r"    level \d: 800 samples.*, \d+ iterations, \S+ to \S+$", line)
    assert "Euler3DTransform" in text
    assert "moves the middle of the samples" in text
    moved = float(re.search(r"([\d.]+) long", text).group(1))  # type: ignore[union-attr]
    assert moved == pytest.approx(np.linalg.norm([1.5, -1.0, 0.8]), abs=0.1)
    assert lines[-1].strip().startswith("stopped: Regular")
    assert max(len(line) for line in lines) < 250


class Checker(HTMLParser):
    """All tags are closed, and pictures can be read."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.pictures: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        if tag == "img":
            self.pictures.append(dict(attrs)["src"])

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def decode_picture(url: str, folder: Path) -> Any:
    import base64  # noqa: PLC0415

    path = folder / "picture.png"
    path.write_bytes(base64.b64decode(url.removeprefix("data:image/png;base64,")))
    return sitk.GetArrayFromImage(sitk.ReadImage(str(path)))


@pytest.mark.parametrize("dimension", [2, 3])
def test_html(dimension: int, tmp_path: Path) -> None:
    scene = make_scene(dimension, shift=(6.0, 0.0, 0.0))
    result = register(scene.fixed, scene.moving, scene.fixed_mask, metric="mean-squares", transform="translation")
    checker = Checker()
    html = result._repr_html_()
    checker.feed(html)
    assert checker.open == []
    assert html.count("<polyline") == len(result.levels)
    assert "mean-squares" in html
    assert len(checker.pictures) == {2: 3, 3: 9}[dimension]
    fixed, moved, board = (decode_picture(url, tmp_path).astype(float) for url in checker.pictures[:3])
    assert fixed.shape == moved.shape == board.shape
    assert max(fixed.shape) == 240
    # The moving image was brought to the fixed one, so that all three look alike, where both are known.
    middle = (slice(60, 150), slice(60, 180), 2)
    assert np.abs(fixed - moved)[middle].mean() < 8
    assert np.abs(fixed - board)[middle].mean() < 8
    assert fixed[middle].std() > 20
    outline = (fixed == [255, 150, 0]).all(axis=-1)
    assert 100 < outline.sum() < 2000
    assert not (board == [255, 150, 0]).all(axis=-1).any()


def test_pictures_are_upright(tmp_path: Path) -> None:
    """Slices of a volume that is bright at the top (z), in front (low y) and at low x."""
    z, y, x = np.indices((20, 20, 20))
    volume = (10.0 * (z > 14) + 5.0 * (y < 5) + 2.0 * (x < 5)).astype(np.float32)
    result = register(volume, volume, iterations=0, levels=1, metric="mean-squares")
    checker = Checker()
    checker.feed(result._repr_html_())
    across_z, across_y, across_x = (
        decode_picture(checker.pictures[number], tmp_path)[..., 0].astype(float) for number in (0, 3, 6)
    )
    assert across_z[:40].mean() > across_z[-40:].mean() + 50
    assert across_z[:, :40].mean() > across_z[:, -40:].mean() + 50
    for picture in (across_y, across_x):
        assert picture[:40].mean() > picture[-40:].mean() + 50
        assert picture[:, :40].mean() > picture[:, -40:].mean() + 20


def test_html_of_odd_images(scene: Scene) -> None:
    """Constant, with NaN, without a mask, without an iteration: it shows itself nevertheless."""
    fixed = scene.fixed.pixels.copy()
    fixed[:3] = np.nan
    result = register(fixed, scene.moving.pixels, scene.fixed_mask, iterations=0, levels=1, metric="mean-squares")
    assert "<img" in result._repr_html_()
    assert "<polyline" not in result._repr_html_()
    flat = np.zeros((20, 20), np.float32)
    flat[0, 0] = 1
    with pytest.warns(RuntimeWarning, match="no more in common"):
        result = register(flat, flat, iterations=1, levels=1, metric="mean-squares")
    assert "<img" in result._repr_html_()
    assert repr(result)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1)])
def test_png(shape: tuple[int, ...], tmp_path: Path) -> None:
    pixels = RANDOM.integers(0, 256, shape).astype(np.uint8)
    data = encode_png(pixels)
    (tmp_path / "picture.png").write_bytes(data)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "picture.png"))), pixels)
    assert zlib.crc32(data[12:29]) == int.from_bytes(data[29:33], "big")
    with pytest.raises(ValueError, match="uint8 of shape"):
        encode_png(pixels.astype(float))
