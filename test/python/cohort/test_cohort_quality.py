# SPDX-License-Identifier: Apache-2.0
"""What is measured of each pair, against transforms for which it is known."""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from itk_maskedsampling import Folding, Registration, Transform, register
from itk_maskedsampling.cohort.quality import measure
from register_scene import make_scene, rotation

SCENE = make_scene(2)


@pytest.fixture(scope="module")
def result() -> Registration:
    options: dict[str, Any] = {"transform": "translation", "metric": "mean-squares", "samples": 500, "iterations": 3}
    return register(SCENE.fixed, SCENE.moving, SCENE.fixed_mask, **options)


def with_transform(result: Registration, transform: Transform, points: npt.ArrayLike | None = None) -> Registration:
    points = result.points if points is None else np.asarray(points, np.float32)
    return dataclasses.replace(result, transform=transform, points=points)


def affine(matrix: npt.ArrayLike, offset: npt.ArrayLike) -> Transform:
    homogeneous = np.eye(3)
    homogeneous[:2, :2], homogeneous[:2, 2] = matrix, offset
    return Transform.from_matrix(homogeneous)


def field_of(displacements: npt.NDArray[np.float64]) -> Transform:
    """A displacement field on a grid of spacing 1; shape (rows, columns, 2)."""
    rows, columns, _ = displacements.shape
    fixed = np.array([columns, rows, 0, 0, 1, 1, 1, 0, 0, 1], np.float64)
    return Transform(2, (("DisplacementFieldTransform_double_2_2", fixed, displacements.ravel()),))


def test_identity(result: Registration) -> None:
    quality = measure(with_transform(result, Transform(2)))
    lengths = [quality[name] for name in ("middle_displacement", "rms_displacement", "max_displacement")]
    assert lengths == [0, 0, 0]


def test_of_the_registration(result: Registration) -> None:
    quality = measure(result)
    assert quality["points"] == 500
    assert quality["metric_first"] == result.levels[-1].first_value
    assert quality["metric_last"] == result.value
    assert quality["total_iterations"] == len(result.course)
    assert quality["fraction_in_moving"] == 1
    away = Transform.from_matrix(np.array([[1, 0, 30], [0, 1, 0], [0, 0, 1]]))
    options: dict[str, Any] = {"transform": "translation", "metric": "mean-squares", "iterations": 0, "levels": 1}
    far = register(SCENE.fixed, SCENE.moving, SCENE.fixed_mask, initial=away, sampling="none", **options)
    inside = SCENE.mask_points()[:, 0] + 30 <= 69.5
    assert 0.1 < inside.mean() < 0.9
    assert measure(far)["fraction_in_moving"] == inside.mean()


@pytest.mark.parametrize("transform", ["translation", "affine", "b-spline", "syn"])
@pytest.mark.parametrize("levels", [1, 2])
def test_first_and_last_value_are_of_the_same_samples(transform: str, levels: int) -> None:
    """Of the same level: no worse at its end than at its first iteration, which with other samples could be."""
    options: dict[str, Any] = {"transform": transform, "metric": "mean-squares", "levels": levels, "iterations": 3}
    found = register(SCENE.fixed, SCENE.moving, SCENE.fixed_mask, **options)
    quality = measure(found)
    last = [one["value"] for one in found.course if one["level"] == levels - 1]
    assert quality["metric_first"] == last[0]
    assert quality["metric_last"] == found.value <= last[0]


@pytest.mark.parametrize("stages", [["translation", "rigid"], ["rigid"]])
def test_samples_that_change(stages: list[str]) -> None:
    options: dict[str, Any] = {"metric": "mean-squares", "samples": 300, "iterations": 3}
    changing = [*stages[:-1], {"transform": stages[-1], "resample_every_iteration": True}]
    found = register(SCENE.fixed, SCENE.moving, SCENE.fixed_mask, transform=changing, **options)
    assert measure(found)["metric_first"] is None
    assert measure(found)["metric_last"] == found.value
    kept = [{"transform": "translation", "resample_every_iteration": True}, "rigid"]
    found = register(SCENE.fixed, SCENE.moving, SCENE.fixed_mask, transform=kept, **options)
    assert measure(found)["metric_first"] == found.levels[-1].first_value


def test_without_an_iteration() -> None:
    options: dict[str, Any] = {"transform": "translation", "metric": "mean-squares", "iterations": 0}
    quality = measure(register(SCENE.fixed, SCENE.moving, SCENE.fixed_mask, **options))
    assert (quality["metric_first"], quality["metric_last"]) == (None, None)


def test_displacements(result: Registration) -> None:
    """Of a turn by an angle a, at a distance r from its centre: 2 r sin(a / 2)."""
    points = np.array([[0, 0], [10, 0], [0, 20], [10, 20]])
    middle, corner = np.array([5.0, 10.0]), np.hypot(5, 10)
    turn = rotation(0.4, 2)
    quality = measure(with_transform(result, affine(turn, middle - turn @ middle), points))
    chord = 2 * corner * np.sin(0.2)
    assert quality["middle_displacement"] == pytest.approx(0, abs=1e-12)
    assert quality["rms_displacement"] == pytest.approx(chord)
    assert quality["max_displacement"] == pytest.approx(chord)
    points = np.array([[0, 0], [30, 0]])
    quality = measure(with_transform(result, affine(np.array([[1.1, 0], [0, 1]]), [0, 0]), points))
    assert quality["rms_displacement"] == pytest.approx(3 / np.sqrt(2))
    assert quality["max_displacement"] == pytest.approx(3)


def test_folding(result: Registration) -> None:
    folding = Folding(0.25, -0.5, 3.0, -2.0, 4.0)
    names = ("folding", "jacobian_min", "jacobian_max")
    quality = measure(dataclasses.replace(result, folding=folding))
    assert [quality[name] for name in names] == [0.25, -0.5, 3.0]
    quality = measure(dataclasses.replace(result, folding=None))
    assert [quality[name] for name in names] == [None] * 3


def test_without_sample_points(result: Registration) -> None:
    """Where every voxel of the image counts, the voxels are looked at; of many, evenly spread ones."""
    scale = affine(np.array([[1.5, 0], [0, 1]]), [0, 0])
    quality = measure(with_transform(result, scale, np.empty((0, 2))))
    assert quality["max_displacement"] == pytest.approx(0.5 * 69)
    assert quality["rms_displacement"] == pytest.approx(0.5 * np.sqrt(np.mean(np.arange(70) ** 2)))
    assert quality["middle_displacement"] == pytest.approx(0.5 * 34.5)
    many = np.stack(np.meshgrid(np.arange(300), np.arange(300)), axis=-1).reshape(-1, 2)
    quality = measure(with_transform(result, affine(np.array([[1, 0], [0, 1.5]]), [0, 0]), many))
    assert quality["rms_displacement"] == pytest.approx(0.5 * np.sqrt(np.mean(np.arange(300) ** 2)), rel=0.01)
