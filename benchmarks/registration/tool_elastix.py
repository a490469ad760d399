# SPDX-License-Identifier: Apache-2.0
"""elastix, by the itk-elastix package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import itk
import numpy as np
import numpy.typing as npt
from cases import BSPLINE, DEFORMABLE, Job
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

    def register(self, job: Job, maps: Sequence[dict[str, Any]], images: tuple[Any, ...]) -> Any:
        """By one map after the other; the images are fixed, moving, the mask, and that of the moving image if any."""
        parameter_object = itk.ParameterObject.New()
        for options in maps:
            parameters = options | {"Metric": options["Metric"][job.metric], "RandomSeed": job.seed}
            parameter_object.AddParameterMap({key: as_texts(value) for key, value in parameters.items()})
        elastix = itk.ElastixRegistrationMethod[ImageType, ImageType].New()
        elastix.SetFixedImage(images[0])
        elastix.SetMovingImage(images[1])
        elastix.SetFixedMask(images[2])
        if len(images) > 3:
            elastix.SetMovingMask(images[3])
        elastix.SetParameterObject(parameter_object)
        elastix.SetNumberOfThreads(NUMBER_OF_THREADS)
        elastix.LogToConsoleOff()
        elastix.LogToFileOff()
        elastix.Update()
        return elastix

    def prepare(self, job: Job) -> Callable[[], Any]:
        images = self.images(job)
        if job.transform == DEFORMABLE:
            return lambda: self.register(job, job.options["maps"], images)
        center = {} if job.transform == BSPLINE else {"CenterOfRotationPoint": self.store.center(job.mask)}
        return lambda: self.register(job, [job.options | center], images)

    def map_points(self, transform: Any, points: FloatArray) -> FloatArray:
        found = transform.ConvertToItkTransform(transform.GetCombinationTransform())
        return np.array([found.TransformPoint(point) for point in points.tolist()])
