#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the documentation in C++ headers as text for Python: make_docstrings.py OUTPUT.json HEADER...

The output maps the name of each class to its bases (those with a header here), its text, and its public methods in
groups, each the names of methods and the comment that they share.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

from cpp_headers import Class, find_class, groups_of, signatures_of

WIDTH = 100

#: Words for the commands of Doxygen that start a paragraph.
PARAGRAPHS = {
    "exception": "Raises RuntimeError",
    "note": "Note:",
    "return": "Returns",
    "returns": "Returns",
    "sa": "See also:",
    "see": "See also:",
    "throw": "Raises RuntimeError",
    "warning": "Warning:",
}


def to_text(comment: str) -> str:
    """Plain text from what is between /** and */."""
    text = re.sub(r"^[ \t]*\*? ?", "", comment, flags=re.MULTILINE)
    text = re.sub(r"\\(class|ingroup|cite|addtogroup|weakgroup)\b.*", "", text)
    text = re.sub(r"\\brief\s+", "", text)
    text = re.sub(r"\\(exception|throw)\s+\S+", r"\\\1", text)
    text = re.sub(r"\\t?param(?:\[\w+\])?\s+(\w+)", r"\n\n- \1:", text)
    text = re.sub(r"\\par[ \t]+(.*)", r"\n\n\1:\n\n", text)
    text = re.sub(rf"\s*\\({'|'.join(PARAGRAPHS)})\b", lambda m: f"\n\n{PARAGRAPHS[m[1]]}", text)
    text = re.sub(r"\\li\b", "-", text)
    text = re.sub(r"\\f[$\[\]]|\\(c|p|a|e|em|b|ref|link|endlink)\b ?|\\(?=\w)", "", text)
    text = text.replace("::New()", ".New()").replace("itk::", "itk.")
    blocks = re.split(r"\n\s*\n|\n(?=[ \t]*- )", text)
    lines: list[str] = []
    for block in blocks:
        words = " ".join(block.split())
        if words:
            item = words.startswith("- ")
            if lines and not (item and lines[-1].startswith(("- ", "  "))) and not (item and lines[-1].endswith(":")):
                lines.append("")
            lines += textwrap.wrap(words, WIDTH, subsequent_indent="  " if item else "", break_on_hyphens=False)
    return "\n".join(lines)


def names_in(declaration: str) -> list[str]:
    """The methods of a declaration that can be wrapped."""
    if re.match(r"(template|struct)\b", declaration):
        return []
    found = [
        re.search(r"(~?\b[A-Za-z_]\w*)\s*\(", re.sub(r"<[^<>()]*>", "", one)) for one in signatures_of(declaration)
    ]
    return [match[1] for match in found if match]


def methods_of(found: Class, class_name: str) -> list[dict[str, Any]]:
    """The documented public methods of a class."""
    groups = []
    for group in groups_of(found.body):
        names = [name for declaration in group.declarations for name in names_in(declaration) if class_name not in name]
        if names and group.comment:
            groups.append({"names": list(dict.fromkeys(names)), "text": to_text(group.comment)})
    return groups


def classes_of(header: str) -> dict[str, dict[str, Any]]:
    """The documented classes of a header that are wrapped, which helpers are not."""
    classes = {}
    for name in re.findall(r"/\*\*\s*\\class\s+(\w+)", header):
        found = find_class(header, name)
        if re.search(r"GetNameOfClassMacro|using Superclass\b", found.body):
            classes[name] = {
                "bases": re.findall(r"\b[A-Z]\w+", found.head.partition(name)[2]),
                "text": to_text(found.comment),
                "methods": methods_of(found, name),
            }
    return classes


def main() -> None:
    output, *headers = map(Path, sys.argv[1:])
    classes = {name: found for header in headers for name, found in classes_of(header.read_text()).items()}
    for found in classes.values():
        found["bases"] = [base for base in found["bases"] if base in classes]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(classes, indent=1) + "\n")


if __name__ == "__main__":
    main()
