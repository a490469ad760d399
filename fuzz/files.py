# SPDX-License-Identifier: Apache-2.0
"""Damage files of images and transforms of every format, and read them.

    python fuzz/files.py [--minutes 1] [--seed 0]

Valid files are cut, and bytes, numbers and words in them are changed; processes of their own read them. Each read must
give pixels or a transform, or an error that names the argument. It prints what is none of these, and ends with 1 if
there is any: a process that died (by a signal), one that hung, another error, and a file that was cut but was read as
if it were whole.
"""

from __future__ import annotations

import gzip
import random
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import processes
from itk_maskedsampling import Image, Transform, read_image, read_transform, write_image

TRANSFORMS = (".h5", ".tfm", ".mat")
NUMBERS = (b"0", b"-1", b"1", b"2", b"3", b"100", b"65536", b"2147483648", b"4294967296", b"1e30", b"nan", b"inf", b"x")
WORDS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2**40, 2**63, 2**64 - 1)


# Valid files


def write_images(folder: Path) -> None:
    """Images in every format that is written, and in forms that others write."""
    draw = np.random.default_rng(0)
    volume, plane = draw.integers(0, 250, (4, 6, 5)), draw.integers(0, 250, (11, 12))
    for suffix in (".nii", ".nii.gz", ".hdr", ".nrrd", ".mha", ".mhd", ".vtk", ".gipl", ".gipl.gz", ".mrc", ".tif"):
        for dtype in ("uint8", "int16", "float32"):
            if (suffix, dtype) != (".tif", "int16"):
                write_image(Image(volume.astype(dtype), (1.5, 2, 3)), folder / f"volume-{dtype}{suffix}")
    for suffix in (".png", ".jpg", ".tif", ".bmp", ".nii", ".nrrd", ".mha"):
        write_image(plane.astype(np.uint8), folder / f"plane{suffix}")
    pixels = volume.astype(">i2").tobytes()
    text = " ".join(map(str, volume.ravel())).encode() + b"\n"
    nrrd = b"NRRD0004\n# a comment\ntype: short\ndimension: 3\nsizes: 5 6 4\nendian: big\nencoding: "
    (folder / "raw.nrrd").write_bytes(nrrd + b"raw\nkey:=value\n\n" + pixels)
    (folder / "text.nrrd").write_bytes(nrrd + b"ascii\n\n" + text)
    (folder / "gzip.nrrd").write_bytes(nrrd + b"gzip\nspacings: 1 2 3\n\n" + gzip.compress(pixels))
    (folder / "apart.nhdr").write_bytes(nrrd + b"raw\nbyte skip: -1\ndata file: apart.raw\n")
    (folder / "apart.raw").write_bytes(b"head" + pixels)
    (folder / "slices.nhdr").write_bytes(nrrd + b"raw\ndata file: slice%03d.raw 1 4 1 2\n")
    meta = b"ObjectType = Image\nNDims = 3\nBinaryDataByteOrderMSB = True\nDimSize = 5 6 4\nElementType = MET_SHORT\n"
    (folder / "apart.mhd").write_bytes(meta + b"HeaderSize = 4\nElementDataFile = apart.raw\n")
    (folder / "slices.mhd").write_bytes(meta + b"ElementDataFile = slice%03d.raw 1 4 1\n")
    (folder / "list.mhd").write_bytes(
        meta + b"ElementDataFile = LIST\n" + b"".join(b"slice%03d.raw\n" % n for n in range(1, 5))
    )
    (folder / "text.mha").write_bytes(meta + b"BinaryData = False\nElementDataFile = LOCAL\n" + text)
    for number in range(4):
        (folder / f"slice{number + 1:03d}.raw").write_bytes(pixels[60 * number : 60 * (number + 1)])
    vtk = b"# vtk DataFile Version 3.0\ntitle\nASCII\nDATASET STRUCTURED_POINTS\nDIMENSIONS 5 6 4\nSPACING 1 2 3\n"
    end = b"ORIGIN 0 0 0\nPOINT_DATA 120\nSCALARS scalars short 1\nLOOKUP_TABLE default\n"
    (folder / "text.vtk").write_bytes(vtk + end + text)


def write_transforms(folder: Path) -> None:
    draw = np.random.default_rng(1)
    affine = ("AffineTransform_double_3_3", np.zeros(3), draw.normal(size=12))
    grid = [5.0, 6.0, 7.0, *[0.0] * 3, *[2.0] * 3, *np.eye(3).ravel()]
    field = ("DisplacementFieldTransform_double_3_3", np.array(grid), draw.normal(size=630))
    spline = ("BSplineTransform_double_3_3", np.array(grid), draw.normal(size=630))
    euler = ("Euler2DTransform_double_2_2", np.zeros(2), draw.normal(size=3))
    for suffix in TRANSFORMS:
        for name, part in (("affine", affine), ("field", field), ("spline", spline), ("euler", euler)):
            Transform(2 if part is euler else 3, (part,)).write(folder / f"{name}{suffix}")
        if suffix != ".mat":
            Transform(3, (affine, spline, field)).write(folder / f"chain{suffix}")


