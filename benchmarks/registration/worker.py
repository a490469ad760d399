# SPDX-License-Identifier: Apache-2.0
"""A process that holds one tool and its images, takes jobs as lines of JSON and answers with lines of JSON.

python worker.py TOOL FOLDER
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from cases import Job, bars_name
from store import Store
from tool import NUMBER_OF_THREADS, Tool

#: Module and class of each tool, and whether it runs in the environment of the peers.
TOOLS = {
    "masked": ("tool_itk", "MaskedTool"),
    "stock ITK": ("tool_itk", "ItkTool"),
    "stock ITK (Pool)": ("tool_itk", "ItkTool"),
    "SimpleITK": ("tool_simpleitk", "SimpleItkTool"),
    "elastix": ("tool_elastix", "ElastixTool"),
    "elastix (Pool)": ("tool_elastix", "ElastixTool"),
    "ANTs": ("tool_ants", "AntsTool"),
    "greedy": ("tool_greedy", "GreedyTool"),
    "NiftyReg": ("tool_niftyreg", "NiftyRegTool"),
}


def take_standard_output() -> TextIO:
    """Standard output for the answers alone: whatever the tool prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    return answers


def read_status(key: str) -> int:
    """A number of bytes from the kernel's account of this process."""
    for line in Path("/proc/self/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return 1024 * int(value.split()[0])
    raise RuntimeError(f"/proc/self/status has no {key}")


def with_peak_memory(function: Callable[[], Any]) -> tuple[Any, int]:
    """What a function returns, and by how much it raises the peak of resident memory over what is in use before."""
    ctypes.CDLL(None).malloc_trim(0)  # what was freed before must not be used again unseen
    Path("/proc/self/clear_refs").write_text("5")  # the peak is now what is in use now
    before = read_status("VmRSS")
    result = function()
    return result, max(0, read_status("VmHWM") - before)


def reason_of(error: Exception) -> str:
    """The sentence of an exception. ITK's come last, after the place and the object that they name."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[-1].split("): ", 1)[-1] if isinstance(error, RuntimeError) else lines[0]


def answer(tool: Tool, job: Job) -> dict[str, Any]:
    """Do one job."""
    register = tool.prepare(job)
    reply: dict[str, Any] = {}
    start = time.perf_counter()
    try:
        if job.memory:
            transform, reply["memory"] = with_peak_memory(register)
        else:
            transform = register()
    except Exception as error:  # every tool has its own
        return {"seconds": time.perf_counter() - start, "failure": reason_of(error)}
    reply["seconds"] = time.perf_counter() - start
    points = tool.store.points(job.mask)
    np.save(job.mapped, tool.map_points(transform, points))
    bars = tool.find_bars(transform, points)
    reply["has bars"] = bars is not None
    if bars is not None:
        np.save(bars_name(job.mapped), bars)
    return reply | tool.describe(transform)


def main() -> None:
    answers = take_standard_output()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:NUMBER_OF_THREADS])
    module, name = TOOLS[sys.argv[1]]
    tool: Tool = getattr(importlib.import_module(module), name)(Store(Path(sys.argv[2])))
    for line in sys.stdin:
        job = Job(**json.loads(line))
        if job.folder:
            tool.open(Store(Path(job.folder)))
        print(json.dumps(answer(tool, job)), file=answers)


if __name__ == "__main__":
    main()
