# SPDX-License-Identifier: Apache-2.0
"""The documentation: every code block runs or is checked, and the site builds without a warning, with its notebooks."""

import ast
import inspect
import os
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import itk_maskedsampling
import numpy as np
import pytest
from conftest import REPOSITORY
from documents import Block, Page, UnknownBlock, read_blocks, read_links, run_page
from sphinx.util.inventory import InventoryFile

sys.path += [str(REPOSITORY / "wrapping/python"), str(REPOSITORY / "doc/_ext")]
import drawings
from make_docstrings import classes_of

#: README.md has a test of its own.
PAGES = sorted(
    [*REPOSITORY.glob("doc/**/*.md"), REPOSITORY / "examples/README.md", REPOSITORY / "benchmarks/README.md"]
)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_code_blocks(path: Path, tmp_path: Path) -> None:
    run_page(path, REPOSITORY, tmp_path)


def test_recipes_end_with_a_check() -> None:
    recipes = [path for path in PAGES if path.parent.name == "recipes" and path.stem != "index"]
    assert len(recipes) >= 8
    for path in recipes:
        code = "".join(block.text for block in read_blocks(path) if block.language == "python")
        body = ast.parse(code).body
        assert any(isinstance(node, ast.Assert) for node in body[-2:]), path.name


@pytest.mark.parametrize("path", PAGES[-1:] + PAGES[:1], ids=lambda path: path.name)
def test_blocks_are_found(path: Path) -> None:
    """As many as there are fences, by another way of reading."""
    fences = re.findall(r"^```", path.read_text(), re.MULTILINE)
    assert len(read_blocks(path)) == len(fences) // 2


def test_links_between_files_outside_the_site() -> None:
    for path in (REPOSITORY / "examples/README.md", REPOSITORY / "benchmarks/README.md"):
        for link in read_links(path):
            assert (path.parent / link.partition("#")[0]).exists(), link


