# SPDX-License-Identifier: Apache-2.0
"""What goes into register() and comes out of it can be sent to another process."""

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cohort_scene import QUICK, Pairs
from itk_maskedsampling import Cohort, Image, Registration, Transform, register, register_cohort, sample
from itk_maskedsampling.cohort.pair import register_pair
from itk_maskedsampling.cohort.table import read_table
from itk_maskedsampling.cohort.task import make_task, read_common
from register_scene import make_scene


def again(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


def test_image() -> None:
    scene = make_scene(3, tilted=True)
    image = again(scene.fixed)
    assert isinstance(image, Image)
    assert image.geometry == scene.fixed.geometry
    np.testing.assert_array_equal(image.pixels, scene.fixed.pixels)


def test_arguments_and_result() -> None:
    """A registration in another process: what goes there and what comes back is pickled."""
    scene = make_scene(2, angle=0.05)
    weights = np.where(scene.fixed_mask, 1.0, 0.0)
    start = Transform.from_matrix(np.array([[1, 0, 0.4], [0, 1, -0.3], [0, 0, 1]]))
    arguments: dict[str, Any] = {
        "fixed": scene.fixed,
        "moving": scene.moving,
        "fixed_mask": scene.fixed_mask,
        "weights": weights,
        "initial": start,
        "transform": [{"transform": "rigid", "samples": 300}, "affine"],
        "metric": "mean-squares",
        "seed": 4,
    }
    result: Registration = register(**arguments)
    there: Registration = again(register(**again(arguments)))
    assert there.transform == result.transform
    np.testing.assert_array_equal(there.points, result.points)
    np.testing.assert_array_equal(there.course, result.course)
    assert there.settings == result.settings
    once_more = register(
        scene.fixed, scene.moving, scene.fixed_mask, **again({"transform": there.settings, "seed": None})
    )
    assert len(once_more.levels) == len(result.levels)


def test_samples() -> None:
    scene = make_scene(2)
    drawn = sample(scene.fixed, scene.fixed_mask, samples=50)
    there = again(drawn)
    np.testing.assert_array_equal(there.points, drawn.points)
    assert there.mask_voxels == drawn.mask_voxels == scene.fixed_mask.sum()
    np.testing.assert_array_equal(there.count().pixels, drawn.count().pixels)


@pytest.mark.parametrize(
    "call",
    [
        lambda scene: register(scene.fixed, "nowhere.nii.gz"),
        lambda scene: register(scene.fixed, scene.moving, np.zeros(scene.fixed_mask.shape)),
        lambda scene: register(scene.fixed, scene.moving, metric="mutal"),
        lambda scene: register(scene.fixed, scene.moving, sample=3),
        lambda scene: register(scene.fixed, scene.moving, shrink_factors=[1, 2], smoothing_sigmas=[1, 2, 3]),
        lambda scene: register(scene.fixed, scene.moving, scene.fixed_mask, initial=far_away(), metric="correlation"),
        lambda scene: Transform.read("nowhere.h5"),
    ],
)
def test_exceptions(call: Callable[[Any], object]) -> None:
    with pytest.raises(Exception, match=r".") as caught:
        call(make_scene(2))
    there = again(caught.value)
    assert type(there) is type(caught.value)
    assert str(there) == str(caught.value)


def far_away() -> Transform:
    return Transform.from_matrix(np.array([[1, 0, 500], [0, 1, 0], [0, 0, 1]]))


THREADS = """
import sys
from concurrent.futures import ThreadPoolExecutor
from itk_maskedsampling import Transform

def write_and_read(number):
    for index in range(100):
        transform = Transform.from_matrix([[1, 0, number], [0, 1, index], [0, 0, 1]])
        transform.write(f"{sys.argv[1]}/{number}.h5")
        assert Transform.read(f"{sys.argv[1]}/{number}.h5") == transform

with ThreadPoolExecutor(4) as pool:
    list(pool.map(write_and_read, range(4)))
"""


def test_transforms_in_threads(tmp_path: Path) -> None:
    """Workers of a cluster can have several threads, HDF5 cannot. In a process of its own, which would crash."""
    subprocess.run([sys.executable, "-c", THREADS, tmp_path], check=True, timeout=60)


def test_tasks_and_cohorts(tmp_path: Path) -> None:
    pairs = Pairs(tmp_path, 2)
    cohort = register_cohort(pairs.table, output=pairs.output, **QUICK)
    there: Cohort = again(cohort)
    assert there == cohort
    assert there.transform("p01") == cohort.transform("p01")
    common = read_common({**QUICK, "initial": np.eye(3), "points": [[30.0, 30.0], [31.0, 33.0]]})
    tasks = [make_task(pair, common, pairs.output, "run", False, False) for pair in read_table(pairs.table, {})]
    for task in tasks:
        assert len(pickle.dumps(task)) < 5_000, "paths, not images"
        sent = again(task)
        assert {name: value for name, value in sent.arguments.items() if name != "points"} == {
            name: value for name, value in task.arguments.items() if name != "points"
        }
        np.testing.assert_array_equal(sent.arguments["points"], task.arguments["points"])


def test_task_that_is_sent_twice(tmp_path: Path) -> None:
    """As a cluster does when a worker dies with a result that nobody has fetched."""
    pairs = Pairs(tmp_path, 1)
    pairs.output.mkdir()
    (pairs.output / ".attempts").mkdir()
    (pair,) = read_table(pairs.table, {})
    for retry in (False, True):
        task = make_task(pair, read_common(QUICK), pairs.output, f"run {retry}", False, retry)
        record = register_pair(again(task))
        stamps = pairs.stamps()
        assert again(record) == register_pair(again(task)) == record
        assert pairs.stamps() == stamps
    (tmp_path / "p00_moving.nii.gz").unlink()
    for number, retry in enumerate((False, True)):
        task = make_task(pair, read_common(QUICK), pairs.output, f"other {retry}", False, retry)
        failed = register_pair(again(task))
        assert failed.status == "failed"
        assert register_pair(again(task)) == failed, "also of a failure, if it is of this run"
        assert pairs.attempts() == {"p00": 2 + number}
