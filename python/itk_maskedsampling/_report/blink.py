# SPDX-License-Identifier: Apache-2.0
"""Slices of a report that blink: the fixed and the moving image by turns in one place. On paper, below each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from .._core import Part
from .._images.arrays import Array
from .._images.image import Raster
from .._pictures.png import encode_png, make_data_url
from .._pictures.slices import Slice, find_outline, find_window, stretch
from ..plot.scene import Scene, choose_slices

#: Pixels along the longest side of a picture.
SIDE = 300
#: The numbers of colours: greys come first.
GREYS = 250
NOTHING, FIXED_MASK, MOVING_MASK = range(GREYS, GREYS + 3)
PALETTE = np.concatenate(
    [
        np.repeat(np.rint(np.linspace(0, 255, GREYS)), 3).reshape(-1, 3),
        [(201, 211, 220), (255, 150, 0), (86, 180, 233)],
    ]
).astype(np.uint8)

#: Layers, and the choices of what is shown: their names, and their layers.
LAYERS = {"fixed": "fixed", "before": "moving, before", "after": "moving, after"}
CHOICES = {
    "blink-after": ("blink: fixed, after", ("fixed", "after")),
    "blink-before": ("blink: fixed, before", ("fixed", "before")),
    "still-fixed": ("fixed", ("fixed",)),
    "still-before": ("before", ("before",)),
    "still-after": ("after", ("after",)),
}


@dataclass(frozen=True, eq=False)
class Layer:
    """An image on slices: pixels, shape (rows, columns), are numbers of the palette."""

    name: str
    pictures: Sequence[Array]


def make_layers(scene: Scene, moving_mask: Raster | None, slices: Sequence[Slice], same_window: bool) -> list[Layer]:
    """The fixed image and the moving one before and after, with the outline of the fixed mask; on the moving image also
    that of its own mask, which moves with it."""
    assert scene.fixed is not None
    assert scene.moving is not None
    fixed = cut(scene.fixed, slices)
    before, after = (cut(scene.moving, slices, parts) for parts in (scene.before, scene.after))
    windows = [window_of(fixed), window_of([*before, *after])]
    if same_window:
        windows = [window_of([*fixed, *before, *after])] * 2
    outline = find_outlines(scene.mask, slices)
    layers = [Layer("fixed", [paint(values, windows[0], lines) for values, lines in zip(fixed, outline, strict=True)])]
    for name, cuts, parts in (("before", before, scene.before), ("after", after, scene.after)):
        own = find_outlines(moving_mask, slices, parts)
        pictures = [paint(values, windows[1], *lines) for values, *lines in zip(cuts, outline, own, strict=True)]
        layers.append(Layer(name, pictures))
    return layers


def cut(image: Raster, slices: Sequence[Slice], parts: Sequence[Part] = ()) -> list[Array]:
    return [place.cut(image.pixels, image.geometry, parts) for place in slices]


def window_of(cuts: Sequence[Array]) -> tuple[float, float]:
    return find_window(np.concatenate([values.ravel() for values in cuts]))


def find_outlines(mask: Raster | None, slices: Sequence[Slice], parts: Sequence[Part] = ()) -> list[Array | None]:
    """The pixels inside a mask that have a neighbour outside."""
    if mask is None:
        return [None] * len(slices)
    return [find_outline(place.cut(mask.pixels, mask.geometry, parts, "nearest-neighbor")) for place in slices]


def paint(
    values: Array, window: tuple[float, float], fixed_mask: Array | None, moving_mask: Array | None = None
) -> Array:
    """Numbers of the palette."""
    known = np.isfinite(values)
    scaled = (GREYS - 1) * np.clip(stretch(np.where(known, values, window[0]), window), 0, 1)
    picture: Array = np.where(known, np.rint(scaled), NOTHING).astype(np.uint8)
    for outline, color in ((moving_mask, MOVING_MASK), (fixed_mask, FIXED_MASK)):
        if outline is not None:
            picture[outline] = color
    return picture


# The page


def make_blink(scene: Scene, moving_mask: Raster | None, margin: float | None, same_window: bool) -> str:
    """Part of a page: choices of what is shown, and the slices."""
    from ..plot.slices import Style  # noqa: PLC0415, it loads matplotlib

    style = Style(scene.geometry, None)
    slices = choose_slices(scene, None, None, margin, SIDE)
    layers = make_layers(scene, moving_mask, slices, same_window)
    choices = "".join(
        f'<input type="radio" name="blink" id="{key}"{" checked" if number == 0 else ""}>'
        f'<label for="{key}">{escape(text)}</label>'
        for number, (key, (text, _)) in enumerate(CHOICES.items())
    )
    titles = ["" if place.axis < 0 else style.title(place) for place in slices]
    shown = "".join(make_layer(layer, slices, titles) for layer in layers)
    wide = " one" if len(slices) == 1 else ""
    return (
        f'<div class="blink" role="group" aria-label="which of the images is shown">{choices}'
        f'<div class="layers{wide}">{shown}</div></div>{make_legend(scene, moving_mask)}'
    )


def make_layer(layer: Layer, slices: Sequence[Slice], titles: Sequence[str]) -> str:
    name = LAYERS[layer.name]
    parts = []
    for place, where, picture in zip(slices, titles, layer.pictures, strict=True):
        turned = picture[::-1] if place.upwards else picture
        rows, columns = picture.shape
        left, right, _, _ = place.extent
        text = escape(f"{name}{', ' if where else ''}{where}")
        parts.append(
            f'<div class="slice" style="flex: {abs(right - left):.6g}"><p>{escape(where) or "&nbsp;"}</p><div>'
            f'<img alt="{text}" width="{columns}" height="{rows}" src="{make_data_url(encode_png(turned, PALETTE))}">'
            f"{make_letters(place)}</div></div>"
        )
    return f'<div class="layer {layer.name}"><p>{escape(name)}</p><div class="slices">{"".join(parts)}</div></div>'


def make_letters(place: Slice) -> str:
    """Those of the sides of the body."""
    if place.letters is None:
        return ""
    left, right, first, last = place.letters
    top, bottom = (last, first) if place.upwards else (first, last)
    sides = (("left", left), ("right", right), ("top", top), ("bottom", bottom))
    return "".join(f'<b class="{side}">{letter}</b>' for side, letter in sides)


def make_legend(scene: Scene, moving_mask: Raster | None) -> str:
    lines = [
        f'<span style="color: rgb{tuple(PALETTE[color].tolist())}">\N{BLACK SQUARE}</span> {text}'
        for mask, color, text in (
            (scene.mask, FIXED_MASK, "outline of the fixed mask"),
            (moving_mask, MOVING_MASK, "outline of the moving mask"),
            (scene.moving, NOTHING, "beyond the moving image"),
        )
        if mask is not None
    ]
    return f'<p class="legend">{", ".join(lines)}</p>'


def make_style() -> str:
    """What is shown, by choice: layers lie on each other, and all but one are hidden; or one and the other by turns."""
    rules, calm = [], []
    for key, (_, names) in CHOICES.items():
        shown = [f"#{key}:checked ~ .layers .{name}" for name in names]
        rules += [f"{one} {{ visibility: visible; }}" for one in shown]
        if len(shown) == 2:
            rules += [f"{one} {{ animation: turn-{n} 1.4s steps(1) infinite; }}" for n, one in enumerate(shown)]
            calm.append(f"#{key}:checked ~ .layers .layer {{ display: none; }}")
            calm += [f"{one} {{ animation: none; display: block; grid-area: auto; }}" for one in shown]
    return f"""
