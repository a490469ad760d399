# SPDX-License-Identifier: Apache-2.0
"""SimpleITK's ImageRegistrationMethod."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk
from cases import AFFINE, BSPLINE, MEAN_SQUARES, RIGID, Job
from simpleitk_image import make_simpleitk_image
from store import FloatArray
from tool import NUMBER_OF_THREADS, Tool

sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(NUMBER_OF_THREADS)


class SimpleItkTool(Tool):
    def make_image(self, array: npt.NDArray[Any], geometry: dict[str, Any]) -> Any:
        return make_simpleitk_image(array, geometry)

    def make_transform(self, job: Job, center: list[float]) -> Any:
        if job.transform == RIGID:
            rigid = sitk.Euler3DTransform()
            rigid.SetCenter(center)
            return rigid
        if job.transform == AFFINE:
            affine = sitk.AffineTransform(3)
            affine.SetCenter(center)
            return affine
        corner, cells = self.mesh(job)
        transform = sitk.BSplineTransform(3, 3)
        transform.SetTransformDomainOrigin(corner.tolist())
        transform.SetTransformDomainPhysicalDimensions([job.options["grid spacing"] * number for number in cells])
        transform.SetTransformDomainMeshSize(cells)
        return transform

    def set_optimizer(self, job: Job, method: Any) -> None:
        options = job.options
        if options["optimizer"] == "LBFGS2":
            method.SetOptimizerAsLBFGS2(numberOfIterations=options["iterations"], solutionAccuracy=options["accuracy"])
        else:
            method.SetOptimizerAsRegularStepGradientDescent(
                learningRate=options["rate"],
                minStep=options["minimum step"],
                numberOfIterations=options["iterations"],
                relaxationFactor=options["relaxation"],
            )
        if options["scales"]:
            method.SetOptimizerScalesFromPhysicalShift()

    def crop(self, fixed: Any, mask: Any, method: Any) -> None:
        """Make the box of the mask the virtual domain, of which the percentages and the scales are."""
        shape = sitk.LabelShapeStatisticsImageFilter()
        shape.ComputePerimeterOff()
        shape.ComputeFeretDiameterOff()
        shape.Execute(mask)
        x, y, z, *size = shape.GetBoundingBox(1)
        origin = fixed.TransformIndexToPhysicalPoint((x, y, z))
        method.SetVirtualDomain(size, origin, fixed.GetSpacing(), fixed.GetDirection())

    def register(self, job: Job, images: tuple[Any, ...], center: list[float], percentages: list[float]) -> Any:
        fixed, moving, mask = images
        method = sitk.ImageRegistrationMethod()
        if job.metric == MEAN_SQUARES:
            method.SetMetricAsMeanSquares()
        else:
            method.SetMetricAsMattesMutualInformation(job.options["bins"])
        method.MetricUseFixedImageGradientFilterOff()
        method.MetricUseMovingImageGradientFilterOff()
        method.SetMetricFixedMask(mask)
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentagePerLevel(percentages, job.seed)
        method.SetInterpolator(sitk.sitkLinear)
        if job.options.get("crop"):
            self.crop(fixed, mask, method)
        method.SetShrinkFactorsPerLevel(job.options["shrink factors"])
        method.SetSmoothingSigmasPerLevel(job.options["sigmas"])
        method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
        self.set_optimizer(job, method)
        transform = self.make_transform(job, center)
        if job.transform == BSPLINE:
            method.SetInitialTransformAsBSpline(transform, inPlace=True)
        else:
            method.SetInitialTransform(transform, inPlace=True)
        method.Execute(fixed, moving)
        return transform

    def prepare(self, job: Job) -> Callable[[], Any]:
        images = self.images(job)
        center = self.store.center(job.mask)
        percentages = self.percentages(job)
        return lambda: self.register(job, images, center, percentages)

    def map_points(self, transform: Any, points: FloatArray) -> FloatArray:
        return np.array([transform.TransformPoint(point) for point in points.tolist()])
