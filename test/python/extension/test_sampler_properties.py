# SPDX-License-Identifier: Apache-2.0
"""Properties of itk.MaskedVoxelSampler that hold for every mask and geometry, against numpy on the same arrays."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import itk
import numpy as np
import numpy.typing as npt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as st_numpy

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Points = npt.NDArray[np.float32]
Indices = npt.NDArray[np.intp]

# The same examples on every run, and nothing written to the working directory.
many = settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@dataclass
class Scene:
    """A mask, as an array and as an image. Arrays have z first, everything of ITK has x first."""

    array: Bytes
    origin: Floats
    spacing: Floats
    direction: Floats

    @property
    def dimension(self) -> int:
        return self.array.ndim

    @property
    def expected(self) -> Indices:
        """The mask voxels in raster order, x first."""
        return np.argwhere(self.array)[:, ::-1]

    def make_image(self, array: npt.NDArray[Any] | None = None) -> Any:
        array = self.array if array is None else array
        # itk.image_from_array() exchanges the axes of an array that is both in C and in Fortran order.
        image = itk.Image[itk.UC if array.dtype == np.uint8 else itk.F, self.dimension].New()
        image.SetRegions(list(array.shape[::-1]))
        image.Allocate()
        itk.array_view_from_image(image)[...] = array
        image.SetOrigin(self.origin.tolist())
        image.SetSpacing(self.spacing.tolist())
        image.SetDirection(itk.matrix_from_array(np.ascontiguousarray(self.direction)))
        return image

    def make_sampler(self, has_mask: bool = True) -> Any:
        image = self.make_image()
        sampler = itk.MaskedVoxelSampler[self.dimension].New()
        sampler.SetDomain(image)
        sampler.SetMask(image if has_mask else None)
        return sampler

    def to_physical(self, indices: npt.NDArray[Any]) -> Floats:
        result: Floats = self.origin + (indices * self.spacing) @ self.direction.T
        return result

    def to_index(self, points: npt.NDArray[Any]) -> Floats:
        result: Floats = (points - self.origin) @ np.linalg.inv(self.direction).T / self.spacing
        return result

    @property
    def rounding(self) -> float:
        """Several units in the last place of the largest coordinate, as `float`."""
        reach = np.abs(self.origin) + np.abs(self.direction) @ (self.spacing * self.array.shape[::-1])
        return float(4 * np.finfo(np.float32).eps * reach.max())


def make_direction(angles: list[float], flips: list[bool]) -> Floats:
    dimension = len(flips)
    result = np.diag([-1.0 if flip else 1.0 for flip in flips])
    for axis, angle in enumerate(angles):
        turn = np.eye(dimension)
        i, j = axis % dimension, (axis + 1) % dimension
        turn[i, i] = turn[j, j] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        result = turn @ result
    return result


@st.composite
def scenes(draw: st.DrawFn, largest: int = 9) -> Scene:
    """Masks of any pattern, with at least one voxel, in two or three dimensions, on oblique and flipped grids."""
    dimension = draw(st.sampled_from([2, 3]))
    shape = draw(st_numpy.array_shapes(min_dims=dimension, max_dims=dimension, max_side=largest))
    array = draw(st_numpy.arrays(np.uint8, shape, elements=st.sampled_from([0, 1, 255]), fill=st.sampled_from([0, 1])))
    array[tuple(draw(st.integers(0, side - 1)) for side in shape)] = 1
    # No numbers like 1e-300: the singular value decomposition by which ITK inverts directions fails on these.
    vector = st.lists(st.integers(-3000, 3000).map(lambda tenths: tenths / 10), min_size=dimension, max_size=dimension)
    widths = st.lists(st.integers(2, 50).map(lambda tenths: tenths / 10), min_size=dimension, max_size=dimension)
    angles = st.lists(st.integers(-30, 30).map(lambda tenths: tenths / 10), max_size=dimension)
    flips = st.lists(st.booleans(), min_size=dimension, max_size=dimension)
    direction = make_direction(draw(angles), draw(flips))
    return Scene(array, np.array(draw(vector)), np.array(draw(widths)), direction)


numbers = st.integers(0, 300)
seeds = st.integers(0, 2**32 - 1)


def points_of(point_set: Any) -> Points:
    return np.asarray(point_set, np.float32)


def draws(sampler: Any, number: int, seed: int) -> list[Points]:
    sets = [sampler.SampleRandomly(number, seed), sampler.SampleRegularly(number, seed), sampler.SampleAll()]
    return [points_of(point_set) for point_set in sets]


def indices_of(sampler: Any) -> Indices:
    count = sampler.GetNumberOfVoxels()
    return np.array([tuple(sampler.GetIndex(rank)) for rank in range(count)], np.intp)


def ranks_of(sampler: Any, points: Points) -> list[int]:
    """The ranks of the voxels that the points are in, which fails for a point outside the mask."""
    to_index = sampler.GetDomain().TransformPhysicalPointToIndex
    return [sampler.GetRank(to_index([float(x) for x in point])) for point in points]


@many
@given(scenes())
def test_list_is_that_of_numpy(scene: Scene) -> None:
    sampler = scene.make_sampler()
    sampler.Update()
    indices = indices_of(sampler)
    np.testing.assert_array_equal(indices, scene.expected)
    assert [sampler.GetRank(index) for index in indices.tolist()] == list(range(len(indices)))
    # A run begins at each voxel inside that has none inside before it.
    inside = scene.array != 0
    assert (
        sampler.GetNumberOfRuns() == (inside & ~np.pad(inside, [(0, 0)] * (inside.ndim - 1) + [(1, 0)])[..., :-1]).sum()
    )
    region = sampler.GetBoundingRegion()
    np.testing.assert_array_equal(list(region.GetIndex()), indices.min(axis=0))
    np.testing.assert_array_equal(list(region.GetUpperIndex()), indices.max(axis=0))


@many
@given(scenes(), numbers, seeds, st.booleans())
def test_points_are_in_their_voxels(scene: Scene, number: int, seed: int, perturb: bool) -> None:
    sampler = scene.make_sampler()
    sampler.SetPerturbSamples(perturb)
    sampler.Update()
    count = sampler.GetNumberOfVoxels()
    randomly, regularly, everything = draws(sampler, number, seed)
    assert ranks_of(sampler, everything) == list(range(count))
    np.testing.assert_allclose(everything, scene.to_physical(scene.expected), rtol=0, atol=scene.rounding)
    for points in (randomly, regularly):
        assert len(points) == number
        ranks = ranks_of(sampler, points)
        assert ranks == sorted(ranks)
        counts = np.bincount(ranks, minlength=count) if ranks else np.zeros(count, int)
        assert counts.min() >= number // count
        assert counts.max() <= -(-number // count)
        offsets = scene.to_index(points) - scene.expected[ranks]
        limit = (0.5 if perturb else 0) + scene.rounding / scene.spacing.min() * scene.dimension
        assert (np.abs(offsets) <= limit).all()


@many
@given(scenes(), st.data())
def test_padding_leaves_the_points(scene: Scene, data: st.DataObject) -> None:
    seed = data.draw(seeds)
    widths = [(data.draw(st.integers(0, 5)), data.draw(st.integers(0, 5))) for _ in range(scene.dimension)]
    sampler = scene.make_sampler()
    sampler.Update()
    expected = draws(sampler, 50, seed)

    far = Scene(np.pad(scene.array, [(0, after) for _, after in widths]), scene.origin, scene.spacing, scene.direction)
    padded = far.make_sampler()
    padded.Update()
    for points, unpadded in zip(draws(padded, 50, seed), expected, strict=True):
        np.testing.assert_array_equal(points, unpadded)

    near = np.array([before for before, _ in widths])[::-1]
    both = Scene(np.pad(scene.array, widths), scene.to_physical(-near), scene.spacing, scene.direction)
    padded = both.make_sampler()
    padded.Update()
    for points, unpadded in zip(draws(padded, 50, seed), expected, strict=True):
        np.testing.assert_allclose(points, unpadded, rtol=0, atol=both.rounding)


@many
@given(scenes(), numbers, seeds)
def test_mask_of_ones_is_no_mask(scene: Scene, number: int, seed: int) -> None:
    scene.array[...] = 7
    samplers = [scene.make_sampler(has_mask) for has_mask in (True, False)]
    for sampler in samplers:
        sampler.Update()
        assert sampler.GetNumberOfVoxels() == scene.array.size
    for points, without in zip(*(draws(sampler, number, seed) for sampler in samplers), strict=True):
        np.testing.assert_array_equal(points, without)


@many
@given(scenes(), seeds, st.integers(2, 40))
def test_seed_alone_determines_the_points(scene: Scene, seed: int, threads: int) -> None:
    results = []
    for number_of_work_units in (1, threads):
        sampler = scene.make_sampler()
        sampler.SetNumberOfWorkUnits(number_of_work_units)
        sampler.Update()
        results += [draws(sampler, 30, seed), draws(sampler, 30, seed)]
    for points in results[1:]:
        for ours, first in zip(points, results[0], strict=True):
            np.testing.assert_array_equal(ours, first)
    assert not np.array_equal(points_of(sampler.SampleRandomly(30, seed ^ 1)), results[0][0])


@many
@given(scenes(), st.data())
def test_region_is_a_crop(scene: Scene, data: st.DataObject) -> None:
    starts = [data.draw(st.integers(0, side - 1)) for side in scene.array.shape]
    stops = [data.draw(st.integers(start + 1, side)) for start, side in zip(starts, scene.array.shape, strict=True)]
    box = np.zeros_like(scene.array)
    box[tuple(slice(start, stop) for start, stop in zip(starts, stops, strict=True))] = 1
    region = itk.ImageRegion[scene.dimension]()
    region.SetIndex(starts[::-1])
    region.SetSize([stop - start for start, stop in zip(starts, stops, strict=True)][::-1])
    sampler = scene.make_sampler()
    sampler.SetRegion(region)
    expected = np.argwhere(scene.array * box)[:, ::-1]
    assert sampler.UpdateUnlessEmpty() == (len(expected) > 0)
    if len(expected) > 0:
        np.testing.assert_array_equal(indices_of(sampler), expected)


@many
@given(scenes(), st.data(), st.sampled_from(["SampleRandomly", "SampleRegularly"]))
def test_weights_round_expectations(scene: Scene, data: st.DataObject, method: str) -> None:
    elements = st.sampled_from([0.0, 1.0, 0.1, 3.5, 1e6, 1e-6])
    weights = data.draw(st_numpy.arrays(np.float32, scene.array.shape, elements=elements))
    weights[tuple(scene.expected[-1][::-1])] = 2  # not all of them are 0
    sampler = scene.make_sampler()
    sampler.SetWeightImage(scene.make_image(weights))
    sampler.Update()
    number = data.draw(numbers)
    ranks = ranks_of(sampler, points_of(getattr(sampler, method)(number, data.draw(seeds))))
    assert len(ranks) == number
    assert ranks == sorted(ranks)
    inside = weights[scene.array != 0].astype(np.float64)
    expectations = number * inside / inside.sum()
    counts = np.bincount(ranks, minlength=len(inside)) if ranks else np.zeros(len(inside), int)
    slack = 1e-9 * (1 + expectations) * (inside > 0)
    assert (counts >= np.floor(expectations - slack)).all()
    assert (counts <= np.ceil(expectations + slack)).all()


@many
@given(scenes(), seeds)
def test_keep_inside_keeps_what_is_inside(scene: Scene, seed: int) -> None:
    sampler = scene.make_sampler()
    random = np.random.default_rng(seed)
    sides = np.array(scene.array.shape[::-1])
    given_points = scene.to_physical(random.uniform(-2, sides + 1, (60, scene.dimension))).astype(np.float32)
    indices = scene.to_index(given_points)
    voxels = np.floor(indices + 0.5).astype(int)
    in_domain = np.asarray(((voxels >= 0) & (voxels < sides)).all(axis=1))
    inside = np.array(in_domain)
    inside[in_domain] = scene.array[tuple(voxels[in_domain][:, ::-1].T)] != 0
    # Those that rounding may put into the next voxel show nothing.
    certain = (np.abs(indices + 0.5 - np.round(indices + 0.5)) > 1e-9).all(axis=1)
    kept = points_of(sampler.KeepInside(make_point_set(given_points[certain])))
    np.testing.assert_array_equal(kept, given_points[certain & inside])

    sampler.Update()
    drawn = sampler.SampleRandomly(40, seed)
    np.testing.assert_array_equal(points_of(sampler.KeepInside(drawn)), points_of(drawn))


def make_point_set(points: Points) -> Any:
    point_set = itk.PointSet[itk.F, points.shape[1]].New()
    for rank, point in enumerate(points):
        point_set.SetPoint(rank, point.tolist())
    return point_set


@many
@given(scenes(), st.data())
def test_mask_on_a_shifted_grid(scene: Scene, data: st.DataObject) -> None:
    # Numbers without rounding, so that numpy can tell the answer: shifts by whole voxels, and by halves, where a centre
    # on a border between two pixels belongs to the upper one.
    halves = [data.draw(st.integers(-7, 7)) for _ in range(scene.dimension)]
    plain = Scene(scene.array, np.zeros(scene.dimension), np.full(scene.dimension, 0.25), np.eye(scene.dimension))
    domain = plain.make_image()
    mask = plain.make_image()
    mask.SetOrigin([0.125 * half for half in halves])
    sampler = itk.MaskedVoxelSampler[scene.dimension].New()
    sampler.SetDomain(domain)
    sampler.SetMask(mask)
    shape = np.array(scene.array.shape)
    pixels = np.indices(scene.array.shape) - np.reshape(
        [half // 2 for half in halves[::-1]], (-1,) + (1,) * scene.dimension
    )
    # floor(x - half / 2 + 1 / 2): an odd number of halves rounds up, which is what // did.
    in_mask = ((pixels >= 0) & (pixels < shape.reshape((-1,) + (1,) * scene.dimension))).all(axis=0)
    inside = np.zeros(scene.array.shape, bool)
    inside[in_mask] = scene.array[tuple(pixels[:, in_mask])] != 0
    expected = np.argwhere(inside)[:, ::-1]
    assert sampler.UpdateUnlessEmpty() == (len(expected) > 0)
    if len(expected) > 0:
        np.testing.assert_array_equal(indices_of(sampler), expected)


def test_strategies_make_what_they_promise() -> None:
    """A guard: the scenes above are neither all alike nor all trivial."""
    seen: list[Scene] = []

    @many
    @given(scenes())
    def collect(scene: Scene) -> None:
        seen.append(scene)

    collect()
    checks: list[Callable[[Scene], bool]] = [
        lambda scene: scene.dimension == 2,
        lambda scene: scene.dimension == 3,
        lambda scene: 1 < len(scene.expected) < scene.array.size,
        lambda scene: np.linalg.det(scene.direction) < 0,
        lambda scene: not np.array_equal(np.abs(scene.direction), np.eye(scene.dimension)),
        lambda scene: len(set(scene.spacing)) > 1,
    ]
    for check in checks:
        assert sum(map(check, seen)) >= 5
