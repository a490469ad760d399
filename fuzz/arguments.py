# SPDX-License-Identifier: Apache-2.0
"""Register small images with arguments of all kinds.

    python fuzz/arguments.py [--minutes 1] [--seed 0]

A third of the cases are wild: some settings are numbers at the ends of their range, words, or of another type. A third
are degenerate: there is nothing to register. A third are such that any user would expect the answer, in other units,
types, places and with other choices. Each must give a result, or an error that names an argument. It prints what is
none of these, and ends with 1 if there is any: a process that died or hung, another error, work that a signal did not
end, a degenerate case that was no error, and an answer that is wrong without a warning.
"""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import processes
from itk_maskedsampling import CoreError, Image, Registration, register
from itk_maskedsampling._core import describe_settings

#: Seconds after which a signal ends a registration.
LONG = 30.0
SHIFT = np.array([4.0, -3.0])
TRANSFORMS = ("translation", "rigid", "similarity", "affine", "b-spline")
METRICS = ("mean-squares", "correlation", "mutual-information")
OPTIMIZERS = (None, "regular-step-gradient-descent", "gradient-descent", "conjugate-gradient-line-search", "lbfgsb")
NUMBERS = (0, 1, -1, 2, 3, 0.5, 1e-9, 1e-300, 1e9, 1e300, -1e300, 2**31 - 1, 2**31, 2**32, 2**63, 2**64, float("nan"))
THINGS: tuple[Any, ...] = (
    None,
    "",
    "nonsense",
    b"x",
    [],
    (),
    {},
    True,
    float("inf"),
    np.array(1.5),
    np.zeros((2, 2)),
    object(),
    1j,
)


class TookLongError(BaseException):
    pass


def texture(x: Any, y: Any) -> Any:
    return 100 + 30 * np.sin(x / 6 + y / 15) + 30 * np.cos(y / 7 - x / 20) + 20 * np.sin(x / 17) * np.cos(y / 11)


Y, X = np.mgrid[0:100, 0:110].astype(np.float64)
MASK = np.hypot(X - 55, Y - 50) < 32
FIXED, MOVING = texture(X, Y), texture(X - SHIFT[0], Y - SHIFT[1])


def any_value(draw: random.Random, kind: str, choices: tuple[str, ...]) -> Any:
    """A value of a setting, right or not."""
    if draw.random() < 0.1:
        return draw.choice(THINGS)
    if choices:
        return draw.choice([*choices, "nonsense"])
    number = draw.choice([*NUMBERS, draw.randrange(20), draw.uniform(-2, 50)])
    return [draw.choice(NUMBERS) for _ in range(draw.randrange(5))] if draw.random() < 0.2 else number


def wild(draw: random.Random) -> dict[str, Any]:
    settings: dict[str, Any] = {"transform": draw.choice([*TRANSFORMS, "displacement-field", "syn"])}
    known = {name: one for name, one in describe_settings().items() if name not in ("transform", "work-units")}
    for name in draw.sample(sorted(known), draw.choice([1, 1, 2, 3, 5])):
        settings[{"initialization": "initial"}.get(name, name.replace("-", "_"))] = any_value(
            draw, known[name].kind, known[name].choices
        )
    return settings


