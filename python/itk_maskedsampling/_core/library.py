# SPDX-License-Identifier: Apache-2.0
"""The shared library of the core: how it is loaded, what its functions take, and its errors and warnings."""

from __future__ import annotations

import ctypes
import functools
import inspect
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import public

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
#: Name (of itk::TransformBase::GetTransformTypeAsString()), fixed parameters and parameters.
Part = tuple[str, Floats, Floats]
SettingValue = str | bool | int | float | tuple[int, ...] | tuple[float, ...]

#: The folder of the package, in which the library lies.
PACKAGE = Path(__file__).parent.parent
MAXIMUM_DIMENSION = 3
#: The code of a function that another reader may help.
NOT_READ_HERE = 3


@public
class CoreError(RuntimeError):
    """An exception of ITK or of this module's C++ classes."""


class NotReadHere(CoreError):
    """A file of a kind that the core does not know, but others may."""


@dataclass(frozen=True)
class Setting:
    """What is known of a setting: its kind is text, flag, count, number, counts, integers or numbers."""

    name: str
    kind: str
    choices: tuple[str, ...]


@public
@dataclass(frozen=True)
class Geometry:
    """The grid of an image.

    Attributes
    ----------
    size : tuple of int
        Voxels along each axis, x first.
    spacing, origin : tuple of float
        In physical units, x first.
    direction : tuple of float
        A matrix, row after row; its columns are the axes.
    """

    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]


@public
@dataclass(frozen=True)
class LevelReport:
    """What happened at one level of one stage.

    Attributes
    ----------
    stage, level : int
        Counted from 0.
    transform, metric : str
        Their kinds.
    mask_voxels : int
        Voxels inside the mask, on the grid of the level.
    requested_points, points, points_in_moving : int
        Samples: asked for, drawn, and of those inside the moving image at the end.
    iterations : int
        How many there were.
    first_value, last_value : float
        Of the metric; less is better.
    seconds : float
        How long it took.
    stop_condition : str
        Why it ended.
    """

    stage: int
    level: int
    transform: str
    metric: str
    mask_voxels: int
    requested_points: int
    points: int
    points_in_moving: int
    iterations: int
    first_value: float
    last_value: float
    seconds: float
    stop_condition: str


class GeometryStructure(ctypes.Structure):
    _fields_ = [
        ("dimension", ctypes.c_uint32),
        ("size", ctypes.c_uint64 * 3),
        ("spacing", ctypes.c_double * 3),
        ("origin", ctypes.c_double * 3),
        ("direction", ctypes.c_double * 9),
    ]

    @classmethod
    def of(cls, geometry: Geometry) -> GeometryStructure:
        dimension = len(geometry.size)
        if dimension > MAXIMUM_DIMENSION:
            raise ValueError(f"images of 2 or 3 dimensions can be used here, not of {dimension}")
        return cls(
            dimension, tuple(geometry.size), tuple(geometry.spacing), tuple(geometry.origin), tuple(geometry.direction)
        )

    def to_geometry(self) -> Geometry:
        n = self.dimension
        return Geometry(
            tuple(self.size[:n]), tuple(self.spacing[:n]), tuple(self.origin[:n]), tuple(self.direction[: n * n])
        )


Handle = ctypes.c_void_p
Text = ctypes.c_char_p
Size = ctypes.c_size_t
Numbers = ctypes.POINTER(ctypes.c_double)
Callback = ctypes.CFUNCTYPE(ctypes.c_int, Text, ctypes.c_void_p)
_code = ctypes.c_int
_reference = ctypes.POINTER

