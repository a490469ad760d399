# SPDX-License-Identifier: Apache-2.0
"""The Python face of itk.MaskedRegistrationMethod and its companions.

SWIG wraps the classes as they are in C++. On top of that, extend() lets their methods take and give what a Python user
has at hand (see _conversions) and puts the documentation of the C++ headers in their docstrings. The module that SWIG
makes calls it after its last class, so nothing happens before one of the classes is asked for.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import itk
import numpy as np

from ._conversions import ARGUMENTS, RESULTS, SCALARS
from ._docstrings import add_docstrings

__all__ = ["extend"]

#: The attribute that tells our methods from SWIG's.
MARK = "_converts_arguments"
#: They take a metric as template argument, and then only objects of that class or a derived one.
ESTIMATORS = tuple(f"RegistrationParameterScalesFrom{kind}" for kind in ("IndexShift", "Jacobian", "PhysicalShift"))


def extend(namespace: Mapping[str, object]) -> None:
    """Convert arguments and results of the methods of the ITK classes in a namespace, and document these."""
    found = [value for value in namespace.values() if isinstance(value, type) and hasattr(value, "GetNameOfClass")]
    classes = sorted(found, key=lambda cls: len(cls.__mro__))  # a base before what is derived from it
    for cls in classes:
        own = {name for name, member in vars(cls).items() if takes_arguments(name, member)}
        for name in own.union(ARGUMENTS, RESULTS, SCALARS):
            method = getattr(cls, name, None)
            if method is not None and not hasattr(method, MARK):
                setattr(cls, name, converting(method))
        let_estimators_take(cls)
    add_docstrings(classes)


def let_estimators_take(cls: type) -> None:
    """Let a metric be the template argument of the estimators of scales, which are wrapped for metrics of ITK alone."""
    for name in ESTIMATORS:
        instances = getattr(itk, name).__template__
        for base in cls.__mro__[1:]:
            if (base,) in instances:
                instances[cls,] = instances[base,]
                break


def takes_arguments(name: str, member: object) -> bool:
    """Whether a member of a class is a public method with arguments."""
    return not name.startswith("_") and inspect.isfunction(member) and len(inspect.signature(member).parameters) > 1


def converting(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that converts, before and after it calls a method of SWIG's."""
    name = method.__name__
    convert_argument = ARGUMENTS.get(name)
    convert_result = RESULTS.get(name)

    @functools.wraps(method)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        values = [plain(value) for value in args]
        named = {key: plain(value) for key, value in kwargs.items()}
        if convert_argument is not None and values:
            values[-1] = convert_argument(self, name, values[-1])
        result = method(self, *values, **named)
        return result if convert_result is None else convert_result(result)

    setattr(wrapper, MARK, True)
    return wrapper


def plain(value: Any) -> Any:
    """A number of Python for one of numpy, such as the sum of a mask, which SWIG refuses."""
    return value.item() if isinstance(value, np.generic) else value
