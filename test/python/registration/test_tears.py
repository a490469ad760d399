# SPDX-License-Identifier: Apache-2.0
"""A deformation that ends at the edge of its grid, inside the image, is not passed over in silence."""

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import (
    Geometry,
    Image,
    Registration,
    Transform,
    register,
    register_cohort,
    write_image,
)
from itk_maskedsampling._transforms.tears import find_tear
from register_scene import make_scene, make_torn_spline, rotation


def make_spline(random: Any, dimension: int, order: int, size: float) -> sitk.BSplineTransform:
    """A random B-spline over a box of space, moving by a few units."""
    spline = sitk.BSplineTransform(dimension, order)
    spline.SetTransformDomainOrigin(random.uniform(-5, 5, dimension).tolist())
    spline.SetTransformDomainPhysicalDimensions(random.uniform(0.7, 1.3, dimension) * size)
    spline.SetTransformDomainDirection(rotation(random.uniform(-3, 3), dimension).ravel().tolist())
    spline.SetTransformDomainMeshSize(random.integers(1, 5, dimension).tolist())
    spline.SetParameters(random.normal(0, random.choice([0.2, 3.0]), spline.GetNumberOfParameters()).tolist())
    return spline


def edge_points(random: Any, spline: sitk.BSplineTransform, number: int) -> Any:
    """Points just within the faces of the domain, as SimpleITK describes it; knots are among them."""
    dimension = spline.GetDimension()
    length = np.array(spline.GetTransformDomainPhysicalDimensions())
    places = np.clip(random.integers(0, 25, (number, dimension)) / 24, 1e-6, 1 - 1e-6)
    axis, end = random.integers(0, dimension, number), random.integers(0, 2, number)
    places[np.arange(number), axis] = np.where(end, 1 - 1e-6, 1e-6)
    direction = np.reshape(spline.GetTransformDomainDirection(), (dimension, dimension))
    return (places * length) @ direction.T + spline.GetTransformDomainOrigin()


def large(dimension: int, spacing: Any) -> Geometry:
    """An image in which the domains of the splines lie."""
    eye = tuple(np.eye(dimension).ravel().tolist())
    size = np.ceil(300 / np.asarray(spacing)).astype(int)
    return Geometry(tuple(size.tolist()), tuple(spacing), (-150.0,) * dimension, eye)


@pytest.mark.parametrize("seed", range(40))
def test_the_jump_is_that_of_simpleitk(seed: int) -> None:
    random = np.random.default_rng(seed)
    dimension, order = int(random.choice([2, 3])), int(random.choice([1, 2, 3]))
    spline = make_spline(random, dimension, order, 60.0)
    spacing = random.uniform(0.5, 2, dimension)
    points = edge_points(random, spline, 2000)
    jumps = np.array([spline.TransformPoint(point) for point in points.tolist()]) - points
    voxels = np.linalg.norm(jumps / spacing, axis=1).max()
    tear = find_tear(Transform.from_simpleitk(spline), large(dimension, spacing.tolist()))
    assert (tear is None) == (voxels < 0.5) or abs(voxels - 0.5) < 0.1
    if tear is not None:
        assert tear.kind == "b-spline"
        assert tear.voxels == pytest.approx(voxels, rel=0.2)
        assert tear.length <= np.linalg.norm(jumps, axis=1).max() * 1.2
        np.testing.assert_allclose([tear.low, tear.high], [points.min(0), points.max(0)], atol=12)


@pytest.mark.parametrize("seed", range(10))
def test_what_is_before_and_after_counts(seed: int) -> None:
    """A stretch after the spline stretches the jump, and a shift before it moves the edge."""
    random = np.random.default_rng(seed)
    spline = Transform.from_simpleitk(make_spline(random, 2, 3, 60.0))
    image = large(2, (1.0, 1.0))
    stretch = Transform.from_matrix(np.diag([3.0, 3.0, 1.0]))
    shift = np.eye(3)
    shift[:2, 2] = 1000
    plain, stretched = find_tear(spline, image), find_tear(stretch @ spline, image)
    assert find_tear(spline @ Transform.from_matrix(shift), image) is None
    if plain is not None and stretched is not None:
        assert stretched.voxels == pytest.approx(3 * plain.voxels, rel=0.01)
        assert "to nothing" in plain.describe()
        assert "to that of the other transforms" in stretched.describe()


@pytest.mark.parametrize("dimension", [2, 3])
def test_edges_beyond_the_image_do_not_count(dimension: int) -> None:
    random = np.random.default_rng(1)
    spline = sitk.BSplineTransform(dimension)
    spline.SetTransformDomainOrigin([-0.6] * dimension)
    spline.SetTransformDomainPhysicalDimensions([20.2] * dimension)
    spline.SetTransformDomainMeshSize([2] * dimension)
    spline.SetParameters(random.normal(0, 9, spline.GetNumberOfParameters()).tolist())
    transform = Transform.from_simpleitk(spline)
    assert find_tear(transform, Image(np.zeros((20,) * dimension)).geometry) is None
    tear = find_tear(transform, Image(np.zeros((22,) * dimension)).geometry)
    assert tear is not None
    assert tear.voxels > 1


