# SPDX-License-Identifier: Apache-2.0
"""Cohorts: what is registered and found, and what is done again."""

import csv
import gzip
import json
import math
import os
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
from cohort_scene import QUICK, Pairs
from itk_maskedsampling import Cohort, Image, Transform, read_cohort, read_image, register, register_cohort, write_image


@pytest.fixture
def pairs(tmp_path: Path) -> Pairs:
    return Pairs(tmp_path, 3)


def run(pairs: Pairs, table: Any = None, **options: Any) -> Cohort:
    return register_cohort(
        pairs.table if table is None else table, output=pairs.output, processes=2, **{**QUICK, **options}
    )


def rows_of(pairs: Pairs) -> list[dict[str, Any]]:
    """The table with absolute paths."""
    with pairs.table.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [{name: cell if name == "id" else pairs.folder / cell for name, cell in row.items()} for row in rows]


def test_results(pairs: Pairs) -> None:
    cohort = run(pairs, write_images=True)
    pairs.check(cohort)
    for name, scene in pairs.scenes.items():
        result = register(scene.fixed, scene.moving, scene.fixed_mask, work_units=1, **QUICK)
        record = cohort[name]
        assert cohort.transform(name) == result.transform, "what register() finds"
        assert [level["last_value"] for level in record.levels] == [report.last_value for report in result.levels]
        assert record.settings[0]["samples"] == list(result.settings[0]["samples"])
        assert record.quality["metric_last"] == result.value
        assert record.quality["rms_displacement"] == pytest.approx(np.linalg.norm(result.transform.matrix()[:2, 2]))
        assert record.quality["points"] == 500
        assert record.settings[0]["work_units"] == 1, "so that results do not depend on the machine"
        assert record.stop_condition == result.stop_condition.strip()
        moved = read_image(pairs.output / f"{name}.moved.nii.gz")
        np.testing.assert_array_equal(moved.pixels, result.resample().pixels)
        assert record.row["moving"] == f"{name}_moving.nii.gz"
        assert record.started < record.ended
        assert 0 < float(record.register_seconds or 0) < record.seconds
        assert record.pid != os.getpid()
    assert read_cohort(pairs.output) == cohort


def test_table_of_results(pairs: Pairs) -> None:
    table = [{**row, "age": 40 + number, "site": "A"} for number, row in enumerate(rows_of(pairs))]
    table[1]["moving"] = "nowhere.nii.gz"
    cohort = run(pairs, table)
    rows = cohort.table()
    assert [row["id"] for row in rows] == ["p00", "p01", "p02"]
    assert [row["status"] for row in rows] == ["done", "failed", "done"]
    assert [row["age"] for row in rows] == [40, 41, 42]
    assert [row["transform_file"] for row in rows] == ["p00.transform.h5", None, "p02.transform.h5"]
    assert "nowhere.nii.gz" in str(rows[1]["error"])
    assert rows[1]["metric_last"] is None
    assert len({tuple(row) for row in rows}) == 1
    frame = cohort.to_pandas()
    assert list(frame.columns) == list(rows[0])
    assert frame["rms_displacement"].notna().tolist() == [True, False, True]
    with (pairs.output / "results.csv").open(newline="") as lines:
        written = list(csv.DictReader(lines))
    assert written == [{name: "" if cell is None else str(cell) for name, cell in row.items()} for row in rows]
    cohort.write(pairs.folder / "copy.csv")
    assert (pairs.folder / "copy.csv").read_bytes() == (pairs.output / "results.csv").read_bytes()


