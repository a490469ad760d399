# SPDX-License-Identifier: Apache-2.0
"""Files that the command line writes: checked before the work, written after it, each for itself."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._images.choices import kebab
from .._images.output import check_place, whole_file
from .text import hushed

#: What formats with two files call them.
PAIRS = (
    (".hdr", ".img", ".img.gz"),
    (".mhd", ".raw", ".zraw"),
    (".nhdr", ".raw", ".raw.gz"),
)


class NotWritten(RuntimeError):
    """The work was done, but an output could not be written."""


class Tried(Exception):
    """Ends a trial, which leaves no file behind."""


@dataclass(frozen=True)
class Output:
    """A file to write.

    name: of the argument.
    write: writes it to a path, once the work is done.
    try_out: writes something small in the same format to a path.
    """

    name: str
    path: Path
    write: Callable[[Any, Path], None]
    try_out: Callable[[Path], None] | None = None

    @property
    def option(self) -> str:
        """What the command line calls it."""
        return f"--{kebab(self.name)}"


def check_outputs(outputs: Iterable[Output], inputs: Mapping[str, str | None]) -> None:
    """Raise what would keep the outputs from being written, before any work is done.

    inputs: the files that are read, by what the command line calls them.
    """
    taken = {key: f"the input {name}" for name, path in inputs.items() if path for key in keys(Path(path).expanduser())}
    for output in outputs:
        file = check_place(output.option, output.path)
        for key in keys(file):
            if key in taken:
                raise ValueError(f"{output.option}: {os.fspath(output.path)!r} would overwrite {taken[key]}")
        taken.update(dict.fromkeys(keys(file), f"what {output.option} writes"))
        if output.try_out is not None:
            try_out(output)


def try_out(output: Output) -> None:
    """Write something small in the format of an output, beside where it will be, and remove it."""
    if output.try_out is None:
        return
    try:
        with whole_file(output.option, output.path) as file, hushed():
            output.try_out(file)
            raise Tried
    except Tried:
        pass
    except (FileNotFoundError, PermissionError):
        raise
    except (TypeError, ValueError, OSError, RuntimeError) as error:
        kind = NotWritten if isinstance(error, OSError) else ValueError  # a full disk, or a format that cannot hold it
        raise kind(f"{output.option}: {os.fspath(output.path)!r} cannot be written: {reason(error)}") from error


def keys(file: Path) -> set[str]:
    """What stands for a file, however it is called, and for those beside it that belong to it."""
    whole = os.path.realpath(file)
    found = {whole}
    for pair in PAIRS:
        for suffix in pair:
            if whole.lower().endswith(suffix):
                stem = whole[: -len(suffix)]
                found |= {stem + other for other in pair}
    return found


def write_outputs(outputs: Iterable[Output], result: Any) -> tuple[dict[str, str], dict[str, str], Exception | None]:
    """Write all that can be written. Gives the paths that were, and the names of their arguments; what kept the others
    from it, and the first error."""
    written: dict[str, str] = {}
    failed: dict[str, str] = {}
    first: Exception | None = None
    for output in outputs:
        path = os.fspath(output.path)
        try:
            with hushed():
                output.write(result, output.path)
        except Exception as error:
            failed[path] = f"{output.option}: {path!r} could not be written: {reason(error)}"
            first = first or error
        else:
            written[path] = output.name
    return written, failed, first


def reason(error: Exception) -> str:
    """Why a file could not be read or written, in one line, without the folder in which it would have been made."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return re.sub(r"(\.\w+\.part/)+", "", lines[0].removeprefix("path: ")) if lines else type(error).__name__


def raise_failed(written: Mapping[str, str], failed: Mapping[str, str], first: Exception | None) -> None:
    """Raise NotWritten if an output failed."""
    if failed:
        others = f" (written: {', '.join(written)})" if written else ""
        raise NotWritten("; ".join(failed.values()) + others) from first
