# SPDX-License-Identifier: Apache-2.0
"""Files that are cut short or damaged are errors, which name the argument and the file; never pixels, nor an end of the
process."""

import ctypes
import gzip
import os
import struct
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk
from itk_maskedsampling import Image, read_image, register, write_image
from itk_maskedsampling._core.library import CoreError, library, pointer

Array = npt.NDArray[Any]
#: What is written here, and the types that each format has.
SUFFIXES = {
    **dict.fromkeys(
        (".nii", ".nii.gz", ".hdr", ".nrrd", ".nhdr", ".mha", ".mhd", ".vtk"), ("uint8", "int16", "float64")
    ),
    **dict.fromkeys((".gipl", ".gipl.gz"), ("uint8", "int16", "float32")),
    ".mrc": ("uint8", "int16", "float32"),
    ".tif": ("uint8", "uint16", "float32"),
    ".png": ("uint8", "uint16"),
    ".jpg": ("uint8",),
}
DRAW = np.random.default_rng(7)


def make_pixels(suffix: str, dtype: str) -> Array:
    # Nothing at the end of a file is a 0, which would be taken for what is missing.
    shape = (17, 13) if suffix in (".png", ".jpg") else (5, 7, 9)
    return DRAW.integers(1, 250, shape).astype(dtype)


def refuses(name: str, path: Path, whole: Array | None) -> bool:
    """Whether a file is an error that is told well. Only what lost no pixels may be read."""
    told = None
    try:
        found = read_image(path).pixels
    except RuntimeError as error:
        told = str(error)
    if told is not None:
        assert told.startswith("path: "), f"{name}: {told}"
        assert path.name in told, f"{name}: {told}"
        return True
    assert whole is not None, f"{name} is read"
    np.testing.assert_array_equal(found, whole, f"{name} is read, but as other pixels")
    return False


def cut_everywhere(path: Path, victim: Path, whole: Array | None, padding: int = 0, number: int = 25) -> None:
    """Cut a file at random lengths, and just before its end. Its last bytes may be padding."""
    content = victim.read_bytes()
    size = len(content)
    lengths = {0, 1, 83, size - 1, size - 2, size - padding - 1, *DRAW.integers(0, size, number).tolist()}
    for length in sorted(one for one in lengths if 0 <= one < size):
        victim.write_bytes(content[:length])
        is_refused = refuses(f"{victim.name}, {length} of {size} bytes,", path, whole)
        assert is_refused or length >= size - padding, f"{victim.name}, {length} of {size} bytes, is read"
    victim.write_bytes(content)
    assert not refuses(victim.name, path, whole)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_files_cut_at_any_length(suffix: str, tmp_path: Path) -> None:
    for dtype in SUFFIXES[suffix]:
        folder = tmp_path / dtype
        folder.mkdir()
        path = folder / f"image{suffix}"
        write_image(make_pixels(suffix, dtype), path)
        whole = read_image(path).pixels
        for victim in sorted(folder.iterdir()):
            # Of headers beside their pixels, the last line may lack its end, and NIfTI has 4 bytes for extensions.
            cut_everywhere(path, victim, whole, {".hdr": 4, ".mhd": 1, ".nhdr": 1}.get(victim.suffix, 0))
            if victim.name.endswith(".gz"):
                content = gzip.decompress(victim.read_bytes())
                size = len(content)
                for length in (0, 84, min(255, size - 1), size - 1, *DRAW.integers(0, size, 25).tolist()):
                    victim.write_bytes(gzip.compress(content[:length], 1))
                    assert refuses(f"{victim.name}, {length} bytes in it,", path, None)
                victim.write_bytes(gzip.compress(content, 1))


@pytest.mark.parametrize("suffix", [".nrrd", ".mha", ".nii", ".nii.gz", ".hdr", ".vtk", ".gipl", ".tif", ".mrc"])
@pytest.mark.parametrize("compress", [False, True])
def test_files_of_simpleitk_cut_at_any_length(suffix: str, compress: bool, tmp_path: Path) -> None:
    path = tmp_path / f"image{suffix}"
    pixels = make_pixels(suffix, "uint8")
    sitk.WriteImage(sitk.GetImageFromArray(pixels), str(path), useCompression=compress)
    np.testing.assert_array_equal(read_image(path).pixels, pixels)
    for victim in sorted(tmp_path.iterdir()):
        cut_everywhere(path, victim, pixels, padding=4 if victim.suffix == ".hdr" else 0, number=15)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz", ".img"])
