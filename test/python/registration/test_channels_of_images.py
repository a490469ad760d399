# SPDX-License-Identifier: Apache-2.0
"""Images with several numbers per pixel: registered as lists of their channels are."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, Registration, register
from register_scene import Scene, make_scene

FAST: dict[str, Any] = {"metric": "mean-squares", "samples": 300}
LIBRARIES = ("itk vector", "itk rgb", "SimpleITK", "xarray", "nibabel")


@pytest.fixture(scope="module", params=[2, 3])
def scene(request: pytest.FixtureRequest) -> Scene:
    return make_scene(request.param, tilted=True)


def make_channels(image: Image) -> list[Any]:
    """Three of them, which are not the same: bytes, so that colours are."""
    pixels = image.pixels
    scaled = (pixels - pixels.min()) / (pixels.max() - pixels.min())
    return [np.rint(100 * one).astype(np.uint8) for one in (scaled, 1 - scaled, scaled**2)]


def make_image(library: str, channels: list[Any], like: Image) -> Any:
    """An image of a library with these numbers per pixel, in the place of another one."""
    pixels = np.ascontiguousarray(np.stack(channels, -1))
    if library.startswith("itk"):
        itk = pytest.importorskip("itk")
        dimension = like.pixels.ndim
        if library == "itk vector":
            image = itk.image_from_array(pixels.astype(np.float32), ttype=itk.VectorImage[itk.F, dimension])
        else:
            image = itk.image_from_array(pixels, ttype=itk.Image[itk.RGBPixel[itk.UC], dimension])
        image.SetSpacing(list(like.spacing))
        image.SetOrigin(list(like.origin))
        image.SetDirection(itk.matrix_from_array(np.array(like.direction)))
        return image
    if library == "SimpleITK":
        sitk = pytest.importorskip("SimpleITK")
        image = sitk.GetImageFromArray(pixels, isVector=True)
        image.SetSpacing(like.spacing)
        image.SetOrigin(like.origin)
        image.SetDirection(like.direction.ravel())
        return image
    if library == "xarray":
        xarray = pytest.importorskip("xarray")
        axes = ("z", "y", "x")[-like.pixels.ndim :]
        grid = zip(reversed(axes), like.geometry.size, like.spacing, like.origin, strict=True)
        coords = {axis: origin + spacing * np.arange(size) for axis, size, spacing, origin in grid}
        direction = np.flip(like.direction)
        return xarray.DataArray(pixels, dims=(*axes, "c"), coords=coords, attrs={"direction": direction})
    nibabel = pytest.importorskip("nibabel")
    if like.pixels.ndim == 2:
        pytest.skip("NIfTI has three dimensions")
    affine = np.eye(4)
    affine[:3, :3] = like.direction * like.spacing
    affine[:3, 3] = like.origin
    affine[:2] *= -1
    return nibabel.Nifti1Image(np.moveaxis(pixels.T, 0, -1)[:, :, :, None], affine)


def is_same(one: Registration, other: Registration) -> bool:
    same = np.allclose(one.transform.matrix(), other.transform.matrix(), atol=1e-6)
    return same and np.allclose(one.points, other.points, atol=1e-4)


@pytest.mark.parametrize("library", LIBRARIES)
def test_channels_are_registered_as_a_list_of_them(scene: Scene, library: str) -> None:
    channels = {"fixed": make_channels(scene.fixed), "moving": make_channels(scene.moving)}
    like = {"fixed": scene.fixed, "moving": scene.moving}
    lists: dict[str, Any] = {
        name: [Image(one, like[name].spacing, like[name].origin, like[name].direction) for one in channels[name]]
        for name in channels
    }
    wanted = register(**lists, fixed_mask=scene.fixed_mask, **FAST)
    images: dict[str, Any] = {name: make_image(library, channels[name], like[name]) for name in channels}
    found = register(**images, fixed_mask=scene.fixed_mask, **FAST)
    assert found.uncertainty is None
    assert is_same(found, wanted)
    assert is_same(found.repeat(), wanted)
    assert is_same(found.repeat(**images, fixed_mask=scene.fixed_mask), wanted)
    assert type(found.resample()).__module__.partition(".")[0] == library.partition(" ")[0]


@pytest.mark.parametrize("library", ["itk vector", "itk rgb"])
@pytest.mark.parametrize("suffix", [".mha", ".nrrd", ".nii.gz"])
def test_channels_of_files(scene: Scene, library: str, suffix: str, tmp_path: Path) -> None:
    itk = pytest.importorskip("itk")
    images: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for name, image in (("fixed", scene.fixed), ("moving", scene.moving)):
        paths[name] = tmp_path / f"{name}{suffix}"
        images[name] = make_image(library, make_channels(image), image)
        itk.imwrite(images[name], str(paths[name]))
    found = register(**paths, fixed_mask=scene.fixed_mask, **FAST)
    # NIfTI has directions as floats.
    wanted = register(**images, fixed_mask=scene.fixed_mask, **FAST)
    np.testing.assert_allclose(found.transform.matrix(), wanted.transform.matrix(), atol=1e-3)
    assert scene.error(found.transform) < 0.3
    other = found.repeat(**paths, fixed_mask=scene.fixed_mask)
    assert is_same(other, found)
    for one in (found, other):
        assert one._sources is not None
        assert one._sources.files == {name: str(path) for name, path in paths.items()}


@pytest.mark.parametrize("library", ["itk vector", "SimpleITK"])
def test_one_number_per_pixel_is_no_list(scene: Scene, library: str) -> None:
    vectors = {
        "fixed": make_image(library, [scene.fixed.pixels], scene.fixed),
        "moving": make_image(library, [scene.moving.pixels], scene.moving),
    }
    wanted = register(scene.fixed, scene.moving, scene.fixed_mask, **FAST)
    images: dict[str, Any] = {"fixed": scene.fixed, "moving": scene.moving}
    for name, vector in vectors.items():
        found = register(**{**images, name: vector}, fixed_mask=scene.fixed_mask, **FAST)
        assert found.uncertainty is not None
        assert is_same(found, wanted)


def test_regions_of_itk_images_need_not_begin_at_0(scene: Scene) -> None:
    itk = pytest.importorskip("itk")
    fixed = make_image("itk vector", make_channels(scene.fixed), scene.fixed)
    moving = make_image("itk vector", make_channels(scene.moving), scene.moving)
    wanted = register(fixed, moving, **FAST)
    start = [3, -4, 2][: fixed.GetImageDimension()]
    first = list(fixed.TransformIndexToPhysicalPoint(start))
    fixed.SetRegions(itk.ImageRegion[len(start)](start, fixed.GetLargestPossibleRegion().GetSize()))
    fixed.SetOrigin((2 * np.array(fixed.GetOrigin()) - first).tolist())
    assert is_same(register(fixed, moving, **FAST), wanted)


def test_a_mask_for_each_channel(scene: Scene) -> None:
    pytest.importorskip("SimpleITK")
    images = {
        name: make_image("SimpleITK", make_channels(image), image)
        for name, image in (("fixed", scene.fixed), ("moving", scene.moving))
    }
    masks = [scene.fixed_mask, scene.fixed_mask & (np.indices(scene.fixed_mask.shape)[0] > 20), None]
    lists: dict[str, Any] = {
        name: [Image(one, image.spacing, image.origin, image.direction) for one in make_channels(image)]
        for name, image in (("fixed", scene.fixed), ("moving", scene.moving))
    }
    found = register(**images, fixed_mask=masks, **FAST)
    assert is_same(found, register(**lists, fixed_mask=masks, **FAST))


def test_as_many_are_needed(scene: Scene) -> None:
    pytest.importorskip("SimpleITK")
    three = make_image("SimpleITK", make_channels(scene.fixed), scene.fixed)
    two = make_image("SimpleITK", make_channels(scene.moving)[:2], scene.moving)
    with pytest.raises(TypeError, match=r"^fixed: .*not 3 of them, as there are 2 in moving"):
        register(three, two, **FAST)
    with pytest.raises(TypeError, match=r"^fixed: .*not 3 of them, as there are 1 in moving"):
        register(three, scene.moving, **FAST)
    with pytest.raises(TypeError, match=r"^moving: .*not 2 of them, as there are 1 in fixed"):
        register(scene.fixed, two, **FAST)
    with pytest.raises(TypeError, match=r"^moving: .*not None"):
        register(three, None, **FAST)
    with pytest.raises(TypeError, match=r"^fixed_mask: one real number per pixel"):
        register(scene.fixed, scene.moving, three, **FAST)
    with pytest.raises(ValueError, match=r"^metric: 2 for 3 pairs of images"):
        register(three, three, metric=["mean-squares"] * 2)
    with pytest.raises(TypeError, match=r"^fixed\[1\]: one real number per pixel"):
        register([scene.fixed, three], [scene.moving, three], **FAST)
