# SPDX-License-Identifier: Apache-2.0
"""How far a result can be trusted: what the numbers mean, what they must not depend on, and what is told of whom."""

import copy
import pickle
import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from itk_maskedsampling import CoreError, Image, Registration, Transform, Uncertainty, register
from register_scene import Scene, make_scene

Floats = npt.NDArray[np.float64]

Y, X = np.mgrid[0:120, 0:140].astype(np.float64)
MIDDLE = np.array([70.0, 60.0])
DISC = np.hypot(X - MIDDLE[0], Y - MIDDLE[1]) < 40
TRANSFORMS = ("translation", "rigid", "similarity", "affine")
METRICS = ("mutual-information", "mean-squares", "correlation")


def make_noisy(dimension: int, deviation: float = 5.0, **options: Any) -> Scene:
    """A scene with noise of its own in each image; the texture has a deviation of some 40."""
    scene = make_scene(dimension, np.float64, **options)
    random = np.random.default_rng(3)
    for image in (scene.fixed, scene.moving):
        image.pixels[:] += random.normal(0, deviation, image.pixels.shape)
    return scene


def run(scene: Scene, **options: Any) -> Registration:
    return register(scene.fixed, scene.moving, scene.fixed_mask, **options)


def known(result: Registration) -> Uncertainty:
    assert result.uncertainty is not None
    return result.uncertainty


def covariance_of(result: Registration) -> Floats:
    covariance = known(result).covariance
    assert covariance is not None
    return covariance


# What the numbers mean


def systematic(fixed: Image) -> float:
    """What every bar of a linear transform has, if it does not stretch."""
    return 0.07 * min(fixed.spacing)


def move(name: str, fixed: Floats, parameters: Floats, points: Floats) -> Floats:
    """Where a translation, or a turn of the plane about a centre and a shift, takes points."""
    if name.startswith("Translation"):
        return points + parameters
    angle, shift = parameters[0], parameters[1:]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved: Floats = (points - fixed) @ turn.T + fixed + shift
    return moved


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(("transform", "dimension"), [("translation", 2), ("translation", 3), ("rigid", 2)])
def test_at_is_how_far_points_scatter(transform: str, dimension: int, metric: str) -> None:
    """With the parameters, drawn from the covariance: twice as many draws, half as wide as the tolerance needs. And a
    shift that is systematic.
    """
    scene = make_scene(dimension, tilted=True)
    result = run(scene, transform=transform, metric=metric)
    ((name, fixed, parameters),) = result.transform.parts
    random = np.random.default_rng(1)
    draws = random.multivariate_normal(parameters, covariance_of(result), 40_000)
    points = scene.mask_points()
    points = np.concatenate([random.choice(points, 5), points.mean(axis=0) + random.normal(0, 200, (5, dimension))])
    np.testing.assert_allclose(move(name, fixed, parameters, points), result.transform.apply(points))
    for point, error in zip(points, known(result).at(points), strict=True):
        moved = np.array([move(name, fixed, draw, point) for draw in draws])
        assert error == pytest.approx(np.hypot(np.sqrt(moved.var(axis=0).sum()), systematic(scene.fixed)), rel=0.02)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_standard_error_is_the_mean_over_the_mask(transform: str) -> None:
    """Over some of its voxels, whose mean differs by as much as at() does over the mask, divided by their root."""
    scene = make_scene(3, tilted=True)
    uncertainty = known(run(scene, transform=transform))
    errors = uncertainty.at(scene.mask_points())
    assert uncertainty.standard_error == pytest.approx(np.sqrt(np.mean(errors**2)), rel=0.03)
    assert uncertainty.status == "determined"
    assert uncertainty.is_determined
    assert uncertainty.reason == ""
    assert uncertainty.alternatives == ()
    assert uncertainty.seconds > 0


@pytest.mark.parametrize("dimension", [2, 3])
def test_at_takes_one_point_or_many(dimension: int) -> None:
    uncertainty = known(run(make_scene(dimension)))
    points = np.random.default_rng(0).uniform(0, 50, (7, dimension))
    errors = uncertainty.at(points)
    assert errors.shape == (7,)
    for point, error in zip(points, errors, strict=True):
        one = uncertainty.at(point)
        assert one.shape == ()
        assert one == pytest.approx(error, rel=1e-12)
    assert uncertainty.at(points.tolist()) == pytest.approx(errors, rel=1e-12)
    with pytest.raises(ValueError, match=r"^points: "):
        uncertainty.at(np.zeros((3, dimension + 1)))