def test_failed_pairs(pairs: Pairs, capfd: pytest.CaptureFixture[str]) -> None:
    scene = pairs.scenes["p00"]
    pixels = scene.fixed.pixels.copy()
    pixels[30, 30] = math.nan
    write_image(Image(pixels), pairs.folder / "nan.mha")
    table = rows_of(pairs)
    table[0]["fixed"] = pairs.folder / "nan.mha"
    table.append({**table[1], "id": "missing", "fixed_mask": pairs.folder / "missing.nii.gz"})
    table.append({**table[1], "id": "initial", "initial": "missing.h5"})
    cohort = run(pairs, table, progress=True)
    assert [record.id for record in cohort.done] == ["p01", "p02"]
    assert {record.id: record.error_type for record in cohort.failed} == {
        "p00": "ValueError",
        "missing": "FileNotFoundError",
        "initial": "FileNotFoundError",
    }
    assert str(cohort["p00"].error).startswith("fixed: ")
    assert "in register\n" in str(cohort["missing"].traceback)
    assert pairs.records() == {"p00", "p01", "p02", "missing", "initial"}
    assert not (pairs.output / "p00.transform.h5").exists()
    with pytest.raises(ValueError, match=r"'p00' has no transform, it failed: ValueError: fixed: "):
        cohort.transform("p00")
    with pytest.raises(KeyError, match=r"no pair 'p1'; did you mean 'p01'\?"):
        cohort.transform("p1")
    lines = capfd.readouterr().err.splitlines()
    assert lines[0] == "0 of 5 done, 0 failed"
    assert lines[-1] == "2 of 5 done, 3 failed, 0:00:00 left"
    assert sum(line.startswith("p00 failed: ValueError: fixed: ") for line in lines) == 1


def test_file_that_goes_and_comes(pairs: Pairs) -> None:
    pairs.check(run(pairs))
    image = pairs.folder / "p01_moving.nii.gz"
    image.rename(pairs.folder / "elsewhere.nii.gz")
    assert [record.id for record in run(pairs).failed] == ["p01"]
    assert not (pairs.output / "p01.transform.h5").exists(), "what does not belong to the record is not kept"
    (pairs.folder / "elsewhere.nii.gz").rename(image)
    pairs.check(run(pairs))
    assert pairs.attempts() == {"p00": 1, "p01": 3, "p02": 1}


def test_pixels_in_a_file_of_their_own(pairs: Pairs) -> None:
    write_image(pairs.scenes["p00"].moving, pairs.folder / "moving.mhd")
    (pixels,) = pairs.folder.glob("moving.*raw")
    table = [rows_of(pairs)[0] | {"moving": pairs.folder / "moving.mhd"}]
    for attempts in (1, 2):
        run(pairs, table)
        run(pairs, table)
        assert pairs.attempts() == {"p00": attempts}
        os.utime(pixels, (0, 0))
        run(pairs, table)
        assert pairs.attempts() == {"p00": attempts}
        pixels.write_bytes(pixels.read_bytes()[::-1])


def test_retry(pairs: Pairs) -> None:
    table = [*rows_of(pairs), {"fixed": "a.nii.gz", "moving": "b.nii.gz", "id": "bad"}]
    assert len(run(pairs, table).failed) == 1
    before = pairs.stamps()
    assert len(run(pairs, table).failed) == 1
    assert pairs.stamps() == before
    assert len(run(pairs, table, retry_failed=True).failed) == 1
    after = pairs.stamps()
    assert {name for name in before if after[name] != before[name]} == {"bad.json"}
    assert pairs.attempts() == {"p00": 1, "p01": 1, "p02": 1, "bad": 2}


def compress_otherwise(pairs: Pairs) -> None:
    """Another file, of the same image."""
    file = pairs.folder / "p01_moving.nii.gz"
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()), 1))


def remove_transform(pairs: Pairs) -> None:
    (pairs.output / "p01.transform.h5").unlink()


def cut_transform(pairs: Pairs) -> None:
    os.truncate(pairs.output / "p01.transform.h5", 100)


def spoil_record(pairs: Pairs) -> None:
    (pairs.output / "p01.json").write_text('{"format": ')


def lose_record(pairs: Pairs) -> None:
    (pairs.output / "p01.json").unlink()


