# SPDX-License-Identifier: Apache-2.0
"""Shards, their results, and the overview in the shell."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_scene import Shell
from itk_maskedsampling import read_cohort
from itk_maskedsampling._cli import cohort as cli_cohort
from itk_maskedsampling._cli import main


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with images of three pairs, and their table."""
    folder = tmp_path_factory.mktemp("cli") / "study"
    assert main(["example", str(folder), "--pairs", "3", "--dimension", "2", "--quiet"]) == 0
    return folder


def words_of(study: Path, results: Path, *more: object) -> list[object]:
    return ["cohort", study / "cohort.csv", "--output", results, "--processes", 1, "-n", 500, *more]


def test_shards_and_collect(shell: Shell, study: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    said = shell.done(*words_of(study, results, "--shard", "1/2"))
    assert "2 pairs: 2 done, 0 failed" in said.out
    said = shell("cohort", "--collect", "--output", results)
    assert said.code == 1
    assert said.err == (
        "itk-maskedsampling: error: 1 of 3 pairs are missing: row-0002. Start all shards again: what is done is not "
        "done again\n"
    )
    assert "3 pairs: 2 done, 0 failed, 1 missing" in said.out
    assert shell("cohort", "--collect", "--output", results, "--json").json["missing"] == ["row-0002"]
    assert "1 pair: 1 done" in shell.done(*words_of(study, results, "--shard", "2/2")).out
    (results / "results.csv").unlink()
    said = shell.done("cohort", "--collect", "-o", results)
    assert said.out.splitlines() == [
        f"Cohort of 3 pairs: 3 done, 0 failed, in {results}",
        f"wrote {results / 'results.csv'}",
    ]
    found = shell.done("cohort", "--collect", "-o", results, "--json", "-q").json
    assert (found["done"], found["missing"]) == (3, [])
    assert len((results / "results.csv").read_text().splitlines()) == 4


def test_collect_of_failed_pairs(shell: Shell, study: Path, tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    table.write_text(f"moving\n{study / 'moving-1.png'}\n{tmp_path / 'nothing.png'}\n")
    words = ("--output", tmp_path / "results", "--fixed", study / "fixed.png", "--processes", 1, "-n", 500, "-q")
    assert shell("cohort", table, *words, "--shard", "1/2").code == 0
    assert shell("cohort", table, *words, "--shard", "2/2").code == 1
    said = shell("cohort", "--collect", "--output", tmp_path / "results", "--quiet")
    assert (said.code, said.out) == (1, "")
    assert said.error == f"1 of 2 pairs failed; {tmp_path / 'results' / 'results.csv'} says why"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "--output results",
            "TABLE: one is needed, with a row for each pair; without one, --collect reads what is there",
        ),
        ("--collect --output nowhere", "--output: there is no folder 'nowhere' (in "),
        ("--collect --output .", "--output: '.' has no records of register_cohort()"),
        ("pairs.csv --collect --output .", "TABLE: nothing is registered with --collect; leave one of them out"),
        ("--collect --output . --shard 1/2", "--shard: nothing is registered with --collect"),
        ("--collect --output . --seed 4", "--seed: nothing is registered with --collect"),
        ("--collect --output . --set seed=4", "--set: nothing is registered with --collect"),
        ("--collect --output . --write-images", "--write-images: nothing is registered with --collect"),
    ],
)
def test_words_that_do_not_go_together(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = shell("cohort", *words.split())
    assert said.code == 2
    assert said.error.startswith(message)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["results/overview.html", "overview.html"])
def test_overview(shell: Shell, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Also in the folder of the output, which is not there yet."""
    monkeypatch.chdir(tmp_path)
    said = shell.done(*words_of(study, Path("results"), "--overview", place))
    assert said.out.splitlines()[-1] == f"wrote {place}"
    first = (tmp_path / place).read_text()
    assert first.count("<section ") == first.count("<img ") == 3
    (tmp_path / place).unlink()
    shell.done("cohort", "--collect", "--output", "results", "--overview", place, "-q")
    assert (tmp_path / place).read_text() == first


def test_overview_that_cannot_be_written(
    shell: Shell, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After hours of work: the results are there all the same."""

    def fail(*_: Any, **__: Any) -> None:
        raise OSError("path: no space is left")

    monkeypatch.setattr("itk_maskedsampling.Cohort.write_overview", fail)
    said = shell(*words_of(study, tmp_path / "results", "-q", "--overview", tmp_path / "a.html"))
    assert (said.code, said.error) == (1, "--overview: no space is left")
    assert len(read_cohort(tmp_path / "results").done) == 3


def test_scheduler_file(shell: Shell, monkeypatch: pytest.MonkeyPatch, study: Path, tmp_path: Path) -> None:
    addresses: list[str] = []

    class Client:
        def __init__(self, address: str) -> None:
            addresses.append(address)
            raise OSError("timed out")

    monkeypatch.setitem(sys.modules, "distributed", type(sys)("distributed"))
    monkeypatch.setattr(sys.modules["distributed"], "Client", Client, raising=False)
    monkeypatch.setattr(cli_cohort, "register_cohort", lambda *_, **__: pytest.fail("there is no scheduler"))
    file = tmp_path / "scheduler.json"
    words = words_of(study, tmp_path / "results", "--scheduler-file", file)
    file.write_text(json.dumps({"type": "Scheduler", "address": "tcp://10.0.0.7:8786", "workers": {}}))
    said = shell(*words[:4], "--scheduler-file", file)
    assert (said.code, said.error) == (1, "--scheduler-file: there is no answer from 'tcp://10.0.0.7:8786': timed out")
    assert addresses == ["tcp://10.0.0.7:8786"]
    for text in ("", "[]", "{}", "3", '{"address": 3}', "\0", '{"address"'):
        file.write_text(text)
        said = shell(*words)
        assert said.code == 2
        assert said.error.startswith(f"--scheduler-file: '{file}' ")
    file.write_bytes(b"\xff\xfe")
    assert shell(*words).code == 2
    assert len(addresses) == 1
