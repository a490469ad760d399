# SPDX-License-Identifier: Apache-2.0
"""Drawings of what the sampler does, as SVG in the page: ```{drawing} runs, with a caption as content.

The points are drawn by the sampler itself, on small masks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from docutils import nodes
from itk_maskedsampling import register, sample
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

Array = npt.NDArray[Any]
Parts = list[str]


# Pieces


def rectangle(x: float, y: float, width: float, height: float, kind: str, radius: float = 0.0) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{radius:.1f}"/>'


def text(x: float, y: float, words: object, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def path(points: Iterable[tuple[float, float]], kind: str) -> str:
    return f'<path class="{kind}" d="M {" L ".join(f"{x:.1f} {y:.1f}" for x, y in points)}"/>'


def dot(x: float, y: float) -> str:
    return f'<circle class="point" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'


def svg(width: float, height: float, parts: Parts) -> str:
    return f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" role="img">{"".join(parts)}</svg>'


class Grid:
    """An image on the page; voxel (0, 0) has its centre half a cell from the corner."""

    def __init__(self, mask: Array, x: float, y: float, cell: float) -> None:
        self.mask, self.x, self.y, self.cell = mask, x, y, cell
        self.height, self.width = mask.shape

    def corner(self, column: float, row: float) -> tuple[float, float]:
        return self.x + column * self.cell, self.y + row * self.cell

    def place(self, point: Array) -> tuple[float, float]:
        return self.corner(point[0] + 0.5, point[1] + 0.5)

    def voxel(self, column: int, row: int, kind: str) -> str:
        return rectangle(*self.corner(column, row), self.cell, self.cell, kind)

    def lines(self, step: int, kind: str) -> Parts:
        columns, rows = range(0, self.width + 1, step), range(0, self.height + 1, step)
        upright = [path([self.corner(column, 0), self.corner(column, self.height)], kind) for column in columns]
        return upright + [path([self.corner(0, row), self.corner(self.width, row)], kind) for row in rows]

    def draw(self) -> Parts:
        inside = [self.voxel(column, row, "mask") for row, column in np.argwhere(self.mask)]
        return inside + self.lines(1, "grid")


def make_mask() -> Array:
    """A blob with a hole."""
    y, x = np.mgrid[0:8, 0:16]
    mask: Array = (np.hypot((x - 6) / 5.6, (y - 3.6) / 3.4) < 1) & (np.hypot(x - 7.4, y - 3.4) > 1.3) | (x > 12) & (
        y > 4
    )
    return mask


def runs_of(mask: Array) -> list[tuple[int, int, int, int]]:
    """Row, first column, length and rank of each run of a mask."""
    found, rank = [], 0
    for row, line in enumerate(np.pad(mask, ((0, 0), (1, 1)))):
        ends = np.flatnonzero(np.diff(line.astype(int)))
        for first, last in zip(ends[::2], ends[1::2], strict=True):
            found.append((row, int(first), int(last - first), rank))
            rank += int(last - first)
    return found


def index_of(points: Array) -> Array:
    """The voxels of points, x first."""
    return np.floor(np.asarray(points, float) + 0.5).astype(int)


def ranks_of(mask: Array, points: Array) -> Array:
    """The ranks of the voxels of points."""
    order = np.cumsum(mask.ravel()) - 1
    column, row = index_of(points).T
    ranks: Array = order[row * mask.shape[1] + column]
    return ranks


# Drawings


def runs() -> str:
    mask = make_mask()
    grid = Grid(mask, 10, 10, 26)
    parts = grid.draw()
    listed = runs_of(mask)
    for number, (row, first, length, rank) in enumerate(listed):
        x, y = grid.corner(first, row)
        parts.append(rectangle(x + 3, y + 7, length * 26 - 6, 12, "run", 6))
        parts.append(text(450 + 150 * (number % 2), 34 + 22 * (number // 2), f"({first}, {row}), rank {rank}"))
    parts.append(text(450, 12, "list: first voxel of each run, and its rank"))
    return svg(760, 230, parts)


def ruler(mask: Array, points: Array, grid: Grid, y: float) -> Parts:
    """The ranks of a mask in a row, those of points among them, and lines from there to the points."""
    ranks = ranks_of(mask, points)
    step = 416 / mask.sum()
    parts = [
        rectangle(10 + rank * step, y, step, 16, "drawn" if rank in ranks else "mask") for rank in range(mask.sum())
    ]
    parts += [text(10, y + 32, "rank 0"), text(426, y + 32, f"rank {mask.sum() - 1}", "end")]
    for rank, point in zip(ranks, points, strict=True):
        parts.append(path([(10 + (rank + 0.5) * step, y), grid.place(point)], "arrow"))
    return parts


def draw_with_ruler(points: Array) -> str:
    mask = make_mask()
    grid = Grid(mask, 10, 10, 26)
    parts = grid.draw()
    parts += [grid.voxel(column, row, "drawn") for column, row in index_of(points)]
    parts += ruler(mask, points, grid, 250)
    parts += [dot(*grid.place(point)) for point in points]
    return svg(450, 290, parts)


def random() -> str:
    mask = make_mask()
    return draw_with_ruler(sample(mask.astype(float), mask, samples=9, seed=4).points)


def regular() -> str:
    mask = make_mask()
    return draw_with_ruler(sample(mask.astype(float), mask, samples=9, sampling="regular", seed=2).points)


def perturbation() -> str:
    """Many points of few voxels, and those of a normal distribution, as ITK has them."""
    mask = np.zeros((5, 7), bool)
    mask[1:4, 2:4] = mask[2, 4:6] = True
    parts: Parts = []
    points = sample(mask.astype(float), mask, samples=8 * 40, seed=1).points
    noise = np.random.default_rng(1).normal(scale=1 / 3, size=(8 * 40, 2))
    centres = np.repeat(np.argwhere(mask)[:, ::-1], 40, axis=0)
    for x, title, shown in (
        (10, "here: uniform in the voxel", points),
        (370, "ITK: normal around the centre", centres + noise),
    ):
        grid = Grid(mask, x, 26, 46)
        parts += [text(x, 14, title), *grid.draw()]
        parts += [f'<circle class="point" cx="{a:.1f}" cy="{b:.1f}" r="1.6"/>' for a, b in map(grid.place, shown)]
    return svg(702, 266, parts)


def levels() -> str:
    """A ribbon one voxel thick, and its sample points at three levels."""
    y, x = np.mgrid[0:24, 0:24]
    ribbon = np.abs(np.hypot(x - 11.5, y - 11.5) - 8.5) < 0.5
    parts: Parts = []
    for number, factor in enumerate((4, 2, 1)):
        result = register(
            np.sin(x + y / 2.0),
            np.sin(x + y / 2.0),
            ribbon,
            transform="translation",
            metric="mean-squares",
            samples=24,
            shrink_factors=[factor],
            smoothing_sigmas=[0],
            iterations=1,
            uncertainty="none",
            seed=number + 1,
        )
        grid = Grid(ribbon, 10 + 250 * number, 26, 9.5)
        parts += [text(grid.x, 14, f"level of factor {factor}: {len(result.points)} samples")]
        parts += [grid.voxel(column, row, "mask") for row, column in np.argwhere(ribbon)]
        parts += grid.lines(factor, "level" if factor > 1 else "grid")
        parts += [dot(*grid.place(point)) for point in result.points]
    return svg(750, 262, parts)


def weights() -> str:
    """The sums of weights along the ranks, cut at equal distances."""
    mask = np.ones((2, 12), bool)
    density = np.tile(np.array([1, 1, 2, 3, 5, 6, 6, 5, 3, 2, 0, 0]), (2, 1)).astype(float)
    number = 9
    points = sample(mask.astype(float), mask, samples=number, sampling="regular", seed=5, weights=density).points
    ranks = ranks_of(mask, points)
    sums = np.concatenate([[0.0], np.cumsum(density[mask])])
    # One phase for all samples; any that leads to these voxels, here the middle of those that do.
    first = np.array([sums[rank] * number / sums[-1] - i for i, rank in enumerate(ranks)])
    last = np.array([sums[rank + 1] * number / sums[-1] - i for i, rank in enumerate(ranks)])
    phase = (first.max() + last.min()) / 2
    step, high = 24.0, 200.0
    parts = [
        rectangle(60 + rank * step, 216, step, 16, "drawn" if rank in ranks else "mask") for rank in range(mask.sum())
    ]
    parts.append(path([(60 + rank * step, 210 - total / sums[-1] * high) for rank, total in enumerate(sums)], "line"))
    for i, rank in enumerate(ranks):
        level = (i + phase) / number
        share = (level * sums[-1] - sums[rank]) / (sums[rank + 1] - sums[rank])
        across, up = 60 + (rank + share) * step, 210 - level * high
        parts += [path([(60, up), (across, up), (across, 216)], "arrow"), dot(across, 224)]
    parts += [
        text(10, 16, "W"),
        text(10, 212, "0"),
        text(60, 248, "rank 0"),
        text(636, 248, f"rank {mask.sum() - 1}", "end"),
    ]
    parts.append(text(80, 16, "sum of the weights up to each voxel"))
    return svg(650, 256, parts)


def thumbnail(name: str) -> str:
    """A mask of a recipe, small, with sample points in it."""
    y, x = np.mgrid[0:60, 0:90]
    distance = np.hypot((x - 45) / 1.2, y - 30)
    density = np.ones(distance.shape)
    masks: dict[str, Array] = {
        "lesion": (distance < 27) & (np.hypot(x - 60, y - 22) > 9),
        "annulus": np.abs(distance - 20) < 4,
        "ribbon": np.abs(distance - 20 - 4 * np.sin(7 * np.arctan2(y - 30, (x - 45) / 1.2))) < 2.2,
        "volume": np.hypot(x - 66, y - 20) < 7,
        "modalities": distance < 26,
        "metrics": (np.hypot(x - 26, y - 30) < 17) | (np.abs(x - 66) + np.abs(y - 30) < 19),
        "deformation": np.hypot((x - 45 - 4 * np.sin(y / 5)) / 1.2, y - 30 - 4 * np.sin(x / 7)) < 22,
        "weights": distance < 29,
        "reproducibility": (np.abs(x - 45) < 30) & (np.abs(y - 30) < 18),
    }
    mask = masks[name]
    if name == "weights":
        density = np.exp(-((distance / 13) ** 2)) + 1e-3
    half = (x < 45) if name == "modalities" else np.zeros(mask.shape, bool)
    points = sample(density, mask, samples=70, seed=1, weights=density).points
    parts = [rectangle(0, 0, 360, 240, "grid")]
    for kind, part in (("mask", mask & ~half), ("drawn", mask & half)):
        parts += [rectangle(4 * first, 4 * row, 4 * length, 4, kind) for row, first, length, _ in runs_of(part)]
    parts += [dot(4 * a + 2, 4 * b + 2) for a, b in points]
    return svg(360, 240, parts)


DRAWINGS: dict[str, Callable[[], str]] = {
    one.__name__: one for one in (runs, random, regular, perturbation, levels, weights)
}


class Thumbnail(SphinxDirective):
    """The thumbnail of a recipe."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(__file__)
        figure = nodes.container(classes=["drawing", "thumbnail"])
        figure += nodes.raw("", thumbnail(self.arguments[0]), format="html")
        return [figure]


class Drawing(SphinxDirective):
    """A drawing, with a caption as content."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {}

    def run(self) -> list[nodes.Node]:
        caption = nodes.container(classes=["drawing-caption"])
        self.state.nested_parse(self.content, self.content_offset, caption)
        self.env.note_dependency(__file__)
        figure = nodes.container(classes=["drawing"])
        figure += nodes.raw("", DRAWINGS[self.arguments[0]](), format="html")
        figure += caption.children
        return [figure]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("drawing", Drawing)
    app.add_directive("thumbnail", Thumbnail)
    return {"parallel_read_safe": True}
