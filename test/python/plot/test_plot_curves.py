# SPDX-License-Identifier: Apache-2.0
"""Pictures of the course of a metric show what they say."""

import pickle
from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Registration, plot, register
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
