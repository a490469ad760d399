# SPDX-License-Identifier: Apache-2.0
"""Pictures of the course of a metric, and of extent experiments, show what they say."""

import pickle
from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Registration, plot, register
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import same_color
from matplotlib.figure import Figure
from register_scene import make_scene

SCENE = make_scene(2, angle=0.05, shift=(3.0, -2.0))


@pytest.fixture(scope="module")
def result() -> Registration:
    stages = ["translation", {"transform": "rigid", "metric": "correlation", "levels": 2}]
    return register(SCENE.fixed, SCENE.moving, SCENE.fixed_mask, transform=stages, metric="mean-squares", iterations=12)


def curves(axes: Any) -> list[Any]:
    """The lines of the metric, without the upright ones of the boundaries."""
    return [line.get_xydata() for line in axes.lines if line.get_linestyle() == "-"]


def boundaries(axes: Any) -> list[float]:
    return [float(line.get_xdata()[0]) for line in axes.lines if line.get_linestyle() == "--"]


# Course


def test_course(result: Registration) -> None:
    """Iterations are counted on over levels and stages; between two levels there is a boundary."""
    figure = plot.course(result)
    assert [axes.get_title().splitlines() for axes in figure.axes] == [
        ["stage 0", "translation, mean-squares"],
        ["stage 1", "rigid, correlation"],
    ]
    points = np.concatenate([np.concatenate(curves(axes)) for axes in figure.axes])
    np.testing.assert_array_equal(points[:, 0], np.arange(len(result.course)) + 1)
    np.testing.assert_array_equal(points[:, 1], result.course["value"])
    ends = np.cumsum([report.iterations for report in result.levels])
    stages = np.array([report.stage for report in result.levels])
    assert len(ends) == 5
    for stage, axes in enumerate(figure.axes):
        own = ends[stages == stage]
        assert [len(part) for part in curves(axes)] == [r.iterations for r in result.levels if r.stage == stage]
        assert boundaries(axes) == [end + 0.5 for end in own[:-1]]
        first = 0.5 if stage == 0 else ends[stages < stage][-1] + 0.5
        assert axes.get_xlim() == (first, own[-1] + 0.5)
        assert [text.get_text() for text in axes.texts] == [f"level {number}" for number in range(len(own))]
    assert figure.axes[0].get_ylabel() == "metric (less is better)"
    assert figure.axes[1].get_xlabel() == "iteration"


def test_course_of_other_results(result: Registration) -> None:
    again = plot.course(pickle.loads(pickle.dumps(result)))
    np.testing.assert_array_equal(
        np.concatenate(curves(again.axes[0])), np.concatenate(curves(plot.course(result).axes[0]))
    )
    options: dict[str, Any] = {"metric": "mean-squares", "levels": 1}
    none = register(SCENE.fixed, SCENE.moving, iterations=0, **options)
    (axes,) = plot.course(none).axes
    assert axes.get_title() == "rigid, mean-squares"
    assert curves(axes) == []
    assert [text.get_text() for text in axes.texts] == ["no iteration"]
    one = register(SCENE.fixed, SCENE.moving, iterations=1, **options)
    (axes,) = plot.course(one).axes
    assert curves(axes)[0].shape == (1, 2)
    assert axes.lines[0].get_marker() == "o", "one value is no line"
    two = register(SCENE.fixed, SCENE.moving, transform=["translation", "rigid"], iterations=2, **options)
    assert [[len(part) for part in curves(axes)] for axes in plot.course(two).axes] == [[2], [2]]
    stopped = register(
        SCENE.fixed, SCENE.moving, callback=lambda p: p.iteration < 3, iterations=20, metric="mean-squares"
    )
    assert len(np.concatenate(curves(plot.course(stopped).axes[0]))) == len(stopped.course)


def test_course_in_panels_of_the_user(result: Registration) -> None:
    figure = Figure()
    panels = figure.subplots(1, 3)
    assert plot.course(result, axes=panels[:2]) is figure
    assert [len(axes.lines) for axes in panels] == [5, 3, 0]
    with pytest.raises(ValueError, match="axes: 2 of them are needed"):
        plot.course(result, axes=panels)
    with pytest.raises(TypeError, match="result: a Registration is needed, not str 'result'"):
        plot.course("result")  # type: ignore[arg-type]


# Extent experiment


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
    figure = plot.extent_experiment(errors, EXTENTS, floor=FLOOR, before=5.0, title="title", colors=colors)
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
    (axes,) = plot.extent_experiment(errors, EXTENTS).axes
    assert len(clouds(axes)) == 15
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0.0001", "0.001", "0.01", "0.1", "1", "10"]
    assert len(axes.lines) == 1, "that of the legend"
    assert "run that threw" not in [text.get_text() for text in axes.figure.legends[0].get_texts()]
    places = [np.mean(points[:, 0]) for points, _ in clouds(axes)]
    assert (np.diff(np.sort(places)) > 0.05).all(), "clouds are beside each other"
    panel = Figure().subplots()
    assert plot.extent_experiment(errors, EXTENTS, axes=panel) is panel.figure
    plot.extent_experiment({"a": np.zeros((3, 2))}, EXTENTS).canvas.draw()
    plot.extent_experiment({"a": np.full((3, 2), np.nan)}, EXTENTS).canvas.draw()


@pytest.mark.parametrize(
    ("errors", "options", "error", "words"),
    [
        ([[1.0]], {}, TypeError, "errors: a dict of arrays by the name of the method is needed"),
        ({}, {}, ValueError, "errors: there is no method"),
        (
            {"a": np.ones((2, 4))},
            {},
            ValueError,
            r"errors\['a'\]: the shape \(3 extents, runs\) is needed, not \(2, 4\)",
        ),
        ({"a": np.ones(3)}, {}, ValueError, r"errors\['a'\]: the shape"),
        ({"a": np.ones((3, 0))}, {}, ValueError, r"errors\['a'\]: the shape"),
        ({"a": [["x"]] * 3}, {}, TypeError, r"errors\['a'\]: an array of numbers"),
        ({"a": np.full((3, 1), np.inf)}, {}, ValueError, r"errors\['a'\]: 3 are infinite; a run that threw is NaN"),
        ({"a": np.ones((3, 1)), "b": np.ones((3, 1))}, {"colors": ["red"]}, ValueError, "colors: 2 are needed"),
        ({"a": np.ones((3, 1))}, {"before": -5}, ValueError, "before: -5, but a length greater than 0"),
        ({"a": np.ones((3, 1))}, {"floor": 0}, ValueError, "floor: 0, but a length greater than 0"),
        ({"a": np.ones((3, 1))}, {"axes": 3}, TypeError, "axes: one panel of matplotlib, not int 3"),
    ],
)
def test_bad_extent_experiment(errors: Any, options: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        plot.extent_experiment(errors, EXTENTS, **options)
