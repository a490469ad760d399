# SPDX-License-Identifier: Apache-2.0
"""Pictures of sample points, checkerboards and differences show what they say."""

import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Image, Registration, Transform, plot, register, sample
from itk_maskedsampling._images.geometry import index_to_point
from itk_maskedsampling._pictures.slices import orient
from matplotlib.figure import Figure
from plot_scene import DIRECTIONS, SHAPE, SPACING, border, dots, make_plane, make_ramp, shown, to_index
from register_scene import Scene, make_scene

SIDES = ((0, 1), (0, 2), (1, 2))


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(2, angle=0.08, shift=(4.0, -2.0), tilted=True)


@pytest.fixture(scope="module")
def result(scene: Scene) -> Registration:
    return register(scene.fixed, scene.moving, scene.fixed_mask, metric="mean-squares", samples=500)


def move(*shift: float) -> Transform:
    matrix = np.eye(len(shift) + 1)
    matrix[:-1, -1] = shift
    return Transform.from_matrix(matrix)


# Samples


@pytest.mark.parametrize("kind", DIRECTIONS)
@pytest.mark.parametrize("thickness", [None, 4.0])
def test_dots_are_the_points_in_the_slice(kind: str, thickness: float | None) -> None:
    image = make_ramp(kind)
    random = np.random.default_rng(1)
    index = random.uniform([3, 2, 1], [25, 16, 9], (3000, 3))
    points = index_to_point(image.geometry, index).astype(np.float32)
    figure = plot.samples(points, image, thickness=thickness)
    middle = (points.min(axis=0) + points.max(axis=0)) / 2
    layer = np.rint(to_index(image, middle))
    assert len(figure.axes) == 3
    for axes, sides in zip(figure.axes, SIDES, strict=True):
        # The axis of the image that is next to the one across the slice.
        axis = int(np.argmax(np.abs(image.direction[3 - sum(sides)])))
        distance = np.abs(to_index(image, points)[:, axis] - layer[axis]) * SPACING[axis]
        near = distance <= (SPACING[axis] if thickness is None else thickness) / 2
        assert 50 < near.sum() < 2500
        coordinates = to_index(image, points) * SPACING if kind == "oblique" else points
        np.testing.assert_allclose(dots(axes), coordinates[near][:, sides], atol=1e-4)
        assert f"{near.sum()} of 3000 samples" in axes.get_title()


def test_points_of_a_plane_are_all_shown(result: Registration, scene: Scene) -> None:
    (axes,) = plot.samples(result).axes
    turned = orient(scene.fixed.geometry)
    np.testing.assert_allclose(
        dots(axes), (result.points - turned.origin) @ np.reshape(turned.direction, (2, 2)), atol=1e-3
    )
    assert axes.get_title() == "500 samples"
    assert border(axes) is not None
    values, _, _ = shown(axes)
    assert values.std() > 10


def test_where_samples_come_from(result: Registration, scene: Scene) -> None:
    (axes,) = plot.samples(result, scene.fixed).axes
    assert border(axes) is None, "the mask is that of other images"
    (other,) = plot.samples(result, scene.fixed, scene.fixed_mask).axes
    (own,) = plot.samples(result).axes
    np.testing.assert_array_equal(border(other), border(own))
    np.testing.assert_array_equal(dots(other), dots(own))
    assert border(plot.samples(result, border=False).axes[0]) is None
    assert border(plot.samples(result, scene.fixed, scene.fixed_mask, border=False, margin=2.0).axes[0]) is None
    drawn = sample(scene.fixed, scene.fixed_mask, samples=123)
    (blank,) = plot.samples(drawn).axes
    assert len(dots(blank)) == 123
    assert np.isnan(shown(blank)[0]).all(), "there is no image"
    np.testing.assert_array_equal(
        dots(plot.samples(drawn, scene.fixed).axes[0]), dots(plot.samples(drawn.points, scene.fixed).axes[0])
    )


def test_no_samples() -> None:
    """Where every voxel counts, a registration without a mask has no points."""
    image = make_plane([1.0, 2.0])
    result = register(image, image, metric="mean-squares", sampling="none", iterations=1, levels=1)
    assert len(result.points) == 0
    (axes,) = plot.samples(result).axes
    assert len(dots(axes)) == 0
    assert axes.get_title() == "0 samples"
    assert len(plot.checkerboard(result).axes) == 2


