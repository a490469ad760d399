# SPDX-License-Identifier: Apache-2.0
"""Compare what our classes override, repeat or reach in ITK with the ITK source that they were written against.

    check_functions.py ITK                  ITK is a folder with its source; the exit code is 1 if anything there is new
    check_functions.py ITK --since OLDER    the same, and show what changed since another source

functions.toml names functions and members of ITK's classes, with a hash of the text of each, without comments and white
space, for every version of ITK for which somebody checked that ours fit. A change upstream is not an error: it is to be
read. Then ours are changed, or the new hash is added to the table.
"""

import argparse
import difflib
import hashlib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TABLE = Path(__file__).resolve().parent / "functions.toml"
#: What does not count: white space and comments; and else strings, numbers, names, and the rest by characters.
TOKEN = re.compile(
    r'(?P<gap>\s+|//[^\n]*|/\*.*?\*/|\\\n)|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])+\'|\d[\w.\']*|\w+|::|->|.', re.DOTALL
)
CLOSING = {"(": ")", "{": "}", "[": "]", "<": ">"}


class Entry(NamedTuple):
    """A function or a member of a class of ITK, and who depends on it."""

    name: str
    file: str
    ours: list[str]
    why: str
    checked: dict[str, str]


def read_table(table: Path) -> list[Entry]:
    return [Entry(**entry) for entry in tomllib.loads(table.read_text())["upstream"]]


def tokenize(text: str) -> list[str]:
    return [match[0] for match in TOKEN.finditer(text) if not match["gap"]]


def skip(tokens: list[str], start: int) -> int:
    """The place after the bracket that closes the one at a place. The brackets of templates hold no other brackets."""
    opening = tokens[start]
    depth = 0
    for place in range(start, len(tokens)):
        if tokens[place] == opening:
            depth += 1
        elif tokens[place] == CLOSING[opening]:
            depth -= 1
            if depth == 0:
                return place + 1
    return len(tokens)


def find_body(tokens: list[str], start: int) -> int | None:
    """The place of the body of a function, from the place after its parameters; None: it is called or declared only."""
    place = start
    while place < len(tokens) and (
        re.match(r"[A-Za-z_]", tokens[place])
        or tokens[place] in ("->", "::", "<", "*", "&")
        or tokens[place - 1 : place + 1] == ["noexcept", "("]
    ):
        place = skip(tokens, place) if tokens[place] in ("<", "(") else place + 1
    if place < len(tokens) and tokens[place] == ":":  # initialisers of members: names with a bracket each
        place += 1
        while place < len(tokens) and tokens[place] not in ("{", ";"):
            while place < len(tokens) and tokens[place] not in ("(", "{", ";"):
                place = skip(tokens, place) if tokens[place] == "<" else place + 1
            if place < len(tokens) and tokens[place] != ";":
                place = skip(tokens, place)
            if place < len(tokens) and tokens[place] == ",":
                place += 1
    return place if place < len(tokens) and tokens[place] == "{" else None


def find_functions(tokens: list[str], function: str) -> Iterator[list[str]]:
    """The definitions of functions of a name, each from its name on."""
    place = 0
    while place < len(tokens) - 1:
        if tokens[place] == function and tokens[place + 1] == "(":
            body = find_body(tokens, skip(tokens, place + 1))
            if body is not None:
                end = skip(tokens, body)
                yield tokens[place:end]
                place = end
                continue
        place += 1


def find_in_class(tokens: list[str], name: str) -> list[str]:
    """What is inside a class, with its brackets."""
    for start in range(len(tokens)):
        if tokens[start] not in ("class", "struct"):
            continue
        names: list[str] = []
        has_bases = False
        place = start + 1
        while place < len(tokens) and tokens[place] not in ("{", ";", ">", "(", ")", "="):
            if tokens[place] == "," and not has_bases:
                break  # of the parameters of a template
            has_bases = has_bases or tokens[place] == ":"
            if not has_bases:
                names.append(tokens[place])
            place = skip(tokens, place) if tokens[place] == "<" else place + 1
        if name in names and tokens[place : place + 1] == ["{"]:
            return tokens[place : skip(tokens, place)]
    return []


