# SPDX-License-Identifier: Apache-2.0
"""How many processors this process may use."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

#: Which groups a process is in, and where their limits are.
MEMBERSHIP = Path("/proc/self/cgroup")
GROUPS = Path("/sys/fs/cgroup")


def count_cores() -> int:
    """The processors that the process may run on, or fewer, as many as its group gets the time of; at least 1."""
    cores = len(os.sched_getaffinity(0))
    quota = read_quota(MEMBERSHIP, GROUPS)
    return cores if quota is None else max(min(cores, int(quota)), 1)


def read_quota(membership: Path, groups: Path) -> float | None:
    """The time of how many processors the groups of a process get, by their least limit; None: there is none.

    Of both versions of cgroups. In a container, the folder of its group can be the root of what it sees.
    """
    try:
        lines = membership.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    limits: list[float] = []
    for line in lines:
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if not controllers:
            roots = [groups, groups / "unified"]
        elif "cpu" in controllers.split(","):
            roots = [groups / controllers, groups / "cpu"]
        else:
            continue
        own = PurePosixPath(path.lstrip("/"))
        limits += [limit for root in roots for one in (own, *own.parents) if (limit := read_limit(root / one))]
    return min(limits, default=None)


def read_limit(folder: Path) -> float | None:
    """The limit of one group, in processors."""
    try:
        if (folder / "cpu.max").exists():
            quota, period = (folder / "cpu.max").read_text(encoding="ascii").split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text(encoding="ascii")
            period = (folder / "cpu.cfs_period_us").read_text(encoding="ascii")
        return float(quota) / float(period) if float(quota) > 0 and float(period) > 0 else None
    except (OSError, ValueError):  # also "max", which is no number
        return None
