# SPDX-License-Identifier: Apache-2.0
"""Paths of files that are read."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from .errors import reworded


def find_input(name: str, path: str | os.PathLike[str], folder: bool = False) -> Path:
    """The path of a file that can be read to its end; with folder, it may be a folder.

    Raises FileNotFoundError where there is none, and RuntimeError or OSError for what is something else, such as a
    pipe, of which a reader would wait for the end.
    """
    try:
        file = Path(path).expanduser()
        mode = file.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(f"{name}: there is no file {os.fspath(path)!r} (in {Path.cwd()})") from None
    except OSError as error:
        raise reworded(error, f"{name}: {os.fspath(path)!r} cannot be read: {error.strerror}", path) from error
    except ValueError as error:
        raise ValueError(f"{name}: {os.fspath(path)!r} is no path: {error}") from error
    if stat.S_ISDIR(mode) and not folder:
        raise FileNotFoundError(f"{name}: there is no file {os.fspath(path)!r}, but a folder (in {Path.cwd()})")
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise RuntimeError(
            f"{name}: {file} cannot be read: it is a pipe, a socket or a device. Write what comes from it to a file"
        )
    return file
