# SPDX-License-Identifier: Apache-2.0
"""Deformable registration of a lung with landmarks, and of a brain with a known deformation, beside the peers.

python benchmarks/deformable --peer-python build/benchmark/venv/bin/python --output build/benchmark --lung FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cases import DEFORMABLE, PAIR, SAME, Job, bars_name, mask_name
from machine import describe_machine
from pool import Pool
from reporting import markdown_table
from runs import progress

from . import known
from . import pair as lung
from .tools import BRAIN_ENTRIES, LUNG_ENTRIES, Entry

COMMAND = "make benchmark-deformable"
#: Voxels of the mask at which folds are looked for.
PROBES = 20000
PAIRS = ("lung", "ball", "brain")


@dataclass(frozen=True, eq=False)
class Problem:
    """A pair, and the ways to register it. introduction: what the table is of, with a place for the landmarks and for
    how far they are apart.
    """

    name: str
    introduction: str
    contrast: str
    pair: lung.Pair
    entries: tuple[Entry, ...]


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deformable", description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder for deformable.json and .md")
    parser.add_argument("--peer-python", required=True, help="interpreter of the environment of the peers")
    parser.add_argument("--lung", type=Path, default=os.environ.get("MASKED_SAMPLING_LUNG"), help=lung.__doc__)
    parser.add_argument("--only", nargs="+", choices=PAIRS, default=PAIRS, help="some of the pairs; default: all")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--limit", type=float, default=1800.0, help="seconds after which a run is stopped")
    return parser.parse_args()


def make_problems(folder: Path | None, only: Sequence[str]) -> Iterator[Problem]:
    """One after the other, as they take memory. folder: of the lung."""
    if "lung" in only:
        if folder is None or not lung.is_there(folder):
            progress("the lung is left out: the pair of images is not there; --lung says where it is")
        else:
            introduction = (
                "A lung and its follow-up, with the masks of both: {} landmarks, {:.0f} mm apart (median) where the "
                "scanner has placed them."
            )
            yield Problem("lung", introduction, lung.CONTRAST, lung.load_pair(folder), LUNG_ENTRIES)
    for name, what in (("ball", "a ball of 20 mm in the brain"), ("brain", "the whole brain")):
        if name in only:
            introduction = (
                f"The MNI152 brain, deformed in a way that is known, and {what} as the mask: "
                "{} points in it, {:.1f} mm from where they belong (median)."
            )
            yield Problem(name, introduction, SAME, known.make_pair(name == "brain"), BRAIN_ENTRIES)


def run_entry(pool: Pool, problem: Problem, entry: Entry, seed: int, points: Any) -> dict[str, Any]:
    """One registration: its time, the distances of the landmarks, and the Jacobian determinants in the mask."""
    pair, mapped = problem.pair, pool.mapped_path(entry.tool)
    job = Job(DEFORMABLE, PAIR, entry.metric, problem.contrast, seed, mapped, entry.options)
    reply = pool.ask(entry.tool, job)
    record: dict[str, Any] = {
        "problem": problem.name,
        "label": entry.label,
        "seed": seed,
        "failure": reply.get("failure", ""),
    }
    if not record["failure"]:
        places = np.load(mapped)
        number = len(pair.landmarks)
        errors = np.linalg.norm(places[:number] - pair.counterparts, axis=1)
        determinants = lung.find_determinants(places[number:], points)
        record |= {
            "seconds": reply["seconds"],
            "errors": errors.tolist(),
            "smallest determinant": float(determinants.min()),
            "folded": float((determinants <= 0).mean()),
        }
        if reply["has bars"]:
            bars = np.load(bars_name(mapped))[:number]
            known = np.isfinite(bars)
            record["within two bars"] = float((errors <= 2 * bars)[known].mean()) if known.any() else None
    return record


def describe(records: list[dict[str, Any]]) -> list[str]:
    """The cells of one way: over all repetitions, of the landmarks of all of them."""
    done = [record for record in records if not record["failure"]]
    if not done:
        return [records[0]["failure"], *["-"] * 6]
    errors = np.concatenate([record["errors"] for record in done])
    seconds = [record["seconds"] for record in done]
    shares = [share for record in done if (share := record.get("within two bars")) is not None]
    return [
        f"{np.median(errors):.2f}",
        f"{errors.mean():.2f}",
        f"{np.quantile(errors, 0.9):.2f}",
        f"{100 * statistics.fmean(record['folded'] for record in done):.2f} %",
        f"{min(record['smallest determinant'] for record in done):.2f}",
        f"{100 * statistics.fmean(shares):.0f} %" if shares else "-",
        f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})",
    ]


def make_table(records: list[dict[str, Any]], introduction: str) -> str:
    labels = list(dict.fromkeys(record["label"] for record in records))
    rows = [[label, *describe([one for one in records if one["label"] == label])] for label in labels]
    head = ["", "median, mm", "mean, mm", "90 % within, mm", "folded", "smallest determinant", "within two bars", "s"]
    return f"{introduction}\n\n{markdown_table(head, rows)}"


def make_report(tables: list[str], machine: dict[str, Any], repetitions: int) -> str:
    versions = ", ".join(f"{k} {v}" for k, v in (machine["packages"] | machine["peer packages"]).items())
    return "\n\n".join(
        [
            *tables,
            "One call each; errors of all repetitions; folds and determinants by differences between neighbouring "
            "voxels of the mask. Within two bars: the points whose error is at most twice the standard error that the "
            f"tool tells there, where it tells one; the time is with that. Made by `{COMMAND}`: repetitions: "
            f"{repetitions}; two threads; {machine['date']}; "
            f"{machine['cpu']}, {machine['cores']} cores; load average before: {machine['load average before']:.2f}; "
            f"{versions}.\n",
        ]
    )


def run_problem(problem: Problem, arguments: argparse.Namespace) -> list[dict[str, Any]]:
    points = lung.inner_points(problem.pair.volumes[mask_name(PAIR)], PROBES)
    folder = arguments.output / "deformable" / problem.name
    lung.save(problem.pair, points, folder)
    records = []
    with Pool(folder, arguments.peer_python, arguments.limit) as pool:
        for seed in range(1, arguments.repetitions + 1):
            for entry in problem.entries:
                records.append(run_entry(pool, problem, entry, seed, points))
                told = describe(records[-1:])
                progress(f"{problem.name}, {entry.label}: median {told[0]} mm, {told[-1]} s")
    return records


def main() -> None:
    arguments = parse_arguments()
    arguments.output.mkdir(parents=True, exist_ok=True)
    machine = describe_machine(arguments.peer_python)
    records, tables = [], []
    for problem in make_problems(arguments.lung, arguments.only):
        of_problem = run_problem(problem, arguments)
        before = float(np.median(np.linalg.norm(problem.pair.landmarks - problem.pair.counterparts, axis=1)))
        tables.append(make_table(of_problem, problem.introduction.format(len(problem.pair.landmarks), before)))
        records += of_problem
    if not tables:
        progress("nothing is run")
        return
    text = make_report(tables, machine, arguments.repetitions)
    (arguments.output / "deformable.md").write_text(text)
    (arguments.output / "deformable.json").write_text(
        json.dumps({"machine": machine, "runs": records}, indent=1) + "\n"
    )
    print(f"\n{text}")
