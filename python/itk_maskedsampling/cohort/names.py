# SPDX-License-Identifier: Apache-2.0
"""What the files of a pair are called."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._images.choices import choose
from .record import MOVED, TRANSFORM, Cell
from .table import LONGEST_NAME, Pair

#: How files can be called: by the id alone, or as BIDS has them.
STYLES = ("plain", "bids")

#: What the images of a pair are in names of BIDS, by the column that says otherwise.
LABELS = {"from": "moving", "to": "fixed"}


@dataclass(frozen=True)
class Names:
    """Of the files of a pair, in the folder of the output."""

    transform: str
    moved: str


def read_style(names: Any) -> str:
    """The argument names of register_cohort()."""
    return choose("names", names, STYLES)


def name_files(pair: Pair, style: str) -> Names:
    """Names of a pair. Raises ValueError for what cannot be one in BIDS."""
    if style == "plain":
        return Names(f"{pair.id}{TRANSFORM}", f"{pair.id}{MOVED}")
    if not re.fullmatch(r"sub-[A-Za-z0-9+]+(_[a-z]+-[A-Za-z0-9+]+)*", pair.id):
        raise ValueError(
            f"id: {pair.id!r} is no name of BIDS, as 'sub-01' and 'sub-01_ses-2' are; correct it, or leave out names"
        )
    source, target = (read_label(name, pair.row.get(name)) for name in LABELS)
    suffix = re.search(r"_([A-Za-z0-9]+)\.[A-Za-z.]+$", Path(pair.images["moving"]).name)
    names = Names(
        f"{pair.id}_from-{source}_to-{target}_mode-image_xfm.h5",
        f"{pair.id}_space-{target}_desc-moved_{suffix[1] if suffix else 'image'}.nii.gz",
    )
    for name in (names.transform, names.moved):
        if len(os.fsencode(name)) > LONGEST_NAME:
            raise ValueError(f"id: the name {name!r} has more than {LONGEST_NAME} bytes; use a shorter one")
    return names


def read_label(column: str, value: Cell) -> str:
    label = LABELS[column] if value is None else str(value)
    if not re.fullmatch(r"[A-Za-z0-9+]+", label):
        raise ValueError(f"{column}: {label!r} is no label of BIDS, which has letters and digits only")
    return label
