# SPDX-License-Identifier: Apache-2.0
"""A cohort on the processes of this machine, some of which die: nothing is lost, and nothing is done twice."""

import os
import pickle
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from cohort_scene import QUICK, Pairs, find_processes, is_gone, kill_in_the_middle, trapped, wait_for
from itk_maskedsampling import read_cohort, register_cohort
from itk_maskedsampling.cohort import Record, pair
from itk_maskedsampling.cohort._worker import pack
from itk_maskedsampling.cohort.table import read_table
from itk_maskedsampling.cohort.task import make_task, read_common
from itk_maskedsampling.cohort.workers import Process, WorkerDiedError, describe_end

#: Without a guard of the main module, on purpose: nothing of the script of the user may run again in other processes.
SCRIPT = """
import signal
import sys
import time
from itk_maskedsampling import register_cohort
print("once", flush=True)
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
quick = dict(transform="translation", metric="mean-squares", samples=500)
register_cohort(sys.argv[1], output=sys.argv[2], processes=2, **quick)
"""


@pytest.fixture
def pairs(tmp_path: Path) -> Pairs:
    return Pairs(tmp_path)


def test_killed_process(pairs: Pairs) -> None:
    with trapped(pairs, "p03") as (trap,), ThreadPoolExecutor() as pool:
        killing = pool.submit(kill_in_the_middle, pairs, trap)
        cohort = register_cohort(pairs.table, output=pairs.output, processes=2, **QUICK)
        before = killing.result()
    pairs.check(cohort)
    assert len(before) >= 10
    assert before.items() <= pairs.stamps().items(), "what was there is as it was"
    assert pairs.attempts() == pairs.expected_attempts(p03=2)
    assert read_cohort(pairs.output).records == cohort.records


def test_pair_that_kills_every_process(pairs: Pairs) -> None:
    with trapped(pairs, "p03") as (trap,), ThreadPoolExecutor() as pool:
        killing = pool.submit(trap.kill, 2)
        cohort = register_cohort(pairs.table, output=pairs.output, processes=2, **QUICK)
        killing.result()
    (failed,) = cohort.failed
    assert failed.id == "p03"
    assert failed.error_type == "WorkerDiedError"
    assert "signal 9 (SIGKILL)" in str(failed.error)
    assert failed.pid != os.getpid()
    assert len(cohort.done) == 19
    assert pairs.attempts() == pairs.expected_attempts(p03=2)
    before = pairs.stamps()
    again = register_cohort(pairs.table, output=pairs.output, processes=2, **QUICK)
    assert again.records == cohort.records, "it is not tried for ever"
    assert pairs.stamps() == before


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_interrupted_run(pairs: Pairs, end: signal.Signals) -> None:
    script = pairs.folder / "script.py"
    script.write_text(SCRIPT)
    with trapped(pairs, "p03", "p11") as traps:
        command = [sys.executable, str(script), str(pairs.table), str(pairs.output)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
            workers = [trap.wait() for trap in traps]
            held = wait_for(lambda: pairs.records() if len(pairs.records()) == 10 else None)
            before = pairs.stamps()
            with pytest.raises(RuntimeError, match=r"output: another run works in .*results"):
                register_cohort(pairs.table, output=pairs.output, **QUICK)
            run.send_signal(end)
            printed, complaint = run.communicate()
        assert run.returncode == (143 if end == signal.SIGTERM else -end)
        assert printed == "once\n"
        assert ("KeyboardInterrupt" in complaint) == (end == signal.SIGINT)
        for worker in workers:
            wait_for(partial(is_gone, worker))
        assert pairs.stamps() == before, "those that were held left nothing"
        assert held == set(list(pairs.scenes)[:11]) - {"p03"}
        assert {record.id for record in read_cohort(pairs.output)} == held
        for trap in traps:
            trap.close()
            trap.open()
    cohort = register_cohort(pairs.table, output=pairs.output, processes=2, **QUICK)
    pairs.check(cohort)
    assert before.items() <= pairs.stamps().items()
    assert pairs.attempts() == pairs.expected_attempts(p03=2, p11=2)
    assert not list(pairs.output.glob(".*.part"))


def test_two_processes_with_the_same_pair(pairs: Pairs) -> None:
    """As on a cluster that takes a worker for dead which only was slow: the second waits for the end of the first."""
    (pairs.output / ".attempts").mkdir(parents=True)
    pair = read_table(pairs.table, {})[3]
    task = make_task(pair, read_common(QUICK), pairs.output, "run", False, False)
    first, second = Process(), Process()
    with trapped(pairs, "p03") as (trap,), ThreadPoolExecutor() as pool:
        try:
            held = pool.submit(first.register, task)
            trap.wait()
            waiting = pool.submit(second.register, task)
            wait_for(lambda: len(find_processes(pairs.output / ".attempts" / "p03")) == 2 or None)
            time.sleep(0.2)
            assert pairs.attempts() == {"p03": 1}
            trap.open()
            with pytest.raises(WorkerDiedError, match=r"signal 9 \(SIGKILL\)"):
                held.result()
            record = waiting.result()
            assert record.status == "done"
            assert first.register(task) == record
            assert pairs.attempts() == {"p03": 2}
        finally:
            first.end()
            second.end()


def test_folder_that_cannot_be_written(pairs: Pairs) -> None:
    (pairs.output / ".attempts" / "p07").mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match="p07"):
        register_cohort(pairs.table, output=pairs.output, processes=2, **QUICK)
    (pairs.output / ".attempts" / "p07").rmdir()
    before = pairs.stamps()
    pairs.check(register_cohort(pairs.table, output=pairs.output, processes=2, **QUICK))
    assert before.items() <= pairs.stamps().items()