def test_a_turn_is_less_certain_far_from_the_middle() -> None:
    uncertainty = known(run(make_scene(2), transform="rigid"))
    at = [float(uncertainty.at(np.array([35.0 + away, 30.0]))) for away in (0, 100, 200, 1e4, 2e4)]
    assert at == sorted(at)
    assert at[4] == pytest.approx(2 * at[3], rel=0.01)
    everywhere = known(run(make_scene(2), transform="translation")).at(np.array([[0.0, 0.0], [1e4, -1e4]]))
    assert everywhere[0] == pytest.approx(everywhere[1], rel=1e-9)


def test_what_comes_after_it_stretches_it() -> None:
    """An initial transform is applied after the one that is optimised, of which the covariance is."""
    scene = make_scene(2)
    matrix = np.diag([2.0, 3.0, 1.0])
    moving = Image(scene.moving.pixels, (2.0, 3.0))
    result = register(scene.fixed, moving, scene.fixed_mask, initial=matrix, transform="translation")
    covariance = covariance_of(result)
    wanted = np.sqrt(4 * covariance[0, 0] + 9 * covariance[1, 1] + (4 + 9) / 2 * systematic(scene.fixed) ** 2)
    assert known(result).at([1.0, 2.0]) == pytest.approx(wanted, rel=1e-3)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_covariance_is_one(transform: str) -> None:
    result = run(make_scene(3), transform=transform)
    covariance = covariance_of(result)
    size = len(result.transform.parts[0][2])
    assert covariance.shape == (size, size)
    scale = np.sqrt(np.diagonal(covariance))
    assert (scale > 0).all()
    np.testing.assert_allclose(covariance, covariance.T, atol=1e-12 * scale.max() ** 2)
    assert np.linalg.eigvalsh(covariance / np.outer(scale, scale)).min() > -1e-9


@pytest.mark.parametrize("metric", METRICS)
def test_more_samples_scatter_less(metric: str) -> None:
    """With the root of their number; the estimate itself is of one draw, and some twenty per cent off."""
    scene = make_scene(3)
    errors = np.array([known(run(scene, metric=metric, samples=number)).standard_error for number in (500, 4500)])
    few, many = np.sqrt(errors**2 - systematic(scene.fixed) ** 2)
    assert few / many == pytest.approx(3, rel=0.3)


# What must not matter

#: Where other rounding ends a registration some thousandths of a voxel away, the estimate is another one by so much.
#: Its own error, from the twelve groups of samples that it is taken from, is twice as large.
OTHER_END = 0.1


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("shift", [(500.0, -300.0), (-4000.0, 2500.0)])
def test_a_shift_of_space(shift: tuple[float, float], metric: str) -> None:
    """Sample points are of single precision, so that they move by some 1e-4 voxels."""
    scene = make_noisy(2)
    result = run(scene, metric=metric)
    points = scene.mask_points()[::50]
    fixed, moving = (
        Image(image.pixels, image.spacing, np.add(image.origin, shift), image.direction)
        for image in (scene.fixed, scene.moving)
    )
    moved = known(register(fixed, moving, scene.fixed_mask, metric=metric))
    np.testing.assert_allclose(moved.at(points + shift), known(result).at(points), rtol=OTHER_END)
    assert moved.status == known(result).status


@pytest.mark.parametrize("factor", [1e-6, 1e6])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_units_of_intensities(transform: str, metric: str, factor: float) -> None:
    scene = make_noisy(2)
    wanted = known(run(scene, transform=transform, metric=metric))
    fixed, moving = (Image(image.pixels * factor, image.spacing) for image in (scene.fixed, scene.moving))
    found = known(register(fixed, moving, scene.fixed_mask, transform=transform, metric=metric))
    assert found.status == wanted.status
    assert found.standard_error == pytest.approx(wanted.standard_error, rel=OTHER_END)


@pytest.mark.parametrize("length", [1e-3, 1e3])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_units_of_length(transform: str, metric: str, length: float) -> None:
    scene = make_noisy(2)
    wanted = known(run(scene, transform=transform, metric=metric))
    images = [Image(one, (length, length)) for one in (scene.fixed.pixels, scene.moving.pixels, scene.fixed_mask)]
    found = known(register(*images, transform=transform, metric=metric))
    assert found.status == wanted.status
    assert found.standard_error == pytest.approx(wanted.standard_error * length, rel=OTHER_END)
    points = scene.mask_points()[::50]
    np.testing.assert_allclose(found.at(points * length), wanted.at(points) * length, rtol=OTHER_END)


