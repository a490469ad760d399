# SPDX-License-Identifier: Apache-2.0
"""One run after the other in a folder: what is overwritten, what is read again, and who works there."""

import csv
import dataclasses
import errno
import fcntl
import json
import multiprocessing
import re
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cohort_scene import QUICK, Pairs
from itk_maskedsampling import Cohort, Transform, read_cohort, register_cohort, version
from itk_maskedsampling.cohort import Record
from itk_maskedsampling.cohort import record as records
from itk_maskedsampling.cohort import task as tasks
from itk_maskedsampling.cohort.locks import is_protected, locked, signatures
from itk_maskedsampling.cohort.progress import CohortProgress, Watch
from itk_maskedsampling.cohort.result import no_formula

SECONDS: dict[str, Any] = {"started": "2030-01-01T00:00:00.000+00:00", "seconds": 1.0}


@pytest.fixture
def pairs(tmp_path: Path) -> Pairs:
    return Pairs(tmp_path, 3)


def run(pairs: Pairs, table: Any = None, **options: Any) -> Cohort:
    return register_cohort(
        pairs.table if table is None else table, output=pairs.output, processes=2, **{**QUICK, **options}
    )


def rows_of(pairs: Pairs) -> list[dict[str, Any]]:
    with pairs.table.open(newline="") as lines:
        return [
            {**row, **{name: pairs.folder / row[name] for name in row if name != "id"}} for row in csv.DictReader(lines)
        ]


# What is overwritten


def test_nothing_is_overwritten_by_other_settings(pairs: Pairs) -> None:
    """Whatever says what is to be done: nothing is touched, and the error says what has changed."""
    table = rows_of(pairs)
    first = run(pairs, table)
    before = {file.name: file.read_bytes() for file in pairs.output.iterdir() if file.is_file()}
    Transform(2).write(pairs.folder / "start.h5")
    changes: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        ({"seed": 3}, {}, "seed: not given before, 3 now"),
        ({"samples": 400}, {}, r"samples: \[500\] before, \[400\] now"),
        ({"transform": "rigid"}, {}, "transform: 'translation' before, 'rigid' now"),
        ({"metric": "correlation"}, {}, "metric: 'mean-squares' before, 'correlation' now"),
        ({"initial": "geometry"}, {}, "initialization: not given before, 'geometry' now"),
        ({"initial": np.eye(3)}, {}, "initial: not given before, '"),
        (
            {"transform": pairs.folder / "start.h5"},
            {},
            "transform: 'translation' before, 'given' now; transform to start",
        ),
        ({"transform": ["translation", "rigid"]}, {}, r"transform: 'translation' before, not given now; "),
        ({"samples": None, "points": [[30.0, 30.0], [31.0, 33.0]]}, {}, "points: not given before"),
        ({}, {"seed": 4}, "seed: not given before, 4 now"),
        ({}, {"initial": pairs.folder / "start.h5"}, "initial: not given before, '.*start.h5' now"),
        ({}, {"moving": table[0]["moving"]}, "moving: '.*p01_moving.nii.gz' before, '.*p00_moving.nii.gz' now"),
        ({"moving_mask": pairs.folder / "mask.nii.gz"}, {}, "moving_mask: not given before"),
    ]
    for options, row, words in changes:
        other = [table[0], table[1] | row, table[2]]
        who = r"'p01': " if row else r"'p00', and 2 more: "
        start = rf"^output: '{re.escape(str(pairs.output))}' has results that would be overwritten, of {who}"
        with pytest.raises(ValueError, match=rf"{start}.*{words}.*\. Give another folder, or overwrite=True$"):
            run(pairs, other, **options)
        assert {file.name: file.read_bytes() for file in pairs.output.iterdir() if file.is_file()} == before | {
            ".lock": (pairs.output / ".lock").read_bytes()
        }
        assert read_cohort(pairs.output) == first
    assert set(pairs.attempts().values()) == {1}