def degenerate(draw: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Images and settings with which no answer can be right."""
    images: dict[str, Any] = {"fixed": FIXED, "moving": MOVING, "fixed_mask": MASK}
    settings: dict[str, Any] = {"transform": draw.choice(TRANSFORMS), "metric": draw.choice(METRICS)}
    role = draw.choice(["fixed", "moving"])
    value = draw.choice([0.0, 1.0, -1e6, 1e-9])
    kind = draw.randrange(8)
    if kind == 0:
        images[role] = np.full_like(FIXED, value)
    elif kind == 1:
        images["fixed"] = np.where(MASK, value, FIXED)
    elif kind == 2:
        images[role] = np.where(np.hypot(X - 55, Y - 50) < draw.choice([2, 20]), np.nan, images[role])
    elif kind == 3:
        images["fixed_mask"] = np.zeros_like(MASK)
    elif kind == 4:
        settings |= {"metric": "mutual-information", "histogram_bins": draw.randrange(6)}
    elif kind == 5:
        settings["learning_rate"] = draw.choice([0, -1, -1e-9])
    elif kind == 6:
        settings |= {"transform": "affine", "samples": draw.randrange(6)}
    else:
        settings |= {"transform": draw.choice(["displacement-field", "syn"]), "metric": "correlation"}
    return images, settings


def expected(draw: random.Random) -> tuple[dict[str, Any], dict[str, Any], float]:
    """Images and settings for which there is an answer, and the size of a pixel."""
    length = draw.choice([1.0, 1e-7, 1e-3, 0.37, 30.0, 1e3])
    intensity, offset = draw.choice([1.0, 1e-6, 1e-3, 1e6]), draw.choice([0.0, -100.0, 1e3])
    fixed, moving = ((pixels + offset) * intensity for pixels in (FIXED, MOVING))
    if intensity == 1.0 and offset >= 0:
        dtype = draw.choice([np.float32, np.float64, np.uint16, np.int32, np.int64, np.uint64])
        fixed, moving = (np.round(pixels * 20).astype(dtype) for pixels in (fixed, moving))
    if draw.random() < 0.3:
        outside = np.hypot(X - 55, Y - 50) > 49
        fixed = np.where(outside, np.nan, fixed)
    spacing, origin = (length, length), (draw.choice([0.0, 1e3, -250.0]) * length, 0.0)
    mask = MASK.astype(draw.choice([bool, np.uint8, np.float32]))
    images = {
        name: Image(pixels, spacing, origin)
        for name, pixels in {"fixed": fixed, "moving": moving, "fixed_mask": mask.astype(np.uint8)}.items()
    }
    settings: dict[str, Any] = {
        "transform": draw.choice(TRANSFORMS),
        "metric": draw.choice(METRICS),
        "sampling": draw.choice(["random", "regular", "none"]),
        "seed": draw.randrange(2**31),
    }
    if draw.random() < 0.4:
        settings["optimizer"] = draw.choice(OPTIMIZERS)
    if (settings["transform"], settings.get("optimizer")) == ("b-spline", "lbfgsb"):
        settings["grid_scale_factors"] = 1  # which that optimizer asks for
    if settings["sampling"] != "none" and draw.random() < 0.3:
        settings["percentage"] = draw.choice([0.1, 0.2, 1.0])
    if draw.random() < 0.2:
        settings["initial"] = draw.choice(["geometry", "moments"])
    return images, settings, length


def call(images: dict[str, Any], settings: dict[str, Any]) -> tuple[Registration, list[str]]:
    """The result, and what was warned of. A signal ends what takes long."""

    def end(number: int, frame: object) -> None:
        raise TookLongError

    signal.signal(signal.SIGUSR1, end)
    timer = threading.Timer(LONG, os.kill, (os.getpid(), signal.SIGUSR1))
    timer.start()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = register(**images, **settings)
    finally:
        timer.cancel()
        timer.join()
    return result, [str(one.message) for one in caught]


def judge_error(kind: int, error: Exception, names: set[str]) -> str | None:
    text = f"{type(error).__name__}: {str(error)[:300]}"
    if kind == 2:
        return f"is refused: {text}"
    if not isinstance(error, ValueError | TypeError | CoreError | MemoryError):
        return f"gives another error: {text}"
    names |= {"fixed", "moving", "samples", "percentage", "sampling", "register"}
    is_named = isinstance(error, MemoryError) or any(re.search(rf"\b{re.escape(name)}", str(error)) for name in names)
    return None if is_named else f"gives an error that names no argument: {text}"


def judge(kind: int, images: dict[str, Any], settings: dict[str, Any], length: float) -> str | None:
    """What is wrong, if anything is."""
    try:
        result, warned = call(images, settings)
    except TookLongError:
        return None if kind == 0 else f"took more than {LONG} s"
    except Exception as error:
        return judge_error(kind, error, {*images, *settings})
    if kind == 1:
        return f"is no error, but {result!r}"[:400]
    middle = np.array([55.0, 50.0]) * length + np.array(images["fixed"].origin if kind == 2 else (0, 0))
    moved = result.transform.apply(middle[None])[0] - middle
    if not np.isfinite(moved).all():
        return f"moves points to {moved}"
    error_in_pixels = float(np.abs(moved / length - SHIFT).max())
    if kind == 2 and error_in_pixels > 1.0 and not warned:
        return f"is wrong by {error_in_pixels:.2f} pixels, without a word: {result.stop_condition}"
    return None


def trial(seed: int, first: int) -> Iterator[dict[str, Any]]:
    for number in range(first, processes.BATCH):
        draw = random.Random(seed * 1_000_003 + number)
        kind, length = draw.randrange(3), 1.0
        images: dict[str, Any] = {"fixed": FIXED, "moving": MOVING, "fixed_mask": MASK}
        if kind == 0:
            settings = wild(draw)
        elif kind == 1:
            images, settings = degenerate(draw)
        else:
            images, settings, length = expected(draw)
        about = {name: f"{np.asarray(one).dtype} from {np.nanmin(np.asarray(one))}" for name, one in images.items()}
        yield {
            "number": number,
            "kind": ("wild", "degenerate", "expected")[kind],
            "settings": settings,
            "images": about,
        }
        problem = judge(kind, images, settings, length)
        if problem:
            yield {"problem": problem}


if __name__ == "__main__":
    processes.main(__file__, __doc__ or "", trial)