@pytest.mark.filterwarnings("ignore:The samples hardly determine:RuntimeWarning")
@pytest.mark.parametrize("how", ["quick", "thorough"])
@pytest.mark.parametrize("transform", ["translation", "rigid", "affine"])
def test_threads(transform: str, how: str) -> None:
    scene = make_noisy(3, 40.0)
    results = [run(scene, work_units=number, transform=transform, uncertainty=how) for number in (1, 2)]
    assert results[0].transform == results[1].transform, "that would be another result"
    one, two = map(known, results)
    assert (one.status, one.reason, one.standard_error) == (two.status, two.reason, two.standard_error)
    np.testing.assert_array_equal(covariance_of(results[0]), covariance_of(results[1]))


@pytest.mark.parametrize("how", ["none", "thorough"])
def test_it_changes_nothing_else(how: str) -> None:
    scene = make_scene(2)
    one, other = run(scene), run(scene, uncertainty=how)
    assert one.transform == other.transform
    assert one.value == other.value
    np.testing.assert_array_equal(one.course, other.course)
    np.testing.assert_array_equal(one.points, other.points)


# None, and what is kept


def test_none() -> None:
    scene = make_scene(2)
    assert run(scene, uncertainty="none").uncertainty is None
    assert run(scene, iterations=0).uncertainty is None
    assert run(scene, callback=lambda progress: False).uncertainty is None
    stages = [{"transform": "translation", "uncertainty": "quick"}, {"transform": "rigid", "uncertainty": "none"}]
    assert run(scene, transform=stages).uncertainty is None, "that of the last stage counts"
    assert run(scene, transform=stages[::-1]).uncertainty is not None
    for text in (repr(run(scene, uncertainty="none")), run(scene, uncertainty="none")._repr_html_()):
        assert "uncertainty" not in text.lower()
    with pytest.raises(ValueError, match=r"^uncertainty: 'fast' is none of none, quick, thorough"):
        run(scene, uncertainty="fast")


@pytest.mark.parametrize(
    "options", [{"metric": "neighborhood-correlation"}, {"metric": "joint-histogram-mutual-information"}]
)
def test_without_a_covariance(options: dict[str, Any]) -> None:
    uncertainty = known(run(make_scene(2), levels=1, iterations=3, **options))
    assert np.isnan(uncertainty.standard_error)
    assert uncertainty.covariance is None
    assert np.isnan(uncertainty.at([[1.0, 2.0], [3.0, 4.0]])).all()
    assert np.isnan(uncertainty.at([1.0, 2.0]))
    assert repr(uncertainty) == f"Uncertainty({uncertainty.status})"


def test_it_shows_itself() -> None:
    scene = make_scene(2)
    for spacing, unit in ((1.0, "pixels"), (1.5, "mm")):
        fixed, moving = (Image(image.pixels, (spacing, spacing)) for image in (scene.fixed, scene.moving))
        result = register(fixed, moving, scene.fixed_mask)
        words = f"determined, standard error {known(result).standard_error:.3g} {unit}"
        assert f"\n  uncertainty: {words}" in repr(result)
        assert f"<b>Uncertainty</b>: {words}" in result._repr_html_()
        assert repr(known(result)) == f"Uncertainty({words.removesuffix(f' {unit}')})"


def test_it_cannot_be_changed_and_can_be_pickled() -> None:
    result = run(make_scene(2))
    uncertainty = known(result)
    for copied in (pickle.loads(pickle.dumps(uncertainty)), known(pickle.loads(pickle.dumps(result)))):
        assert (copied.status, copied.reason) == (uncertainty.status, uncertainty.reason)
        assert copied.standard_error == uncertainty.standard_error
        assert copied.seconds == uncertainty.seconds
        np.testing.assert_array_equal(copied.covariance, uncertainty.covariance)
        np.testing.assert_array_equal(copied.at([3.0, 4.0]), uncertainty.at([3.0, 4.0]))
        with pytest.raises(ValueError, match="read-only"):
            np.asarray(copied.covariance)[0, 0] = 1.0
    assert copy.deepcopy(result) is result
    with pytest.raises(AttributeError):
        uncertainty.status = "determined"  # type: ignore[misc]


