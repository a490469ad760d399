# SPDX-License-Identifier: Apache-2.0
"""Files are there as a whole or not at all."""

import locale
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from itk_maskedsampling import Image, Transform, read_image, read_transform, write_image
from itk_maskedsampling._images.output import whole_file

NOISE = Image(np.random.default_rng(0).integers(0, 2**16, (30, 40, 50), np.uint16))


def test_what_fails_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "result.txt"
    file.write_text("before")

    def write_half() -> None:
        with whole_file("output", file) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_half()
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


def test_name_and_suffix_are_those_of_the_file(tmp_path: Path) -> None:
    with whole_file("output", tmp_path / "my result.nii.gz") as temporary:
        assert temporary.name == "my result.nii.gz"
        assert not (tmp_path / temporary.name).exists()
        temporary.write_text("whole")
    assert (tmp_path / "my result.nii.gz").read_text() == "whole"
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="output: nothing was written"), whole_file("output", tmp_path / "a"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_header_and_pixels_in_two_files(tmp_path: Path) -> None:
    write_image(NOISE, tmp_path / "image.mhd")
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".mhd", ".zraw"]
    np.testing.assert_array_equal(read_image(tmp_path / "image.mhd").pixels, NOISE.pixels)


def test_folders(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="path: there is no folder"):
        write_image(NOISE, tmp_path / "missing" / "image.nii")
    with pytest.raises(IsADirectoryError, match=r"path: .*is a folder"):
        Transform(2).write(tmp_path)


SCRIPT = """
import resource, signal, sys
import numpy as np
from itk_maskedsampling import Image, Transform, write_image
image = Image(np.random.default_rng(0).integers(0, 2**16, (30, 40, 50), np.uint16))
picture = Image(np.random.default_rng(0).integers(0, 2**8, (120, 130), np.uint8))
grid = [10.0, 10.0, 10.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
field = Transform(3, (("DisplacementFieldTransform_double_3_3", grid, np.random.default_rng(0).normal(size=3000)),))
# Files may not grow beyond this: writing fails, as on a full disk.
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    path = sys.argv[1]
    if path.endswith((".h5", ".tfm", ".mat")):
        field.write(path)
    else:
        write_image(picture if path.endswith(".bmp") else image, path)
except (OSError, RuntimeError) as error:
    print(type(error).__name__, error)
    sys.exit(7)
"""


@pytest.mark.parametrize(
    "name",
    ["i.nii", "i.nii.gz", "i.nrrd", "i.mha", "i.mhd", "i.tif", "i.vtk", "i.gipl", "i.bmp", "t.h5", "t.tfm", "t.mat"],
)
def test_full_disk(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("before")
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, os.fspath(file)], capture_output=True, text=True, check=False, timeout=60
    )
    assert run.returncode == 7, run.stdout + run.stderr
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("suffix", [".nii.gz", ".nrrd", ".mha", ".vtk", ".gipl", ".png", ".tif"])
def test_images_leave_the_locale_alone(tmp_path: Path, suffix: str) -> None:
    """Or else Python would read files as ASCII from then on. A slice may come back as a volume."""
    before = locale.setlocale(locale.LC_ALL)
    pixels = NOISE.pixels[0].astype(np.uint8)
    write_image(Image(pixels), tmp_path / f"image{suffix}")
    np.testing.assert_array_equal(np.squeeze(read_image(tmp_path / f"image{suffix}").pixels), pixels)
    assert locale.setlocale(locale.LC_ALL) == before


def test_transforms_come_back(tmp_path: Path) -> None:
    transform = Transform(
        2, (("AffineTransform_double_2_2", np.array([3.0, 4.0]), np.array([1.1, 0.1, 0, 0.9, 5, 6])),)
    )
    for suffix in (".h5", ".tfm", ".mat"):
        transform.write(tmp_path / f"t{suffix}")
        points = np.array([[0.0, 0.0], [10.0, -7.0]])
        np.testing.assert_allclose(read_transform(tmp_path / f"t{suffix}").apply(points), transform.apply(points))
