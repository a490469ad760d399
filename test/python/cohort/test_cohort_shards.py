# SPDX-License-Identifier: Apache-2.0
"""Shards: together they are the whole run, whoever runs when; and they do not get in each other's way."""

import csv
import json
import warnings
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cohort_scene import QUICK, Pairs, trapped, wait_for
from hypothesis import given
from hypothesis import strategies as st
from itk_maskedsampling import Cohort, collect_cohort, read_cohort, register_cohort
from itk_maskedsampling.cohort.locks import locked
from itk_maskedsampling.cohort.progress import CohortProgress
from itk_maskedsampling.cohort.shards import Shard, read_shard

#: Columns that say when and where it was done.
WHEN = ("register_seconds", "seconds", "started", "ended", "pid")


@pytest.fixture
def pairs(tmp_path: Path) -> Pairs:
    return Pairs(tmp_path, 5)


def run(pairs: Pairs, shard: Any, **options: Any) -> Cohort:
    options = {"output": pairs.output, "processes": 1, **QUICK, **options}
    return register_cohort(pairs.table, shard=shard, **options)


def read_results(folder: Path) -> list[dict[str, str]]:
    """results.csv without what is another one each time."""
    with (folder / "results.csv").open(newline="") as lines:
        return [{name: cell for name, cell in row.items() if name not in WHEN} for row in csv.DictReader(lines)]


@given(st.integers(0, 60), st.integers(1, 80))
def test_parts_are_the_whole(number: int, count: int) -> None:
    """Each item is in one part, and no part has more than one item more than another."""
    items = list(range(number))
    parts = [Shard(one, count).choose(items) for one in range(1, count + 1)]
    assert sorted(item for part in parts for item in part) == items
    assert all(part == sorted(part) for part in parts)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    for first, second in pairwise(items):
        assert count == 1 or not any({first, second} <= set(part) for part in parts), "neighbours are apart"


@pytest.mark.parametrize("value", ["2/5", " 2 / 5 ", (2, 5), [2, 5]])
def test_ways_to_say_it(value: Any) -> None:
    assert read_shard(value) == Shard(2, 5)


@pytest.mark.parametrize(
    ("value", "error", "message"),
    [
        ("0/8", ValueError, "shard: '0/8', but the 8 parts are counted from 1/8 to 8/8"),
        ("9/8", ValueError, "shard: '9/8', but the 8 parts are counted from 1/8 to 8/8"),
        ((0, 0), ValueError, r"shard: \(0, 0\) is of 0 parts, but at least 1 is needed"),
        ((-1, 4), ValueError, r"shard: \(-1, 4\), but the 4 parts are counted"),
        ("1", ValueError, "shard: '1', but the number of a part, from 1, and of how many is needed: '1/8'"),
        ("1/8/2", ValueError, "shard: '1/8/2', but the number of a part"),
        ("/", ValueError, "shard: '/', but"),
        (3, TypeError, r"shard: the number of a part, .*, '1/8' or \(1, 8\), not int"),
        ((1.0, 2), TypeError, "shard: the number of a part"),
        ((True, 2), TypeError, "shard: the number of a part"),
        ((1, 2, 3), TypeError, "shard: the number of a part"),
    ],
)
def test_what_is_no_shard(pairs: Pairs, value: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        run(pairs, value)
    assert not pairs.output.exists()


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7])
def test_union_is_the_whole_run(pairs: Pairs, count: int) -> None:
    """To the last bit, in whatever order; also where there are more parts than pairs."""
    whole = run(pairs, None, output=pairs.folder / "whole")
    names = list(pairs.scenes)
    for number in range(count, 0, -1):
        part = run(pairs, (number, count))
        assert [record.id for record in part] == names[number - 1 :: count]
        assert part.missing == ()
    cohort = read_cohort(pairs.output)
    pairs.check(cohort)
    assert cohort.missing == ()
    for name in names:
        assert cohort.transform(name) == whole.transform(name), "to the last bit"
        assert cohort[name].quality == whole[name].quality
        assert cohort[name].row == whole[name].row
    assert read_results(pairs.output) == read_results(pairs.folder / "whole"), "the last one wrote all"
    assert pairs.attempts() == pairs.expected_attempts()
    before = pairs.stamps()
    assert run(pairs, None).records == cohort.records, "the whole run finds all of them"
    assert pairs.stamps() == before


