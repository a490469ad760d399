# SPDX-License-Identifier: Apache-2.0
"""The picture of an extent experiment shows what it says."""

from typing import Any

import numpy as np
from clouds import draw_clouds
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import same_color

RANDOM = np.random.default_rng(6)
EXTENTS = ["small", "large", "huge"]
FLOOR = 1e-3


def make_errors() -> dict[str, Any]:
    errors = {name: RANDOM.normal(size=(3, 50)) * 10.0 ** RANDOM.uniform(-5, 1, (3, 50)) for name in ("one", "two")}
    errors["one"][1, :7] = np.nan
    errors["one"][2] = np.nan
    return errors


def clouds(axes: Any) -> list[Any]:
    """Dots or crosses: places and heights, shape (n, 2), and colour; without the empty ones of the legend."""
    found = [one for one in axes.collections if isinstance(one, PathCollection)]
    places = [np.asarray(one.get_offsets(), np.float64) for one in found]
    return [(points, one.get_edgecolor()[0]) for points, one in zip(places, found, strict=True) if len(points)]


def test_extent_experiment() -> None:
    errors = make_errors()
    colors = ["#112233", "#445566"]
    figure = draw_clouds(errors, EXTENTS, colors, floor=FLOOR, before=5.0, title="title")
    (axes,) = figure.axes
    medians = [one for one in axes.collections if isinstance(one, LineCollection)]
    middles = [segment for one in medians for segment in one.get_segments()]
    top = max(np.nanmax(np.abs(values)) for values in errors.values())
    all_dots, all_crosses = 0, 0
    for number, (name, color) in enumerate(zip(errors, colors, strict=True)):
        for extent in range(3):
            values = errors[name][extent]
            near = [
                points
                for points, own in clouds(axes)
                if same_color(own[:3], color) and (np.abs(points[:, 0] - extent) < 0.5).all()
            ]
            points = np.concatenate(near)
            # The first method is to the left of the name of the extent, the second to the right.
            assert (points[:, 0] < extent).all() == (number == 0)
            dots = points[points[:, 1] <= top]
            crosses = points[points[:, 1] > top]
            assert len(crosses) == np.isnan(values).sum()
            assert len(set(crosses[:, 1])) <= 1
            known = np.abs(values[np.isfinite(values)])
            np.testing.assert_allclose(np.sort(dots[:, 1]), np.sort(np.maximum(known, FLOOR)))
            all_dots += len(dots)
            all_crosses += len(crosses)
            if len(known):
                middle = np.median(np.maximum(known, FLOOR))
                assert any(np.allclose(segment[:, 1], middle) for segment in middles)
    assert (all_dots, all_crosses) == (300 - 57, 57)
    assert len(middles) == 5, "there is no median where all threw"
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["7 of 50 threw", "50 of 50 threw", "before registration"]
    assert [label.get_text() for label in axes.get_xticklabels()] == EXTENTS
    assert [label.get_text() for label in axes.get_yticklabels()][-1] == "threw"
    assert axes.get_yscale() == "log"
    assert axes.get_ylim()[0] < FLOOR
    assert axes.get_ylim()[1] > top
    assert np.asarray(axes.lines[0].get_ydata()).tolist() == [5, 5]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two", "run that threw", "median"]
    assert axes.get_title() == "title"


def test_extent_experiment_without_failures() -> None:
    errors = {name: RANDOM.uniform(0.1, 2, (3, 5)) for name in "abcde"}
    (axes,) = draw_clouds(errors, EXTENTS, ["C0", "C1", "C2", "C3", "C4"]).axes
    assert len(clouds(axes)) == 15
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0.0001", "0.001", "0.01", "0.1", "1", "10"]
    assert len(axes.lines) == 1, "that of the legend"
    assert "run that threw" not in [text.get_text() for text in axes.figure.legends[0].get_texts()]
    places = [np.mean(points[:, 0]) for points, _ in clouds(axes)]
    assert (np.diff(np.sort(places)) > 0.05).all(), "clouds are beside each other"
    draw_clouds({"a": np.zeros((3, 2))}, EXTENTS, ["C0"]).canvas.draw()
    draw_clouds({"a": np.full((3, 2), np.nan)}, EXTENTS, ["C0"]).canvas.draw()
