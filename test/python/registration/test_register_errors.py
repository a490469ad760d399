# SPDX-License-Identifier: Apache-2.0
"""What register() says to bad input of every kind: the name of the argument, the value, and the way out."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Image, Transform, register
from register_scene import make_scene

Array = npt.NDArray[Any]

SCENE = make_scene(2)
FIXED, MOVING, INSIDE = SCENE.fixed.pixels, SCENE.moving.pixels, SCENE.fixed_mask
VOLUME = np.zeros((8, 9, 10), np.float32)
BAD_IMAGES: list[tuple[Any, type[Exception], str]] = [
    (None, TypeError, "not None"),
    (3, TypeError, "not int 3"),
    ([[1.0, 2.0], [3.0, 4.0]], TypeError, "list.*numpy.asarray"),
    (object(), TypeError, "not an object of type object"),
    (FIXED.astype(complex), TypeError, "not pixels of complex128.*np.abs"),
    (FIXED.astype(str), TypeError, "one real number per pixel"),
    (FIXED.astype(object), TypeError, "astype"),
    (np.zeros((5, 6), [("r", "u1"), ("g", "u1")]), TypeError, "channel"),
    (np.zeros((60, 70, 3), np.uint8), TypeError, "looks like a picture with 3 channels"),
    (np.zeros(5), ValueError, r"not one of 1, shape \(5,\)"),
    (np.zeros((2, 3, 4, 5)), ValueError, "not one of 4.*itk.MaskedRegistrationMethod"),
    (np.float32(3), ValueError, "not one of 0"),
    (np.zeros((0, 5)), ValueError, "empty"),
    (np.ma.masked_less(FIXED, 50), TypeError, "masked array.*filled"),
    (sitk.Image([4, 5], sitk.sitkVectorFloat32), TypeError, "not 2 of them"),
    (sitk.Image([4, 5], sitk.sitkComplexFloat32), TypeError, "complex64"),
    (sitk.Image([2, 2, 2, 2], sitk.sitkFloat32), ValueError, "not one of 4.*itk.MaskedRegistrationMethod"),
    (sitk.Image(), ValueError, "empty"),
    (sitk.Euler2DTransform(), TypeError, "not an object of type SimpleITK"),
    ("nothing.nii", FileNotFoundError, "nothing.nii"),
]


def names(value: Any) -> str:
    return getattr(value, "__name__", type(value).__name__) if not isinstance(value, str) else value[:20]


@pytest.mark.parametrize(("image", "error", "words"), BAD_IMAGES, ids=names)
def test_bad_images(image: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=f"(?s)^fixed: .*{words}"):
        register(image, MOVING)
    with pytest.raises(error, match=f"(?s)^moving: .*{words}"):
        register(FIXED, image)
    if image is not None:
        for name in ("fixed_mask", "moving_mask", "weights"):
            with pytest.raises(error, match=f"(?s)^{name}: .*{words}"):
                register(FIXED, MOVING, **{name: image})


def test_bad_itk_images() -> None:
    import itk  # noqa: PLC0415

    for image, error, words in (
        (itk.Image[itk.F, 2].New(), ValueError, "no pixels"),
        (itk.image_from_array(np.zeros((4, 5, 3), np.uint8), is_vector=True), TypeError, "not 3 of them"),
        (itk.image_from_array(np.zeros((2, 2, 2, 2), np.float32)), ValueError, "not one of 4"),
        (itk.Euler2DTransform[itk.D].New(), TypeError, "not itkEuler2DTransform"),
    ):
        with pytest.raises(error, match=f"fixed: .*{words}"):
            register(image, MOVING)


def test_dimensions_must_agree() -> None:
    with pytest.raises(ValueError, match=r"moving: 2 dimensions are needed, as fixed has, not 3 .*70 x 60.*10 x 9 x 8"):
        register(FIXED, VOLUME)
    with pytest.raises(ValueError, match="fixed_mask: 2 dimensions are needed, as the image has, not 3"):
        register(FIXED, MOVING, VOLUME)
    with pytest.raises(ValueError, match=r"initial: 2 dimensions are needed, as the images have, not Transform\(3 dim"):
        register(FIXED, MOVING, initial=np.eye(4))
    with pytest.raises(ValueError, match="transform: 2 dimensions are needed"):
        register(FIXED, MOVING, transform=Transform(3))


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"spacing": (1, 2, 3)}, ValueError, r"spacing: a number for each of the 2 axes.*shape \(3,\)"),
        ({"spacing": (1, 0)}, ValueError, r"spacing: \(1, 0\) must be greater than 0"),
        ({"spacing": (1, np.nan)}, ValueError, "spacing: finite numbers"),
        ({"origin": "ab"}, TypeError, "origin: .*str 'ab'"),
        ({"direction": [[1, 0], [1, 0]]}, ValueError, "direction: .*singular"),
        ({"direction": np.eye(3)}, ValueError, r"direction: a matrix of shape \(2, 2\)"),
    ],
    ids=names,
)
def test_bad_geometry(settings: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        Image(FIXED, **settings)


@pytest.mark.parametrize("name", ["fixed_mask", "moving_mask"])
@pytest.mark.parametrize(
    ("mask", "words"),
    [
        (np.zeros_like(INSIDE), "no voxel is inside, all 4200 of the mask are 0"),
        (INSIDE[:-1], r"the shape of the array is \(59, 70\), that of its image \(60, 70\)"),
        (INSIDE.T, r"\(70, 60\).*transpose"),
        (np.where(INSIDE, 1.0, np.nan), "[0-9]+ voxels are not finite.*nan_to_num"),
        (Image(INSIDE, origin=(1000, 0)), r"beside its image: .*origin, spacing or direction"),
        (Image(INSIDE, spacing=(0.01, 0.01), origin=(-50, -50)), "beside its image"),
    ],
    ids=names,
)
def test_bad_masks(name: str, mask: Any, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: .*{words}"):
        register(FIXED, MOVING, **{name: mask})


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        (-INSIDE.astype(float), "the least is -1"),
        (np.where(INSIDE, np.nan, 1.0), "not finite"),
        (np.zeros_like(FIXED), "all 4200 are 0"),
        (FIXED[1:], "the shape of the array"),
    ],
    ids=names,
)
def test_bad_weights(weights: Array, words: str) -> None:
    with pytest.raises(ValueError, match=f"^weights: .*{words}"):
        register(FIXED, MOVING, INSIDE, weights=weights)


@pytest.mark.parametrize(
    ("points", "error", "words"),
    [
        (np.ones((5, 3)), ValueError, r"shape \(n, 2\) is needed, not an array of shape \(5, 3\)"),
        (np.ones((2, 5)), ValueError, r"\(2, 5\); transpose it"),
        (np.ones((0, 2)), ValueError, "no point"),
        ([], ValueError, r"\(0,\)"),
        ([[1, 2], [3]], ValueError, "not an array of numbers"),
        ([[1, 2], [3, np.nan]], ValueError, "nan is at"),
        ([["a", "b"]], TypeError, "not an object of type list .<U1"),
    ],
    ids=names,
)
def test_bad_points(points: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=f"points: .*{words}"):
        register(FIXED, MOVING, points=points)


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"sample": 5}, TypeError, "no setting 'sample'; did you mean 'samples'"),
        ({"shrinkfactors": 5}, TypeError, "did you mean 'shrink_factors'"),
        ({"xyz": 5}, TypeError, "no setting 'xyz'$"),
        ({"metric": "mutual-infromation"}, ValueError, "metric: .*; did you mean 'mutual-information'"),
        ({"metric": 5}, TypeError, "metric: one of mutual-information, .* not int 5"),
        ({"transform": "rigit"}, ValueError, "transform: 'rigit' is none of translation, .*; did you mean 'rigid'"),
        ({"transform": "given"}, ValueError, "transform: 'given' is none of"),
        ({"transform": []}, ValueError, "transform: an empty list"),
        ({"transform": None}, TypeError, "transform: .*not NoneType None"),
        ({"transform": ["rigid", "afine"]}, ValueError, r"transform\[1\]: 'afine'.*did you mean 'affine'"),
        ({"transform": [{"metric": "mi"}]}, ValueError, r"transform\[0\]: the key 'transform' is missing"),
        ({"transform": {"transform": "rigid", "sead": 1}}, TypeError, "transform: sead.*did you mean 'seed'"),
        ({"transform": ["rigid", {"transform": "affine", "samples": -3}]}, ValueError, r"transform\[1\]: samples: -3"),
        ({"transform": "start.tfm"}, FileNotFoundError, "transform: there is no file 'start.tfm'"),
        ({"transform": [Transform(2), np.diag([1, 2, 1.0])]}, ValueError, "two different transforms"),
        ({"initial": "geometri"}, ValueError, "initial: .*did you mean 'geometry'"),
        ({"initial": "start.tfm"}, FileNotFoundError, "initial: there is no file 'start.tfm'"),
        ({"initial": np.eye(2)}, ValueError, r"initial: a homogeneous matrix of shape \(3, 3\) or \(4, 4\)"),
        ({"initial": np.zeros((3, 3))}, ValueError, "initial: the last row"),
        ({"initial": np.diag([0, 1, 1])}, ValueError, "initial: the matrix is singular"),
        ({"initial": 3}, TypeError, "initial: .*not int 3"),
        ({"initial": "geometry", "initialization": "moments"}, ValueError, "initial: 'geometry', but"),
        ({"samples": 10, "percentage": 0.1}, ValueError, "samples, percentage: 10 and 0.1"),
        ({"samples": -1}, ValueError, "samples: -1 is not an integer of at least 0"),
        ({"samples": 2.5}, ValueError, "samples: 2.5 is not an integer"),
        ({"samples": "many"}, TypeError, "samples: numbers are needed, not str 'many'"),
        ({"samples": True}, TypeError, "samples: an integer is needed, not bool True"),
        ({"samples": [1, 2]}, ValueError, "samples: 2 values for 3 levels"),
        ({"samples": 10, "transform": "syn"}, ValueError, "samples: not used, because sampling is 'none' for 'syn'"),
        ({"samples": 10, "sampling": "none"}, ValueError, "samples: not used"),
        ({"percentage": 25}, ValueError, r"percentage: 25 is not in \(0, 1\]: a fraction"),
        ({"percentage": 0}, ValueError, "percentage: 0 is not in"),
        ({"percentage": float("nan")}, ValueError, "percentage: nan is not a finite number"),
        ({"seed": -1}, ValueError, "seed: -1"),
        ({"seed": 1.5}, ValueError, "seed: 1.5 is not an integer"),
        ({"seed": "x"}, TypeError, "seed: an integer is needed"),
        ({"seed": 2**64}, ValueError, r"seed: 1\.84467e\+19"),
        ({"levels": 100}, ValueError, "levels: 100 is more than 16"),
        ({"transform": "folder/start"}, FileNotFoundError, "transform: there is no file 'folder/start'"),
        ({"transform": "START.TFM"}, FileNotFoundError, "transform: there is no file 'START.TFM'"),
        ({"points": [[30.0, 30.0]], "samples": 10}, ValueError, "samples: 10, but points says"),
        ({"transform": "b-spline", "grid_spacing": [4, 4, 4]}, ValueError, "grid_spacing: 3 numbers for 2 dimensions"),
        ({"center": 1.0}, ValueError, "center: 1 numbers for 2 dimensions"),
        ({"levels": -1}, ValueError, "levels: -1 is not an integer of at least 0"),
        ({"levels": 2, "shrink_factors": [1]}, ValueError, "levels: 2, but there are 1 shrink_factors"),
        ({"shrink_factors": [2, 1], "smoothing_sigmas": [1, 0, 0]}, ValueError, "smoothing_sigmas: 3 values for 2"),
        ({"shrink_factors": [1, 0, 1]}, ValueError, "shrink_factors: 0 is not greater than 0"),
        ({"smoothing_sigmas": [-1, 0, 0]}, ValueError, "smoothing_sigmas: -1 is negative"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate: numbers are needed, not str 'fast'"),
        ({"learning_rate": float("inf")}, ValueError, "learning_rate: "),
        ({"crop_to_mask": "yes"}, TypeError, "crop_to_mask: True or False is needed, not str 'yes'"),
        (
            {"transform": "b-spline", "resample_every_iteration": True},
            ValueError,
            'resample_every_iteration: the optimizer "lbfgs2" compares',
        ),
        (
            {"resample_every_iteration": True, "sampling": "none"},
            ValueError,
            'resample_every_iteration: with sampling "none"',
        ),
        ({"callback": 3}, TypeError, "callback: a function is needed, not int"),
    ],
    ids=str,
)
def test_bad_settings(settings: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        register(FIXED, MOVING, INSIDE, **settings)


def test_images_that_do_not_overlap(recwarn: pytest.WarningsRecorder) -> None:
    with pytest.raises(RuntimeError, match="moving image"):
        register(FIXED, Image(MOVING, origin=(5000, 0)), INSIDE)
