# SPDX-License-Identifier: Apache-2.0
"""Docstrings and type stubs: they are there, they are complete, and they tell what the wheel does."""

import ast
import inspect
import json
import pydoc
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import itk
import itk_maskedsampling
import pytest

IMAGE = itk.Image[itk.F, 2]
CLASSES: dict[str, Any] = {
    "MaskedRegistrationMethod": itk.MaskedRegistrationMethod[IMAGE, IMAGE],
    "MaskedSyNRegistrationMethod": itk.MaskedSyNRegistrationMethod[IMAGE, IMAGE],
    "MaskedVoxelSampler": itk.MaskedVoxelSampler[2],
    "ObjectToObjectMultiMetricv4": itk.ObjectToObjectMultiMetricv4[2, 2, IMAGE, itk.D],
    "SampledCorrelationImageToImageMetricv4": itk.SampledCorrelationImageToImageMetricv4[IMAGE, IMAGE],
    "SampledMattesMutualInformationImageToImageMetricv4": (
        itk.SampledMattesMutualInformationImageToImageMetricv4[IMAGE, IMAGE]
    ),
    "SampledMeanSquaresImageToImageMetricv4": itk.SampledMeanSquaresImageToImageMetricv4[IMAGE, IMAGE],
    "SampledNeighborhoodCorrelationImageToImageMetricv4": (
        itk.SampledNeighborhoodCorrelationImageToImageMetricv4[IMAGE, IMAGE]
    ),
}
STUBS = Path(itk_maskedsampling.__file__).parents[1] / "itk-stubs"
DOCUMENTED = json.loads((Path(itk_maskedsampling.__file__).parent / "_extension/docstrings.json").read_text())