def test_a_pickle_of_before() -> None:
    """It has no such field, nor that which came after it."""
    result = run(make_scene(2))
    kind, state = result.__reduce__()
    before = kind(*state[:-2])
    assert before.uncertainty is None
    assert before.folding is None
    assert before.transform == result.transform


# Of whom it is told what


def lattice(x: Any, y: Any, period: float) -> Any:
    """The same again in both directions; the negative of it is something else."""
    return np.exp(np.sin(2 * np.pi * x / period)) + np.exp(1.2 * np.cos(2 * np.pi * y / period))


@pytest.mark.filterwarnings("ignore:Another place:RuntimeWarning")
@pytest.mark.parametrize("noise", [0.0, 0.3])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("transform", ["translation", "rigid"])
@pytest.mark.parametrize("period", [12.0, 16.0])
def test_a_pattern_that_repeats_itself(period: float, transform: str, metric: str, noise: float) -> None:
    random = np.random.default_rng(0)
    fixed, moving = (
        lattice(X - shift, Y + shift, period) + noise * random.normal(size=X.shape) for shift in (0.0, 0.8)
    )
    result = register(fixed, moving, DISC, transform=transform, metric=metric)
    uncertainty = known(result)
    assert uncertainty.status == "ambiguous"
    assert not uncertainty.is_determined
    assert uncertainty.reason in result.warnings
    places = [other.transform.apply(MIDDLE) - result.transform.apply(MIDDLE) for other in uncertainty.alternatives]
    beside = MIDDLE + np.array([[0.0, 0.0], [1.0, 0.0]])
    turned = [np.diff(other.transform.apply(beside), axis=0) for other in uncertainty.alternatives]
    periods = np.array([place for place, turn in zip(places, turned, strict=True) if turn[0, 0] > 0.999]) / period
    assert len(periods)
    off = np.abs(periods - np.round(periods)).max(axis=1)
    is_another = np.round(periods).any(axis=1)
    assert (off[is_another] < 0.05).any(), f"{periods} periods away"
    np.testing.assert_allclose(read_vector("shifted by", uncertainty.reason), places[0], atol=0.05 * period)
    assert all(np.isfinite(other.value) for other in uncertainty.alternatives)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("transform", TRANSFORMS)
@pytest.mark.parametrize("seed", range(3))
def test_one_tissue(seed: int, transform: str, metric: str) -> None:
    """A mask inside it, and independent noise: whatever is found, it is not determined."""
    random = np.random.default_rng(seed)
    body = 100.0 * (np.hypot(X - MIDDLE[0], Y - MIDDLE[1]) < 55)
    fixed, moving = (body + random.normal(0, 5, X.shape) for _ in range(2))
    mask = np.hypot(X - MIDDLE[0], Y - MIDDLE[1]) < 20
    result = register(fixed, moving, mask, transform=transform, metric=metric)
    assert known(result).status in ("ambiguous", "weak", "lost")
    assert known(result).reason in result.warnings


def make_edge(degrees: float, noise: float, seed: int = 1, bump: float = 0.0) -> tuple[Any, Any, Floats]:
    """Two images of a straight edge, moved across itself, brighter around its middle; and the direction along it."""
    angle = np.deg2rad(degrees)
    across, along = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    points = np.stack([X, Y], -1) - MIDDLE
    bright = bump * np.exp(-(((points @ along) / 25) ** 2))
    random = np.random.default_rng(seed)
    fixed, moving = (
        np.tanh((points @ across - shift) / 3) + bright + noise * random.normal(size=X.shape) for shift in (0.0, 1.5)
    )
    return fixed, moving, along


def read_vector(words: str, text: str) -> Floats:
    """The first vector behind words."""
    return np.array([float(word) for word in re.findall(rf"{words} \(([^,]*), ([^)]*)\)", text)[0]])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("noise", [0.0, 0.2])
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("degrees", [0, 30, 90, 120])
def test_a_straight_edge(degrees: float, metric: str, noise: float) -> None:
    """Nothing tells how far to go along it: it is weak, or another place along it fits as well."""
    fixed, moving, along = make_edge(degrees, noise)
    uncertainty = known(register(fixed, moving, DISC, transform="translation", metric=metric))
    assert uncertainty.status in ("weak", "ambiguous")
    direction = read_vector(r"(?:shift along|shifted by)", uncertainty.reason)
    assert abs(direction @ along) > 0.95 * np.linalg.norm(direction)


