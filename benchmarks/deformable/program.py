# SPDX-License-Identifier: Apache-2.0
"""Deformable registration of a lung and its follow-up with landmarks, this module's beside elastix, ANTs and greedy.

python benchmarks/deformable --peer-python build/benchmark/venv/bin/python --output build/benchmark --lung FOLDER
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from pathlib import Path
from typing import Any

import numpy as np
from cases import DEFORMABLE, LUNG_PAIR, Job, mask_name
from machine import describe_machine
from pool import Pool
from reporting import markdown_table
from runs import progress

from . import pair as lung
from .tools import ENTRIES, Entry

COMMAND = "make benchmark-deformable"
#: Voxels of the mask at which folds are looked for.
PROBES = 20000


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deformable", description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder for deformable.json and .md")
    parser.add_argument("--peer-python", required=True, help="interpreter of the environment of the peers")
    parser.add_argument("--lung", type=Path, default=os.environ.get("MASKED_SAMPLING_LUNG"), help=lung.__doc__)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--limit", type=float, default=900.0, help="seconds after which a run is stopped")
    return parser.parse_args()


def run_entry(pool: Pool, entry: Entry, seed: int, pair: lung.Pair, points: Any) -> dict[str, Any]:
    """One registration: its time, the distances of the landmarks, and the Jacobian determinants in the mask."""
    mapped = pool.mapped_path(entry.tool)
    job = Job(DEFORMABLE, LUNG_PAIR, entry.metric, lung.CONTRAST, seed, mapped, entry.options)
    reply = pool.ask(entry.tool, job)
    record: dict[str, Any] = {"label": entry.label, "seed": seed, "failure": reply.get("failure", "")}
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
    return record


def describe(records: list[dict[str, Any]]) -> list[str]:
    """The cells of one way: over all repetitions, of the landmarks of all of them."""
    done = [record for record in records if not record["failure"]]
    if not done:
        return [records[0]["failure"], *["-"] * 5]
    errors = np.concatenate([record["errors"] for record in done])
    seconds = [record["seconds"] for record in done]
    return [
        f"{np.median(errors):.2f}",
        f"{errors.mean():.2f}",
        f"{np.quantile(errors, 0.9):.2f}",
        f"{100 * statistics.fmean(record['folded'] for record in done):.2f} %",
        f"{min(record['smallest determinant'] for record in done):.2f}",
        f"{statistics.median(seconds):.2f} ({min(seconds):.2f} to {max(seconds):.2f})",
    ]


def make_report(records: list[dict[str, Any]], machine: dict[str, Any], landmarks: int, before: float) -> str:
    labels = list(dict.fromkeys(record["label"] for record in records))
    rows = [[label, *describe([one for one in records if one["label"] == label])] for label in labels]
    head = ["", "median, mm", "mean, mm", "90 % within, mm", "folded", "smallest determinant", "s"]
    repetitions = len({record["seed"] for record in records})
    versions = ", ".join(f"{k} {v}" for k, v in (machine["packages"] | machine["peer packages"]).items())
    return (
        f"A lung and its follow-up, with the masks of both: {landmarks} landmarks, {before:.0f} mm apart (median) "
        "where the scanner has placed them. One call each; folds and determinants by differences between neighbouring "
        f"voxels of the mask.\n\n{markdown_table(head, rows)}\n\nMade by `{COMMAND}`: repetitions: {repetitions}; two "
        f"threads; {machine['date']}; {machine['cpu']}, {machine['cores']} cores; load average before: "
        f"{machine['load average before']:.2f}; {versions}.\n"
    )


def main() -> None:
    arguments = parse_arguments()
    arguments.output.mkdir(parents=True, exist_ok=True)
    if arguments.lung is None or not lung.is_there(arguments.lung):
        progress("nothing is run: the pair of lung images is not there; --lung says where it is")
        return
    pair = lung.load_pair(arguments.lung)
    points = lung.inner_points(pair.volumes[mask_name(LUNG_PAIR)], PROBES)
    folder = arguments.output / "deformable"
    lung.save(pair, points, folder)
    machine = describe_machine(arguments.peer_python)
    records = []
    with Pool(folder, arguments.peer_python, arguments.limit) as pool:
        for seed in range(1, arguments.repetitions + 1):
            for entry in ENTRIES:
                records.append(run_entry(pool, entry, seed, pair, points))
                told = describe(records[-1:])
                progress(f"{entry.label}: median {told[0]} mm, {told[-1]} s")
    before = float(np.median(np.linalg.norm(pair.landmarks - pair.counterparts, axis=1)))
    text = make_report(records, machine, len(pair.landmarks), before)
    (arguments.output / "deformable.md").write_text(text)
    (arguments.output / "deformable.json").write_text(
        json.dumps({"machine": machine, "runs": records}, indent=1) + "\n"
    )
    print(f"\n{text}")