def test_at_and_across() -> None:
    image = make_ramp("flipped")
    place = index_to_point(image.geometry, [[4.2, 9.9, 7.4]])[0]
    point = index_to_point(image.geometry, [[4, 10, 7]])[0]
    for name, axis in (("x", 0), ("y", 1), ("z", 2)):
        (axes,) = plot.samples(place[np.newaxis], image, at=place, across=name).axes
        assert axes.get_title() == f"{name} = {point[axis]:g} mm\n1 of 1 samples"
    mask = np.ones(SHAPE, np.uint8)
    (axes,) = plot.samples(place[np.newaxis], image, mask, across="z").axes
    assert axes.get_title() == f"z = {point[2]:g} mm\n1 of 1 samples", "through the points, not the middle of the mask"
    titles = [axes.get_title() for axes in plot.checkerboard(np.eye(4), image, image, at=place).axes]
    assert titles == [
        f"{when}, {name} = {point[axis]:g} mm"
        for when in ("before", "after")
        for name, axis in (("z", 2), ("y", 1), ("x", 0))
    ]


@pytest.mark.parametrize(
    ("image", "unit"),
    [(np.eye(9), "pixels"), (np.ones((4, 4, 4)), "voxels"), (Image(np.eye(9), (2, 2)), "mm")],
)
def test_unit(image: Any, unit: str) -> None:
    points = np.zeros((1, image.ndim if isinstance(image, np.ndarray) else 2))
    assert plot.samples(points, image).axes[0].get_xlabel() == f"x, {unit}"
    assert plot.samples(points, image, unit="µm").axes[0].get_ylabel() == "y, µm"


# Before and after


