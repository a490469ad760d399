# SPDX-License-Identifier: Apache-2.0
"""Worker processes, one for each tool, which live from job to job."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from cases import Job, truth_name
from settings import ANTS, ELASTIX, GREEDY, NIFTYREG, SIMPLEITK, WITH_POOL
from store import Store
from tool import NUMBER_OF_THREADS

PEERS = (SIMPLEITK, ELASTIX, WITH_POOL[ELASTIX], ANTS, GREEDY, NIFTYREG)
WORKER = Path(__file__).with_name("worker.py")
#: Libraries that start threads of their own read one of these.
THREAD_VARIABLES = (
    "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)


def environment(tool: str = "") -> dict[str, str]:
    """The environment of every process that is measured."""
    threader = {"ITK_GLOBAL_DEFAULT_THREADER": "Pool"} if tool in WITH_POOL.values() else {}
    return os.environ | dict.fromkeys(THREAD_VARIABLES, str(NUMBER_OF_THREADS)) | threader


class Worker:
    """One tool in its own process."""

    def __init__(self, tool: str, python: str, data: Path) -> None:
        self.log = (data / f"{tool}.log").open("w")
        self.process = subprocess.Popen(
            [python, str(WORKER), tool, str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            text=True,
            env=environment(tool),
        )

    def ask(self, job: Job, limit: float) -> dict[str, Any]:
        """The answer to a job; a failure if the process ends, or does not answer within the limit, in seconds."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            print(json.dumps(asdict(job)), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            return {"failure": f"the process ended with {self.process.wait()}"}
        if not select.select([self.process.stdout], [], [], limit)[0]:
            return {"failure": f"not done after {limit:g} s"}
        line = self.process.stdout.readline()
        if not line:
            return {"failure": f"the process ended with {self.process.wait()}"}
        reply: dict[str, Any] = json.loads(line)
        return reply

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()
        self.log.close()


class Pool:
    """Workers that are started when they are first asked, and again after they have failed."""

    def __init__(self, data: Path, peer_python: str, limit: float) -> None:
        self.data = data
        self.store = Store(data)
        self.peer_python = peer_python
        self.limit = limit
        self.workers: dict[str, Worker] = {}

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close(list(self.workers))

    def close(self, tools: Iterable[str]) -> None:
        for tool in tools:
            if tool in self.workers:
                self.workers.pop(tool).close()

    def mapped_path(self, tool: str) -> str:
        """Where a tool's worker leaves the mapped check points."""
        return str(self.data / f"mapped {tool}.npy")

    def ask(self, tool: str, job: Job) -> dict[str, Any]:
        """Do a job. A worker that did not answer is closed."""
        if tool not in self.workers:
            python = self.peer_python if tool in PEERS else sys.executable
            self.workers[tool] = Worker(tool, python, self.data)
        reply = self.workers[tool].ask(job, self.limit)
        if "seconds" not in reply:
            self.close([tool])
        return reply

    def run(self, tool: str, job: Job) -> dict[str, Any]:
        """Do a job and add the mean target registration error, in mm."""
        reply = self.ask(tool, job)
        if "failure" not in reply:
            difference = np.load(job.mapped) - self.store.load(truth_name(job.transform, job.mask))
            reply["error"] = float(np.linalg.norm(difference, axis=1).mean())
        return reply