def test_another_version(pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    run(pairs)
    monkeypatch.setattr(tasks, "version", lambda: "9.9")
    with pytest.raises(ValueError, match=rf"'p00', and 2 more: version: '{re.escape(version())}' before, '9\.9' now\."):
        run(pairs)
    pairs.check(run(pairs, overwrite=True))
    assert set(pairs.attempts().values()) == {2}


def test_results_that_there_are_no_more(pairs: Pairs) -> None:
    """Who has nothing to lose need not say so: pairs that failed, or whose files are gone."""
    table = [*rows_of(pairs)[:2], {"fixed": "a.nii.gz", "moving": "b.nii.gz", "id": "bad"}]
    run(pairs, table)
    table[2] = rows_of(pairs)[2] | {"id": "bad"}
    assert run(pairs, table)["bad"].status == "done"
    (pairs.output / "p00.transform.h5").unlink()
    table[0]["seed"] = 4
    assert not run(pairs, table).failed
    assert pairs.attempts() == {"p00": 2, "p01": 1, "bad": 2}


def test_record_that_does_not_say_of_what_it_is(pairs: Pairs) -> None:
    run(pairs)
    edit(pairs.output / "p01.json", basis=None)
    assert not run(pairs).failed
    edit(pairs.output / "p01.json", basis=None)
    with pytest.raises(ValueError, match=r"of 'p01'.*: it is not known of which settings"):
        run(pairs, [rows_of(pairs)[1]], seed=3)


def edit(file: Path, **fields: Any) -> None:
    """Change fields of a record; those that are None are removed."""
    data = {**json.loads(file.read_text()), **fields}
    file.write_text(json.dumps({name: value for name, value in data.items() if value is not None}))


# What is read again


def test_rows_that_are_no_longer_there(pairs: Pairs) -> None:
    run(pairs)
    table = rows_of(pairs)
    for chosen in ([2, 0], [1], [1, 2, 0]):
        cohort = run(pairs, [{"age": 50 + number, **table[number]} for number in chosen], overwrite=True)
        again = read_cohort(pairs.output)
        assert [record.id for record in again] == [f"p0{number}" for number in chosen], "in the order of the table"
        assert [record.row["age"] for record in again] == [50 + number for number in chosen]
        assert again == cohort
        assert pairs.records() == {"p00", "p01", "p02"}, "none is lost"


def test_what_an_interrupted_change_left(pairs: Pairs) -> None:
    """Results of the settings before are no results of the run."""
    run(pairs)

    def stop(progress: CohortProgress) -> None:
        if progress.done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        register_cohort(pairs.table, output=pairs.output, processes=1, callback=stop, overwrite=True, seed=9, **QUICK)
    found = read_cohort(pairs.output)
    assert 1 <= len(found) < 3
    assert {record.settings[0]["seed"] for record in found} == {9}
    assert pairs.records() == {"p00", "p01", "p02"}


def test_folder_without_a_table(pairs: Pairs) -> None:
    cohort = run(pairs)
    (pairs.output / ".table").unlink()
    assert read_cohort(pairs.output) == cohort


@pytest.mark.parametrize("text", ["a\udcff", "\ud800\udc00", "\\udcff", "ä\udce4日\U00020000", '"\n\udc80', "\0"])
def test_records_of_any_text(tmp_path: Path, text: str) -> None:
    """What an exception says need not be text that a file can hold."""
    whole = Record("p", "failed", "key", "run", {}, **SECONDS, error=text, error_type="X", traceback=text)
    records.write_record(tmp_path, whole)
    (tmp_path / "p.json").read_text(encoding="utf-8")
    (found,) = read_cohort(tmp_path)
    # JSON has no lone halves of a pair: two that follow each other are one character.
    whole = dataclasses.replace(whole, error=join_halves(text), traceback=join_halves(text))
    assert found == whole
    read_cohort(tmp_path).write(tmp_path / "results.csv")
    (tmp_path / "results.csv").read_text(encoding="utf-8")


def join_halves(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


NEEDED = ("id", "status")


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Record) if field.name not in NEEDED])
def test_records_of_other_versions(tmp_path: Path, name: str) -> None:
    """A later version has fields that this one does not know, and may lack any that it has but id and status."""
    whole = Record(
        "p", "done", "key", "run", {"age": 3}, **SECONDS, host="there", pid=7, version="8", quality={"x": 1.0}
    )
    records.write_record(tmp_path, whole)
    assert records.read_record(tmp_path / "p.json") == whole
    edit(tmp_path / "p.json", later={"a": [1]}, levels_of_trust=3)
    assert records.read_record(tmp_path / "p.json") == whole
    edit(tmp_path / "p.json", **{name: None})
    (found,) = read_cohort(tmp_path)
    given, wanted = dataclasses.asdict(found), dataclasses.asdict(whole)
    assert not given.pop(name), "what is not known is not made up"
    del wanted[name]
    assert given == wanted
    assert read_cohort(tmp_path).table()[0]["id"] == "p"
    repr(read_cohort(tmp_path))


@pytest.mark.parametrize(
    "change", [{"id": None}, {"id": "q"}, {"status": None}, {"status": "x"}, {"format": "x"}, {"row": 3}]
)
def test_records_that_are_none(tmp_path: Path, change: dict[str, Any]) -> None:
    records.write_record(tmp_path, Record("p", "done", "key", "run", {}, **SECONDS))
    edit(tmp_path / "p.json", **change)
    assert records.read_record(tmp_path / "p.json") is None


def test_done_is_what_has_a_transform(pairs: Pairs) -> None:
    run(pairs)
    edit(pairs.output / "p01.json", files={})
    (pairs.output / "p01.transform.h5").unlink()
    pairs.check(run(pairs))


# results.csv


