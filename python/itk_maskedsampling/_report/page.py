# SPDX-License-Identifier: Apache-2.0
"""A registration as a page of HTML that needs no other file."""

from __future__ import annotations

import base64
import importlib
import io
import os
import platform
from collections.abc import Callable
from html import escape
from typing import Any

import numpy as np

from .. import plot, public, version
from .._images.arrays import describe, join, times
from .._images.conversion import libraries_of
from .._images.files import read
from .._images.geometry import point_to_index
from .._images.output import check_place, whole_file
from .._pictures.html import make_level_table, make_table
from .._registration.result import Registration, describe_level
from .._transforms.transform import describe_part

STYLE = """
:root { color-scheme: light dark;
  --text: #1c1c1c; --page: #ffffff; --line: #d5d5d5; --head: #f2f2f2; --quiet: #5c5c5c; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e6e6; --page: #16181b; --line: #3c4046; --head: #23272c; --quiet: #a5a5a5; }
}
body { color: var(--text); background: var(--page); font: 15px/1.5 system-ui, sans-serif; max-width: 62rem;
  margin: 0 auto; padding: 1rem 1.5rem 3rem; }
h1 { font-size: 1.7rem; margin: 1rem 0 0.5rem; }
h2 { font-size: 1.25rem; margin: 2rem 0 0.5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.2rem 0 0.4rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.87rem; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: 0.2rem 0.55rem; text-align: left; vertical-align: top; }
th { background: var(--head); }
figure { margin: 1rem 0; break-inside: avoid; }
figure img { display: block; max-width: 100%; height: auto; background: #ffffff; border-radius: 6px; }
figcaption, footer { color: var(--quiet); font-size: 0.87rem; }
.settings { columns: 20rem; }
.settings p { margin: 0; overflow-wrap: anywhere; break-inside: avoid; font-size: 0.87rem; }
@media print {
  :root { --text: #000000; --page: #ffffff; --line: #bbbbbb; --head: #eeeeee; --quiet: #444444; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
"""
#: Nothing but what is in the file.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


@public
def write_report(result: Registration, path: str | os.PathLike[str], *, title: str | None = None) -> None:
    """Write a registration as one HTML file: what was done and found, with pictures. It refers to no other file.

    Parameters
    ----------
    result : Registration
        What register() gives. One that was pickled has no images, and so no picture but the course of the metric.
    path : str or path
        Of the file, usually .html.
    title : str, optional
        A line of text. Default: "Registration".

    Raises
    ------
    ImportError
        Without matplotlib.
    TypeError
        For what is no Registration.
    FileNotFoundError
        Where there is no such folder.
    OSError
        If the file cannot be written; what was there before then stays.
    """
    if not isinstance(result, Registration):
        raise TypeError(f"result: a Registration is needed, not {describe(result)}")
    if title is not None and not isinstance(title, str):
        raise TypeError(f"title: a text is needed, not {describe(title)}")
    check_place("path", path)
    page = make_page(result, "Registration" if title is None else title)
    with whole_file("path", path) as file:
        file.write_bytes(page.encode("utf-8", "xmlcharrefreplace"))


def make_page(result: Registration, title: str) -> str:
    body = [
        f"<h1>{escape(title)}</h1>",
        make_summary(result),
        "<h2>Levels</h2>",
        wide(make_level_table(result.levels)),
        "<h2>Pictures</h2>",
        *make_figures(result),
        "<h2>Transform</h2>",
        *make_transform(result),
        "<h2>Images</h2>",
        make_images(result),
        "<h2>Settings</h2>",
        *make_settings(result),
        make_versions(),
    ]
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style>"
    )
    text = "\n".join(body)
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{text}\n</body>\n</html>\n'


def wide(table: str) -> str:
    return f'<div class="wide">{table}</div>'


