# SPDX-License-Identifier: Apache-2.0
"""What the examples share: progress lines, Markdown tables and quiet ITK warnings. itk is imported where it is used."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

DEFAULT_OUTPUT = Path(__file__).resolve().parent.parent / "build" / "demo"

STOCK = "stock"
MASKED = "masked"
METHODS = (STOCK, MASKED)
COLORS = {STOCK: "#d95f02", MASKED: "#1b6ca8"}
REGISTRATION_CLASSES = {STOCK: "ImageRegistrationMethodv4", MASKED: "MaskedRegistrationMethod"}

FloatArray = npt.NDArray[np.float64]

_START = time.monotonic()


def progress(message: str) -> None:
    """Print one line, with the seconds since the start, so that it shows at once in a log too."""
    print(f"[{time.monotonic() - _START:6.1f} s] {message}", flush=True)


def load_itk() -> None:
    """Load ITK's registration classes, which takes long the first time in a process."""
    progress("loading ITK's registration classes (about 10 s) ...")
    import itk  # noqa: PLC0415

    for name in REGISTRATION_CLASSES.values():
        getattr(itk, name)


@contextlib.contextmanager
def itk_warnings_off() -> Iterator[None]:
    """Silence ITK's warnings. Exceptions, and what they say, are not affected."""
    import itk  # noqa: PLC0415

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


def format_statistics(errors: FloatArray) -> str:
    """Mean absolute error and its standard deviation, x / y, of errors of shape (seeds, 2)."""
    magnitudes = np.abs(errors[~np.isnan(errors[:, 0])])
    if not len(magnitudes):
        return "-"
    means, deviations = magnitudes.mean(axis=0), magnitudes.std(axis=0)
    return " / ".join(f"{m:.3g} ({s:.3g})" for m, s in zip(means, deviations, strict=True))


def extent_report(extents: Sequence[str], errors: Mapping[str, FloatArray], number_of_samples: int) -> str:
    """The table of an extent experiment, in Markdown.

    errors: by method, (extents, seeds, 2) in pixels, the last axis being (x, y); NaN for a run that threw.
    """
    header = ["extent, pixels", *(cell for method in errors for cell in (f"{method}: x / y", f"{method}: threw"))]
    rows = []
    for index, extent in enumerate(extents):
        row = [extent]
        for found in errors.values():
            row += [format_statistics(found[index]), str(np.isnan(found[index, :, 0]).sum())]
        rows.append(row)
    seeds = next(iter(errors.values())).shape[1]
    text = (
        f"Mean absolute error (standard deviation) in pixels, {seeds} runs each, {number_of_samples} samples asked "
        f"for;\nthe runs that threw are counted, and are not in the means.\n\n{markdown_table(header, rows)}"
    )
    if MASKED not in errors:
        return text
    masked = errors[MASKED]
    differences = ", ".join(
        f"{extent}: {np.abs(found - masked[0]).max():.1e}" for extent, found in zip(extents, masked, strict=True)
    )
    return (
        f"{text}\n\nMasked: greatest difference, in pixels, of the error of a seed from that in the first extent:\n"
        f"{differences}."
    )


def write_text(text: str, path: Path) -> None:
    """Print the text and save it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text + "\n", encoding="utf-8")
    print(f"\n{text}\n", flush=True)
