# SPDX-License-Identifier: Apache-2.0
"""The course of the metric."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from .._images.arrays import Array, Floats
from .._registration.result import Registration
from .figure import BLUE, check_axes, make_figure


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
