# SPDX-License-Identifier: Apache-2.0
"""Docstrings are those of numpydoc, name every parameter, and say the defaults that there are."""

import inspect
import re
from typing import Any

import itk_maskedsampling
import numpy as np
import pytest
from itk_maskedsampling import cohort, plot
from itk_maskedsampling._core import default_settings

SECTIONS = ("Parameters", "Attributes", "Returns", "Raises", "Examples")
#: Made by the package: their attributes are documented, not how they are made.
RESULTS = (
    *("Alternative", "Cohort", "CohortProgress", "Geometry", "LevelReport", "Progress", "Record", "Registration"),
    *("Folding", "Samples", "Uncertainty"),
)


def find_public() -> dict[str, Any]:
    """Public functions and classes, and the public methods of these, by name."""
    found: dict[str, Any] = {}
    for module in (itk_maskedsampling, plot, cohort):
        for name in set(module.__all__) - {"__version__", "plot", "CoreError"}:
            thing = getattr(module, name)
            found[name] = thing
            if inspect.isclass(thing):
                methods = inspect.getmembers(thing, lambda one: inspect.isfunction(one) or inspect.ismethod(one))
                found |= {f"{name}.{one}": method for one, method in methods if not one.startswith("_")}
    return found


PUBLIC = find_public()


def read_sections(text: str) -> dict[str, str]:
    """By an own reading: a head, and as many hyphens below it."""
    parts = re.split(rf"^({'|'.join(SECTIONS)})\n-+\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def read_entries(section: str) -> dict[str, tuple[str, str]]:
    """Type and description by name."""
    entries: dict[str, tuple[str, str]] = {}
    for match in re.finditer(r"^(\S[^\n]*)\n?((?:^(?: {4}[^\n]*)?\n?)*)", section, re.MULTILINE):
        names, _, kind = match[1].partition(" : ")
        for name in names.split(", "):
            entries[name.lstrip("*")] = kind, " ".join(match[2].split())
    return entries


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_parameter_is_documented_with_its_default(name: str) -> None:
    thing = PUBLIC[name]
    text = inspect.getdoc(thing) or ""
    assert text, "there is no docstring"
    for section in re.findall(r"^(\w+)\n-+$", text, re.MULTILINE):
        assert section in SECTIONS
        assert f"\n{section}\n{'-' * len(section)}\n" in text
    if name in RESULTS:
        documented = read_entries(read_sections(text)["Attributes"])
        fields = {one for one in thing.__dataclass_fields__ if not one.startswith("_")}
        assert set(documented) == fields
        return
    parameters = [one for one in inspect.signature(thing).parameters.values() if one.name not in ("self", "cls")]
    entries = read_entries(read_sections(text).get("Parameters", ""))
    assert set(entries) == {one.name for one in parameters} or (len(parameters) == 0 and not entries)
    for one in parameters:
        kind, description = entries[one.name]
        if one.kind is one.VAR_KEYWORD or "As in register()" in description:
            continue
        if one.default is None:
            assert kind.endswith("optional"), one.name
            assert "Default: " in description or "path" in one.name, one.name
        elif one.default is not one.empty:
            value = f'"{one.default}"' if isinstance(one.default, str) else str(one.default).removesuffix(".0")
            assert kind.endswith(f"default {value}"), one.name
        else:
            assert "default" not in kind, one.name
            assert "optional" not in kind, one.name


def numbers(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?<=\d) (?=\d{3})", "", text))]


@pytest.mark.parametrize(
    "name",
    [
        "seed",
        "grid_spacing",
        "regularization",
        "levels",
        "shrink_factors",
        "smoothing_sigmas",
        "iterations",
        "learning_rate",
        "work_units",
    ],
)
def test_defaults_in_words_are_those_of_the_core(name: str) -> None:
    """First for a linear transform, then for a B-spline and for fields, where these are named."""
    description = read_entries(read_sections(inspect.getdoc(itk_maskedsampling.register) or "")["Parameters"])[name][1]
    words = description.partition("Default: ")[2]
    plain, *others = re.split(r"; for (?:a )?", words)
    own = [("rigid", plain)]
    own += [(one.partition(" ")[0], one) for one in others]
    for kind, said in own:
        wanted = np.ravel(np.asarray(default_settings(kind)[name.replace("_", "-")])).tolist()
        found = numbers(said.partition(", which")[0])
        assert found in (wanted, sorted(set(wanted), key=wanted.index)), kind


def test_default_samples_are_those_of_the_core() -> None:
    description = read_entries(read_sections(inspect.getdoc(itk_maskedsampling.register) or "")["Parameters"])[
        "samples"
    ][1]
    linear, last_of_linear, last, least = numbers(description.partition("Default: ")[2])
    assert default_settings("rigid")["samples"] == (linear, linear, last_of_linear)
    assert default_settings("b-spline")["samples"] == (least, last / 4, last)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("metric", {"rigid", "b-spline", "displacement-field", "syn"}),
        ("sampling", {"rigid", "b-spline", "displacement-field", "syn"}),
        ("optimizer", {"rigid", "b-spline", "displacement-field", "syn"}),
        ("scales", {"rigid", "b-spline"}),
    ],
)
def test_default_names_are_those_of_the_core(name: str, kinds: set[str]) -> None:
    description = read_entries(read_sections(inspect.getdoc(itk_maskedsampling.register) or "")["Parameters"])[name][1]
    words = description.partition("Default: ")[2]
    for kind in kinds:
        assert re.search(rf"\b{default_settings(kind)[name]}\b", words), kind
