# SPDX-License-Identifier: Apache-2.0
"""A cohort on a Dask cluster of two processes, one of which is killed: nothing is lost, and nothing is done twice."""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cohort_scene import QUICK, Pairs, Trap, holding, kill_in_the_middle, trapped, wait_for
from distributed import Client, LocalCluster
from itk_maskedsampling import register_cohort


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with (
        holding(),
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            dashboard_address=None,
            local_directory=str(tmp_path_factory.mktemp("dask")),
            silence_logs="CRITICAL",
        ) as cluster,
        Client(cluster) as one,
    ):
        yield one


@pytest.fixture
def pairs(tmp_path: Path) -> Pairs:
    return Pairs(tmp_path)


def test_killed_worker(client: Any, pairs: Pairs) -> None:
    with trapped(pairs, "p03") as (trap,), ThreadPoolExecutor() as pool:
        killing = pool.submit(kill_in_the_middle, pairs, trap)
        cohort = register_cohort(pairs.table, client, output=pairs.output, **QUICK)
        before = killing.result()
    pairs.check(cohort)
    assert len(before) >= 10
    assert before.items() <= pairs.stamps().items(), "what was there is as it was"
    assert pairs.attempts() == pairs.expected_attempts(p03=2)
    assert os.getpid() not in {record.pid for record in cohort}
    alone = register_cohort(pairs.table, output=pairs.folder / "alone", **QUICK)
    for name in pairs.scenes:
        assert cohort.transform(name) == alone.transform(name), "to the last bit"


def open_after(pairs: Pairs, trap: Trap, name: str) -> None:
    """Hold a worker until there is a record of another pair."""
    try:
        trap.wait()
        wait_for(lambda: name in pairs.records() or None)
    finally:
        trap.open()


def test_pair_that_kills_every_worker(client: Any, pairs: Pairs) -> None:
    deaths = client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.allowed_failures) + 1
    with trapped(pairs, "p03", "p04") as (trap, other), ThreadPoolExecutor() as pool:
        # As the other worker is held, those that wait for this one die with it each time, as far as Dask can tell.
        killing = pool.submit(trap.kill, deaths)
        opening = pool.submit(open_after, pairs, other, "p03")
        cohort = register_cohort(pairs.table, client, output=pairs.output, **QUICK)
        killing.result()
        opening.result()
    (failed,) = cohort.failed
    assert failed.id == "p03"
    assert failed.error_type == "KilledWorker"
    assert len(cohort.done) == 19
    assert pairs.attempts() == pairs.expected_attempts(p03=deaths, p04=2)


def test_wrong_arguments(client: Any, pairs: Pairs) -> None:
    with pytest.raises(ValueError, match="processes: 2, but the client has workers of its own"):
        register_cohort(pairs.table, client, output=pairs.output, processes=2)
    with pytest.raises(TypeError, match=r"client: a dask\.distributed\.Client is needed"):
        register_cohort(pairs.table, client.cluster, output=pairs.output)
    assert not pairs.output.exists()


def test_folder_that_cannot_be_written(client: Any, pairs: Pairs) -> None:
    (pairs.output / ".attempts" / "p07").mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match="p07"):
        register_cohort(pairs.table, client, output=pairs.output, **QUICK)
    (pairs.output / ".attempts" / "p07").rmdir()
    pairs.check(register_cohort(pairs.table, client, output=pairs.output, **QUICK))


def test_dask_is_not_needed_without_a_client() -> None:
    code = "import sys, itk_maskedsampling.cohort; assert not {'dask', 'distributed', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_interrupted_run(client: Any, pairs: Pairs) -> None:
    def stop(progress: object) -> None:
        if len(pairs.records()) >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        register_cohort(pairs.table, client, output=pairs.output, callback=stop, **QUICK)
    before = pairs.stamps()
    pairs.check(register_cohort(pairs.table, client, output=pairs.output, **QUICK))
    assert before.items() <= pairs.stamps().items()
    assert pairs.attempts() == pairs.expected_attempts(), "those that were running went on to their end"