.blink input {{ position: absolute; opacity: 0; }}
.blink label {{ display: inline-block; border: 1px solid var(--line); border-radius: 4px; padding: 0.1rem 0.6rem;
  margin: 0 0.4rem 0.5rem 0; font-size: 0.87rem; cursor: pointer; }}
.blink input:checked + label {{ background: var(--head); border-color: var(--text); }}
.blink input:focus-visible + label {{ outline: 2px solid currentColor; outline-offset: 2px; }}
.layers {{ display: grid; }}
.layers.one {{ max-width: 32rem; }}
.layer {{ grid-area: 1 / 1; visibility: hidden; background: var(--page); break-inside: avoid; }}
.layer p {{ margin: 0; font-size: 0.87rem; }}
.slices {{ display: flex; gap: 0.5rem; align-items: end; }}
.slice {{ min-width: 0; }}
.slice div {{ position: relative; }}
.slice img {{ display: block; width: 100%; height: auto; }}
.slice b {{ position: absolute; color: #000000; font-size: 0.8rem; line-height: 1; padding: 1px;
  background: rgb(255 255 255 / 70%); }}
.slice .left {{ left: 2px; top: 50%; }}
.slice .right {{ right: 2px; top: 50%; }}
.slice .top {{ left: 50%; top: 2px; }}
.slice .bottom {{ left: 50%; bottom: 2px; }}
.legend {{ color: var(--quiet); font-size: 0.87rem; }}
{chr(10).join(rules)}
@keyframes turn-0 {{ 0% {{ visibility: visible; }} 50%, 100% {{ visibility: hidden; }} }}
@keyframes turn-1 {{ 0% {{ visibility: hidden; }} 50%, 100% {{ visibility: visible; }} }}
@media (prefers-reduced-motion: reduce) {{
{chr(10).join(calm)}
}}
@media print {{
  .blink input, .blink label {{ display: none; }}
  .layers .layer {{ display: block !important; visibility: visible !important; animation: none !important;
    grid-area: auto; }}
  .layers.one {{ grid-template-columns: repeat(3, 1fr); gap: 0.5rem; max-width: none; }}
}}
"""