def test_callback_ends_it(pairs: Pairs) -> None:
    def stop(progress: object) -> None:
        if len(pairs.records()) >= 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        register_cohort(pairs.table, output=pairs.output, processes=2, callback=stop, **QUICK)
    before = pairs.stamps()
    assert 3 <= len(pairs.records()) < 20
    pairs.check(register_cohort(pairs.table, output=pairs.output, processes=2, **QUICK))
    assert before.items() <= pairs.stamps().items()


@pytest.mark.parametrize("number", range(1, signal.NSIG))
def test_every_signal_has_a_description(number: int) -> None:
    """Also those for real time, of which Python has no names."""
    text = describe_end(-number)
    assert text.startswith(f"it was ended by signal {number}")
    if number in {one.value for one in signal.Signals}:
        assert signal.Signals(number).name in text
    if number == signal.SIGRTMIN + 6:
        assert text.endswith("(SIGRTMIN+6)")


class Unpicklable(Exception):
    """It cannot be made again from its text."""

    def __init__(self, text: str, more: object) -> None:
        super().__init__(text)
        self.more = more


@pytest.mark.parametrize(
    "error", [ValueError("text"), Unpicklable("text", 3), Unpicklable("text", lambda: None), OSError(28, "text", "a")]
)
def test_what_was_raised_comes_out_of_the_process(error: Exception) -> None:
    found = pickle.loads(pack(error))
    assert isinstance(found, Exception)
    assert "text" in str(found)
    assert type(found) is type(error) or type(error).__name__ in str(found)


@pytest.mark.parametrize("place", ["register", "measure", "remove_results"])
@pytest.mark.parametrize("error", [ValueError("bad"), MemoryError(), Unpicklable("bad", 3), UnicodeError("bad")])
def test_what_raised_is_never_done(pairs: Pairs, monkeypatch: pytest.MonkeyPatch, place: str, error: Exception) -> None:
    """Wherever it was raised, and whatever; there is no transform either."""
    pairs.output.mkdir()
    (pairs.output / ".attempts").mkdir()
    task = make_task(read_table(pairs.table, {})[0], read_common(QUICK), pairs.output, "run", False, False)
    raised = [error]

    def fail(*_: object, **__: object) -> None:
        if raised:
            raise raised.pop()

    monkeypatch.setattr(pair, place, fail)
    record: Record = pair.register_pair(task)
    assert record.status == "failed"
    assert record.error_type == type(error).__name__
    monkeypatch.undo()
    (read,) = read_cohort(pairs.output)
    assert read.status == "failed"
    assert not (pairs.output / "p00.transform.h5").exists()
