# SPDX-License-Identifier: Apache-2.0
"""A cohort tells which of its pairs can be trusted, and how far."""

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cohort_scene import QUICK, Pairs
from itk_maskedsampling import Cohort, Image, read_cohort, register, register_cohort, write_image
from itk_maskedsampling.cohort.record import COLUMNS

COLUMNS_OF_IT = ("uncertainty_status", "standard_error")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Pairs:
    """Four, of which one is of noise, and one cannot be read."""
    pairs = Pairs(tmp_path_factory.mktemp("cohort"), 4)
    noise = np.random.default_rng(0).normal(80, 30, pairs.scenes["p01"].moving.pixels.shape)
    write_image(Image(noise.astype(np.float32)), pairs.folder / "p01_moving.nii.gz")
    (pairs.folder / "p02_moving.nii.gz").write_bytes(b"no image")
    return pairs


@pytest.fixture(scope="module")
def cohort(pairs: Pairs) -> Cohort:
    return register_cohort(pairs.table, output=pairs.output, processes=1, **QUICK)


def test_columns(pairs: Pairs, cohort: Cohort) -> None:
    """Of each pair what register() tells."""
    rows = {row["id"]: row for row in cohort.table()}
    for name in ("p00", "p03"):
        fixed, moving = (pairs.folder / f"{name}_{role}.nii.gz" for role in ("fixed", "moving"))
        wanted = register(fixed, moving, pairs.folder / "mask.nii.gz", **QUICK).uncertainty
        assert wanted is not None
        assert rows[name]["uncertainty_status"] == wanted.status == "determined"
        assert rows[name]["standard_error"] == wanted.standard_error > 0
        assert cohort[name].is_determined is True
    assert rows["p01"]["uncertainty_status"] == "lost"
    assert rows["p01"]["standard_error"] is None
    assert cohort["p01"].is_determined is False
    assert [rows["p02"][name] for name in COLUMNS_OF_IT] == [None, None]
    assert cohort["p02"].is_determined is None
    assert set(COLUMNS_OF_IT) < set(COLUMNS)


def test_files(pairs: Pairs, cohort: Cohort) -> None:
    with (pairs.output / "results.csv").open(newline="") as lines:
        rows = {row["id"]: row for row in csv.DictReader(lines)}
    assert [rows[name]["uncertainty_status"] for name in pairs.scenes] == ["determined", "lost", "", "determined"]
    assert float(rows["p00"]["standard_error"]) == cohort["p00"].quality["standard_error"]
    assert rows["p01"]["standard_error"] == rows["p02"]["standard_error"] == ""
    assert read_cohort(pairs.output).records == cohort.records


def test_summary(cohort: Cohort) -> None:
    assert cohort.summary() == "4 pairs: 3 done, 1 failed, 1 not determined"
    assert [record.id for record in cohort.undetermined] == ["p01"]
    assert "1 not determined" in repr(cohort)
    assert "1 not determined" in cohort._repr_html_()
    assert "<td>lost</td>" in cohort._repr_html_()
    sound = dataclasses.replace(cohort, records=tuple(one for one in cohort if one.id in ("p00", "p03")))
    assert sound.summary() == "2 pairs: 2 done, 0 failed"


def test_none(pairs: Pairs, tmp_path: Path) -> None:
    cohort = register_cohort(pairs.table, output=tmp_path / "none", processes=1, uncertainty="none", **QUICK)
    for row in cohort.table():
        assert [row[name] for name in COLUMNS_OF_IT] == [None, None]
    assert cohort.undetermined == ()
    assert cohort.summary() == "4 pairs: 3 done, 1 failed"


def test_a_setting_of_a_row(pairs: Pairs, tmp_path: Path) -> None:
    mask = pairs.folder / "mask.nii.gz"
    rows: list[dict[str, Any]] = [
        {"fixed": pairs.folder / "p00_fixed.nii.gz", "moving": pairs.folder / "p00_moving.nii.gz", "uncertainty": how}
        for how in ("none", "thorough", "")
    ]
    cohort = register_cohort(rows, output=tmp_path / "rows", processes=1, fixed_mask=mask, **QUICK)
    assert [record.uncertainty_status for record in cohort] == [None, "determined", "determined"]


def test_records_of_before(pairs: Pairs, cohort: Cohort, tmp_path: Path) -> None:
    """Those that have no such fields are read, and not done again."""
    assert not cohort["p00"].error
    for file in pairs.output.glob("*.json"):
        data = json.loads(file.read_text())
        data.pop("uncertainty_status")
        data["quality"].pop("standard_error", None)
        (tmp_path / file.name).write_text(json.dumps(data))
    before = read_cohort(tmp_path)
    assert len(before.done) == 3
    assert before.undetermined == ()
    assert before.summary() == "4 pairs: 3 done, 1 failed"
    for row in before.table():
        assert [row[name] for name in COLUMNS_OF_IT] == [None, None]
