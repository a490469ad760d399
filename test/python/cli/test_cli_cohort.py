# SPDX-License-Identifier: Apache-2.0
"""`itk-maskedsampling cohort`: it is register_cohort(), with the options of `register`."""

import contextlib
import csv
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_scene import Shell
from itk_maskedsampling import Transform, read_image, read_transform
from itk_maskedsampling._cli import cohort as cli_cohort
from itk_maskedsampling._cli import main
from itk_maskedsampling._cli.settings import read_points


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with images of two pairs, and their table."""
    folder = tmp_path_factory.mktemp("cli") / "study"
    assert main(["example", str(folder), "--pairs", "2", "--dimension", "2", "--quiet"]) == 0
    return folder


def read_results(folder: Path) -> list[dict[str, str]]:
    with (folder / "results.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def error_of(study: Path, folder: Path, number: int) -> float:
    """The largest distance, in pixels, between what was found and the truth, over the mask."""
    points = np.argwhere(read_image(study / "mask.png").pixels)[:, ::-1]
    found = read_transform(folder / f"row-{number:04d}.transform.h5")
    truth = read_transform(study / f"truth-{number}.tfm")
    return float(np.linalg.norm(found(points) - truth(points), axis=1).max())


def test_pairs_are_registered(shell: Shell, study: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    words = ("cohort", study / "cohort.csv", "--output", results, "--processes", 1, "-n", 1500)
    said = shell.done(*words)
    assert "2 pairs: 2 done, 0 failed" in said.out
    assert said.out.splitlines()[-1] == f"wrote {results / 'results.csv'}"
    assert "2 of 2 done, 0 failed" in said.err
    for number in (1, 2):
        assert error_of(study, results, number) < 0.3
    # The same command does nothing again.
    times = {path: path.stat().st_mtime_ns for path in results.glob("row-*")}
    again = shell.done(*words, "--json", "--quiet")
    assert again.err == ""
    assert {path: path.stat().st_mtime_ns for path in results.glob("row-*")} == times
    found = again.json
    assert (found["done"], found["failed"], found["results"]) == (2, 0, str(results / "results.csv"))
    assert [pair["id"] for pair in found["pairs"]] == [row["id"] for row in read_results(results)]


def test_a_pair_that_fails(shell: Shell, study: Path, tmp_path: Path) -> None:
    table = tmp_path / "pairs.csv"
    fixed, mask = study / "fixed.png", study / "mask.png"
    table.write_text(f"id,moving\ngood,{study / 'moving-1.png'}\nbad,{tmp_path / 'nothing.png'}\n")
    words = ("--output", tmp_path / "results", "--fixed", fixed, "--fixed-mask", mask, "--processes", "1")
    said = shell("cohort", table, *words, "--write-images")
    assert said.code == 1
    assert said.err.splitlines()[-1] == (
        f"itk-maskedsampling: error: 1 of 2 pairs failed; {tmp_path / 'results' / 'results.csv'} says why"
    )
    assert [row["status"] for row in read_results(tmp_path / "results")] == ["done", "failed"]
    assert (tmp_path / "results" / "good.moved.nii.gz").exists()
    assert "Traceback" not in said.err


def test_options_are_those_of_register_cohort(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, study: Path, tmp_path: Path
) -> None:
    called: dict[str, Any] = {}

    def note(*values: Any, **options: Any) -> None:
        called.update(options, values=values)
        raise RuntimeError("enough")

    monkeypatch.setattr(cli_cohort, "register_cohort", note)
    Transform(2).write(tmp_path / "start.tfm")
    (tmp_path / "points.csv").write_text("x,y\n1,2\n3,4\n")
    words = """--output results --processes 3 --retry-failed --write-images --overwrite --quiet --fixed f.png
        --shard 2/8 --write-reports --names bids
        --weights w.png --transform rigid,affine --set 1:samples=5 --set return-best=no --seed 4"""
    files = ("--initial", tmp_path / "start.tfm", "--points", tmp_path / "points.csv")
    said = shell("cohort", "pairs.csv", *words.split(), *files)
    assert (said.code, said.error) == (1, "enough")
    assert called == {
        "values": ("pairs.csv", None),
        "output": "results",
        "shard": "2/8",
        "processes": 3,
        "retry_failed": True,
        "write_images": True,
        "write_reports": True,
        "names": "bids",
        "overwrite": True,
        "progress": False,
        "fixed": "f.png",
        "weights": "w.png",
        "transform": [{"transform": "rigid"}, {"transform": "affine", "samples": 5}],
        "return_best": False,
        "seed": 4,
        "initial": Transform.read(tmp_path / "start.tfm"),
        "points": [[1, 2], [3, 4]],
    }


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            ValueError("output: 'a' has results. Give another folder, or overwrite=True"),
            "--output: 'a' has results. Give another folder, or --overwrite",
        ),
        (ValueError("table: give it as fixed="), "TABLE: give it as --fixed"),
        (ValueError("table: a mask, or points= for all"), "TABLE: a mask, or --points for all"),
        (ValueError("table: 'seed=3' and learning_rate=2"), "TABLE: 'seed=3' and --learning-rate=2"),
        (ValueError("table: nothing=3, table=4"), "TABLE: nothing=3, table=4"),
        (TypeError("register_cohort(): there is no setting 'sed'"), "--set: there is no setting 'sed'"),
    ],
)
def test_errors_name_options(shell: Shell, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(cli_cohort, "register_cohort", fail)
    said = shell("cohort", "pairs.csv", "--output", "results")
    assert (said.code, said.error) == (2, message)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--set seeed=3", "--set: there is no setting 'seeed'; did you mean 'seed'?"),
        ("--set overwrite=1", "--set: 'overwrite' is no setting; give it as --overwrite"),
        ("--set output=1", "--set: 'output' is no setting; give it as --output"),
        ("--fixed-mask \udcff.nii", "--fixed-mask: '\\udcff.nii' has bytes that are no text"),
        ("--processes 0", "--processes: at least 1 is needed"),
        ("--shard 0/4", "--shard: '0/4', but the 4 parts are counted from 1/4 to 4/4"),
        ("--shard 3", "--shard: '3', but the number of a part, from 1, and of how many is needed: '1/8'"),
        ("--names bidz", "--names: 'bidz' is none of plain, bids; did you mean 'bids'?"),
        ("--names bids", "TABLE: row-0001: id: 'row-0001' is no name of BIDS"),
        ("--collect", "TABLE: nothing is registered with --collect; leave one of them out"),
        ("--overview nowhere/a.html", "--overview: there is no folder 'nowhere'"),
        ("--overview .", "--overview: '.' is a folder; give the path of a file in it"),
        ("--scheduler-file no.json", "--scheduler-file: there is no file 'no.json'"),
        ("--scheduler-file points.csv", "--scheduler-file: 'points.csv' is not what dask scheduler --scheduler-file"),
        ("--points points.csv", "--points: 'points.csv' is no text in UTF-8; x,y or x,y,z is needed in each line"),
    ],
)
def test_words_that_are_wrong(
    shell: Shell, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points.csv").write_bytes(b"\x89PNG\r\n\x1a\n\xff\xfe")
    said = shell("cohort", study / "cohort.csv", "--output", "results", "--quiet", *words.split(" "))
    assert said.code == 2
    assert said.error.startswith(message)


def test_points_of_any_bytes(tmp_path: Path) -> None:
    """A file of points is read, or is an error that names it; never another one."""
    draw = random.Random(1)
    path = tmp_path / "points.csv"
    for _ in range(300):
        good = b"1,2\n" * draw.choice([0, 1, 3000])
        path.write_bytes(good + draw.randbytes(draw.randint(0, 8)) + draw.choice([b"", b"\n", b"\0", b"3,4\n"]))
        with contextlib.suppress(ValueError):
            assert read_points(str(path))
            continue
        with pytest.raises(ValueError, match=r"^points: .*points\.csv'"):
            read_points(str(path))


def test_results_are_not_overwritten(shell: Shell, study: Path, tmp_path: Path) -> None:
    words = ("cohort", study / "cohort.csv", "--output", tmp_path / "results", "--processes", 1, "-q", "-n", 500)
    shell.done(*words)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "results").glob("row-*")}
    said = shell(*words, "--seed", 5)
    assert said.code == 2
    assert said.error.startswith(
        f"--output: '{tmp_path / 'results'}' has results that would be overwritten, of 'row-0001'"
    )
    assert said.error.endswith("and 1 more: seed: not given before, 5 now. Give another folder, or --overwrite")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "results").glob("row-*")} == before
    shell.done(*words, "--seed", 5, "--overwrite")
    assert not before.items() & {path: path.stat().st_mtime_ns for path in (tmp_path / "results").glob("row-*")}.items()


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (KeyboardInterrupt(), 130, "itk-maskedsampling: interrupted"),
        (OSError(28, "No space left on device"), 1, "error: --output: No space left on device: 'results'"),
        (OSError(28, "No space left on device", "a.json"), 1, "error: No space left on device: 'a.json'"),
        (OSError("a sentence"), 1, "error: a sentence"),
        (ValueError("table: row 3: seed: bad"), 2, "error: TABLE: row 3: seed: bad"),
    ],
)
def test_errors(shell: Shell, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, message: str) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(cli_cohort, "register_cohort", fail)
    said = shell("cohort", "pairs.csv", "--output", "results")
    assert said.code == code
    assert said.err.splitlines()[-1].endswith(message)
    assert len(said.err.splitlines()) == (2 if code == 130 else 1)
    if code == 130:
        assert "the same command goes on from there" in said.err


def test_scheduler(shell: Shell, monkeypatch: pytest.MonkeyPatch, study: Path, tmp_path: Path) -> None:
    """A client of the address is what register_cohort() gets; a real cluster is in test_cohort_dask.py."""
    events: list[Any] = []

    class Client:
        def __init__(self, address: str) -> None:
            if address == "tcp://nowhere:1":
                raise OSError("timed out")
            events.append(address)

        def __enter__(self) -> "Client":
            return self

        def __exit__(self, *_: object) -> None:
            events.append("closed")

    def note(_: str, client: object, **__: Any) -> None:
        events.append(type(client))
        raise RuntimeError("enough")

    monkeypatch.setitem(sys.modules, "distributed", type(sys)("distributed"))
    monkeypatch.setattr(sys.modules["distributed"], "Client", Client, raising=False)
    monkeypatch.setattr(cli_cohort, "register_cohort", note)
    words = ("cohort", study / "cohort.csv", "--output", tmp_path / "results", "--scheduler")
    assert shell(*words, "tcp://somewhere:8786").error == "enough"
    assert events == ["tcp://somewhere:8786", Client, "closed"]
    said = shell(*words, "tcp://nowhere:1")
    assert (said.code, said.error) == (1, "--scheduler: there is no answer from 'tcp://nowhere:1': timed out")
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = shell(*words, "tcp://somewhere:8786")
    assert (said.code, said.error) == (2, '--scheduler: Dask is needed: pip install "itk-maskedsampling[cohort]"')
    said = shell(*words, "tcp://somewhere:8786", "--scheduler-file", "a.json")
    assert (said.code, said.error) == (2, "--scheduler-file: there is --scheduler, too; leave one of them out")
