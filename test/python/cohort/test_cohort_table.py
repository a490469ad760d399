# SPDX-License-Identifier: Apache-2.0
"""What register_cohort() does not take: it says so before anything is registered."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from itk_maskedsampling import _core, read_cohort, register_cohort
from itk_maskedsampling.cohort.record import COLUMNS

GOOD = {"fixed": "a.nii.gz", "moving": "b.nii.gz"}


def write_csv(folder: Path, text: str) -> Path:
    (folder / "pairs.csv").write_text(text)
    return folder / "pairs.csv"


@pytest.mark.parametrize(
    ("table", "error", "words"),
    [
        ([], ValueError, "table: it has no rows"),
        (
            [{}],
            ValueError,
            "table: there is no column 'fixed', with the paths of the fixed images; the columns are none",
        ),
        ([{"fixed": "a", "movin": "b"}], ValueError, "table: the column 'movin': did you mean 'moving'?"),
        (
            [{"fixed": "a", "b": "b"}],
            ValueError,
            "there is no column 'moving', .*; the columns are 'fixed', 'b'.* moving=",
        ),
        ([GOOD, {"fixed": "a"}], ValueError, "table: row 2: moving: the path of an image is needed"),
        ([GOOD | {"moving": "  "}], ValueError, "table: row 1: moving: the path of an image is needed"),
        ([GOOD | {"fixedmask": "m"}], ValueError, "'fixedmask': did you mean 'fixed_mask'?.* rename it"),
        ([GOOD | {"Fixed-Mask": "m"}], ValueError, "'Fixed-Mask': did you mean 'fixed_mask'?"),
        ([GOOD | {"mask": "m"}], ValueError, "'mask': did you mean 'fixed_mask'?"),
        ([GOOD | {"moving_msk": "m"}], ValueError, "'moving_msk': did you mean 'moving_mask'?"),
        ([GOOD | {"seed_": 3}], ValueError, "'seed_': did you mean 'seed'?"),
        ([GOOD | {"Weights": "w.mha"}], ValueError, "'Weights': did you mean 'weights'?"),
        ([GOOD | {"ID": "p1"}], ValueError, "'ID': did you mean 'id'?"),
        ([GOOD | {"learning-rate": 1}], ValueError, "'learning-rate': did you mean 'learning_rate'?"),
        ([GOOD | {"iteration": 1}], ValueError, "'iteration': did you mean 'iterations'?"),
        ([GOOD | {"error": 1}], ValueError, "the column 'error' would hide the one of the result; rename it"),
        ([GOOD | {"points": 1}], ValueError, "points cannot be in a table"),
        ([GOOD | {3: 1}], TypeError, "the name of a column is a text, not int 3"),
        (
            [GOOD | {"fixed": np.zeros((3, 3))}],
            TypeError,
            "table: row 1: fixed: the path of an image is needed, not a numpy",
        ),
        ([GOOD | {"id": "a/b"}], ValueError, "table: row 1: id: 'a/b' cannot be the name of a file"),
        ([GOOD | {"id": "."}], ValueError, "table: row 1: id: '.' cannot be the name of a file"),
        ([GOOD | {"id": "x" * 200}], ValueError, "cannot be the name of a file"),
        ([GOOD | {"id": "p"}, GOOD | {"id": "P"}], ValueError, "table: row 2: id: 'P' is also the id of row 1"),
        ([GOOD | {"id": "row-0002"}, GOOD], ValueError, "table: row 2: id: 'row-0002' is also the id of row 1"),
        (
            [GOOD | {"samples": "many"}],
            ValueError,
            "table: row 1: samples: numbers, .*, are needed, not 'many'.* rename it",
        ),
        ([GOOD | {"center": "Berlin"}], ValueError, "table: row 1: center: .*A column with the name of a setting"),
        ([GOOD | {"seed": "one"}], ValueError, "table: row 1: seed: a number is needed, not 'one'"),
        ([GOOD, GOOD | {"seed": 0.5}], ValueError, "table: row 2: seed: 0.5 is not an integer"),
        ([GOOD | {"seed": "1 2"}], TypeError, "table: row 1: seed: an integer is needed"),
        ([GOOD | {"perturb_samples": "maybe"}], ValueError, "table: row 1: perturb_samples: true or false is needed"),
        ([GOOD | {"metric": "mutal"}], ValueError, "table: row 1: metric: 'mutal' is none of"),
        ([GOOD | {"transform": "rigd"}], ValueError, "row-0001: transform: 'rigd' is none of .*did you mean 'rigid'"),
        ([GOOD | {"transform": "a.h5"}], ValueError, "table: row 1: transform: a kind of transform is needed"),
        ([GOOD | {"initial": "geometri"}], ValueError, "table: row 1: initial: 'geometri' is none of .*'geometry'"),
        ([GOOD | {"initial": 3}], TypeError, "table: row 1: initial: "),
        ([GOOD | {"percentage": 2}], ValueError, "row-0001: percentage"),
        (
            [GOOD | {"percentage": 0.5, "samples": 20}],
            ValueError,
            "row-0001: samples and percentage: both say how many",
        ),
        (pandas.DataFrame([[1, 2]], columns=["fixed", "fixed"]), ValueError, "the column 'fixed' is there twice"),
        (["a.nii.gz"], TypeError, "table: the path of a CSV file, a list of dicts or a pandas.DataFrame is needed"),
        (3, TypeError, "table: the path of a CSV file"),
        ("nowhere.csv", FileNotFoundError, "table: there is no file 'nowhere.csv' (in "),
    ],
)
def test_wrong_tables(tmp_path: Path, table: Any, error: type[Exception], words: str) -> None:
    pattern = words.replace("?", r"\?").replace("(", r"\(")
    with pytest.raises(error, match=pattern):
        register_cohort(table, output=tmp_path / "results")
    assert not list(tmp_path.glob("results/*.json"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty, but a line with the names of the columns is needed"),
        ("fixed,moving\n", "it has no rows"),
        ("fixed;moving\na;b\n", "there is no column 'fixed', .*; the columns are 'fixed;moving'"),
        ("fixed,moving,fixed\na,b,c\n", "the column 'fixed' is there twice"),
        ("fixed,moving\na,b\n\na\n", "row 2 has 1 cells, but there are 2 columns"),
        ("fixed,moving\na,b,c\n", "row 1 has 3 cells, but there are 2 columns"),
    ],
)
def test_wrong_files(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        register_cohort(write_csv(tmp_path, text), output=tmp_path / "results")


def test_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_bytes(bytes(range(128, 256)))
    with pytest.raises(ValueError, match=r"pairs.csv cannot be read as CSV in UTF-8"):
        register_cohort(tmp_path / "pairs.csv", output=tmp_path / "results")


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"sample": 3}, TypeError, "there is no setting 'sample'; did you mean 'samples'?"),
        ({"transform": "rigd"}, ValueError, "transform: 'rigd' is none of"),
        ({"transform": "nowhere.h5"}, FileNotFoundError, "transform: there is no file"),
        ({"transform": [{"transform": Path("nowhere.h5")}]}, FileNotFoundError, "there is no file"),
        ({"initial": "nowhere.h5"}, FileNotFoundError, "initial: there is no file"),
        ({"initial": "geometri"}, ValueError, "initial: 'geometri' is none of"),
        ({"initial": 3}, TypeError, "initial: a Transform"),
        ({"percentage": 2}, ValueError, "percentage"),
        ({"shrink_factors": [2, 1], "smoothing_sigmas": [1, 2, 3]}, ValueError, "smoothing_sigmas"),
        ({"points": np.zeros((3, 4))}, ValueError, "points: "),
        ({"fixed_mask": np.ones((3, 3))}, TypeError, "fixed_mask: the path of an image is needed"),
        ({"processes": 0}, ValueError, "processes: at least 1 is needed"),
        ({"processes": 1.5}, ValueError, "processes: 1.5 is not an integer"),
        ({"processes": "two"}, TypeError, "processes: an integer is needed"),
        ({"callback": 3}, TypeError, "callback: a function is needed"),
        ({"client": "tcp://scheduler:8786"}, TypeError, r'client: .* pip install "itk-maskedsampling[cohort]"'),
        ({"output": 3}, TypeError, "output: the path of a folder is needed"),
        ({"output": "no/where/results"}, FileNotFoundError, "output: there is no folder 'no/where'"),
    ],
)
def test_wrong_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    pattern = words.replace("?", r"\?").replace("[", r"\[").replace("]", r"\]").replace("'no/", f"'{tmp_path}/no/")
    with pytest.raises(error, match=pattern):
        register_cohort([GOOD], **({"output": "results"} | options))
    assert not list(tmp_path.glob("results/*.json"))


def test_columns_of_the_result() -> None:
    """None is a setting of register(), so that a table can have all of them."""
    assert not set(COLUMNS) & {name.replace("-", "_") for name in _core.describe_settings()}


def test_output_that_is_a_file(tmp_path: Path) -> None:
    table = write_csv(tmp_path, "fixed,moving\na,b\n")
    with pytest.raises(NotADirectoryError, match=r"output: '.*pairs\.csv' is a file"):
        register_cohort(table, output=table)


def test_reading_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"output: there is no folder 'nowhere'"):
        read_cohort("nowhere")
    (tmp_path / "settings.json").write_text('{"a": 1}')
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(ValueError, match=re.escape(f"output: '{tmp_path}' has no records of register_cohort()")):
        read_cohort(tmp_path)


def test_columns_that_are_carried_along(tmp_path: Path) -> None:
    """What a table of patients has is no mistake, even if it is a little like something else."""
    own = {
        "age": 50,
        "sex": "F",
        "site": "A",
        "fixed_id": "s1",
        "moving_date": pandas.Timestamp("2020-02-03"),
        "height": 1.8,
        "session": np.int64(2),
        "score": np.float64(0.5),
        "region": "left",
        "centre": "Berlin",
        "note": None,
        "sampleid": "x",
    }
    (record,) = register_cohort([GOOD | own], output=tmp_path / "results")
    kept = own | {"moving_date": "2020-02-03 00:00:00"}
    kept.pop("note")
    assert record.row == GOOD | kept
    assert read_cohort(tmp_path / "results")["row-0001"] == record