def tiles(axes: Any, image: Image, squares: int = 8) -> Any:
    """Which pixels of a panel are of the fixed image: squares of an eighth of the longest side."""
    _, across, down = shown(axes)
    low = np.array(image.origin) - np.array(image.spacing) / 2
    edge = (np.array(image.pixels.shape[::-1]) * image.spacing).max() / squares
    return ((across - low[0]) // edge + ((down - low[1]) // edge)[:, np.newaxis]) % 2 == 0


@pytest.mark.parametrize("squares", [3, 8])
def test_squares_are_of_both_images_in_turn(squares: int) -> None:
    """The fixed image rises with x, and the moving one with y: so do their squares, to a shift of y after."""
    fixed, moving = make_plane([1.0, 0.0]), make_plane([0.0, 1.0])
    before, after = plot.checkerboard(move(0.0, 5.0), fixed, moving, squares=squares).axes
    lines = []
    for axes in (before, after):
        values, across, down = shown(axes)
        first = tiles(axes, fixed, squares)
        x, y = np.meshgrid(across, down)
        inside = (slice(4, -40), slice(4, -4))
        of_fixed = np.polyfit(x[inside][first[inside]], values[inside][first[inside]], 1, full=True)
        of_moving = np.polyfit(y[inside][~first[inside]], values[inside][~first[inside]], 1, full=True)
        for _, residual, *_ in (of_fixed, of_moving):
            assert residual < 1e-6
        lines.append((of_fixed[0], of_moving[0]))
        assert axes.images[0].get_clim() == (0, 1)
    (fixed_before, moving_before), (fixed_after, moving_after) = lines
    np.testing.assert_allclose(fixed_before, fixed_after, rtol=1e-6)
    np.testing.assert_allclose(moving_before[0], moving_after[0], rtol=1e-6)
    assert moving_after[1] - moving_before[1] == pytest.approx(5 * moving_before[0], rel=1e-4)
    assert min(fixed_before[0], moving_before[0]) > 0


def test_difference_is_fixed_minus_moving() -> None:
    fixed, moving = make_plane([3.0, 0.0]), make_plane([0.0, 1.0])
    figure = plot.difference(move(2.0, -7.0), fixed, moving)
    before, after = figure.axes[:2]
    for axes, shift in ((before, 0.0), (after, -7.0)):
        values, across, down = shown(axes)
        x, y = np.meshgrid(across, down)
        expected = 3 * x - (y + shift)
        inner = (slice(44, -44), slice(4, -20))
        np.testing.assert_allclose(values[inner], expected[inner], rtol=1e-4, atol=1e-3)
        # Nothing where the point goes beyond the moving image, which ends half a voxel after its last one.
        mapped = to_index(moving, np.stack([x.ravel() + 2 * (shift != 0), y.ravel() + shift], -1)).reshape(*x.shape, 2)
        beyond = ((mapped < -0.5) | (mapped > np.array([59.5, 39.5]))).any(axis=-1)
        np.testing.assert_array_equal(np.isnan(values), beyond)
        assert beyond.any() == (shift != 0)
    limits = {axes.images[0].get_clim() for axes in (before, after)}
    ((low, high),) = limits
    assert low == -high
    sizes = np.abs(np.concatenate([shown(axes)[0].ravel() for axes in (before, after)]))
    assert 0.98 <= np.mean(sizes[np.isfinite(sizes)] <= high) < 1
    assert "beyond the moving image" in figure.legends[0].get_texts()[0].get_text()


def means(figure: Figure) -> list[float]:
    titles = (axes.get_title() for axes in figure.axes)
    return [float(found[1]) for title in titles if (found := re.search(r"mean (\S+)$", title))]


@pytest.mark.parametrize("dimension", [2, 3])
def test_difference_gets_smaller(dimension: int) -> None:
    scene = make_scene(dimension, angle=0.06, shift=(4.0, -2.0, 1.5), tilted=True)
    result = register(scene.fixed, scene.moving, scene.fixed_mask, metric="mean-squares", samples=800)
    assert scene.error(result.transform) < 0.1
    figure = plot.difference(result)
    found = means(figure)
    half = len(found) // 2
    assert half == 1, "of the whole mask, and so once for all slices"
    assert len(figure.axes) == {2: 3, 3: 7}[dimension]
    assert max(found[half:]) < 0.1 * min(found[:half])


def test_equal_images_have_a_scale(scene: Scene) -> None:
    figure = plot.difference(np.eye(3), scene.fixed, scene.fixed)
    assert means(figure) == [0, 0]
    low, high = figure.axes[0].images[0].get_clim()
    assert low < 0 < high


@pytest.mark.parametrize("options", [{"initial": move(3.0, 1.0)}, {"transform": move(3.0, 1.0)}])
def test_before_is_where_the_registration_started(options: dict[str, Any]) -> None:
    """Where it does not go on from there, before is after, and both are the image moved by hand."""
    fixed, moving = make_plane([1.0, 3.0]), make_plane([2.0, 1.0])
    result = register(fixed, moving, metric="mean-squares", iterations=0, levels=1, **options)
    for draw in (plot.checkerboard, plot.difference):
        before, after = draw(result).axes[:2]
        np.testing.assert_allclose(shown(before)[0], shown(after)[0], atol=1e-5)
    unmoved, by_hand = plot.difference(move(3.0, 1.0), fixed, moving).axes[:2]
    np.testing.assert_allclose(shown(before)[0], shown(by_hand)[0], atol=1e-4)
    assert np.nanmax(np.abs(shown(before)[0] - shown(unmoved)[0])) > 1


def test_both_that_were_given_to_start_from() -> None:
    """The initial transform comes after the one that is optimised: a turn after a shift is not a shift after a turn."""
    fixed, moving = make_plane([1.0, 3.0]), make_plane([2.0, 1.0])
    turn, shift = Transform.from_matrix(np.array([[0, -1, 60.0], [1, 0, 0], [0, 0, 1]])), move(6.0, 2.0)
    result = register(fixed, moving, transform=shift, initial=turn, metric="mean-squares", iterations=0, levels=1)
    before, after = plot.difference(result).axes[:2]
    np.testing.assert_allclose(shown(before)[0], shown(after)[0], atol=1e-4)
    _, by_hand = plot.difference(turn @ shift, fixed, moving).axes[:2]
    np.testing.assert_allclose(shown(before)[0], shown(by_hand)[0], atol=1e-4)


def test_not_finite_pixels(scene: Scene) -> None:
    pixels = scene.fixed.pixels.copy()
    pixels[:8] = np.nan
    fixed = Image(pixels, scene.fixed.spacing, scene.fixed.origin, scene.fixed.direction)
    result = register(fixed, scene.moving, scene.fixed_mask, metric="mean-squares", iterations=2)
    for figure in (plot.samples(result), plot.checkerboard(result), plot.difference(result)):
        values = shown(figure.axes[0])[0]
        assert 0.04 < np.isnan(values).mean() < 0.9
        assert np.isfinite(figure.axes[0].images[0].get_clim()).all()
        figure.canvas.draw()


# From whatever there is


def test_pickled_results_need_images(result: Registration, scene: Scene) -> None:
    again = pickle.loads(pickle.dumps(result))
    for draw, way_out in (
        (plot.samples, r"plot\.samples\(result, image\)"),
        (plot.checkerboard, r"plot\.checkerboard\(result, fixed, moving\)"),
        (plot.difference, r"plot\.difference\(result, fixed, moving\)"),
    ):
        with pytest.raises(ValueError, match=f"not pickled with it; give them: {way_out}"):
            draw(again)
    for draw in (plot.checkerboard, plot.difference):
        figures = draw(again, scene.fixed, scene.moving, scene.fixed_mask), draw(result)
        for one, other in zip(*(figure.axes[:2] for figure in figures), strict=True):
            np.testing.assert_array_equal(shown(one)[0], shown(other)[0])
            np.testing.assert_array_equal(border(one), border(other))
        assert border(draw(again, scene.fixed, scene.moving).axes[0]) is None
    assert len(dots(plot.samples(again, scene.fixed).axes[0])) == 500


def test_images_and_transforms_of_other_libraries(scene: Scene, tmp_path: Any) -> None:
    images = []
    for image in (scene.fixed, scene.moving):
        other = sitk.GetImageFromArray(image.pixels)
        other.SetSpacing(image.spacing)
        other.SetOrigin(image.origin)
        other.SetDirection(image.direction.ravel())
        images.append(other)
    motion = move(2.0, 1.0)
    motion.write(tmp_path / "motion.tfm")
    expected = [shown(axes)[0] for axes in plot.difference(motion, scene.fixed, scene.moving).axes[:2]]
    for transform in (motion.to_simpleitk(), tmp_path / "motion.tfm", motion.matrix()):
        found = [shown(axes)[0] for axes in plot.difference(transform, *images).axes[:2]]
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_panels_of_the_user(result: Registration) -> None:
    figure = Figure()
    panels = figure.subplots(2, 2)
    assert plot.checkerboard(result, axes=panels[0]) is figure
    assert plot.samples(result, axes=panels[1, 0]) is figure
    assert [len(axes.images) for axes in figure.axes] == [1, 1, 1, 0]
    assert figure.get_suptitle() == ""
    for axes, error, words in (
        (panels[0, 0], ValueError, "axes: 2 of them are needed, one for each panel, not 1"),
        (panels, ValueError, "axes: 2 of them are needed, one for each panel, not 4"),
        (figure, TypeError, "axes: 2 panels of matplotlib, not an object of type matplotlib.figure.Figure"),
    ):
        with pytest.raises(error, match=words):
            plot.difference(result, axes=axes)


def test_figures_show_themselves_and_can_be_saved(result: Registration, tmp_path: Any) -> None:
    figure = plot.samples(result)
    assert isinstance(figure, Figure)
    assert figure._repr_png_().startswith(b"\x89PNG\r\n")  # type: ignore[attr-defined]
    figure.savefig(tmp_path / "a.svg")
    again = pickle.loads(pickle.dumps(figure))
    np.testing.assert_array_equal(dots(again.axes[0]), dots(figure.axes[0]))


def run(code: str, folder: Path | None = None) -> str:
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=folder)
    return done.stdout


