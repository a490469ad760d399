# SPDX-License-Identifier: Apache-2.0
"""Run a test of ITK with ITK's classes and with ours, and compare all that they print and write.

    compare_runs.py PROGRAM FOLDER TEST ARGUMENTS

Of the arguments, FIXED and MOVING stand for images that are made here, and OUTPUT begins the names of what is written.
"""

import array
import difflib
import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

SIZE = 64


def texture(x: float, y: float) -> float:
    """Something like a slice of a head: a disc with blobs and ripples, 0 far outside."""
    blobs = ((22.0, 25.0, 5.0, 90.0), (41.0, 28.0, 4.0, -60.0), (30.0, 42.0, 7.0, 70.0), (44.0, 44.0, 3.0, 50.0))
    disc = 1.0 / (1.0 + math.exp(math.hypot((x - 32.0) / 1.1, y - 32.0) - 22.0))
    ripples = 15.0 * math.sin(0.6 * x) * math.cos(0.45 * y)
    return (
        0.05
        * disc
        * (100.0 + ripples + sum(a * math.exp(-((x - u) ** 2 + (y - v) ** 2) / (2.0 * s * s)) for u, v, s, a in blobs))
    )


def write_image(path: Path, degrees: float, shift: tuple[float, float]) -> None:
    """Write the texture, turned and shifted, as MetaImage."""
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    pixels = array.array("f")
    for row in range(SIZE):
        for column in range(SIZE):
            x, y = column - 32.0 - shift[0], row - 32.0 - shift[1]
            pixels.append(texture(32.0 + cosine * x + sine * y, 32.0 - sine * x + cosine * y))
    header = (
        f"ObjectType = Image\nNDims = 2\nDimSize = {SIZE} {SIZE}\nElementType = MET_FLOAT\n"
        f"BinaryDataByteOrderMSB = {sys.byteorder == 'big'}\nElementDataFile = LOCAL\n"
    )
    path.write_bytes(header.encode() + pixels.tobytes())


def run(program: Path, kind: str, folder: Path, arguments: list[str]) -> tuple[list[str], dict[str, bytes]]:
    """The lines that a run prints, without what need not be the same, and the files that it writes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    # Sums of several threads depend on how the work is shared.
    environment = os.environ | {"ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1"}
    done = subprocess.run(
        [program, kind, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    # 1 for numbers that ITK's test expects of other images.
    if done.returncode not in (0, 1):
        raise SystemExit(f"{kind}: exit code {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    text = done.stdout.replace("MaskedSyNRegistrationMethod", "SyNImageRegistrationMethod")
    text = text.replace("MaskedRegistrationMethod", "ImageRegistrationMethodv4")
    text = re.sub(r"0x[0-9a-f]+", "(address)", text)
    text = re.sub(r"(Modified Time|SetTime): \d+", r"\1: (number)", text)
    text = re.sub(r"^System: .*", "(machine and times)", text, flags=re.DOTALL | re.MULTILINE)
    files = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    return [f"exit code {done.returncode}", *text.splitlines()], files


def main() -> None:
    program, folder, test = Path(sys.argv[1]).absolute(), Path(sys.argv[2]).absolute() / sys.argv[3], sys.argv[3]
    folder.mkdir(parents=True, exist_ok=True)
    fixed, moving = folder / "fixed.mha", folder / "moving.mha"
    write_image(fixed, 0.0, (0.0, 0.0))
    write_image(moving, 4.0, (2.5, -1.5))
    values = {"FIXED": str(fixed), "MOVING": str(moving)}
    arguments = [test, *(values.get(argument, argument) for argument in sys.argv[4:])]

    stock, stock_files = run(program, "stock", folder / "stock", arguments)
    masked, masked_files = run(program, "masked", folder / "masked", arguments)
    numbers = re.findall(r"-?\d+\.\d{3,}", "\n".join(stock))
    if len(set(numbers)) < 20 and not stock_files:
        raise SystemExit(f"{test} printed only {len(set(numbers))} different numbers, which proves little.")
    difference = list(difflib.unified_diff(stock, masked, "ITK's classes", "ours", lineterm="", n=1))
    if difference:
        print("\n".join(difference[:60]))
        raise SystemExit(f"{test} prints something else with our classes: see above.")
    if stock_files != masked_files:
        names = {name for name in stock_files | masked_files if stock_files.get(name) != masked_files.get(name)}
        raise SystemExit(f"{test} writes other files with our classes: {', '.join(sorted(names))}")
    print(f"{test}: {len(stock)} lines, {len(numbers)} numbers and {len(stock_files)} files are the same.")


if __name__ == "__main__":
    main()