def test_two_at_once(pairs: Pairs) -> None:
    """The second begins and ends while the first one is held in the middle; nothing of either is lost."""
    with ThreadPoolExecutor() as pool, trapped(pairs, "p02") as (trap,):
        first = pool.submit(run, pairs, "1/2")
        trap.wait()
        second = run(pairs, "2/2")
        assert [record.id for record in second.done] == ["p01", "p03"]
        found = read_cohort(pairs.output)
        assert [record.id for record in found] == ["p00", "p01", "p03"]
        assert found.missing == ("p02", "p04")
        assert [row["id"] for row in read_results(pairs.output)] == ["p00", "p01", "p03"]
        trap.open()
        assert [record.id for record in first.result().done] == ["p00", "p02", "p04"]
    pairs.check(read_cohort(pairs.output))
    assert [row["id"] for row in read_results(pairs.output)] == list(pairs.scenes)
    assert pairs.attempts() == pairs.expected_attempts(p02=2), "the trap ended its process once"


@pytest.mark.parametrize("count", [2, 4])
def test_all_at_once(pairs: Pairs, count: int) -> None:
    with ThreadPoolExecutor(count) as pool:
        parts = list(pool.map(lambda number: run(pairs, (number, count)), range(1, count + 1)))
    assert sum(map(len, parts)) == 5
    pairs.check(read_cohort(pairs.output))
    assert [row["id"] for row in read_results(pairs.output)] == list(pairs.scenes)
    assert pairs.attempts() == pairs.expected_attempts()


def test_same_shard_twice_at_once(pairs: Pairs) -> None:
    """As a job that was started again by mistake: each pair is done once all the same."""
    with ThreadPoolExecutor() as pool:
        one, two = pool.map(lambda _: run(pairs, "1/2"), range(2))
    assert one.records == two.records
    assert pairs.attempts() == {"p00": 1, "p02": 1, "p04": 1}


def test_who_may_work_beside_a_shard(pairs: Pairs) -> None:
    refused = r"output: another run works in '.*results'"
    with ThreadPoolExecutor() as pool, trapped(pairs, "p02") as (trap,):
        first = pool.submit(run, pairs, "1/2")
        trap.wait()
        with pytest.raises(RuntimeError, match=refused + r": process \d+ of .*, since .*\. Wait for its end"):
            run(pairs, None)
        with pytest.raises(RuntimeError, match=refused + r", with another table or other settings, as of 'p00': pro"):
            run(pairs, "2/2", seed=4)
        lines = pairs.table.read_text().splitlines()
        pairs.table.write_text("\n".join(lines[:-1]) + "\n")
        with pytest.raises(RuntimeError, match=refused + ", with another table or other settings, as of 'p04'"):
            run(pairs, "2/2")
        pairs.table.write_text("\n".join(lines) + "\n")
        assert len(run(pairs, "2/4").done) == 1, "parts of another number do not matter"
        trap.open()
        assert len(first.result().done) == 3
    pairs.check(run(pairs, None))


def test_shard_beside_a_whole_run(pairs: Pairs) -> None:
    with ThreadPoolExecutor() as pool, trapped(pairs, "p02") as (trap,):
        whole = pool.submit(run, pairs, None)
        trap.wait()
        with pytest.raises(RuntimeError, match=r"output: another run works in '.*results': process"):
            run(pairs, "1/2")
        trap.open()
        pairs.check(whole.result())


def test_other_settings_of_another_shard(pairs: Pairs) -> None:
    """Results of the other shards count as much as those of this one."""
    run(pairs, "1/2")
    before = (pairs.output / ".table").read_bytes()
    with pytest.raises(ValueError, match=r"results that would be overwritten, of 'p00', and 2 more: seed: not given"):
        run(pairs, "2/2", seed=4)
    assert (pairs.output / ".table").read_bytes() == before
    run(pairs, "2/2", seed=4, overwrite=True)
    found = read_cohort(pairs.output)
    assert [record.id for record in found] == ["p01", "p03"], "those of other settings are left out"
    assert found.missing == ("p00", "p02", "p04")


