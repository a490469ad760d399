# SPDX-License-Identifier: Apache-2.0
"""`itk-maskedsampling register` tells how far its result can be trusted, and ends otherwise where it cannot."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_scene import Files, Shell, make_files, run_process
from itk_maskedsampling import Image, Transform, register, write_image
from itk_maskedsampling._images.arrays import to_json

pytestmark = pytest.mark.filterwarnings("always:Another place fits:RuntimeWarning")

#: Pixels after which the pattern is the same again.
PERIOD = 16


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("cli"), angle=0.05)


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The words of a registration of which another place fits as well."""
    folder = tmp_path_factory.mktemp("pattern")
    y, x = np.mgrid[0:120, 0:140].astype(float)
    random = np.random.default_rng(0)
    for name, shift in (("fixed", 0.0), ("moving", 0.8)):
        waves = np.sin(2 * np.pi * (x - shift) / PERIOD) + np.cos(2 * np.pi * (y + shift) / PERIOD)
        write_image(Image(np.exp(waves) + 0.1 * random.normal(size=x.shape)), folder / f"{name}.mha")
    write_image(Image((np.hypot(x - 70, y - 60) < 40).astype(np.uint8)), folder / "mask.mha")
    fixed, moving, mask = (str(folder / f"{name}.mha") for name in ("fixed", "moving", "mask"))
    return ["register", fixed, moving, "--fixed-mask", mask, "--transform", "translation"]


def test_json(shell: Shell, files: Files) -> None:
    found = shell.done(*files.register, "--json").json["uncertainty"]
    result = register(files.fixed, files.moving, files.mask, metric="mean-squares", samples=700)
    wanted = result.uncertainty
    assert wanted is not None
    assert found.pop("seconds") > 0
    assert found == {
        "status": "determined",
        "reason": "",
        "standard_error": wanted.standard_error,
        "covariance": to_json(wanted.covariance),
        "alternatives": [],
    }
    assert f"\n  uncertainty: {wanted.describe('pixels')}" in shell.done(*files.register).out


def test_json_of_another_place(shell: Shell, pattern: list[str]) -> None:
    said = shell.done(*pattern, "--json")
    found, matrix = said.json["uncertainty"], np.array(said.json["matrix"])
    assert found["status"] == "ambiguous"
    assert found["reason"] in said.json["warnings"]
    for other in found["alternatives"]:
        away = (np.array(other["matrix"]) - matrix)[:2, 2] / PERIOD
        assert np.abs(away).max() > 0.9
        np.testing.assert_allclose(away, np.round(away), atol=0.05)
        assert np.isfinite(other["value"])
    assert found["alternatives"]


def test_json_of_what_is_not_known(shell: Shell, files: Files) -> None:
    assert shell.done(*files.register, "--json", "--uncertainty", "none").json["uncertainty"] is None
    assert shell.done(*files.register, "--json", "--iterations", "0").json["uncertainty"] is None
    words = ("--transform", "b-spline", "--iterations", "1", "--levels", "1", "--json")
    few = shell.done(*files.register, *words, "--samples", "20").json["uncertainty"]
    assert (few["standard_error"], few["covariance"]) == (None, None)
    enough = shell.done(*files.register, *words).json["uncertainty"]
    assert enough["standard_error"] > 0
    assert enough["covariance"] is None


@pytest.mark.parametrize("how", ["quick", "thorough"])
def test_it_is_a_setting(shell: Shell, files: Files, how: str) -> None:
    for words in (("--uncertainty", how), ("--set", f"uncertainty={how}")):
        assert shell.done(*files.register, *words, "--json").json["settings"][0]["uncertainty"] == how
    said = shell(*files.register, "--uncertainty", "slow")
    assert said.code == 2
    assert said.error.startswith("--uncertainty: 'slow' is none of none, quick, thorough")


def test_the_warning_names_the_option(shell: Shell, pattern: list[str]) -> None:
    said = shell.done(*pattern)
    (line,) = [line for line in said.err.splitlines() if "warning" in line]
    assert line.startswith("itk-maskedsampling: warning: Another place fits as well")
    assert "use --initial search;" in line


# --require-determined


def test_determined(shell: Shell, files: Files) -> None:
    assert shell(*files.register, "--require-determined").code == 0


@pytest.mark.parametrize("talk", [(), ("--quiet",), ("--json",)])
def test_not_determined(shell: Shell, pattern: list[str], talk: tuple[str, ...], tmp_path: Path) -> None:
    """All is written all the same, and one line more is said."""
    names = ("moved.mha", "found.tfm", "points.csv")
    outputs: list[Any] = []
    for option, name in zip(("--output", "--output-transform", "--output-points"), names, strict=True):
        outputs += [option, tmp_path / name]
    usual = shell.done(*pattern, *talk, *outputs)
    first = Transform.read(tmp_path / "found.tfm")
    for name in names:
        (tmp_path / name).unlink()
    said = shell(*pattern, *talk, *outputs, "--require-determined")
    assert said.code == 3
    assert {path.name for path in tmp_path.iterdir()} == set(names)
    assert Transform.read(tmp_path / "found.tfm") == first
    more = [line for line in said.err.splitlines() if line not in usual.err.splitlines()]
    line = more[-1]
    assert line.startswith(
        "itk-maskedsampling: error: --require-determined: the uncertainty of the result is ambiguous"
    )
    assert sum("--require-determined" in line for line in said.err.splitlines()) == 1
    if talk == ("--json",):
        assert said.json["uncertainty"]["status"] == "ambiguous"
        assert set(said.json["outputs"]) == {"output", "output_transform", "output_points"}
        assert said.json["errors"] == []
    else:
        assert len(said.out.splitlines()) == len(usual.out.splitlines())


def test_not_known_is_not_determined(shell: Shell, files: Files) -> None:
    said = shell(*files.register, "--require-determined", "--iterations", "0", "--quiet")
    assert said.code == 3
    assert said.error == "--require-determined: the uncertainty of the result is not known, as without an iteration"


@pytest.mark.parametrize(
    "words",
    [
        ("--uncertainty", "none"),
        ("--uncertainty", "None"),
        ("--set", "uncertainty=none"),
        ("--transform", "translation,rigid", "--set", "1:uncertainty=none"),
    ],
)
def test_it_needs_to_be_known(shell: Shell, files: Files, words: tuple[str, ...], tmp_path: Path) -> None:
    """Of the last stage, before anything is done."""
    said = shell(*files.register, *words, "--require-determined", "--output-transform", tmp_path / "found.tfm")
    assert said.code == 2
    assert said.error == "--uncertainty: 'none', but --require-determined needs to know it; leave one of them out"
    assert list(tmp_path.iterdir()) == []


def test_of_the_first_stage_it_does_not(shell: Shell, files: Files) -> None:
    words = ("--transform", "translation,rigid", "--set", "0:uncertainty=none", "--require-determined")
    assert shell(*files.register, *words).code == 0


def test_what_could_not_be_written_comes_first(
    shell: Shell, pattern: list[str], tmp_path: Path, monkeypatch: Any
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("itk_maskedsampling._cli.register.Samples.write", fail)
    monkeypatch.setattr("itk_maskedsampling._cli.outputs.try_out", lambda output: None)
    said = shell(*pattern, "--output-points", tmp_path / "points.csv", "--require-determined", "--quiet")
    assert said.code == 1
    assert "No space left on device" in said.err


def test_exit_code_of_a_process(pattern: list[str]) -> None:
    said = run_process(*pattern, "--require-determined", "--quiet")
    assert said.code == 3
    assert "Traceback" not in said.err
