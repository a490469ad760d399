# SPDX-License-Identifier: Apache-2.0
"""The command line: words, errors and exit codes."""

import inspect
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import itk_maskedsampling
import numpy as np
import pytest
from cli_scene import Files, Said, Shell, make_files, run_process
from itk_maskedsampling import Image, Transform, register, write_image
from itk_maskedsampling._cli import register as cli_register
from itk_maskedsampling._cli.options import make_parser
from itk_maskedsampling._cli.program import join_numbers, main
from itk_maskedsampling._cli.text import say
from itk_maskedsampling._images.arrays import to_json

COMMANDS = ("register", "sample", "cohort", "info", "example")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("cli"), angle=0.05)


# Help


@pytest.mark.parametrize("command", COMMANDS)
def test_help(shell: Shell, command: str) -> None:
    assert command in shell.done("--help").out
    text = shell.done(command, "--help").out
    assert text.startswith(f"usage: itk-maskedsampling {command}")
    assert "Exit codes: 0 done; 1 could not be done; 2 bad usage or bad input; 3 done, but not determined" in text
    assert max(map(len, text.splitlines())) <= 120


def test_without_words(shell: Shell) -> None:
    said = shell()
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("usage: ")


def test_version(shell: Shell) -> None:
    assert shell.done("--version").out == f"itk-maskedsampling {itk_maskedsampling.version()}\n"


def test_words_of_the_process(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["itk-maskedsampling", "--version"])
    assert main() == 0
    assert capsys.readouterr().out.startswith("itk-maskedsampling ")


# Bad usage and bad input


def bad_words() -> list[tuple[str, str]]:
    """Words after FIXED and MOVING, and what the error says."""
    return [
        ("--bad 3", r"unrecognized arguments: --bad 3 \(see: itk-maskedsampling register --help\)"),
        ("--fixed-mas mask.mha", "unrecognized arguments: --fixed-mas"),
        ("more.mha", "unrecognized arguments: more.mha"),
        ("--samples few", "argument --samples/-n: 'few' is not a number"),
        ("--samples 0.5", "--samples: 0.5 is not an integer"),
        ("--samples 10 --percentage 0.1", "--samples, --percentage: 10 and 0.1, but both say how many"),
        ("--samples 1,2", "samples: .*2"),
        ("--percentage 2", "percentage: .*2"),
        ("--seed -1", "--seed: -1 is not an integer of at least 0"),
        ("--transform rigidd", "--transform: 'rigidd' is none of .*; did you mean 'rigid'"),
        ("--transform nothing.tfm", "--transform: there is no file 'nothing.tfm'"),
        ("--transform text.tfm", "--transform: text.tfm cannot be read as a transform"),
        ("--transform volume.tfm", "--transform: 2 dimensions are needed"),
        ("--initial geometri", "--initial: .*did you mean 'geometry'"),
        ("--initial text.tfm", "--initial: text.tfm cannot be read"),
        ("--metric correlate", "--metric: .*did you mean 'correlation'"),
        ("--points text.tfm", "--points: 'text.tfm', line 1: could not convert string to float: 'text'"),
        ("--points ragged.csv", "--points: 'ragged.csv', line 3: 3 numbers, not 2"),
        ("--points head.csv", "--points: there is no point in 'head.csv'"),
        ("--points nothing.csv", "--points: there is no file 'nothing.csv'"),
        ("--fixed-mask empty.mha", "--fixed-mask: no voxel is inside"),
        ("--fixed-mask volume.mha", "--fixed-mask: 2 dimensions are needed"),
        ("--moving-mask nothing.mha", "--moving-mask: there is no file 'nothing.mha'"),
        ("--weights empty.mha", "--weights: all 4200 are 0"),
        ("--set histogrm-bins=3", "there is no setting 'histogrm_bins'; did you mean 'histogram_bins'"),
        ("--set histogram-bins", "'histogram-bins' is not NAME=VALUE"),
        ("--set histogram-bins=many", "--set: histogram_bins=many: 'many' is not a number"),
        ("--set return-best=perhaps", "--set: return_best=perhaps: true or false is needed"),
        ("--set transform=affine", "--set: give the transform as --transform"),
        ("--set seed=1 --seed 2", "--set: 'seed' is given twice, 2 and '1'"),
        ("--set 1:seed=1", "--set: '1:seed': there is no stage '1'"),
        ("--set first:seed=1", "--set: 'first:seed': there is no stage 'first'"),
        ("--output missing/moved.mha", "--output: there is no folder 'missing'"),
        ("--output folder", "--output: 'folder' is a folder; give the path of a file in it"),
        ("--output moved.doc", r"--output: 'moved.doc' cannot be written: No format .* writes \"moved.doc\""),
        ("--output moved.png", "--output: 'moved.png' cannot be written: PNG supports"),
        ("--output moved.mha --interpolate-output lienar", "--interpolate-output: .*did you mean 'linear'"),
        ("--output-transform t.nii", "--output-transform: 't.nii' cannot be written: "),
        ("--output-transform t.mat --transform rigid,affine", "--output-transform: a file .mat holds one transform"),
        (
            "--output-points p.json",
            "--output-points: 'p.json' cannot be written: .* suffix .mrk.json",
        ),
        ("--report r.pdf", "--report: 'r.pdf': it is an HTML file"),
        ("--output fixed.mha", "--output: 'fixed.mha' would overwrite the input fixed"),
        ("--output link.mha", "--output: 'link.mha' would overwrite the input moving"),
        ("--fixed-mask mask.hdr --output mask.img", "--output: 'mask.img' would overwrite the input fixed_mask"),
        ("--output-transform volume.tfm --initial volume.tfm", "--output-transform: .* overwrite the input initial"),
        ("--output-transform flat.tfm -t flat.tfm", "--output-transform: .* overwrite the input transform flat.tfm"),
        ("--output x.mha --output-points x.mha", "--output-points: 'x.mha' would overwrite what --output writes"),
        ("--output x.mhd --output-points x.raw", "--output-points: 'x.raw' would overwrite what --output writes"),
    ]


