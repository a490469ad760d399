# SPDX-License-Identifier: Apache-2.0
"""The drop-in for SimpleITK has every public name of SimpleITK, with the same arguments and defaults."""

import inspect
import subprocess
import sys
from typing import Any

import pytest
import SimpleITK as sitk
from itk_maskedsampling.simpleitk import ImageRegistrationMethod
from simpleitk_sides import METHODS, PUBLIC, STOCK

#: What the drop-in has beyond SimpleITK.
OWN = {
    "GetMetricNumberOfMaskVoxels",
    "GetMetricSamplePoints",
    "GetUncertainty",
    "GetUncertaintyEstimation",
    "SetInitialTransformSearch",
    "SetMetricNumberOfSamples",
    "SetMetricResampleEveryIteration",
    "SetMetricSamplingWeights",
    "SetMetricUseExactDerivative",
    "SetUncertaintyEstimation",
    "ToString",
}

CONSTANTS: dict[str, Any] = {
    "Never": STOCK.Never,
    "Once": STOCK.Once,
    "True": True,
    "False": False,
    "sitkWallClock": sitk.sitkWallClock,
    "std::vector<unsignedint>()": (),
    "std::numeric_limits<double>::min()": sys.float_info.min,
    "std::numeric_limits<double>::max()": sys.float_info.max,
}


def read_signature(name: str) -> dict[str, Any]:
    """Names and defaults of SimpleITK's arguments; where Python's signature is (*args), from the documentation."""
    method = getattr(STOCK, name)
    parameters = inspect.signature(method).parameters
    if not any(each.kind == each.VAR_POSITIONAL for each in parameters.values()):
        return {each.name: each.default for each in parameters.values() if each.name != "self"}
    declaration = method.__doc__.strip().splitlines()[0].split(" -> ")[0].strip()
    found: dict[str, Any] = {}
    for argument in declaration[declaration.index("(") + 1 : -1].split(", ")[1:]:
        text, _, default = argument.partition("=")
        default = default.replace(" ", "")
        value: Any = inspect.Parameter.empty
        if default:
            value = CONSTANTS[default] if default in CONSTANTS else float(default)
        found[text.split()[-1]] = value
    return found


def test_nothing_public_is_missing() -> None:
    ours = {name for name in dir(ImageRegistrationMethod) if not name.startswith("_")}
    assert len(PUBLIC) > 90
    assert ours - set(PUBLIC) == OWN
    assert set(PUBLIC) - ours == set()


@pytest.mark.parametrize("name", METHODS)
def test_signature(name: str) -> None:
    ours = inspect.signature(getattr(ImageRegistrationMethod, name)).parameters.values()
    stock = read_signature(name)
    assert [each.name for each in ours if each.name != "self"] == list(stock)
    assert [each.default for each in ours if each.name != "self"] == list(stock.values())
    documentation = getattr(ImageRegistrationMethod, name).__doc__
    assert documentation, "has no documentation"


def test_reading_of_signatures() -> None:
    assert read_signature("SetOptimizerAsLBFGSB") == {
        "gradientConvergenceTolerance": 1e-5,
        "numberOfIterations": 500,
        "maximumNumberOfCorrections": 5,
        "maximumNumberOfFunctionEvaluations": 2000,
        "costFunctionConvergenceFactor": 1e7,
        "lowerBound": sys.float_info.min,
        "upperBound": sys.float_info.max,
        "trace": False,
    }
    assert list(read_signature("AddCommand")) == ["event", "cmd"]
    assert read_signature("SetInitialTransformAsBSpline")["scaleFactors"] == ()
    assert read_signature("SetMetricSamplingPercentage") == {"percentage": inspect.Parameter.empty, "seed": 0}


@pytest.mark.parametrize("name", [name for name in PUBLIC if name not in METHODS])
def test_constants(name: str) -> None:
    assert getattr(ImageRegistrationMethod, name) == getattr(STOCK, name)
    assert getattr(ImageRegistrationMethod(), name) == getattr(STOCK, name)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ("2.4.1", "SimpleITK 2.4.1 does not fit"),
        ("4.0.0", "SimpleITK 4.0.0 does not fit"),
        (None, "SimpleITK is needed"),
    ],
)
def test_says_which_simpleitk_it_needs(found: str | None, words: str) -> None:
    code = (
        "import sys\n"
        f"found = {found!r}\n"
        "if found is None: sys.modules['SimpleITK'] = None\n"
        "else: import SimpleITK; SimpleITK.Version.VersionString = staticmethod(lambda: found)\n"
        "try: import itk_maskedsampling.simpleitk\n"
        "except ImportError as error: print(error)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert words in out
    assert 'pip install "itk-maskedsampling[simpleitk]"' in out


@pytest.mark.parametrize("found", ["2.5.0", "2.5.7", "3.0.0", "3.1.2rc1"])
def test_takes_simpleitk_from_2_5_on(found: str) -> None:
    code = (
        f"import SimpleITK; SimpleITK.Version.VersionString = staticmethod(lambda: {found!r})\n"
        "import itk_maskedsampling.simpleitk"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
