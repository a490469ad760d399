# SPDX-License-Identifier: Apache-2.0
"""Paths of files: names that are no UTF-8, links, pipes and devices, folders of DICOM files."""

import locale
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Image, Transform, read_image, read_transform, register, write_image
from itk_maskedsampling._images.output import whole_file

SUFFIXES = (".nii", ".nii.gz", ".hdr", ".nrrd", ".nhdr", ".mha", ".mhd", ".vtk", ".gipl", ".mrc", ".tif", ".png")
#: Bytes of names: Latin-1, a sequence that stops, bytes that never are in UTF-8, blanks and quotes.
NAMES = (b"Zo\xeb", b"\xe2\x82", b"\xff\xfe", b'a "b" \xc3', b"plain")
TRANSFORM = Transform(2, (("AffineTransform_double_2_2", np.array([3.0, 4.0]), np.array([1.1, 0.1, 0, 0.9, 5, 6])),))


def make_pixels(suffix: str) -> Any:
    shape = (6, 7) if suffix == ".png" else (4, 5, 6)
    return np.random.default_rng(0).integers(0, 200, shape).astype(np.uint8)


# Names


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", NAMES)
def test_images_by_any_name(name: bytes, suffix: str, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"folder \xe4")
    folder.mkdir()
    path = folder / (os.fsdecode(name) + suffix)
    pixels = make_pixels(suffix)
    write_image(pixels, path)
    assert path.name.encode("utf-8", "surrogateescape") in os.listdir(os.fsencode(folder))
    np.testing.assert_array_equal(read_image(path).pixels, pixels)
    np.testing.assert_array_equal(read_image(str(path)).pixels, pixels)


