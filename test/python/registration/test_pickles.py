# SPDX-License-Identifier: Apache-2.0
"""Results that version 0.1.0 pickled are read, and those of today do not say in which file their class is."""

import base64
import pickle
import pickletools
import subprocess
import sys
from pathlib import Path
from typing import Any

import itk_maskedsampling
import numpy as np
import pytest
from itk_maskedsampling import Cohort, Geometry, Image, Registration, Samples, Transform, register, sample

PICKLES = Path(__file__).parents[1] / "pickles"


def load(name: str) -> Any:
    return pickle.loads(base64.b64decode((PICKLES / f"{name}.pickle.base64").read_bytes()))


@pytest.mark.filterwarnings("ignore:The samples hardly determine:RuntimeWarning")  # they are 20
def test_an_old_registration() -> None:
    old = load("registration")
    registration, samples, image = old["registration"], old["samples"], old["image"]
    assert isinstance(registration, Registration)
    assert isinstance(samples, Samples)
    assert isinstance(image, Image)
    assert [report.transform for report in registration.levels] == ["translation", "given"]
    assert registration.levels[0].iterations == 3
    assert len(registration.course) == 3 + registration.levels[1].iterations
    assert registration.points.shape == (20, 2)
    assert registration.settings[0]["samples"] == (20,)
    assert isinstance(registration.settings[1]["transform"], Transform)
    assert registration.initial == Transform(2)
    assert registration.uncertainty is None
    assert samples.geometry == Geometry((40, 40), (1.0, 1.0), (0.0, 0.0), (1.0, 0.0, 0.0, 1.0))
    assert image.pixels.shape == (2, 3)
    fixed = np.random.default_rng(0).normal(size=(40, 40))
    again = registration.repeat(fixed, fixed)
    assert len(again.levels) == 2
    assert "translation" in repr(registration)


def test_an_old_cohort() -> None:
    old = load("cohort")
    assert isinstance(old, Cohort)
    assert old.output == Path("results")
    (record,) = old.done
    assert record.row["age"] == 40
    assert record.settings[0]["transform"] == "rigid"
    assert record.uncertainty_status is None
    assert old.undetermined == ()


def test_old_pickles_are_read_by_a_process_that_has_loaded_nothing() -> None:
    code = "import base64, pickle, sys; print(pickle.loads(base64.b64decode(open(sys.argv[1], 'rb').read())))"
    for name in ("registration", "cohort"):
        command = [sys.executable, "-c", code, str(PICKLES / f"{name}.pickle.base64")]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_module_that_is_no_more_has_nothing_else() -> None:
    former = sys.modules["itk_maskedsampling._plan"]
    assert not hasattr(former, "__file__")
    assert not hasattr(former, "nothing")


def test_public_names_are_of_the_package() -> None:
    """So that they can move again: in pickles, in documentation, and in messages."""
    for name in itk_maskedsampling.__all__:
        thing = getattr(itk_maskedsampling, name)
        if callable(thing) and name != "version":
            wanted = "itk_maskedsampling.cohort" if "cohort" in name.lower() else "itk_maskedsampling"
            assert thing.__module__ == wanted, name
            assert pickle.loads(pickle.dumps(thing)) is thing


@pytest.mark.parametrize("kind", ["registration", "samples"])
def test_pickles_name_public_classes(kind: str) -> None:
    image = np.random.default_rng(0).normal(size=(20, 20))
    options: dict[str, Any] = {"levels": 1, "iterations": 1}
    result = register(image, image, **options) if kind == "registration" else sample(image, samples=3)
    words = [str(argument) for _, argument, _ in pickletools.genops(pickle.dumps(result, 2))]
    modules = {word.split(" ")[0] for word in words if word.startswith("itk_maskedsampling")}
    private = {"itk_maskedsampling._registration.plan", "itk_maskedsampling._registration.settings"}
    assert "itk_maskedsampling" in modules
    assert modules - private == {"itk_maskedsampling"}
