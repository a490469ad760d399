# SPDX-License-Identifier: Apache-2.0
"""The command line in processes of its own: Ctrl-C, full disks, and readers that go away."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_scene import Files, make_files, run_process
from itk_maskedsampling import read_image

#: Bytes that a file may have: fewer than any output of a volume has, and than HDF5 needs.
LIMIT = 4000
#: Files that are too large cannot be written, as on a full disk. Python ignores the signal for it.
FULL = f"import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, ({LIMIT}, {LIMIT}))"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("cli"), angle=0.05)


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("cli"), dimension=3)


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("suffix", [".nii.gz", ".nii", ".nrrd", ".mha", ".mhd", ".tif"])
def test_full_disk(volumes: Files, suffix: str, tmp_path: Path) -> None:
    """What fits is written, of what does not nothing remains."""
    moved, points = tmp_path / f"moved{suffix}", tmp_path / "points.csv"
    words = ("--output", moved, "--output-points", points, "-n", "20", "--iterations", "1", "--json")
    quiet = ("--uncertainty", "none")  # 20 samples are few, which would be warned of
    said = run_process(*volumes.register, *words, *quiet, before=FULL)
    assert said.code == 1
    assert said.error.startswith(f"--output: '{moved}' could not be written: ")
    assert said.error.endswith(f" (written: {points})")
    assert ".part" not in said.err
    assert names(tmp_path) == {"points.csv"}
    assert len(points.read_text().splitlines()) == 21
    assert said.json["outputs"] == {"output_points": str(points)}
    assert len(said.json["errors"]) == 1


def test_full_disk_is_noticed_before_the_registration(volumes: Files, tmp_path: Path) -> None:
    """HDF5 needs more than there is, even for the smallest file."""
    endless = ("--iterations", "1000000000", "--set", "minimum-step-length=0", "--set", "relaxation-factor=0.999999999")
    said = run_process(*volumes.register, *endless, "--output-transform", tmp_path / "t.h5", before=FULL)
    assert said.code == 1
    assert said.error.startswith(f"--output-transform: '{tmp_path}/t.h5' cannot be written: ")
    assert names(tmp_path) == set()


def test_full_disk_leaves_what_was_there(volumes: Files, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("mine")
    for words in (
        ("sample", volumes.fixed, "-n", 1000, "-o", tmp_path / "points.csv"),
        ("sample", volumes.fixed, "-n", 1000, "-o", tmp_path / "points.csv", "-o", tmp_path / "points.mrk.json"),
        ("example", tmp_path / "new"),
    ):
        said = run_process(*words, before=FULL)
        assert said.code == 1
        assert "could not be written: " in said.error
        assert names(tmp_path) == {"points.csv"}
        assert (tmp_path / "points.csv").read_text() == "mine"


@pytest.mark.parametrize(
    ("number", "code", "said"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_signals(files: Files, tmp_path: Path, number: signal.Signals, code: int, said: str) -> None:
    """Ctrl-C, or kill, in the middle of a registration that would take for ever."""
    endless = ("--iterations", "1000000000", "--set", "minimum-step-length=0", "--set", "relaxation-factor=0.999999999")
    still = ("--set", "gradient-magnitude-tolerance=0", "--set", "convergence-minimum-value=-1e300")
    outputs = ("--output", tmp_path / "m.mha", "--output-transform", tmp_path / "t.h5", "--report", tmp_path / "r.html")
    command = [sys.executable, "-m", "itk_maskedsampling", *files.register, *endless, *still, *map(str, outputs)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        # A line a second is shown: the registration runs.
        assert process.stderr.readline().startswith("level 0 of 0..2, iteration ")
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == code
    assert out == ""
    assert err.splitlines()[-1] == f"itk-maskedsampling: {said}"
    assert "Traceback" not in err
    assert names(tmp_path) == set()


#: Whether what is said is kept until there is more of it, or the end.
BUFFERS = pytest.mark.parametrize("unbuffered", ["", "1"])


@BUFFERS
def test_reader_that_goes_away(files: Files, unbuffered: str, tmp_path: Path) -> None:
    """As with `| head -1`: what was to be written is, and nothing is said."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "itk_maskedsampling", *files.register, "--quiet", "--json"]
    output = tmp_path / "moved.mha"
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    options: dict[str, Any] = {"stderr": subprocess.PIPE, "text": True, "timeout": 60, "env": environment}
    done = subprocess.run([*command, "--output", str(output)], stdout=writing, check=False, **options)
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == ""
    assert read_image(output).pixels.shape == (60, 70)


@BUFFERS
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_standard_output_that_is_full(files: Files, unbuffered: str) -> None:
    command = [sys.executable, "-m", "itk_maskedsampling", "info", files.fixed, "--json"]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    options: dict[str, Any] = {"stderr": subprocess.PIPE, "text": True, "timeout": 60, "env": environment}
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(command, stdout=full, check=False, **options)
    assert done.returncode == 1
    assert done.stderr == ("itk-maskedsampling: error: what is said cannot be written: No space left on device\n")


def test_names_that_are_not_text(files: Files, tmp_path: Path) -> None:
    """Bytes that are no UTF-8."""
    folder = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(folder)
    for more in ([], ["--json"]):
        words: list[str | bytes] = [*files.register, "-q", "-o", folder + b"/m.mha", *more]
        command = [sys.executable, "-m", "itk_maskedsampling", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        assert os.listdir(folder) == [b"m.mha"]
        if more:
            assert os.fsencode(json.loads(done.stdout)["outputs"]["output"]) == folder + b"/m.mha"


def test_where_an_error_is_told(files: Files) -> None:
    said = run_process("register", files.fixed, "nothing.mha", "--json")
    assert said.code == 2
    assert said.out == ""
    assert said.error.startswith("MOVING: there is no file 'nothing.mha'")
