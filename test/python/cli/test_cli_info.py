# SPDX-License-Identifier: Apache-2.0
"""`itk-maskedsampling info`: what is in files, and what is installed."""

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cli_scene import Files, Shell, make_files
from itk_maskedsampling import Image, Transform, read_image, read_transform, version, write_image
from itk_maskedsampling._cli.files import TRANSFORM_SUFFIXES
from itk_maskedsampling._cli.info import IMAGE_SUFFIXES
from itk_maskedsampling._core import default_settings, describe_settings


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return make_files(tmp_path_factory.mktemp("cli"), dimension=3, tilted=True)


# Files


def test_image(shell: Shell, files: Files) -> None:
    (found,) = shell.done("info", files.fixed, "--mask", files.mask, "--json").json["files"]
    image, inside = files.scene.fixed, files.scene.fixed_mask
    assert (found["file"], found["kind"], found["dimension"]) == (files.fixed, "image", 3)
    assert found["size"] == list(image.pixels.shape[::-1])
    np.testing.assert_allclose(found["spacing"], image.spacing)
    np.testing.assert_allclose(found["origin"], image.origin)
    np.testing.assert_allclose(found["direction"], image.direction, atol=1e-9)
    assert found["type"] == "float32"
    assert (found["minimum"], found["maximum"]) == (image.pixels.min(), image.pixels.max())
    assert found["not_finite"] == 0
    mask = found["mask"]
    z, y, x = np.nonzero(inside)
    assert mask["voxels"] == len(x)
    assert mask["fraction"] == len(x) / inside.size
    assert mask["index"] == [x.min(), y.min(), z.min()]
    assert mask["size"] == [np.ptp(x) + 1, np.ptp(y) + 1, np.ptp(z) + 1]
    centres = files.scene.mask_points()
    assert (np.array(mask["low"]) < centres.min(axis=0)).all()
    assert (np.array(mask["high"]) > centres.max(axis=0)).all()


def test_image_for_people(shell: Shell, tmp_path: Path) -> None:
    pixels = np.array([[np.nan, 2.5], [-1.5, np.inf], [0, 1]], np.float32)
    write_image(Image(pixels, (0.5, 2), (10, 20)), tmp_path / "a.mha")
    write_image(Image(np.array([[0, 1], [0, 1], [0, 0]], np.uint8), (0.5, 2), (10, 20)), tmp_path / "m.mha")
    text = shell.done("info", tmp_path / "a.mha", "--mask", tmp_path / "m.mha").out
    for part in (
        f"{tmp_path / 'a.mha'}: image of 2 x 3 float32",
        "spacing (0.5, 2), origin (10, 20)",
        "direction (1, 0), (0, 1)",
        "from -1.5 to 2.5, 2 not finite",
        "2 voxels inside, 33.3 % of its grid",
        "in a box of 1 x 2 from index (1, 0), in space (10.25, 19) to (10.75, 23)",
    ):
        assert part in text


def test_transforms(shell: Shell, tmp_path: Path) -> None:
    first = Transform.from_matrix(np.array([[1, 0, 5], [0, 1, -2], [0, 0, 1]]))
    (first @ Transform.from_matrix(np.diag([2.0, 3.0, 1.0]))).write(tmp_path / "two.tfm")
    spline = ("BSplineTransform_double_2_2", np.array([4.0, 4, 0, 0, 1, 1, 1, 0, 0, 1]), np.zeros(32))
    Transform(2, (spline,)).write(tmp_path / "spline.h5")
    said = shell.done("info", tmp_path / "two.tfm", "--json", tmp_path / "spline.h5")
    two, bent = said.json["files"]
    assert (two["kind"], two["dimension"], two["affine"]) == ("transform", 2, True)
    assert [part["name"] for part in two["parts"]] == ["AffineTransform"] * 2
    np.testing.assert_allclose(two["matrix"], [[2, 0, 5], [0, 3, -2], [0, 0, 1]])
    assert (bent["affine"], bent["matrix"]) == (False, None)
    assert [part["parameters"] for part in bent["parts"]] == [32]
    lines = shell.done("info", tmp_path / "two.tfm").out.splitlines()
    assert lines[0] == f"{tmp_path / 'two.tfm'}: transform of 2 dimensions, from fixed to moving points"
    assert lines[-3:] == ["  matrix (2, 0, 5)", "  matrix (0, 3, -2)", "  matrix (0, 0, 1)"]


