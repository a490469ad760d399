# SPDX-License-Identifier: Apache-2.0
"""The compiled core, through its C interface (python/core/MaskedSamplingCore.h).

It holds what it needs of ITK, so nothing here imports the itk package. Chains of transforms are lists of Parts, in the
order of the queue of itk::CompositeTransform: the last one is applied to a point first. Points have x first; pixels are
numpy arrays with x last.
"""

from __future__ import annotations

import ctypes
import functools
import inspect
import math
import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
#: Name (of itk::TransformBase::GetTransformTypeAsString()), fixed parameters and parameters.
Part = tuple[str, Floats, Floats]
SettingValue = str | bool | int | float | tuple[int, ...] | tuple[float, ...]

STOPPED = 2
MAXIMUM_DIMENSION = 3


class CoreError(RuntimeError):
    """An exception of ITK or of this module's C++ classes."""


@dataclass(frozen=True)
class Setting:
    """What is known of a setting: its kind is text, flag, count, number, counts, integers or numbers."""

    name: str
    kind: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Geometry:
    """Of an image: size, spacing and origin (x first, in physical units), direction row after row."""

    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]


@dataclass(frozen=True)
class LevelReport:
    """What happened at one level of one stage; values are those of the metric."""

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


class _Geometry(ctypes.Structure):
    _fields_ = [
        ("dimension", ctypes.c_uint32),
        ("size", ctypes.c_uint64 * 3),
        ("spacing", ctypes.c_double * 3),
        ("origin", ctypes.c_double * 3),
        ("direction", ctypes.c_double * 9),
    ]

    @classmethod
    def of(cls, geometry: Geometry) -> _Geometry:
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


_Handle = ctypes.c_void_p
_Text = ctypes.c_char_p
_Size = ctypes.c_size_t
_Numbers = ctypes.POINTER(ctypes.c_double)
_Callback = ctypes.CFUNCTYPE(ctypes.c_int, _Text, ctypes.c_void_p)
_code = ctypes.c_int
_reference = ctypes.POINTER

_SIGNATURES: dict[str, tuple[Any, list[Any]]] = {
    "error": (_Text, []),
    "warnings": (_Text, []),
    "settings": (_Text, []),
    "chain_create": (_Handle, []),
    "chain_destroy": (None, [_Handle]),
    "chain_add": (_code, [_Handle, _Text, _Handle, _Size, _Handle, _Size]),
    "chain_length": (_Size, [_Handle]),
    "chain_name": (_Text, [_Handle, _Size]),
    "chain_get": (
        None,
        [_Handle, _Size, _reference(_Numbers), _reference(_Size), _reference(_Numbers), _reference(_Size)],
    ),
    "map_points": (_code, [ctypes.c_uint32, _Handle, _Handle, _Size, _Handle]),
    "invert": (_code, [ctypes.c_uint32, _Handle, _Handle]),
    "read_transform": (_code, [_Text, _reference(ctypes.c_uint32), _Handle]),
    "write_transform": (_code, [_Text, ctypes.c_uint32, _Handle]),
    "resample": (
        _code,
        [
            ctypes.c_uint32,
            _Handle,
            _reference(_Geometry),
            _reference(_Geometry),
            _Handle,
            _Text,
            ctypes.c_double,
            _Handle,
        ],
    ),
    "sample": (
        _code,
        [
            _reference(_Geometry),
            _Handle,
            _reference(_Geometry),
            _Handle,
            _reference(_Geometry),
            _Text,
            ctypes.c_double,
            _Size,
            ctypes.c_uint32,
            _reference(ctypes.c_uint64),
            _reference(_reference(ctypes.c_float)),
            _reference(_Size),
        ],
    ),
    "image_info": (_code, [_Text, _reference(_Geometry), _reference(_Text), _reference(ctypes.c_uint64)]),
    "read_pixels": (_code, [_Text, _Handle]),
    "write_image": (_code, [_Text, _reference(_Geometry), _Text, _Handle, _code]),
    "create": (_Handle, [ctypes.c_uint32, ctypes.c_uint32]),
    "destroy": (None, [_Handle]),
    "set_image": (_code, [_Handle, _Text, _Handle, _reference(_Geometry)]),
    "set_domain": (_code, [_Handle, _reference(_Geometry)]),
    "set_transform": (_code, [_Handle, _Text, _Handle]),
    "set_points": (_code, [_Handle, _Handle, _Size]),
    "add_stage": (_code, [_Handle, _Text, _reference(_Size)]),
    "set_text": (_code, [_Handle, _Size, _Text, _Text]),
    "set_numbers": (_code, [_Handle, _Size, _Text, _Handle, _Size]),
    "check_stage": (_code, [_Handle, _Size]),
    "get_settings": (_Text, [_Handle, _Size]),
    "run": (_code, [_Handle, _Callback, ctypes.c_void_p]),
    "stop": (_code, [_Handle]),
    "finish": (None, [_Handle]),
    "evaluate": (_code, [_Handle, _reference(ctypes.c_double)]),
    "get_numbers": (_code, [_Handle, _Text, _reference(_Numbers), _reference(_Size)]),
    "get_stop_condition": (_Text, [_Handle, ctypes.c_int64]),
    "get_transform": (_code, [_Handle, _Text, _Handle]),
}


