# SPDX-License-Identifier: Apache-2.0
"""The command line: what is called, how it ends, and what it says when it could not be done.

Nothing but argparse is loaded before a command is known. Each command is a module with a function run(), which takes
the parsed arguments and raises an exception for what cannot be done.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import sys
import traceback
import warnings
from collections.abc import Iterator, Mapping, Sequence

from .options import PROGRAM, make_parser
from .termination import Terminated, terminable
from .text import flush, say

DONE = 0
FAILED = 1
BAD_INPUT = 2
NOT_DETERMINED = 3
INTERRUPTED = 130
TERMINATED = 143

#: What is wrong with what was asked for, rather than with doing it.
BAD_INPUT_ERRORS = (
    TypeError,
    ValueError,
    ImportError,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)


class NotDetermined(RuntimeError):
    """All was done, but the result is not determined, which was required."""


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the words of a command line say.

    argv: the words after the name of the program, by default those that the process was started with.

    Returns the exit code: 0 done; 1 it could not be done; 2 bad usage or bad input; 3 done, but the result is not
    determined, where that is required; 130 ended by Ctrl-C; 143 by SIGTERM.
    """
    words = join_numbers(sys.argv[1:] if argv is None else argv)
    labels: dict[str, str] = {}
    try:
        with one_line_warnings(), terminable():
            code = start(words, labels)
            flush()
        return code
    except BrokenPipeError:
        # Whoever reads the output has seen enough.
        code = FAILED
    except KeyboardInterrupt as error:
        complain(error, "interrupted", words)
        code = INTERRUPTED
    except Terminated as error:
        complain(error, "terminated", words)
        code = TERMINATED
    except Exception as error:
        complain(error, f"error: {rename(first_line(error), labels)}", words)
        code = BAD_INPUT if isinstance(error, BAD_INPUT_ERRORS) else FAILED
        code = NOT_DETERMINED if isinstance(error, NotDetermined) else code
    try:
        flush()
    except OSError:
        forget_output()
    return code


def start(words: Sequence[str], labels: dict[str, str]) -> int:
    """Run a command. The labels are what it calls its arguments on the command line."""
    parser = make_parser()
    try:
        args, more = parser.parse_known_args(words)
        if args.command == "info":
            # Those after an option, which argparse leaves.
            args.files += [word for word in more if not word.startswith("-")]
            more = [word for word in more if word.startswith("-")]
        if more:
            command = getattr(args, "parser", parser)
            command.error(f"unrecognized arguments: {' '.join(more)}{hint(more[0], command.options)}")
    except SystemExit as end:
        # The help was shown, or what is wrong with the words.
        return end.code if isinstance(end.code, int) else BAD_INPUT
    if args.command is None:
        parser.print_help(sys.stderr)
        return BAD_INPUT
    labels.update(args.labels)
    code: int = importlib.import_module(f"{__package__}.{args.command}").run(args)
    return code


def hint(word: str, options: Sequence[str]) -> str:
    """What an option may be misspelt for; that it is a setting, which has no option; or nothing."""
    from .. import _core  # noqa: PLC0415
    from .._images.choices import kebab, suggest  # noqa: PLC0415
    from .._registration.settings import MEANT  # noqa: PLC0415

    name = word.partition("=")[0].lstrip("-")
    if word.startswith("--") and kebab(name) in _core.describe_settings():
        return f"; give it as --set {name}=VALUE"
    return suggest(name, options, {other: f"--{kebab(one)}" for other, one in MEANT.items()})


def join_numbers(words: Sequence[str]) -> list[str]:
    """Words in which "--center -20,15" is "--center=-20,15", as argparse would take the numbers for an option."""
    joined: list[str] = []
    for word in words:
        if re.match(r"-[\d.]", word) and joined and re.fullmatch(r"--[a-z-]+", joined[-1]):
            joined[-1] += f"={word}"
        else:
            joined.append(word)
    return joined


def first_line(error: BaseException) -> str:
    """What an exception says, in one line: messages of ITK's readers go on with hints for programmers."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if isinstance(error, OSError) and error.strerror:
        # Without the number that Python puts before it.
        place = f": {os.fsdecode(error.filename)!r}" if error.filename else ""
        lines = [error.strerror + place]
    if not lines:
        return "not enough memory" if isinstance(error, MemoryError) else type(error).__name__
    known = isinstance(error, (*BAD_INPUT_ERRORS, OSError, RuntimeError))
    return lines[0] if known else f"{type(error).__name__}: {lines[0]} (--debug shows where)"


def rename(message: str, labels: Mapping[str, str]) -> str:
    """A message that begins with the names of arguments, as they are on the command line."""
    return re.sub(
        r"^\w+(, \w+)*(?=: )", lambda names: ", ".join(labels.get(name, name) for name in names[0].split(", ")), message
    )


def complain(error: BaseException, message: str, words: Sequence[str]) -> None:
    with contextlib.suppress(OSError, ValueError):
        if "--debug" in words:
            traceback.print_exception(error, file=sys.stderr)
        say(f"{PROGRAM}: {message}", sys.stderr)


def forget_output() -> None:
    """Drop what standard output still holds, where it cannot be written: Python would try it again at its end."""
    with contextlib.suppress(OSError, ValueError), open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


@contextlib.contextmanager
def one_line_warnings() -> Iterator[None]:
    """Warnings are said in a line, without the place in the code."""

    def show(message: Warning | str, *_: object, **__: object) -> None:
        text = str(message).replace('initial="search"', "--initial search")
        say(f"{PROGRAM}: warning: {text}", sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
