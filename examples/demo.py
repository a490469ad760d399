# SPDX-License-Identifier: Apache-2.0
"""Run the extent experiment and the brain, and say where the tables and pictures are."""

from __future__ import annotations

import argparse
from pathlib import Path

import brain
import extent_experiment
from reporting import DEFAULT_OUTPUT, progress


def run(output_directory: Path = DEFAULT_OUTPUT, quick: bool = False) -> None:
    """Run both examples; quick: with few seeds."""
    progress("step 1 of 2: the extent experiment")
    extent_experiment.run(seeds=range(1, 6 if quick else 201), output_directory=output_directory)
    progress("step 2 of 2: the brain")
    brain.run(seeds=range(1, 2 if quick else 4), output_directory=output_directory)
    print("\nTables and pictures:")
    for path in sorted(output_directory.iterdir()):
        if path.suffix in (".md", ".png"):
            print(f"  {path.resolve()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help="output directory")
    parser.add_argument("--quick", action="store_true", help="few seeds, to see that all works")
    arguments = parser.parse_args()
    run(arguments.output, arguments.quick)


if __name__ == "__main__":
    main()
