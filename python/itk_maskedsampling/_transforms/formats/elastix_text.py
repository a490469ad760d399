# SPDX-License-Identifier: Apache-2.0
"""The text of elastix' parameter files: (Name value value), a line for each name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from ..._images.arrays import Floats
from .request import Unreadable

Parameters = dict[str, list[str]]
LINE = re.compile(r'\s*\(\s*([\w-]+)((?:\s+(?:"[^"]*"|[^\s"()]+))*)\s*\)\s*(?://.*)?')


def parse(text: str) -> Parameters:
    """The values of each name, texts without their quotation marks."""
    found: Parameters = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("//"):
            continue
        match = LINE.fullmatch(line)
        if not match:
            raise Unreadable(f'line {number} is no "(Name value)", but {line.strip()[:40]!r}. Is it cut short?')
        if match[1] in found:
            raise Unreadable(f"line {number} has {match[1]} for the second time")
        found[match[1]] = [one or other for one, other in re.findall(r'"([^"]*)"|([^\s"]+)', match[2])]
    return found


def word(parameters: Mapping[str, list[str]], name: str, default: str | None = None) -> str:
    """The only value of a name."""
    values = parameters.get(name, [] if default is None else [default])
    if len(values) != 1:
        raise Unreadable(f"it has {len(values)} values of {name}, of which one is needed. Is it cut short?")
    return values[0]


def numbers(parameters: Mapping[str, list[str]], name: str, count: int | None) -> Floats:
    """The values of a name, so many of them."""
    values = parameters.get(name, [])
    try:
        found = np.array(values, np.float64)
    except ValueError as error:
        raise Unreadable(f"{name} has something else than numbers ({error})") from error
    if not np.isfinite(found).all():
        raise Unreadable(f"{name} has a number that is not finite")
    if count is not None and len(found) != count:
        raise Unreadable(f"{name} has {len(found)} values, not {count}")
    return found


def flag(parameters: Mapping[str, list[str]], name: str, default: bool) -> bool:
    value = word(parameters, name, str(default).lower())
    if value not in ("true", "false"):
        raise Unreadable(f'{name} is {value!r}, not "true" or "false"')
    return value == "true"


def format_line(name: str, *values: str | float | Iterable[float]) -> str:
    """Texts in quotation marks, numbers with all digits."""
    words = []
    for value in values:
        if isinstance(value, str):
            words.append(f'"{value}"')
        else:
            given = [value] if isinstance(value, int | float) else value
            words += [f"{number + 0.0:.17g}" for number in given]
    return f"({name} {' '.join(words)})\n"
