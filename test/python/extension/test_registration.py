# SPDX-License-Identifier: Apache-2.0
"""itk.MaskedRegistrationMethod from Python: together with the objects of the stock wheel."""

import os
import subprocess
import sys
from typing import Any

import itk
import numpy as np
import pytest
from scene import NONE, RANDOM, REGULAR, make_mask, make_scene, points_of

SHAPES = {2: (40, 50), 3: (20, 24, 28), 4: (10, 11, 12, 13)}


@pytest.mark.parametrize("pixel", [itk.F, itk.D])
@pytest.mark.parametrize("dimension", [2, 3, 4])
def test_is_a_subclass_and_finds_the_known_translation(pixel: Any, dimension: int) -> None:
    scene = make_scene(SHAPES[dimension], pixel)
    image_type = itk.Image[pixel, dimension]
    stock = itk.ImageRegistrationMethodv4[image_type, image_type]
    assert isinstance(scene.method, stock)

    scene.method.SetNumberOfSamples(200)
    scene.method.Update()
    # 200 samples without noise; the moving image is interpolated linearly from a coarse grid.
    np.testing.assert_allclose(np.array(scene.transform.GetParameters()), 1.5, atol=0.2)


@pytest.mark.parametrize("strategy", [RANDOM, REGULAR])
def test_exact_count_and_membership(strategy: Any) -> None:
    scene = make_scene()
    scene.method.SetMetricSamplingStrategy(strategy)
    inside = itk.array_from_image(scene.mask_image) != 0
    assert scene.method.GetNumberOfMaskVoxels() == inside.sum()
    for setter, argument, expected in [
        (scene.method.SetNumberOfSamples, 123, 123),
        (scene.method.SetNumberOfSamples, 1234, 1234),  # more than the mask has voxels
        (scene.method.SetNumberOfSamples, 0, inside.sum()),
        (scene.method.SetMetricSamplingPercentage, 0.1, round(0.1 * inside.sum())),
        (scene.method.SetMetricSamplingPercentage, 1e-9, 1),
    ]:
        setter(argument)
        scene.method.Update()
        points = points_of(scene.method)
        assert points.dtype == np.float32
        assert points.shape == (expected, 2)
        assert scene.method.GetNumberOfSamplePoints() == expected
        voxels = np.floor(points[:, ::-1] + 0.5).astype(int)
        assert inside[tuple(voxels.T)].all()


def test_none_uses_every_voxel_of_the_mask() -> None:
    scene = make_scene()
    scene.method.SetMetricSamplingStrategy(NONE)
    scene.method.Update()
    expected = np.argwhere(itk.array_from_image(scene.mask_image) != 0)[:, ::-1]
    np.testing.assert_array_equal(points_of(scene.method), expected)


def test_padding_changes_nothing() -> None:
    results = []
    for extra in (0, 7, 60):
        scene = make_scene()
        for name in ("Fixed", "Moving"):
            array = np.pad(itk.array_from_image(getattr(scene, name.lower())), (0, extra))
            getattr(scene.method, f"Set{name}Image")(itk.image_from_array(array))
        scene.method.SetNumberOfSamples(100)
        scene.method.Update()
        results.append((points_of(scene.method), np.array(scene.transform.GetParameters())))
    for points, parameters in results[1:]:
        np.testing.assert_array_equal(points, results[0][0])
        np.testing.assert_array_equal(parameters, results[0][1])


def test_seed_determines_the_points() -> None:
    points = []
    for seed in (1, 1, 2):
        scene = make_scene()
        scene.method.SetNumberOfSamples(50)
        scene.method.MetricSamplingReinitializeSeed(seed)
        scene.method.Update()
        points.append(points_of(scene.method))
    np.testing.assert_array_equal(points[0], points[1])
    assert not np.array_equal(points[0], points[2])


def test_spatial_objects_of_the_stock_wheel_are_masks() -> None:
    scene = make_scene(spacing=0.8)
    ellipse = itk.EllipseSpatialObject[2].New()
    ellipse.SetRadiusInObjectSpace(7.5)
    ellipse.SetCenterInObjectSpace([20.0, 16.0])
    ellipse.Update()
    scene.metric.SetFixedImageMask(ellipse)
    scene.method.SetNumberOfSamples(2000)
    scene.method.Update()
    distance = np.hypot(*(points_of(scene.method).astype(float) - [20.0, 16.0]).T)
    assert distance.max() <= 7.5
    assert distance.max() > 7.2  # the points fill the ellipse


