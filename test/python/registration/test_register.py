# SPDX-License-Identifier: Apache-2.0
"""register(): it finds known transforms, does what its settings say, and can be stopped."""

import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from itk_maskedsampling import Image, Progress, Registration, Transform, register
from itk_maskedsampling._core import default_settings
from register_scene import Scene, make_scene


def run(scene: Scene, **settings: Any) -> Registration:
    settings = {"metric": "mean-squares", "samples": 1500, **settings}
    return register(scene.fixed, scene.moving, scene.fixed_mask, **settings)


def run_python(code: str) -> str:
    """The output of a script in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=Path(__file__).parents[1],
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# Known answers

# What linear interpolation leaves of waves 12 pixels long and more: hundredths of a voxel at the edge of the mask.
FOUND = 0.1


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("tilted", [False, True])
@pytest.mark.parametrize(
    ("transform", "truth"),
    [
        ("translation", {}),
        ("rigid", {"angle": 0.05}),
        ("similarity", {"angle": 0.05, "scale": 1.04}),
        ("affine", {"angle": 0.05, "scale": 1.04}),
    ],
)
def test_finds_a_known_transform(transform: str, truth: dict[str, float], dimension: int, tilted: bool) -> None:
    scene = make_scene(dimension, tilted=tilted, **truth)  # type: ignore[arg-type]
    before = scene.error(Transform(dimension))
    result = run(scene, transform=transform)
    assert before > 1.5
    assert scene.error(result.transform) < FOUND
    assert result.levels[-1].last_value < result.levels[0].first_value
    middle = scene.mask_points().mean(axis=0)
    np.testing.assert_allclose(result.transform_points(middle), scene.truth(middle), atol=FOUND)


@pytest.mark.parametrize("dimension", [2, 3])
@pytest.mark.parametrize("metric", ["mutual-information", "mean-squares", "correlation"])
def test_metrics(dimension: int, metric: str) -> None:
    scene = make_scene(dimension, angle=0.04)
    result = run(scene, metric=metric, samples=3000)
    assert scene.error(result.transform) < 2 * FOUND
    assert {report.metric for report in result.levels} == {metric}


@pytest.mark.parametrize(
    ("transform", "settings", "tolerance"),
    [
        ("b-spline", {"samples": 3000}, 0.2),
        ("displacement-field", {"samples": None, "metric": None}, 1.0),
        ("syn", {"samples": None, "metric": None}, 1.0),
    ],
)
def test_transforms_that_bend(transform: str, settings: dict[str, Any], tolerance: float) -> None:
    # Those at the border of the mask follow less well.
    scene = make_scene(2, angle=0.03)
    result = run(scene, transform=transform, **settings)
    points = scene.mask_points()
    apart = np.linalg.norm(result.transform(points) - scene.truth(points), axis=1)
    before = np.linalg.norm(points - scene.truth(points), axis=1)
    assert np.median(apart) < 0.25 * np.median(before)
    assert np.quantile(apart, 0.9) < tolerance


def test_float64_is_kept_only_if_both_are() -> None:
    single, double = make_scene(2), make_scene(2, np.float64)
    one = register(single.fixed, single.moving, single.fixed_mask)
    mixed = register(double.fixed, single.moving, single.fixed_mask)
    two = register(double.fixed, double.moving, single.fixed_mask)
    assert mixed.transform == one.transform
    assert two.transform != one.transform
    assert single.error(two.transform) < 2 * FOUND


def test_masked_means_masked() -> None:
    """What is around the mask does not exist: not even if it is noise, or more of it."""
    scene = make_scene(2, angle=0.05)
    settings: dict[str, Any] = {"levels": 1, "smoothing_sigmas": 0, "metric": "mean-squares"}
    result = register(scene.fixed, scene.moving, scene.fixed_mask, **settings)
    noise = np.random.default_rng(1).normal(80, 100, scene.fixed.pixels.shape).astype(np.float32)
    rows, columns = np.nonzero(scene.fixed_mask)
    # Linear interpolation inside a voxel of the mask takes in its neighbours.
    box = np.ones(noise.shape, bool)
    box[rows.min() - 1 : rows.max() + 2, columns.min() - 1 : columns.max() + 2] = False
    fixed = np.where(box, noise, scene.fixed.pixels)
    assert register(fixed, scene.moving, scene.fixed_mask, **settings).transform == result.transform
    padded = [np.pad(array, ((0, 50), (0, 90))) for array in (fixed, scene.moving.pixels, scene.fixed_mask)]
    assert register(*padded, **settings).transform == result.transform


def test_moving_mask() -> None:
    scene = make_scene(2)
    moving = np.array(scene.moving.pixels)
    moving[20:40, 30:45] = 1000  # something that is only in one of the images
    counts = np.ones(moving.shape, bool)
    counts[18:42, 28:47] = False
    options: dict[str, Any] = {"transform": "translation", "metric": "correlation"}
    without = register(scene.fixed, moving, scene.fixed_mask, uncertainty="none", **options)  # which is not determined
    result = register(scene.fixed, moving, scene.fixed_mask, counts, **options)
    assert scene.error(result.transform) < FOUND < scene.error(without.transform)
    assert result.levels[-1].points_in_moving < result.levels[-1].points


# Settings


def test_samples_and_percentage() -> None:
    scene = make_scene(2)
    inside = int(scene.fixed_mask.sum())
    assert [report.points for report in run(scene, samples=123).levels] == [123] * 3
    assert [report.points for report in run(scene, samples=[100, 200, np.int64(300)]).levels] == [100, 200, 300]
    levels = run(scene, samples=None, percentage=0.25, shrink_factors=[1], smoothing_sigmas=[0]).levels
    assert [report.points for report in levels] == [round(0.25 * inside)]
    every = run(scene, samples=None, sampling="none", levels=1)
    assert len(every.points) == inside == every.levels[0].mask_voxels
    np.testing.assert_allclose(every.points, scene.mask_points(), atol=1e-5)


def test_seed() -> None:
    scene = make_scene(2)
    one, again, other = run(scene, seed=1), run(scene, seed=1), run(scene, seed=2)
    np.testing.assert_array_equal(one.points, again.points)
    assert one.transform == again.transform
    assert not np.array_equal(one.points, other.points)


def test_points_and_weights() -> None:
    scene = make_scene(2)
    points = scene.mask_points()[::7]
    result = run(scene, samples=None, points=points.tolist())
    np.testing.assert_allclose(result.points, points, atol=1e-5)
    weights = np.zeros(scene.fixed_mask.shape)
    weights[20:30, 25:40] = 2.0
    drawn = run(scene, weights=weights, samples=150, perturb_samples=False).points
    assert len(drawn) == 150
    assert (drawn >= [25, 20]).all()
    assert (drawn <= [39, 29]).all()
    assert scene.error(result.transform) < FOUND


def test_one_way_to_write_many_names() -> None:
    scene = make_scene(2)
    result = run(scene, transform="Rigid", metric="mse", interpolator="B_Spline", sampling="Regular")
    settings = result.settings[0]
    assert settings["transform"] == "rigid"
    assert settings["metric"] == "mean-squares"
    assert settings["interpolator"] == "b-spline"
    assert settings["sampling"] == "regular"
    assert run(scene, transform="BSpline", levels=1, iterations=1).settings[0]["transform"] == "b-spline"


def test_settings_are_complete_and_can_be_given_again() -> None:
    scene = make_scene(2, angle=0.05)
    stages = ["translation", {"transform": "rigid", "samples": 700, "iterations": [5, 6, 7]}, "b-spline"]
    result = register(scene.fixed, scene.moving, scene.fixed_mask, transform=stages, percentage=0.5, initial="geometry")
    settings = result.settings
    assert [stage["transform"] for stage in settings] == ["translation", "rigid", "b-spline"]
    assert [stage["samples"] for stage in settings] == [(0, 0, 0), (700, 700, 700), (0, 0, 0)]
    assert [stage["percentage"] for stage in settings] == [(0.5,), (1.0,), (0.5,)]
    assert settings[1]["iterations"] == (5, 6, 7)
    assert settings[0]["initialization"] == "geometry"
    assert settings[0]["shrink_factors"] == (4, 2, 1)
    settings[0]["metric"] = "changed"
    assert result.settings[0]["metric"] == "mutual-information", "they are a copy"
    again = register(scene.fixed, scene.moving, scene.fixed_mask, transform=result.settings)
    assert again.transform == result.transform
    assert again.settings == result.settings


def test_levels() -> None:
    scene = make_scene(2)
    for given in ({"levels": 2}, {"shrink_factors": [2, 1]}, {"smoothing_sigmas": np.array([1.0, 0.0])}):
        settings = run(scene, **given).settings[0]
        assert settings["shrink_factors"] == (2, 1)
        assert settings["smoothing_sigmas"] == (1.0, 0.0)
    assert run(scene, levels=4).settings[0]["shrink_factors"] == (8, 4, 2, 1)
    settings = run(scene, smoothing_sigmas=1, iterations=3).settings[0]
    assert settings["smoothing_sigmas"] == (1.0, 1.0, 1.0)
    settings = run(scene, transform="b-spline", levels=2, samples=None, iterations=2).settings[0]
    usual = default_settings("b-spline")["samples"]
    assert isinstance(usual, tuple)
    assert settings["samples"] == usual[1:]
    assert settings["grid_scale_factors"] == (1, 2)
    assert len(run(scene, shrink_factors=1).levels) == 1
    stages = ["translation", {"transform": "rigid", "shrink_factors": [1]}, {"transform": "affine", "levels": 2}]
    for general in ({"levels": 3}, {"shrink_factors": [3, 2, 1]}):
        levels = run(scene, transform=stages, iterations=1, **general).levels
        assert [report.level for report in levels] == [0, 1, 2, 0, 0, 1]


# Where it starts


@pytest.mark.parametrize("kind", ["transform", "SimpleITK", "itk", "matrix", "path", "path of a string"])
def test_initial_transform(kind: str, tmp_path: Path) -> None:
    scene = make_scene(2, angle=0.3, shift=(9.0, -7.0))
    matrix = np.eye(3)
    matrix[:2, :2], matrix[:2, 2] = scene.matrix, scene.offset + 0.5
    start = Transform.from_matrix(matrix)
    start.write(tmp_path / "start.tfm")
    makers: dict[str, Callable[[], Any]] = {
        "transform": lambda: start,
        "SimpleITK": start.to_simpleitk,
        "itk": start.to_itk,
        "matrix": lambda: matrix,
        "path": lambda: tmp_path / "start.tfm",
        "path of a string": lambda: str(tmp_path / "start.tfm"),
    }
    given = makers[kind]()
    result = run(scene, initial=given)
    assert scene.error(result.transform) < FOUND
    assert result.initial is not None
    np.testing.assert_allclose(result.initial.matrix(), matrix, rtol=1e-12)
    # It is applied after what was optimised, which is the last part.
    assert [part[0].split("_")[0] for part in result.transform.parts] == ["AffineTransform", "Euler2DTransform"]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("initial", ["geometry", "moments", "Moments"])
def test_initialization(initial: str) -> None:
    scene = make_scene(2)
    away = np.array([300.0, -200.0])
    moving = Image(scene.moving.pixels, origin=away)
    with pytest.raises(RuntimeError, match="moving image"):
        register(scene.fixed, moving, metric="mean-squares")
    result = register(scene.fixed, moving, metric="mean-squares", initial=initial)
    points = scene.mask_points()
    np.testing.assert_allclose(result.transform(points), scene.truth(points) + away, atol=4 * FOUND)


def test_transform_to_start_from() -> None:
    scene = make_scene(2, angle=0.3, shift=(2.0, 1.0))
    start = run(make_scene(2, angle=0.27), transform="rigid").transform
    result = run(scene, transform=start)
    assert scene.error(result.transform) < FOUND
    assert result.transform != start
    assert run(scene, transform=start.to_simpleitk()).transform == result.transform
    assert run(scene, transform=start.to_itk()).transform == result.transform
    assert [part[0] for part in result.transform.parts] == [part[0] for part in start.parts]
    assert result.settings[0]["transform"] == start
    only_last = run(scene, transform=[start, {"transform": "affine", "iterations": 1}])
    assert len(only_last.transform.parts) == 2


def test_stages_go_on_where_the_one_before_ended() -> None:
    scene = make_scene(2, angle=0.05, scale=1.05)
    result = run(scene, transform=["translation", "rigid", "affine"], learning_rate=0.5)
    assert scene.error(result.transform) < FOUND
    stages = sorted({report.stage for report in result.levels})
    assert stages == [0, 1, 2]
    assert [report.transform for report in result.levels[::3]] == ["translation", "rigid", "affine"]
    assert set(result.course["stage"]) == {0, 1, 2}
    # Parts are in the order of a composite transform: the last stage is applied to a point first.
    names = [part[0].split("_")[0] for part in result.transform.parts]
    assert names == ["TranslationTransform", "Euler2DTransform", "AffineTransform"]


# Progress, and how it ends


def test_callback() -> None:
    seen: list[Progress] = []
    result = run(make_scene(2), transform=["translation", "rigid"], callback=seen.append)
    assert len(seen) == len(result.course)
    assert [(one.stage, one.level, one.iteration) for one in seen] == result.course[
        ["stage", "level", "iteration"]
    ].tolist()
    np.testing.assert_array_equal([one.value for one in seen], result.course["value"])
    assert {(one.stages, one.levels, one.valid_points) for one in seen} == {(2, 3, 1500)}
    assert seen[0].learning_rate > 0


@pytest.mark.parametrize("transform", ["rigid", "b-spline", "syn"])
def test_callback_ends_it(transform: str) -> None:
    scene = make_scene(2, angle=0.02)
    calls = []

    def stop_at_third(progress: Progress) -> bool:
        calls.append(progress)
        return len(calls) < 3

    # ITK cannot optimise an affine transform before a B-spline.
    transforms = [transform, "syn" if transform == "b-spline" else "affine"]
    settings: dict[str, Any] = {} if "syn" not in transforms else {"samples": None, "metric": None}
    result = run(scene, transform=transforms, callback=stop_at_third, **settings)
    assert len(calls) == 3
    assert sum(report.iterations for report in result.levels) == len(result.course) == 3
    assert len(result.transform.parts) == 1
    assert "callback" in result.stop_condition
    # It keeps what it has, which is better than nothing.
    points = scene.mask_points()
    apart = np.linalg.norm(result.transform(points) - scene.truth(points), axis=1).mean()
    assert apart < np.linalg.norm(points - scene.truth(points), axis=1).mean()


def test_what_a_callback_raises_comes_out() -> None:
    scene = make_scene(2)

    class Enough(Exception):
        pass

    def raise_it(progress: Progress) -> None:
        raise Enough(progress.level)

    for error in (Enough, KeyboardInterrupt):
        with pytest.raises(error):
            run(scene, callback=raise_it if error is Enough else (lambda _: (_ for _ in ()).throw(KeyboardInterrupt)))
    assert scene.error(run(scene).transform) < FOUND


def test_progress_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    run(make_scene(2))
    assert capsys.readouterr().err == ""
    run(make_scene(2), transform=["rigid", "affine"], progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "stage 0 of 0..1, level 0 of 0..2, iteration 0, metric" in err


@pytest.mark.parametrize("stop", [False, np.False_])
def test_a_callback_that_returns_false_ends_it(stop: object) -> None:
    calls = []

    def call(progress: Progress) -> object:
        calls.append(progress)
        return stop

    result = run(make_scene(2), callback=call)
    assert len(calls) == 1
    assert result.stop_condition == "The callback returned False."


def test_a_handler_of_signals_that_does_not_raise() -> None:
    """As that of asyncio: the registration goes on to its end."""
    scene = make_scene(2)
    before = run(scene)
    received: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, frame: received.append(number))
    try:
        result = run(scene, callback=lambda progress: signal.raise_signal(signal.SIGINT))
    finally:
        signal.signal(signal.SIGINT, handler)
    assert len(received) == len(result.course)
    assert result.transform == before.transform


def test_warnings_are_of_the_line_that_calls() -> None:
    scene = make_scene(2)
    weights = np.ones(scene.fixed_mask.shape)
    with pytest.warns(RuntimeWarning) as record:
        register(scene.fixed, scene.moving, scene.fixed_mask, weights=weights, sampling="none")
    assert {warning.filename for warning in record} == {__file__}


def test_keyboard_interrupt() -> None:
    """Real signals at different moments: they come out at once, and the process is sound afterwards."""
    out = run_python("""
        import os, signal, threading, time
        import numpy as np
        from register_scene import make_scene
        from itk_maskedsampling import register

        scene = make_scene(3, angle=0.05)
        fixed, moving, mask = scene.fixed, scene.moving, scene.fixed_mask
        before = register(fixed, moving, mask).transform

        def interrupt():
            os.kill(os.getpid(), signal.SIGINT)

        endless = dict(iterations=10**7, minimum_step_length=0, relaxation_factor=0.999999,
                       gradient_magnitude_tolerance=0, convergence_minimum_value=0, levels=1)
        for delay in (0.02, 0.1, 0.15, 0.2, 0.3):
            for transform in ("rigid", "b-spline"):
                for callback in (None, lambda progress: None):
                    threading.Timer(delay, interrupt).start()
                    options = endless if transform == "rigid" else dict(iterations=10**7, solution_accuracy=1e-300,
                        delta_convergence_tolerance=0)
                    try:
                        register(fixed, moving, mask, transform=transform, callback=callback, **options)
                        time.sleep(1)
                    except KeyboardInterrupt:
                        print("interrupted")
        assert register(fixed, moving, mask).transform == before
        print("sound")
    """)
    *lines, last = out.splitlines()
    assert last == "sound"
    assert len(lines) == 20


def test_threads_do_not_disturb_each_other() -> None:
    scenes = [make_scene(2, angle=angle) for angle in (0.01, 0.02, 0.03, 0.04)]
    alone = [run(scene).transform for scene in scenes]
    with ThreadPoolExecutor(4) as pool:
        assert [result.transform for result in pool.map(run, scenes)] == alone


# Cost of the import


def test_import_is_cheap() -> None:
    modules = run_python("""
        import sys
        import itk_maskedsampling
        assert "register" in dir(itk_maskedsampling)
        print(*sys.modules)
    """).split()
    heavy = {"itk", "SimpleITK", "numpy", "matplotlib", "nibabel", "xarray", "ctypes", "importlib.metadata"}
    assert heavy.isdisjoint(modules)
    assert "itk_maskedsampling" in modules


def test_numpy_images_need_numpy_alone() -> None:
    modules = run_python("""
        import sys
        from register_scene import make_scene
        from itk_maskedsampling import register
        scene = make_scene(2)
        result = register(scene.fixed.pixels, scene.moving.pixels, scene.fixed_mask)
        result.resample()
        repr(result), result._repr_html_()
        print(*sys.modules)
    """).split()
    assert {"itk", "SimpleITK", "matplotlib", "nibabel", "xarray", "pandas"}.isdisjoint(modules)


def test_the_package_offers_what_it_lists() -> None:
    import itk_maskedsampling as package  # noqa: PLC0415

    for name in package.__all__:
        assert getattr(package, name) is not None
        assert name in dir(package)
    assert package.__version__ == package.version()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        package.nothing  # noqa: B018