def test_results_of_an_interrupted_run(pairs: Pairs) -> None:
    for number in (1, 2):

        def stop(progress: CohortProgress, number: int = number) -> None:
            if progress.done == number:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            register_cohort(pairs.table, output=pairs.output, processes=1, callback=stop, **QUICK)
        with (pairs.output / "results.csv").open(newline="") as lines:
            rows = list(csv.DictReader(lines))
        assert {row["id"] for row in rows} == pairs.records()
        assert len(rows) >= number
        assert {row["status"] for row in rows} == {"done"}


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+A1",
        "-A1",
        "@SUM(A1)",
        "=HYPERLINK(1)",
        " =1",
        "\t=1",
        "\rx",
        "\uff1d1",
        "-",
        "+",
        "-1 mm",
        "--1",
        "-inf",
    ],
)
def test_formulas(tmp_path: Path, text: str) -> None:
    """As cell and as head; the record, the table and what is read again keep the text."""
    record = Record("p", "failed", "key", "run", {text: text, "site": text}, **SECONDS, error=text, error_type="X")
    records.write_record(tmp_path, record)
    cohort = read_cohort(tmp_path)
    assert cohort.records == (record,)
    assert [cohort.table()[0][name] for name in (text, "site", "error")] == [text] * 3
    cohort.write(tmp_path / "results.csv")
    with (tmp_path / "results.csv").open(newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert [row[name] for name in (f"'{text}", "site", "error")] == [f"'{text}"] * 3


@pytest.mark.parametrize(
    "value", ["-5", "+3", "-1.5e-3", "+.5", "-2.", "a=1", "a-b", "'=1", "", "x@y", -5, -0.5, None, True]
)
def test_what_is_no_formula(value: Any) -> None:
    assert no_formula(value) is value


def test_formulas_do_not_change_what_is_done(pairs: Pairs) -> None:
    table = [row | {"note": "=1+1"} for row in rows_of(pairs)]
    first = run(pairs, table)
    assert run(pairs, table) == first == read_cohort(pairs.output)
    assert set(pairs.attempts().values()) == {1}
    assert "'=1+1" in (pairs.output / "results.csv").read_text()


def test_progress_counts_each_record_once() -> None:
    """The counts are right for all orders, and nobody goes through the records again."""

    class Once(Record):
        looks = 0

        @property
        def status(self) -> str:
            type(self).looks += 1
            return "failed" if self.id.startswith("f") else "done"

        @status.setter
        def status(self, _: str) -> None: ...

    made = [Once.__new__(Once) for _ in range(500)]
    for number, one in enumerate(made):
        object.__setattr__(one, "id", f"{'f' if number % 7 == 3 else 'd'}{number}")
    seen: list[CohortProgress] = []
    watch = Watch(list(made[:100]), len(made), False, seen.append)
    for one in made[100:]:
        watch.add(one)
    for number, progress in enumerate(seen, 101):
        failed = sum(other % 7 == 3 for other in range(number))
        assert (progress.done, progress.failed) == (number - failed, failed)
    assert Once.looks <= 3 * len(made)


# Who works there


def hold(folder: Path, ready: Any, end: Any) -> None:
    with locked(folder / ".lock", wait=False):
        ready.set()
        end.wait(60)


@pytest.mark.parametrize("text", ["", "2030-01-01", "2030-01-01 machine 12 run\n", "\udcff garbage\n", "a b c d\n"])
def test_another_run_that_has_not_signed_yet(pairs: Pairs, text: str) -> None:
    pairs.output.mkdir()
    (pairs.output / ".lock").write_bytes(text.encode("utf-8", "surrogateescape"))
    context = multiprocessing.get_context("spawn")
    ready, end = context.Event(), context.Event()
    process = context.Process(target=hold, args=(pairs.output, ready, end))
    process.start()
    try:
        assert ready.wait(60)
        who = ": process 12 of machine, since 2030-01-01" if "machine" in text else ""
        with pytest.raises(RuntimeError, match=rf"output: another run works in '.*results'{who}\. Wait for its end"):
            run(pairs)
    finally:
        end.set()
        process.join()


def test_signatures_of_any_bytes(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    for size in range(200):
        (tmp_path / "lock").write_bytes(b"then there 3 run\n" + random.bytes(size) + b"\nnow here 4 other\n")
        assert signatures(tmp_path / "lock")[:: len(signatures(tmp_path / "lock")) - 1] == [
            ("then", "there", 3, "run"),
            ("now", "here", 4, "other"),
        ]
    assert signatures(tmp_path / "nowhere") == []


def test_locks_that_work(pairs: Pairs) -> None:
    with locked(pairs.folder / "lock", wait=False):
        assert is_protected(pairs.folder / "lock")
    assert not is_protected(pairs.folder / "lock"), "nobody holds it"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(pairs)


@pytest.mark.parametrize("number", [0, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_locks_that_do_nothing(pairs: Pairs, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def flock(*_: object) -> None:
        if number:
            raise OSError(number, "no locks")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.warns(UserWarning, match="output: the file system of '.*results' has no locks that work: ") as caught:
        cohort = run(pairs)
    assert [one.filename for one in caught] == [__file__], "once, where it was called"
    pairs.check(cohort)


def test_the_same_folder_copied(pairs: Pairs) -> None:
    """Results can be read elsewhere."""
    cohort = run(pairs)
    shutil.copytree(pairs.output, pairs.folder / "copy")
    assert read_cohort(pairs.folder / "copy").records == cohort.records
