# SPDX-License-Identifier: Apache-2.0
"""Masked registration beside its peers: time, error, extent, throughput and memory.

python benchmarks/registration --peer-python build/benchmark/venv/bin/python --output build/benchmark
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cases import CASES
from data import write_data
from figures import draw_cases, draw_extent
from machine import describe_machine
from pool import Pool, environment
from report import make_report
from runs import PADS, progress, run_cases, run_extent, run_memory
from settings import CONFIGURATIONS, TOOLS
from summary import summarise, summarise_extent

PARTS = ("cases", "extent", "throughput", "memory")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="registration", description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder for registration.md, .json and figures")
    parser.add_argument("--peer-python", required=True, help="interpreter of the environment of the peers")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--cases", default="", help="only cases whose name contains this")
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=TOOLS)
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--budget", type=float, default=8.0, help="seconds after which a run is not repeated any more")
    parser.add_argument("--limit", type=float, default=75.0, help="seconds after which a run is stopped")
    parser.add_argument("--quick", action="store_true", help="two repetitions, and no more than 8 times the voxels")
    return parser.parse_args()


def measure_throughput(data: Path, repetitions: int) -> list[dict[str, Any]]:
    """In a process of its own, in which nothing else has run."""
    script, output = Path(__file__).with_name("throughput.py"), data / "throughput.json"
    subprocess.run([sys.executable, script, data, output, str(repetitions)], check=True, env=environment())
    records: list[dict[str, Any]] = json.loads(output.read_text())
    return records


def run_parts(arguments: argparse.Namespace, data: Path, results: dict[str, Any]) -> None:
    """Fill in the results, part by part."""
    repetitions = 2 if arguments.quick else arguments.repetitions
    with Pool(data, arguments.peer_python, arguments.limit) as pool:
        if "cases" in arguments.parts:
            cases = [case for case in CASES if arguments.cases in case.name]
            configurations = [c for c in CONFIGURATIONS if c.tool in arguments.tools]
            results["cases"] = run_cases(pool, cases, configurations, repetitions, arguments.budget)
            pool.close(list(pool.workers))
        if "throughput" in arguments.parts:
            results["throughput"] = measure_throughput(data, repetitions)
        if "memory" in arguments.parts:
            results["memory"] = run_memory(pool)
        if "extent" in arguments.parts:
            pads = PADS[:2] if arguments.quick else PADS
            results["extent"] = run_extent(pool, pads, repetitions, arguments.budget)


def write_results(results: dict[str, Any], output: Path) -> None:
    text, verdicts = make_report(results)
    results["verdicts"] = [asdict(verdict) for verdict in verdicts]
    (output / "registration.json").write_text(json.dumps(results, indent=1) + "\n")
    (output / "registration.md").write_text(text)
    if "cases" in results:
        draw_cases(summarise(results["cases"]), output / "registration.png")
    if "extent" in results:
        draw_extent(summarise_extent(results["extent"]), output / "extent.png")
    print(f"\n{text}")


def main() -> None:
    arguments = parse_arguments()
    data = arguments.output / "data"
    results: dict[str, Any] = {
        "machine": describe_machine(arguments.peer_python),
        "settings": [asdict(configuration) for configuration in CONFIGURATIONS],
    }
    progress("making the images and masks ...")
    write_data(data)
    run_parts(arguments, data, results)
    write_results(results, arguments.output)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit("stopped") from None