@pytest.mark.filterwarnings("ignore:The samples hardly determine:RuntimeWarning")
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("degrees", [0, 60, 90])
def test_an_edge_that_is_brighter_around_its_middle(degrees: float, seed: int) -> None:
    """It is weak where the standard error is longer than 0.6 voxels; the direction that has most of it is told."""
    fixed, moving, along = make_edge(degrees, 0.1, seed, bump=0.5)
    mask = np.hypot(X - MIDDLE[0], Y - MIDDLE[1]) < 30
    options: dict[str, Any] = {"transform": "translation", "metric": "mean-squares"}
    for samples in (500, 2000):
        result = register(fixed, moving, mask, samples=samples, **options)
        uncertainty = known(result)
        if uncertainty.covariance is None:  # along the edge it is longer than the mask
            assert uncertainty.status == "weak"
            assert abs(read_vector("shift along", uncertainty.reason) @ along) > 0.95
            continue
        variances, directions = np.linalg.eigh(uncertainty.covariance)
        greatest = np.sqrt(variances[1])
        assert uncertainty.status == ("weak" if variances.sum() > 0.6**2 else "determined")
        if uncertainty.status == "weak":
            told = read_vector("shift along", uncertainty.reason)
            assert abs(told @ directions[:, 1]) == pytest.approx(1, abs=0.01)
            assert abs(told @ along) > 0.95
            (error,) = re.findall(r"standard error is ([\d.]+\d)", uncertainty.reason)
            assert float(error) == pytest.approx(greatest, rel=1e-3)


def test_it_is_warned_of_in_the_words_of_the_arguments() -> None:
    fixed, moving = (lattice(X - shift, Y + shift, 16.0) for shift in (0.0, 0.8))
    with pytest.warns(RuntimeWarning, match='Another place .* use initial="search"') as told:
        result = register(fixed, moving, DISC, transform="translation")
    assert [str(one.message) for one in told] == [known(result).reason]
    assert told[0].filename == __file__
    assert re.findall(r"(\w+)=", known(result).reason) == ["initial"]


@pytest.mark.parametrize("kind", ["rigid", "similarity", "affine"])
@pytest.mark.parametrize("center", [(1e-9, 1e300), (1e200, 1e200)])
def test_what_cannot_be_computed_is_not_determined(kind: str, center: tuple[float, float]) -> None:
    """A rotation about a centre that is beyond all numbers moves no sample by a finite length."""
    fixed, moving = (lattice(X - shift, Y + shift, 50.0) for shift in (0.0, 0.8))
    try:
        with pytest.warns(RuntimeWarning):
            result = register(fixed, moving, DISC, transform=kind, center=center)
    except (ValueError, CoreError):
        return
    assert not known(result).is_determined


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("huge", [1e160, 1e300])
def test_a_field_with_a_huge_vector_as_initial_transform_ends(huge: float) -> None:
    """The squares of its numbers are none: no eigenvalue of them is to be looked for, which would go on for ever."""
    vectors = np.zeros((6, 7, 2))
    vectors[3, 3] = huge
    numbers = [7.0, 6.0, 40.0, 30.0, 10.0, 10.0, 1.0, 0.0, 0.0, 1.0]
    field = Transform(2, (("DisplacementFieldTransform_double_2_2", np.array(numbers), vectors.ravel()),))
    image = lattice(X, Y, 50.0)
    try:
        result = register(image, image, DISC, initial=field, iterations=1, levels=1, samples=500)
    except (ValueError, CoreError):
        return
    assert not known(result).is_determined


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("number", [2, 3, 5, 7])
def test_a_few_samples_cannot_tell(number: int, metric: str) -> None:
    """Also where the optimizer finds nothing to do."""
    scene = make_noisy(2)
    points = scene.mask_points()[:: len(scene.mask_points()) // number][:number]
    with pytest.warns(RuntimeWarning, match=f"hardly determine anything: they are {number}|Another place fits"):
        result = register(
            scene.fixed, scene.moving, scene.fixed_mask, transform="translation", metric=metric, points=points
        )
    assert not known(result).is_determined
    assert np.isnan(known(result).standard_error)


def test_without_iterations_there_is_nothing_to_trust() -> None:
    assert run(make_noisy(2), iterations=0).uncertainty is None
