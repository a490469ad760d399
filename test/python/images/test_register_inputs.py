# SPDX-License-Identifier: Apache-2.0
"""What register() takes as images and masks: of every library, type and layout, and from files."""

import locale
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk
import xarray
from itk_maskedsampling import Image, read_image, register, write_image
from itk_maskedsampling._images.files import read
from itk_maskedsampling._images.geometry import index_to_point
from itk_maskedsampling._images.masks import read_mask, to_real
from library_images import KINDS, SHAPES, make_image, to_itk, to_nibabel, to_sitk
from register_scene import Scene, grid_points, make_scene

Array = npt.NDArray[Any]


# Images of every library


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize(
    ("kind", "dimension"),
    [(kind, dimension) for kind in KINDS for dimension in (2, 3) if (kind, dimension) != ("nibabel", 2)],
)
def test_same_pixel_at_the_same_point(kind: str, dimension: int, dtype: str) -> None:
    image = make_image(dimension, dtype)
    raster = read("fixed", KINDS[kind](image))
    np.testing.assert_array_equal(raster.pixels, image.pixels)
    assert raster.pixels.dtype == image.pixels.dtype
    index = np.argwhere(np.ones(image.pixels.shape))[:, ::-1]
    wanted = grid_points(image.pixels.shape, image.spacing, image.origin, image.direction).reshape(-1, dimension)
    np.testing.assert_allclose(index_to_point(raster.geometry, index), wanted, atol=1e-9)
    # SimpleITK as a witness.
    witness = to_sitk(image)
    corner = [size - 1 for size in witness.GetSize()]
    np.testing.assert_allclose(
        index_to_point(raster.geometry, [corner])[0], witness.TransformIndexToPhysicalPoint(corner), atol=1e-9
    )


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "xarray"])  # itk copies for xarray
def test_pixels_are_shared(kind: str) -> None:
    given = KINDS[kind](make_image())
    raster = read("fixed", given)
    assert np.shares_memory(to_real("fixed", raster, np.float32, [None]), raster.pixels)
    if kind == "itk":
        given.SetPixel([1, 0, 0], 77.0)
        assert raster.pixels[0, 0, 1] == 77.0
    elif kind == "nibabel":
        assert np.shares_memory(raster.pixels, np.asanyarray(given.dataobj))
    elif kind == "Image":
        assert raster.pixels is given.pixels
    elif kind == "SimpleITK":
        view = sitk.GetArrayViewFromImage(given)
        assert raster.pixels.__array_interface__["data"] == view.__array_interface__["data"]


def test_views_of_itk_are_arrays() -> None:
    import itk  # noqa: PLC0415

    given = to_itk(make_image())
    for view in (itk.array_view_from_image(given), itk.array_view_from_image(given)[1:]):
        raster = read("fixed", view)
        assert raster.kind == "array"
        np.testing.assert_array_equal(raster.pixels, np.asarray(view))


def test_label_maps_of_simpleitk() -> None:
    scene = make_scene(2)
    mask = sitk.GetImageFromArray(scene.fixed_mask.astype(np.uint8))
    result = register(scene.fixed, scene.moving, sitk.Cast(mask, sitk.sitkLabelUInt8), metric="mean-squares")
    assert result.transform == register(scene.fixed, scene.moving, mask, metric="mean-squares").transform


def test_nibabel_from_a_file_and_itk_from_the_same(tmp_path: Path) -> None:
    """The reader of ITK says where a voxel of a NIfTI file is."""
    given = to_nibabel(make_image())
    nibabel.save(given, tmp_path / "image.nii")
    loaded = read("fixed", nibabel.load(tmp_path / "image.nii"))
    witness = sitk.ReadImage(str(tmp_path / "image.nii"))
    core = read("fixed", str(tmp_path / "image.nii"))
    for raster in (loaded, core):
        np.testing.assert_array_equal(raster.pixels, sitk.GetArrayFromImage(witness))
        for index in ([0, 0, 0], [5, 0, 0], [0, 4, 0], [5, 4, 3]):
            point = index_to_point(raster.geometry, [index])[0]
            np.testing.assert_allclose(point, witness.TransformIndexToPhysicalPoint(index), atol=1e-4)