def test_files_that_cannot_be_read(shell: Shell, files: Files, tmp_path: Path) -> None:
    bad = tmp_path / "bad.tfm"
    bad.write_text("text")
    said = shell("info", bad)
    assert said.code == 2
    assert said.error.startswith(f"file: {bad} cannot be read as a transform")
    said = shell("info", bad, files.fixed, tmp_path / "nothing.mha")
    assert said.code == 2
    assert said.out.startswith(f"{files.fixed}: image of 44 x 40 x 36 float32"), "those that can be read are shown"
    one, two = said.err.splitlines()
    assert one.startswith(f"itk-maskedsampling: error: file: {bad} cannot be read")
    assert two.startswith("itk-maskedsampling: error: file: there is no file")
    assert shell("info", "--mask", files.mask).error.startswith("--mask: of which image?")
    assert shell("info", "--whatever").error.startswith("unrecognized arguments: --whatever")


# What is installed


def test_installation(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    requirements = ["numpy>=1", 'pytest>=1; extra == "cli"', "no-such-package; extra == 'plot'", 'rich; extra == "x"']
    monkeypatch.setattr(importlib.metadata, "requires", lambda _: requirements)
    found = shell.done("info", "--json").json
    assert found["version"] == version()
    assert found["python"] == platform.python_version()
    assert found["numpy"] == np.__version__
    assert re.fullmatch(r"5\.\d+\.\d+", found["itk"])
    assert found["extras"] == {
        "cli": {"pytest": pytest.__version__},
        "plot": {"no-such-package": None},
        "notebook": {},
        "cohort": {},
        "simpleitk": {},
        "nibabel": {},
    }
    text = shell.done("info").out
    assert f"extra cli: pytest {pytest.__version__}\n" in text
    assert 'extra plot: no-such-package not installed: pip install "itk-maskedsampling[plot]"' in text
    assert f"numpy {np.__version__}" in text


def test_package_that_is_not_installed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", fail)
    assert shell.done("info", "--json").json["extras"]["cli"] == {}
    assert "extra cli: not known\n" in shell.done("info").out


@pytest.mark.parametrize("suffix", IMAGE_SUFFIXES)
def test_image_suffixes_are_written_and_read(suffix: str, tmp_path: Path) -> None:
    pixels = np.arange(30, dtype=np.uint8).reshape(5, 6)
    write_image(Image(pixels), tmp_path / f"image{suffix}")
    found = np.squeeze(read_image(tmp_path / f"image{suffix}").pixels)
    assert found.shape == pixels.shape
    np.testing.assert_allclose(found, pixels, atol=8 if suffix.startswith(".jp") else 0)


@pytest.mark.parametrize("suffix", TRANSFORM_SUFFIXES)
def test_transform_suffixes_are_written_and_read(suffix: str, tmp_path: Path) -> None:
    transform = Transform.from_matrix(np.diag([2.0, 3.0, 1.0]))
    transform.write(tmp_path / f"t{suffix}")
    assert read_transform(tmp_path / f"t{suffix}") == transform


def test_settings(shell: Shell) -> None:
    found = shell.done("info", "--settings", "bspline", "--json").json
    assert set(found) == set(describe_settings())
    for name, value in default_settings("b-spline").items():
        assert found[name]["default"] == (list(value) if isinstance(value, tuple) else value)
    lines = shell.done("info", "--settings").out.splitlines()
    assert "samples=2000,2000,5000" in lines
    assert "sampling=random  (random, regular, none)" in lines
    assert "return-best=True" in lines
    assert shell("info", "--settings", "rigidd").error.startswith("--settings: 'rigidd' is none of")
    assert shell("info", "--settings", "rigid", "a.mha").code == 2


def test_pipes_and_devices(tmp_path: Path) -> None:
    """They have no end."""
    os.mkfifo(tmp_path / "pipe.nii")
    os.mkfifo(tmp_path / "pipe.tfm")
    for path in (str(tmp_path / "pipe.nii"), str(tmp_path / "pipe.tfm"), "/dev/zero"):
        command = [sys.executable, "-m", "itk_maskedsampling", "info", path]
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert run.returncode == 2
        assert f"file: {path} cannot be read: it is a pipe, a socket or a device" in run.stderr