class _Library:
    """The functions of the shared library, by name, without their prefix."""

    def __init__(self) -> None:
        file = Path(__file__).parent / "libMaskedSamplingCore.so"
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

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)

    def check(self, code: int) -> None:
        """Raise what a code of a function stands for."""
        if code != 0:
            raise CoreError(self.error().decode())

    def text(self, told: bytes | None) -> str:
        """What a function told, which is null after an error."""
        if told is None:
            raise CoreError(self.error().decode())
        return told.decode()

    def warn(self, show: bool = True) -> None:
        """Pass on the warnings of ITK, each once, as of the first line that is not of this package."""
        texts = dict.fromkeys(self.warnings().decode().splitlines())
        if not show:
            return
        here = str(Path(__file__).parent)
        frame, level = inspect.currentframe(), 1
        while frame is not None and frame.f_code.co_filename.startswith(here):
            frame, level = frame.f_back, level + 1
        for text in texts:
            warnings.warn(text, RuntimeWarning, stacklevel=level)


_library = _Library()
#: HDF5, in which transforms are kept, is not made for several threads.
_hdf5 = threading.Lock()


def _pointer(array: Array) -> int:
    return int(array.ctypes.data)


def _copy(numbers: Any, length: int) -> Floats:
    if length == 0:
        return np.empty(0)
    return np.ctypeslib.as_array(numbers, (length,)).copy()


class _Chain:
    """A chain of transforms on the C side."""

    def __init__(self, parts: Sequence[Part] = ()) -> None:
        self.handle = _library.chain_create()
        for name, fixed, parameters in parts:
            fixed_array, array = (np.ascontiguousarray(values, np.float64) for values in (fixed, parameters))
            _library.check(
                _library.chain_add(
                    self.handle, name.encode(), _pointer(fixed_array), fixed_array.size, _pointer(array), array.size
                )
            )

    def __del__(self) -> None:
        _library.chain_destroy(self.handle)

    def parts(self) -> list[Part]:
        result: list[Part] = []
        for index in range(_library.chain_length(self.handle)):
            fixed, parameters = _Numbers(), _Numbers()
            fixed_length, length = _Size(), _Size()
            _library.chain_get(
                self.handle,
                index,
                ctypes.byref(fixed),
                ctypes.byref(fixed_length),
                ctypes.byref(parameters),
                ctypes.byref(length),
            )
            name = _library.text(_library.chain_name(self.handle, index))
            result.append((name, _copy(fixed, fixed_length.value), _copy(parameters, length.value)))
        return result


def _to_value(kind: str, text: str) -> SettingValue:
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
    for line in _library.text(_library.settings()).splitlines():
        name, kind, choices = line.split("\t")
        settings[name] = Setting(name, kind, tuple(choices.split(",")) if choices else ())
    return MappingProxyType(settings)


def default_settings(transform: str) -> dict[str, SettingValue]:
    """The facade's settings for a kind of transform."""
    method = Method(2, np.float32)
    return method.settings(method.add_stage(transform))


def transform_points(dimension: int, parts: Sequence[Part], points: npt.ArrayLike) -> Floats:
    """Map points, an array of shape (n, dimension)."""
    array = np.ascontiguousarray(points, np.float64)
    mapped = np.empty_like(array)
    chain = _Chain(parts)
    _library.check(_library.map_points(dimension, chain.handle, _pointer(array), len(array), _pointer(mapped)))
    return mapped