def test_nibabel_scaled_integers_are_floats(tmp_path: Path) -> None:
    header = nibabel.Nifti1Header()  # type: ignore[no-untyped-call]
    header.set_data_dtype(np.int16)  # type: ignore[no-untyped-call]
    values = np.linspace(0, 1, 60).reshape(3, 4, 5)
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4), header), tmp_path / "scaled.nii.gz")  # type: ignore
    raster = read("fixed", nibabel.load(tmp_path / "scaled.nii.gz"))
    assert raster.pixels.dtype == np.float32
    np.testing.assert_allclose(raster.pixels, values.T, atol=1e-4)
    time_series = nibabel.Nifti1Image(values[..., np.newaxis], np.eye(4))  # type: ignore[no-untyped-call]
    assert read("fixed", time_series).pixels.shape == (5, 4, 3)


def test_itk_images_with_an_index_and_from_filters() -> None:
    import itk  # noqa: PLC0415

    image = to_itk(make_image())
    region = itk.ImageRegion[3]([1, 2, 0], [3, 2, 4])
    extract = itk.ExtractImageFilter[type(image), type(image)].New(image)
    extract.SetExtractionRegion(region)
    extract.SetDirectionCollapseToSubmatrix()
    raster = read("fixed", extract.GetOutput())  # not updated before
    np.testing.assert_array_equal(raster.pixels, make_image().pixels[:, 2:4, 1:4])
    np.testing.assert_allclose(raster.geometry.origin, image.TransformIndexToPhysicalPoint([1, 2, 0]))
    with pytest.raises(TypeError, match=r"fixed: .*itkExtractImageFilter.*GetOutput\(\)"):
        read("fixed", extract)


def test_xarray_coordinates() -> None:
    pixels = np.arange(24.0).reshape(4, 6)
    up = xarray.DataArray(pixels, dims=("y", "x"), coords={"y": np.arange(4) * 2.0 + 5, "x": np.arange(6) * 0.5})
    down = up.isel(y=slice(None, None, -1)).transpose("x", "y")
    one, other = read("fixed", up), read("fixed", down)
    assert one.geometry.origin == (0.0, 5.0)
    assert one.geometry.spacing == other.geometry.spacing == (0.5, 2.0)
    # Descending coordinates: the same value at the same point.
    for x in range(6):
        for y in range(4):
            np.testing.assert_allclose(
                index_to_point(one.geometry, [[x, y]]), index_to_point(other.geometry, [[x, 3 - y]])
            )
            assert one.pixels[y, x] == other.pixels[3 - y, x]
    bare = read("fixed", xarray.DataArray(pixels, dims=("y", "x")))
    assert bare.geometry.spacing == (1.0, 1.0)
    with pytest.raises(ValueError, match="coordinate y: not evenly spaced, steps are from 1 to 7"):
        read("fixed", up.assign_coords(y=[0, 1, 2, 9]))
    with pytest.raises(ValueError, match="dimensions y, x or z, y, x are needed, not row, x"):
        read("fixed", up.rename(y="row"))
    with pytest.raises(TypeError, match="isel"):
        read("fixed", up.rename(y="c"))
    with pytest.raises(TypeError, match="one variable"):
        read("fixed", xarray.Dataset({"image": up}))


@pytest.mark.parametrize(
    "pixels",
    [
        make_image().pixels.astype(">f4"),
        np.asfortranarray(make_image().pixels),
        np.repeat(make_image().pixels, 2, axis=2)[:, :, ::2],
        make_image().pixels[::-1][::-1],
        make_image().pixels.astype(np.float16),
        make_image().pixels.astype(np.int64),
        make_image().pixels.astype(np.uint16),
        make_image().pixels.astype(np.longdouble),
        np.frombuffer(make_image().pixels.tobytes(), np.float32).reshape(SHAPES[3]),
        SimpleNamespace(__array__=None),
    ],
    ids=["big-endian", "Fortran", "strided", "reversed", "half", "int64", "uint16", "long double", "read-only", "duck"],
)
def test_arrays_of_every_kind(pixels: Any) -> None:
    if isinstance(pixels, SimpleNamespace):

        class Duck:
            def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
                return make_image().pixels

        pixels = Duck()
    real = to_real("fixed", read("fixed", pixels), np.float32, [None])
    np.testing.assert_array_equal(real, make_image().pixels)
    assert real.dtype == np.float32
    assert real.dtype.isnative
    assert real.flags.c_contiguous


