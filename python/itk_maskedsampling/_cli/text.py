# SPDX-License-Identifier: Apache-2.0
"""What the command line prints, for people and for programs."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a text, by default on standard output; what the encoding of the stream lacks is escaped."""
    stream = sys.stdout if stream is None else stream
    if stream is not None:  # None: a shell has closed it
        encoding = stream.encoding or "utf-8"
        with writing():
            print(text.encode(encoding, "backslashreplace").decode(encoding), file=stream)


def flush() -> None:
    """Write what standard output still holds."""
    if sys.stdout is not None:
        with writing():
            sys.stdout.flush()


@contextmanager
def writing() -> Iterator[None]:
    """An error says that it is not of a file; that of a pipe stays one."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, f"what is said cannot be written: {error.strerror}") from error


@contextmanager
def hushed() -> Iterator[None]:
    """While libraries of C read and write files: what they print on standard error is lost; their errors are told."""
    try:
        kept = os.dup(2)
    except OSError:  # a shell has closed it
        yield
        return
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def say_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object in a line on standard output."""
    from .._images.arrays import to_json  # noqa: PLC0415, it loads numpy

    say(json.dumps(to_json(value), allow_nan=False))


def say_time(seconds: float) -> str:
    """A time in a few words."""
    if seconds < 99.5:
        return f"{math.ceil(seconds)} s" if seconds >= 1 else "1 s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"