def invert(dimension: int, parts: Sequence[Part]) -> list[Part]:
    chain, inverse = _Chain(parts), _Chain()
    _library.check(_library.invert(dimension, chain.handle, inverse.handle))
    return inverse.parts()


def resample(
    pixels: Array,
    geometry: Geometry,
    reference: Geometry,
    parts: Sequence[Part],
    interpolator: str = "linear",
    default: float = 0.0,
) -> Array:
    """Resample an image onto the grid of a reference; a chain maps points of the reference into the image. Integers are
    computed as double, rounded and cut to their range."""
    dtype = np.float32 if pixels.dtype == np.float32 else np.float64
    image = np.ascontiguousarray(pixels, dtype)
    result = np.empty(tuple(reversed(reference.size)), dtype)
    chain = _Chain(parts)
    _library.check(
        _library.resample(
            result.itemsize,
            _pointer(image),
            _Geometry.of(geometry),
            _Geometry.of(reference),
            chain.handle,
            interpolator.encode(),
            default,
            _pointer(result),
        )
    )
    if pixels.dtype.kind in "iu":
        limits = np.iinfo(pixels.dtype)
        return np.clip(np.rint(result), limits.min, limits.max).astype(pixels.dtype)
    return result.astype(pixels.dtype, copy=False)


def sample(
    grid: Geometry,
    mask: tuple[Array, Geometry] | None,
    weights: tuple[Array, Geometry] | None,
    sampling: str,
    percentage: float,
    number: int,
    seed: int,
) -> tuple[npt.NDArray[np.float32], int]:
    """Sample points, shape (n, D), and the number of voxels inside the mask (uint8). Weights are float32; the
    percentage counts where the number is 0."""
    voxels, points, length = ctypes.c_uint64(), ctypes.POINTER(ctypes.c_float)(), _Size()
    layers = []
    for layer, dtype in ((mask, np.uint8), (weights, np.float32)):
        array = None if layer is None else np.ascontiguousarray(layer[0], dtype)
        layers.append((array, None if layer is None else _Geometry.of(layer[1])))
    arguments = [one for array, geometry in layers for one in (None if array is None else _pointer(array), geometry)]
    _library.check(
        _library.sample(
            _Geometry.of(grid),
            *arguments,
            sampling.encode(),
            percentage,
            number,
            seed,
            ctypes.byref(voxels),
            ctypes.byref(points),
            ctypes.byref(length),
        )
    )
    shape = (length.value, len(grid.size))
    return np.ctypeslib.as_array(points, shape).copy(), voxels.value


def read_image(path: str | os.PathLike[str], into: Array | None = None) -> tuple[Array, Geometry]:
    """Read NIfTI, NRRD, MetaImage, PNG, JPEG, TIFF, BMP, VTK, GIPL or MRC, with pixels of the file's type.

    into: an array for the pixels, used where it has their type and number.
    """
    name = os.fsencode(path)
    geometry, component, number_of_bytes = _Geometry(), _Text(), ctypes.c_uint64()
    _library.check(
        _library.image_info(name, ctypes.byref(geometry), ctypes.byref(component), ctypes.byref(number_of_bytes))
    )
    found = geometry.to_geometry()
    dtype, shape = np.dtype((component.value or b"").decode()), tuple(reversed(found.size))
    fits = into is not None and into.dtype == dtype and into.size == math.prod(shape)
    pixels = np.reshape(into, shape) if into is not None and fits else np.empty(shape, dtype)
    if pixels.nbytes != number_of_bytes.value:
        raise CoreError(f"{os.fspath(path)}: {number_of_bytes.value} bytes of pixels, not {pixels.nbytes}")
    _library.check(_library.read_pixels(name, _pointer(pixels)))
    return pixels, found


def write_image(path: str | os.PathLike[str], pixels: Array, geometry: Geometry, compress: bool = True) -> None:
    """Write an image in the format of the extension."""
    array = np.ascontiguousarray(pixels, pixels.dtype.newbyteorder("="))
    _library.check(
        _library.write_image(
            os.fsencode(path), _Geometry.of(geometry), array.dtype.name.encode(), _pointer(array), int(compress)
        )
    )


def read_transform(path: str | os.PathLike[str]) -> tuple[int, list[Part]]:
    """Read the dimension and the chain from a file of ITK's: .h5, .tfm, .txt or .mat."""
    dimension, chain = ctypes.c_uint32(), _Chain()
    with _hdf5:
        _library.check(_library.read_transform(os.fsencode(path), ctypes.byref(dimension), chain.handle))
    return dimension.value, chain.parts()


