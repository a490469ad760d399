# SPDX-License-Identifier: Apache-2.0
"""Names of files as BIDS has them."""

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from cohort_scene import QUICK, Pairs
from hypothesis import given
from hypothesis import strategies as st
from itk_maskedsampling import Cohort, read_cohort, read_image, read_transform, register_cohort
from itk_maskedsampling.cohort.names import name_files
from itk_maskedsampling.cohort.table import Pair

LABEL = st.text("abcXYZ019+", min_size=1, max_size=8)


@pytest.fixture
def pairs(tmp_path: Path) -> Pairs:
    pairs = Pairs(tmp_path, 2)
    lines = pairs.table.read_text().replace("\np", "\nsub-p").splitlines()
    pairs.table.write_text("\n".join(lines) + "\n")
    return pairs


def run(pairs: Pairs, table: Any = None, **options: Any) -> Cohort:
    table = pairs.table if table is None else table
    return register_cohort(table, output=pairs.output, processes=1, **{**QUICK, **options})


def rows_of(pairs: Pairs, **more: str) -> list[dict[str, Any]]:
    with pairs.table.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [{**{name: row[name] if name == "id" else pairs.folder / row[name] for name in row}, **more} for row in rows]


def make_pair(name: str, moving: str = "a.nii.gz", **row: str) -> Pair:
    return Pair(name, row, {"fixed": "/b.nii.gz", "moving": f"/{moving}"}, None, None, {})


def files(pairs: Pairs) -> set[str]:
    return {file.name for file in pairs.output.iterdir() if not file.name.startswith(".")}


def test_files(pairs: Pairs) -> None:
    cohort = run(pairs, names="bids", write_images=True)
    own = {
        f"sub-p0{number}{suffix}"
        for number in range(2)
        for suffix in (
            ".json",
            ".png",
            "_from-moving_to-fixed_mode-image_xfm.h5",
            "_space-fixed_desc-moved_moving.nii.gz",
        )
    }
    assert files(pairs) == own | {"results.csv"}
    row = cohort.table()[0]
    assert row["transform_file"] == "sub-p00_from-moving_to-fixed_mode-image_xfm.h5"
    assert row["moved_file"] == "sub-p00_space-fixed_desc-moved_moving.nii.gz"
    for name, scene in zip(("sub-p00", "sub-p01"), pairs.scenes.values(), strict=True):
        assert scene.error(cohort.transform(name)) < 0.1
        assert read_transform(pairs.output / str(cohort[name].transform_file)) == cohort.transform(name)
        assert read_image(pairs.output / str(cohort[name].moved_file)).pixels.shape == scene.fixed.pixels.shape
    assert read_cohort(pairs.output) == cohort


def test_labels(pairs: Pairs) -> None:
    cohort = run(pairs, rows_of(pairs, **{"from": "T1w", "to": "MNI152"}), names="BIDS")
    assert cohort["sub-p01"].transform_file == "sub-p01_from-T1w_to-MNI152_mode-image_xfm.h5"
    assert cohort["sub-p01"].row["to"] == "MNI152"


def test_other_names_for_what_is_done(pairs: Pairs) -> None:
    """Files are called otherwise; no pair is done again."""
    first = run(pairs, write_images=True)
    transform = first.transform("sub-p00")
    bids = run(pairs, names="bids")
    assert bids["sub-p00"].transform_file == "sub-p00_from-moving_to-fixed_mode-image_xfm.h5"
    assert bids.transform("sub-p00") == transform
    assert not any(name.endswith((".transform.h5", ".moved.nii.gz")) for name in files(pairs))
    assert read_cohort(pairs.output) == bids
    again = run(pairs)
    assert again == first
    assert not any("from-" in name or "desc-" in name for name in files(pairs))
    assert {name.removeprefix("sub-"): number for name, number in pairs.attempts().items()} == {"p00": 1, "p01": 1}


def test_nothing_of_other_names_is_left(pairs: Pairs) -> None:
    """Of a pair that is done again, or fails."""
    run(pairs, names="bids")
    run(pairs, seed=4, overwrite=True)
    assert not any("from-" in name for name in files(pairs))
    run(pairs, names="bids", overwrite=True)
    (pairs.folder / "p01_moving.nii.gz").unlink()
    assert [record.id for record in run(pairs, names="bids").failed] == ["sub-p01"]
    assert {name for name in files(pairs) if name.startswith("sub-p01")} == {"sub-p01.json"}


@given(LABEL, LABEL, LABEL, LABEL, LABEL)
def test_any_labels(subject: str, session: str, source: str, target: str, suffix: str) -> None:
    """Names are those of BIDS, and say what they are of."""
    pair_id, suffix = f"sub-{subject}_ses-{session}", suffix.replace("+", "p")
    names = name_files(make_pair(pair_id, f"x_{suffix}.nii.gz", **{"from": source, "to": target}), "bids")
    entity = r"[a-z]+-[A-Za-z0-9+]+"
    for name in (names.transform, names.moved):
        assert re.fullmatch(rf"({entity}_)+[A-Za-z0-9]+\.(h5|nii\.gz)", name)
        assert name.startswith(f"{pair_id}_")
    assert f"_from-{source}_to-{target}_mode-image_xfm" in names.transform
    assert f"_space-{target}_desc-moved_{suffix}." in names.moved


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "p01"}, "table: p01: id: 'p01' is no name of BIDS, as 'sub-01' and 'sub-01_ses-2' are"),
        ({"id": "sub-a.b"}, "table: sub-a.b: id: 'sub-a.b' is no name of BIDS"),
        ({"from": "T1-w"}, "table: sub-p00: from: 'T1-w' is no label of BIDS, which has letters and digits only"),
        ({"to": "a_b"}, "table: sub-p00: to: 'a_b' is no label"),
        ({"to": "x" * 250}, "table: sub-p00: id: the name 'sub-p00_from-moving_to-xxx"),
    ],
)
def test_what_is_no_name(pairs: Pairs, row: dict[str, str], message: str) -> None:
    table = [rows_of(pairs)[0] | row]
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        run(pairs, table, names="bids")
    with pytest.raises(ValueError, match=r"^names: 'bidz' is none of plain, bids; did you mean 'bids'\?"):
        run(pairs, names="bidz")
    with pytest.raises(TypeError, match=r"^names: one of plain, bids is needed, not int"):
        run(pairs, names=3)


def test_moving_images_without_a_suffix() -> None:
    assert name_files(make_pair("sub-1", "image.nrrd"), "bids").moved == "sub-1_space-fixed_desc-moved_image.nii.gz"
