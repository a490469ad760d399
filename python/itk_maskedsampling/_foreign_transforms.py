# SPDX-License-Identifier: Apache-2.0
"""Transforms of itk and SimpleITK, to and from lists of parts."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from ._arrays import describe
from ._core import Part

if TYPE_CHECKING:
    from ._transforms import Transform

#: What SimpleITK calls otherwise; parameters and fixed parameters are the same.
SIMPLEITK_NAMES = {
    "GaussianSmoothingOnUpdateDisplacementFieldTransform": "DisplacementFieldTransform",
    "BSplineSmoothingOnUpdateDisplacementFieldTransform": "DisplacementFieldTransform",
}


def from_itk(name: str, transform: Any) -> tuple[int, tuple[Part, ...]]:
    """Dimension and parts of an itk transform."""
    itk: Any = importlib.import_module("itk")
    if not hasattr(transform, "GetTransformTypeAsString"):
        raise TypeError(f"{name}: an itk transform is needed, not {describe(transform)}")
    dimension, output = transform.GetInputSpaceDimension(), transform.GetOutputSpaceDimension()
    check_dimensions(name, dimension, output)
    if hasattr(transform, "GetNthTransformConstPointer") or hasattr(transform, "GetNumberOfTransforms"):
        parts: list[Part] = []
        for number in range(transform.GetNumberOfTransforms()):
            parts.extend(from_itk(name, itk.down_cast(transform.GetNthTransform(number)))[1])
        return dimension, tuple(parts)
    part = (
        transform.GetTransformTypeAsString(),
        vector_to_array(itk, transform.GetFixedParameters()),
        vector_to_array(itk, transform.GetParameters()),
    )
    return dimension, (part,)


def vector_to_array(itk: Any, vector: Any) -> Any:
    """A copy of itk.OptimizerParameters."""
    if vector.GetSize() == 0:
        return np.empty(0)
    return np.array(itk.array_view_from_vnl_vector(vector), np.float64)


def check_dimensions(name: str, dimension: int, output: int) -> None:
    if dimension != output or dimension not in (2, 3):
        raise ValueError(
            f"{name}: a transform of 2 or 3 dimensions is needed, not from {dimension} to {output} dimensions"
        )


def to_itk(transform: Transform) -> Any:
    itk: Any = importlib.import_module("itk")
    made = [make_itk(itk, transform.dimension, part) for part in transform.parts]
    if len(made) == 1:
        return made[0]
    composite = itk.CompositeTransform[itk.D, transform.dimension].New()
    for one in made:
        composite.AddTransform(one)
    return composite


def spline_order(name: str) -> int:
    """Of a B-spline: the fourth part of its name, or else 3."""
    order = name.split("_")[4:]
    return int(order[0]) if order else 3


def make_itk(itk: Any, dimension: int, part: Part) -> Any:
    """One transform of itk, of the template arguments that its name does not say but its class is wrapped for."""
    name, fixed_parameters, parameters = part
    base = name.partition("_")[0]
    template: Any = getattr(itk, base, None)
    wrapped = set() if template is None else set(template.keys())
    candidates = [(itk.D,), (itk.D, dimension), (itk.D, dimension, dimension)]
    if base == "BSplineTransform":
        candidates = [(itk.D, dimension, spline_order(name))]
    known = [arguments for arguments in candidates if arguments in wrapped]
    if not known:
        raise TypeError(f"itk has no class for {name} in Python. Write it to a file, and read that in C++")
    made = template[known[0]].New()
    made.SetFixedParameters(itk.OptimizerParameters[itk.D](fixed_parameters.tolist()))
    made.SetParameters(itk.OptimizerParameters[itk.D](parameters.tolist()))
    return made


def from_simpleitk(name: str, transform: Any) -> tuple[int, tuple[Part, ...]]:
    """Dimension and parts of a SimpleITK transform."""
    sitk: Any = importlib.import_module("SimpleITK")
    if not isinstance(transform, sitk.Transform):
        raise TypeError(f"{name}: a SimpleITK transform is needed, not {describe(transform)}")
    dimension = transform.GetDimension()
    check_dimensions(name, dimension, dimension)
    data: Any = importlib.import_module("._simpleitk_data", __package__)
    parts = data.flatten(name, data.downcast(transform))
    return dimension, tuple(to_plain_field(dimension, part) for part in parts)


def to_plain_field(dimension: int, part: Part) -> Part:
    """A displacement field without how it is smoothed as it is found, two numbers after its geometry."""
    name, fixed_parameters, parameters = part
    if not name.startswith("GaussianSmoothingOnUpdateDisplacementFieldTransform"):
        return part
    plain = f"DisplacementFieldTransform_double_{dimension}_{dimension}"
    return plain, fixed_parameters[: dimension * (dimension + 3)], parameters


def to_simpleitk(transform: Transform) -> Any:
    sitk: Any = importlib.import_module("SimpleITK")
    made = [make_simpleitk(sitk, transform.dimension, part) for part in transform.parts]
    if len(made) == 1:
        return made[0]
    composite = sitk.CompositeTransform(transform.dimension)
    for one in made:
        composite.AddTransform(one)
    return composite


def make_simpleitk(sitk: Any, dimension: int, part: Part) -> Any:
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