@pytest.fixture(scope="module")
def bad_files(files: Files) -> Files:
    """Beside the scene: files that are not what they seem."""
    folder = files.folder
    (folder / "text.tfm").write_text("text\n")
    (folder / "text.nii.gz").write_text("text\n")
    (folder / "ragged.csv").write_text("x,y\n1,2\n1,2,3\n")
    (folder / "head.csv").write_text("x,y\n")
    (folder / "folder").mkdir()
    (folder / "link.mha").symlink_to(folder / "moving.mha")
    write_image(Image(np.zeros((60, 70), np.uint8)), folder / "empty.mha")
    write_image(Image(np.ones((60, 70), np.uint8)), folder / "mask.hdr")
    write_image(Image(np.ones((5, 6, 7), np.uint8)), folder / "volume.mha")
    Transform(3).write(folder / "volume.tfm")
    Transform(2).write(folder / "flat.tfm")
    return files


@pytest.mark.parametrize(("words", "message"), bad_words())
def test_bad_input(shell: Shell, bad_files: Files, words: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bad_files.folder)
    before = bad_files.names()
    said = shell("register", "fixed.mha", "moving.mha", *words.split())
    assert said.code == 2, said.err
    assert said.out == ""
    assert re.search(message, said.error), said.error
    assert ".part/" not in said.err
    assert bad_files.names() == before


def test_bad_images(shell: Shell, bad_files: Files) -> None:
    folder = bad_files.folder
    said = shell("register", folder / "nothing.mha", bad_files.moving)
    assert said.code == 2
    assert said.error.startswith(f"FIXED: there is no file '{folder}/nothing.mha'")
    said = shell("register", bad_files.fixed, folder / "volume.mha")
    assert said.code == 2
    assert said.error.startswith("FIXED, MOVING: ") or said.error.startswith("MOVING: ")
    assert shell("register", bad_files.fixed).error.startswith("the following arguments are required: MOVING")
    assert shell("registry").error.startswith("argument COMMAND: invalid choice: 'registry'")


