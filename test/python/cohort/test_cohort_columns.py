# SPDX-License-Identifier: Apache-2.0
"""Tables of other people: their columns, their empty cells and rows, and their ids."""

import os
import random
import string
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from cohort_scene import QUICK, Pairs
from itk_maskedsampling import _core, read_cohort, register_cohort
from itk_maskedsampling._images.choices import snake
from itk_maskedsampling.cohort.columns import IMAGES, WORDS
from itk_maskedsampling.cohort.record import MOVED, TRANSFORM
from itk_maskedsampling.cohort.table import Pair, read_table
from itk_maskedsampling.cohort.task import make_task, read_common

GOOD = {"fixed": "a.nii.gz", "moving": "b.nii.gz"}
SETTINGS = [snake(name) for name in _core.describe_settings()]


def read_quietly(table: Any) -> list[Pair]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return read_table(table, {})


# Ids

LETTERS = (string.ascii_letters, "äöüßéñ", "日本語中文", "\U00020000\U0002a6d6")


def test_ids_are_names_of_files(tmp_path: Path) -> None:
    """Whatever id is taken, the file system takes all names of its files, too; and the other way round."""
    draw = random.Random(5)
    taken = 0
    for _ in range(300):
        letters = draw.choice(LETTERS)
        name = "".join(draw.choices(letters, k=draw.randint(1, 260 // len(letters[0].encode()))))
        if len(name) > 151 or len(name.encode()) + len(".transform.h5") > 255:
            with pytest.raises(ValueError, match=rf"^table: row 1: id: '{name}' cannot be the name of a file here\. "):
                read_table([GOOD | {"id": name}], {})
            continue
        read_table([GOOD | {"id": name}], {})
        taken += 1
        for suffix in ("", ".json", TRANSFORM, MOVED):
            (tmp_path / f"{name}{suffix}").write_text("x")
    assert 100 < taken < 300


@pytest.mark.parametrize(
    ("name", "words"), [("日" * 81, "It has 243 bytes, 242 are the most"), ("é" * 122, "244 bytes")]
)
def test_bytes_of_ids(name: str, words: str) -> None:
    assert len(name) <= 151
    with pytest.raises(ValueError, match=rf"table: row 2: id: '.*' cannot be the name of a file here\. .*{words}"):
        read_table([GOOD, GOOD | {"id": name}], {})
    assert read_table([GOOD | {"id": name[:-2]}], {})[0].id == name[:-2]


def test_longest_id(tmp_path: Path) -> None:
    pairs = Pairs(tmp_path, 1)
    name = "日" * 80
    pairs.table.write_text(pairs.table.read_text().replace("\np00,", f"\n{name},"), encoding="utf-8")
    cohort = register_cohort(pairs.table, output=pairs.output, write_images=True, **QUICK)
    assert [(record.id, record.status) for record in cohort] == [(name, "done")]
    assert read_cohort(pairs.output) == cohort


# Texts


@pytest.mark.parametrize(
    "name", ["fixed", "moving", "fixed_mask", "initial", "id", "site", "metric", "samples", "weights"]
)
@pytest.mark.parametrize("bad", ["a\udcff.nii.gz", "\ud800", "x\0y.nii"])
def test_what_is_no_text(tmp_path: Path, name: str, bad: str) -> None:
    for value in (bad, Path(bad)):
        with pytest.raises(ValueError, match=rf"^table: row 2: {name}: .* has bytes that are no text in UTF-8"):
            register_cohort([GOOD, GOOD | {name: value}], output=tmp_path / "results")
    with pytest.raises(ValueError, match=r"^table: the column .* has bytes that are no text in UTF-8"):
        register_cohort([GOOD | {bad: 1}], output=tmp_path / "results")
    if name in IMAGES:
        common: dict[str, Any] = {name: bad}
        with pytest.raises(ValueError, match=rf"^{name}: .* has bytes that are no text in UTF-8"):
            register_cohort([GOOD], output=tmp_path / "results", **common)


def test_what_is_no_text_in_a_message(tmp_path: Path) -> None:
    """A folder may be called so: what fails is recorded, and read again."""
    folder = tmp_path / os.fsdecode(b"K\xf6ln")
    folder.mkdir()
    (folder / "pairs.csv").write_text("fixed,moving\na.nii.gz,b.nii.gz\n")
    cohort = register_cohort(folder / "pairs.csv", output=folder / "results", processes=1)
    assert [record.status for record in cohort] == ["failed"]
    assert "ln/a.nii.gz" in str(cohort.failed[0].error)
    assert read_cohort(folder / "results") == cohort
    (folder / "results" / "results.csv").read_text(encoding="utf-8")


# Columns


def test_every_setting_has_its_column() -> None:
    """Exactly its name, and a value of it; nothing else changes what is done."""
    values = {"flag": "yes", "count": "3", "number": "0.5", "counts": "2 1", "numbers": "0.5 0.5", "integers": "1 1"}
    for name, setting in _core.describe_settings().items():
        value = setting.choices[-1] if setting.kind == "text" else values[setting.kind]
        if name == "transform":
            continue
        (pair,) = read_table([GOOD | {snake(name): value}], {})
        assert list(pair.settings) == [name]
        for other in (f"my_{snake(name)}", f"{snake(name)}_of_patient"):
            (pair,) = read_quietly([GOOD | {other: value}])
            assert not pair.settings
            assert pair.row == GOOD | {other: value}


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("value", [80, "80", "blood", "1 2", "w.nii.gz"])
def test_words_of_tables(word: str, value: Any) -> None:
    for name in {word, word.upper(), word.capitalize()} - set(SETTINGS):
        with pytest.warns(UserWarning, match=rf"table: the column '{name}' is no setting, .*; call it '\w+' if that"):
            pairs = read_table([GOOD | {name: value}], {})
        assert pairs[0].row == GOOD | {name: value}
        assert not pairs[0].settings
        assert set(pairs[0].images) == {"fixed", "moving"}


def test_a_warning_is_that_of_the_caller(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="'weight'") as caught:
        register_cohort([GOOD | {"weight": 80}], output=tmp_path / "results")
    assert [one.filename for one in caught] == [__file__]


@pytest.mark.parametrize(
    ("column", "error"),
    [
        ({"weights": 80.5}, "row 1: weights: the path of an image is needed, of the density of samples, not 80.5"),
        ({"weights": "80.5"}, "row 1: weights: the path of an image is needed, .*, not '80.5'"),
        ({"weights": "heavy"}, "row 1: weights: the path of an image is needed, .*, not 'heavy'"),
        ({"weights": np.int64(80)}, "row 1: weights: the path of an image is needed"),
        ({"center": "Berlin"}, "row 1: center: numbers, .*, are needed, not 'Berlin'"),
        ({"center": 3}, "row 1: center: 2 or 3 numbers, x y z, are needed, of a point in space, not 1 number"),
        ({"center": "1"}, "row 1: center: 2 or 3 numbers"),
        ({"center": "1 2 3 4"}, "row 1: center: 2 or 3 numbers, .*, not 4 numbers"),
        ({"samples": "blood"}, "row 1: samples: numbers"),
        ({"samples": 0.5}, "row 1: samples: 0.5 is not an integer"),
        ({"radius": 4.5}, "row 1: radius: 4.5 is not an integer"),
        ({"metric": "HbA1c"}, "row 1: metric: 'HbA1c' is none of"),
        ({"initial": "AB"}, "row 1: initial: 'AB' is none of"),
        ({"trace": "lead"}, "row 1: trace: true or false is needed"),
        ({"transform": "log.p"}, "row 1: transform: a kind of transform is needed"),
        ({"levels": "high"}, "row 1: levels: "),
    ],
)
def test_settings_that_are_none(tmp_path: Path, column: dict[str, Any], error: str) -> None:
    """The error says that the column can be renamed."""
    kinds = (ValueError, TypeError)
    with pytest.raises(kinds, match=rf"^table: {error}.*A column with the name of a setting.*rename it"):
        register_cohort([GOOD | column], output=tmp_path / "results")
    (name,) = column
    assert read_quietly([GOOD | {f"patient_{name}": column[name]}])


def test_one_value_that_is_none_is_enough() -> None:
    with pytest.raises(ValueError, match="table: row 3: seed: a number is needed, not 'oak'"):
        read_table([GOOD | {"seed": 1}, GOOD, GOOD | {"seed": "oak"}], {})
    assert [dict(pair.settings) for pair in read_table([GOOD | {"seed": 1}, GOOD, GOOD | {"seed": "n/a"}], {})] == [
        {"seed": 1},
        {},
        {},
    ]


def test_weights_that_are_images(tmp_path: Path) -> None:
    (tmp_path / "series").mkdir()
    lines = ["fixed,moving,weights", "a.mha,b.mha,w.mha", "a.mha,b.mha,sub/w", "a.mha,b.mha,series", "a.mha,b.mha,n/a"]
    (tmp_path / "pairs.csv").write_text("\n".join(lines))
    found = [pair.images.get("weights") for pair in read_table(tmp_path / "pairs.csv", {})]
    assert found == [*(str(tmp_path / name) for name in ("w.mha", "sub/w", "series")), None]


# Empty cells and rows


def test_what_is_empty(tmp_path: Path) -> None:
    """The same table, with all that spreadsheets and BIDS write around it."""
    draw = random.Random(3)
    plain = [["fixed", "moving", "fixed_mask", "seed", "age"]]
    plain += [[f"f{n}.nii", f"m{n}.nii", draw.choice(["", "k.nii"]), draw.choice(["", "7"]), "50"] for n in range(6)]
    expected = read_table(write_csv(tmp_path, plain), {})
    for _ in range(50):
        empty = [draw.choice(["", " ", "n/a", "N/A", " n/a "]) for _ in range(40)]
        rows = [[cell or draw.choice(empty) for cell in row] for row in plain]
        columns, more = draw.randint(0, 3), draw.randint(0, 4)
        rows = [row + [""] * columns for row in rows] + [[draw.choice(empty)] * (5 + columns) for _ in range(more)]
        found = read_table(write_csv(tmp_path, rows), {})
        assert found == expected
    dicts = [dict(zip(plain[0], row, strict=True)) for row in plain[1:]]
    dicts = [{name: cell or "n/a" for name, cell in row.items()} for row in dicts]
    assert len(read_table([*dicts, dict.fromkeys(plain[0], ""), {}], {})) == 6
    frame = pandas.DataFrame([*dicts, dict.fromkeys(plain[0])])
    assert [pair.row for pair in read_table(frame, {})] == [pair.row for pair in expected]


def write_csv(folder: Path, rows: list[list[str]]) -> Path:
    (folder / "pairs.csv").write_text("\n".join(",".join(row) for row in rows) + "\n")
    return folder / "pairs.csv"


@pytest.mark.parametrize("table", [[{"fixed": "n/a", "moving": ""}], [dict.fromkeys(GOOD)] * 3])
def test_only_empty_rows(table: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match="table: it has no rows"):
        read_table(table, {})


# Names of arguments


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"retry_fail": True}, "there is no setting 'retry_fail'; did you mean 'retry_failed'"),
        ({"overwrit": True}, "there is no setting 'overwrit'; did you mean 'overwrite'"),
        ({"Seed": 3}, "there is no setting 'Seed'; did you mean 'seed'"),
    ],
)
def test_arguments_that_are_none(tmp_path: Path, given: dict[str, Any], words: str) -> None:
    with pytest.raises(TypeError, match=rf"^register_cohort\(\): {words}"):
        register_cohort([GOOD], output=tmp_path / "results", **given)


def test_errors_of_a_row_whose_kind_wants_more_than_a_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fail(*_: object) -> None:
        b"\xff".decode()

    (pair,) = read_table([GOOD], {})
    common = read_common({})
    monkeypatch.setattr(sys.modules[make_task.__module__], "check_plan", fail)
    with pytest.raises(UnicodeError, match=r"^table: row-0001: 'utf-8' codec can't decode"):
        make_task(pair, common, tmp_path, "run", False, False)
