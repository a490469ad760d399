# SPDX-License-Identifier: Apache-2.0
"""FreeSurfer's linear transform arrays, .lta: from the source, which is the moving image, to the destination."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from ..._core import Geometry
from ..._images.arrays import Floats
from ..._images.geometry import FLIP, direction_matrix, index_matrix
from .matrices import check_matrix, format_matrix, invert, matrix_to_parts, parse_matrix, parts_to_matrix
from .ras import flip
from .request import Chain, Request, Unreadable

VOXEL_TO_VOXEL, RAS_TO_RAS = 0, 1


def read(request: Request) -> Chain:
    text = request.text()
    if text and not text.endswith("\n"):
        raise Unreadable("it may be cut short, as its last line has no end. If it is whole, end the line")
    sections, matrices = parse(text)
    top = sections["top"]
    number, kind = (read_numbers(top, word, 1)[0] for word in ("nxforms", "type"))
    if number != 1:
        raise Unreadable(
            f"it holds {number:g} transforms, of which one is needed. Write that to a file of its own, with lta_convert"
        )
    if len(matrices) != 1 or len(matrices[0]) != 4:
        raise Unreadable(f'it holds {len(matrices)} matrices of 4 x 4 after a line "1 4 4", of which one is needed')
    matrix = matrices[0]
    if kind == VOXEL_TO_VOXEL:
        matrix = voxel_to_ras(sections["dst"], "dst") @ matrix @ np.linalg.inv(voxel_to_ras(sections["src"], "src"))
    elif kind != RAS_TO_RAS:
        raise Unreadable(
            f"its type is {kind:g}, but 0, voxel to voxel, or 1, RAS to RAS, is needed. Convert it: "
            "lta_convert --inlta IN --outlta OUT"
        )
    return 3, matrix_to_parts(flip(invert(matrix)))


def parse(text: str) -> tuple[dict[str, dict[str, str]], list[Floats]]:
    """Words by the names before them, of the top and of both volumes, and all matrices."""
    sections: dict[str, dict[str, str]] = {"top": {}, "src": {}, "dst": {}}
    section = "top"
    matrices: list[Floats] = []
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    for number, line in enumerate(lines):
        heading = re.fullmatch(r"(src|dst) volume info", line)
        name, equals, value = (word.strip() for word in line.partition("="))
        if heading:
            section = heading[1]
        elif re.fullmatch(r"1\s+4\s+4", line):
            matrices.append(parse_matrix(lines[number + 1 : number + 5]))
        elif equals:
            sections[section].setdefault(name, value)
    return sections, matrices


def read_numbers(section: Mapping[str, str], name: str, count: int) -> Floats:
    try:
        numbers = np.array([float(word) for word in section[name].split()])
    except (KeyError, ValueError):
        numbers = np.empty(0)
    if numbers.shape != (count,) or not np.isfinite(numbers).all():
        raise Unreadable(f"{count} numbers are needed after {name!r}, not {section.get(name, 'nothing')!r}")
    return numbers


def voxel_to_ras(section: Mapping[str, str], name: str) -> Floats:
    """The homogeneous matrix of a volume, of which the file has the axes and the centre."""
    if not section or read_numbers(section, "valid", 1)[0] != 1:
        raise Unreadable(f"it is from voxel to voxel, but its {name} volume info is not valid")
    axes = np.stack([read_numbers(section, word, 3) for word in ("xras", "yras", "zras")], axis=1)
    matrix = np.eye(4)
    matrix[:3, :3] = axes * read_numbers(section, "voxelsize", 3)
    matrix[:3, 3] = read_numbers(section, "cras", 3) - matrix[:3, :3] @ read_numbers(section, "volume", 3) / 2
    return check_matrix(matrix)


def write(request: Request, chain: Chain) -> None:
    dimension, parts = chain
    request.check_dimension(dimension)
    fixed, moving = (request.grid(name, 3) for name in ("fixed", "moving"))
    matrix = invert(flip(parts_to_matrix(request, dimension, parts)))
    head = f"type      = {RAS_TO_RAS} # LINEAR_RAS_TO_RAS\nnxforms   = 1\nmean      = 0 0 0\nsigma     = 1\n1 4 4\n"
    volumes = format_volume("src", "moving", moving) + format_volume("dst", "fixed", fixed)
    request.file.write_text(f"{head}{format_matrix(matrix)}{volumes}", encoding="utf-8")


def format_volume(name: str, image: str, grid: Geometry) -> str:
    axes = direction_matrix(grid).T * FLIP
    centre = (index_matrix(grid) @ np.array(grid.size) / 2 + grid.origin) * FLIP
    rows = {"voxelsize": grid.spacing, "xras  ": axes[0], "yras  ": axes[1], "zras  ": axes[2], "cras  ": centre}
    lines = [f"{word} = {' '.join(f'{number + 0.0:.17g}' for number in numbers)}\n" for word, numbers in rows.items()]
    size = " ".join(map(str, grid.size))
    return f"{name} volume info\nvalid = 1  # volume info valid\nfilename = {image}\nvolume = {size}\n{''.join(lines)}"
