# SPDX-License-Identifier: Apache-2.0
"""Check the rules of the house: what a C++ file may include, what a Python file may import, and how long they may be.

    check_house.py [FOLDER]    FOLDER is that of the repository, by default this one

Prints a line for every violation, and ends with 1 if there is any.
"""

import ast
import posixpath
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

#: The folders of src/. Each may include itself and those before it.
LAYERS = ("geometry", "sampler", "smoothing", "metric", "level", "field", "search", "facade")
#: The sub-packages of the Python package. Each may import itself and those before it.
ROOMS = (
    "_core",
    "_images",
    "_transforms",
    "_pictures",
    "_registration",
    "plot",
    "_report",
    "_view",
    "cohort",
    "simpleitk",
    "_cli",
    "_extension",
)
#: The circle that there is: a result can be made again.
CIRCLES = {("_registration/result.py", "_registration/register.py")}
PYTHON, PYTHON_TEST = "python/itk_maskedsampling", "test/python"
PUBLIC, PRIVATE, CORE, TEST = "include", "src", "python/core", "test"
CPP = (".h", ".hpp", ".hxx", ".cxx", ".cpp")
#: A string, which is kept, or a comment.
STRING_OR_COMMENT = re.compile(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', re.DOTALL)


class Limit(NamedTuple):
    """The most lines that a file in a folder may have."""

    folder: str
    suffixes: tuple[str, ...]
    lines: int


LIMITS = (
    Limit(PUBLIC, CPP, 450),
    Limit(PRIVATE, CPP, 450),
    Limit(CORE, CPP, 450),
    Limit(TEST, CPP, 650),
    Limit(PYTHON, (".py",), 400),
    Limit(PYTHON_TEST, (".py",), 500),
)


class Include(NamedTuple):
    """A line that includes a file of ours. Paths are relative to the repository."""

    line: int
    name: str
    path: str


class House:
    """The C++ files of a repository, and which of them each includes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.paths = [path for folder in (PUBLIC, PRIVATE, CORE, TEST) for path in self.find(folder, CPP)]
        self.by_name: dict[str, list[str]] = {}
        for path in self.paths:
            self.by_name.setdefault(Path(path).name, []).append(path)
        self.includes = {path: list(self.read_includes(path)) for path in self.paths}

    def find(self, folder: str, suffixes: tuple[str, ...]) -> list[str]:
        files = sorted(path for path in (self.root / folder).rglob("*") if path.suffix in suffixes)
        return [path.relative_to(self.root).as_posix() for path in files]

    def read_includes(self, path: str) -> Iterator[Include]:
        """Includes of files of ours, wherever they stand, but for those in comments."""
        text = (self.root / path).read_text()
        code = STRING_OR_COMMENT.sub(lambda part: part[1] or "\n" * part[0].count("\n"), text)
        for number, line in enumerate(code.splitlines(), start=1):
            match = re.match(r'\s*#\s*include\s*["<]([^">]+)[">]', line)
            if match and (included := self.resolve(path, match[1])):
                yield Include(number, match[1], included)

    def resolve(self, includer: str, name: str) -> str | None:
        """The file of ours of that name, with or without its folder; None: it is not ours."""
        same_name = self.by_name.get(posixpath.basename(name), [])
        for folder in (posixpath.dirname(includer), PUBLIC, PRIVATE):
            path = posixpath.normpath(f"{folder}/{name}")
            if path in same_name:
                return path
        if name.partition("/")[0] in LAYERS:
            return f"{PRIVATE}/{name}"  # even if it is not there (any more)
        return same_name[0] if same_name else None

    def find_way_to_private(self, path: str, seen: frozenset[str] = frozenset()) -> list[str]:
        """The files from one to the first private one that it includes, itself included; empty: it includes none."""
        if path.startswith(f"{PRIVATE}/"):
            return [path]
        for include in self.includes.get(path, []):
            if include.path not in seen and (way := self.find_way_to_private(include.path, seen | {path})):
                return [path, *way]
        return []


def layer_of(path: str) -> str | None:
    parts = path.split("/")
    return parts[1] if parts[0] == PRIVATE and len(parts) > 2 else None


def check_layers(house: House) -> Iterator[str]:
    order = ", ".join(LAYERS)
    for path in house.find(PRIVATE, CPP):
        layer = layer_of(path)
        if layer not in LAYERS:
            yield f"{path}:1: layers: not in the folder of a layer. Put it into one of {order}."
            continue
        for include in house.includes[path]:
            other = layer_of(include.path)
            if other in LAYERS and LAYERS.index(other) > LAYERS.index(layer):
                yield (
                    f"{path}:{include.line}: layers: {layer} includes {include.name}, of the later layer {other} (the "
                    f"order: {order}). Move what is needed to {layer} or before it, or this file to {other}."
                )


def check_public_headers(house: House) -> Iterator[str]:
    for path in house.find(PUBLIC, CPP):
        for include in house.includes[path]:
            if include.path.startswith(f"{PUBLIC}/"):
                continue  # what that one includes is reported there
            if way := house.find_way_to_private(include.path):
                through = f" through {' and '.join(way[:-1])}" if len(way) > 1 else ""
                yield (
                    f"{path}:{include.line}: public headers: includes the private {way[-1]}{through}. Users cannot. "
                    "Declare what is needed here, and define it in a .cxx of src/, with explicit instances."
                )


def check_core_errors(house: House) -> Iterator[str]:
    for path in house.find(CORE, CPP):
        if Path(path).stem != "CoreErrors":
            continue
        for include in house.includes[path]:
            if Path(include.path).stem != "CoreErrors":
                yield (
                    f"{path}:{include.line}: core: CoreErrors includes {include.name}, but all others include it. Move "
                    "what needs that to another file of the core."
                )


def check_lengths(house: House) -> Iterator[str]:
    for limit in LIMITS:
        for path in house.find(limit.folder, limit.suffixes):
            lines = len((house.root / path).read_text().splitlines())
            if lines > limit.lines:
                yield (
                    f"{path}:{limit.lines + 1}: length: {lines} lines, where {limit.folder}/ has {limit.lines} at "
                    "most. Divide it by what it is about, a class a file."
                )


# Python


class Import(NamedTuple):
    """A line that imports a file of the package, of which the path is relative to the package."""

    line: int
    path: str


def read_imports(package: Path, path: str) -> Iterator[Import]:
    """Files of the package that one imports, wherever that stands: at the top, in a function, for types only."""
    here = path.split("/")[:-1]
    for node in ast.walk(ast.parse((package / path).read_text())):
        if not isinstance(node, ast.ImportFrom) or node.level == 0:
            continue
        parts = [*here[: len(here) - node.level + 1], *(node.module.split(".") if node.module else [])]
        for alias in node.names:
            for names in ([*parts, alias.name], parts):
                found = ["/".join(names) + ".py", "/".join([*names, "__init__.py"])]
                known = [one for one in found if (package / one).is_file() and one != "__init__.py"]
                if known:
                    yield Import(node.lineno, known[0])
                    break


def check_rooms(house: House) -> Iterator[str]:
    order = ", ".join(ROOMS)
    for path in house.find(PYTHON, (".py",)):
        own = path.removeprefix(f"{PYTHON}/")
        room = own.partition("/")[0]
        if own in ("__init__.py", "__main__.py"):
            continue
        if room not in ROOMS:
            yield f"{path}:1: rooms: not in a sub-package. Put it into one of {order}."
            continue
        for found in read_imports(house.root / PYTHON, own):
            other = found.path.partition("/")[0]
            if other in ROOMS and ROOMS.index(other) > ROOMS.index(room):
                yield (
                    f"{path}:{found.line}: rooms: {room} imports {found.path}, of the later {other} (the order: "
                    f"{order}). Move what is needed to {room} or before it, or this file to {other}."
                )


def check_circles(house: House) -> Iterator[str]:
    """Only files of the same room are looked at, as the order of rooms has no circles."""
    package = house.root / PYTHON
    graph: dict[str, list[Import]] = {}
    for path in house.find(PYTHON, (".py",)):
        own = path.removeprefix(f"{PYTHON}/")
        same = [one for one in read_imports(package, own) if one.path.partition("/")[0] == own.partition("/")[0]]
        graph[own] = [one for one in same if (own, one.path) not in CIRCLES]
    for start, imports in graph.items():
        for found in imports:
            way = find_way(graph, found.path, start, frozenset())
            if way and start == min(way):
                circle = " imports ".join([start, *way])
                yield f"{PYTHON}/{start}:{found.line}: circles: {circle}. Move what both need to a third file."


def find_way(graph: dict[str, list[Import]], path: str, end: str, seen: frozenset[str]) -> list[str]:
    """The files from one to another that import each other; empty: there is no way."""
    if path == end:
        return [path]
    for found in graph.get(path, []):
        if found.path not in seen and (way := find_way(graph, found.path, end, seen | {path, found.path})):
            return [path, *way]
    return []


RULES = (check_layers, check_public_headers, check_core_errors, check_rooms, check_circles, check_lengths)


def main() -> None:
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent
    house = House(root)
    if not house.paths:
        raise SystemExit(f"There are no C++ files in {root}.")
    violations = [violation for rule in RULES for violation in rule(house)]
    for violation in violations:
        print(violation)
    raise SystemExit(1 if violations else 0)


if __name__ == "__main__":
    main()
