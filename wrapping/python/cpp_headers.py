# SPDX-License-Identifier: Apache-2.0
"""Classes in C++ headers of ITK's style: their comments, and what is declared in public.

A comment is for all declarations after it, up to an empty line or the next comment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

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
#: What matters for where a declaration ends: comments, lines of the preprocessor, access, braces, empty lines.
TOKEN = re.compile(
    r"/\*\*(.*?)\*/|//[^\n]*|/\*.*?\*/|^[ \t]*#[^\n]*"
    r"|\b(public|protected|private)\s*:(?!:)|[;{}]|\n[ \t]*\n",
    re.DOTALL | re.MULTILINE,
)


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