@pytest.mark.parametrize("change", [compress_otherwise, remove_transform, cut_transform, spoil_record, lose_record])
def test_what_is_done_again(pairs: Pairs, change: Callable[[Pairs], None]) -> None:
    run(pairs)
    before = pairs.stamps()
    change(pairs)
    pairs.check(run(pairs))
    assert pairs.attempts() == {"p00": 1, "p01": 2, "p02": 1}
    assert {name for name, stamp in pairs.stamps().items() if stamp in before.values()} == {
        f"{name}{suffix}" for name in ("p00", "p02") for suffix in (".json", ".transform.h5")
    }


@pytest.mark.parametrize(
    "options", [{"seed": 3}, {"transform": "rigid"}, {"initial": "geometry"}, {"initial": np.eye(3)}, {"samples": 400}]
)
def test_other_settings(pairs: Pairs, options: dict[str, Any]) -> None:
    run(pairs)
    pairs.check(run(pairs, **options, overwrite=True))
    assert set(pairs.attempts().values()) == {2}
    pairs.check(run(pairs, **options))
    assert set(pairs.attempts().values()) == {2}
    pairs.check(run(pairs, overwrite=True))
    assert set(pairs.attempts().values()) == {3}, "there is one result for each pair"


def test_what_is_not_done_again(pairs: Pairs) -> None:
    first = run(pairs)
    pairs.check(run(pairs, work_units=2))
    pairs.check(run(pairs, metric="MSE", seed=None))
    # The same files at another place, such as another machine has them.
    moved = pairs.folder.with_name("moved")
    shutil.move(pairs.folder, moved)
    pairs.folder, pairs.output, pairs.table = moved, moved / "results", moved / "pairs.csv"
    lines = pairs.table.read_text().splitlines()
    pairs.table.write_text("\n".join([f"{lines[0]},age", *(f"{line},50" for line in lines[1:])]))
    again = run(pairs)
    pairs.check(again)
    assert again["p00"].row["age"] == "50", "other columns are those of the table of this run"
    assert again["p00"].ended == first["p00"].ended
    assert set(pairs.attempts().values()) == {1}


def test_images_on_request(pairs: Pairs) -> None:
    run(pairs)
    cohort = run(pairs, write_images=True)
    assert {row["moved_file"] for row in cohort.table()} == {f"{name}.moved.nii.gz" for name in pairs.scenes}
    run(pairs)
    assert set(pairs.attempts().values()) == {2}, "images that are there stay"


def test_rows_with_settings_of_their_own(pairs: Pairs) -> None:
    table = rows_of(pairs)
    table[0] |= {"seed": "7", "transform": "rigid"}
    table[1] |= {"samples": 100, "initial": "geometry"}
    Transform.from_matrix(np.array([[1, 0, 0.5], [0, 1, 0], [0, 0, 1]])).write(pairs.folder / "start.h5")
    table[2] |= {"percentage": 0.1, "iterations": "20 10 5", "initial": pairs.folder / "start.h5"}
    cohort = run(pairs, table)
    pairs.check(cohort)
    settings = [record.settings[0] for record in cohort]
    assert [one["seed"] for one in settings] == [7, settings[1]["seed"], settings[1]["seed"]] != [7, 7, 7]
    assert [one["transform"] for one in settings] == ["rigid", "translation", "translation"]
    assert [record.quality["points"] for record in cohort] == [
        500,
        100,
        round(0.1 * pairs.scenes["p02"].fixed_mask.sum()),
    ]
    assert settings[1]["initialization"] == "geometry"
    assert settings[2]["iterations"] == [20, 10, 5]
    parts = cohort.transform("p02").parts
    assert [part[0].split("_")[0] for part in parts] == ["AffineTransform", "TranslationTransform"]


