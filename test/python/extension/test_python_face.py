# SPDX-License-Identifier: Apache-2.0
"""What the methods take and give in Python: sequences, arrays, images as masks; and what they say to bad input."""

import gc
from typing import Any

import itk
import numpy as np
import numpy.typing as npt
import pytest
from scene import NONE, RANDOM, Scene, make_scene

FLOAT_2D = itk.Image[itk.F, 2]
INSIDE = np.zeros((40, 50), np.uint8)
INSIDE[10:30, 12:37] = 1  # the mask of make_scene()


def make_image(array: npt.NDArray[Any], like: Any) -> Any:
    image = itk.image_from_array(array)
    image.CopyInformation(like)
    return image


def make_sampler(scene: Scene) -> Any:
    sampler = itk.MaskedVoxelSampler[2].New()
    sampler.SetDomain(scene.fixed)
    return sampler


# Arrays with a value for each level

LEVELS = [
    [3.0, 2.0, 1.0],
    (3, 2, 1),
    range(3, 0, -1),
    np.array([3, 2, 1]),
    np.array([3, 2, 1], np.uint8),
    np.array([3, 2, 1], np.float32),
    np.array([3, 0, 2, 0, 1, 0])[::2],
    [np.int64(3), np.int64(2), np.int64(1)],
]


@pytest.mark.parametrize("values", LEVELS, ids=repr)
def test_arrays_per_level(values: Any) -> None:
    method = make_scene().method
    method.SetNumberOfLevels(3)
    method.SetNumberOfSamplesPerLevel(values)
    np.testing.assert_array_equal(method.GetNumberOfSamplesPerLevel(), [3, 2, 1])
    assert method.GetNumberOfSamplesPerLevel().dtype == np.uint64
    method.SetShrinkFactorsPerLevel(values)
    assert [method.GetShrinkFactorsPerDimension(level)[0] for level in range(3)] == [3, 2, 1]
    method.SetSmoothingSigmasPerLevel(values)
    np.testing.assert_array_equal(method.GetSmoothingSigmasPerLevel(), [3, 2, 1])
    assert method.GetSmoothingSigmasPerLevel().dtype == np.float64
    method.SetMetricSamplingPercentagePerLevel(np.asarray(values) / 4)
    np.testing.assert_array_equal(method.GetMetricSamplingPercentagePerLevel(), [0.75, 0.5, 0.25])


def test_other_arrays() -> None:
    method = make_scene().method
    method.SetShrinkFactorsPerDimension(0, np.array([2, 1]))
    assert list(method.GetShrinkFactorsPerDimension(0)) == [2, 1]
    method.SetOptimizerWeights(np.array([1.0, 0.5]))
    np.testing.assert_array_equal(method.GetOptimizerWeights(), [1.0, 0.5])
    syn = itk.MaskedSyNRegistrationMethod[FLOAT_2D, FLOAT_2D].New()
    syn.SetNumberOfIterationsPerLevel(np.array([20, 10]))
    np.testing.assert_array_equal(syn.GetNumberOfIterationsPerLevel(), [20, 10])


def test_arrays_of_itk_still_pass() -> None:
    method = make_scene().method
    array = itk.Array[itk.UL](2)
    array.Fill(7)
    method.SetNumberOfSamplesPerLevel(array)
    np.testing.assert_array_equal(method.GetNumberOfSamplesPerLevel(), [7, 7])


def test_array_results_are_copies() -> None:
    method = make_scene().method
    method.SetSmoothingSigmasPerLevel([2, 1])
    method.GetSmoothingSigmasPerLevel()[:] = 5
    np.testing.assert_array_equal(method.GetSmoothingSigmasPerLevel(), [2, 1])


