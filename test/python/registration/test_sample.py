# SPDX-License-Identifier: Apache-2.0
"""sample(): the points it draws, counts, and files."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from itk_maskedsampling import Image, Samples, read_image, register, sample

SHAPE = (12, 15, 20)
#: Axes are permuted and one is flipped; a step along each has another length.
GRID: dict[str, Any] = {
    "spacing": (0.7, 1.3, 2.1),
    "origin": (5.0, -6.0, 70.0),
    "direction": np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
}
IMAGE = Image(np.zeros(SHAPE, np.float32), **GRID)


def make_mask() -> npt.NDArray[np.uint8]:
    return (np.random.default_rng(1).random(SHAPE) < 0.1).astype(np.uint8)


def to_index(points: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Continuous indices, z first, by the definition of ITK's geometry."""
    shifted = (np.asarray(points, np.float64) - GRID["origin"]) @ np.linalg.inv(GRID["direction"]).T
    return np.flip(shifted / GRID["spacing"], axis=1)


def voxels_of(points: npt.ArrayLike) -> npt.NDArray[np.intp]:
    return np.rint(to_index(points)).astype(np.intp)


@pytest.mark.parametrize("sampling", ["random", "regular"])
def test_points_are_inside_the_mask(sampling: str) -> None:
    mask = make_mask()
    samples = sample(IMAGE, mask, samples=150, sampling=sampling)
    assert samples.points.shape == (150, 3)
    assert samples.mask_voxels == np.count_nonzero(mask)
    voxels = voxels_of(samples.points)
    assert mask[tuple(voxels.T)].all()
    assert len(np.unique(voxels, axis=0)) == 150  # fewer samples than voxels: no voxel twice
    offsets = to_index(samples.points) - voxels
    assert offsets.std(axis=0) == pytest.approx(12**-0.5, rel=0.2)  # uniform in the voxel


def test_none_takes_every_centre() -> None:
    mask = make_mask()
    samples = sample(IMAGE, mask, sampling="none")
    voxels = voxels_of(samples.points)
    np.testing.assert_array_equal(voxels, np.argwhere(mask))
    np.testing.assert_allclose(to_index(samples.points), voxels, atol=1e-5)