def test_pyplot_is_left_alone() -> None:
    out = run(
        "import sys, numpy as np\n"
        "from itk_maskedsampling import plot, register\n"
        "print('matplotlib' in sys.modules)\n"
        "image = np.eye(20)\n"
        "result = register(image, image, iterations=3, levels=1)\n"
        "for draw in (plot.samples, plot.checkerboard, plot.difference, plot.course): draw(result)._repr_png_()\n"
        "print('matplotlib' in sys.modules, 'matplotlib.pyplot' in sys.modules, 'itk' in sys.modules)\n"
    )
    assert out.split() == ["False", "True", "False", "False"]


def test_pyplot_shows_figures_where_it_is_loaded(tmp_path: Path) -> None:
    """But not in a notebook, which would show them twice; and not those of a report, which nobody has."""
    out = run(
        "import numpy as np, matplotlib\n"
        "matplotlib.use('agg')\n"
        "import matplotlib.pyplot as plt\n"
        "from itk_maskedsampling import plot, register, write_report\n"
        "image = np.eye(20)\n"
        "result = register(image, image, iterations=3, levels=1)\n"
        "figures = [plot.samples(result), plot.course(result)]\n"
        "print([plt.figure(number) is figure for number, figure in zip(plt.get_fignums(), figures, strict=True)])\n"
        "write_report(result, 'report.html')\n"
        "print(len(plt.get_fignums()))\n"
        "plt.close('all')\n"
        "matplotlib.get_backend = plot.figure.get_backend = lambda: 'module://matplotlib_inline.backend_inline'\n"
        "plot.samples(result)\n"
        "print(plt.get_fignums())\n",
        tmp_path,
    )
    assert out.splitlines() == ["[True, True]", "2", "[]"]


