# SPDX-License-Identifier: Apache-2.0
"""Time against error in every case, and time against extent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from settings import ANTS, ELASTIX, GREEDY, NIFTYREG, OURS, SIMPLEITK, STOCK, WITH_POOL
from summary import ERROR_TARGET, ExtentRow, Summary

COLORS = {
    OURS: "#1b6ca8",
    STOCK: "#d95f02",
    WITH_POOL[STOCK]: "#fdb863",
    SIMPLEITK: "#7570b3",
    ELASTIX: "#1b9e77",
    WITH_POOL[ELASTIX]: "#99d8c9",
    ANTS: "#a6761d",
    GREEDY: "#000000",
    NIFTYREG: "#e7298a",
}
COLUMNS = 4


def draw_case(axes: Axes, summaries: Sequence[Summary]) -> None:
    for summary in summaries:
        if summary.seconds:
            axes.errorbar(
                summary.median,
                summary.error,
                xerr=[[summary.median - min(summary.seconds)], [max(summary.seconds) - summary.median]],
                fmt="x" if summary.failures else "o",
                color=COLORS[summary.tool],
            )
    axes.axhline(ERROR_TARGET, color="0.7", linewidth=0.8)
    axes.set(xscale="log", yscale="log", title=summaries[0].case)
    axes.title.set_fontsize(8)
    axes.tick_params(labelsize=7)


def draw_cases(summaries: Sequence[Summary], path: Path) -> None:
    """One panel a case; crosses are configurations of which some run failed."""
    cases = list(dict.fromkeys(s.case for s in summaries))
    rows = math.ceil(len(cases) / COLUMNS)
    figure = Figure(figsize=(3.2 * COLUMNS, 2.8 * rows + 0.4), layout="constrained")
    panels = figure.subplots(rows, COLUMNS, squeeze=False).ravel()
    for panel in panels[len(cases) :]:
        panel.set_axis_off()
    for panel, case in zip(panels, cases, strict=False):
        draw_case(panel, [s for s in summaries if s.case == case])
    figure.supxlabel("time, s")
    figure.supylabel("target registration error, mm")
    for tool in dict.fromkeys(s.tool for s in summaries):
        panels[0].plot([], [], "o", color=COLORS[tool], label=tool)
    figure.legend(loc="outside upper center", ncols=len(COLORS))
    figure.savefig(path, dpi=120)


def draw_extent(rows: Sequence[ExtentRow], path: Path) -> None:
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for mask, smoothing in dict.fromkeys((row.mask, row.smoothing) for row in rows):
        series = sorted((row.times, row.ratio) for row in rows if (row.mask, row.smoothing) == (mask, smoothing))
        axes.plot(*zip(*series, strict=True), marker="o", label=f"{mask}, {smoothing}")
    axes.set(xscale="log", yscale="log", xlabel="voxels, of the unpadded images", ylabel="time, of unpadded")
    axes.legend()
    figure.savefig(path, dpi=120)
