# SPDX-License-Identifier: Apache-2.0
"""Files by what is in them: the same ones at another place, or with other dates, are known again."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

#: Where the pixels are of which a file is the header.
PIXELS = {
    ".mhd": (".raw", ".zraw", ".raw.gz"),
    ".nhdr": (".raw", ".raw.gz", ".nrrd"),
    ".hdr": (".img", ".img.gz"),
    ".img": (".hdr",),
}

#: Of a file: its name, its size in bytes, when it was written and when it was last touched in any way, in ns, and a
#: hash of what is in it.
State = Mapping[str, Any]


def describe_input(path: Path, before: object = None) -> list[State] | None:
    """The file of an input, also that with its pixels, or all files of a folder; None if it cannot be read.

    before: what was found another time. Files that are as they were then are not read again.
    """
    states = look(path)
    if states is None:
        return None
    known = {frozenset(without_hash(one).items()): one for one in read_states(before) or ()}
    try:
        return [
            known.get(frozenset(one.items())) or {**one, "hash": hash_file(*find_place(path, one))} for one in states
        ]
    except OSError:
        return None


def is_unchanged(path: Path, before: object) -> bool:
    """Whether an input has the contents that were found another time. Sizes are compared before anything is read."""
    states, old = look(path), read_states(before)
    if states is None or old is None:
        return states is None and before is None
    if [one["size"] for one in states] != [one["size"] for one in old]:
        return False
    return same_contents(describe_input(path, before), before)


def same_contents(one: object, other: object) -> bool:
    """Whether two inputs that were described have the same contents. What a file is called is no part of them, but for
    its suffix, by which it is read."""
    first, second = ([identify(state) for state in read_states(found) or ()] for found in (one, other))
    return first == second and (one is None) == (other is None)


def identify(state: State) -> tuple[str, Any, Any]:
    return Path(state["name"]).suffix.lower(), state["size"], state["hash"]


# States


def look(path: Path) -> list[dict[str, Any]] | None:
    """All of a state but the hash; None if nothing is there that can be read again: a pipe cannot."""
    try:
        if path.is_dir():
            found = [one for one in sorted(path.iterdir()) if one.is_file()]
        elif path.is_file():
            beside = [path.with_suffix(suffix) for suffix in PIXELS.get(path.suffix.lower(), ())]
            found = [path, *(one for one in beside if one.is_file())]
        else:
            return None
        states = [(one.name, one.stat()) for one in found]
    except (OSError, ValueError):
        return None
    return [
        {"name": name, "size": state.st_size, "written": state.st_mtime_ns, "touched": state.st_ctime_ns}
        for name, state in states
    ]


def without_hash(state: State) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name != "hash"}


def read_states(found: object) -> Sequence[State] | None:
    """The states that a record has of an input; None where it has none, or something else."""
    names = {"name", "size", "written", "touched", "hash"}
    if isinstance(found, list) and all(isinstance(one, Mapping) and one.keys() == names for one in found):
        return found
    return None


def find_place(path: Path, state: State) -> tuple[str, int, int, int]:
    """What hash_file() needs."""
    folder = path if path.is_dir() else path.parent
    return str(folder / state["name"]), state["size"], state["written"], state["touched"]


@functools.lru_cache(maxsize=100_000)
def hash_file(path: str, size: int, written: int, touched: int) -> str:
    """A hash of what is in a file: once in a process, as long as it is not touched."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=20)).hexdigest()
