# SPDX-License-Identifier: Apache-2.0
"""Transforms of itk, to and from lists of parts."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core import Part
from .._images.arrays import describe


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


def to_itk(dimension: int, parts: Sequence[Part]) -> Any:
    """An itk transform; a composite one unless there is one part."""
    itk: Any = importlib.import_module("itk")
    made = [make_itk(itk, dimension, part) for part in parts]
    if len(made) == 1:
        return made[0]
    composite = itk.CompositeTransform[itk.D, dimension].New()
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
