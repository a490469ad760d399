# SPDX-License-Identifier: Apache-2.0
"""What is asked of a format: a file, and the images between which its transform is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..._core import Geometry, Part
from ..._images.files import read_grid

#: Dimension and parts.
Chain = tuple[int, tuple[Part, ...]]
#: A file of text that is larger holds no matrix.
MATRIX_BYTES = 2**20


class Unreadable(Exception):
    """A file that does not hold what its format needs."""


@dataclass(frozen=True)
class Request:
    """A file to read, or to write.

    file: where it is, or is written.
    format: its name.
    fixed, moving: an image, a Geometry, or None where it was not given.
    place: where a file that is written will be in the end.
    """

    file: Path
    format: str
    fixed: Any = None
    moving: Any = None
    place: Path | None = None

    def grid(self, name: str, dimension: int) -> Geometry:
        """The grid of the image "fixed" or "moving", which must have been given."""
        value = getattr(self, name)
        if value is None:
            raise ValueError(
                f'{name}: the format "{self.format}" needs it; give its path, the image or its Geometry as {name}='
            )
        return read_grid(name, value, dimension)

    def text(self, most: int = MATRIX_BYTES) -> str:
        """The whole file, if it is a text of so many bytes at most."""
        if self.file.stat().st_size > most:
            raise Unreadable(f"it has {self.file.stat().st_size} bytes, which is more than such a file needs")
        try:
            return self.file.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise Unreadable("it is no text") from error

    def check_dimension(self, dimension: int) -> None:
        """That of a transform which is to be written; of what tools for volumes read."""
        if dimension != 3:
            raise ValueError(f'format: "{self.format}" is of 3 dimensions, but the transform is of {dimension}')
