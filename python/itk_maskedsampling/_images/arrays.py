# SPDX-License-Identifier: Apache-2.0
"""Arrays of numbers: what a user may hand in, and what the core takes. Every error names the argument."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


def describe(value: object) -> str:
    """A value in an error message: short, whatever it is."""
    if isinstance(value, np.ndarray):
        return f"a numpy array of {value.dtype}, shape {value.shape}"
    if isinstance(value, bool | int | float | complex | str | bytes | np.generic | None):
        text = repr(value)
        return f"{type(value).__name__} {text if len(text) < 80 else text[:77] + '...'}"
    return f"an object of type {type(value).__module__}.{type(value).__qualname__}".replace(" builtins.", " ")


def join(numbers: Iterable[float]) -> str:
    """Numbers in a message."""
    return "(" + ", ".join(f"{number:.6g}" for number in numbers) + ")"


def times(size: Iterable[int]) -> str:
    return " x ".join(str(number) for number in size)


def check_pixels(name: str, pixels: Array) -> Array:
    """Pixels of a kind that can be registered, [z,]y,x: a TypeError or ValueError for all others."""
    if pixels.dtype.kind not in "biuf":
        hint = {
            "c": "Take np.abs() of it, or its real part",
            "O": "Convert it: array.astype(float)",
            "V": "Give one channel, or a mean of the channels",
        }.get(pixels.dtype.kind, "Give an array of numbers")
        raise TypeError(f"{name}: one real number per pixel is needed, not pixels of {pixels.dtype}. {hint}")
    if pixels.ndim not in (2, 3):
        hint = "Give one volume at a time; images of 4 dimensions are for itk.MaskedRegistrationMethod"
        if pixels.ndim < 2:
            hint = "An array of an image has the shape (y, x) or (z, y, x)"
        raise ValueError(
            f"{name}: an image of 2 or 3 dimensions is needed, not one of {pixels.ndim}, shape {pixels.shape}. {hint}"
        )
    if pixels.size == 0:
        raise ValueError(f"{name}: the image is empty, its shape is {pixels.shape}")
    return pixels


def is_double(pixels: Array) -> bool:
    return pixels.dtype.kind == "f" and pixels.dtype.itemsize == 8


def exceeds_float32(pixels: Array) -> bool:
    """Whether they are integers that float32 does not tell apart."""
    if pixels.dtype.kind not in "iu" or pixels.dtype.itemsize < 4:
        return False
    return max(int(pixels.max()), -int(pixels.min())) > 2**24


def to_layout(pixels: Array, dtype: npt.DTypeLike) -> Array:
    """Pixels of a type, aligned, in the byte order of the machine and contiguous. Shared if they are that already."""
    with np.errstate(over="ignore", invalid="ignore"):  # what does not fit becomes infinite, which is reported
        return np.require(pixels, dtype, ["C", "A"])


def to_reals(pixels: Array) -> Array:
    """Pixels as float32 where that holds every one of their type, or else as float64, as to_layout() gives them."""
    dtype = pixels.dtype
    is_small = dtype.itemsize <= 2 or (dtype.kind == "f" and dtype.itemsize == 4)
    return to_layout(pixels, np.float32 if is_small else np.float64)


def all_finite(pixels: Array) -> bool:
    """Whether all pixels are finite, in one pass that takes no memory in the usual case that they are."""
    if pixels.dtype.kind != "f":
        return True
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(np.sum(pixels))) or bool(np.isfinite(pixels).all())


def to_numbers(name: str, value: object, shape: tuple[int | None, ...], needed: str) -> Floats:
    """A fresh array of finite doubles; None in the shape is any length."""
    try:
        array = np.asarray(value)
    except (ValueError, TypeError, RuntimeError) as error:
        raise ValueError(f"{name}: {needed} is needed, not an array of numbers ({error})") from error
    if array.dtype.kind not in "iuf" and array.size > 0:
        raise TypeError(f"{name}: {needed} is needed, not {describe(value)} ({array.dtype})")
    wrong = [wanted is not None and wanted != got for wanted, got in zip(shape, array.shape, strict=False)]
    if array.ndim != len(shape) or any(wrong):
        hint = "; transpose it" if array.ndim == 2 and len(shape) == 2 and array.shape[::-1][1] == shape[1] else ""
        raise ValueError(f"{name}: {needed} is needed, not an array of shape {array.shape}{hint}")
    numbers = np.array(array, np.float64, order="C")
    if not np.isfinite(numbers).all():
        where = np.argwhere(~np.isfinite(numbers))[0]
        raise ValueError(f"{name}: finite numbers are needed; {numbers[tuple(where)]} is at {join(where)}")
    return numbers


def to_points(name: str, value: object, dimension: int) -> Floats:
    """Points, shape (n, dimension)."""
    points = to_numbers(name, value, (None, dimension), f"an array of points of shape (n, {dimension})")
    if len(points) == 0:
        raise ValueError(f"{name}: there is no point in it")
    return points


def freeze(array: Array) -> Array:
    """The array, which can no longer be written to."""
    array.setflags(write=False)
    return array


def frozen_copy(array: npt.ArrayLike) -> Floats:
    """A copy as doubles that cannot be written to."""
    copy: Floats = np.array(array, np.float64)
    copy.setflags(write=False)
    return copy


def to_json(value: Any) -> Any:
    """What JSON can hold: lists for arrays, None for a number that is not finite, text for what it has no name for."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, Mapping):
        return {str(name): to_json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    if isinstance(value, np.ndarray | np.generic):
        return to_json(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | None) else str(value)
