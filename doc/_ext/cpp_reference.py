# SPDX-License-Identifier: Apache-2.0
"""C++ classes from their headers, for the C++ domain of Sphinx: `.. itk-class:: MaskedVoxelSampler`.

What follows `public:` in the class is documented, with the comments above it. The methods that a macro of ITK declares
are those that wrapping/python/make_docstrings.py knows, which makes the docstrings of Python from the same headers.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

REPOSITORY = Path(__file__).resolve().parents[2]
INCLUDE = REPOSITORY / "include"
sys.path.insert(0, str(REPOSITORY / "wrapping/python"))

from make_docstrings import MACROS  # noqa: E402

#: The declarations of the methods that a macro of ITK makes, of a name and a type.
SIGNATURES = {
    "BooleanMacro": ("void {0}On()", "void {0}Off()"),
    "GetConstMacro": ("{1} Get{0}() const",),
    "GetConstObjectMacro": ("const {1} * Get{0}() const",),
    "GetConstReferenceMacro": ("const {1} & Get{0}() const",),
    "GetConstReferenceObjectMacro": ("const {1} & Get{0}() const",),
    "GetEnumMacro": ("{1} Get{0}() const",),
    "GetMacro": ("{1} Get{0}()",),
    "GetModifiableObjectMacro": ("{1} * GetModifiable{0}()", "const {1} * Get{0}() const"),
    "GetObjectMacro": ("{1} * Get{0}() const",),
    "SetClampMacro": ("void Set{0}({1} value)",),
    "SetConstObjectMacro": ("void Set{0}(const {1} * value)",),
    "SetEnumMacro": ("void Set{0}({1} value)",),
    "SetMacro": ("void Set{0}({1} value)",),
    "SetObjectMacro": ("void Set{0}({1} * value)",),
}
if SIGNATURES.keys() != MACROS.keys():
    raise RuntimeError(f"other macros than in make_docstrings.py: {SIGNATURES.keys() ^ MACROS.keys()}")

#: What matters for where a declaration ends: comments, lines of the preprocessor, access, braces, empty lines.
TOKEN = re.compile(
    r"/\*\*(.*?)\*/|//[^\n]*|/\*.*?\*/|^[ \t]*#[^\n]*"
    r"|\b(public|protected|private)\s*:(?!:)|[;{}]|\n[ \t]*\n",
    re.DOTALL | re.MULTILINE,
)
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


# Declarations


@dataclass
class Group:
    """Declarations that share a comment: those after it, up to an empty line."""

    comment: str = ""
    declarations: list[str] = field(default_factory=list)


def split(body: str) -> Iterator[tuple[str, str]]:
    """The public parts of the body of a class: ("comment", text), ("declaration", text) or ("gap", "")."""
    access, position, start, depth = "private", 0, 0, 0
    while match := TOKEN.search(body, position):
        position = match.end()
        outside = depth == 0 and not body[start : match.start()].strip()
        if match[0] == "{":
            depth += 1
            continue
        if match[0] == "}":
            depth -= 1
            if depth > 0 or re.match(r"\s*[;,]", body[position:]):
                continue
        elif match[2]:
            access, start = match[2], position
            continue
        elif match[0] != ";":
            if outside:
                start = position
                if access == "public" and match[1] is not None:
                    yield "comment", match[1]
                elif access == "public" and not match[0].strip():
                    yield "gap", ""
            continue
        if depth == 0:
            if access == "public":
                yield "declaration", body[start:position].strip()
            start = position


def groups_of(body: str) -> list[Group]:
    groups = [Group()]
    for kind, text in split(body):
        if kind == "comment":
            groups.append(Group(text))
        elif kind == "declaration":
            groups[-1].declarations.append(text)
        elif groups[-1].declarations:
            groups.append(Group())
    return [group for group in groups if group.declarations or r"\name" in group.comment]


def signatures_of(declaration: str) -> list[str]:
    """What a declaration declares: functions or members; nothing for what every class of ITK has."""
    if match := re.match(r"itk(?:Virtual|Override)?(\w+Macro)\((.*)\);$", declaration, re.DOTALL):
        arguments = [" ".join(argument.split()) for argument in match[2].split(",")] + [""]
        return [signature.format(*arguments) for signature in SIGNATURES.get(match[1], ())]
    if re.match(r"(using|typedef|friend|static_assert|static constexpr|enum|ITK_\w+|~)\b", declaration):
        return []
    is_function = re.match(r"[^{=]*\(", declaration) is not None
    # Without the body of a function, and the initialisers of a constructor.
    text = re.sub(
        r"\{.*\}?|\)\s*:(?!:).*" if is_function else r";$",
        lambda m: ")"[: m[0][0] == ")"],
        declaration,
        flags=re.DOTALL,
    )
    return [" ".join(text.replace(";", "").split()).removesuffix("{}")]


@dataclass
class Class:
    """A class or struct of a header."""

    kind: str
    head: str
    comment: str
    body: str


def find_class(text: str, name: str) -> Class:
    """A class with a comment that has its name, or a struct in the body of a class."""
    match = re.search(
        rf"/\*\*((?:(?!\*/).)*?)\*/\s*((?:template\s*<[^{{;]*>\s*)?(?:class|struct)\s+(?:\w+\s+)?{name}\b[^;{{]*)\{{",
        text,
        re.DOTALL,
    )
    if match is None:
        raise ValueError(f"there is no documented class {name}")
    depth, end = 1, match.end()
    while depth > 0:
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
    head = re.sub(
        r"\b(ITK_TEMPLATE_EXPORT|\w+_EXPORT|class|struct)\s+", "", re.sub(r"^\s*#.*", "", match[2], flags=re.M)
    )
    body = text[match.end() : end - 1]
    kind = "class" if re.search(r"\bclass\b", match[2]) else "struct"
    return Class(kind, " ".join(head.split()), match[1], body if kind == "class" else f"public:\n{body}")


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
