# SPDX-License-Identifier: Apache-2.0
"""Damage files of images and transforms of every format, and read them.

    python fuzz/files.py [--minutes 1] [--seed 0] [--keep FOLDER]

Valid files are cut, and bytes, numbers and words in them are changed; processes of their own read them. Each read must
give pixels or a transform, or an error that names the argument. It prints what is none of these, and ends with 1 if
there is any: a process that died (by a signal), one that hung, another error, and a file that was cut but was read as
if it were whole. The files that did it are kept in a folder.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from itk_maskedsampling import Image, Transform, read_image, read_transform, write_image

#: Files of one process, seconds for one file, and bytes of memory for all.
BATCH, SECONDS, MEMORY = 300, 20, 6 * 2**30
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


# The processes


def read_pixels_or_points(path: Path) -> Any:
    if path.suffix in TRANSFORMS:
        transform = read_transform(path)
        # What is wrong with a part may show when it is used.
        return np.concatenate(
            [transform(np.zeros((1, transform.dimension))), *[part[2][None] for part in transform.parts]], axis=1
        )
    return read_image(path).pixels


def read_damaged(source: Path, folder: Path, seed: int, first: int, count: int) -> Iterator[dict[str, Any]]:
    """Damage and read files, and tell before and after each."""
    heads = sorted(one for one in source.iterdir() if one.suffix not in (".raw", ".zraw", ".img"))
    whole = {head: read_pixels_or_points(head) for head in heads if head.suffix != ".bmp"}  # that have three numbers
    for number in range(first, count):
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
        signal.alarm(SECONDS)
        try:
            found = read_pixels_or_points(folder / head.name)
            if is_cut and not (head in whole and np.array_equal(found, whole[head], equal_nan=True)):
                yield {"problem": "was cut, but is read as if it were whole"}
        except (RuntimeError, ValueError, OSError, TypeError, MemoryError) as error:
            if not str(error).startswith("path: ") and not isinstance(error, MemoryError):
                yield {"problem": f"gives an error without the argument: {type(error).__name__}: {str(error)[:300]}"}
        except Exception as error:
            yield {"problem": f"gives another error: {type(error).__name__}: {str(error)[:300]}"}
        signal.alarm(0)


def child(source: Path, folder: Path, seed: int, first: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    warnings.simplefilter("ignore")
    for told in read_damaged(source, folder, seed, first, BATCH):
        print(json.dumps(told), flush=True)


def run(source: Path, work: Path, seed: int, keep: Path) -> Iterator[str]:
    """One batch: what was wrong."""
    first = 0
    while first < BATCH:
        command = [sys.executable, __file__, "--child", str(source), str(work), str(seed), str(first)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")
        case: dict[str, Any] = {"number": first, "file": "nothing", "victim": "nothing"}
        for line in ended.stdout.splitlines():
            told = json.loads(line) if line.startswith("{") else {}
            if "problem" in told:
                yield f"seed {seed}, number {case['number']}: {case['file']} ({case['victim']}) {told['problem']}"
            elif told:
                case = told
        if ended.returncode == 0:
            return
        if case["file"] == "nothing":
            raise SystemExit(f"The process that reads files ended with {ended.returncode}:\n{ended.stderr}")
        what = "hangs" if ended.returncode == -signal.SIGALRM else f"ends the process with {ended.returncode}"
        kept = keep / f"{seed}-{case['number']}"
        shutil.copytree(work, kept, dirs_exist_ok=True)
        yield f"seed {seed}, number {case['number']}: {case['file']} ({case['victim']}) {what}, see {kept}"
        first = case["number"] + 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long, by default 1")
    parser.add_argument("--seed", type=int, default=0, help="of the first batch, by default 0")
    parser.add_argument("--keep", type=Path, help="where files that end a process are kept, by default a fresh folder")
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        source, folder, seed, first = options.child
        child(Path(source), Path(folder), int(seed), int(first))
        return
    keep = options.keep or Path(tempfile.mkdtemp(prefix="damaged-files-"))
    keep.mkdir(parents=True, exist_ok=True)
    end, seed, problems = time.monotonic() + 60 * options.minutes, options.seed, 0
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "valid"
        source.mkdir()
        write_images(source)
        write_transforms(source)
        while seed == options.seed or time.monotonic() < end:
            for problem in run(source, Path(folder) / "damaged", seed, keep):
                print(problem, flush=True)
                problems += 1
            seed += 1
    print(f"{(seed - options.seed) * BATCH} files, {problems} problems")
    if not os.listdir(keep):
        keep.rmdir()
    raise SystemExit(1 if problems else 0)


if __name__ == "__main__":
    main()
