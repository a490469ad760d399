# SPDX-License-Identifier: Apache-2.0
"""The share of problems solved over the motion, one panel for each radius."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .records import Run
from .tools import COMPARED_KEYS, LABELS

matplotlib.use("Agg")

#: Of Okabe and Ito, which the colour-blind can tell apart too; the markers differ besides. A search is dashed, so that
#: it belongs to its tool.
STYLES = {
    "ours": ("#0072B2", "o", "--"),
    "ours-search": ("#0072B2", "s", "-"),
    "elastix": ("#009E73", "^", "-"),
    "simpleitk": ("#CC79A7", "v", "-"),
    "ants": ("#D55E00", "D", "-"),
    "greedy": ("#000000", "P", "--"),
    "greedy-search": ("#000000", "X", "-"),
}
#: How far the markers of one tool are beside those of the next, so that equal ones are all seen.
STEP = 0.07


def percentage(runs: Sequence[Run]) -> float:
    return 100 * sum(run.good for run in runs) / len(runs) if runs else float("nan")


def draw_panel(axes: Axes, runs: Sequence[Run], tools: Sequence[str], motions: Sequence[float]) -> None:
    for number, tool in enumerate(tools):
        color, marker, line = STYLES[tool]
        own = [run for run in runs if run.tool == tool]
        heights = [percentage([run for run in own if run.motion == motion]) for motion in motions]
        places = [index + STEP * (number - (len(tools) - 1) / 2) for index in range(len(motions))]
        axes.plot(places, heights, line, color=color, marker=marker, markersize=5, linewidth=1, label=LABELS[tool])
    axes.set_xticks(range(len(motions)), [f"{motion:g}" for motion in motions])
    axes.set_xlim(-0.5, len(motions) - 0.5)
    axes.set_ylim(-4, 104)
    axes.grid(axis="y", color="0.9")


def draw(runs: Sequence[Run], path: Path) -> None:
    if not runs:
        return
    radii, motions = sorted({run.radius for run in runs}), sorted({run.motion for run in runs})
    present = {run.tool for run in runs}
    tools = [key for key in COMPARED_KEYS if key in present]
    figure = Figure(figsize=(3.0 * len(radii), 3.6), layout="constrained")
    panels = figure.subplots(1, len(radii), sharey=True, squeeze=False)[0]
    for axes, radius in zip(panels, radii, strict=True):
        own = [run for run in runs if run.radius == radius]
        draw_panel(axes, own, tools, motions)
        axes.set_title(f"ball of {radius:g} mm, {len({run.problem for run in own})} problems", fontsize=9)
    figure.supxlabel("motion, mm", fontsize=10)
    panels[0].set_ylabel("within 0.5 mm, %")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=8)
    figure.savefig(path, dpi=120)
