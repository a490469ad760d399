# SPDX-License-Identifier: Apache-2.0
"""Docstrings from the comments in the C++ headers, which make_docstrings.py put in docstrings.json."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from itk.support.template_class import itkTemplate

from ._conversions import ARGUMENTS


def add_docstrings(classes: Iterable[type]) -> None:
    """Document the wrapped classes, their methods, and the templates of which they are instances."""
    documented: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "docstrings.json").read_text())
    for cls in classes:
        # The longest name, because that of a class may be the beginning of that of another.
        names = [name for name in documented if cls.__name__.startswith(f"itk{name}")]
        if names:
            name = max(names, key=len)
            cls.__doc__ = documented[name]["text"]
            for group in documented[name]["methods"]:
                for method in group["names"]:
                    document_method(cls, method, group["text"])
        for method in ARGUMENTS:
            if method in vars(cls):
                document_method(cls, method, "")
    for name in documented:
        template = itkTemplate(f"itk::{name}")
        template.__doc__ = "\n\n".join(describe_template(name, documented))


def document_method(cls: type, name: str, text: str) -> None:
    """Put a text, and what our conversion has to say, before the docstring that SWIG made, unless they are there."""
    method = vars(cls).get(name)
    if method is None:
        return
    method = getattr(method, "__func__", method)  # of a static one
    note = " ".join((ARGUMENTS[name].__doc__ or "").split()) if name in ARGUMENTS else ""
    present = textwrap.dedent(method.__doc__ or "").strip()
    parts = [part for part in (text, textwrap.fill(note, 100)) if part and part not in present]
    method.__doc__ = "\n\n".join([*parts, present])


def describe_template(name: str, documented: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Paragraphs about a class and its methods, for whoever asks for help before choosing template arguments."""
    yield documented[name]["text"]
    yield f"For all methods, also inherited ones: help(itk.{name}[...]), with template arguments. Methods:"
    owners = [name]
    for owner in owners:
        owners += documented[owner]["bases"]
        for group in documented[owner]["methods"]:
            yield ", ".join(group["names"]) + "\n" + textwrap.indent(group["text"], "    ")