_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "error": (Text, []),
    "warnings": (Text, []),
    "itk_version": (Text, []),
    "settings": (Text, []),
    "chain_create": (Handle, []),
    "chain_destroy_capsule": (None, [Handle]),
    "chain_add": (_code, [Handle, Text, Handle, Size, Handle, Size]),
    "check_part": (_code, [Text, Handle, Size, Handle, Size]),
    "chain_length": (Size, [Handle]),
    "chain_name": (Text, [Handle, Size]),
    "chain_get": (
        None,
        [Handle, Size, _reference(Numbers), _reference(Size), _reference(Numbers), _reference(Size)],
    ),
    "map_points": (_code, [ctypes.c_uint32, Handle, Handle, Size, Handle]),
    "jacobians": (_code, [ctypes.c_uint32, Handle, Handle, Size, ctypes.c_double, Handle]),
    "invert": (_code, [ctypes.c_uint32, Handle, Handle]),
    "read_transform": (_code, [Text, _reference(ctypes.c_uint32), Handle]),
    "write_transform": (_code, [Text, ctypes.c_uint32, Handle]),
    "add_channel": (_code, [Handle, Text, ctypes.c_double]),
    "set_metric_weight": (_code, [Handle, ctypes.c_double]),
    "resample": (
        _code,
        [
            ctypes.c_uint32,
            Handle,
            _reference(GeometryStructure),
            _reference(GeometryStructure),
            Handle,
            Text,
            ctypes.c_double,
            ctypes.c_uint32,
            Handle,
        ],
    ),
    "sample": (
        _code,
        [
            _reference(GeometryStructure),
            Handle,
            _reference(GeometryStructure),
            Handle,
            _reference(GeometryStructure),
            Text,
            ctypes.c_double,
            Size,
            ctypes.c_uint32,
            _reference(ctypes.c_uint64),
            _reference(_reference(ctypes.c_float)),
            _reference(Size),
        ],
    ),
    "image_info": (_code, [Text, _reference(GeometryStructure), _reference(Text), _reference(ctypes.c_uint64)]),
    "read_pixels": (_code, [Text, Handle, ctypes.c_uint64]),
    "write_image": (_code, [Text, _reference(GeometryStructure), Text, Handle, _code]),
    "create": (Handle, [ctypes.c_uint32, ctypes.c_uint32]),
    "destroy_capsule": (None, [Handle]),
    "set_capsule_reader": (None, [Handle]),
    "set_image": (_code, [Handle, Text, Handle, _reference(GeometryStructure)]),
    "set_domain": (_code, [Handle, _reference(GeometryStructure)]),
    "set_transform": (_code, [Handle, Text, Handle]),
    "set_points": (_code, [Handle, Handle, Size]),
    "add_stage": (_code, [Handle, Text, _reference(Size)]),
    "set_text": (_code, [Handle, Size, Text, Text]),
    "set_numbers": (_code, [Handle, Size, Text, Handle, Size]),
    "check_stage": (_code, [Handle, Size]),
    "get_settings": (Text, [Handle, Size]),
    "run": (_code, [Handle, Callback, ctypes.c_void_p]),
    "stop": (_code, [Handle]),
    "finish": (None, [Handle]),
    "abort": (None, [Handle]),
    "evaluate": (_code, [Handle, _reference(ctypes.c_double)]),
    "get_numbers": (_code, [Handle, Text, _reference(Numbers), _reference(Size)]),
    "get_text": (Text, [Handle, Text]),
    "get_stop_condition": (Text, [Handle, ctypes.c_int64]),
    "get_transform": (_code, [Handle, Text, Handle]),
}


class Library:
    """The functions of the shared library, by name, without their prefix."""

    def __init__(self) -> None:
        file = PACKAGE / "libMaskedSamplingCore.so"
        try:
            library = ctypes.CDLL(str(file))
        except OSError as error:
            raise ImportError(
                f"the compiled part of itk_maskedsampling cannot be loaded: {error}. It comes with the wheel: "
                "pip install --force-reinstall itk-maskedsampling",
                path=str(file),
            ) from error
        for name, (result, arguments) in _SIGNATURES.items():
            function = getattr(library, f"masked_sampling_{name}")
            function.restype = result
            function.argtypes = arguments
            setattr(self, name, function)
        self.set_capsule_reader(ctypes.cast(ctypes.pythonapi.PyCapsule_GetPointer, Handle))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def check(self, code: int) -> None:
        """Raise what a code of a function stands for."""
        if code != 0:
            raise (NotReadHere if code == NOT_READ_HERE else CoreError)(self.message())

    def message(self) -> str:
        """The error of the last function that failed. Paths in it need not be UTF-8."""
        return os.fsdecode(self.error())

    def text(self, told: bytes | None) -> str:
        """What a function told, which is null after an error."""
        if told is None:
            raise CoreError(self.message())
        return told.decode()

    def take_warnings(self) -> list[str]:
        """The warnings of ITK in this thread since the last time, each once."""
        return list(dict.fromkeys(os.fsdecode(self.warnings()).splitlines()))


