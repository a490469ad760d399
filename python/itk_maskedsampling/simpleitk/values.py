# SPDX-License-Identifier: Apache-2.0
"""Arguments as SimpleITK takes them. What does not do raises an exception of the type that SimpleITK raises."""

from __future__ import annotations

import numbers
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import numpy as np

from .._images.arrays import describe

Value = TypeVar("Value", int, float)

LARGEST = 2**32 - 1


def unsigned(name: str, value: object) -> int:
    """An integer of at least 0."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name}: an integer of at least 0 is needed, not {describe(value)}") from None
    if not 0 <= number <= LARGEST:
        raise OverflowError(f"{name}: an integer from 0 to {LARGEST} is needed, not {number}")
    return number


def real(name: str, value: object) -> float:
    """A number."""
    if not isinstance(value, numbers.Real):
        raise TypeError(f"{name}: a number is needed, not {describe(value)}")
    return float(value)


def flag(name: str, value: object) -> bool:
    """True or False, and nothing else that is true or false."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name}: True or False is needed, not {describe(value)}")
    return bool(value)


def unsigneds(name: str, values: object) -> tuple[int, ...]:
    """Integers of at least 0."""
    return sequence(name, values, unsigned, "integers of at least 0, such as [4, 2, 1]")


def reals(name: str, values: object) -> tuple[float, ...]:
    """Numbers."""
    return sequence(name, values, real, "numbers, such as [2.0, 1.0]")


def sequence(name: str, values: object, convert: Callable[[str, object], Value], needed: str) -> tuple[Value, ...]:
    """What can be iterated over, as SimpleITK takes it: also a generator, from which the values come once."""
    if isinstance(values, np.ndarray) and values.ndim == 1:
        values = values.tolist()
    given = None if isinstance(values, str) else iterate(values)
    if given is None:
        raise TypeError(f"{name}: a sequence of {needed}, is needed, not {describe(values)}")
    try:
        return tuple(convert(f"{name}[{place}]", value) for place, value in enumerate(given))
    except OverflowError as error:
        raise TypeError(str(error)) from None


def iterate(values: Any) -> Iterator[object] | None:
    """An iterator over what has several values; None for what is one."""
    try:
        iterator: Iterator[object] = iter(values)
    except TypeError:
        return None
    return iterator


def choice(name: str, value: object, choices: Mapping[int, str]) -> int:
    """One of SimpleITK's constants, which are integers. The choices are their names."""
    listed = ", ".join(choices.values())
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{name}: one of {listed} is needed, not {describe(value)}") from None
    if number not in choices:
        raise RuntimeError(f"{name}: {number} is none of {listed}")
    return number


def instance(name: str, value: Any, kind: Any) -> Any:
    """An object of a class of SimpleITK."""
    if not isinstance(value, kind):
        raise TypeError(f"{name}: an object of SimpleITK.{kind.__name__} is needed, not {describe(value)}")
    return value
