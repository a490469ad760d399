# SPDX-License-Identifier: Apache-2.0
"""What the examples share: progress lines, Markdown tables and quiet ITK warnings."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import itk
import matplotlib

matplotlib.use("Agg")

DEFAULT_OUTPUT = Path(__file__).resolve().parent.parent / "build" / "demo"

STOCK = "stock"
MASKED = "masked"
METHODS = (STOCK, MASKED)
COLORS = {STOCK: "#d95f02", MASKED: "#1b6ca8"}
REGISTRATION_CLASSES = {STOCK: "ImageRegistrationMethodv4", MASKED: "MaskedRegistrationMethod"}

_START = time.monotonic()


def progress(message: str) -> None:
    """Print one line, with the seconds since the start, so that it shows at once in a log too."""
    print(f"[{time.monotonic() - _START:6.1f} s] {message}", flush=True)


def load_itk() -> None:
    """Load ITK's registration classes, which takes long the first time in a process."""
    progress("loading ITK's registration classes (about 10 s) ...")
    for name in REGISTRATION_CLASSES.values():
        getattr(itk, name)


@contextlib.contextmanager
def itk_warnings_off() -> Iterator[None]:
    """Silence ITK's warnings. Exceptions, and what they say, are not affected."""
    before = itk.Object.GetGlobalWarningDisplay()
    itk.Object.SetGlobalWarningDisplay(False)
    try:
        yield
    finally:
        itk.Object.SetGlobalWarningDisplay(before)


def reason_of(error: RuntimeError) -> str:
    """The sentence of an ITK exception, without the place and the object that it names."""
    last_line = str(error).strip().splitlines()[-1]
    return last_line.split("): ", 1)[-1]


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, padded so that it reads well as plain text too."""
    cells = [list(header), *[list(row) for row in rows]]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def write_text(text: str, path: Path) -> None:
    """Print the text and save it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"\n{text}\n", flush=True)
