# SPDX-License-Identifier: Apache-2.0
"""Runs the code blocks of a Markdown file, or checks those that take too long to run; none is left out.

Python blocks run one after the other, in one namespace and a folder of their own; so do shell lines that call
itk-maskedsampling. Other shell lines are checked against what they name: targets, extras, files, options. A block of
text is what the block before it printed, where "..." stands for anything. C++ and CMake must be part of an example that
the C++ tests build. What is of another kind raises UnknownBlock.
"""

import ast
import contextlib
import doctest
import io
import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

#: Directives of MyST that hold no code, or that of a file: the build of the site checks them.
DIRECTIVES = {"{toctree}", "{include}", "{literalinclude}", "{drawing}", "{thumbnail}", "{eval-rst}"}
#: Of CMake itself, and of how ITK builds a module.
CMAKE_VARIABLES = {"BUILD_TESTING", "CMAKE_BUILD_TYPE", "CMAKE_PROJECT_TOP_LEVEL_INCLUDES", "ITK_DIR"}
#: Commands that run together with ours.
HARMLESS = {"cat", "cd", "cp", "head", "ls", "mkdir", "printf"}
PLACEHOLDER = "/path/to/"


class UnknownBlock(Exception):
    """A block that is neither run nor checked."""


@dataclass(frozen=True)
class Block:
    """What is between fences. The line is that of the fence."""

    path: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line}"


def read_blocks(path: Path) -> list[Block]:
    blocks = []
    for token in MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8")):
        if token.type in ("fence", "code_block"):
            line = token.map[0] + 1 if token.map else 0
            blocks.append(Block(path, line, (token.info.split() or [""])[0], token.content))
    return blocks


def read_links(path: Path) -> list[str]:
    """The targets of the links and pictures of a file."""
    tokens = MarkdownIt("commonmark").parse(path.read_text(encoding="utf-8"))
    children = [child for token in tokens for child in token.children or []]
    found = [child.attrGet("href") or child.attrGet("src") for child in children]
    return [str(target) for target in found if target]