def extract(text: str, name: str) -> list[str]:
    """The tokens of all definitions of Class::Function, or of the declaration of Class::m_Member. Empty: none."""
    owner, _, wanted = name.rpartition("::")
    tokens = tokenize(text)
    if wanted.startswith("m_"):
        inside = find_in_class(tokens, owner)
        for place, token in enumerate(inside):
            if token == wanted:
                end = place
                while inside[end] != ";":
                    end = skip(inside, end) if inside[end] == "{" else end + 1
                start = place
                while inside[start - 1] not in (";", "}", "{", ":"):
                    start -= 1
                # Not where a function uses it.
                if start < place and not {"(", "=", "return", "->", "."} & set(inside[start:place]):
                    return inside[start : end + 1]
        return []

    found: list[str] = []
    for place in range(len(tokens) - 1):
        # Class<...>::Function(
        if tokens[place] == owner and tokens[place + 1] in ("<", "::"):
            after = skip(tokens, place + 1) if tokens[place + 1] == "<" else place + 1
            if tokens[after : after + 1] == ["::"] and tokens[after + 1 : after + 2] == [wanted]:
                body = find_body(tokens, skip(tokens, after + 2)) if tokens[after + 2 : after + 3] == ["("] else None
                if body is not None:
                    found += tokens[after + 1 : skip(tokens, body)]
    if not found:
        for function in find_functions(find_in_class(tokens, owner), wanted):
            found += function
    return found


def make_hash(tokens: list[str]) -> str:
    return hashlib.sha256(" ".join(tokens).encode()).hexdigest()[:16]


def read_version(itk: Path) -> str:
    text = (itk / "CMake/itkVersion.cmake").read_text()
    return ".".join(re.findall(r'ITK_VERSION_(?:MAJOR|MINOR|PATCH) "(\d+)"', text))


def find_tokens(itk: Path, entry: Entry) -> list[str]:
    path = itk / entry.file
    return extract(path.read_text(errors="replace"), entry.name) if path.exists() else []


def show_lines(tokens: list[str]) -> list[str]:
    """A statement a line."""
    return re.sub(r"([;{}]) ", r"\1\n", " ".join(tokens)).splitlines()


def report(entry: Entry, tokens: list[str], version: str, older: list[str] | None) -> str:
    known = ", ".join(entry.checked)
    lines = [
        f"{entry.name} of ITK {version} is not as in {known}.",
        f"    {entry.file}",
        f"    {', '.join(entry.ours)} depends on it: {entry.why}",
    ]
    if not tokens:
        lines.append("    It is not there any more. Find what took its place, and change ours and the table.")
        return "\n".join(lines)
    if older is None:
        lines.append("    Read what changed: call this program with --since and the source of one of those versions.")
    else:
        difference = difflib.unified_diff(show_lines(older), show_lines(tokens), "older", version, lineterm="", n=1)
        lines += [f"    | {line}" for line in difference]
    lines.append("    Where ours still fits, or once it does, add this line to its entry in functions.toml:")
    lines.append(f'    checked."{version}" = "{make_hash(tokens)}"')
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("itk", type=Path)
    parser.add_argument("--since", type=Path, metavar="OLDER")
    parser.add_argument("--table", type=Path, default=TABLE)
    arguments = parser.parse_args()
    version = read_version(arguments.itk)
    entries = read_table(arguments.table)
    reports = []
    for entry in entries:
        tokens = find_tokens(arguments.itk, entry)
        if not tokens or make_hash(tokens) not in entry.checked.values():
            older = find_tokens(arguments.since, entry) if arguments.since else None
            reports.append(report(entry, tokens, version, older))
    if reports:
        print("\n\n".join(reports))
        raise SystemExit(f"\n{len(reports)} of {len(entries)} changed.")
    print(f"ITK {version}: all {len(entries)} are as they were when our classes were written.")


if __name__ == "__main__":
    main()
