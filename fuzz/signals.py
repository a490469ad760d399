# SPDX-License-Identifier: Apache-2.0
"""Send signals at any moment of everything that takes long.

    python fuzz/signals.py [--minutes 1] [--seed 0]

A handler raises an exception. It must come out of the call, no later than half a second after the signal (what is
promised is 0.2 s, of a machine that is not as busy as one that fuzzes); no file or folder may be left half-written; and
the next registration must give what it gave before. It prints what is otherwise, and ends with 1 if there is any.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import processes
from itk_maskedsampling import Image, read_image, read_transform, register, sample, write_image, write_report
from itk_maskedsampling.simpleitk import ImageRegistrationMethod

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP)
LATEST = 0.5
RANDOM = np.random.default_rng(1)
VOLUME = RANDOM.normal(size=(60, 64, 68)).cumsum(0).cumsum(1).cumsum(2).astype(np.float32)
MOVED = np.roll(VOLUME, 1, 0)
MASK = np.zeros(VOLUME.shape, np.uint8)
MASK[10:50, 10:50, 10:50] = 1


class RaisedError(BaseException):
    pass


def make_calls(folder: Path) -> dict[str, Callable[[], object]]:
    """Whatever takes long; each call ends by itself after some seconds at most."""
    import matplotlib.pyplot as plt  # noqa: PLC0415
    import SimpleITK as sitk  # noqa: PLC0415

    plt.close(plt.figure())  # an import of it that is interrupted leaves it unusable

    result = register(VOLUME, MOVED, MASK, transform="b-spline", iterations=2)
    large = Image(RANDOM.integers(0, 1000, (200, 200, 200)).astype(np.int16))
    write_image(large, folder / "large.nii.gz")
    result.transform.write(folder / "large.h5")
    fixed, moving, mask = (sitk.GetImageFromArray(one) for one in (VOLUME, MOVED, MASK))

    def execute() -> object:
        method = ImageRegistrationMethod()
        method.SetMetricFixedMask(mask)
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetInitialTransform(sitk.Euler3DTransform())
        method.SetOptimizerAsGradientDescent(0.1, 1000)
        method.AddCommand(sitk.sitkIterationEvent, method.GetMetricValue)
        return method.Execute(fixed, moving)

    def settings(transform: str, **more: Any) -> Callable[[], object]:
        return lambda: register(VOLUME, MOVED, MASK, transform=transform, **more)

    return {
        "rigid": settings("rigid"),
        "rigid, watched": settings("rigid", callback=lambda progress: None, iterations=1000),
        "exhaustive": settings("rigid", optimizer="exhaustive", number_of_steps=(2,) * 6),
        "powell": settings("affine", optimizer="powell"),
        "b-spline": settings("b-spline", grid_spacing=4),
        "syn": settings("syn", iterations=20),
        "displacement field": settings("displacement-field", radius=4, iterations=20),
        "every voxel": settings("affine", sampling="none"),
        "drop-in": execute,
        "resample": lambda: result.resample(large, large),
        "sample": lambda: sample(large, samples=10**6),
        "read": lambda: read_image(folder / "large.nii.gz"),
        "write": lambda: write_image(large, folder / "out.nii.gz"),
        "read transform": lambda: read_transform(folder / "large.h5"),
        "write transform": lambda: result.transform.write(folder / "out.h5"),
        "report": lambda: write_report(result, folder / "out.html"),
    }


def trial(seed: int, first: int) -> Iterator[dict[str, Any]]:
    sent = [0.0]

    def handle(number: int, frame: object) -> None:
        sent[0] = time.monotonic()
        raise RaisedError(number)

    for each in SIGNALS:
        signal.signal(each, handle)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        calls = make_calls(folder)
        before = register(VOLUME, MOVED, MASK).transform
        for number in range(first, processes.BATCH):
            draw = random.Random(seed * 1_000_003 + number)
            what, which = draw.choice(sorted(calls)), draw.choice(SIGNALS)
            delay = draw.choice([0.0, 0.001, 0.01, 0.1, 0.5]) * draw.uniform(0.5, 2)
            yield {"number": number, "call": what, "signal": which.name, "delay": delay}
            yield from interrupt(calls[what], which, delay)
            for thread in threading.enumerate():
                if thread is not threading.current_thread():
                    thread.join()  # what goes on alone for a while cleans up by itself
            left = [one.name for one in folder.iterdir() if one.name.endswith(".part")]
            if left:
                yield {"problem": f"leaves {left}"}
            if register(VOLUME, MOVED, MASK).transform != before:
                yield {"problem": "the next registration gives another result"}


def interrupt(call: Callable[[], object], number: signal.Signals, delay: float) -> Iterator[dict[str, Any]]:
    came: list[float] = []

    def send() -> None:
        time.sleep(delay)
        came.append(time.monotonic())
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    try:
        thread.start()
        call()
        thread.join()
        time.sleep(0.05)  # for a handler that is called after all
    except RaisedError as error:
        thread.join()
        late = time.monotonic() - came[0]
        if error.args != (number,):
            yield {"problem": f"another signal came out: {error.args}"}
        if late > LATEST:
            yield {"problem": f"the exception came {late:.2f} s after the signal"}
    except BaseException as error:
        with contextlib.suppress(RaisedError):
            thread.join()
        yield {"problem": f"instead of the exception of the handler: {type(error).__name__}: {error}"}


if __name__ == "__main__":
    processes.main(__file__, __doc__ or "", trial)
