# SPDX-License-Identifier: Apache-2.0
"""The sampled metrics as Python has them, beside those of ITK."""

from typing import Any

import itk
import numpy as np
import pytest
from scene import make_scene

KINDS = ["Correlation", "MattesMutualInformation", "MeanSquares"]


def metric_class(kind: str, prefix: str = "", pixel: Any = itk.F, dimension: int = 2) -> Any:
    image_type = itk.Image[pixel, dimension]
    return getattr(itk, f"{prefix}{kind}ImageToImageMetricv4")[image_type, image_type]


def prepared(metric: Any, scene: Any, points: Any) -> Any:
    """A metric between two images, at certain points."""
    metric.SetFixedImage(scene.fixed)
    metric.SetMovingImage(scene.moving)
    metric.SetFixedTransform(itk.IdentityTransform[itk.D, 2].New())
    metric.SetMovingTransform(scene.transform)
    metric.SetVirtualDomainFromImage(scene.fixed)
    metric.SetVirtualSampledPointSet(points)
    metric.UseSampledPointSetOn()
    metric.UseVirtualSampledPointSetOn()
    metric.SetMaximumNumberOfWorkUnits(1)
    metric.Initialize()
    return metric


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("pixel", "dimension"), [(itk.F, 2), (itk.D, 3), (itk.F, 4)])
def test_is_the_stock_metric_and_more(kind: str, pixel: Any, dimension: int) -> None:
    stock = metric_class(kind, "", pixel, dimension)
    sampled = metric_class(kind, "Sampled", pixel, dimension)
    assert issubclass(sampled, stock)
    assert sampled.New().GetNameOfClass() == f"Sampled{kind}ImageToImageMetricv4"


@pytest.mark.parametrize("kind", KINDS)
def test_value_is_that_of_stock_and_derivative_is_its_slope(kind: str) -> None:
    scene = make_scene((60, 70), pixel=itk.D)
    sampler = itk.MaskedVoxelSampler[2].New(domain=scene.fixed, mask=scene.mask)
    sampler.Update()
    points = itk.PointSet[itk.D, 2].New()
    points.SetPoints(sampler.SampleRandomly(400, 3).GetPoints())
    scene.transform.SetOffset([0.4, -0.3])
    stock = prepared(metric_class(kind, "", itk.D).New(), scene, points)
    sampled = prepared(metric_class(kind, "Sampled", itk.D).New(), scene, points)
    assert sampled.GetValue() == pytest.approx(stock.GetValue(), rel=1e-10)
    assert sampled.GetNumberOfValidPoints() == stock.GetNumberOfValidPoints() > 300

    derivative = itk.Array[itk.D]()
    sampled.GetDerivative(derivative)
    step = 1e-5
    for parameter in range(2):
        values = []
        for sign in (-1, 1):
            moved = [0.4, -0.3]
            moved[parameter] += sign * step
            scene.transform.SetOffset(moved)
            values.append(sampled.GetValue())
        slope = (values[1] - values[0]) / (2 * step)
        assert slope != 0
        assert derivative.GetElement(parameter) == pytest.approx(-slope, rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["MaskedRegistrationMethod", "ImageRegistrationMethodv4"])
def test_finds_the_motion_with_any_method(kind: str, method: str) -> None:
    scene = make_scene((60, 70), method=getattr(itk, method))
    metric = metric_class(kind, "Sampled").New()
    metric.SetFixedImageMask(scene.mask_image)  # an image is welcome
    scales = itk.RegistrationParameterScalesFromPhysicalShift[type(metric)].New(metric=metric)
    scene.optimizer.SetScalesEstimator(scales)
    scene.method.SetMetric(metric)
    scene.method.SetMetricSamplingPercentage(1.0)
    scene.method.Update()
    assert np.array(scene.transform.GetParameters()) == pytest.approx([1.5, 1.5], abs=0.1)


@pytest.mark.parametrize("name", ["IndexShift", "Jacobian", "PhysicalShift"])
def test_estimators_of_scales_take_them_as_template_argument(name: str) -> None:
    template = getattr(itk, f"RegistrationParameterScalesFrom{name}")
    for kind in KINDS:
        assert template[metric_class(kind, "Sampled")] is template[metric_class(kind)]


def test_joint_histogram_can_be_looked_at() -> None:
    scene = make_scene((60, 70))
    sampler = itk.MaskedVoxelSampler[2].New(domain=scene.fixed, mask=scene.mask)
    sampler.Update()
    points = itk.PointSet[itk.F, 2].New()
    points.SetPoints(sampler.SampleAll().GetPoints())
    metric = metric_class("MattesMutualInformation", "Sampled").New()
    metric.SetNumberOfHistogramBins(16)
    value = prepared(metric, scene, points).GetValue()
    joint = itk.array_from_image(metric.GetJointPDF())
    assert joint.shape == (16, 16)
    assert joint.sum() == pytest.approx(1)
    # The definition of mutual information.
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    full = joint > 0
    assert -value == pytest.approx((joint[full] * np.log(joint[full] / independent[full])).sum(), rel=1e-9)


def test_default_metric() -> None:
    method = itk.MaskedRegistrationMethod[itk.Image[itk.F, 3], itk.Image[itk.F, 3]].New()
    assert method.GetMetric().GetNameOfClass() == "SampledMattesMutualInformationImageToImageMetricv4"