@pytest.mark.parametrize("suffix", [".h5", ".tfm", ".mat"])
@pytest.mark.parametrize("name", NAMES)
def test_transforms_by_any_name(name: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / (os.fsdecode(name) + suffix)
    TRANSFORM.write(path)
    assert read_transform(path) == TRANSFORM


@pytest.mark.parametrize("name", NAMES)
def test_errors_of_files_by_any_name(name: bytes, tmp_path: Path) -> None:
    for suffix, read in (
        (".nii", read_image),
        (".tfm", read_transform),
        (".h5", read_transform),
        (".nope", read_image),
    ):
        path = tmp_path / (os.fsdecode(name) + suffix)
        path.write_bytes(b"NDims: " + name)
        with pytest.raises(RuntimeError) as found:
            read(path)
        assert str(found.value).startswith(f"path: {path} cannot be read")


def test_paths_that_are_none(tmp_path: Path) -> None:
    for path in ("a\0b.nii", "x" * 5000 + ".nii", str(tmp_path / "missing" / "a.nii")):
        with pytest.raises((OSError, ValueError), match="path: "):
            read_image(path)
        with pytest.raises((OSError, ValueError), match="path: "):
            read_transform(path)


# Links


@pytest.mark.parametrize("suffix", [".nii.gz", ".mhd", ".hdr", ".h5", ".png"])
def test_links_stay_links(suffix: str, tmp_path: Path) -> None:
    store, shown = tmp_path / "store", tmp_path / "shown"
    store.mkdir()
    shown.mkdir()
    pixels = make_pixels(suffix)

    def write(path: Path) -> None:
        if suffix == ".h5":
            TRANSFORM.write(path)
            assert read_transform(path) == TRANSFORM
        else:
            write_image(pixels, path)
            np.testing.assert_array_equal(read_image(path).pixels, pixels)

    target, link, second = store / "content", shown / f"file{suffix}", shown / f"second{suffix}"
    target.write_bytes(b"before")
    link.symlink_to("../store/content")  # relative
    second.symlink_to(link)  # a link to a link
    for path in (link, second):
        write(path)
        assert link.is_symlink()
        assert second.is_symlink()
        assert os.readlink(link) == "../store/content"
        assert target.read_bytes() == path.read_bytes() != b"before"
        assert list(store.iterdir()) == [target]
    # What a link points to need not be there yet.
    target.unlink()
    write(link)
    assert link.is_symlink()
    assert target.is_file()
    assert not any(one.name.startswith(".") for one in (*store.iterdir(), *shown.iterdir()))


def test_what_fails_leaves_the_target_of_a_link(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("before")
    (tmp_path / "link").symlink_to("target")

    def write_half() -> None:
        with whole_file("output", tmp_path / "link") as file:
            file.write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        write_half()
    assert (tmp_path / "target").read_text() == "before"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["link", "target"]


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a.nii").symlink_to("b.nii")
    (tmp_path / "b.nii").symlink_to("a.nii")
    (tmp_path / "c.nii").symlink_to("missing/c.nii")
    (tmp_path / "folder").mkdir()
    (tmp_path / "d.nii").symlink_to("folder")
    for name, words in (
        ("a.nii", "is a link in a circle"),
        ("c.nii", "there is no folder '.*missing', to which '.*c.nii' is a link"),
        ("d.nii", "is a folder"),
    ):
        with pytest.raises(OSError, match=f"path: .*{words}"):
            write_image(np.ones((3, 4)), tmp_path / name)
        with pytest.raises((OSError, RuntimeError), match="path: "):
            read_image(tmp_path / name)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.nii", "b.nii", "c.nii", "d.nii", "folder"]


# Pipes and devices


def test_pipes_and_devices_are_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.nii"
    os.mkfifo(pipe)
    (tmp_path / "link.nii").symlink_to("/dev/zero")
    (tmp_path / "link.tfm").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.tfm")
    os.mkfifo(tmp_path / "pipe.raw")
    meta = "NDims = 2\nDimSize = 4 4\nElementType = MET_UCHAR\nElementDataFile = "
    (tmp_path / "a.mhd").write_text(f"{meta}pipe.raw\n")
    (tmp_path / "b.mhd").write_text(f"{meta}/dev/zero\n")
    nrrd = "NRRD0004\ntype: uchar\ndimension: 2\nsizes: 4 4\nencoding: raw\ndata file: "
    (tmp_path / "a.nhdr").write_text(f"{nrrd}pipe.raw\n")
    (tmp_path / "b.nhdr").write_text(f"{nrrd}/dev/zero\n")
    script = """
import sys
from itk_maskedsampling import read_image, read_transform
for path in sys.argv[1:]:
    try:
        (read_transform if path.endswith(".tfm") else read_image)(path)
    except RuntimeError as error:
        assert str(error).startswith("path: "), error
        assert "device" in str(error), error
    else:
        raise SystemExit(path)
"""
    paths = ["pipe.nii", "link.nii", "pipe.tfm", "link.tfm", "a.mhd", "b.mhd", "a.nhdr", "b.nhdr"]
    command = [sys.executable, "-c", script, *(str(tmp_path / one) for one in paths)]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr


def test_nothing_is_put_in_the_place_of_a_device(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.nii")
    (tmp_path / "null.nii").symlink_to(os.devnull)
    for name in ("pipe.nii", "null.nii"):
        with pytest.raises(OSError, match=r"^path: .* is a pipe, a socket or a device"):
            write_image(np.ones((3, 4)), tmp_path / name)
    assert (tmp_path / "pipe.nii").is_fifo()
    assert Path(os.devnull).is_char_device()


# DICOM


def write_series(folder: Path, uid: str, number: int) -> None:
    image = sitk.GetImageFromArray(np.full((1, 5, 6), number, np.int16))
    before = locale.setlocale(locale.LC_ALL)
    for z in range(3):
        one = sitk.Image(image)
        tags = {"0008|0021": "20260101", "0020|000e": uid, "0020|0032": f"0\\0\\{2.5 * z}", "0020|0013": str(z)}
        for key, value in tags.items():
            one.SetMetaData(key, value)
        one.SetOrigin((0, 0, 2.5 * z))
        writer = sitk.ImageFileWriter()
        writer.KeepOriginalImageUIDOn()
        writer.SetFileName(str(folder / f"{uid}-{z}.dcm"))
        writer.Execute(one)
    locale.setlocale(locale.LC_ALL, before)  # which the writer of SimpleITK has changed


def test_folders_of_several_dicom_series_say_so(tmp_path: Path) -> None:
    write_series(tmp_path, "1.2.3", 7)
    np.testing.assert_array_equal(read_image(tmp_path).pixels, np.full((3, 5, 6), 7))
    write_series(tmp_path, "1.2.4", 8)
    with pytest.raises(RuntimeError, match=r"fixed: .* holds 2 DICOM series.*1\.2\.3.*\(3 files\).*1\.2\.4") as found:
        register(tmp_path, Image(np.ones((3, 5, 6))))
    # What it says helps.
    import itk  # noqa: PLC0415

    advice = str(found.value).rpartition("fixed=")[2]
    read = eval(advice, {"itk": itk})
    assert itk.array_from_image(read).shape == (3, 5, 6)