def test_bool_image_and_read_only_inputs_register() -> None:
    scene = make_scene(2)
    fixed, moving = scene.fixed.pixels > 90, scene.moving.pixels > 90
    fixed.setflags(write=False)
    moving.setflags(write=False)
    result = register(fixed, moving, scene.fixed_mask, transform="translation", metric="mean-squares")
    assert scene.error(result.transform) < 0.3


def test_every_library_gives_the_same_registration(tmp_path: Path) -> None:
    scene = make_scene(3, tilted=True)
    mask = Image(scene.fixed_mask.astype(np.uint8), scene.fixed.spacing, scene.fixed.origin, scene.fixed.direction)
    settings: dict[str, Any] = {"metric": "mean-squares", "levels": 2}
    wanted = register(scene.fixed, scene.moving, mask, **settings)
    for kind, convert in KINDS.items():
        result = register(convert(scene.fixed), convert(scene.moving), convert(mask), **settings)
        # What goes through an affine or coordinates is the same but for rounding.
        np.testing.assert_allclose(result.transform.parts[0][2], wanted.transform.parts[0][2], atol=1e-3)
        assert kind in ("nibabel", "xarray") or result.transform == wanted.transform
    for name, image in (("fixed.nrrd", scene.fixed), ("moving.mha", scene.moving), ("mask.mha", mask)):
        write_image(image, tmp_path / name)
    result = register(str(tmp_path / "fixed.nrrd"), tmp_path / "moving.mha", tmp_path / "mask.mha", **settings)
    np.testing.assert_allclose(result.transform.parts[0][2], wanted.transform.parts[0][2], atol=1e-3)


