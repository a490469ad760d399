# SPDX-License-Identifier: Apache-2.0
"""The overview of a cohort: what comes first, and that the page has all that it needs."""

import base64
import io
import os
import re
import struct
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from cohort_scene import QUICK, Pairs
from hypothesis import given
from hypothesis import strategies as st
from itk_maskedsampling import Cohort, Image, Transform, register, register_cohort
from itk_maskedsampling.cohort import Record, pair
from itk_maskedsampling.cohort.overview import BARS, make_bar, sort_worst_first
from itk_maskedsampling.cohort.record import COLUMNS
from itk_maskedsampling.cohort.table import read_table
from itk_maskedsampling.cohort.task import make_task, read_common
from itk_maskedsampling.cohort.thumbnail import make_thumbnail
from matplotlib.image import imread
from register_scene import make_scene

SECONDS: dict[str, Any] = {"started": "2030-01-01T00:00:00.000+00:00", "seconds": 1.0}
STATES = ("failed", "lost", "ambiguous", "weak", None, "determined")


class Page(HTMLParser):
    """The tags of a page, its text, and the addresses in it."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] != "style":
            self.text.append(data)

    def find(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def ids(self) -> list[str]:
        """Of the pairs, in the order of the page."""
        places = [number for number, (name, _) in enumerate(self.tags) if name == "h2"]
        assert len(places) == len(self.find("section"))
        return [text for text in self.text if re.fullmatch(r"p\d+", text)]


def make_record(name: str, state: str | None, **quality: float | None) -> Record:
    status = "failed" if state == "failed" else "done"
    record = Record(name, status, "key", "run", {}, **SECONDS, quality=quality)
    return replace(record, uncertainty_status=None if state == "failed" else state)


RECORDS = st.builds(
    make_record,
    st.just("p"),
    st.sampled_from(STATES),
    standard_error=st.none() | st.floats(0, 9),
    folding=st.none() | st.floats(0, 1),
    fraction_in_moving=st.none() | st.floats(0, 1),
)


@given(st.lists(RECORDS, max_size=12))
def test_order(records: list[Record]) -> None:
    """By state, then by the standard error, which is unknown first; nothing is lost."""
    found = sort_worst_first(records)
    assert sorted(map(id, found)) == sorted(map(id, records))
    for one, two in pairwise(found):
        states = [STATES.index("failed" if x.status == "failed" else x.uncertainty_status) for x in (one, two)]
        assert states[0] <= states[1]
        if states[0] == states[1]:
            first, second = (x.quality["standard_error"] for x in (one, two))
            assert first is None or (second is not None and first >= second)
            if first == second:
                assert (one.quality["folding"] or 0) >= (two.quality["folding"] or 0)


def test_order_of_equals() -> None:
    records = [make_record(f"p{number}", "weak", standard_error=1.0) for number in range(5)]
    assert sort_worst_first(records) == records
    inside = [make_record("p", "weak", standard_error=1.0, fraction_in_moving=share) for share in (1.0, 0.4, 0.7)]
    assert [one.quality["fraction_in_moving"] for one in sort_worst_first(inside)] == [0.4, 0.7, 1.0]


def read_png(address: str) -> tuple[int, int, int]:
    """Columns, rows and bytes of a picture in a page."""
    data = base64.b64decode(address.removeprefix("data:image/png;base64,"), validate=True)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return (*struct.unpack(">II", data[16:24]), len(data))


def test_page(tmp_path: Path) -> None:
    pairs = Pairs(tmp_path, 3)
    lines = pairs.table.read_text().splitlines()
    pairs.table.write_text("\n".join([*lines, "p90,a<b>.nii.gz,p00_moving.nii.gz,mask.nii.gz"]) + "\n")
    cohort = register_cohort(pairs.table, output=pairs.output, processes=1, **QUICK)
    file = tmp_path / "overview.html"
    cohort.write_overview(file, title="A & B")
    page = Page(file)
    assert page.ids[0] == "p90", "what failed comes first"
    assert set(page.ids) == {"p90", *pairs.scenes}
    assert "A & B" in page.text
    assert any("4 pairs: 3 done, 1 failed" in text for text in page.text)
    assert any("a<b>.nii.gz" in text for text in page.text), "text is text"
    addresses = [value for _, attributes in page.tags for name, value in attributes.items() if name in ("src", "href")]
    assert len(addresses) == 3, "a picture of each pair that is done, and nothing else"
    for address in addresses:
        columns, rows, size = read_png(address)
        assert max(columns, rows) == 168
        assert size < 40_000
    assert "script" not in dict(page.tags)
    assert {one["alt"] for one in page.find("img")} == {
        f"{name}: the fixed image, and edges of the other" for name in pairs.scenes
    }
    cohort.write_overview(file)
    assert "Cohort" in Page(file).text


def test_missing_pairs_and_missing_pictures(tmp_path: Path) -> None:
    pairs = Pairs(tmp_path, 2)
    cohort = register_cohort(pairs.table, output=pairs.output, processes=1, **QUICK)
    (pairs.output / "p01.png").unlink()
    assert register_cohort(pairs.table, output=pairs.output, processes=1, **QUICK) == cohort, "for want of a picture"
    assert set(pairs.attempts().values()) == {1}
    replace(cohort, missing=("p07", "p<8>")).write_overview(tmp_path / "overview.html")
    page = Page(tmp_path / "overview.html")
    assert len(page.find("img")) == 1
    assert "There is no picture." in page.text
    assert any("p07, p<8>" in text for text in page.text)


def test_links_to_reports(tmp_path: Path) -> None:
    """Where there are any, from wherever the page is."""
    folder = tmp_path / "a folder & more"
    folder.mkdir()
    pairs = Pairs(folder, 2)
    cohort = register_cohort(pairs.table, output=pairs.output, processes=1, write_reports=True, **QUICK)
    assert [record.report_file for record in cohort] == ["p00.html", "p01.html"]
    (pairs.output / "p01.html").unlink()
    for place in (tmp_path, folder, pairs.output):
        cohort.write_overview(place / "overview.html")
        (link,) = Page(place / "overview.html").find("a")
        target = place / unquote(unescape(link["href"]))
        assert os.path.samefile(target, pairs.output / "p00.html")
    register_cohort(pairs.table, output=pairs.output, processes=1, **QUICK)
    assert pairs.attempts() == {"p00": 1, "p01": 2}, "a report that is gone is made again with its pair"


def test_reports_on_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = Pairs(tmp_path, 1)
    assert register_cohort(pairs.table, output=pairs.output, processes=1, **QUICK)["p00"].report_file is None
    cohort = register_cohort(pairs.table, output=pairs.output, processes=1, write_reports=True, **QUICK)
    assert "<h1>p00</h1>" in (pairs.output / str(cohort["p00"].report_file)).read_text()
    monkeypatch.setattr("itk_maskedsampling.cohort.run.find_spec", lambda _: None)
    with pytest.raises(ImportError, match=r"^write_reports: matplotlib is needed: pip install"):
        register_cohort(pairs.table, output=tmp_path / "other", write_reports=True, **QUICK)
    assert not (tmp_path / "other").exists()


def test_size_of_many_pairs(tmp_path: Path) -> None:
    """Also of volumes of noise, of which pictures are the largest."""
    noise = np.random.default_rng(3).normal(size=(40, 60, 60)).astype(np.float32)
    result = register(Image(noise), Image(noise), transform="translation", metric="mean-squares", iterations=1)
    picture = make_thumbnail(result)
    assert picture is not None
    records = tuple(make_record(f"p{number:03d}", "weak", standard_error=0.1) for number in range(100))
    for record in records:
        (tmp_path / f"{record.id}.png").write_bytes(picture)
    Cohort(records, tmp_path).write_overview(tmp_path / "overview.html")
    assert len(Page(tmp_path / "overview.html").find("img")) == 100
    assert 1e6 < (tmp_path / "overview.html").stat().st_size < 6e6


def orange(picture: bytes) -> Any:
    """Where edges are."""
    pixels = (imread(io.BytesIO(picture)) * 255).round()
    return (pixels[..., 0] == 255) & (pixels[..., 1] == 150) & (pixels[..., 2] == 0)


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.uint8, np.int16])
@pytest.mark.parametrize("dimension", [2, 3])
def test_thumbnail(dimension: int, kind: type) -> None:
    """The edges are those of the moving image where it was brought to: of the fixed one, with the right transform."""
    scene = make_scene(dimension, shift=(3.0, 0.0, 0.0)[:dimension])
    images = [
        Image((one.pixels * 100 + 20).astype(kind), one.spacing, one.origin, one.direction)
        for one in (scene.fixed, scene.moving)
    ]
    options: dict[str, Any] = {"transform": "translation", "metric": "mean-squares", "sampling": "none"}
    result = register(images[0], images[1], scene.fixed_mask, **options)
    found = make_thumbnail(result)
    same = make_thumbnail(register(images[0], images[0], scene.fixed_mask, iterations=0, **options))
    away = make_thumbnail(replace(result, transform=Transform(dimension)))
    assert found is not None
    assert same is not None
    assert away is not None
    edges, wanted, others = map(orange, (found, same, away))
    assert wanted.mean() > 0.01
    shared = (edges & wanted).sum() / wanted.sum()
    assert shared > 2 * (others & wanted).sum() / wanted.sum()
    assert shared > 0.7


def test_thumbnail_without_images() -> None:
    scene = make_scene(2)
    result = register(scene.fixed, scene.moving, **QUICK)
    assert make_thumbnail(result) is not None
    assert make_thumbnail(replace(result, _sources=None)) is None


def test_a_picture_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> bytes:
        raise ValueError("no picture")

    pairs = Pairs(tmp_path, 1)
    (pairs.output / ".attempts").mkdir(parents=True)
    monkeypatch.setattr(pair, "make_thumbnail", fail)
    task = make_task(read_table(pairs.table, {})[0], read_common(QUICK), pairs.output, "run", False, False)
    assert pair.register_pair(task).status == "done"


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_bars(value: float, longest: float) -> None:
    match = re.search(r"width:([\d.]+)%", make_bar("a", value, longest))
    assert match is not None
    assert 0 <= float(match[1]) <= 100


def test_bars_are_of_what_is_measured() -> None:
    assert set(BARS) <= set(COLUMNS)


def test_wrong_arguments(tmp_path: Path) -> None:
    cohort = Cohort((), tmp_path)
    with pytest.raises(TypeError, match=r"^title: a text is needed, not int"):
        cohort.write_overview(tmp_path / "a.html", title=3)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError, match=r"^path: there is no folder"):
        cohort.write_overview(tmp_path / "nowhere" / "a.html")
    assert not list(tmp_path.iterdir())