def test_panels_can_be_given_as_ax(result: Registration) -> None:
    panel = Figure().subplots()
    assert plot.samples(result, ax=panel) is panel.figure
    assert plot.course(result, ax=panel) is panel.figure
    pair = Figure().subplots(1, 2)
    assert plot.difference(result, ax=pair) is plot.checkerboard(result, ax=pair) is pair[0].figure
    with pytest.raises(TypeError, match="axes, ax: two names for the same"):
        plot.samples(result, axes=panel, ax=panel)


def test_without_matplotlib() -> None:
    out = run(
        "import sys, numpy as np\n"
        "sys.modules['matplotlib'] = None\n"
        "from itk_maskedsampling import plot\n"
        "one, e = np.zeros((1, 2)), np.eye(3)\n"
        "calls = (plot.samples, one, e), (plot.difference, e, e, e), (plot.checkerboard, e, e, e)\n"
        "for draw, *arguments in calls:\n"
        "    try: draw(*arguments)\n"
        "    except ImportError as error: print(error)\n"
    )
    assert out.count('pip install "itk-maskedsampling[plot]"') == 3


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda r, s: plot.samples(np.zeros((2, 2))), TypeError, "image: one is needed with points"),
        (lambda r, s: plot.samples(np.zeros((2, 3)), s.fixed), ValueError, r"result: .*shape \(n, 2\)"),
        (lambda r, s: plot.samples([[0, np.nan]], s.fixed), ValueError, "result: finite numbers"),
        (
            lambda r, s: plot.samples(r, np.zeros((3, 4, 5))),
            ValueError,
            "image: 2 dimensions are needed, as the points have, not 3",
        ),
        (lambda r, s: plot.samples(r, "nothing.nii"), FileNotFoundError, "image: there is no file"),
        (lambda r, s: plot.samples(r, s.fixed, np.zeros((60, 70))), ValueError, "mask: no voxel is inside"),
        (lambda r, s: plot.samples(r, thickness=0), ValueError, "thickness: 0, but a length greater than 0"),
        (lambda r, s: plot.samples(r, thickness=s), TypeError, "thickness: a length is needed, not an object"),
        (lambda r, s: plot.samples(r, margin=-1), ValueError, "margin: -1, but a length of at least 0"),
        (lambda r, s: plot.samples(r, margin=np.nan), ValueError, "margin: nan"),
        (lambda r, s: plot.samples(r, at=(0, 0)), ValueError, r"at: \(0, 0\) is outside the image, which is from"),
        (lambda r, s: plot.samples(r, at=(0, 0, 0)), ValueError, "at: a point of 2 coordinates"),
        (lambda r, s: plot.samples(r, across="z"), ValueError, "across: 'z', but an image of 2 dimensions"),
        (lambda r, s: plot.samples(np.zeros((1, 3)), np.ones(SHAPE), across="w"), ValueError, "across: 'w' is none of"),
        (lambda r, s: plot.checkerboard(r, s.fixed), ValueError, "moving: give both images, or none"),
        (lambda r, s: plot.checkerboard(r.transform), TypeError, r"with a transform, give the images: plot\.checkerb"),
        (lambda r, s: plot.checkerboard(3, s.fixed, s.moving), TypeError, "result: a Transform, .* not int 3"),
        (lambda r, s: plot.checkerboard(r, squares=0), ValueError, "squares: 0, but at least 1"),
        (lambda r, s: plot.checkerboard(r, squares=True), TypeError, "squares: an integer is needed, not bool"),
        (lambda r, s: plot.difference(np.eye(4), s.fixed, s.moving), ValueError, "fixed: 3 dimensions are needed"),
        (lambda r, s: plot.difference(r, s.fixed, np.ones(SHAPE)), ValueError, "moving: 2 dimensions are needed"),
        (
            lambda r, s: plot.difference(np.eye(3), s.fixed, s.moving, margin=1.0),
            ValueError,
            "margin: there is neither",
        ),
    ],
)
def test_bad_input(result: Registration, scene: Scene, call: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call(result, scene)