# The checks find what is wrong


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("rust", "fn main() {}"),
        ("", "anything"),
        ("sh", "curl example"),
        ("sh", "pip download itk"),
    ],
)
def test_unknown_block(language: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownBlock):
        Page(REPOSITORY, tmp_path).run(Block(tmp_path / "page.md", 1, language, text))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", "assert 1 == 2"),
        ("text", "something"),
        ("cpp", "int main() { return 42; }"),
        ("cmake", "project(Other)"),
        ("sh", "make coffee"),
        ("sh", "make test OTHER_OPTIONS=1"),
        ("sh", 'pip install "itk-maskedsampling[everything]"'),
        ("sh", "pip install elsewhere"),
        ("sh", "python examples/other.py"),
        ("sh", "python examples/brain.py --other 3"),
        ("sh", "cmake -S examples -B build/examples"),
        ("sh", "cmake -S . -B build/module -DMaskedSampling_OTHER=ON"),
        ("sh", "cmake --build build/other"),
        ("sh", "cmake -S examples/cpp/method -B build/method\nbuild/method/other"),
        ("sh", "itk-maskedsampling nonsense"),
        ("{code-block}", "itk-maskedsampling --help"),
        ("{code-block}", "import itk_maskedsampling"),
        ("sh", "itk-maskedsampling info missing.nii.gz  # a comment"),
    ],
)
def test_wrong_block(language: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        Page(REPOSITORY, tmp_path).run(Block(tmp_path / "page.md", 1, language, text))


def test_output_of_a_block(tmp_path: Path) -> None:
    page = Page(REPOSITORY, tmp_path)
    page.run(Block(tmp_path / "page.md", 1, "python", "print('one', 2.25)"))
    page.run(Block(tmp_path / "page.md", 3, "text", "one ..."))
    with pytest.raises(AssertionError):
        page.run(Block(tmp_path / "page.md", 5, "text", "two ..."))


# Drawings


@pytest.mark.parametrize("name", drawings.DRAWINGS)
def test_drawing_is_xml(name: str) -> None:
    root = ElementTree.fromstring(drawings.DRAWINGS[name]())
    assert len(root) > 20


def test_runs_that_are_drawn_are_those_of_the_mask() -> None:
    mask = drawings.make_mask()
    found = np.zeros_like(mask)
    ranks = []
    for row, first, length, rank in drawings.runs_of(mask):
        assert not found[row, first : first + length].any()
        assert not mask[row, first - 1 : first].any()
        found[row, first : first + length] = True
        ranks += list(range(rank, rank + length))
    np.testing.assert_array_equal(found, mask)
    assert ranks == list(range(mask.sum()))


# The site


class Resources(HTMLParser):
    """The addresses of what a browser loads with a page, and the ids and internal links in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a":
            self.links.append(values.get("href", ""))
        else:
            self.loaded += [values[name] for name in ("src", "href", "data") if name in values]
            self.loaded += Resources(values.get("srcdoc", "")).loaded


def test_resources_are_found() -> None:
    page = Resources('<script src="https://a/b.js"></script><link href="//c/d.css"><a href="#e" id="f">g</a>')
    assert page.loaded == ["https://a/b.js", "//c/d.css"]
    assert Resources('<iframe srcdoc="&lt;img src=https://a/b.png&gt;"></iframe>').loaded == ["https://a/b.png"]
    assert page.links == ["#e"]
    assert page.ids == {"f"}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    result = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "doc", str(folder)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "JUPYTER_PLATFORM_DIRS": "1"},
    )
    assert result.returncode == 0, result.stderr
    return folder


def test_site_is_whole(site: Path) -> None:
    """Every page, and every link and anchor within the site; a browser loads nothing from elsewhere."""
    pages = {path: Resources(path.read_text()) for path in site.rglob("*.html")}
    sources = [path.relative_to(REPOSITORY / "doc") for path in REPOSITORY.glob("doc/**/*.md")]
    sources += [path.relative_to(REPOSITORY / "doc") for path in REPOSITORY.glob("doc/notebooks/*.ipynb")]
    for source in sources:
        assert site / source.with_suffix(".html") in pages
    for path, page in pages.items():
        for address in page.loaded:
            assert not re.match(r"(https?:)?//", address), (path, address)
        for link in page.links:
            if link and not re.match(r"\w+:", link):
                name, _, anchor = link.partition("#")
                target = (path.parent / name).resolve() if name else path
                assert target.exists(), (path, link)
                assert not anchor or target not in pages or anchor in pages[target].ids, (path, link)
    for style in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*['\"]?(https?:)?//", style.read_text()), style


def test_reference_is_complete(site: Path) -> None:
    inventory = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="")
    names: dict[str, Any] = {kind: set(inventory.data.get(kind, {})) for kind in inventory.data}
    python = names["py:function"] | names["py:class"] | names["py:exception"] | names["py:module"]
    for name in set(itk_maskedsampling.__all__) - {"__version__"}:
        assert f"itk_maskedsampling.{name}" in python, name
    cpp = set().union(*(found for kind, found in names.items() if kind.startswith("cpp:")))
    checked = 0
    for header in (REPOSITORY / "include").glob("itk*.h"):
        for name, found in classes_of(header.read_text()).items():
            if f"itk::{name}" in cpp:
                for method in (method for group in found["methods"] for method in group["names"]):
                    assert f"itk::{name}::{method}" in cpp, method
                    checked += 1
    assert checked > 100


@pytest.mark.parametrize("name", ["register", "sample", "register_cohort", "plot.samples"])
def test_reference_lists_parameters(name: str, site: Path) -> None:
    """Docstrings are read as those of numpy."""
    page = (site / "api/python.html").read_text()
    start = page.index(f'id="itk_maskedsampling.{name}"')
    part = page[start : page.find('id="itk_maskedsampling.', start + 1)]
    terms = [unescape(re.sub(r"<[^>]+>", "", term)) for term in re.findall(r"<strong>(.*?)</strong>", part, re.DOTALL)]
    listed = {one.lstrip("*") for term in terms for one in term.split(", ")}
    thing: Any = itk_maskedsampling
    for attribute in name.split("."):
        thing = getattr(thing, attribute)
    assert set(inspect.signature(thing).parameters) <= listed


def test_settings_have_their_defaults(site: Path) -> None:
    """The reference shows the defaults that the package has."""
    text = re.sub(r"<[^>]+>", "", (site / "api/cpp.html").read_text())
    defaults = itk_maskedsampling._core.default_settings("rigid")
    assert f"HistogramBins{{{defaults['histogram-bins']}}}" in text
    assert f"RelaxationFactor{{{defaults['relaxation-factor']}}}" in text
