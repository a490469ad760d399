# SPDX-License-Identifier: Apache-2.0
"""A small registration problem: a smooth bump in noise, moved by a known translation."""

from dataclasses import dataclass
from typing import Any

import itk
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
RANDOM = itk.ImageRegistrationMethodv4Enums.MetricSamplingStrategy_RANDOM
REGULAR = itk.ImageRegistrationMethodv4Enums.MetricSamplingStrategy_REGULAR
NONE = itk.ImageRegistrationMethodv4Enums.MetricSamplingStrategy_NONE


@dataclass
class Scene:
    """Images with their mask, and a registration method that is ready to run."""

    method: Any
    metric: Any
    optimizer: Any
    transform: Any
    fixed: Any
    moving: Any
    mask: Any
    mask_image: Any


def make_mask(array: npt.NDArray[np.uint8], like: Any) -> tuple[Any, Any]:
    """A spatial object from an array, on the grid of an image (or on its own if it has another shape)."""
    image = itk.image_from_array(array)
    image.SetOrigin(like.GetOrigin())
    image.SetSpacing(like.GetSpacing())
    image.SetDirection(like.GetDirection())
    mask = itk.ImageMaskSpatialObject[array.ndim].New()
    mask.SetImage(image)
    mask.Update()
    return mask, image


def make_scene(
    shape: tuple[int, ...] = (40, 50),
    pixel: Any = itk.F,
    method: Any = None,
    spacing: float = 1.0,
) -> Scene:
    """Mean squares, translation; the moving image is the fixed one moved by 1.5 mm along every axis."""
    dimension = len(shape)
    image_type = itk.Image[pixel, dimension]
    dtype = np.float32 if pixel is itk.F else np.float64
    grid = np.meshgrid(*[np.arange(n) * spacing for n in shape], indexing="ij")
    center = [n * spacing / 2 for n in shape]
    width = min(center) / 2

    def bump(shift: float) -> Any:
        distance = sum((g - c - shift) ** 2 for g, c in zip(grid, center, strict=True))
        image = itk.image_from_array((100 * np.exp(-distance / (2 * width**2))).astype(dtype))
        image.SetSpacing([spacing] * dimension)
        return image

    fixed, moving = bump(0.0), bump(1.5)
    inside = np.zeros(shape, np.uint8)
    inside[tuple(slice(n // 4, 3 * n // 4) for n in shape)] = 1
    mask, mask_image = make_mask(inside, fixed)

    metric = itk.MeanSquaresImageToImageMetricv4[image_type, image_type].New()
    metric.SetFixedImageMask(mask)
    # The default gradient filter is recursive over the whole image, so that padding would change its last digits.
    metric.SetUseFixedImageGradientFilter(False)
    metric.SetUseMovingImageGradientFilter(False)
    scales = itk.RegistrationParameterScalesFromPhysicalShift[type(metric)].New()
    scales.SetMetric(metric)
    optimizer = itk.RegularStepGradientDescentOptimizerv4[itk.D].New()
    optimizer.SetLearningRate(1.0)
    optimizer.SetMinimumStepLength(1e-4)
    optimizer.SetNumberOfIterations(100)
    optimizer.SetScalesEstimator(scales)
    transform = itk.TranslationTransform[itk.D, dimension].New()

    method = (method or itk.MaskedRegistrationMethod)[image_type, image_type].New()
    method.SetFixedImage(fixed)
    method.SetMovingImage(moving)
    method.SetMetric(metric)
    method.SetOptimizer(optimizer)
    method.SetInitialTransform(transform)
    method.SetNumberOfLevels(1)
    method.SetShrinkFactorsPerLevel([1])
    method.SetSmoothingSigmasPerLevel([0])
    method.SetMetricSamplingStrategy(RANDOM)
    method.MetricSamplingReinitializeSeed(1)
    return Scene(method, metric, optimizer, transform, fixed, moving, mask, mask_image)


def points_of(method: Any, metric: int = 0) -> FloatArray:
    """The sample points, shape (n, D), in mm."""
    container = method.GetSamplePointSet(metric).GetPoints()
    return np.asarray(itk.array_from_vector_container(container))
