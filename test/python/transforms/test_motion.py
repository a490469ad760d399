# SPDX-License-Identifier: Apache-2.0
"""Degrees, stretches and folds of transforms, against SimpleITK, scipy and numpy."""

from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Transform
from itk_maskedsampling._core import jacobian_determinants
from itk_maskedsampling._transforms.motion import find_motion, fit_matrix

Rotation = pytest.importorskip("scipy.spatial.transform").Rotation


@pytest.mark.parametrize("seed", range(50))
def test_angles_are_those_of_simpleitk(seed: int) -> None:
    random = np.random.default_rng(seed)
    angles = random.uniform([-80, -170, -170], [80, 170, 170])
    euler = sitk.Euler3DTransform((1.0, 2.0, 3.0), *np.radians(angles).tolist(), (4.0, 5.0, 6.0))
    matrix = np.reshape(euler.GetMatrix(), (3, 3))
    motion = find_motion(matrix)
    assert motion is not None
    np.testing.assert_allclose(motion.angles, angles, atol=1e-7)
    assert motion.is_rigid()
    whole = Rotation.from_matrix(matrix)
    assert motion.angle == pytest.approx(np.degrees(whole.magnitude()))
    np.testing.assert_allclose(np.radians(motion.angle) * np.asarray(motion.axis), whole.as_rotvec(), atol=1e-7)


@pytest.mark.parametrize("angle", [-179.0, -30.0, 0.0, 1e-5, 90.0, 135.0])
def test_angles_in_the_plane(angle: float) -> None:
    euler = sitk.Euler2DTransform((3.0, 4.0), np.radians(angle), (1.0, 2.0))
    motion = find_motion(np.reshape(euler.GetMatrix(), (2, 2)))
    assert motion is not None
    assert motion.angle == pytest.approx(angle)
    assert motion.axis is None


@pytest.mark.parametrize("about_x", [-90.0, 90.0])
@pytest.mark.parametrize("about_z", [-20.0, 0.0, 160.0])
def test_angles_where_two_axes_fall_together(about_x: float, about_z: float) -> None:
    """They are not unique, but SimpleITK makes the same rotation of them."""
    euler = sitk.Euler3DTransform((0.0, 0.0, 0.0), *np.radians([about_x, 33.0, about_z]).tolist())
    matrix = np.reshape(euler.GetMatrix(), (3, 3))
    motion = find_motion(matrix)
    assert motion is not None
    again = sitk.Euler3DTransform((0.0, 0.0, 0.0), *np.radians(motion.angles).tolist())
    np.testing.assert_allclose(np.reshape(again.GetMatrix(), (3, 3)), matrix, atol=1e-7)


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (1, -2, 3)])
@pytest.mark.parametrize("angle", [0.0, 180.0, 179.9999999])
def test_no_and_half_a_turn(axis: tuple[int, ...], angle: float) -> None:
    unit = np.array(axis) / np.linalg.norm(axis)
    motion = find_motion(Rotation.from_rotvec(np.radians(angle) * unit).as_matrix())
    assert motion is not None
    assert motion.angle == pytest.approx(angle, abs=1e-5)
    if angle:
        assert abs(np.asarray(motion.axis) @ unit) == pytest.approx(1)


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("seed", range(10))
def test_stretch_and_rotation_make_the_matrix(dimension: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    half = random.normal(0, 0.2, (dimension, dimension))
    stretch = np.eye(dimension) + half @ half.T
    turn = np.eye(dimension)
    turn[:2, :2] = [[np.cos(0.4), -np.sin(0.4)], [np.sin(0.4), np.cos(0.4)]]
    motion = find_motion(turn @ stretch)
    assert motion is not None
    np.testing.assert_allclose(motion.stretch, stretch, atol=1e-12)
    np.testing.assert_allclose(motion.scales, np.diag(stretch), atol=1e-12)
    assert motion.angle == pytest.approx(np.degrees(0.4))
    assert len(motion.shears) == {2: 1, 3: 3}[dimension]
    assert motion.shears[0] == pytest.approx(stretch[0, 1])
    assert not motion.is_rigid()


def test_mirrors_have_no_angle() -> None:
    for matrix in (np.diag([-1.0, 1, 1]), np.diag([1.0, -1]), np.zeros((3, 3)), -np.eye(3)):
        assert find_motion(matrix) is None


def test_the_nearest_affine_transform() -> None:
    random = np.random.default_rng(1)
    points, matrix = random.normal(size=(100, 3)), random.normal(size=(3, 3))
    np.testing.assert_allclose(fit_matrix(points, points @ matrix.T + 7), matrix, atol=1e-12)


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("size", [0.1, 1.0, 8.0])
def test_folds_are_those_of_the_dense_field(dimension: int, size: float) -> None:
    """Determinants of the gradient that numpy takes of the points to which SimpleITK maps a dense grid."""
    random = np.random.default_rng(dimension)
    spline = sitk.BSplineTransform(dimension)
    spline.SetTransformDomainOrigin([-5.0] * dimension)
    spline.SetTransformDomainPhysicalDimensions([40.0] * dimension)
    spline.SetTransformDomainMeshSize([5] * dimension)
    spline.SetParameters(random.normal(0, size, spline.GetNumberOfParameters()).tolist())
    count, step = {2: 150, 3: 50}[dimension], {2: 0.2, 3: 0.4}[dimension]
    grid = sitk.Image([count] * dimension, sitk.sitkUInt8)
    grid.SetSpacing([step] * dimension)
    field = sitk.TransformToDisplacementField(
        spline, sitk.sitkVectorFloat64, grid.GetSize(), grid.GetOrigin(), grid.GetSpacing(), grid.GetDirection()
    )
    # [z,]y,x to x,y[,z]
    moves = np.moveaxis(sitk.GetArrayFromImage(field), -1, 0)
    moves = moves.transpose(0, *range(dimension, 0, -1))
    gradients = np.stack([np.stack(np.gradient(one, step, edge_order=2), -1) for one in moves], -2)
    expected = np.linalg.det(gradients + np.eye(dimension))
    points: Any = np.moveaxis(np.indices((count,) * dimension), 0, -1).reshape(-1, dimension) * step
    transform = Transform.from_simpleitk(spline)
    found = jacobian_determinants(dimension, list(transform.parts), points, 1.0).reshape(expected.shape)
    # Differences of numpy are off by the third derivative, which is of the size, times the square of the step.
    tolerance = 0.02 * step**2 * max(size, size**2)
    np.testing.assert_allclose(found, expected, atol=tolerance)
