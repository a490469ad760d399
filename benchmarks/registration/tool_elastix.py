# SPDX-License-Identifier: Apache-2.0
"""elastix, by the itk-elastix package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import itk
import numpy as np
import numpy.typing as npt
from cases import BSPLINE, DEFORMABLE, MOVING_MASK, Job
from store import FloatArray
from tool import NUMBER_OF_THREADS, Tool

ImageType = itk.Image[itk.F, 3]


def as_texts(value: Any) -> list[str]:
    """A value of a parameter map."""
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(entry) for entry in value]
    return [str(value)]


class ElastixTool(Tool):
    def make_image(self, array: npt.NDArray[Any], geometry: dict[str, Any]) -> Any:
        image = itk.image_from_array(array)
        image.SetOrigin(geometry["origin"])
        image.SetSpacing(geometry["spacing"])
        image.SetDirection(itk.matrix_from_array(np.array(geometry["direction"])))
        return image

    def register(self, job: Job, images: tuple[Any, ...], center: list[float]) -> Any:
        fixed, moving, mask = images
        parameters = dict(job.options)
        parameters["Metric"] = parameters["Metric"][job.metric]
        parameters["RandomSeed"] = job.seed
        if job.transform != BSPLINE:
            parameters["CenterOfRotationPoint"] = center
        parameter_object = itk.ParameterObject.New()
        parameter_object.AddParameterMap({key: as_texts(value) for key, value in parameters.items()})
        elastix = itk.ElastixRegistrationMethod[ImageType, ImageType].New()
        elastix.SetFixedImage(fixed)
        elastix.SetMovingImage(moving)
        elastix.SetFixedMask(mask)
        elastix.SetParameterObject(parameter_object)
        elastix.SetNumberOfThreads(NUMBER_OF_THREADS)
        elastix.LogToConsoleOff()
        elastix.LogToFileOff()
        elastix.Update()
        return elastix

    def register_deformable(self, job: Job, images: tuple[Any, ...]) -> Any:
        """By several maps, one after the other, with both masks."""
        fixed, moving, mask, moving_mask = images
        parameter_object = itk.ParameterObject.New()
        for options in job.options["maps"]:
            parameters = options | {"Metric": options["Metric"][job.metric], "RandomSeed": job.seed}
            parameter_object.AddParameterMap({key: as_texts(value) for key, value in parameters.items()})
        elastix = itk.ElastixRegistrationMethod[ImageType, ImageType].New()
        elastix.SetFixedImage(fixed)
        elastix.SetMovingImage(moving)
        elastix.SetFixedMask(mask)
        elastix.SetMovingMask(moving_mask)
        elastix.SetParameterObject(parameter_object)
        elastix.SetNumberOfThreads(NUMBER_OF_THREADS)
        elastix.LogToConsoleOff()
        elastix.LogToFileOff()
        elastix.Update()
        return elastix

    def prepare(self, job: Job) -> Callable[[], Any]:
        images = self.images(job)
        if job.transform == DEFORMABLE:
            images = (*images, self.image(MOVING_MASK, 1))
            return lambda: self.register_deformable(job, images)
        center = self.store.center(job.mask)
        return lambda: self.register(job, images, center)

    def map_points(self, transform: Any, points: FloatArray) -> FloatArray:
        found = transform.ConvertToItkTransform(transform.GetCombinationTransform())
        return np.array([found.TransformPoint(point) for point in points.tolist()])