def public(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")} - {"this", "thisown"}


def documented_methods(name: str) -> dict[str, str]:
    """The methods that the headers document, of a class and its bases."""
    entry = DOCUMENTED[name]
    own = {method: group["text"] for group in entry["methods"] for method in group["names"]}
    return {key: text for base in entry["bases"] for key, text in documented_methods(base).items()} | own


# Docstrings


@pytest.mark.parametrize("name", ["MaskedRegistrationMethod", "MaskedSyNRegistrationMethod", "MaskedVoxelSampler"])
def test_help(name: str) -> None:
    template = getattr(itk, name)
    methods = documented_methods(name)
    assert len(methods) > 20
    text = pydoc.plain(pydoc.render_doc(template))
    for word in [DOCUMENTED[name]["text"].partition("\n")[0], *methods]:
        assert word in text
    for cls in template.values():
        assert cls.__doc__ == DOCUMENTED[name]["text"]
        for method, words in methods.items():
            assert words in getattr(cls, method).__doc__, method
    assert "SetPerturbSamples(self, " in pydoc.plain(pydoc.render_doc(CLASSES[name]))


@pytest.mark.parametrize("name", ["MaskedRegistrationMethod", "MaskedSyNRegistrationMethod", "MaskedVoxelSampler"])
def test_every_method_of_ours_is_documented(name: str) -> None:
    cls = CLASSES[name]
    stock = next((base for base in cls.__mro__ if "Masked" not in base.__name__), object)
    undocumented = public(cls) - public(stock) - set(documented_methods(name))
    assert undocumented - {"Clone", "GetNameOfClass", "New", "cast"} == set()


def test_docstrings_have_no_markup() -> None:
    for cls in [itk.MaskedRegistrationMethod, *CLASSES.values()]:
        texts = [
            cls.__doc__ or "",
            *(getattr(cls, m).__doc__ or "" for m in documented_methods("MaskedVoxelSampler") if hasattr(cls, m)),
        ]
        for text in texts:
            assert not re.search(r"\\[a-z]+|\*/|itk::\w+Macro", text), text


def test_docstrings_tell_what_python_passes() -> None:
    cls = CLASSES["MaskedRegistrationMethod"]
    assert "an image of any scalar pixel type" in cls.SetFixedImageMask.__doc__
    assert "sequence or numpy array of integers" in cls.SetShrinkFactorsPerLevel.__doc__
    assert "shape (n, D)" in CLASSES["MaskedVoxelSampler"].KeepInside.__doc__
    stock = itk.ImageRegistrationMethodv4[IMAGE, IMAGE]
    assert "numpy" not in (stock.SetShrinkFactorsPerLevel.__doc__ or ""), "the class of ITK is left alone"


# Stubs


def stub_classes() -> dict[str, ast.ClassDef]:
    trees = [ast.parse(path.read_text()) for path in STUBS.glob("_*.pyi")]
    return {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}


def stub_methods(name: str) -> dict[str, list[ast.FunctionDef]]:
    """The public methods of a class of the stubs and its bases, each with its overloads."""
    methods: dict[str, list[ast.FunctionDef]] = {}
    node = stub_classes()[name]
    for base in node.bases:
        if isinstance(base, ast.Name):
            methods |= stub_methods(base.id)
    for member in node.body:
        if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
            overloaded = any(isinstance(d, ast.Name) and d.id == "overload" for d in member.decorator_list)
            methods[member.name] = [*(methods.get(member.name, []) if overloaded else []), member]
    return methods


def stub_of(name: str) -> str:
    """The class of which a template of the stubs has instances."""
    match = re.search(rf"^{name}: Template\[(\w+)\]", (STUBS / "__init__.pyi").read_text(), re.MULTILINE)
    assert match is not None
    return match[1]


@pytest.mark.parametrize("name", CLASSES)
def test_stubs_have_the_methods_of_the_classes(name: str) -> None:
    methods = stub_methods(stub_of(name))
    assert set(methods) == public(CLASSES[name])
    if name in DOCUMENTED:
        assert set(documented_methods(name)) <= set(methods)


@pytest.mark.parametrize("name", CLASSES)
def test_stubs_have_the_parameters_of_the_methods(name: str) -> None:
    compared = 0
    for method, stubs in stub_methods(stub_of(name)).items():
        member = inspect.getattr_static(CLASSES[name], method)
        if not inspect.isfunction(member):
            continue
        real = inspect.signature(member).parameters.values()
        if any(p.kind is p.VAR_POSITIONAL for p in real):
            continue  # overloaded in C++
        compared += 1
        arguments = stubs[0].args
        assert len(stubs) == 1, method
        assert len(arguments.args) == len(real), method
        assert len(arguments.defaults) == sum(p.default is not p.empty for p in real), method
    assert compared > 20


def run_mypy(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    """mypy --strict, without the settings of this repository, on the installed stubs."""
    path = folder / "snippet.py"
    path.write_text(code)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir=cache", path.name]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_snippet_of_the_readme_passes_mypy(repository: Path, tmp_path: Path) -> None:
    one_call, _, classes = re.findall(r"```python\n(.*?)```", (repository / "README.md").read_text(), re.DOTALL)
    result = run_mypy(tmp_path, classes + "reveal_type(method)\n")
    assert result.returncode == 0, result.stdout
    assert "MaskedRegistrationMethodClass" in result.stdout, result.stdout
    result = run_mypy(
        tmp_path, "from typing import Any\n" + one_call.replace("(dx, dy):", "(dx: int, dy: int) -> Any:")
    )
    assert result.returncode == 0, result.stdout


MISTAKES = {
    "method.SetNumberOfSample(100)": 'has no attribute "SetNumberOfSample"',
    "method.SetNumberOfSamples('100')": 'incompatible type "str"',
    "method.SetFixedImageMask(np.ones((5, 5), np.uint8))": "incompatible type",
    "method.SetSamplePoints([1.0, 2.0])": "incompatible type",
    "method.SetShrinkFactorsPerLevel(4)": 'incompatible type "int"',
    "method.SetSamplingRegion((1, 2, 3))": "incompatible type",
    "sampler.SampleRandomly(5)": 'Missing positional argument "seed"',
    "text: str = method.GetNumberOfSamplePoints()": "Incompatible types in assignment",
}
CORRECT = """
import itk
import itk.support.types
import numpy as np
from itk.support import extras

image_type = itk.Image[itk.F, 2]
image = image_type.New()
method = itk.MaskedRegistrationMethod[image_type, image_type].New(fixed_image=image, number_of_samples=5)
method.SetFixedImageMask(image)
method.SetFixedImageMask(itk.EllipseSpatialObject[2].New())
method.SetNumberOfSamples(np.ones(5, bool).sum() // 2)
method.SetNumberOfSamplesPerLevel([np.int64(1), np.int64(2)])
method.SetShrinkFactorsPerLevel(np.array([2, 1]))
method.SetSmoothingSigmasPerLevel([1, 0.5])
method.SetSamplingRegion(([0, 0], np.array([5, 5])))
method.SetSamplingRegion(itk.ImageRegion[2]())
method.SetSamplePoints([[1, 2], [3.5, 4]])
method.SetSamplePoints(np.ones((5, 2), np.float32))
method.SetSamplePoints(method.GetSampler().SampleAll())
points = np.asarray(method.GetSamplePointSet(), float)
first: float = method.GetSmoothingSigmasPerLevel()[0]
sampler = itk.MaskedVoxelSampler[2].New()
isinstance(sampler, itk.MaskedVoxelSampler)
kept = np.asarray(sampler.KeepInside(points)) + 1
multi = itk.ObjectToObjectMultiMetricv4[2, 2, image_type, itk.D].New()
multi.SetMetricWeights(np.array([0.5, 0.5]))
method.SetMetric(multi)
syn = itk.MaskedSyNRegistrationMethod[image_type, image_type].New()
syn.SetNumberOfIterationsPerLevel([10, 5])
syn.SetNumberOfSamples(100)
"""


def test_mypy_finds_mistakes_and_nothing_else(tmp_path: Path) -> None:
    lines = CORRECT.splitlines()
    result = run_mypy(tmp_path, "\n".join([*lines, *MISTAKES]) + "\n")
    found = {int(n): text for n, text in re.findall(r"^snippet.py:(\d+): error: (.*)", result.stdout, re.MULTILINE)}
    assert set(found) == {len(lines) + i + 1 for i in range(len(MISTAKES))}, result.stdout
    for number, words in enumerate(MISTAKES.values(), start=len(lines) + 1):
        assert words in found[number]