@pytest.mark.parametrize("dimension", [2, 3])
def test_fields_end_where_their_image_ends(dimension: int) -> None:
    field = sitk.Image([9] * dimension, sitk.sitkVectorFloat64, dimension)
    field += 2.0
    transform = Transform.from_simpleitk(sitk.DisplacementFieldTransform(field))
    assert find_tear(transform, Image(np.zeros((9,) * dimension)).geometry) is None
    tear = find_tear(transform, Image(np.zeros((12,) * dimension)).geometry)
    assert tear is not None
    assert tear.kind == "displacement-field"
    assert tear.voxels == pytest.approx(2 * np.sqrt(dimension))
    np.testing.assert_allclose([tear.low, tear.high], [[-0.5] * dimension, [8.5] * dimension])


def test_smooth_transforms_have_no_edge() -> None:
    image = Image(np.zeros((20, 20))).geometry
    for transform in (Transform(2), Transform.from_matrix(np.diag([2.0, 3.0, 1.0]))):
        assert find_tear(transform, image) is None


# In results


SHIFT = (4.0, -3.0)
MASK = np.zeros((60, 70), np.uint8)
MASK[24:36, 28:42] = 1
#: Over the box of the mask.
SPLINE = make_torn_spline((27.5, 23.5), (41.5, 35.5), SHIFT)


@pytest.fixture(scope="module")
def torn() -> Registration:
    scene = make_scene(2, shift=SHIFT)
    with pytest.warns(RuntimeWarning, match="displacement jumps by .* voxels") as told:
        result = register(scene.fixed, scene.moving, MASK, transform=SPLINE, levels=1)
    assert [one.filename for one in told] == [__file__]
    return result


def test_the_result_says_so(torn: Registration) -> None:
    (text,) = torn.warnings
    assert "'b-spline'" in text
    assert "a grid that covers the image" in text
    assert "to nothing" in text
    assert text in repr(torn)
    assert text.replace("'", "&#x27;") in torn._repr_html_()
    assert pickle.loads(pickle.dumps(torn)).warnings == (text,)
    # The image of what is said: neighbours whose displacement differs by voxels.
    rows = np.stack(np.meshgrid(np.arange(70.0), np.arange(60.0)), -1)
    moved = torn.transform.apply(rows.reshape(-1, 2)).reshape(rows.shape) - rows
    assert np.abs(np.diff(moved, axis=1)).max() > 2


def test_ways_out() -> None:
    """What the text names helps."""
    scene = make_scene(2, shift=SHIFT)
    spline = make_torn_spline((-0.5, -0.5), (69.5, 59.5), SHIFT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        covering = register(scene.fixed, scene.moving, MASK, transform=spline, levels=1)
        made = register(scene.fixed, scene.moving, MASK, transform=["affine", "b-spline"], grid_spacing=4)
    assert covering.warnings == made.warnings == ()


def test_every_warning_is_in_the_result() -> None:
    scene = make_scene(2)
    soft = scene.fixed_mask * 0.7
    soft[30, 30] = 0.2
    with pytest.warns(RuntimeWarning) as told:
        result = register(scene.fixed, scene.moving, soft, samples=40, levels=1, iterations=1)
    assert sorted(result.warnings) == sorted(str(one.message) for one in told)
    assert any("soft" in text for text in result.warnings)
    with pytest.warns(RuntimeWarning):
        assert result.repeat().warnings == result.warnings


def test_cohorts_have_a_column_for_it(tmp_path: Any) -> None:
    scene = make_scene(2, shift=SHIFT)
    for name, image in (("fixed", scene.fixed), ("moving", scene.moving), ("mask", Image(MASK))):
        write_image(image, tmp_path / f"{name}.nrrd")
    SPLINE.write(tmp_path / "spline.tfm")
    row: dict[str, Any] = {name: str(tmp_path / f"{name}.nrrd") for name in ("fixed", "moving")}
    row["fixed_mask"] = str(tmp_path / "mask.nrrd")
    table = [{**row, "id": "torn", "initial": str(tmp_path / "spline.tfm")}, {**row, "id": "whole"}]
    # An optimizer that needs no derivative through the spline.
    options: dict[str, Any] = {"optimizer": "amoeba", "iterations": 5, "levels": 1, "uncertainty": "none"}
    cohort = register_cohort(table, output=tmp_path / "results", processes=1, transform="translation", **options)
    found = {one["id"]: one["warnings"] for one in cohort.table()}
    assert "displacement jumps" in str(found["torn"])
    assert found["whole"] is None
