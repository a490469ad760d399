# SPDX-License-Identifier: Apache-2.0
"""The notebooks of the documentation run as they are, show what they say, and are stored without outputs."""

import json
import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[3] / "doc/notebooks").glob("*.ipynb"))

#: A kernel of this Python, whatever is installed beside it.
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def find(name: str) -> Path:
    return next(file for file in NOTEBOOKS if file.stem == name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(autouse=True)
def alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither settings nor history of the user play a part."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder / name))


@cache
def execute(file: Path, folder: Path) -> tuple[str, list[str], dict[str, str]]:
    """Run a notebook in a fresh kernel: what it prints, the kinds of what it shows, and the last text of each kind."""
    work = folder / file.stem
    work.mkdir()
    notebook: Any = nbformat.read(file, as_version=4)
    resources = {"metadata": {"path": str(work)}}
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()
    assert not list(work.iterdir()), "it leaves files beside it"
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output.text for output in outputs if output.get("name") == "stderr" and "Warning" in output.text]
    printed = "".join(output.text for output in outputs if output.output_type == "stream")
    shown = [output.data for output in outputs if output.output_type in ("display_data", "execute_result")]
    return printed, [kind for data in shown for kind in data], {kind: data[kind] for data in shown for kind in data}


def numbers(pattern: str, text: str) -> list[float]:
    """What the groups of a pattern match, which is there once."""
    found = re.findall(pattern, text)
    assert len(found) == 1, text
    return [float(number) for number in (found[0] if isinstance(found[0], tuple) else found)]


# What is in the files


def test_there_are_notebooks() -> None:
    assert {file.stem for file in NOTEBOOKS} >= {"first_registration", "brain_lesion", "cohort"}


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_is_stored_without_what_a_run_leaves(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    notebook = json.loads(text)
    assert notebook["metadata"] == METADATA
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    for cell in notebook["cells"]:
        assert set(cell["metadata"]) <= {"tags"}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    assert text == json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    nbformat.validate(notebook)


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_explains_each_step_and_names_no_machine(file: Path) -> None:
    notebook = json.loads(file.read_text(encoding="utf-8"))
    cells = notebook["cells"]
    assert "".join(cells[0]["source"]).startswith("<!-- SPDX-License-Identifier: Apache-2.0 -->\n# ")
    for cell, following in pairwise(cells):
        assert "markdown" in (cell["cell_type"], following["cell_type"]), "two cells of code without a word"
    source = "".join(line for cell in cells for line in cell["source"])
    assert not re.search(r"/home/|/root|/tmp|/Users/|[A-Z]:\\", source)


# What they do


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_runs(file: Path, folder: Path) -> None:
    execute(file, folder)


def test_the_first_registration_is_what_its_text_says(folder: Path) -> None:
    printed, kinds, _ = execute(find("first_registration"), folder)
    assert kinds.count("image/png") == 4
    distance, error, before, after, without = numbers(
        r"moved by (.*) pixels.*\n.*registration: (.*) pixels\n.*: (.*) before, (.*) after\n.*mask: (.*) pixels",
        printed,
    )
    assert error < 0.1
    assert after < before / 10
    assert distance / 2 < without


def test_the_mask_keeps_the_lesion_out(folder: Path) -> None:
    printed, kinds, texts = execute(find("brain_lesion"), folder)
    before, nothing, brain, healthy = numbers(
        r"before: (.*) mm\nno mask: (.*) mm\nbrain: (.*) mm\nbrain without lesion: (.*) mm", printed
    )
    assert healthy < nothing / 5
    # "The mask of the whole brain does not help here"
    assert nothing < brain < before
    assert kinds.count("image/png") == 2
    assert "application/vnd.jupyter.widget-view+json" in kinds
    frame = texts["text/html"]
    assert "<iframe srcdoc=" in frame
    assert not re.search(r"(src|href)=(\"|&quot;)http", frame)


def test_the_cohort_goes_on_after_a_failure(folder: Path) -> None:
    printed, _, texts = execute(find("cohort"), folder)
    assert texts["text/plain"] == "'7 pairs: 6 done, 1 failed'"
    assert "patient-6: FileNotFoundError" in printed
    pairs = re.findall(r"patient-\d: \[(.*)\], drawn was \[(.*)\]", printed)
    assert len(pairs) == 6
    for found, drawn in pairs:
        for one, other in zip(found.split(), drawn.split(), strict=True):
            assert abs(float(one) - float(other)) < 0.1
    assert printed.endswith("7 pairs: 7 done, 0 failed\nfirst patient done again: False\n7 pairs: 7 done, 0 failed\n")
