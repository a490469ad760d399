# SPDX-License-Identifier: Apache-2.0
"""How often rigid registration inside a mask finds the motion, this module's and its peers', and whether it knows.

python benchmarks/success --peer-python build/benchmark/venv/bin/python --output build/benchmark

What has been run is kept in success.jsonl and not run again: a run that was ended, by --budget or otherwise, goes on.
"""

from __future__ import annotations

import argparse
import json
import os
from functools import partial
from pathlib import Path
from typing import Any

from machine import describe_machine
from pool import Pool
from runs import progress

from . import lung
from .differences import make_different
from .figure import draw
from .problems import DIFFERENT, LUNG, RANDOM, make_random
from .records import Results, append, as_json, read
from .session import Session, Task, mix
from .tables import make_report
from .tools import ENTRIES, KEYS, Entry, find_installed


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="success", description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder for success.jsonl, .json, .md and .png")
    parser.add_argument("--peer-python", required=True, help="interpreter of the environment of the peers")
    parser.add_argument("--seeds", type=int, default=300, help="how many random problems")
    parser.add_argument("--first", type=int, default=10000, help="seed of the first one")
    parser.add_argument("--different", type=int, default=60, help="how many problems of images that really differ")
    parser.add_argument("--lung", type=Path, default=os.environ.get("MASKED_SAMPLING_LUNG"), help=lung.__doc__)
    parser.add_argument("--tools", nargs="+", choices=KEYS, default=KEYS)
    parser.add_argument("--budget", type=float, default=float("inf"), help="minutes after which no problem is begun")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds after which a run is stopped")
    parser.add_argument("--tables", action="store_true", help="run nothing, only make the tables of what there is")
    return parser.parse_args()


def make_tasks(arguments: argparse.Namespace) -> list[Task]:
    first = arguments.first
    groups = [
        [Task(RANDOM, seed, make_random) for seed in range(first, first + arguments.seeds)],
        [Task(DIFFERENT, seed, make_different) for seed in range(first, first + arguments.different)],
    ]
    if arguments.lung is None or not lung.is_there(arguments.lung):
        progress("the pair of lung images is left out: --lung does not say where it is")
    else:
        make = partial(lung.make_lung, arguments.lung)
        groups.append([Task(LUNG, seed, make) for seed in range(lung.count(arguments.lung))])
    return mix(groups)


def choose_entries(keys: list[str], machine: dict[str, Any]) -> list[Entry]:
    """The tools asked for, but for those that are not installed."""
    installed = find_installed(machine)
    for entry in ENTRIES:
        if entry.key in keys and not installed[entry.key]:
            progress(f"{entry.label} is left out: {entry.package} is not installed")
    return [entry for entry in ENTRIES if entry.key in keys and installed[entry.key]]


def run(arguments: argparse.Namespace, path: Path, results: Results) -> None:
    machine = describe_machine(arguments.peer_python)
    entries = choose_entries(arguments.tools, machine)
    line = {"machine": machine}
    append(path, [line])
    results.add(line)
    folder = arguments.output / "success"
    folder.mkdir(parents=True, exist_ok=True)
    with Pool(folder, arguments.peer_python, arguments.limit) as pool:
        Session(pool, entries, results, path, folder).run(make_tasks(arguments), arguments.budget)


def write(results: Results, output: Path) -> None:
    text = make_report(results)
    (output / "success.md").write_text(text)
    runs = [vars(run) for run in results.runs.values()]
    settings = {entry.key: vars(entry) for entry in ENTRIES}
    everything = {"machine": results.machine, "settings": settings, "runs": runs}
    (output / "success.json").write_text(json.dumps(as_json(everything), indent=1) + "\n")
    draw(results.of(RANDOM), output / "success.png")
    print(f"\n{text}")


def main() -> None:
    arguments = parse_arguments()
    arguments.output.mkdir(parents=True, exist_ok=True)
    path = arguments.output / "success.jsonl"
    results = read(path)
    try:
        if not arguments.tables:
            run(arguments, path, results)
    except KeyboardInterrupt:
        progress("stopped; the same command goes on from here")
    if results.runs:
        write(results, arguments.output)
