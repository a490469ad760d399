# SPDX-License-Identifier: Apache-2.0
"""What the columns of a table are by their names: images, settings, or what is kept."""

from __future__ import annotations

import difflib
import re
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from .. import _core
from .._images.arrays import describe
from .._images.choices import simplify, snake
from .record import COLUMNS

#: Columns with the paths of images; register() calls them so, too.
IMAGES = ("fixed", "moving", "fixed_mask", "moving_mask", "weights")

#: Columns with labels of the masks, which are no settings.
LABELS = ("fixed_label", "moving_label")

#: What else users call a column.
ALIASES = {"mask": "fixed_mask", "initialtransform": "initial"}

#: Words that tables of patients have as names of columns, and that are almost those of settings.
WORDS = (
    *("center", "centers", "centered", "initials", "level", "metrics", "radius", "sample", "sampled"),
    *("sampler", "scale", "seeds", "trace", "traces", "weighs", "weight"),
)

#: The way out for who has a column that is called like a setting, but is none.
RENAME = "A column with the name of a setting, or an image, of register() is that; rename it if it is something else"


def check_columns(columns: Iterable[str], common: Mapping[str, Any]) -> None:
    """Raise for a column that is missing, and for one that may be misspelt; warn of one that is hardly.

    A column with exactly the name of an image or a setting is that. Of names that are almost one, plain words of
    tables, and those with a word more than the setting, are no mistakes.
    """
    names = list(columns)
    known = ["id", *IMAGES, *LABELS, "initial", *map(snake, _core.describe_settings())]
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"table: the name of a column is a text, not {describe(name)}")
        check_text(f"table: the column {name!r}", name)
        if name == "points":
            raise ValueError(
                "table: points cannot be in a table. Give a mask, or points= for all pairs; rename the column if it is "
                "something else"
            )
        if name in COLUMNS and name != "id":
            raise ValueError(f"table: the column {name!r} would hide the one of the result; rename it")
        meant = None if name in known else find_meant(name, known)
        if meant is not None and is_plain(name, meant):
            warnings.warn(
                f"table: the column {name!r} is no setting, and is kept as it is; call it {meant!r} if that is meant",
                stacklevel=4,  # of who calls register_cohort()
            )
        elif meant is not None:
            raise ValueError(f"table: the column {name!r}: did you mean {meant!r}? If it is something else, rename it")
    for name in ("fixed", "moving"):
        if name not in names and name not in common:
            listed = ", ".join(map(repr, names)) or "none"
            raise ValueError(
                f"table: there is no column {name!r}, with the paths of the {name} images; the columns are {listed}. "
                f"An image for all pairs can be given as {name}="
            )


def find_meant(name: str, known: Iterable[str]) -> str | None:
    """The column that a name may be misspelt for."""
    simple = {simplify(one): one for one in known} | ALIASES
    close = difflib.get_close_matches(simplify(name), simple, 1, 0.85)
    return simple[close[0]] if close else None


def is_plain(name: str, meant: str) -> bool:
    """Whether a name says what it says, although it is almost that of a setting."""
    words, others = (set(re.findall(r"[^\W_]+", one.lower())) for one in (name, meant))
    return name.lower() in WORDS or others < words


CellOrName = TypeVar("CellOrName")


def check_text(argument: str, value: CellOrName) -> CellOrName:
    """Raise ValueError for a text that no file can hold: bytes that are no text, as names of files can have them."""
    if isinstance(value, str) and ("\0" in value or any("\ud800" <= one <= "\udfff" for one in value)):
        raise ValueError(f"{argument}: {value!r} has bytes that are no text in UTF-8; rename the file, or correct it")
    return value
