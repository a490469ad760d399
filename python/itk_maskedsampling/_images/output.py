# SPDX-License-Identifier: Apache-2.0
"""Files that are there as a whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import reworded


def check_place(name: str, path: str | os.PathLike[str]) -> Path:
    """The path of a file that can be written. The name is what errors call the argument.

    Raises FileNotFoundError where there is no such folder, IsADirectoryError where the path is a folder itself, and
    PermissionError where nothing may be written. A link is written through: what it points to must be such a path.
    """
    file = Path(path).expanduser()
    if not file.parent.is_dir():
        raise FileNotFoundError(f"{name}: there is no folder {os.fspath(file.parent)!r} (in {Path.cwd()})")
    target = follow(name, file)
    link = f", to which {os.fspath(file)!r} is a link" if file.is_symlink() else ""
    if not target.parent.is_dir():
        raise FileNotFoundError(f"{name}: there is no folder {os.fspath(target.parent)!r}{link}")
    if target.is_dir():
        raise IsADirectoryError(f"{name}: {os.fspath(file)!r} is a folder; give the path of a file in it")
    if target.exists() and not target.is_file():
        raise OSError(f"{name}: {os.fspath(file)!r} is a pipe, a socket or a device; give the path of a file")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise PermissionError(f"{name}: nothing may be written to the folder {os.fspath(target.parent)!r}{link}")
    return file


def follow(name: str, file: Path) -> Path:
    """What a link points to, which need not be there; any other path stays as it is."""
    if not file.is_symlink():
        return file
    target = Path(os.path.realpath(file))
    if target.is_symlink():
        raise OSError(f"{name}: {os.fspath(file)!r} is a link in a circle")
    return target


def put(written: Path, target: Path) -> None:
    """Move a file to its place at once, on whatever disk that is."""
    try:
        os.replace(written, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with tempfile.TemporaryDirectory(prefix=".", suffix=".part", dir=target.parent) as folder:
            copied = shutil.copyfile(written, Path(folder) / written.name)
            os.replace(copied, target)


@contextmanager
def whole_file(name: str, path: str | os.PathLike[str], reserve: int = 0) -> Iterator[Path]:
    """Write a file, and what lies beside it (the pixels of a header), under its final name only once it is complete.

    Gives the path to write to: the same file name, in a fresh folder beside the destination. If the block raises, what
    was there before stays as it was. Links stay links: what they point to is replaced.

    reserve: bytes that must be free before the block starts, for writers that do not survive a full disk.
    """
    file = check_place(name, path)
    beside = follow(name, file).parent
    folder = beside / f".{uuid.uuid4().hex[:12]}.part"
    try:
        # All from here on, so that a signal at whatever moment leaves nothing.
        try:
            folder.mkdir(mode=0o700)
            if reserve > 0:
                with tempfile.TemporaryFile(dir=folder) as space:
                    os.posix_fallocate(space.fileno(), 0, reserve)
        except OSError as error:
            raise reworded(error, f"{name}: {error.strerror or error}", beside) from error
        yield folder / file.name
        written = sorted(folder.iterdir(), key=lambda one: one.name == file.name)
        if not written or written[-1].name != file.name:
            raise OSError(errno.EIO, f"{name}: nothing was written", os.fspath(file))
        # What others refer to comes last.
        for one in written:
            put(one, follow(name, file.parent / one.name))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
