# SPDX-License-Identifier: Apache-2.0
"""C++ classes from their headers, for the C++ domain of Sphinx: `.. itk-class:: MaskedVoxelSampler`.

What follows `public:` in the class is documented, with the comments above it. wrapping/python/cpp_headers.py reads the
headers, as it does for the docstrings of Python.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

REPOSITORY = Path(__file__).resolve().parents[2]
INCLUDE = REPOSITORY / "include"
sys.path.insert(0, str(REPOSITORY / "wrapping/python"))

from cpp_headers import Class, find_class, groups_of, signatures_of  # noqa: E402

#: Aliases that every class of ITK has.
USUAL_TYPES = {"Self", "Superclass", "Pointer", "ConstPointer"}


# Comments


def to_rst(comment: str, links: re.Pattern[str]) -> list[str]:
    """reStructuredText from what is between /** and */."""
    text = re.sub(r"^[ \t]*\*? ?", "", comment, flags=re.MULTILINE)
    text = re.sub(r"\\(class|ingroup|cite|addtogroup)\b.*", "", text)
    text = re.sub(r"\\brief\s+", "", text)
    lines: list[str] = []
    fields: list[str] = []
    for number, part in enumerate(re.split(r"\\code\n(.*?)\\endcode", text, flags=re.DOTALL)):
        if number % 2 == 1:
            lines += ["", ".. code-block:: cpp", "", *(f"   {line}" for line in part.strip().splitlines()), ""]
        else:
            for block in split_blocks(part):
                (fields if block.startswith((r"\param", r"\tparam", r"\exc", r"\throw", r"\ret")) else lines).extend(
                    to_block(block, links)
                )
    return [*lines, "", *fields, ""]


def split_blocks(text: str) -> list[str]:
    """Paragraphs, items of lists, and commands with what belongs to them, each as one line."""
    text = re.sub(r"\\par[ \t]+(.*)", r"\n\n\\name \1\n\n", text)
    text = re.sub(r"(?<!\n)\n?[ \t]*\\(t?param|exception|throw|returns?|sa|see|name)\b", r"\n\n\\\1", text)
    text = re.sub(r"\\(?:c|p|a|ref)\s+(\w+)", r"`\1`", text)
    blocks = [" ".join(block.split()) for block in re.split(r"\n\s*\n|\n(?=[ \t]*- )", text)]
    return [block for block in blocks if block]


def to_block(block: str, links: re.Pattern[str]) -> list[str]:
    """A paragraph, or the field that a command of Doxygen becomes."""
    if match := re.match(r"\\name (.*)", block):
        return ["", f".. rubric:: {match[1]}", ""]
    if match := re.match(r"\\(t?param)(?:\[\w+\])? (\w+) (.*)", block):
        return [f":{match[1]} {match[2]}: {link(match[3], links)}"]
    if match := re.match(r"\\(?:exception|throw) (\w+) ?(.*)", block):
        return [f":throws {match[1]}: {link(match[2], links)}"]
    if match := re.match(r"\\returns? (.*)", block):
        return [f":returns: {link(match[1], links)}"]
    if match := re.match(r"\\(?:sa|see) (.*)", block):
        return ["", f"See also: {link(match[1], links)}.", ""]
    return ["", link(block, links)]


def link(text: str, links: re.Pattern[str]) -> str:
    """A text with links to the classes that are documented, and code as code."""
    parts = re.split(r"(`[^`]*`)", text)
    for number in range(0, len(parts), 2):
        part = re.sub(r"(?<![\w:])((?:\w+::)*~?\w+\(\))", r"`\1`", parts[number])
        pieces = re.split(r"(`[^`]*`)", part)
        pieces[::2] = [links.sub(r":cpp:class:`~itk::\1`", piece) for piece in pieces[::2]]
        parts[number] = "".join(pieces)
    return "".join(parts)


class ItkClass(SphinxDirective):
    """Document a class of the module, which is in the header of its name."""

    required_arguments = 1
    names: ClassVar[list[str]] = [path.stem.removeprefix("itk") for path in sorted(INCLUDE.glob("itk*.h"))]

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        path = INCLUDE / f"itk{name}.h"
        self.env.note_dependency(str(path))
        text = path.read_text(encoding="utf-8")
        listed = set(self.config.cpp_reference_classes)
        links = re.compile(
            rf"(?<![\w:`])(?:itk::)?({'|'.join(sorted(listed - {name}, key=len, reverse=True))})\b(?!::|\()"
        )
        lines = [".. cpp:namespace:: itk", "", *self.describe(find_class(text, name), links)]
        container = nodes.container()
        self.state.nested_parse(StringList(lines, source=str(path)), self.content_offset, container)
        return list(container.children)

    def describe(self, found: Class, links: re.Pattern[str]) -> list[str]:
        lines = [f".. cpp:{found.kind}:: {found.head}", ""]
        inner = to_rst(found.comment, links)
        types = []
        for group in groups_of(found.body):
            structs = [d for d in group.declarations if re.match(r"struct \w+\s*\{", d)]
            for declaration in structs:
                name = declaration.split()[1]
                inner += self.describe(find_class(f"/**{group.comment}*/ {declaration}", name), links)
            types += [" ".join(d.split()) for d in group.declarations if re.match(r"using \w+ =", d)]
            signatures = [s for d in group.declarations if d not in structs for s in signatures_of(d)]
            inner += self.describe_group(group.comment, signatures, links)
        own = [alias for alias in types if alias.split()[1] not in USUAL_TYPES]
        if own:
            inner += ["", ".. rubric:: Types", "", ".. code-block:: cpp", "", *(f"   {alias}" for alias in own), ""]
        return lines + [f"   {line}" for line in inner] + [""]

    def describe_group(self, comment: str, signatures: list[str], links: re.Pattern[str]) -> list[str]:
        text = to_rst(comment, links)
        functions = [one for one in signatures if re.match(r"[^{=]*\(", one)]
        members = [one for one in signatures if one not in functions]
        lines: list[str] = [] if signatures or r"\name" not in comment else text
        if functions:
            lines += [
                "",
                f".. cpp:function:: {functions[0]}",
                *(f"                  {one}" for one in functions[1:]),
                "",
            ]
            lines += [f"   {line}" for line in text]
        # A comment in front of several members may be that of the first one only.
        for number, member in enumerate(members):
            lines += ["", f".. cpp:member:: {member}", "", *(f"   {line}" for line in text if number == 0)]
        return lines


class ItkHeaders(SphinxDirective):
    """A list of the classes that have no place of their own, each with its brief description."""

    def run(self) -> list[nodes.Node]:
        documented = set(self.config.cpp_reference_classes)
        lines = []
        for name in ItkClass.names:
            text = (INCLUDE / f"itk{name}.h").read_text(encoding="utf-8")
            self.env.note_dependency(str(INCLUDE / f"itk{name}.h"))
            match = re.search(r"\\class \w+\s*\*?\s*\\brief (.*?)(?:\n\s*\*\s*\n|\*/)", text, re.DOTALL)
            if match and name not in documented:
                brief = " ".join(re.sub(r"\n\s*\*", " ", match[1]).split()).partition(" \\")[0]
                lines += [f"- `itk{name}.h`: {brief}"]
        container = nodes.container()
        self.state.nested_parse(StringList(lines, source="include"), self.content_offset, container)
        return list(container.children)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("cpp_reference_classes", [], "env", [list])
    app.add_directive("itk-class", ItkClass)
    app.add_directive("itk-headers", ItkHeaders)
    return {"parallel_read_safe": True}
