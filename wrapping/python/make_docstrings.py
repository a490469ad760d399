#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Write the documentation in C++ headers as text for Python: make_docstrings.py OUTPUT.json HEADER...

The output maps the name of each class to its bases (those with a header here), its text, and its public methods in
groups, each the names of methods and the comment that they share. A comment is for all declarations after it, up to an
empty line or the next comment.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from pathlib import Path
from typing import Any

WIDTH = 100

#: The methods that a macro of ITK declares.
MACROS = {
    "BooleanMacro": ("{}On", "{}Off"),
    "GetConstMacro": ("Get{}",),
    "GetConstObjectMacro": ("Get{}",),
    "GetConstReferenceMacro": ("Get{}",),
    "GetConstReferenceObjectMacro": ("Get{}",),
    "GetEnumMacro": ("Get{}",),
    "GetMacro": ("Get{}",),
    "GetModifiableObjectMacro": ("GetModifiable{}", "Get{}"),
    "GetObjectMacro": ("Get{}",),
    "SetClampMacro": ("Set{}",),
    "SetConstObjectMacro": ("Set{}",),
    "SetEnumMacro": ("Set{}",),
    "SetMacro": ("Set{}",),
    "SetObjectMacro": ("Set{}",),
}

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


def without_bodies(text: str) -> str:
    """The text with every {...} replaced by a semicolon."""
    depth, kept = 0, []
    for character in text:
        if character == "{":
            depth += 1
        if depth == 0:
            kept.append(character)
        if character == "}":
            depth -= 1
            if depth == 0:
                kept.append(";")
    return "".join(kept)


def names_in(declaration: str) -> list[str]:
    """The methods of a declaration."""
    if match := re.search(r"\bitk(?:Virtual|Override)?(\w+Macro)\s*\(\s*(\w*)", declaration):
        return [name.format(match[2]) for name in MACROS.get(match[1], ())]
    if re.match(r"\s*(using|typedef|friend|static_assert|enum|class|struct|template|ITK_\w+)\b", declaration):
        return []
    match = re.search(r"(~?\b[A-Za-z_]\w*)\s*\(", re.sub(r"<[^<>()]*>", "", declaration))
    return [match[1]] if match else []


def methods_of(body: str, class_name: str) -> list[dict[str, Any]]:
    """The documented public methods of the body of a class."""
    comments: list[str] = []

    def mark(match: re.Match[str]) -> str:
        comments.append(to_text(match[1]))
        return f"@{len(comments) - 1}\n"

    body = re.sub(r"^\s*#.*|//.*", "", body, flags=re.MULTILINE)
    body = re.sub(r"^[ \t]*/\*\*(.*?)\*/[ \t]*\n", mark, body, flags=re.DOTALL | re.MULTILINE)
    body = without_bodies(re.sub(r"/\*.*?\*/", "", body, flags=re.DOTALL))
    groups: list[dict[str, Any]] = []
    access, declaration = "private", ""
    group: dict[str, Any] = {"names": [], "text": ""}
    for line in body.splitlines():
        if match := re.match(r"\s*(public|protected|private)\s*:", line):
            access = match[1]
        elif match := re.match(r"@(\d+)$", line):
            group, declaration = {"names": [], "text": comments[int(match[1])]}, ""
            groups.append(group)
        elif not line.strip():
            group = group if declaration else {"names": [], "text": ""}
        else:
            declaration += line + "\n"
            if ";" in line:
                names = names_in(declaration) if access == "public" else []
                group["names"] += [n for n in names if class_name not in n and n not in group["names"]]
                declaration = ""
    return [group for group in groups if group["names"]]


def classes_of(header: str) -> dict[str, dict[str, Any]]:
    """The documented classes of a header."""
    classes = {}
    for match in re.finditer(r"/\*\*\s*\\class\s+(\w+)(.*?)\*/", header, re.DOTALL):
        name = match[1]
        head = re.compile(rf"\b(?:class|struct)\s+(?:\w+\s+)?{name}\b([^;{{]*)\{{").search(header, match.end())
        if head is None:
            continue
        depth, end = 1, head.end()
        while depth > 0 and end < len(header):
            depth += {"{": 1, "}": -1}.get(header[end], 0)
            end += 1
        body = header[head.end() : end - 1]
        classes[name] = {
            "is_object": re.search(r"GetNameOfClassMacro|using Superclass\b", body) is not None,
            "bases": re.findall(r"\b[A-Z]\w+", head[1]),
            "text": to_text(match[2]),
            "methods": methods_of(body, name),
        }
    return classes


def main() -> None:
    output, *headers = map(Path, sys.argv[1:])
    classes = {name: found for header in headers for name, found in classes_of(header.read_text()).items()}
    # Helpers are not wrapped.
    classes = {name: found for name, found in classes.items() if found.pop("is_object")}
    for found in classes.values():
        found["bases"] = [base for base in found["bases"] if base in classes]
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(json.dumps(classes, indent=1) + "\n")


if __name__ == "__main__":
    main()
