# SPDX-License-Identifier: Apache-2.0
"""The command `cohort`."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .._images.errors import reworded
from .._images.output import check_place
from ..cohort.columns import LABELS
from ..cohort.folder import RESULTS
from ..cohort.reading import collect_cohort
from ..cohort.result import Cohort
from ..cohort.run import register_cohort
from .options import PROGRAM
from .settings import IMAGES, read_points, read_settings
from .termination import Terminated
from .text import say, say_json

#: Words that can be with --collect.
COLLECTED = ("collect", "output", "overview", "quiet", "json", "debug", "help")


class PairsFailed(RuntimeError):
    """The cohort was registered, but for some pairs."""


def run(args: argparse.Namespace) -> int:
    check_words(args)
    try:
        cohort = collect_cohort(args.output) if args.collect else register(args)
    except (KeyboardInterrupt, Terminated):
        say(f"{PROGRAM}: what is done is kept, and the same command goes on from there", sys.stderr)
        raise
    except (TypeError, ValueError) as error:
        raise reworded(error, as_options(str(error), args.labels)) from error
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, f"output: {error.strerror}", args.output) from error
    if args.overview is not None:
        write_overview(cohort, args.overview)
    tell(cohort, args)
    table = cohort.output / RESULTS
    if cohort.missing:
        ids = ", ".join(cohort.missing[:5]) + (" ..." if len(cohort.missing) > 5 else "")
        raise PairsFailed(
            f"{len(cohort.missing)} of {len(cohort) + len(cohort.missing)} pairs are missing: {ids}. Start all shards "
            "again: what is done is not done again"
        )
    if cohort.failed:
        raise PairsFailed(f"{len(cohort.failed)} of {len(cohort)} pairs failed; {table} says why")
    return 0


def register(args: argparse.Namespace) -> Cohort:
    settings = read_settings(args)
    settings |= {name: getattr(args, name) for name in (*IMAGES, *LABELS, "names") if getattr(args, name) is not None}
    if args.points is not None:
        settings["points"] = read_points(args.points)
    with connect(args.scheduler, args.scheduler_file) as client:
        return register_cohort(
            args.table,
            client,
            output=args.output,
            shard=args.shard,
            processes=args.processes,
            progress=not args.quiet,
            retry_failed=args.retry_failed,
            write_images=args.write_images,
            write_reports=args.write_reports,
            overwrite=args.overwrite,
            **settings,
        )


def check_words(args: argparse.Namespace) -> None:
    """Raise for words that do not go together, and for an overview that cannot be written."""
    if args.collect:
        usual = {action.dest: action.default for action in args.parser._actions if action.dest not in COLLECTED}
        for name, value in usual.items():
            if getattr(args, name) != value:
                raise ValueError(f"{name}: nothing is registered with --collect; leave one of them out")
    elif args.table is None:
        raise ValueError("table: one is needed, with a row for each pair; without one, --collect reads what is there")
    if args.scheduler is not None and args.scheduler_file is not None:
        raise ValueError("scheduler_file: there is --scheduler, too; leave one of them out")
    if args.overview is not None:
        check_overview(args.overview, args.output)


def check_overview(overview: str, output: str) -> None:
    """It may be in the folder of the output, which need not be there yet."""
    place, folder = (Path(one).expanduser().absolute() for one in (overview, output))
    if place.parent != folder or folder.exists():
        check_place("overview", overview)


def write_overview(cohort: Cohort, overview: str) -> None:
    try:
        cohort.write_overview(overview)
    except OSError as error:
        raise reworded(error, str(error).replace("path: ", "overview: ", 1)) from error


def tell(cohort: Cohort, args: argparse.Namespace) -> None:
    """What came of it."""
    table = cohort.output / RESULTS
    if args.json:
        say_json(
            {
                "output": cohort.output,
                "results": table,
                "done": len(cohort.done),
                "failed": len(cohort.failed),
                "undetermined": len(cohort.undetermined),
                "missing": cohort.missing,
                "pairs": cohort.table(),
            }
        )
    elif not args.quiet:
        say(repr(cohort))
        for path in (table, args.overview):
            if path is not None:
                say(f"wrote {path}")


def as_options(text: str, labels: Mapping[str, str]) -> str:
    """A message that names arguments of register_cohort(), other than that at its start, as options."""
    text = text.replace("register_cohort(): ", "set: ", 1) if text.startswith("register_cohort(): ") else text

    def rename(match: re.Match[str]) -> str:
        label = labels.get(match[1] or "", "")
        if not label.startswith("--"):
            return match[0]
        return label if match[2] or not match[3] else f"{label}="

    return re.sub(r"'[^']*'|\b([a-z_]+)=(True\b)?(?=([^\s.,;)])?)", rename, text)


@contextlib.contextmanager
def connect(address: str | None, file: str | None) -> Iterator[Any]:
    """A client of a Dask scheduler, by its address or the file in which that is; None without either."""
    name = "scheduler" if file is None else "scheduler_file"
    if file is not None:
        address = read_address(file)
    if address is None:
        yield None
        return
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise ImportError(f'{name}: Dask is needed: pip install "itk-maskedsampling[cohort]"') from error
    try:
        client = distributed.Client(address)
    except OSError as error:
        raise RuntimeError(f"{name}: there is no answer from {address!r}: {error}") from error
    with client:
        yield client


def read_address(file: str) -> str:
    """The address of a scheduler, from the file that it wrote."""
    try:
        told = json.loads(Path(file).expanduser().read_text(encoding="utf-8"))
        address = told["address"]
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"scheduler_file: there is no file {file!r} (in {Path.cwd()}); dask scheduler --scheduler-file writes it"
        ) from error
    except (ValueError, LookupError, TypeError) as error:
        raise ValueError(f"scheduler_file: {file!r} is not what dask scheduler --scheduler-file writes") from error
    if not isinstance(address, str):
        raise ValueError(f"scheduler_file: {file!r} has no address of a scheduler")
    return address
