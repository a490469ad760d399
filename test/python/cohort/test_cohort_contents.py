# SPDX-License-Identifier: Apache-2.0
"""Files are known by what is in them: not by where they are, what they are called, or when they were written."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cohort_scene import QUICK, Pairs
from hypothesis import given, settings
from hypothesis import strategies as st
from itk_maskedsampling import Cohort, read_cohort, read_image, register_cohort, write_image
from itk_maskedsampling.cohort import contents
from itk_maskedsampling.cohort.contents import describe_input, is_unchanged
from itk_maskedsampling.cohort.progress import CohortProgress


@pytest.fixture
def pairs(tmp_path: Path) -> Pairs:
    (tmp_path / "study").mkdir()
    return Pairs(tmp_path / "study", 3)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of which a hash is made in this process."""
    found: list[str] = []
    make: Callable[..., str] = contents.hash_file

    def note(path: str, *state: int) -> str:
        found.append(Path(path).name)
        return make(path, *state)

    monkeypatch.setattr(contents, "hash_file", note)
    return found


def run(pairs: Pairs, table: Any = None, **options: Any) -> Cohort:
    table = pairs.table if table is None else table
    return register_cohort(table, output=pairs.output, processes=1, **{**QUICK, **options})


def absolute(pairs: Pairs) -> list[dict[str, Any]]:
    """A table that says where everything is."""
    return [
        {
            "id": name,
            "fixed": pairs.folder / f"{name}_fixed.nii.gz",
            "moving": pairs.folder / f"{name}_moving.nii.gz",
            "fixed_mask": pairs.folder / "mask.nii.gz",
        }
        for name in pairs.scenes
    ]


def copy_study(pairs: Pairs) -> None:
    """To another folder, all dates of now."""
    other = pairs.folder.with_name("copy")
    shutil.copytree(pairs.folder, other, copy_function=shutil.copyfile)
    shutil.rmtree(pairs.folder)
    pairs.folder, pairs.output, pairs.table = other, other / "results", other / "pairs.csv"


def spoil(file: Path) -> None:
    """Other values in a file of the same size."""
    image = read_image(file)
    size = file.stat().st_size
    write_image(type(image)(image.pixels[::-1].copy(), image.spacing, image.origin, image.direction), file)
    assert file.stat().st_size == size


@pytest.mark.parametrize("table", [lambda _: None, absolute])
def test_moved_study(pairs: Pairs, hashed: list[str], table: Callable[[Pairs], Any]) -> None:
    """Another folder, other dates, and, in the second table, other paths: no pair is done again."""
    first = run(pairs, table(pairs))
    copy_study(pairs)
    again = run(pairs, table(pairs))
    pairs.check(again)
    assert set(pairs.attempts().values()) == {1}
    assert [record.ended for record in again] == [record.ended for record in first]
    assert read_cohort(pairs.output) == again
    assert hashed, "they had to be read, to know them again"
    hashed.clear()
    run(pairs, table(pairs))
    assert not hashed, "once"


def test_unchanged_files_are_not_read_again(pairs: Pairs, hashed: list[str]) -> None:
    run(pairs)
    assert not hashed, "that is up to the processes that register"
    before = pairs.stamps()
    run(pairs)
    assert not hashed
    assert pairs.stamps() == before, "nor is a record written again"
    os.utime(pairs.folder / "p01_moving.nii.gz", (0, 0))
    run(pairs)
    assert set(hashed) == {"p01_moving.nii.gz"}
    after = pairs.stamps()
    assert {name for name in before if before[name] != after[name]} == {"p01.json"}
    assert set(pairs.attempts().values()) == {1}


def test_changed_file_of_the_same_size(pairs: Pairs) -> None:
    for name in pairs.scenes:
        image = read_image(pairs.folder / f"{name}_moving.nii.gz")
        write_image(image, pairs.folder / f"{name}_moving.nii")
    table = [row | {"moving": str(row["moving"]).removesuffix(".gz")} for row in absolute(pairs)]
    first = run(pairs, table)
    file = pairs.folder / "p01_moving.nii"
    state = file.stat()
    spoil(file)
    # Even with the dates that it had.
    os.utime(file, ns=(state.st_atime_ns, state.st_mtime_ns))
    again = run(pairs, table)
    assert pairs.attempts() == {"p00": 1, "p01": 2, "p02": 1}
    assert again["p01"].quality != first["p01"].quality
    assert again["p00"] == first["p00"]


