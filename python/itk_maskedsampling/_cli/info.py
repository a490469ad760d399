# SPDX-License-Identifier: Apache-2.0
"""The command `info`."""

from __future__ import annotations

import argparse
import importlib.metadata
import platform
import re
from typing import Any

import numpy as np

from .. import _core, version
from .._images.choices import choose
from .files import TRANSFORM_SUFFIXES, tell_files
from .options import PROGRAM
from .text import say, say_json

PACKAGE = "itk-maskedsampling"
EXTRAS = ("cli", "plot", "notebook", "cohort", "simpleitk", "nibabel")
IMAGE_SUFFIXES = (
    *(".nii", ".nii.gz", ".hdr", ".img", ".nrrd", ".nhdr", ".mha", ".mhd", ".vtk", ".gipl", ".gipl.gz", ".mrc", ".rec"),
    *(".png", ".jpg", ".jpeg", ".tif", ".tiff"),
)


def run(args: argparse.Namespace) -> int:
    if args.settings is not None:
        if args.files:
            raise ValueError(f"settings: they are those of a kind of transform, not of a file {args.files[0]!r}")
        show(describe_settings(args.settings), args.json, settings_lines)
        return 0
    if not args.files:
        if args.mask is not None:
            raise ValueError("mask: of which image? give its file, too")
        show(describe_installation(), args.json, installation_lines)
        return 0
    return tell_files(args.files, args.mask, args.json)


def show(found: dict[str, Any], json: bool, lines: Any) -> None:
    if json:
        say_json(found)
    else:
        for line in lines(found):
            say(line)


# What is installed


def describe_installation() -> dict[str, Any]:
    return {
        "version": version(),
        "itk": _core.itk_version(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": platform.platform(),
        "extras": {extra: find_extra(extra) for extra in EXTRAS},
        "image_suffixes": list(IMAGE_SUFFIXES),
        "transform_suffixes": list(TRANSFORM_SUFFIXES),
    }


def find_extra(extra: str) -> dict[str, str | None]:
    """The versions of the packages that an extra needs, by the metadata of this package; None for what is missing."""
    try:
        requirements = importlib.metadata.requires(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        requirements = []
    found: dict[str, str | None] = {}
    for requirement in requirements:
        name = re.match(r"[\w.-]+", requirement)
        if name is not None and re.search(rf"extra\s*==\s*['\"]{extra}['\"]", requirement):
            try:
                found[name[0]] = importlib.metadata.version(name[0])
            except importlib.metadata.PackageNotFoundError:
                found[name[0]] = None
    return found


def installation_lines(found: dict[str, Any]) -> list[str]:
    lines = [
        f"{PROGRAM} {found['version']}",
        f"ITK {found['itk']}, Python {found['python']}, numpy {found['numpy']}, {found['platform']}",
    ]
    for extra, packages in found["extras"].items():
        there = ", ".join(f"{name} {number or 'not installed'}" for name, number in packages.items()) or "not known"
        hint = f': pip install "{PACKAGE}[{extra}]"' if None in packages.values() else ""
        lines.append(f"extra {extra}: {there}{hint}")
    lines.append(f"images: {' '.join(found['image_suffixes'])}; what else itk reads, where it is installed")
    lines.append(f"transforms: {' '.join(found['transform_suffixes'])}")
    return lines


def describe_settings(kind: str) -> dict[str, Any]:
    known = _core.describe_settings()
    chosen = choose("settings", kind, [one for one in known["transform"].choices if one != "given"], "transform")
    defaults = _core.default_settings(chosen)
    return {
        name: {"kind": known[name].kind, "choices": list(known[name].choices), "default": value}
        for name, value in defaults.items()
    }


def settings_lines(found: dict[str, Any]) -> list[str]:
    lines = []
    for name, setting in found.items():
        value = setting["default"]
        text = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        choices = f"  ({', '.join(setting['choices'])})" if setting["choices"] else ""
        lines.append(f"{name}={text}{choices}")
    return lines
