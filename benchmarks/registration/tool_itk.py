# SPDX-License-Identifier: Apache-2.0
"""This module, and the stock class that it derives from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import itk
import numpy as np
import numpy.typing as npt
from cases import AFFINE, MEAN_SQUARES, MUTUAL_INFORMATION, RIGID, Job
from itk_maskedsampling import Registration, register
from store import FloatArray
from tool import Tool

ImageType = itk.Image[itk.F, 3]
METRICS = {MEAN_SQUARES: "MeanSquares", MUTUAL_INFORMATION: "MattesMutualInformation"}


def metric_class(name: str, sampled: bool) -> Any:
    """A stock metric, or this module's one of the same name."""
    stock = f"{name}ImageToImageMetricv4"
    return getattr(itk, f"Sampled{stock}" if sampled else stock)[ImageType, ImageType]


class ItkTool(Tool):
    """ImageRegistrationMethodv4."""

    registration_class = "ImageRegistrationMethodv4"
    sampled_metrics = False

    def make_image(self, array: npt.NDArray[Any], geometry: dict[str, Any]) -> Any:
        image = itk.image_from_array(array)
        image.SetOrigin(geometry["origin"])
        image.SetSpacing(geometry["spacing"])
        image.SetDirection(itk.matrix_from_array(np.array(geometry["direction"])))
        return image

    def make_metric(self, job: Job) -> Any:
        metric = metric_class(METRICS[job.metric], self.sampled_metrics).New()
        if job.metric == MUTUAL_INFORMATION:
            metric.SetNumberOfHistogramBins(job.options["bins"])
        metric.SetUseFixedImageGradientFilter(False)
        metric.SetUseMovingImageGradientFilter(False)
        return metric

    def set_mask(self, registration: Any, metric: Any, mask: Any) -> None:
        spatial_object = itk.ImageMaskSpatialObject[3].New()
        spatial_object.SetImage(mask)
        spatial_object.Update()
        metric.SetFixedImageMask(spatial_object)

    def make_transform(self, job: Job, center: list[float]) -> Any:
        if job.transform in (RIGID, AFFINE):
            kind = itk.Euler3DTransform[itk.D] if job.transform == RIGID else itk.AffineTransform[itk.D, 3]
            transform = kind.New()
            transform.SetCenter(center)
            return transform
        corner, cells = self.mesh(job)
        transform = itk.BSplineTransform[itk.D, 3, 3].New()
        transform.SetTransformDomainOrigin(corner.tolist())
        transform.SetTransformDomainPhysicalDimensions([job.options["grid spacing"] * number for number in cells])
        transform.SetTransformDomainMeshSize(cells)
        return transform

    def make_optimizer(self, job: Job, metric: Any) -> Any:
        options = job.options
        if options["optimizer"] == "LBFGS2":
            optimizer = itk.LBFGS2Optimizerv4Template[itk.D].New()
            optimizer.SetMaximumIterations(options["iterations"])
            optimizer.SetSolutionAccuracy(options["accuracy"])
        else:
            optimizer = itk.RegularStepGradientDescentOptimizerv4[itk.D].New()
            optimizer.SetLearningRate(options["rate"])
            optimizer.SetRelaxationFactor(options["relaxation"])
            optimizer.SetMinimumStepLength(options["minimum step"])
            optimizer.SetNumberOfIterations(options["iterations"])
        if options["scales"]:
            estimator = itk.RegistrationParameterScalesFromPhysicalShift[type(metric)].New(metric=metric)
            optimizer.SetScalesEstimator(estimator)
        return optimizer

    def ask_for_samples(self, job: Job, percentages: list[float], registration: Any) -> None:
        registration.SetMetricSamplingPercentagePerLevel(percentages)

    def register(self, job: Job, images: tuple[Any, ...], center: list[float], percentages: list[float]) -> Any:
        fixed, moving, mask = images
        metric = self.make_metric(job)
        transform = self.make_transform(job, center)
        registration = getattr(itk, self.registration_class)[ImageType, ImageType].New()
        registration.SetFixedImage(fixed)
        registration.SetMovingImage(moving)
        registration.SetMetric(metric)
        self.set_mask(registration, metric, mask)
        registration.SetOptimizer(self.make_optimizer(job, metric))
        registration.SetNumberOfLevels(len(job.options["shrink factors"]))
        registration.SetShrinkFactorsPerLevel(job.options["shrink factors"])
        registration.SetSmoothingSigmasPerLevel(job.options["sigmas"])
        registration.SetMetricSamplingStrategy(itk.ImageRegistrationMethodv4Enums.MetricSamplingStrategy_RANDOM)
        registration.MetricSamplingReinitializeSeed(job.seed)
        self.ask_for_samples(job, percentages, registration)
        registration.SetInitialTransform(transform)
        registration.InPlaceOn()
        registration.Update()
        return transform

    def prepare(self, job: Job) -> Callable[[], Any]:
        images = self.images(job)
        center = self.store.center(job.mask)
        percentages = self.percentages(job)
        return lambda: self.register(job, images, center, percentages)

    def map_points(self, transform: Any, points: FloatArray) -> FloatArray:
        return np.array([transform.TransformPoint(point) for point in points.tolist()])


class MaskedTool(ItkTool):
    """MaskedRegistrationMethod, with the metrics of this module; or register(), where the options say so."""

    registration_class = "MaskedRegistrationMethod"
    sampled_metrics = True

    def prepare(self, job: Job) -> Callable[[], Any]:
        if "one call" not in job.options:
            return super().prepare(job)
        images = self.images(job)
        transform, metric = job.transform.lower(), job.metric.replace(" ", "-")
        settings = {"transform": transform, "metric": metric, "seed": job.seed} | job.options["one call"]
        return lambda: register(*images, **settings)

    def map_points(self, transform: Any, points: FloatArray) -> FloatArray:
        if isinstance(transform, Registration):
            return transform.transform_points(points)
        return super().map_points(transform, points)

    def find_bars(self, transform: Any, points: FloatArray) -> FloatArray | None:
        is_known = isinstance(transform, Registration) and transform.uncertainty is not None
        return transform.uncertainty.at(points) if is_known else None

    def describe(self, transform: Any) -> dict[str, Any]:
        """How far register() says that its result can be trusted."""
        if not isinstance(transform, Registration) or transform.uncertainty is None:
            return {}
        found = transform.uncertainty
        return {
            "status": found.status,
            "standard error": found.standard_error,
            "uncertainty seconds": found.seconds,
            "alternatives": [one.transform.matrix().tolist() for one in found.alternatives],
        }

    def set_mask(self, registration: Any, metric: Any, mask: Any) -> None:
        registration.SetFixedImageMask(mask)

    def ask_for_samples(self, job: Job, percentages: list[float], registration: Any) -> None:
        registration.SetNumberOfSamplesPerLevel(job.options.get("samples per level", [job.options["samples"]] * 3))
        registration.SetResampleEveryIteration(job.options["resample"])