def test_files_of_nibabel_cut_at_any_length(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"image{suffix}"
    pixels = make_pixels(suffix, "int16")
    kind: Any = nibabel.Nifti1Pair if suffix == ".img" else nibabel.Nifti1Image
    nibabel.save(kind(pixels.T, np.eye(4)), path)
    whole = read_image(path).pixels
    np.testing.assert_array_equal(whole, pixels)
    for victim in sorted(tmp_path.iterdir()):
        # A pair ends its header with 4 bytes that tell of extensions.
        cut_everywhere(path, victim, whole, padding=4 if victim.suffix == ".hdr" else 0)


def write_others(folder: Path, pixels: Array) -> Iterable[Path]:
    """Files in forms that only others write: text, pixels apart, in slices, at the end of a file."""
    data, text = pixels.astype(">i2").tobytes(), b" ".join(b"%d" % one for one in pixels.ravel()) + b"\n"
    depth, height, width = pixels.shape
    nrrd = b"NRRD0004\ntype: short\ndimension: 3\nsizes: %d %d %d\nendian: big\nencoding: " % (width, height, depth)
    meta = b"NDims = 3\nBinaryDataByteOrderMSB = True\nDimSize = %d %d %d\nElementType = MET_SHORT\n" % (
        width,
        height,
        depth,
    )
    vtk = b"# vtk DataFile Version 3.0\ntitle\nASCII\nDATASET STRUCTURED_POINTS\nDIMENSIONS %d %d %d\nSPACING 1 1 1\n"
    vtk = vtk % (width, height, depth) + b"ORIGIN 0 0 0\nPOINT_DATA %d\nSCALARS s short 1\nLOOKUP_TABLE default\n"
    names = [f"slice{number:02d}.raw" for number in range(depth)]
    lines = "".join(f"{name}\n" for name in names).encode()
    for name, one in zip(names, pixels, strict=True):
        (folder / name).write_bytes(one.astype(">i2").tobytes())
    (folder / "apart.raw").write_bytes(b"head" + data)
    (folder / "apart.gz").write_bytes(gzip.compress(b"head" + data))
    contents = {
        "raw.nrrd": nrrd + b"raw\n\n" + data,
        "gzip.nrrd": nrrd + b"gzip\n\n" + gzip.compress(data),
        "text.nrrd": nrrd + b"text\n\n" + text,
        "skip.nhdr": nrrd + b"raw\nbyte skip: 4\ndata file: apart.raw\n",
        "end.nhdr": nrrd + b"raw\nbyte skip: -1\ndata file: apart.raw\n",
        "gzip.nhdr": nrrd + b"gzip\nbyte skip: 4\ndata file: apart.gz\n",
        "slices.nhdr": nrrd + b"raw\ndata file: slice%%02d.raw 0 %d 1\n" % (depth - 1),
        "list.nhdr": nrrd + b"raw\ndata file: LIST\n" + lines,
        "local.mha": meta + b"ElementDataFile = LOCAL\n" + data,
        "text.mha": meta + b"BinaryData = False\nElementDataFile = LOCAL\n" + text,
        "skip.mhd": meta + b"HeaderSize = 4\nElementDataFile = apart.raw\n",
        "end.mhd": meta + b"HeaderSize = -1\nElementDataFile = apart.raw\n",
        "slices.mhd": meta + b"ElementDataFile = slice%%02d.raw 0 %d 1\n" % (depth - 1),
        "list.mhd": meta + b"ElementDataFile = LIST\n" + lines,
        "text.vtk": vtk % pixels.size + text,
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
        yield folder / name


def test_forms_of_others_cut_at_any_length(tmp_path: Path) -> None:
    pixels = DRAW.integers(100, 999, (5, 7, 9)).astype(np.int16)
    paths = list(write_others(tmp_path, pixels))
    for path in paths:
        assert not refuses(path.name, path, pixels)
        content = path.read_bytes()
        # Without the end of the last line, or the last numbers of a pattern, nothing is missing.
        cut_everywhere(path, path, pixels, padding=6 if path.suffix in (".nhdr", ".mhd") else 0)
        assert content == path.read_bytes()
    for victim, readers in (
        ("apart.raw", ("skip.nhdr", "end.mhd", "skip.mhd")),
        ("apart.gz", ("gzip.nhdr",)),
        ("slice03.raw", ("slices.nhdr", "list.nhdr", "slices.mhd", "list.mhd")),
    ):
        for reader in readers:
            if reader != "end.mhd":  # of which only the end is looked at
                cut_everywhere(tmp_path / reader, tmp_path / victim, pixels)
    (tmp_path / "slice02.raw").unlink()
    for reader in ("slices.nhdr", "list.nhdr", "slices.mhd", "list.mhd"):
        assert refuses(reader, tmp_path / reader, None)


def test_texts_that_are_as_short_as_can_be(tmp_path: Path) -> None:
    pixels = np.arange(8, dtype=np.int16).reshape(2, 2, 2)
    for path in write_others(tmp_path, pixels):
        np.testing.assert_array_equal(read_image(path).pixels, pixels)


# Headers that claim more than is there


@pytest.mark.parametrize("sizes", [(1000, 1000, 1000), (2**31 - 1,) * 3, (4294967297, 1, 1), (0, 4, 4), (-1, 4, 4)])
def test_short_headers_of_large_images(sizes: tuple[int, int, int], tmp_path: Path) -> None:
    """Before there is memory for them."""
    words = " ".join(map(str, sizes)).encode()
    contents = {
        "a.nrrd": b"NRRD0004\ntype: float\ndimension: 3\nsizes: %s\nendian: little\nencoding: raw\n\n" % words,
        "b.nrrd": b"NRRD0004\ntype: float\ndimension: 3\nsizes: %s\nendian: little\nencoding: gzip\n\n" % words,
        "c.mha": b"NDims = 3\nDimSize = %s\nElementType = MET_FLOAT\nElementDataFile = LOCAL\n" % words,
        "d.vtk": b"# vtk DataFile Version 3.0\nt\nBINARY\nDATASET STRUCTURED_POINTS\nDIMENSIONS %s\n" % words
        + b"SPACING 1 1 1\nORIGIN 0 0 0\nPOINT_DATA 1\nSCALARS s float 1\nLOOKUP_TABLE default\n",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content + b"1234")
        assert refuses(name, tmp_path / name, None)


@pytest.mark.parametrize(
    "line",
    [
        b"NDims = 100",
        b"NDims = -1",
        b"NDims = 0",
        b"NDims = x",
        b"NDims = 1e300",
        b"Comment = " + b"x" * 100000,
        b"x" * 5000 + b" = 1",
        b"Offset = 1 2",
        b"TransformMatrix = 1 0 0",
        b"ElementSpacing = " + b"1 " * 5000,
        b"HeaderSize = -7 ",
        b"ElementNumberOfChannels = 1000000000",
        b"no separator",
    ],
)
def test_lines_of_metaimage(line: bytes, tmp_path: Path) -> None:
    head = b"ObjectType = Image\nNDims = 3\nDimSize = 2 2 2\n"
    if line.startswith(b"NDims"):
        head = b"ObjectType = Image\n" + line + b"\nDimSize = 2 2 2\n"
    end = b"\nElementType = MET_UCHAR\nElementDataFile = LOCAL\n12345678"
    (tmp_path / "a.mha").write_bytes(head + line + end)
    assert line.startswith((b"Header", b"Element")) or refuses("a.mha", tmp_path / "a.mha", None)
    if line.startswith((b"Header", b"Element")):
        refuses("a.mha", tmp_path / "a.mha", np.frombuffer(b"12345678", np.uint8).reshape(2, 2, 2))


@pytest.mark.parametrize(
    ("line", "is_right"),
    [
        (b"x" * 5000, False),
        (b"x" * 5000 + b": 1", False),
        (b"spacings: " + b"1 " * 5000, False),
        (b"content: " + b"x" * 5000, False),
        (b"key:=" + b"x" * 5000, True),
        (b"# " + b"x" * 5000, True),
        (b"data file: -", False),
        (b"data file: %s%n 1 2 1", False),
        (b"data file: %d.raw 1 2 0", False),
        (b"data file: LIST", False),
        (b"byte skip: -5", False),
        (b"line skip: 100000000", False),
    ],
)
def test_lines_of_nrrd(line: bytes, is_right: bool, tmp_path: Path) -> None:
    head = b"NRRD0004\ntype: uchar\ndimension: 2\nsizes: 2 4\nencoding: raw\n"
    (tmp_path / "a.nrrd").write_bytes(head + line + b"\n\n12345678")
    whole = np.frombuffer(b"12345678", np.uint8).reshape(4, 2) if is_right else None
    assert refuses("a.nrrd", tmp_path / "a.nrrd", whole) != is_right


# TIFF


def make_tiff(sizes: list[tuple[int, int]], kinds: list[int | None] | None = None, circle: bool = False) -> bytes:
    """Pages of numbers from 0 on, of a width and a height; their kind is that of the field NewSubfileType."""
    content, links = bytearray(b"II*\0\0\0\0\0"), [4]
    for number, (width, height) in enumerate(sizes):
        pixels = len(content)
        content += bytes(value % 256 for value in range(width * height)) + bytes(width * height % 2)
        kind = None if kinds is None else kinds[number]
        fields = [] if kind is None else [(254, 4, kind)]
        fields += [(256, 4, width), (257, 4, height), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, pixels)]
        fields += [(277, 3, 1), (278, 4, height), (279, 4, width * height)]
        content[links[-1] : links[-1] + 4] = struct.pack("<I", len(content))
        content += struct.pack("<H", len(fields))
        for tag, kind_of_number, value in fields:
            content += struct.pack("<HHII", tag, kind_of_number, 1, value)
        links.append(len(content))
        content += bytes(4)
    if circle:
        content[links[-1] : links[-1] + 4] = content[4:8]
    return bytes(content)


def test_stacks_of_tiff(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    page = np.arange(12, dtype=np.uint8).reshape(3, 4)
    for number in (2, 3, 5):
        path.write_bytes(make_tiff([(4, 3)] * number))
        np.testing.assert_array_equal(read_image(path).pixels, np.stack([page] * number))
    # A smaller copy does not count; before another page, ITK would write beyond the end of the pixels.
    path.write_bytes(make_tiff([(4, 3), (4, 3), (2, 1)], [0, 0, 1]))
    np.testing.assert_array_equal(read_image(path).pixels, np.stack([page] * 2))
    for content in (
        make_tiff([(4, 3), (2, 3)]),
        make_tiff([(4, 3), (2, 1), (4, 3)], [0, 1, 0]),
        make_tiff([(4, 3), (4, 30), (4, 3)]),
        make_tiff([(4, 3), (4, 3), (4, 3)], [0, 2, None]),
        make_tiff([(2, 1), (4, 3), (4, 3)], [1, 0, 0]),
        make_tiff([(4, 3)] * 3, circle=True),
    ):
        path.write_bytes(content)
        assert refuses("a.tif", path, None)


# The C interface


def test_room_for_pixels_is_told(tmp_path: Path) -> None:
    """A file that becomes larger after its header was read does not get more room than there is."""
    path = tmp_path / "image.nii"
    for suffix in (".nii", ".nrrd", ".tif", ".png"):
        path = tmp_path / f"image{suffix}"
        write_image(np.ones((4, 5), np.uint8), path)
        room = np.zeros(1000, np.uint8)
        for number in (19, 21, 0, 2**63):
            with pytest.raises(CoreError, match="number_of_bytes: the file has 20 bytes of pixels, not "):
                library.check(library.read_pixels(os.fsencode(path), pointer(room), ctypes.c_uint64(number)))
        assert not room.any()
        library.check(library.read_pixels(os.fsencode(path), pointer(room), ctypes.c_uint64(20)))
        assert room[:20].all()
        assert not room[20:].any()


def test_errors_name_the_argument(tmp_path: Path) -> None:
    (tmp_path / "a.nii").write_bytes(bytes(84))
    for name, arguments in (("fixed", ("a.nii", "b.nii")), ("moving", (np.ones((4, 4)), "a.nii"))):
        paths: Any = [tmp_path / one if isinstance(one, str) else one for one in arguments]
        write_image(Image(np.ones((4, 4, 4), np.float32)), tmp_path / "b.nii")
        with pytest.raises(RuntimeError, match=rf"^{name}: .*a\.nii cannot be read: "):
            register(*paths)


def test_damaged_files_of_every_format(repository: Path) -> None:
    """A batch of the search for files that end the process."""
    command = [sys.executable, str(repository / "fuzz" / "files.py"), "--minutes", "0", "--seed", "4711"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout == "100 cases, 0 problems\n"