@dataclass
class Page:
    """A Markdown file whose blocks are run in a folder."""

    repository: Path
    folder: Path
    output: str = ""
    #: Of each Python block: what it printed, and the names that it left.
    results: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=lambda: {"__name__": "__main__"})
    #: The source of each build folder of CMake.
    builds: dict[str, str] = field(default_factory=dict)

    def run(self, block: Block) -> None:
        if block.language in DIRECTIVES:
            return
        runners: dict[str, Callable[[Block], None]] = {
            "python": self.run_python,
            "{code-cell}": self.run_python,
            "sh": self.run_shell,
            "shell": self.run_shell,
            "text": self.compare_output,
            "cpp": self.find_in_examples,
            "cmake": self.find_in_examples,
            "{code-block}": self.check_foreign,
        }
        if block.language not in runners:
            raise UnknownBlock(f"{block}: no rule for the language {block.language!r}")
        runners[block.language](block)

    # Python

    def run_python(self, block: Block) -> None:
        printed = io.StringIO()
        # Lines have the numbers of the file in tracebacks.
        code = compile("\n" * block.line + block.text, str(block.path), "exec")
        with contextlib.chdir(self.folder), contextlib.redirect_stdout(printed):
            exec(code, self.names)
        self.output = printed.getvalue()
        self.results.append((self.output, dict(self.names)))

    def compare_output(self, block: Block) -> None:
        options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        if not doctest.OutputChecker().check_output(block.text, self.output, options):
            raise AssertionError(f"{block}: expected\n{block.text}\nbut there was\n{self.output}")

    # Other tools

    def check_foreign(self, block: Block) -> None:
        """What is ours would be run."""
        if re.search(r"itk.maskedsampling", block.text):
            raise AssertionError(f"{block}: what is of this package must run: write it as python or sh")

    # C++

    def find_in_examples(self, block: Block) -> None:
        wanted = textwrap.dedent(block.text).split()
        sources = [
            *self.repository.glob("examples/cpp/*/*.cxx"),
            *self.repository.glob("examples/cpp/*/CMakeLists.txt"),
        ]
        if not any(f" {' '.join(wanted)} " in f" {' '.join(source.read_text().split())} " for source in sources):
            raise AssertionError(f"{block}: it is not part of an example in examples/cpp")

    # Shell

    def run_shell(self, block: Block) -> None:
        self.output = ""
        for line in block.text.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words.pop(0)
            if not words:
                continue
            try:
                self.run_command(words, line)
            except (AssertionError, UnknownBlock) as error:
                raise type(error)(f"{block}: {line.strip()}: {error}") from error

    def run_command(self, words: list[str], line: str) -> None:
        command = words[0]
        if command == "itk-maskedsampling" or command in HARMLESS:
            self.run_line(line)
        elif command == "make":
            self.check_make(words[1:])
        elif command == "pip":
            self.check_pip(words[1:])
        elif command == "cmake":
            self.check_cmake(words[1:])
        elif command == "python":
            self.check_script(words[1:])
        elif str(Path(command).parent) in self.builds:
            source = self.repository / self.builds[str(Path(command).parent)] / "CMakeLists.txt"
            assert f"add_executable({Path(command).name} " in source.read_text(), "no such program is built there"
        else:
            raise UnknownBlock("no rule for this command")

    def run_line(self, line: str) -> None:
        """Run a line of the shell, in which itk-maskedsampling is the program of this Python."""
        function = f'itk-maskedsampling() {{ {shlex.quote(sys.executable)} -m itk_maskedsampling "$@"; }}'
        place = self.names.setdefault("__folder__", self.folder)
        result = subprocess.run(
            ["bash", "-c", f"set -e -o pipefail\n{function}\n{line}\npwd > {shlex.quote(str(self.folder))}/.pwd"],
            cwd=place,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": "200"},
        )
        assert result.returncode == 0, result.stderr
        self.names["__folder__"] = (self.folder / ".pwd").read_text().strip()
        self.output += result.stdout

    def check_make(self, words: list[str]) -> None:
        makefile = (self.repository / "Makefile").read_text()
        for word in words:
            name, _, value = word.partition("=")
            if value:
                assert f"$({name})" in makefile, f"the Makefile has no variable {name}"
            else:
                assert re.search(rf"^\.PHONY:.*\b{name}\b", makefile, re.MULTILINE), f"there is no target {name}"

    def check_pip(self, words: list[str]) -> None:
        extras = tomllib.loads((self.repository / "pyproject.toml").read_text())["project"]["optional-dependencies"]
        if words[0] != "install":
            raise UnknownBlock("only pip install is known")
        for word in words[1:]:
            match = re.fullmatch(r"(\.|itk-maskedsampling)(?:\[(.+)\])?", word)
            assert match, f"{word} is not this package"
            assert not match[2] or extras.keys() >= set(match[2].split(",")), f"there is no extra of {match[2]}"

    def check_script(self, words: list[str]) -> None:
        path = self.repository / words[0]
        sources = [path] if path.suffix == ".py" else list(path.glob("**/*.py"))
        assert sources, "there is no such script"
        assert all(source.exists() for source in sources), "there is no such script"
        calls = [node for source in sources for node in ast.walk(ast.parse(source.read_text()))]
        known = {
            argument.value
            for call in calls
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "add_argument"
            for argument in call.args
            if isinstance(argument, ast.Constant)
        }
        missing = {word.partition("=")[0] for word in words[1:] if word.startswith("-")} - known - {"--help"}
        assert not missing, f"the script has no option {missing}"

    def check_cmake(self, words: list[str]) -> None:
        if words[0] == "--build":
            assert words[1] in self.builds or words[1].startswith(PLACEHOLDER), "nothing was configured there"
            return
        source, build = words[words.index("-S") + 1], words[words.index("-B") + 1]
        assert source.startswith(PLACEHOLDER) or (self.repository / source / "CMakeLists.txt").exists(), "no source"
        self.builds[build] = source
        files = ["CMakeLists.txt", "CMakePresets.json", "itk-module.cmake", "pyproject.toml"]
        text = "".join((self.repository / name).read_text() for name in files)
        for name, value in re.findall(r"-D(\w+)=(\S+)", " ".join(words)):
            ours = name == "Module_MaskedSampling" or (name.startswith("MaskedSampling_") and name in text)
            assert name in CMAKE_VARIABLES or ours, f"{name} is not known"
            if name == "CMAKE_PROJECT_TOP_LEVEL_INCLUDES":
                assert (self.repository / value).exists(), f"there is no {value}"


def run_page(path: Path, repository: Path, folder: Path) -> Page:
    """Run all blocks of a file."""
    page = Page(repository, folder)
    for block in read_blocks(path):
        page.run(block)
    return page