# Damage


def change_number(draw: random.Random, data: bytearray) -> bytearray:
    """Another number in the place of one that is a word."""
    places = list(re.finditer(rb"[-+.\de]+", bytes(data[:4000])))
    if places:
        place = draw.choice(places)
        data[place.start() : place.end()] = draw.choice(NUMBERS)
    return data


def change_line(draw: random.Random, data: bytearray) -> bytearray:
    """A line of the head that is missing, twice there, very long, or elsewhere."""
    lines = bytes(data).split(b"\n")
    number = draw.randrange(min(len(lines), 20))
    kind = draw.randrange(4)
    if kind == 0:
        del lines[number]
    elif kind == 1:
        lines.insert(number, lines[number])
    elif kind == 2:
        lines[number] += b" 1" * draw.choice([200, 2500, 20000])
    else:
        lines.insert(draw.randrange(min(len(lines), 20)), lines.pop(number))
    return bytearray(b"\n".join(lines))


def change_bytes(draw: random.Random, data: bytearray) -> bytearray:
    """Some bytes, most of them near the beginning."""
    for _ in range(draw.choice([1, 1, 2, 4, 16])):
        place = min(int(draw.expovariate(1 / draw.choice([50, 300, 3000]))), len(data) - 1)
        size = draw.choice([1, 1, 2, 4, 8])
        word = draw.choice(WORDS) if draw.random() < 0.6 else draw.randrange(2**64)
        order: Any = draw.choice(["little", "big"])
        data[place : place + size] = (word % 2 ** (8 * size)).to_bytes(size, order)[: len(data) - place]
    return data


def cut(draw: random.Random, data: bytearray) -> bytearray:
    return data[: draw.randrange(len(data))]


def damage(draw: random.Random, path: Path) -> bool:
    """Damage a file. Whether it is one that was only cut."""
    data = bytearray(path.read_bytes())
    packed = data[:2] == b"\x1f\x8b" and draw.random() < 0.7
    if packed:
        data = bytearray(gzip.decompress(data))
    change = draw.choice([cut, change_number, change_line, change_bytes, change_bytes])
    data = change(draw, data)
    path.write_bytes(gzip.compress(data, 1) if packed else data)
    return change is cut


# Reading


def read_pixels_or_points(path: Path) -> Any:
    if path.suffix in TRANSFORMS:
        transform = read_transform(path)
        # What is wrong with a part may show when it is used.
        return np.concatenate(
            [transform(np.zeros((1, transform.dimension))), *[part[2][None] for part in transform.parts]], axis=1
        )
    return read_image(path).pixels


def trial(seed: int, first: int) -> Iterator[dict[str, Any]]:
    """Damage and read files, and tell before and after each."""
    with tempfile.TemporaryDirectory() as name:
        source, folder = Path(name) / "valid", Path(name) / "damaged"
        source.mkdir()
        write_images(source)
        write_transforms(source)
        heads = sorted(one for one in source.iterdir() if one.suffix not in (".raw", ".zraw", ".img"))
        whole = {
            head: read_pixels_or_points(head) for head in heads if head.suffix != ".bmp"
        }  # that have three numbers
        for number in range(first, processes.BATCH):
            draw = random.Random(seed * 1_000_003 + number)
            head = draw.choice(heads)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            parts = [one for one in source.iterdir() if one.suffix in (".raw", ".zraw", ".img") or one == head]
            for one in parts:
                shutil.copy(one, folder)
            own = [one for one in parts if one.stem == head.stem and one != head]
            victim = draw.choice(own) if own and draw.random() < 0.4 else head
            is_cut = damage(draw, folder / victim.name)
            yield {"number": number, "file": head.name, "victim": victim.name}
            problem = read_damaged(folder / head.name, whole.get(head) if is_cut else None, is_cut)
            if problem:
                yield {"problem": problem}


def read_damaged(path: Path, whole: Any, is_cut: bool) -> str | None:
    """What is wrong with how a file is read, which has the pixels or points of the whole one or none."""
    try:
        found = read_pixels_or_points(path)
    except MemoryError:
        return None
    except (RuntimeError, ValueError, OSError, TypeError) as error:
        is_named = str(error).startswith(("path: ", "points: "))
        text = f"{type(error).__name__}: {str(error)[:300]}"
        return None if is_named else f"gives an error without the argument: {text}"
    except Exception as error:
        return f"gives another error: {type(error).__name__}: {str(error)[:300]}"
    if is_cut and not (whole is not None and np.array_equal(found, whole, equal_nan=True)):
        return "was cut, but is read as if it were whole"
    return None


if __name__ == "__main__":
    processes.main(__file__, __doc__ or "", trial)