def write_transform(path: str | os.PathLike[str], dimension: int, parts: Sequence[Part]) -> None:
    """Write a chain; a chain of several parts as an itk::CompositeTransform."""
    chain = _Chain(parts)
    with _hdf5:
        _library.check(_library.write_transform(os.fsencode(path), dimension, chain.handle))


@contextmanager
def _catching_interruptions(raised: list[BaseException]) -> Iterator[None]:
    """While C calls back, Ctrl-C must not raise: an exception between two lines of a callback is lost. What the handler
    that was there raises is kept in the list, and raised at once where there is something already."""
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if raised:  # a callback of the user's that hangs
            handler(number, frame)
            return
        try:
            handler(number, frame)
        except BaseException as error:
            raised.append(error)

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


COURSE = np.dtype([("stage", np.int64), ("level", np.int64), ("iteration", np.int64), ("value", np.float64)])


class Method:
    """An itk::MaskedImageRegistration: its documentation is in include/itkMaskedImageRegistration.h."""

    def __init__(self, dimension: int, dtype: npt.DTypeLike) -> None:
        self.dimension = dimension
        self.dtype = np.dtype(dtype)
        self._handle = _library.create(dimension, self.dtype.itemsize)
        if not self._handle:
            raise CoreError(_library.error().decode())
        self._kept: dict[str, Array] = {}
        self._stages = 0

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            _library.destroy(self._handle)

    def set_image(self, role: str, pixels: Array, geometry: Geometry) -> None:
        """Set an image, without a copy. Roles: fixed, moving, fixed-mask, moving-mask (uint8), weights (float32)."""
        wanted = {"fixed": self.dtype, "moving": self.dtype, "weights": np.dtype(np.float32)}.get(
            role, np.dtype(np.uint8)
        )
        if pixels.dtype != wanted or not pixels.flags.c_contiguous or not pixels.dtype.isnative:
            raise TypeError(f"{role}: contiguous pixels of {wanted} are needed, not of {pixels.dtype}")
        _library.check(_library.set_image(self._handle, role.encode(), _pointer(pixels), _Geometry.of(geometry)))
        self._kept[role] = pixels

    def set_virtual_domain(self, geometry: Geometry) -> None:
        _library.check(_library.set_domain(self._handle, _Geometry.of(geometry)))

    def set_transform(self, role: str, parts: Sequence[Part]) -> None:
        """Roles: transform (for stages of the transform "given"), moving-initial, fixed-initial."""
        chain = _Chain(parts)
        _library.check(_library.set_transform(self._handle, role.encode(), chain.handle))

    def set_points(self, points: npt.ArrayLike) -> None:
        """Own sample points, an array of shape (n, D)."""
        array = np.ascontiguousarray(points, np.float64)
        if array.ndim != 2 or array.shape[1] != self.dimension:
            raise ValueError(f"points: an array of shape (n, {self.dimension}) is needed, not {array.shape}")
        _library.check(_library.set_points(self._handle, _pointer(array), len(array)))

    def add_stage(self, transform: str) -> int:
        """Add a stage with the defaults for a kind of transform; returns its number."""
        stage = _Size()
        _library.check(_library.add_stage(self._handle, transform.encode(), ctypes.byref(stage)))
        self._stages = stage.value + 1
        return stage.value

    def set(self, stage: int, name: str, value: Any) -> None:
        """Set a setting of a stage."""
        if isinstance(value, str):
            _library.check(_library.set_text(self._handle, stage, name.encode(), value.encode()))
            return
        numbers = np.atleast_1d(np.ascontiguousarray(value, np.float64))
        _library.check(_library.set_numbers(self._handle, stage, name.encode(), _pointer(numbers), numbers.size))

    def check(self, stage: int) -> None:
        """Raise CoreError if the settings of a stage do not go together."""
        _library.check(_library.check_stage(self._handle, stage))

    def settings(self, stage: int) -> dict[str, SettingValue]:
        """All settings of a stage; where each level has its own, a tuple of as many as there are levels."""
        text = _library.get_settings(self._handle, stage)
        if text is None:
            raise CoreError(_library.error().decode())
        known = describe_settings()
        lines = (line.split("\t") for line in text.decode().splitlines())
        return {name: _to_value(known[name].kind, value) for name, value in lines}

    def run(self, callback: Callable[[str], None] | None = None, show_warnings: bool = True) -> None:
        """Register. The callback gets "start", "level", "iteration" and "end"; what it raises ends the run, and is
        raised here. Warnings of ITK become those of Python."""
        raised: list[BaseException] = []

        def call(event: bytes, data: object) -> int:
            if callback is not None and not raised:
                try:
                    callback(event.decode())
                except BaseException as error:
                    raised.append(error)
            return int(bool(raised))

        # Also without a callback: only when Python runs, it sees a signal.
        with _catching_interruptions(raised):
            code = _library.run(self._handle, _Callback(call), None)
        _library.warn(show_warnings)
        if raised:
            raise raised[0]
        _library.check(code)

    def stop(self) -> bool:
        """In a callback: the optimizer ends its level, if it can."""
        return bool(_library.stop(self._handle))

    def finish(self) -> None:
        """In a callback: end here, and keep what was reached."""
        _library.finish(self._handle)

    def evaluate(self, show_warnings: bool = True) -> float:
        """The metric of the first stage where it would start."""
        value = ctypes.c_double()
        code = _library.evaluate(self._handle, ctypes.byref(value))
        _library.warn(show_warnings)
        _library.check(code)
        return value.value

    def _numbers(self, name: str) -> Floats:
        numbers, length = _Numbers(), _Size()
        _library.check(_library.get_numbers(self._handle, name.encode(), ctypes.byref(numbers), ctypes.byref(length)))
        return _copy(numbers, length.value)

    @property
    def progress(self) -> tuple[float, float, float, float, float, float]:
        """Stage, level, iteration, value of the metric, learning rate and convergence value; the last two are not
        numbers if the optimizer has none."""
        stage, level, iteration, value, learning_rate, convergence = self._numbers("progress").tolist()
        return stage, level, iteration, value, learning_rate, convergence

    @property
    def stage(self) -> int:
        return int(self.progress[0])

    @property
    def level(self) -> int:
        return int(self.progress[1])

    @property
    def iteration(self) -> int:
        return int(self.progress[2])

    @property
    def value(self) -> float:
        return self.progress[3]

    @property
    def learning_rate(self) -> float:
        return self.progress[4]

    @property
    def convergence(self) -> float:
        return self.progress[5]

    @property
    def position(self) -> Floats:
        return self._numbers("position")

    @property
    def scales(self) -> Floats:
        return self._numbers("scales")

    @property
    def valid_points(self) -> int:
        return int(self._numbers("valid-points")[0])

    @property
    def stop_condition(self) -> str:
        return _library.text(_library.get_stop_condition(self._handle, -1))

    def transform(self, role: str = "result") -> list[Part]:
        """Roles: result, from fixed to moving points, and optimized, that of the last stage."""
        chain = _Chain()
        _library.check(_library.get_transform(self._handle, role.encode(), chain.handle))
        return chain.parts()

    @property
    def points(self) -> npt.NDArray[np.float32]:
        """The sample points of the current or last level, an array of shape (n, D)."""
        return self._numbers("points").astype(np.float32).reshape(-1, self.dimension)

    @property
    def course(self) -> Array:
        """The metric after each iteration: a structured array of stage, level, iteration, value."""
        rows = self._numbers("course").reshape(-1, 4)
        course = np.empty(len(rows), COURSE)
        for column, name in enumerate(("stage", "level", "iteration", "value")):
            course[name] = rows[:, column]
        return course

    @property
    def reports(self) -> list[LevelReport]:
        """A report for each level that was reached."""
        reports = []
        kinds = [self.settings(stage) for stage in range(self._stages)]
        for number, row in enumerate(self._numbers("reports").reshape(-1, 10).tolist()):
            stage, level, mask_voxels, requested, points, inside, iterations = (int(value) for value in row[:7])
            first, last, seconds = row[7:]
            transform, metric = (str(kinds[stage][name]) for name in ("transform", "metric"))
            stop = _library.text(_library.get_stop_condition(self._handle, number))
            reports.append(
                LevelReport(
                    stage=stage,
                    level=level,
                    transform=transform,
                    metric=metric,
                    mask_voxels=mask_voxels,
                    requested_points=requested,
                    points=points,
                    points_in_moving=inside,
                    iterations=iterations,
                    first_value=first,
                    last_value=last,
                    seconds=seconds,
                    stop_condition=stop,
                )
            )
        return reports