def test_changed_file_of_a_moved_study(pairs: Pairs) -> None:
    run(pairs, absolute(pairs))
    copy_study(pairs)
    (pairs.folder / "p01_moving.nii.gz").write_bytes((pairs.folder / "p02_moving.nii.gz").read_bytes())
    with pytest.raises(ValueError, match=r"overwritten, of 'p01': moving: '.*' before, '.*' now\. Give another"):
        run(pairs, absolute(pairs))
    assert set(pairs.attempts().values()) == {1}
    run(pairs, absolute(pairs), overwrite=True)
    assert pairs.attempts() == {"p00": 1, "p01": 2, "p02": 1}


def test_results_of_files_that_changed_are_left_out(pairs: Pairs) -> None:
    """Also where the run ends before the pair is done again."""
    run(pairs)
    for name in pairs.scenes:
        fixed, moving = (pairs.folder / f"{name}_{kind}.nii.gz" for kind in ("fixed", "moving"))
        moving.write_bytes(fixed.read_bytes())

    def stop(progress: CohortProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(pairs, callback=stop)
    with pytest.raises(ValueError, match="none of its 3 pairs is done yet"):
        read_cohort(pairs.output)
    assert pairs.records() == set(pairs.scenes), "none is lost"
    cohort = run(pairs)
    assert len(cohort.done) == 3
    assert set(pairs.attempts().values()) == {2}


def test_another_missing_file(pairs: Pairs) -> None:
    """What is not there has nothing in it by which it could be known."""
    table = absolute(pairs)[:1]
    table[0]["moving"] = "nowhere.nii.gz"
    assert "nowhere" in str(run(pairs, table)["p00"].error)
    table[0]["moving"] = "elsewhere.nii.gz"
    assert "elsewhere" in str(run(pairs, table)["p00"].error)
    run(pairs, table)
    assert pairs.attempts() == {"p00": 2}


def test_record_without_files(pairs: Pairs) -> None:
    """Of another version: it cannot say that they are the same."""
    run(pairs)
    file = pairs.output / "p01.json"
    record = json.loads(file.read_text())
    for files in (None, {}, {"fixed": 3}, [["p01_fixed.nii.gz", 3, 4]], {"fixed": [["a", 3, 4]], "moving": [{}]}):
        file.write_text(json.dumps(record | {"basis": record["basis"] | {"files": files}}))
        pairs.check(run(pairs))
    assert pairs.attempts() == {"p00": 1, "p01": 6, "p02": 1}


# Contents of any files


@settings(deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(0, 10**18))
def test_any_file(before: bytes, after: bytes, time: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file, other = Path(folder) / "image.nii", Path(folder) / "b" / "other.nii"
        file.write_bytes(before)
        found = describe_input(file)
        assert is_unchanged(file, found)
        os.utime(file, ns=(time, time))
        assert is_unchanged(file, found), "whatever its date"
        other.parent.mkdir()
        other.write_bytes(before)
        assert is_unchanged(other, found), "wherever it is, and whatever it is called"
        other.write_bytes(after)
        os.utime(other, ns=(time, time))
        assert is_unchanged(other, found) == (before == after)
        assert not is_unchanged(other.with_suffix(".png"), found)
        assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("change", ["pixels", "header", "gone"])
def test_pixels_beside_a_header(tmp_path: Path, change: str) -> None:
    header, pixels = tmp_path / "a.mhd", tmp_path / "a.raw"
    header.write_text("ObjectType = Image")
    pixels.write_bytes(b"1234")
    found = describe_input(header)
    assert found is not None
    assert [one["name"] for one in found] == ["a.mhd", "a.raw"]
    if change == "pixels":
        pixels.write_bytes(b"1235")
    elif change == "header":
        header.write_text("ObjectType = Imagf")
    else:
        pixels.unlink()
    assert not is_unchanged(header, found)


def test_folder(tmp_path: Path) -> None:
    series = tmp_path / "series"
    (series / "deeper").mkdir(parents=True)
    for number in range(3):
        (series / f"{number}.dcm").write_bytes(bytes([number]))
    found = describe_input(series)
    assert found is not None
    assert [one["name"] for one in found] == ["0.dcm", "1.dcm", "2.dcm"]
    shutil.copytree(series, tmp_path / "other", copy_function=shutil.copyfile)
    assert is_unchanged(tmp_path / "other", found)
    (series / "1.dcm").write_bytes(b"9")
    assert not is_unchanged(series, found)
    (tmp_path / "other" / "3.dcm").write_bytes(b"")
    assert not is_unchanged(tmp_path / "other", found)


def test_what_cannot_be_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.nii")
    for name in ("pipe.nii", "missing.nii", "\0.nii"):
        assert describe_input(tmp_path / name) is None, "and nobody waits for it"
        assert is_unchanged(tmp_path / name, None)
    (tmp_path / "missing.nii").write_bytes(b"")
    assert not is_unchanged(tmp_path / "missing.nii", None)