def test_text_with_the_suffix_of_an_image(shell: Shell, bad_files: Files) -> None:
    said = shell("register", bad_files.fixed, bad_files.folder / "text.nii.gz")
    assert said.code == 2
    assert said.error.startswith(f"MOVING: {bad_files.folder}/text.nii.gz cannot be read: ")


def test_debug_shows_the_traceback(shell: Shell, files: Files) -> None:
    for words in (["--debug", "register", "nothing.mha", files.moving], ["register", "nothing.mha", "x", "--debug"]):
        said = shell(*words)
        lines = said.err.splitlines()
        assert said.code == 2
        assert lines[0] == "Traceback (most recent call last):"
        assert lines[-1].startswith("itk-maskedsampling: error: FIXED: there is no file 'nothing.mha'")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (RuntimeError("it went astray\nsomewhere"), 1, "it went astray"),
        (OSError(28, "No space left on device", "a.nii"), 1, "No space left on device: 'a.nii'"),
        (MemoryError(), 1, "not enough memory"),
        (KeyError("x"), 1, "KeyError: 'x' (--debug shows where)"),
        (ValueError("fixed_mask, samples: bad"), 2, "--fixed-mask, --samples: bad"),
        (ImportError("scheduler: more is needed"), 2, "scheduler: more is needed"),
    ],
)
def test_errors_of_a_registration(
    shell: Shell, files: Files, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, message: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(cli_register, "register", fail)
    before = files.names()
    said = shell(*files.register, "--output", files.folder / "moved.mha")
    assert said.code == code
    assert said.error == message
    assert files.names() == before


def test_warnings_are_a_line(shell: Shell, files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    def warn(*values: Any, **options: Any) -> Any:
        warnings.warn("something is odd", RuntimeWarning, stacklevel=1)
        return register(*values, **options)

    monkeypatch.setattr(cli_register, "register", warn)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        said = shell.done(*files.register)
    assert said.err.splitlines()[0] == "itk-maskedsampling: warning: something is odd"


# Options


class Called(Exception):
    """Instead of a registration."""


@pytest.fixture
def arguments(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What register() is called with."""
    found: dict[str, Any] = {}

    def note(**options: Any) -> None:
        found.clear()
        found.update(options)
        raise Called

    monkeypatch.setattr(cli_register, "register", note)
    return found


def test_every_argument_of_register_has_an_option() -> None:
    """But for those that make no sense in a shell."""
    names = set(inspect.signature(register).parameters) - {"callback", "progress", "settings"}
    args = make_parser().parse_args(["register", "a", "b"])
    assert names <= set(vars(args))
    # Of a cohort, a row is a pair.
    args = make_parser().parse_args(["cohort", "a", "--output", "b"])
    assert names - {"metric_weights", "metric_weights_image"} <= set(vars(args))


def test_options_are_those_of_register(shell: Shell, files: Files, arguments: dict[str, Any]) -> None:
    words = """--metric correlation --samples 10,20 --sampling regular --seed 3 --center -20,1.5 --grid-spacing 8
        --regularization 3
        --interpolator b-spline --levels 2 --shrink-factors 2,1 --smoothing-sigmas 0.5,0 --optimizer lbfgs2
        --iterations 7 --learning-rate 0.5,1e-1 --scales none --work-units 1 --initial geometry --transform affine
        --set return-best=Off --set histogram_bins=20 --set step-length=-0.5 --set estimate-learning-rate=never
        --set region-size=5,6"""
    shell("register", files.fixed, files.moving, "--moving-mask", files.mask, *words.split())
    images = {name: arguments.pop(name) for name in ("fixed", "moving", "fixed_mask", "moving_mask", "weights")}
    assert images["fixed_mask"] is None is images["weights"]
    np.testing.assert_array_equal(images["fixed"].pixels, files.scene.fixed.pixels)
    np.testing.assert_array_equal(images["moving"].pixels, files.scene.moving.pixels)
    np.testing.assert_array_equal(images["moving_mask"].pixels, files.scene.fixed_mask)
    assert callable(arguments.pop("callback"))
    assert arguments == {
        "metric": "correlation",
        "samples": [10, 20],
        "sampling": "regular",
        "seed": 3,
        "center": [-20, 1.5],
        "grid_spacing": 8,
        "regularization": 3,
        "interpolator": "b-spline",
        "levels": 2,
        "shrink_factors": [2, 1],
        "smoothing_sigmas": [0.5, 0],
        "optimizer": "lbfgs2",
        "iterations": 7,
        "learning_rate": [0.5, 0.1],
        "scales": "none",
        "work_units": 1,
        "initial": "geometry",
        "transform": "affine",
        "return_best": False,
        "histogram_bins": 20,
        "step_length": -0.5,
        "estimate_learning_rate": "never",
        "region_size": [5, 6],
        "progress": False,
    }


def test_what_is_not_given_is_left_to_register(shell: Shell, files: Files, arguments: dict[str, Any]) -> None:
    shell("register", files.fixed, files.moving, "--quiet")
    assert {name: value for name, value in arguments.items() if value is not None} == {
        "fixed": arguments["fixed"],
        "moving": arguments["moving"],
        "transform": "rigid",
        "progress": False,
    }


def test_stages(shell: Shell, files: Files, arguments: dict[str, Any]) -> None:
    start = files.folder / "one, two.tfm"
    Transform(2).write(start)
    shell("register", files.fixed, files.moving, "-t", "rigid, affine", "-t", start, "--set", "1:samples=5,6,7")
    kinds = arguments["transform"]
    assert kinds[0] == {"transform": "rigid"}
    assert kinds[1] == {"transform": "affine", "samples": [5, 6, 7]}
    assert kinds[2] == {"transform": Transform.read(start)}
    shell("register", files.fixed, files.moving, "-t", "rigid,b-spline", "--initial", start)
    assert arguments["initial"] == Transform.read(start)
    assert arguments["transform"] == [{"transform": "rigid"}, {"transform": "b-spline"}]
    start.unlink()


def test_negative_numbers_are_no_options() -> None:
    assert join_numbers(["--center", "-2,3", "-n", "-5", "--seed", "-.5", "a", "-1"]) == [
        "--center=-2,3",
        "-n",
        "-5",
        "--seed=-.5",
        "a",
        "-1",
    ]
    assert join_numbers(["--output=x", "-1", "--json", "--quiet"]) == ["--output=x", "-1", "--json", "--quiet"]


# What is printed, and loaded


def test_json_is_strict() -> None:
    value = {"a": np.float32(0.5), "b": np.array([[1.0, np.nan]]), "c": (np.inf, Path("x"), None, True, "t", 3)}
    assert to_json(value) == {"a": 0.5, "b": [[1.0, None]], "c": [None, "x", None, True, "t", 3]}


def test_what_the_encoding_lacks_is_escaped(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w", encoding="ascii") as log:
        say("Zoë \udc80", log)
    assert (tmp_path / "log").read_text() == "Zo\\xeb \\udc80\n"


def loaded(said: Said) -> set[str]:
    assert said.code == 0, said.err
    return set(said.err.splitlines()[-1].split())


def test_nothing_is_loaded_before_it_is_needed(files: Files) -> None:
    tell = "lambda: print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr)"
    before = f"import atexit, sys\natexit.register({tell})"
    for words in (["--version"], ["register", "--help"]):
        assert not loaded(run_process(*words, before=before)) & {"numpy", "rich", "matplotlib", "itk", "SimpleITK"}
    modules = loaded(run_process(*files.register, before=before))
    assert "numpy" in modules
    assert not modules & {"rich", "matplotlib", "itk", "SimpleITK", "nibabel", "xarray", "pandas", "distributed"}
