# SPDX-License-Identifier: Apache-2.0
"""The HTML report: one file that needs no other, with all that is known of a registration."""

import base64
import pickle
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Registration, Transform, register, version, write_report
from register_scene import Scene, make_scene

#: Tags without an end.
VOID = {"meta", "img", "br", "link", "input"}
#: Attributes with which a page asks for something.
LINKS = {"src", "href", "srcset", "data", "poster", "action", "background", "xlink:href", "formaction", "ping"}


class Page(HTMLParser):
    """The texts, links, pictures and tables of a page, whose tags must all be closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []
        self.pictures: list[dict[str, str]] = []
        self.rows: list[list[str]] = []
        self.heads: list[str] = []
        self.styles: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in LINKS]
        self.styles += [value for name, value in attrs if name == "style"]
        if tag == "img":
            self.pictures.append(dict(attrs))
        if tag == "tr":
            self.rows.append([])
        if tag in ("th", "td"):
            self.rows[-1].append("")
        if tag in ("h1", "h2", "h3"):
            self.heads.append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("th", "td"):
            self.rows[-1][-1] += data
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.heads[-1] += data
        if self.open and self.open[-1] == "style":
            self.styles.append(data)


def write(result: Registration, folder: Path, **options: Any) -> tuple[str, Page]:
    path = folder / "a report.html"
    write_report(result, path, **options)
    assert [one.name for one in folder.iterdir()] == [path.name]
    html = path.read_text(encoding="utf-8")
    return html, Page(html)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(2, angle=0.05, shift=(3.0, -2.0))


@pytest.fixture(scope="module")
def result(scene: Scene) -> Registration:
    stages = ["rigid", {"transform": "affine", "levels": 1, "learning_rate": 0.123}]
    return register(scene.fixed, scene.moving, scene.fixed_mask, transform=stages, metric="mean-squares", samples=300)


@pytest.fixture(scope="module")
def report(result: Registration, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Page]:
    return write(result, tmp_path_factory.mktemp("report"))


def test_it_needs_nothing_else(report: tuple[str, Page]) -> None:
    html, page = report
    assert len(page.links) == 9
    assert all(link.startswith("data:image/png;base64,") for link in page.links)
    assert not {"script", "link", "iframe", "object", "embed", "base", "form"} & set(page.tags)
    assert not re.search(r"url\(|@import|@font-face", " ".join(page.styles))
    assert "//" not in re.sub(r"base64,[^\"]*", "", html), "no address of any kind"
    assert "default-src 'none'" in html
    assert html.startswith("<!DOCTYPE html>")
    assert page.tags.count("html") == page.tags.count("body") == page.tags.count("h1") == 1


def test_pictures(report: tuple[str, Page], tmp_path: Path) -> None:
    _, page = report
    assert [
        next(iter(re.findall(r"^fixed$|moving, \w+|metric|Sample|Squares|minus|Histogram|mapped wrong", one["alt"])))
        for one in page.pictures
    ] == [
        "fixed",
        "moving, before",
        "moving, after",
        "Squares",
        "minus",
        "Histogram",
        "metric",
        "Sample",
        "mapped wrong",
    ]
    for picture in page.pictures:
        path = tmp_path / "picture.png"
        path.write_bytes(base64.b64decode(picture["src"].partition(",")[2], validate=True))
        assert b"http" not in path.read_bytes()
        pixels = sitk.GetArrayFromImage(sitk.ReadImage(str(path)))
        assert min(pixels.shape[:2]) > 200
        assert pixels[..., :3].std() > 10


def test_contents(report: tuple[str, Page], result: Registration) -> None:
    html, page = report
    assert page.heads == [
        "Registration", "Levels", "Pictures", "Transform", "As a homogeneous matrix", "Images", "Settings",
        "Stage 0: rigid", "Stage 1: affine", "Checked",
    ]  # fmt: skip
    levels = [row for row in page.rows if re.match(r"\d: ", row[0])]
    assert len(levels) == len(result.levels) == 4
    for row, level in zip(levels, result.levels, strict=True):
        assert row[0] == f"{level.stage}: {level.transform}, {level.metric}"
        assert row[1:6] == [
            str(number)
            for number in (level.level, level.mask_voxels, level.points, level.points_in_moving, level.iterations)
        ]
    matrix = np.array([[float(cell) for cell in row] for row in page.rows if len(row) == 3 and is_number(row[0])])
    np.testing.assert_allclose(matrix, result.transform.matrix(), atol=1e-7)
    texts = {row[0]: row[1:] for row in page.rows}
    assert texts["stopped"] == [result.stop_condition.strip()]
    assert f"metric {result.value:.6g} after {len(result.course)} iterations" in texts["result"][0]
    assert texts["fixed"] == ["70 x 60", "(1, 1)", "(0, 0)", "(1, 0, 0, 1)", "float32"]
    assert texts["fixed mask"][0] == "70 x 60"
    assert "moving mask" not in texts
    for name, value in (("metric", "mean-squares"), ("samples", "300, 300, 300"), ("learning_rate", "0.123")):
        assert f"<b>{name}</b> {value}</p>" in html
    assert html.count("<p><b>") == sum(len(settings) - 1 for settings in result.settings)
    assert f"itk-maskedsampling {version()}, Python {sys.version.split()[0]}, numpy {np.__version__}" in html


def is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?[\d.]+(e-?\d+)?", text))


def test_three_dimensions_and_small_masks(tmp_path: Path) -> None:
    scene = make_scene(3, tilted=True)
    mask = np.zeros_like(scene.fixed_mask)
    mask[15:22, 17:24, 18:27] = True
    result = register(scene.fixed, scene.moving, mask, scene.moving.pixels > 0, metric="mean-squares", iterations=3)
    html, page = write(result, tmp_path, title="Small")
    assert page.heads[0] == "Small"
    assert html.count("Only the surroundings of the samples are shown.") == 7, (
        "four captions, and alternatives of three"
    )
    texts = {row[0]: row[1:] for row in page.rows}
    # A mask that is an array lies where its image does.
    assert texts["fixed mask"][1:4] == texts["fixed"][1:4] != texts["moving"][1:4]
    assert texts["moving mask"][1:4] == texts["moving"][1:4]


def test_everything_is_escaped(scene: Scene, tmp_path: Path) -> None:
    result = register(scene.fixed, scene.moving, metric="mean-squares", iterations=1, levels=1)
    object.__setattr__(result, "stop_condition", "<script>alert(1)</script> & 'so' \"on\"")
    _, page = write(result, tmp_path, title="a < b & <i>c</i> \N{GREEK SMALL LETTER ALPHA} \ud800")
    assert page.heads[0].startswith("a < b & <i>c</i> \N{GREEK SMALL LETTER ALPHA}")
    assert "script" not in page.tags
    assert "i" not in page.tags
    assert {row[0]: row[1:] for row in page.rows}["stopped"] == [result.stop_condition]


def test_without_images(result: Registration, tmp_path: Path) -> None:
    html, page = write(pickle.loads(pickle.dumps(result)), tmp_path)
    assert len(page.pictures) == 1
    assert "The images are not kept when a registration is pickled" in html
    assert {row[0]: row[1:] for row in page.rows}["fixed"][0] == "70 x 60"


def test_transforms_without_a_matrix(scene: Scene, tmp_path: Path) -> None:
    start = Transform.from_matrix(np.array([[1, 0, 2.5], [0, 1, 0], [0, 0, 1]]))
    options: dict[str, Any] = {"transform": "b-spline", "iterations": 1, "levels": 1, "metric": "mean-squares"}
    result = register(scene.fixed, scene.moving, scene.fixed_mask, initial=start, **options)
    html, page = write(result, tmp_path)
    assert "As a homogeneous matrix" not in page.heads
    assert "Initial transform" in page.heads
    # In the order in which they are applied: that which is found, then the initial one.
    assert html.index("<li>BSplineTransform of") < html.index("<li>AffineTransform (1, 0, 0, 1, 2.5, 0)")


def test_no_samples_and_no_iterations(scene: Scene, tmp_path: Path) -> None:
    result = register(scene.fixed, scene.moving, sampling="none", iterations=0, levels=1, metric="mean-squares")
    _, page = write(result, tmp_path)
    assert len(page.pictures) == 8


def test_same_result_same_report(result: Registration, report: tuple[str, Page], tmp_path: Path) -> None:
    """But for the date."""
    one, other = (re.sub(r"<time .*?</time>", "", html) for html in (write(result, tmp_path)[0], report[0]))
    assert one == other


def test_bad_input(result: Registration, tmp_path: Path) -> None:
    for arguments, error, words in (
        (("result", tmp_path / "a.html"), TypeError, "result: a Registration is needed, not str 'result'"),
        ((result, tmp_path / "no" / "a.html"), FileNotFoundError, "path: there is no folder"),
        ((result, tmp_path), IsADirectoryError, "path: .* is a folder"),
    ):
        with pytest.raises(error, match=words):
            write_report(*arguments)
    with pytest.raises(TypeError, match="title: a text is needed, not int 3"):
        write_report(result, tmp_path / "a.html", title=3)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_what_fails_leaves_the_old_report(
    result: Registration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def fail(self: Path, data: bytes) -> int:
        self.write_text(data[:100].decode())
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="No space left"):
        write_report(result, path)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_without_matplotlib(tmp_path: Path) -> None:
    code = (
        "import sys, numpy as np\n"
        "from itk_maskedsampling import register, write_report\n"
        "sys.modules['matplotlib'] = None\n"
        "result = register(np.eye(9), np.eye(9), iterations=0, levels=1, metric='mean-squares')\n"
        "try: write_report(result, 'report.html')\n"
        "except ImportError as error: print(error)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path).stdout
    assert 'pip install "itk-maskedsampling[plot]"' in out
    assert list(tmp_path.iterdir()) == []