def make_summary(result: Registration) -> str:
    middle, moved = result.displacement()
    rows = [
        ("result", f"metric {result.value:.6g} after {len(result.course)} iterations in {result.seconds:.2f} s"),
        (
            "motion",
            f"moves {join(middle)}, the middle of the samples, by {join(moved)}, {np.linalg.norm(moved):.4g} long",
        ),
        ("stopped", result.stop_condition.strip()),
    ]
    if result.levels:
        rows.insert(
            1, ("last level", f"{result.levels[-1].mask_voxels} voxels to sample, {describe_level(result.levels[-1])}")
        )
    return wide(make_table(("registration", f"{result.transform.dimension} dimensions"), rows))


# Pictures


def make_figures(result: Registration) -> list[str]:
    figures = [embed(plot.course(result), "The metric at each iteration, level by level.")]
    if result._sources is None:
        return [
            *figures,
            "<p>The images are not kept when a registration is pickled, so that they are not shown here.</p>",
        ]
    margin = find_margin(result)
    where = "" if margin is None else " Only the surroundings of the samples are shown."
    pictures: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
        (plot.samples, {}, "Sample points of the last level, over slices of the fixed image."),
        (
            plot.checkerboard,
            {"margin": margin},
            f"Squares of the fixed and of the moving image, before and after: where they fit, edges go on.{where}",
        ),
        (
            plot.difference,
            {"margin": margin},
            f"The fixed minus the moving image, before and after; of use where both have the same contrast.{where}",
        ),
    ]
    return figures + [embed(draw(result, **options), caption) for draw, options, caption in pictures]


def find_margin(result: Registration) -> float | None:
    """How much is shown around the samples: half the length of their box if it is small in the image, else all."""
    if not len(result.points):
        return None
    grid = result._geometry
    index = point_to_index(grid, result.points)
    box = (index.max(axis=0) - index.min(axis=0) + 1) * grid.spacing
    image = np.array(grid.size) * grid.spacing
    return float(box.max() / 2) if (box < 0.4 * image).all() else None


def embed(figure: Any, caption: str) -> str:
    """A figure with its caption, which is also its alternative text."""
    from ..plot.figure import close  # noqa: PLC0415

    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=130, metadata={"Software": None})
    close(figure)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    text = escape(caption)
    image = f'<img alt="{text}" src="data:image/png;base64,{data}">'
    return f"<figure>{image}<figcaption>{text}</figcaption></figure>"


# What was found, and from what


def make_transform(result: Registration) -> list[str]:
    transform = result.transform
    parts = [f"<li>{escape(describe_part(part))}</li>" for part in reversed(transform.parts)] or ["<li>identity</li>"]
    lines = [
        "<p>From points of the fixed image to those of the moving one, in the order in which they are applied:</p>",
        f"<ol>{''.join(parts)}</ol>",
    ]
    if transform.is_affine():
        axes = "xyz"[: transform.dimension]
        rows = [[*(f"{number:.9g}" for number in row)] for row in transform.matrix()]
        lines += ["<h3>As a homogeneous matrix</h3>", wide(make_table([*axes, "offset"], rows))]
    return lines


def make_images(result: Registration) -> str:
    sources = result._sources
    if sources is None:
        grid = result._geometry
        row = ("fixed", times(grid.size), join(grid.spacing), join(grid.origin), join(grid.direction), "not kept")
        return wide(make_table(("image", "size", "spacing", "origin", "direction", "pixels"), [row]))
    rows = []
    for name in ("fixed", "moving", "fixed_mask", "moving_mask", "weights"):
        image = getattr(sources, name)
        if image is not None:
            place = sources.moving if name == "moving_mask" else sources.fixed
            rows.append((name.replace("_", " "), *describe_image(name, image, place)))
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
    for number, settings in enumerate(result.settings):
        shown = dict(settings)
        lines.append(f"<h3>Stage {number}: {escape(str(shown.pop('transform')))}</h3>")
        texts = (f"<p><b>{escape(name)}</b> {escape(describe_setting(value))}</p>" for name, value in shown.items())
        lines.append(f'<div class="settings">{"".join(texts)}</div>')
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