# Files


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha"])
def test_write_and_read(suffix: str, tmp_path: Path) -> None:
    image = make_image(3, np.int16)
    write_image(image, tmp_path / f"image{suffix}")
    again = read_image(tmp_path / f"image{suffix}")
    np.testing.assert_array_equal(again.pixels, image.pixels)
    np.testing.assert_allclose(np.ravel(again.geometry.direction), image.direction.ravel(), atol=1e-6)
    np.testing.assert_allclose(again.geometry.origin, image.origin, atol=1e-5)
    witness = sitk.ReadImage(str(tmp_path / f"image{suffix}"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(witness), image.pixels)
    np.testing.assert_allclose(witness.GetSpacing(), image.spacing, rtol=1e-6)
    write_image(image.pixels > 3, tmp_path / f"flags{suffix}")
    assert read_image(tmp_path / f"flags{suffix}").pixels.dtype == np.uint8


def test_dicom_is_read_with_itk(tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(np.arange(30, dtype=np.int16).reshape(1, 5, 6))
    folder = tmp_path / "series"
    folder.mkdir()
    before = locale.setlocale(locale.LC_ALL)
    for number in range(3):
        slice_image = sitk.Image(image)
        for key, value in (
            ("0008|0031", "1"),
            ("0008|0021", "20260101"),
            ("0020|000e", "1.2.3"),
            ("0020|0032", f"0\\0\\{2.5 * number}"),
            ("0020|0013", str(number)),
        ):
            slice_image.SetMetaData(key, value)
        slice_image.SetOrigin((0, 0, 2.5 * number))
        writer = sitk.ImageFileWriter()
        writer.KeepOriginalImageUIDOn()
        writer.SetFileName(str(folder / f"{number}.dcm"))
        writer.Execute(slice_image)
    locale.setlocale(locale.LC_ALL, before)  # which the writer of SimpleITK has changed
    volume = read_image(folder)
    assert volume.pixels.shape == (3, 5, 6)
    np.testing.assert_allclose(volume.geometry.spacing[2], 2.5)
    np.testing.assert_array_equal(volume.pixels[1], np.arange(30).reshape(5, 6))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    scene = make_scene(2)
    with pytest.raises(FileNotFoundError, match=r"fixed: there is no file '.*nothing.nii'"):
        register(tmp_path / "nothing.nii", scene.moving)
    with pytest.raises(FileNotFoundError, match=r"path: there is no file"):
        read_image(tmp_path / "nothing.nii")
    (tmp_path / "text.nii").write_text("no image")
    with pytest.raises(RuntimeError, match=r"moving: .*text.nii cannot be read: "):
        register(scene.fixed, str(tmp_path / "text.nii"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(RuntimeError, match=r"fixed_mask: .*empty cannot be read: it is a folder"):
        register(scene.fixed, scene.moving, tmp_path / "empty")
    with pytest.raises(FileNotFoundError, match="path: there is no folder"):
        write_image(scene.fixed, tmp_path / "no" / "image.nii")


# Masks


@pytest.mark.parametrize("dtype", [bool, ">i2", np.uint8, np.int8, np.float64, np.uint64])
def test_masks_of_every_type(dtype: npt.DTypeLike) -> None:
    image = read("fixed", make_image())
    inside = np.zeros(SHAPES[3])
    inside[1:3, 2, 3] = 3
    mask = read_mask("fixed_mask", inside.astype(dtype), image)
    np.testing.assert_array_equal(mask.pixels != 0, inside != 0)
    assert mask.pixels.dtype == np.uint8
    assert mask.geometry == image.geometry
    if dtype == np.uint8:
        given = inside.astype(np.uint8)
        assert np.shares_memory(read_mask("fixed_mask", given, image).pixels, given)


def test_masks_on_other_grids() -> None:
    scene = make_scene(2)
    wanted = register(scene.fixed, scene.moving, scene.fixed_mask, metric="mean-squares")
    rows, columns = np.nonzero(scene.fixed_mask)
    y, x = rows.min(), columns.min()
    cropped = Image(scene.fixed_mask[y : rows.max() + 1, x : columns.max() + 1], origin=(x, y))
    result = register(scene.fixed, scene.moving, cropped, metric="mean-squares")
    assert result.transform == wanted.transform


def test_spatial_objects() -> None:
    import itk  # noqa: PLC0415

    image = make_image()
    raster = read("fixed", image)
    mask_image = to_itk(Image((image.pixels % 3 == 0).astype(np.uint8), image.spacing, image.origin, image.direction))
    mask = itk.ImageMaskSpatialObject[3].New()
    mask.SetImage(mask_image)
    mask.Update()
    found = read_mask("fixed_mask", mask, raster)
    np.testing.assert_array_equal(found.pixels, image.pixels % 3 == 0)
    assert found.geometry == raster.geometry

    points = grid_points(image.pixels.shape, image.spacing, image.origin, image.direction)
    middle = points.reshape(-1, 3).mean(axis=0)
    ellipse = itk.EllipseSpatialObject[3].New()
    ellipse.SetRadiusInObjectSpace([1.3, 3.2, 2.2])
    ellipse.SetCenterInObjectSpace(middle.tolist())
    ellipse.Update()
    found = read_mask("fixed_mask", ellipse, raster)
    expected = (((points - middle) / [1.3, 3.2, 2.2]) ** 2).sum(axis=-1) <= 1
    np.testing.assert_array_equal(found.pixels != 0, expected)
    assert 0 < expected.sum() < expected.size

    # A mask that was moved, and one with a child, are more than their image.
    moved = itk.ImageMaskSpatialObject[3].New()
    moved.SetImage(mask_image)
    offset = itk.AffineTransform[itk.D, 3].New()
    offset.SetOffset((np.asarray(image.direction) @ [image.geometry.spacing[0], 0, 0]).tolist())
    moved.SetObjectToParentTransform(offset)
    moved.Update()
    np.testing.assert_array_equal(
        read_mask("fixed_mask", moved, raster).pixels[:, :, 1:] != 0, (image.pixels % 3 == 0)[:, :, :-1]
    )
    mask.AddChild(ellipse)
    mask.Update()
    np.testing.assert_array_equal(read_mask("fixed_mask", mask, raster).pixels != 0, (image.pixels % 3 == 0) | expected)

    for bad, error, words in (
        (itk.EllipseSpatialObject[2].New(), ValueError, "3 dimensions are needed, as the image has, not itkEllipse"),
        (itk.EllipseSpatialObject[3].New(), ValueError, "no voxel of the image is inside the itkEllipse"),
    ):
        with pytest.raises(error, match=f"moving_mask: {words}"):
            read_mask("moving_mask", bad, raster)


def test_not_a_number_outside_of_masks() -> None:
    scene = make_scene(2)
    mask = scene.fixed_mask
    wanted = register(scene.fixed, scene.moving, mask, metric="mean-squares")
    fixed = scene.fixed.pixels.copy()
    # Far enough from the mask for the smoothing of the levels not to reach it.
    fixed[:2], fixed[:, -2:], fixed[0, 0] = np.nan, np.inf, -np.inf
    result = register(fixed, scene.moving, mask, metric="mean-squares")
    np.testing.assert_allclose(result.transform.parts[0][2], wanted.transform.parts[0][2], atol=0.02)
    assert np.isfinite(result.course["value"]).all()
    assert np.isnan(fixed[0, 1]), "the user's array is left alone"
    moving = scene.moving.pixels.copy()
    moving[:, :2] = np.nan
    counts = ~np.isnan(moving)
    result = register(scene.fixed, moving, mask, counts, metric="mean-squares")
    assert scene.error(result.transform) < 0.1
    shifted = Image(np.ones((30, 30), np.uint8), origin=(20, 15))
    assert np.isfinite(register(fixed, scene.moving, shifted, levels=1).value)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_not_a_number_where_it_counts(value: float) -> None:
    scene = make_scene(2)
    fixed, moving = scene.fixed.pixels.copy(), scene.moving.pixels.copy()
    fixed[30, 35] = moving[2, 3] = fixed[0, 0] = value
    words = (
        rf"1 of 4200 pixels are not finite inside the mask, the first is {value} at array index \(30, 35\).*\(35, 30\)"
    )
    with pytest.raises(ValueError, match=f"fixed: {words}.*nan_to_num"):
        register(fixed, scene.moving, scene.fixed_mask)
    with pytest.raises(ValueError, match="fixed: 2 of 4200 pixels are not finite and there is no mask"):
        register(fixed, scene.moving)
    with pytest.raises(ValueError, match=r"moving: 1 of 4200 .*\(2, 3\).*exclude them with moving_mask="):
        register(scene.fixed, moving, scene.fixed_mask)
    mask = Image(scene.fixed_mask[10:-10, 10:-10], origin=(10, 10))
    with pytest.raises(ValueError, match="fixed: 1 of 4200"):
        register(fixed, scene.moving, mask)
    with pytest.raises(ValueError, match=r"fixed: 1 of 4200 .*1e\+300, which is beyond float32"):
        register(
            np.where(np.isfinite(fixed), 1.0, 1e300)[:, :36].repeat(2, 1)[:60, :70],
            scene.moving,
            scene.fixed_mask & (np.arange(70) == 70 - 1) | (np.arange(70) == 0) & (np.arange(60) == 0)[:, None],
        )


def test_scene_is_what_it_says() -> None:
    """Guard of the oracle: the moving image at the mapped point is the fixed image."""
    scene: Scene = make_scene(2, angle=0.1, scale=1.1, tilted=True)
    moving = to_sitk(scene.moving)
    for row, column in ((30, 35), (25, 40)):
        point = scene.truth(np.array(to_sitk(scene.fixed).TransformIndexToPhysicalPoint((column, row))))
        value = moving.EvaluateAtPhysicalPoint(point.tolist(), sitk.sitkBSpline)
        assert value == pytest.approx(float(scene.fixed.pixels[row, column]), abs=0.1)