def test_one_image_for_all(pairs: Pairs) -> None:
    table = [{"moving": row["moving"]} for row in rows_of(pairs)]
    table[2]["fixed"] = pairs.folder / "p01_fixed.nii.gz"
    cohort = run(pairs, table, fixed=pairs.folder / "p00_fixed.nii.gz", fixed_mask=pairs.folder / "mask.nii.gz")
    assert [record.id for record in cohort] == ["row-0001", "row-0002", "row-0003"]
    for record, scene in zip(cohort, pairs.scenes.values(), strict=True):
        # All fixed images are the same texture.
        assert scene.error(cohort.transform(record.id)) < 0.1


def test_kinds_of_tables(pairs: Pairs, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [record.quality for record in run(pairs)]
    lines = pairs.table.read_text()
    tabs = pairs.folder / "pairs.tsv"
    tabs.write_text("\ufeff" + lines.replace(",", "\t"), encoding="utf-8")
    frame = pandas.read_csv(pairs.table)
    frame["age"] = [50, None, 52]
    monkeypatch.chdir(pairs.folder)
    for table in (tabs, "pairs.csv", frame, frame.to_dict("records")):
        cohort = run(pairs, table)
        assert [record.id for record in cohort] == list(pairs.scenes)
        assert [record.quality for record in cohort] == expected
    assert [row["age"] for row in run(pairs, frame).table()] == [50, None, 52]
    assert set(pairs.attempts().values()) == {1}, "all of them say the same"


def test_callback(pairs: Pairs) -> None:
    seen: list[Any] = []
    run(pairs, callback=seen.append)
    assert [one.done for one in seen] == [0, 1, 2, 3]
    assert [one.total for one in seen] == [3] * 4
    assert [one.record is None for one in seen] == [True, False, False, False]
    assert seen[0].seconds_left is None
    assert seen[-1].seconds_left == 0
    assert {one.record.id for one in seen[1:]} == set(pairs.scenes)


def test_how_it_shows_itself(pairs: Pairs) -> None:
    table = [*rows_of(pairs), {"fixed": "a<b>.nii.gz", "moving": "b.nii.gz", "id": "bad"}]
    cohort = run(pairs, table)
    text = repr(cohort)
    assert text.startswith(f"Cohort of 4 pairs: 3 done, 1 failed, in {pairs.output}")
    assert "bad failed: FileNotFoundError: fixed: there is no file" in text
    parser = Cells()
    parser.feed(cohort._repr_html_())
    assert parser.tags[0] == "div"
    assert "b" not in parser.tags[parser.tags.index("table") :], "text is text"
    assert parser.cells[:2] == ["bad", "failed"], "failed ones first"
    assert set(pairs.scenes) <= set(parser.cells)
    assert len(cohort) == 4
    assert [record.id for record in cohort] == [*pairs.scenes, "bad"]


class Cells(HTMLParser):
    """The tags, and the texts of cells of tables."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if self.tags[-1] == "td":
            self.cells.append(data)


def test_numbers_that_json_does_not_have(pairs: Pairs) -> None:
    """Without an iteration, SyN has no value of the metric, which is not a number then."""
    table = rows_of(pairs)[:1]
    settings = {"transform": "syn", "metric": "demons", "sampling": "random", "iterations": 0}
    cohort = run(pairs, table, **settings)
    row = table[0]
    result = register(row["fixed"], row["moving"], row["fixed_mask"], **(QUICK | settings))
    assert math.isnan(result.levels[-1].first_value)
    assert cohort["p00"].quality["metric_first"] is None
    assert read_cohort(pairs.output) == cohort
    json.loads((pairs.output / "p00.json").read_text(), parse_constant=pytest.fail)


def test_remains_of_killed_writers(pairs: Pairs) -> None:
    pairs.output.mkdir()
    for name, age in ((".old.part", 10000), (".new.part", 10)):
        (pairs.output / name).mkdir()
        time = pairs.table.stat().st_mtime - age
        os.utime(pairs.output / name, (time, time))
    run(pairs)
    assert [file.name for file in pairs.output.glob(".*.part")] == [".new.part"]
