# SPDX-License-Identifier: Apache-2.0
"""Files that one process, or thread, of all machines that share a folder holds at a time, or several that agree."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO


class AlreadyLockedError(RuntimeError):
    """Another process holds the file."""


@contextmanager
def locked(path: Path, wait: bool, shared: bool = False) -> Iterator[TextIO]:
    """Hold a file, which is opened to append text and made if it is not there.

    wait: until nobody else holds it; otherwise that is an AlreadyLockedError.
    shared: others may hold it, too, that do so as well.

    The operating system lets go of it when the process ends, however that happens. A file system that knows no locks is
    used without; see is_protected().
    """
    with path.open("a+", encoding="utf-8") as file:
        try:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(file, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyLockedError(os.fspath(path)) from error
        except OSError:
            pass
        yield file


def is_protected(path: Path) -> bool:
    """Whether a file that is held cannot be had a second time: not so where locks are unknown, or do nothing."""
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            pass
    return False


def sign(file: TextIO, run: str) -> None:
    """Append a line: when, by which process of which machine, and for which run."""
    file.write(f"{now()} {socket.gethostname()} {os.getpid()} {run}\n")
    file.flush()


def signatures(path: Path) -> list[tuple[str, str, int, str]]:
    """When, machine, process and run of all who signed. A line that is not whole does not count."""
    found = []
    with contextlib.suppress(FileNotFoundError):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            words = line.split(" ")
            if len(words) == 4 and words[2].isdecimal():
                found.append((words[0], words[1], int(words[2]), words[3]))
    return found


def now() -> str:
    """Date and time in UTC, to the millisecond, as ISO 8601 has them."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
