# SPDX-License-Identifier: Apache-2.0
"""Docstrings of this package for autodoc: paragraphs of lines "name, name: text" become definition lists.

They are written to be read as they are, with help(). A paragraph is such a list if its first line has the name of a
parameter or attribute of the object.
"""

from __future__ import annotations

import dataclasses
import inspect
import itertools
import re
import textwrap
from typing import Any

from sphinx.application import Sphinx

ENTRY = re.compile(r"\w+(?:, \w+)*: ")
#: In a list of suffixes of files.
SUFFIX_ENTRY = re.compile(r"(?! )[^:]+: ")


def names_of(thing: object) -> set[str]:
    """The parameters of a function or class, and the attributes of a dataclass."""
    names: set[str] = set()
    if callable(thing):
        try:
            names.update(inspect.signature(thing).parameters)
        except (TypeError, ValueError):
            return names
    if inspect.isclass(thing) and dataclasses.is_dataclass(thing):
        names.update(field.name for field in dataclasses.fields(thing))
    return names


def convert(lines: list[str], names: set[str]) -> list[str]:
    """The lines, with lists of names as definition lists of reStructuredText."""
    converted: list[str] = []
    for is_blank, group in itertools.groupby(lines, lambda line: not line.strip()):
        paragraph = list(group)
        if is_blank or paragraph[0].startswith(("- ", ">>> ")):
            converted += paragraph
        elif re.match(r"\.\w", paragraph[0]):
            converted += to_list(paragraph, SUFFIX_ENTRY)
        elif (match := ENTRY.match(paragraph[0])) and names.issuperset(split(match)):
            converted += to_list(paragraph, ENTRY)
        else:
            converted += to_text(paragraph)
    return converted


def split(match: re.Match[str]) -> list[str]:
    """The names before the colon."""
    return match[0][:-2].split(", ")


def to_list(lines: list[str], entry: re.Pattern[str]) -> list[str]:
    """Lines as a definition list; what goes on from one line to the next is indented."""
    converted: list[str] = []
    while lines:
        match = entry.match(lines[0])
        if match is None:
            raise ValueError(f"no entry of a list: {lines[0]!r}")
        rest = list(itertools.takewhile(lambda line: line.startswith(" "), lines[1:]))
        is_code = entry is ENTRY or lines[0].startswith(".")
        terms = [f"``{name}``" if is_code else name for name in (split(match) if is_code else [match[0][:-2]])]
        body = to_text([lines[0][match.end() :], *rest])
        converted += ["", ", ".join(terms), *(f"   {line}" for line in body)]
        lines = lines[1 + len(rest) :]
    return [*converted, ""]


def to_text(lines: list[str]) -> list[str]:
    """Lines as a paragraph, in which a list may follow a colon at the end of a line."""
    lines = lines[:1] + textwrap.dedent("\n".join(lines[1:])).splitlines()
    for number in range(1, len(lines)):
        if lines[number - 1].endswith(":") and ENTRY.match(lines[number]):
            rest = lines[number:]
            listed = list(itertools.takewhile(lambda line: line.startswith(" ") or ENTRY.match(line), rest))
            return [*lines[:number], "", *to_list(listed, ENTRY), "", *to_text(rest[len(listed) :])]
    return lines


def process(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    lines[:] = convert(lines, names_of(thing))


def process_signature(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str | None, annotation: str | None
) -> tuple[str | None, str | None]:
    """No signature for what users get and do not make; names of types without what Sphinx wraps them in."""
    if what == "class" and name.rpartition(".")[2] in app.config.results:
        return "", ""
    plain = [
        None if text is None else re.sub(r"TypeAliasForwardRef\('([\w.]+)'\)", r"\1", text)
        for text in (signature, annotation)
    ]
    return plain[0], plain[1]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("results", (), "env", [tuple])
    app.connect("autodoc-process-docstring", process)
    app.connect("autodoc-process-signature", process_signature)
    return {"parallel_read_safe": True}
