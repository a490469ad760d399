# SPDX-License-Identifier: Apache-2.0
"""The picture of an extent experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from reporting import FloatArray


def draw_clouds(
    errors: Mapping[str, FloatArray],
    extents: Sequence[str],
    colors: Sequence[str],
    *,
    before: float | None = None,
    floor: float = 1e-4,
    xlabel: str = "image extent around the same mask, in pixels",
    ylabel: str = "absolute error, pixels",
    title: str | None = None,
) -> Figure:
    """Errors of many runs of several methods, in images of growing extent around the same mask, as clouds of dots.

    errors: by the name of the method, arrays of shape (extents, runs), NaN for a run that threw; the sign is dropped.
    extents: their names.
    colors: one for each method.
    before: the error before registration, which is drawn as a line.
    floor: the scale is logarithmic; smaller errors are drawn here.
    """
    figure = Figure(figsize=(9, 5), dpi=100, layout="constrained")
    axes = figure.subplots()
    sizes = {name: np.maximum(np.abs(values), floor) for name, values in errors.items()}
    largest = max(
        [10 * floor, 2 * (before or 0), *(np.nanmax(one) for one in sizes.values() if np.isfinite(one).any())]
    )
    top = 10 ** np.ceil(np.log10(largest))
    failed_at = top * 10**0.75
    # A group of clouds for each extent takes 0.8 of the distance between two groups.
    step = 0.8 / len(errors)
    for number, (color, one) in enumerate(zip(colors, sizes.values(), strict=True)):
        for place, cloud in enumerate(one):
            position = place + (number - (len(errors) - 1) / 2) * step
            draw_cloud(axes, position, cloud, color, failed_at, 0.37 * step)
    if before is not None:
        axes.axhline(before, color="gray", linestyle="--", linewidth=1, zorder=0)
        axes.annotate(
            "before registration", (1, before), (-4, 4), ("axes fraction", "data"), "offset points",
            ha="right", fontsize=8, color="gray", bbox={"color": "white", "alpha": 0.8, "pad": 0},
        )  # fmt: skip
    finish_extents(axes, extents, floor, top, failed_at, any(np.isnan(one).any() for one in sizes.values()))
    axes.set_xlabel(xlabel)
    axes.set_ylabel(f"{ylabel} (below {floor:g}: drawn there)")
    if title is not None:
        axes.set_title(title)
    explain_clouds(figure, axes, dict(zip(errors, colors, strict=True)), sizes)
    return figure


def draw_cloud(axes: Any, position: float, errors: FloatArray, color: str, failed_at: float, width: float) -> None:
    """Draw errors, shape (n,), as dots around a place, those that are NaN as crosses above; and their median."""
    failed = np.isnan(errors)
    heights = np.where(failed, failed_at, errors)
    places = position + np.random.default_rng(0).uniform(-width, width, len(errors))
    axes.scatter(places[~failed], heights[~failed], s=9, alpha=0.45, color=color, linewidths=0.7)
    if not failed.all():
        median = float(np.median(errors[~failed]))
        axes.hlines(median, position - 1.28 * width, position + 1.28 * width, color="black", linewidth=2, zorder=3)
    if failed.any():
        axes.scatter(places[failed], heights[failed], s=16, marker="x", alpha=0.8, color=color, linewidths=0.7)
        axes.annotate(
            f"{failed.sum()} of {len(errors)} threw", (position, failed_at), (0, 7), textcoords="offset points",
            ha="center", fontsize=8,
        )  # fmt: skip


def finish_extents(axes: Any, extents: Sequence[str], floor: float, top: float, failed_at: float, failed: bool) -> None:
    """Scales and ticks. Where a run failed, there is a band for those above all errors."""
    axes.set_yscale("log")
    powers = np.arange(np.ceil(np.log10(floor) - 1e-9), np.log10(top) + 1e-9)
    ticks, names = [*10.0**powers], [f"{10.0**power:g}" for power in powers]
    if failed:
        axes.axhspan(top * 1.5, failed_at * 5, color="0.93", zorder=0)
        ticks, names = [*ticks, failed_at], [*names, "threw"]
    axes.set_yticks(ticks, names)
    axes.minorticks_off()
    axes.set_ylim(floor / 1.6, failed_at * 5 if failed else top * 1.5)
    axes.set_xticks(range(len(extents)), extents)
    axes.set_xlim(-0.6, len(extents) - 0.4)
    axes.grid(axis="y", alpha=0.3)


def explain_clouds(figure: Any, axes: Any, colors: Mapping[str, str], errors: Mapping[str, FloatArray]) -> None:
    handles = [axes.scatter([], [], s=16, color=color, label=name) for name, color in colors.items()]
    failing = [color for name, color in colors.items() if np.isnan(errors[name]).any()]
    if failing:
        handles.append(axes.scatter([], [], s=16, marker="x", color=failing[0], label="run that threw"))
    handles += axes.plot([], [], color="black", linewidth=2, label="median")
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
