# SPDX-License-Identifier: Apache-2.0
"""The landmarks of a report: how far they are apart before and after."""

from __future__ import annotations

from html import escape

from .._images.arrays import join
from .._pictures.html import make_table, wide
from .._registration.landmarks import Landmarks


def make_landmarks(landmarks: Landmarks, unit: str) -> list[str]:
    """Tables of their errors, and what is to be doubted."""
    farther = set(landmarks.farther)
    heads = ("landmark", "fixed point", "moving point", f"error before, {unit}", f"error after, {unit}", "")
    rows = [
        (
            landmarks.pairs.name(number),
            join(fixed),
            join(moving),
            f"{before:.4g}",
            f"{after:.4g}",
            "farther apart" if number in farther else "",
        )
        for number, (fixed, moving, before, after) in enumerate(
            zip(
                landmarks.pairs.fixed,
                landmarks.pairs.moving,
                landmarks.before.apart,
                landmarks.after.apart,
                strict=True,
            )
        )
    ]
    after = landmarks.after.summary
    summary = [(name, f"{value:.4g}", f"{after[name]:.4g}") for name, value in landmarks.before.summary.items()]
    return [
        "<p>The target registration error: from where the transform maps a landmark of the fixed image to the same one "
        "in the moving image.</p>",
        *(f'<p class="warning"><b>Warning</b>: {escape(text)}.</p>' for text in landmarks.warnings),
        wide(make_table(("errors", f"before, {unit}", f"after, {unit}"), summary)),
        wide(make_table(heads, rows)),
    ]