def test_collect_with_missing_pairs(pairs: Pairs) -> None:
    run(pairs, "2/3")
    run(pairs, "3/3")
    (pairs.output / "results.csv").unlink()
    found = collect_cohort(pairs.output)
    assert [record.id for record in found] == ["p01", "p02", "p04"]
    assert found.missing == ("p00", "p03")
    assert found.summary() == "5 pairs: 3 done, 0 failed, 2 missing"
    assert "\n  missing: p00, p03" in repr(found)
    assert [row["id"] for row in read_results(pairs.output)] == ["p01", "p02", "p04"]
    run(pairs, "1/3")
    again = collect_cohort(pairs.output)
    assert again.missing == ()
    pairs.check(again)


def test_collect_of_nothing(pairs: Pairs) -> None:
    with pytest.raises(FileNotFoundError, match=r"output: there is no folder '.*results'"):
        collect_cohort(pairs.output)
    pairs.output.mkdir()
    with pytest.raises(ValueError, match=r"output: '.*results' has no records of register_cohort\(\)$"):
        collect_cohort(pairs.output)
    assert len(run(pairs, "6/7")) == 0
    with pytest.raises(ValueError, match=r"output: '.*results' has no records: none of its 5 pairs is done yet$"):
        collect_cohort(pairs.output)


def test_interrupted_shard(pairs: Pairs) -> None:
    def stop(progress: CohortProgress) -> None:
        assert progress.total == 3
        if progress.done == 1:
            raise KeyboardInterrupt

    run(pairs, "2/2")
    before = pairs.stamps()
    (pairs.output / ".other.part").mkdir()
    with pytest.raises(KeyboardInterrupt):
        run(pairs, "1/2", callback=stop)
    found = read_cohort(pairs.output)
    assert {"p00", "p01", "p03"} <= {record.id for record in found}
    assert [row["id"] for row in read_results(pairs.output)] == [record.id for record in found]
    assert (pairs.output / ".other.part").exists(), "it may be that of another shard, which still writes"
    assert len(run(pairs, "1/2").done) == 3
    assert before.items() <= pairs.stamps().items()
    pairs.check(collect_cohort(pairs.output))


def test_failed_pairs_of_shards(pairs: Pairs) -> None:
    lines = pairs.table.read_text().splitlines()
    pairs.table.write_text("\n".join([*lines, "bad,nowhere.nii.gz,p00_moving.nii.gz,mask.nii.gz"]) + "\n")
    assert len(run(pairs, "1/2").failed) == 0
    assert [record.id for record in run(pairs, "2/2").failed] == ["bad"]
    assert [record.id for record in run(pairs, "2/2", retry_failed=True).failed] == ["bad"]
    assert pairs.attempts() == pairs.expected_attempts(bad=2)
    assert [row["status"] for row in read_results(pairs.output)] == ["done"] * 5 + ["failed"]


def test_shards_without_locks(pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcntl.flock", lambda *_: None)
    with pytest.warns(UserWarning, match="no locks that work: .* Start each shard once only") as caught:
        run(pairs, "1/2")
    assert [one.filename for one in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run(pairs, "2/2")
    pairs.check(collect_cohort(pairs.output))


def test_results_are_written_in_turn(pairs: Pairs) -> None:
    """Who writes them reads the records first, and nobody else does so meanwhile."""
    run(pairs, "1/1")
    (pairs.output / "results.csv").unlink()
    with ThreadPoolExecutor() as pool:
        with locked(pairs.output / ".turn", wait=False):
            waiting = pool.submit(collect_cohort, pairs.output)
            with pytest.raises(TimeoutError):
                waiting.result(0.3)
            assert not (pairs.output / "results.csv").exists()
            record = json.loads((pairs.output / "p03.json").read_text())
            (pairs.output / "p03.json").write_text(json.dumps(record | {"stop_condition": "later"}))
        assert waiting.result()["p03"].stop_condition == "later"
    wait_for(lambda: (pairs.output / "results.csv").exists() or None)
    assert read_results(pairs.output)[3]["stop_condition"] == "later"
