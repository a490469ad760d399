# SPDX-License-Identifier: Apache-2.0
"""A registration of the core."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .interruption import Ask, interruptible
from .library import (
    Array,
    Callback,
    Chain,
    CoreError,
    Floats,
    Geometry,
    GeometryStructure,
    LevelReport,
    Numbers,
    Part,
    SettingValue,
    Size,
    copy_numbers,
    describe_settings,
    library,
    own,
    pointer,
    to_value,
    warn,
)

COURSE = np.dtype([("stage", np.int64), ("level", np.int64), ("iteration", np.int64), ("value", np.float64)])


class Method:
    """An itk::MaskedImageRegistration: its documentation is in include/itkMaskedImageRegistration.h."""

    def __init__(self, dimension: int, dtype: npt.DTypeLike) -> None:
        self.dimension = dimension
        self.dtype = np.dtype(dtype)
        self._handle = library.create(dimension, self.dtype.itemsize)
        if not self._handle:
            raise CoreError(library.error().decode())
        self._owner = own(self._handle, library.destroy_capsule)
        self._kept: dict[str, tuple[Array, object]] = {}
        self._stages = 0
        #: Whether there is work, also such that goes on after an exception. Until it ends, nothing can be asked for.
        self.is_busy = False

    def set_image(self, role: str, pixels: Array, geometry: Geometry, owner: object = None) -> None:
        """Set an image, without a copy. Roles: fixed, moving, fixed-mask, moving-mask (uint8), weights, metric-weights
        (float32).

        owner: whose pixels they are, if not the array's; it is kept alive.
        """
        kind = role.partition("@")[0]
        wanted = {
            "fixed": self.dtype,
            "moving": self.dtype,
            "weights": np.dtype(np.float32),
            "metric-weights": np.dtype(np.float32),
        }.get(kind, np.dtype(np.uint8))
        if pixels.dtype != wanted or not pixels.flags.c_contiguous or not pixels.dtype.isnative:
            raise TypeError(f"{role}: contiguous pixels of {wanted} are needed, not of {pixels.dtype}")
        library.check(library.set_image(self._handle, role.encode(), pointer(pixels), GeometryStructure.of(geometry)))
        self._kept[role] = pixels, owner

    def pixels(self, role: str) -> Array:
        """Those that were set."""
        return self._kept[role][0]

    def add_channel(self, metric: str, weight: float) -> None:
        """Add a pair of images, whose roles end with @1 for the first one added. Metric "": that of the stage."""
        library.check(library.add_channel(self._handle, metric.encode(), weight))

    def set_metric_weight(self, weight: float) -> None:
        """That of the first pair."""
        library.check(library.set_metric_weight(self._handle, weight))

    def set_stage_mask(self, stage: int, role: str, mask: tuple[Array, Geometry] | None) -> None:
        """Set the mask of a stage that was added, in place of that of all; None: it has none. Roles as above."""
        name = f"{role}:{stage}"
        if mask is None:
            library.check(library.set_image(self._handle, name.encode(), None, None))
        else:
            self.set_image(name, *mask)

    def set_virtual_domain(self, geometry: Geometry) -> None:
        library.check(library.set_domain(self._handle, GeometryStructure.of(geometry)))

    def set_transform(self, role: str, parts: Sequence[Part]) -> None:
        """Roles: transform (for stages of the transform "given"), moving-initial, fixed-initial."""
        chain = Chain(parts)
        library.check(library.set_transform(self._handle, role.encode(), chain.handle))

    def set_points(self, points: npt.ArrayLike) -> None:
        """Own sample points, an array of shape (n, D)."""
        array = np.ascontiguousarray(points, np.float64)
        if array.ndim != 2 or array.shape[1] != self.dimension:
            raise ValueError(f"points: an array of shape (n, {self.dimension}) is needed, not {array.shape}")
        library.check(library.set_points(self._handle, pointer(array), len(array)))

    def add_stage(self, transform: str) -> int:
        """Add a stage with the defaults for a kind of transform; returns its number."""
        stage = Size()
        library.check(library.add_stage(self._handle, transform.encode(), ctypes.byref(stage)))
        self._stages = stage.value + 1
        return stage.value

    def set(self, stage: int, name: str, value: Any) -> None:
        """Set a setting of a stage."""
        if isinstance(value, str):
            library.check(library.set_text(self._handle, stage, name.encode(), value.encode()))
            return
        numbers = np.atleast_1d(np.ascontiguousarray(value, np.float64))
        library.check(library.set_numbers(self._handle, stage, name.encode(), pointer(numbers), numbers.size))

    def check(self, stage: int) -> None:
        """Raise CoreError if the settings of a stage do not go together."""
        library.check(library.check_stage(self._handle, stage))

    def settings(self, stage: int) -> dict[str, SettingValue]:
        """All settings of a stage; where each level has its own, a tuple of as many as there are levels."""
        text = library.get_settings(self._handle, stage)
        if text is None:
            raise CoreError(library.error().decode())
        known = describe_settings()
        lines = (line.split("\t") for line in text.decode().splitlines())
        return {name: to_value(known[name].kind, value) for name, value in lines}

    def run(
        self,
        callback: Callable[[str], None] | None = None,
        show_warnings: bool = True,
        wanted: Callable[[str], bool] = lambda event: True,
        reword: Callable[[str], str] = str,
    ) -> None:
        """Register. Warnings of ITK become those of Python.

        callback: gets "start", "level", "iteration" and "end", with the setting stock-optimizer also "method-start",
        "optimizer" and "method-end", in the thread that calls. What it raises ends the run, and is raised here, as is
        what a handler of a signal raises.
        wanted: whether an event is one for the callback; called in any thread.
        reword: another text of a warning.
        """

        def run(ask: Ask) -> int:
            def call(event: bytes, data: object) -> int:
                name = event.decode()
                return int(wanted(name) and ask(name))

            return int(library.run(self._handle, Callback() if callback is None else Callback(call), None))

        self._work(run, show_warnings, reword, callback)

    def _work(
        self,
        function: Callable[[Ask], int],
        show_warnings: bool,
        reword: Callable[[str], str],
        callback: Callable[[str], None] | None = None,
    ) -> None:
        """Do what a function of the library does, whose code it returns."""
        texts: list[str] = []

        def work(ask: Ask) -> None:
            try:
                code = function(ask)
                texts.extend(library.take_warnings())
                library.check(code)
            finally:
                self.is_busy = False

        self.is_busy = True
        try:
            interruptible(work, callback, lambda: library.abort(self._handle))
        finally:
            if show_warnings:
                for text in texts:
                    warn(reword(text))

    def stop(self) -> bool:
        """In a callback: the optimizer ends its level, if it can."""
        return bool(library.stop(self._handle))

    def finish(self) -> None:
        """In a callback: end here, and keep what was reached."""
        library.finish(self._handle)

    def evaluate(self, show_warnings: bool = True, reword: Callable[[str], str] = str) -> float:
        """The metric of the first stage where it would start."""
        value = ctypes.c_double()
        self._work(lambda _: int(library.evaluate(self._handle, ctypes.byref(value))), show_warnings, reword)
        return value.value

    def numbers(self, name: str) -> Floats:
        """What has a name in MaskedSamplingCore.h."""
        numbers, length = Numbers(), Size()
        library.check(library.get_numbers(self._handle, name.encode(), ctypes.byref(numbers), ctypes.byref(length)))
        return copy_numbers(numbers, length.value)

    @property
    def progress(self) -> tuple[float, float, float, float, float, float]:
        """Stage, level, iteration, value of the metric, learning rate and convergence value; the last two are not
        numbers if the optimizer has none."""
        stage, level, iteration, value, learning_rate, convergence = self.numbers("progress").tolist()
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
        return self.numbers("position")

    @property
    def scales(self) -> Floats:
        return self.numbers("scales")

    @property
    def valid_points(self) -> int:
        return int(self.numbers("valid-points")[0])

    @property
    def stop_condition(self) -> str:
        return library.text(library.get_stop_condition(self._handle, -1))

    def transform(self, role: str = "result") -> list[Part]:
        """Roles: result, from fixed to moving points, and optimized, that of the last stage."""
        chain = Chain()
        library.check(library.get_transform(self._handle, role.encode(), chain.handle))
        return chain.parts()

    @property
    def points(self) -> npt.NDArray[np.float32]:
        """The sample points of the current or last level, an array of shape (n, D)."""
        return self.numbers("points").astype(np.float32).reshape(-1, self.dimension)

    def text(self, name: str) -> str:
        """Names: uncertainty-status, uncertainty-text."""
        return library.text(library.get_text(self._handle, name.encode()))

    @property
    def course(self) -> Array:
        """The metric after each iteration: a structured array of stage, level, iteration, value."""
        rows = self.numbers("course").reshape(-1, 4)
        course = np.empty(len(rows), COURSE)
        for column, name in enumerate(("stage", "level", "iteration", "value")):
            course[name] = rows[:, column]
        return course

    @property
    def reports(self) -> list[LevelReport]:
        """A report for each level that was reached."""
        reports = []
        kinds = [self.settings(stage) for stage in range(self._stages)]
        for number, row in enumerate(self.numbers("reports").reshape(-1, 10).tolist()):
            stage, level, mask_voxels, requested, points, inside, iterations = (int(value) for value in row[:7])
            first, last, seconds = row[7:]
            transform, metric = (str(kinds[stage][name]) for name in ("transform", "metric"))
            stop = library.text(library.get_stop_condition(self._handle, number))
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


def default_settings(transform: str) -> dict[str, SettingValue]:
    """The facade's settings for a kind of transform."""
    method = Method(2, np.float32)
    return method.settings(method.add_stage(transform))