@pytest.mark.parametrize(
    ("setter", "value", "error", "words"),
    [
        ("SetNumberOfSamplesPerLevel", 100, TypeError, r"a sequence is needed, such as \[100\]"),
        ("SetNumberOfSamplesPerLevel", [[1, 2]], ValueError, r"shape \(1, 2\)"),
        ("SetNumberOfSamplesPerLevel", [100, -1], ValueError, "-1 is not an integer of at least 0"),
        ("SetNumberOfSamplesPerLevel", [0.5], ValueError, "0.5 is not an integer"),
        ("SetNumberOfSamplesPerLevel", [float("nan")], ValueError, "nan is not an integer"),
        ("SetNumberOfSamplesPerLevel", ["many"], TypeError, "numbers are needed"),
        ("SetNumberOfSamplesPerLevel", None, TypeError, "numbers are needed, not NoneType"),
        ("SetShrinkFactorsPerLevel", [1.5], ValueError, "1.5 is not an integer"),
        ("SetShrinkFactorsPerLevel", "42", TypeError, "numbers are needed"),
        ("SetSmoothingSigmasPerLevel", 1.0, TypeError, r"such as \[1.0\]"),
        ("SetSmoothingSigmasPerLevel", [[1], [2, 3]], ValueError, "not an array of numbers"),
        ("SetMetricSamplingPercentagePerLevel", {1: 2}, TypeError, "numbers are needed, not dict"),
        ("SetOptimizerWeights", np.ones((2, 2)), ValueError, r"shape \(2, 2\)"),
    ],
)
def test_bad_arrays(setter: str, value: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=f"{setter}: .*{words}"):
        getattr(make_scene().method, setter)(value)