#: The list that collects what is warned of now, if there is one.
_told: ContextVar[list[str] | None] = ContextVar("told", default=None)


@contextmanager
def collect_warnings() -> Iterator[list[str]]:
    """What is warned of meanwhile, each text once. It is warned of all the same."""
    texts: list[str] = []
    token = _told.set(texts)
    try:
        yield texts
    finally:
        _told.reset(token)


def warn(text: str) -> None:
    """Warn as of the first line that is not of this package."""
    told = _told.get()
    if told is not None and text not in told:
        told.append(text)
    frame, level = inspect.currentframe(), 0
    while frame is not None and frame.f_code.co_filename.startswith(str(PACKAGE)):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, RuntimeWarning, stacklevel=level + 1)


library = Library()


def pointer(array: Array) -> int:
    return int(array.ctypes.data)


def copy_numbers(numbers: Any, length: int) -> Floats:
    if length == 0:
        return np.empty(0)
    return np.ctypeslib.as_array(numbers, (length,)).copy()


_make_capsule = ctypes.PYFUNCTYPE(ctypes.py_object, Handle, Text, Handle)(("PyCapsule_New", ctypes.pythonapi))


def own(handle: int, destroy: Any) -> object:
    """What destroys an object of the C side when nobody has it any more.

    A __del__() would run instructions of Python, and Python runs handlers of signals between those: the exception of
    a handler would be lost there.
    """
    return _make_capsule(handle, None, ctypes.cast(destroy, Handle))


class Chain:
    """A chain of transforms on the C side."""

    def __init__(self, parts: Sequence[Part] = ()) -> None:
        self.handle = library.chain_create()
        self._owner = own(self.handle, library.chain_destroy_capsule)
        for name, fixed, parameters in parts:
            fixed_array, array = (np.ascontiguousarray(values, np.float64) for values in (fixed, parameters))
            library.check(
                library.chain_add(
                    self.handle, name.encode(), pointer(fixed_array), fixed_array.size, pointer(array), array.size
                )
            )

    def parts(self) -> list[Part]:
        result: list[Part] = []
        for index in range(library.chain_length(self.handle)):
            fixed, parameters = Numbers(), Numbers()
            fixed_length, length = Size(), Size()
            library.chain_get(
                self.handle,
                index,
                ctypes.byref(fixed),
                ctypes.byref(fixed_length),
                ctypes.byref(parameters),
                ctypes.byref(length),
            )
            name = library.text(library.chain_name(self.handle, index))
            result.append((name, copy_numbers(fixed, fixed_length.value), copy_numbers(parameters, length.value)))
        return result


def to_value(kind: str, text: str) -> SettingValue:
    if kind == "text":
        return text
    numbers = [float(word) for word in text.split()]
    if kind == "flag":
        return bool(numbers[0])
    if kind == "number":
        return numbers[0]
    if kind == "count":
        return int(numbers[0])
    return tuple(numbers) if kind == "numbers" else tuple(int(number) for number in numbers)


@functools.cache
def describe_settings() -> Mapping[str, Setting]:
    """All settings of a stage, by name."""
    settings = {}
    for line in library.text(library.settings()).splitlines():
        name, kind, choices = line.split("\t")
        settings[name] = Setting(name, kind, tuple(choices.split(",")) if choices else ())
    return MappingProxyType(settings)
