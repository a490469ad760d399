# SPDX-License-Identifier: Apache-2.0
"""Curves and clouds: the course of the metric, and errors of an extent experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ._arrays import Array, Floats
from ._plot_figure import BLUE, COLORS, check_axes, make_figure
from ._registration import Registration


def split_course(course: Array) -> list[tuple[int, int, Array]]:
    """Stage, level and the indices of the iterations of each level that has some, in order."""
    starts = np.flatnonzero((np.diff(course["stage"]) != 0) | (np.diff(course["level"]) != 0)) + 1
    parts = np.split(np.arange(len(course)), starts) if len(course) else []
    return [(int(course["stage"][part[0]]), int(course["level"][part[0]]), part) for part in parts]


def draw_course(result: Registration, given: Any) -> Figure:
    course = result.course
    names = {report.stage: f"{report.transform}, {report.metric}" for report in result.levels}
    parts = split_course(course)
    stages = sorted({*names, *(stage for stage, _, _ in parts)}) or [0]
    if given is None:
        figure = make_figure((max(6.5, 3.6 * len(stages)), 3.4))
        panels = figure.subplots(1, len(stages), squeeze=False)[0]
    else:
        panels = check_axes(given, len(stages))
        figure = panels[0].figure
    for axes, stage in zip(panels, stages, strict=True):
        draw_stage(axes, [(level, part) for own, level, part in parts if own == stage], course["value"])
        head = f"stage {stage}\n" if len(stages) > 1 else ""
        axes.set_title(f"{head}{names.get(stage, '')}", fontsize=10, pad=16)
        axes.set_xlabel("iteration", fontsize=9)
        axes.tick_params(labelsize=8)
    panels[0].set_ylabel("metric (less is better)", fontsize=9)
    return figure


def draw_stage(axes: Any, levels: Sequence[tuple[int, Array]], values: Floats) -> None:
    """Draw the metric of one stage; iterations are counted from 1, over all levels and stages."""
    if not levels:
        axes.annotate("no iteration", (0.5, 0.5), xycoords="axes fraction", ha="center", color="0.4")
        axes.set_xticks([])
        axes.set_yticks([])
        return
    total = sum(len(part) for _, part in levels)
    for number, (level, part) in enumerate(levels):
        marker = "o" if len(part) < 3 else ""
        axes.plot(part + 1, values[part], color=BLUE, linewidth=1.3, marker=marker, markersize=3)
        if number:
            axes.axvline(part[0] + 0.5, color="0.5", linewidth=0.8, linestyle="--", zorder=0)
        # Names only where there is room for them.
        name = f"level {level}" if len(part) > 0.16 * total else str(level) if len(part) > 0.04 * total else ""
        middle = part.mean() + 1
        axes.annotate(
            name, (middle, 1), (0, 3), ("data", "axes fraction"), "offset points", ha="center", fontsize=8, color="0.35"
        )
    axes.set_xlim(levels[0][1][0] + 0.5, levels[-1][1][-1] + 1.5)
    # In full, without an offset for all of them, as values at the end of a registration differ by little.
    axes.yaxis.set_major_formatter("{x:.7g}")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(axis="y", alpha=0.3)


def draw_extent_experiment(
    errors: Mapping[str, Floats],
    extents: Sequence[str],
    before: float | None,
    floor: float,
    labels: tuple[str, str],
    title: str | None,
    colors: Sequence[str] | None,
    given: Any,
) -> Figure:
    if given is None:
        figure = make_figure((9, 5))
        axes = figure.subplots()
    else:
        axes = check_axes(given, 1)[0]
        figure = axes.figure
    palette = [COLORS[number % len(COLORS)] for number in range(len(errors))] if colors is None else colors
    sizes = {name: np.maximum(np.abs(values), floor) for name, values in errors.items()}
    largest = max(
        [10 * floor, 2 * (before or 0), *(np.nanmax(one) for one in sizes.values() if np.isfinite(one).any())]
    )
    top = 10 ** np.ceil(np.log10(largest))
    failed_at = top * 10**0.75
    # A group of clouds for each extent takes 0.8 of the distance between two groups.
    step = 0.8 / len(errors)
    for number, (color, one) in enumerate(zip(palette, sizes.values(), strict=False)):
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
    axes.set_xlabel(labels[0])
    axes.set_ylabel(f"{labels[1]} (below {floor:g}: drawn there)")
    if title is not None:
        axes.set_title(title)
    explain_clouds(figure if given is None else axes, axes, dict(zip(errors, palette, strict=False)), sizes)
    return figure


def draw_cloud(axes: Any, position: float, errors: Floats, color: str, failed_at: float, width: float) -> None:
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


def explain_clouds(place: Any, axes: Any, colors: Mapping[str, str], errors: Mapping[str, Floats]) -> None:
    handles = [axes.scatter([], [], s=16, color=color, label=name) for name, color in colors.items()]
    failing = [color for name, color in colors.items() if np.isnan(errors[name]).any()]
    if failing:
        handles.append(axes.scatter([], [], s=16, marker="x", color=failing[0], label="run that threw"))
    handles += axes.plot([], [], color="black", linewidth=2, label="median")
    where = "best" if place is axes else "outside lower center"
    place.legend(handles=handles, loc=where, ncols=1 if place is axes else len(handles), frameon=False)
