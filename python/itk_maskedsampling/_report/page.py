# SPDX-License-Identifier: Apache-2.0
"""A registration as a page of HTML that needs no other file."""

from __future__ import annotations

import importlib
import os
import platform
from collections.abc import Mapping
from html import escape
from typing import Any

from .. import public, version
from .._images.arrays import describe, join, times
from .._images.conversion import libraries_of
from .._images.files import read
from .._images.output import check_place, whole_file
from .._pictures.html import make_level_table, make_table, wide
from .._pictures.slices import name_unit
from .._registration.landmarks import Landmarks, measure_landmarks, to_pairs
from .._registration.result import Registration
from .blink import make_style
from .figures import make_figures
from .html import make_document
from .landmarks import make_landmarks
from .summary import make_date, make_signature, make_summary
from .transform import make_transform


@public
def write_report(
    result: Registration, path: str | os.PathLike[str], *, title: str | None = None, landmarks: Any = None
) -> None:
    """Write a registration as one HTML file: what was done and found, with pictures. It refers to no other file.

    The fixed and the moving image blink in one place, before and after, with the outlines of the masks; where
    animations are not wanted, and on paper, they are beside each other. The histogram of the values of both is in it,
    and at its end are lines for a signature.

    A checkerboard and the difference are in it only where both images have the same contrast: not where their values
    inside the mask do not rise together (checkerboard), or are not the same (difference). Without, there are the edges
    of the fixed image over the moving one. Where the standard error is known at all points, it is drawn over slices.

    Parameters
    ----------
    result : Registration
        What register() gives. One that was pickled has no images, and so no picture but the course of the metric.
    path : str or path
        Of the file, usually .html.
    title : str, optional
        A line of text. Default: "Registration".
    landmarks : pair of arrays, each of shape (n, D), or of mappings from names to points, optional
        Points of the fixed image, and the same ones in the moving image, x first, in space (LPS); in the same order, or
        with the same names. The report has how far they are apart before and after. Default: none.

    Raises
    ------
    ImportError
        Without matplotlib.
    TypeError, ValueError
        For what is no Registration, and for landmarks that are no pairs of points.
    FileNotFoundError
        Where there is no such folder.
    OSError
        If the file cannot be written; what was there before then stays.
    """
    if not isinstance(result, Registration):
        raise TypeError(f"result: a Registration is needed, not {describe(result)}")
    if title is not None and not isinstance(title, str):
        raise TypeError(f"title: a text is needed, not {describe(title)}")
    pairs = None if landmarks is None else to_pairs(landmarks, result.transform.dimension)
    check_place("path", path)
    files = {} if result._sources is None else result._sources.files
    found = None if pairs is None else measure_landmarks(result, pairs)
    write_page(result, path, "Registration" if title is None else title, found, files)


def write_page(
    result: Registration,
    path: str | os.PathLike[str],
    title: str,
    landmarks: Landmarks | None,
    files: Mapping[str, str],
) -> None:
    """files: the paths of images, by the names of their arguments."""
    page = make_page(result, title, landmarks, files)
    with whole_file("path", path) as file:
        file.write_bytes(page.encode("utf-8", "xmlcharrefreplace"))


def make_page(result: Registration, title: str, landmarks: Landmarks | None, files: Mapping[str, str]) -> str:
    body = [
        f"<h1>{escape(title)}</h1>",
        make_date(),
        make_summary(result, landmarks, files),
        "<h2>Levels</h2>",
        wide(make_level_table(result.levels)),
        "<h2>Pictures</h2>",
        *make_figures(result),
        *([] if landmarks is None else ["<h2>Landmarks</h2>"]),
        *([] if landmarks is None else make_landmarks(landmarks, name_unit(result._geometry))),
        "<h2>Transform</h2>",
        *make_transform(result),
        "<h2>Images</h2>",
        make_images(result),
        "<h2>Settings</h2>",
        *make_settings(result),
        make_versions(),
        "<h2>Checked</h2>",
        make_signature(),
    ]
    return make_document(title, body, make_style())


# What was found, and from what


def make_images(result: Registration) -> str:
    sources = result._sources
    if sources is None:
        grid = result._geometry
        row = ("fixed", times(grid.size), join(grid.spacing), join(grid.origin), join(grid.direction), "not kept")
        return wide(make_table(("image", "size", "spacing", "origin", "direction", "pixels"), [row]))
    rows = [(title, *describe_image(name, image, place)) for name, title, image, place in sources.named()]
    return wide(make_table(("image", "size", "spacing", "origin", "direction", "pixels"), rows))


def describe_image(name: str, image: Any, place: Any) -> tuple[str, ...]:
    """The grid of an image or a mask, and what its pixels are; an array takes the grid of the image in its place."""
    if "itk" in libraries_of(image) and not hasattr(image, "GetBufferedRegion"):
        return type(image).__name__, "", "", "", "spatial object"
    raster = read(name, image)
    grid = read(name, place).geometry if raster.kind == "array" else raster.geometry
    return (times(grid.size), join(grid.spacing), join(grid.origin), join(grid.direction), str(raster.pixels.dtype))


def make_settings(result: Registration) -> list[str]:
    lines = []
    for number, (settings, changed) in enumerate(zip(result.settings, result._plan.find_changed(), strict=True)):
        shown = dict(settings)
        transform = escape(str(shown.pop("transform")))
        told = f"changed: {', '.join(changed)}" if changed else "all as usual"
        lines.append(f"<details><summary><h3>Stage {number}: {transform}</h3> ({escape(told)})</summary>")
        for title, names in (("Changed", changed), ("As usual", [name for name in shown if name not in changed])):
            texts = (f"<p><b>{escape(name)}</b> {escape(describe_setting(shown[name]))}</p>" for name in names)
            if names:
                lines.append(f'<h4>{title}</h4><div class="settings">{"".join(texts)}</div>')
        lines.append("</details>")
    if result.initial is not None:
        lines.append(f"<h3>Initial transform</h3><p>{escape(repr(result.initial))}</p>")
    return lines


def describe_setting(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(f"{number:g}" for number in value) if value else "none"
    return str(value)


def make_versions() -> str:
    names = ("numpy", "matplotlib")
    found = [("itk-maskedsampling", version()), ("Python", platform.python_version())]
    found += [(name, str(importlib.import_module(name).__version__)) for name in names]
    return f"<footer><p>{escape(', '.join(f'{name} {number}' for name, number in found))}</p></footer>"