def test_scalars_of_numpy() -> None:
    scene = make_scene()
    method = scene.method
    method.SetNumberOfSamples(INSIDE.sum() // 5)
    method.SetPerturbSamples(np.bool_(False))
    method.SetNumberOfLevels(np.int64(1))
    method.SetMetricSamplingPercentage(np.float32(0.5))
    method.MetricSamplingReinitializeSeed(np.int32(3))
    method.Update()
    assert method.GetNumberOfSamplePoints(metric=np.int64(0)) == 100
    sampler = method.GetSampler()
    assert sampler.GetRank(np.array([12, 10])) == 0
    assert sampler.GetRank(sampler.GetIndex(np.uint8(9))) == 9


# Masks


@pytest.mark.parametrize("pixel", ["uint8", "int16", "uint16", "float32", "float64"])
def test_image_as_mask(pixel: str) -> None:
    scene = make_scene()
    scene.metric.SetFixedImageMask(None)
    scene.method.SetFixedImageMask(make_image(INSIDE.astype(pixel) * 7, scene.fixed))
    assert scene.method.GetNumberOfMaskVoxels() == INSIDE.sum()
    sampler = make_sampler(scene)
    sampler.SetMask(make_image(INSIDE.astype(pixel) * 7, scene.fixed))
    sampler.Update()
    assert sampler.GetNumberOfVoxels() == INSIDE.sum()
    np.testing.assert_array_equal(sampler.SampleAll(), np.argwhere(INSIDE)[:, ::-1])


def test_image_as_mask_keeps_its_geometry() -> None:
    scene = make_scene()
    image = itk.Image[itk.SS, 2].New()
    region = itk.ImageRegion[2]()
    region.SetIndex([5, -2])
    region.SetSize([4, 3])
    image.SetRegions(region)
    image.SetOrigin([10.0, 20.0])
    image.SetSpacing([2.0, 1.0])
    image.SetDirection(np.array([[0.0, -1.0], [1.0, 0.0]]))
    image.Allocate()
    image.FillBuffer(-1)
    sampler = make_sampler(scene)
    sampler.SetMask(image)
    mask = sampler.GetMask()
    for point, inside in [([12.0, 30.0], True), ([12.0, 28.0], False), ([9.0, 36.0], False), ([10.4, 36.0], True)]:
        assert mask.IsInsideInWorldSpace(point) == inside
        index = image.TransformPhysicalPointToIndex(point)
        assert image.GetBufferedRegion().IsInside(index) == inside


def test_changes_of_a_mask_image_are_seen() -> None:
    scene = make_scene()
    image = make_image(INSIDE, scene.fixed)
    scene.metric.SetFixedImageMask(None)
    scene.method.SetFixedImageMask(image)
    scene.method.Update()
    assert scene.method.GetNumberOfMaskVoxels() == INSIDE.sum()
    itk.array_view_from_image(image)[...] = 1
    image.Modified()
    scene.method.Update()
    assert scene.method.GetNumberOfMaskVoxels() == INSIDE.size


def test_mask_on_memory_of_numpy_stays_alive() -> None:
    scene = make_scene()
    scene.metric.SetFixedImageMask(None)
    scene.method.SetFixedImageMask(itk.image_view_from_array(INSIDE.copy()))
    gc.collect()
    garbage = [np.full(INSIDE.shape, 255, np.uint8) for _ in range(100)]
    assert scene.method.GetNumberOfMaskVoxels() == INSIDE.sum()
    assert len(garbage) == 100


def test_spatial_object_as_mask() -> None:
    scene = make_scene()
    scene.method.SetMovingImageMask(scene.mask)
    assert scene.method.GetMovingImageMask() == scene.mask
    scene.method.SetMovingImageMask(None)
    assert scene.method.GetMovingImageMask() is None


def make_vector_image() -> Any:
    image = itk.Image[itk.Vector[itk.F, 2], 2].New()
    image.SetRegions([3, 3])
    image.Allocate()
    return image


@pytest.mark.parametrize("setter", ["SetFixedImageMask", "SetMovingImageMask", "SetMask"])
@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (INSIDE, TypeError, "uint8, shape .40, 50.*no origin.*image_view_from_array.*CopyInformation.*SetSpacing"),
        (itk.image_from_array(np.ones((3, 3, 3), np.uint8)), TypeError, "2 dimensions is needed, not itkImageUC3"),
        (itk.EllipseSpatialObject[3].New(), TypeError, "2 dimensions is needed, not itkEllipseSpatialObject3"),
        (make_vector_image(), TypeError, "one real number per pixel"),
        (itk.Image[itk.UC, 2].New(), ValueError, "no pixels"),
        ("mask.nii", TypeError, "not str 'mask.nii'"),
        (1, TypeError, "not int 1"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_bad_masks(setter: str, value: Any, error: type[Exception], words: str) -> None:
    scene = make_scene()
    target = make_sampler(scene) if setter == "SetMask" else scene.method
    with pytest.raises(error, match=f"(?s){setter}: .*{words}"):
        getattr(target, setter)(value)
    with pytest.raises(TypeError):
        getattr(target, setter)()


# Weights


@pytest.mark.parametrize("pixel", ["uint8", "float32", "float64"])
def test_weight_images(pixel: str) -> None:
    scene = make_scene()
    weights = np.zeros(INSIDE.shape, pixel)
    weights[20, 30] = 1
    image = make_image(weights, scene.fixed)
    scene.method.SetSamplingWeightImage(image)
    assert (scene.method.GetSamplingWeightImage() == image) == (pixel == "float32")
    scene.method.SetNumberOfSamples(3)
    scene.method.SetPerturbSamples(False)
    scene.method.SetMetricSamplingStrategy(RANDOM)
    scene.method.Update()
    np.testing.assert_array_equal(scene.method.GetSamplePointSet(), [[30, 20]] * 3)
    sampler = make_sampler(scene)
    sampler.SetWeightImage(image)
    sampler.SetPerturbSamples(False)
    sampler.Update()
    np.testing.assert_array_equal(sampler.SampleRandomly(2, 1), [[30, 20]] * 2)
    sampler.SetWeightImage(None)
    assert sampler.GetWeightImage() is None


def test_bad_weight_images() -> None:
    scene = make_scene()
    with pytest.raises(TypeError, match=r"SetSamplingWeightImage: an image of 2 dimensions.*no origin"):
        scene.method.SetSamplingWeightImage(np.ones((40, 50)))
    with pytest.raises(TypeError, match="SetWeightImage: an image of 2 dimensions is needed, not itkImageMask"):
        make_sampler(scene).SetWeightImage(scene.mask)


# Points

POINTS = np.array([[12.0, 10.0], [30.25, 20.5], [36.0, 29.0], [20.0, 15.0]])


@pytest.mark.parametrize(
    "points",
    [
        POINTS,
        POINTS.astype(np.float32),
        np.asfortranarray(POINTS),
        np.repeat(POINTS, 3, axis=0)[::3],
        np.column_stack([POINTS, POINTS])[:, :2],
        POINTS[::-1][::-1],
        POINTS.tolist(),
        [tuple(point) for point in POINTS],
    ],
    ids=["double", "float", "Fortran", "rows", "columns", "twice reversed", "lists", "tuples"],
)
def test_points(points: Any) -> None:
    scene = make_scene()
    scene.method.SetSamplePoints(points)
    np.testing.assert_array_equal(scene.method.GetSamplePoints(), POINTS)
    scene.method.Update()
    assert scene.method.GetNumberOfSamplePoints() == len(POINTS)
    assert scene.method.GetNumberOfDroppedSamplePoints() == 0
    sampler = make_sampler(scene)
    sampler.Update()
    np.testing.assert_array_equal(sampler.KeepInside(points), POINTS)


def test_points_of_integers_and_none() -> None:
    scene = make_scene()
    sampler = make_sampler(scene)
    sampler.Update()
    for dtype in (np.int64, np.uint8):
        np.testing.assert_array_equal(sampler.KeepInside(np.array([[3, 4], [200, 4]], dtype)), [[3, 4]])
    assert np.asarray(sampler.KeepInside(np.empty((0, 2)))).shape == (0, 2)
    scene.method.SetSamplePoints(POINTS)
    scene.method.SetSamplePoints(None)
    assert scene.method.GetSamplePoints() is None


@pytest.mark.parametrize("dimension", [2, 3, 4])
@pytest.mark.parametrize("pixel", [itk.F, itk.D])
def test_points_for_every_type(pixel: Any, dimension: int) -> None:
    image_type = itk.Image[pixel, dimension]
    method = itk.MaskedRegistrationMethod[image_type, image_type].New()
    given = np.arange(5 * dimension, dtype=np.float32).reshape(5, dimension)
    method.SetSamplePoints(given)
    np.testing.assert_array_equal(method.GetSamplePoints(), given)
    for other in (itk.F, itk.D):
        points = itk.PointSet[other, dimension].New()
        points.SetPoints(method.GetSamplePoints().GetPoints())
        method.SetSamplePoints(None)
        method.SetSamplePoints(points)
        np.testing.assert_array_equal(method.GetSamplePoints(), given)


@pytest.mark.parametrize("setter", ["SetSamplePoints", "KeepInside"])
@pytest.mark.parametrize(
    ("points", "error", "words"),
    [
        (np.ones((5, 3)), ValueError, r"shape \(n, 2\) is needed, not \(5, 3\)"),
        (np.ones((2, 5)), ValueError, r"not \(2, 5\); transpose it"),
        (np.ones(2), ValueError, r"not \(2,\)"),
        ([], ValueError, r"not \(0,\)"),
        ([[1, 2], [3]], ValueError, "not an array of numbers"),
        ([[1, 2], [3, np.nan]], ValueError, "point 1 is"),
        ([[np.inf, 2]], ValueError, "point 0 is"),
        ([[1e39, 2]], ValueError, "point 0 is"),
        ([["a", "b"]], TypeError, "numbers are needed"),
        (np.ones((5, 2), complex), TypeError, "complex"),
        (np.ones((5, 2), bool), TypeError, "bool"),
        (itk.PointSet[itk.F, 3].New(), TypeError, r"itk.PointSet\[itk.F, 2\] is needed, not itkPointSetF3"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_bad_points(setter: str, points: Any, error: type[Exception], words: str) -> None:
    scene = make_scene()
    target = make_sampler(scene) if setter == "KeepInside" else scene.method
    with pytest.raises(error, match=f"{setter}: .*{words}"):
        getattr(target, setter)(points)


def test_point_sets_are_arrays_and_point_sets() -> None:
    scene = make_scene()
    sampler = make_sampler(scene)
    sampler.SetMask(scene.mask)
    sampler.Update()
    for points in (sampler.SampleAll(), sampler.SampleRandomly(500, 1), sampler.SampleRegularly(500, 1)):
        assert isinstance(points, itk.PointSet[itk.F, 2])
        assert itk.template(points) == itk.template(itk.PointSet[itk.F, 2])
        array = np.asarray(points)
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, itk.array_from_vector_container(points.GetPoints()))
        assert np.asarray(points, dtype=float).dtype == np.float64
        # A copy: it may be written to, and outlives the points.
        array[0] = -1
        assert tuple(points.GetPoint(0)) != (-1, -1)
        with pytest.raises(ValueError, match="copied"):
            np.array(points, copy=False)
        np.testing.assert_array_equal(sampler.KeepInside(points), points)
    kept = np.asarray(sampler.SampleAll())
    del points
    gc.collect()
    np.testing.assert_array_equal(kept, np.argwhere(INSIDE)[:, ::-1])
    assert not hasattr(itk.PointSet[itk.F, 2].New(), "__array__"), "the class of ITK is left alone"


def test_sample_points_of_a_registration_are_arrays() -> None:
    scene = make_scene()
    assert scene.method.GetSamplePointSet() is None
    scene.method.SetMetricSamplingStrategy(NONE)
    scene.method.Update()
    np.testing.assert_array_equal(scene.method.GetSamplePointSet(0), np.argwhere(INSIDE)[:, ::-1])


# Regions


@pytest.mark.parametrize(
    "region", [((12, 10), (5, 6)), [[12, 10], [5, 6]], (np.array([12, 10]), np.array([5, 6])), "itk"]
)
def test_regions(region: Any) -> None:
    if region == "itk":
        region = itk.ImageRegion[2]([12, 10], [5, 6])
    scene = make_scene()
    scene.method.SetSamplingRegion(region)
    sampler = make_sampler(scene)
    sampler.SetRegion(region)
    for given in (scene.method.GetSamplingRegion(), sampler.GetRegion()):
        assert tuple(given.GetIndex()) == (12, 10)
        assert tuple(given.GetSize()) == (5, 6)
    assert scene.method.GetNumberOfMaskVoxels() == 30


@pytest.mark.parametrize(
    ("region", "error", "words"),
    [
        ((1, 2, 3), TypeError, r"pair \(index, size\) is needed"),
        ((1, 2), TypeError, "a sequence is needed"),
        (((0, 0, 0), (1, 1, 1)), ValueError, "must have 2 numbers each"),
        (((0, 0), (1, -1)), ValueError, "-1 is not an integer of at least 0"),
        (((0.5, 0), (1, 1)), ValueError, "0.5 is not an integer"),
        (None, TypeError, "not NoneType"),
    ],
)
def test_bad_regions(region: Any, error: type[Exception], words: str) -> None:
    scene = make_scene()
    with pytest.raises(error, match=f"SetSamplingRegion: .*{words}"):
        scene.method.SetSamplingRegion(region)
    with pytest.raises(error, match=f"SetRegion: .*{words}"):
        make_sampler(scene).SetRegion(region)


# The rest


def test_keywords_of_new_convert_too() -> None:
    scene = make_scene()
    method_type = itk.MaskedRegistrationMethod[FLOAT_2D, FLOAT_2D]
    image = make_image(INSIDE.astype(np.float32), scene.fixed)
    for keywords in (
        {"number_of_levels": 2, "shrink_factors_per_level": np.array([2, 1]), "fixed_image_mask": image},
        {"NumberOfLevels": 2, "ShrinkFactorsPerLevel": np.array([2, 1]), "FixedImageMask": image},
    ):
        method = method_type.New(fixed_image=scene.fixed, number_of_samples=np.int64(7), **keywords)
        assert method.GetNumberOfSamples() == 7
        assert [method.GetShrinkFactorsPerDimension(level)[0] for level in range(2)] == [2, 1]
        assert method.GetFixedImageMask() is not None
        assert method.GetFixedImage() == scene.fixed


def test_reports_per_level_are_arrays() -> None:
    scene = make_scene()
    scene.method.SetNumberOfLevels(2)
    scene.method.SetShrinkFactorsPerLevel([2, 1])
    scene.method.SetSmoothingSigmasPerLevel([0, 0])
    scene.method.SetNumberOfSamplesPerLevel([50, 100])
    scene.method.SetResampleEveryIteration(True)
    assert scene.method.GetResampleEveryIteration()
    scene.method.ResampleEveryIterationOff()
    scene.method.Update()
    for name, expected in [("MaskVoxels", None), ("RequestedSamplePoints", [50, 100]), ("SamplePoints", [50, 100])]:
        array = getattr(scene.method, f"GetNumberOf{name}PerLevel")()
        assert array.dtype == np.uint64
        assert array.shape == (2,)
        if expected:
            np.testing.assert_array_equal(array, expected)
    assert scene.method.GetNumberOfSamplePointsInMovingImagePerLevel(0).shape == (2,)


@pytest.mark.parametrize("pixel", [itk.F, itk.D])
def test_multi_metric(pixel: Any) -> None:
    scene = make_scene(pixel=pixel)
    image_type = itk.Image[pixel, 2]
    multi_type = itk.ObjectToObjectMultiMetricv4[2, 2, image_type, itk.D]
    other = itk.CorrelationImageToImageMetricv4[image_type, image_type].New()
    multi = multi_type.New()
    multi.AddMetric(scene.metric)
    multi.AddMetric(other)
    assert multi.GetNumberOfMetrics() == 2
    assert multi.GetMetricQueue() == (scene.metric, other)
    assert multi.GetMetricQueue()[1].GetNameOfClass() == "CorrelationImageToImageMetricv4"
    multi.SetMetricWeights(np.array([0.01, 0.99], np.float32))
    np.testing.assert_allclose(multi.GetMetricWeights(), [0.01, 0.99])
    scene.method.SetMetric(multi)
    scene.method.SetFixedImage(1, scene.fixed)
    scene.method.SetMovingImage(1, scene.moving)
    scene.method.SetNumberOfSamples(150)
    scene.method.Update()
    np.testing.assert_allclose(scene.transform.GetParameters(), 1.5, atol=0.3)
    assert [scene.method.GetNumberOfSamplePoints(i) for i in range(2)] == [150, 150]
    assert scene.method.GetNumberOfMaskVoxels(0) == INSIDE.sum()
    assert scene.method.GetNumberOfMaskVoxels(1) == INSIDE.size
    values = multi.GetValueArray()
    assert values.shape == (2,)
    assert multi.GetWeightedValue() == pytest.approx(values @ multi.GetMetricWeights())
    multi.ClearMetricQueue()
    assert multi.GetMetricQueue() == ()


def test_multi_metric_refuses_other_metrics() -> None:
    multi = itk.ObjectToObjectMultiMetricv4[2, 2, FLOAT_2D, itk.D].New()
    image_type = itk.Image[itk.D, 2]
    with pytest.raises(TypeError, match="AddMetric: a metric of 2 dimensions with images of float"):
        multi.AddMetric(itk.MeanSquaresImageToImageMetricv4[image_type, image_type].New())
    nothing: Any = None
    with pytest.raises(TypeError):
        multi.AddMetric(nothing)
    assert multi.GetNumberOfMetrics() == 0
