# SPDX-License-Identifier: Apache-2.0
"""Exceptions that are raised again with another text, whatever their kinds want to be made of."""

import builtins
import errno
import re
from pathlib import Path
from typing import Any

import pytest
from itk_maskedsampling._images import output
from itk_maskedsampling._images.errors import reworded


class TwoArguments(ValueError):
    def __init__(self, number: int, *, name: str) -> None:
        super().__init__(f"{name} {number}")


class NeverAgain(RuntimeError):
    def __init__(self, *_: object) -> None:
        raise NotImplementedError


ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "UnicodeDecodeError": ("utf-8", b"\xff", 0, 1, "invalid start byte"),
    "UnicodeEncodeError": ("utf-8", "\udcff", 0, 1, "surrogates not allowed"),
    "UnicodeTranslateError": ("x", 0, 1, "no"),
    "ExceptionGroup": ("text", [ValueError("x")]),
}
KINDS = [one for one in vars(builtins).values() if isinstance(one, type) and issubclass(one, Exception)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_python(kind: type[Exception]) -> None:
    error = kind(*ARGUMENTS.get(kind.__name__, ("before",)))
    again = reworded(error, "table: row 1: text")
    assert str(again) == "table: row 1: text"
    assert isinstance(error, type(again)), "a kind that whoever catches the other one knows"
    if kind in (ValueError, TypeError, RuntimeError, OSError, FileNotFoundError):
        assert type(again) is kind
    if issubclass(kind, ValueError):
        assert isinstance(again, ValueError)


def test_kinds_of_others() -> None:
    again = reworded(TwoArguments(3, name="x"), "text")
    assert (type(again), str(again)) == (ValueError, "text")
    again = reworded(NeverAgain.__new__(NeverAgain), "text")
    assert (type(again), str(again)) == (RuntimeError, "text")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.ENOENT, errno.EISDIR, errno.EIO])
def test_numbers_and_files_are_kept(number: int) -> None:
    error = OSError(number, "before", "a.nii")
    again = reworded(error, "output: text")
    assert isinstance(again, OSError)
    assert type(again) is type(error)
    assert (again.errno, again.strerror, again.filename) == (number, "output: text", "a.nii")
    other = reworded(error, "text", Path("b"))
    assert isinstance(other, OSError)
    assert other.filename == "b"


def test_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system raises need not have a number."""

    def fail(*_: object, **__: object) -> None:
        raise FileExistsError("no usable name was found")

    monkeypatch.setattr(Path, "mkdir", fail)
    with (
        pytest.raises(FileExistsError, match="output: no usable name was found"),
        output.whole_file("output", tmp_path / "a.txt"),
    ):
        pass


def test_nothing_else_makes_an_exception_of_a_kind_it_does_not_know() -> None:
    files = [*Path(output.__file__).parents[1].rglob("*.py")]
    assert len(files) > 50
    assert not [file for file in files if re.search(r"raise type\(\w+\)\(", file.read_text(encoding="utf-8"))]