def test_objects_pass_back_to_the_stock_wheel() -> None:
    scene = make_scene()
    scene.method.SetNumberOfSamples(100)
    scene.method.Update()
    output = scene.method.GetOutput().Get()
    assert tuple(output.TransformPoint([0.0, 0.0])) == pytest.approx(tuple(scene.transform.GetParameters()))
    sampler = scene.method.GetSampler()
    assert sampler.GetNumberOfVoxels() == scene.method.GetNumberOfMaskVoxels()
    region = sampler.GetBoundingRegion()
    assert tuple(region.GetIndex()) == (12, 10)
    assert tuple(region.GetSize()) == (25, 20)
    assert scene.metric.GetFixedImageMask() == scene.mask


def test_mask_on_the_method_is_for_metrics_without_one() -> None:
    scene = make_scene()
    scene.metric.SetFixedImageMask(None)
    scene.method.SetFixedImageMask(scene.mask)
    scene.method.Update()
    assert scene.method.GetNumberOfSamplePoints() == 500
    assert scene.metric.GetFixedImageMask() is None


def test_observer_sees_the_iterations() -> None:
    scene = make_scene()
    values: list[float] = []
    scene.optimizer.AddObserver(itk.IterationEvent(), lambda: values.append(scene.optimizer.GetValue()))
    scene.method.Update()
    assert len(values) > 3
    assert values[-1] < values[0] / 10


def make_empty_mask(scene: Any) -> None:
    mask, image = make_mask(np.ones((40, 50), np.uint8), scene.fixed)
    image.SetOrigin([1000.0, 2000.0])
    mask.SetImage(image)
    mask.Update()
    scene.metric.SetFixedImageMask(mask)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (make_empty_mask, ["999.5, 1049.5", "-0.5, 49.5", "origin, spacing or direction"]),
        (lambda s: s.method.SetMetricSamplingPercentage(0.0), ["is 0.", "(0, 1]"]),
        (lambda s: s.method.SetMetricSamplingPercentage(1.5), ["is 1.5", "SetNumberOfSamples"]),
        (lambda s: s.method.SetMetricSamplingPercentage(float("nan")), ["is nan"]),
        (lambda s: s.method.SetSmoothingSigmasPerLevel([0, 0]), ["2 values", "1 levels"]),
        (lambda s: s.method.SetNumberOfSamplesPerLevel([1, 2, 3]), ["3 values", "1 levels"]),
        (lambda s: s.method.SetMetricSamplingPercentagePerLevel([0.5, 0.5]), ["2 values"]),
    ],
)
def test_bad_input_is_named_and_the_process_lives(action: Any, words: list[str]) -> None:
    scene = make_scene()

    def act_and_update() -> None:
        action(scene)
        scene.method.Update()

    with pytest.raises(RuntimeError) as error:
        act_and_update()
    for word in words:
        assert word in str(error.value)


def test_mask_of_another_dimension_is_a_type_error() -> None:
    scene = make_scene()
    with pytest.raises(TypeError):
        scene.metric.SetFixedImageMask(itk.EllipseSpatialObject[3].New())
    with pytest.raises(TypeError):
        scene.method.SetFixedImageMask(itk.EllipseSpatialObject[3].New())
    scene.method.Update()


@pytest.mark.parametrize("threader", ["Pool", "Platform"])
def test_works_with_other_threaders(threader: str) -> None:
    code = (
        "import itk; from scene import make_scene; s = make_scene();"
        "s.method.SetNumberOfSamples(100); s.method.Update();"
        "print(itk.MultiThreaderBase.GetGlobalDefaultThreader(), *s.transform.GetParameters())"
    )
    environment = os.environ | {"ITK_GLOBAL_DEFAULT_THREADER": threader}
    environment["PYTHONPATH"] = os.path.dirname(os.path.dirname(__file__))
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    scene = make_scene()
    scene.method.SetNumberOfSamples(100)
    scene.method.Update()
    parameters = np.array(result.stdout.split()[1:], float)
    # The same points; the sums of the metric may be split among the threads in another way.
    np.testing.assert_allclose(parameters, list(scene.transform.GetParameters()), atol=1e-9)
