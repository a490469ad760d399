# SPDX-License-Identifier: Apache-2.0
"""Transforms of SimpleITK, to and from lists of parts. Only who has one of them loads this."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import SimpleITK as sitk

from .._core import Part
from .._images.arrays import describe
from .foreign_itk import check_dimensions, spline_order

BSPLINE_SMOOTHING = "BSplineSmoothingOnUpdateDisplacementFieldTransform"
#: What SimpleITK calls otherwise; parameters and fixed parameters are the same.
SIMPLEITK_NAMES = {
    "GaussianSmoothingOnUpdateDisplacementFieldTransform": "DisplacementFieldTransform",
    "BSplineSmoothingOnUpdateDisplacementFieldTransform": "DisplacementFieldTransform",
}


def from_simpleitk(name: str, transform: Any) -> tuple[int, tuple[Part, ...]]:
    """Dimension and parts of a SimpleITK transform."""
    if not isinstance(transform, sitk.Transform):
        raise TypeError(f"{name}: a SimpleITK transform is needed, not {describe(transform)}")
    dimension = transform.GetDimension()
    check_dimensions(name, dimension, dimension)
    parts = flatten(name, downcast(transform))
    return dimension, tuple(to_plain_field(dimension, part) for part in parts)


def to_plain_field(dimension: int, part: Part) -> Part:
    """A displacement field without how it is smoothed as it is found, two numbers after its geometry."""
    name, fixed_parameters, parameters = part
    if not name.startswith("GaussianSmoothingOnUpdateDisplacementFieldTransform"):
        return part
    plain = f"DisplacementFieldTransform_double_{dimension}_{dimension}"
    return plain, fixed_parameters[: dimension * (dimension + 3)], parameters


def find_class(transform: Any) -> str:
    """The name of ITK's class. GetName() is the same for several of them."""
    found = re.search(r"^\s*(\w+) \(", str(transform), re.MULTILINE)
    return found[1] if found else str(transform.GetName())


def downcast(transform: Any) -> Any:
    """A lazy copy of the class of SimpleITK that the transform is of, as far as there is one."""
    try:
        return transform.Downcast()
    except (KeyError, TypeError):  # SimpleITK has no class for it, or does not find it
        return transform


def get_nth(name: str, composite: Any, number: int) -> Any:
    try:
        return composite.GetNthTransform(number)
    except (KeyError, TypeError):
        raise NotImplementedError(
            f"{name}: SimpleITK has no class for transform {number} of the composite transform, so that it cannot be "
            "taken out of it; use one of another class, or alone"
        ) from None


def flatten(name: str, transform: Any) -> list[Part]:
    if isinstance(transform, sitk.CompositeTransform):
        numbers = range(transform.GetNumberOfTransforms())
        if not numbers:
            dimension = transform.GetDimension()
            return [(f"IdentityTransform_double_{dimension}_{dimension}", np.empty(0), np.empty(0))]
        return [part for number in numbers for part in flatten(name, get_nth(name, transform, number))]
    class_name = find_class(transform)
    if class_name == BSPLINE_SMOOTHING:
        raise NotImplementedError(
            f"{name}: displacement fields that are smoothed by B-splines cannot be optimised here; smooth it by "
            "Gaussians, SetSmoothingGaussianOnUpdate(), or not, SetSmoothingOff()"
        )
    dimension = transform.GetDimension()
    type_name = f"{class_name}_double_{dimension}_{dimension}"
    if isinstance(transform, sitk.BSplineTransform) and transform.GetOrder() != 3:
        type_name += f"_{transform.GetOrder()}"
    fixed = np.array(transform.GetFixedParameters(), np.float64)
    if isinstance(transform, sitk.DisplacementFieldTransform):
        fixed = np.append(fixed, find_variances(transform))
        field = transform.GetDisplacementField()
        parameters = np.array(sitk.GetArrayViewFromImage(field), np.float64).ravel()
    else:
        parameters = np.array(transform.GetParameters(), np.float64)
    return [(type_name, fixed, parameters)]


def find_variances(transform: Any) -> list[float]:
    """How a displacement field that is smoothed as it is found is smoothed: variances of update and whole, or none."""
    text = str(transform)
    found = (
        re.search(rf"GaussianSmoothingVarianceFor{label}: (\S+)", text) for label in ("TheUpdateField", "TheTotalField")
    )
    return [float(one[1]) for one in found if one]


def to_simpleitk(dimension: int, parts: Sequence[Part]) -> Any:
    """A SimpleITK transform; a composite one unless there is one part."""
    made = [make_simpleitk(dimension, part) for part in parts]
    if len(made) == 1:
        return made[0]
    composite = sitk.CompositeTransform(dimension)
    for one in made:
        composite.AddTransform(one)
    return composite


def make_simpleitk(dimension: int, part: Part) -> Any:
    name, fixed_parameters, parameters = part
    base = name.partition("_")[0]
    base = SIMPLEITK_NAMES.get(base, base)
    if base == "IdentityTransform":
        return sitk.Transform(dimension, sitk.sitkIdentity)
    cls = getattr(sitk, base, None)
    if cls is None:
        raise TypeError(f"SimpleITK has no class for {name}. Write it to a file, and read that with SimpleITK")
    if base == "BSplineTransform":
        made = cls(dimension, spline_order(name))
    else:
        made = cls() if "2D" in base or "3D" in base or base == "VersorTransform" else cls(dimension)
    made.SetFixedParameters(fixed_parameters.tolist())
    made.SetParameters(parameters.tolist())
    return made
