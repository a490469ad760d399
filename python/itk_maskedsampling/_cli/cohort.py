# SPDX-License-Identifier: Apache-2.0
"""The command `cohort`."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from .._images.errors import reworded
from ..cohort.run import RESULTS, register_cohort
from .options import PROGRAM
from .settings import IMAGES, read_points, read_settings
from .termination import Terminated
from .text import say, say_json


class PairsFailed(RuntimeError):
    """The cohort was registered, but for some pairs."""


def run(args: argparse.Namespace) -> int:
    settings = read_settings(args)
    settings |= {name: getattr(args, name) for name in IMAGES if getattr(args, name) is not None}
    if args.points is not None:
        settings["points"] = read_points(args.points)
    try:
        with connect(args.scheduler) as client:
            cohort = register_cohort(
                args.table,
                client,
                output=args.output,
                processes=args.processes,
                progress=not args.quiet,
                retry_failed=args.retry_failed,
                write_images=args.write_images,
                overwrite=args.overwrite,
                **settings,
            )
    except (KeyboardInterrupt, Terminated):
        say(f"{PROGRAM}: what is done is kept, and the same command goes on from there", sys.stderr)
        raise
    except (TypeError, ValueError) as error:
        raise reworded(error, as_options(str(error), args.labels)) from error
    except OSError as error:
        if error.errno is None or error.filename is not None:
            raise
        raise OSError(error.errno, f"output: {error.strerror}", args.output) from error
    if args.json:
        table = cohort.output / RESULTS
        say_json(
            {
                "output": cohort.output,
                "results": table,
                "done": len(cohort.done),
                "failed": len(cohort.failed),
                "undetermined": len(cohort.undetermined),
                "pairs": cohort.table(),
            }
        )
    elif not args.quiet:
        say(repr(cohort))
        say(f"wrote {cohort.output / RESULTS}")
    if cohort.failed:
        raise PairsFailed(f"{len(cohort.failed)} of {len(cohort)} pairs failed; {cohort.output / RESULTS} says why")
    return 0


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
def connect(address: str | None) -> Iterator[Any]:
    """A client of a Dask scheduler; None without an address."""
    if address is None:
        yield None
        return
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise ImportError('scheduler: Dask is needed: pip install "itk-maskedsampling[cohort]"') from error
    try:
        client = distributed.Client(address)
    except OSError as error:
        raise RuntimeError(f"scheduler: there is no answer from {address!r}: {error}") from error
    with client:
        yield client