def test_number_percentage_and_seed() -> None:
    mask = make_mask()
    inside = int(np.count_nonzero(mask))
    assert len(sample(IMAGE, mask, percentage=0.25)) == int(np.floor(0.25 * inside + 0.5))
    assert len(sample(IMAGE, mask, samples=3 * inside)) == 3 * inside
    one, same, other = (sample(IMAGE, mask, samples=50, seed=seed).points for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.filterwarnings("ignore:The samples hardly determine a turn:RuntimeWarning")  # of a round hill
def test_defaults_are_those_of_register() -> None:
    y, x = np.mgrid[0:64, 0:64]
    image = np.exp(-((x - 30) ** 2 + (y - 33) ** 2) / 100.0).astype(np.float32)
    settings = register(image, image, iterations=1).settings[0]
    assert len(sample(image)) == np.ravel(settings["samples"])[-1]
    np.testing.assert_array_equal(sample(image).points, sample(image, seed=settings["seed"]).points)


def test_without_a_mask_the_whole_image_is_sampled() -> None:
    samples = sample(IMAGE, samples=IMAGE.pixels.size)
    assert samples.mask_voxels == IMAGE.pixels.size
    assert (samples.count().pixels == 1).all()


def test_weights_are_the_density() -> None:
    weights = np.zeros((4, 100), np.float32)
    weights[1, :50] = 3
    weights[2, 50:] = 1
    counts = sample(weights, samples=20000, weights=weights).count().pixels
    assert (counts[weights == 0] == 0).all()
    # 15000 and 5000 are expected; ten standard deviations of a binomial are about 600.
    assert counts[1].sum() == pytest.approx(15000, abs=600)


def test_mask_on_another_grid() -> None:
    mask = Image(np.ones((3, 4, 5), np.uint8), **{**GRID, "spacing": (1.4, 2.6, 4.2)})
    counts = sample(IMAGE, mask, sampling="none").count().pixels
    # Its voxels are twice as large, and centred on every second one: the last one ends at index 2 * size - 1, which is
    # the centre of a voxel that may be inside or not.
    assert (counts[:5, :7, :9] == 1).all()
    counts[:6, :8, :10] = 0
    assert not counts.any()


def test_count_is_that_of_brute_force() -> None:
    mask = make_mask()
    samples = sample(IMAGE, mask, samples=1000)
    counts = samples.count()
    expected = np.zeros(SHAPE, int)
    for voxel in voxels_of(samples.points):
        expected[tuple(voxel)] += 1
    np.testing.assert_array_equal(counts.pixels, expected)
    assert counts.geometry == IMAGE.geometry


def test_csv_gives_the_same_floats(tmp_path: Path) -> None:
    samples = sample(IMAGE, make_mask(), samples=40)
    samples.write(tmp_path / "points.csv")
    assert (tmp_path / "points.csv").read_text().startswith("x,y,z\n")
    read = np.loadtxt(tmp_path / "points.csv", delimiter=",", skiprows=1, dtype=np.float32)
    np.testing.assert_array_equal(read, samples.points)


@pytest.mark.parametrize("dimension", [2, 3])
def test_markups(tmp_path: Path, dimension: int) -> None:
    samples = sample(np.zeros((9,) * dimension), samples=7)
    samples.write(tmp_path / "points.mrk.json")
    (markup,) = json.loads((tmp_path / "points.mrk.json").read_text())["markups"]
    assert (markup["type"], markup["coordinateSystem"]) == ("Fiducial", "LPS")
    positions = np.array([point["position"] for point in markup["controlPoints"]])
    np.testing.assert_array_equal(positions[:, :dimension].astype(np.float32), samples.points)
    assert positions.shape == (7, 3)
    assert (positions[:, dimension:] == 0).all()
    assert len({point["id"] for point in markup["controlPoints"]}) == 7


@pytest.mark.parametrize("name", ["counts.nii.gz", "counts.nrrd", "counts.mha"])
def test_label_image(tmp_path: Path, name: str) -> None:
    mask = make_mask()
    samples = sample(IMAGE, mask, samples=1000)
    samples.write(tmp_path / name)
    read = read_image(tmp_path / name)
    np.testing.assert_array_equal(read.pixels, samples.count().pixels)
    np.testing.assert_allclose(read.direction, IMAGE.direction, atol=1e-6)
    np.testing.assert_allclose(read.origin, IMAGE.origin, atol=1e-5)


def test_samples_as_an_array_and_pickled() -> None:
    samples = sample(IMAGE, make_mask(), samples=11)
    assert np.asarray(samples) is samples.points
    again: Samples = pickle.loads(pickle.dumps(samples))
    np.testing.assert_array_equal(again.points, samples.points)
    assert (again.mask_voxels, again.geometry) == (samples.mask_voxels, samples.geometry)
    with pytest.raises(ValueError, match="read-only"):
        again.points[0] = 0


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"samples": 0}, ValueError, "samples: 0"),
        ({"samples": 2.5}, ValueError, r"samples: 2\.5"),
        ({"samples": "many"}, TypeError, "samples"),
        ({"percentage": 0}, ValueError, "percentage: 0"),
        ({"percentage": 1.5}, ValueError, r"percentage: 1\.5"),
        ({"samples": 3, "percentage": 0.5}, ValueError, "samples, percentage"),
        ({"samples": 3, "sampling": "none"}, ValueError, "samples: 3 is not used"),
        ({"sampling": "radnom"}, ValueError, "did you mean 'random'"),
        ({"seed": -1}, ValueError, "seed: -1"),
        ({"seed": 2**32}, ValueError, "seed: 4294967296"),
        ({"mask": np.zeros(SHAPE)}, ValueError, "mask: no voxel is inside"),
        ({"mask": np.ones((3, 3))}, ValueError, "mask: 3 dimensions"),
        ({"weights": -np.ones(SHAPE)}, ValueError, "weights: the least is -1"),
        ({"image": None}, TypeError, "image"),
        ({"image": "there is no such.nii"}, FileNotFoundError, r"image: there is no file 'there is no such\.nii'"),
    ],
)
def test_bad_input(arguments: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        sample(**{"image": IMAGE, **arguments})


def test_mask_where_the_weights_are_all_zero() -> None:
    mask, weights = np.zeros(SHAPE), np.zeros(SHAPE)
    mask[0], weights[1] = 1, 1
    with pytest.raises(ValueError, match=r"mask: .*weight"):
        sample(IMAGE, mask, weights=weights)


def test_unknown_formats(tmp_path: Path) -> None:
    samples = sample(IMAGE, samples=5)
    with pytest.raises(ValueError, match=r"\.mrk\.json"):
        samples.write(tmp_path / "points.json")
    with pytest.raises(RuntimeError, match="No format that is known here"):
        samples.write(tmp_path / "points.xyz")
    assert list(tmp_path.iterdir()) == []
