# SPDX-License-Identifier: Apache-2.0
"""The command `sample`."""

from __future__ import annotations

import argparse
from pathlib import Path

from .._registration.sample import Samples, sample
from .outputs import Output, check_outputs, raise_failed, write_outputs
from .settings import read_input
from .text import say, say_json


def run(args: argparse.Namespace) -> int:
    inputs = {name: getattr(args, name) for name in ("image", "mask", "weights")}
    outputs = [Output("output", Path(path), Samples.write) for path in args.output]
    check_outputs(outputs, inputs)
    images = {name: None if path is None else read_input(name, path) for name, path in inputs.items()}
    samples = sample(
        **images,
        label=args.label,
        samples=args.samples,
        percentage=args.percentage,
        sampling=args.sampling,
        seed=args.seed,
    )
    written, failed, first = write_outputs(outputs, samples)
    if args.json:
        say_json(
            {
                "points": len(samples),
                "mask_voxels": samples.mask_voxels,
                "inputs": {name: path for name, path in inputs.items() if path is not None},
                "outputs": list(written),
                "errors": list(failed.values()),
            }
        )
    elif not args.quiet:
        say(f"{len(samples)} points of {samples.mask_voxels} voxels")
        for path in written:
            say(f"wrote {path}")
    raise_failed(written, failed, first)
    return 0
