# SPDX-License-Identifier: Apache-2.0
"""Processors that a container leaves to a process: files as the kernel and its container runtimes have them."""

import os
from pathlib import Path

import pytest
from itk_maskedsampling.cohort import cores
from itk_maskedsampling.cohort.cores import count_cores, read_quota
from itk_maskedsampling.cohort.run import choose_processes

V1 = "5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"{text}\n")
    return root


@pytest.mark.parametrize(
    ("membership", "files", "quota"),
    [
        ("0::/\n", {"cpu.max": "200000 100000"}, 2),
        ("0::/\n", {"cpu.max": "max 100000"}, None),
        ("0::/\n", {"cpu.max": "50000 100000"}, 0.5),
        ("0::/\n", {}, None),
        ("0::/a/b\n", {"a/cpu.max": "300000 100000", "a/b/cpu.max": "max 100000"}, 3),
        ("0::/a/b\n", {"a/cpu.max": "300000 100000", "a/b/cpu.max": "800000 100000"}, 3),
        ("0::/a/b\n", {"a/cpu.max": "300000 100000", "a/b/cpu.max": "150000 100000"}, 1.5),
        ("0::/host/elsewhere\n", {"cpu.max": "400000 100000"}, 4),
        ("0::/a\n", {"b/cpu.max": "100000 100000"}, None),
        (V1, {"cpu,cpuacct/cpu.cfs_quota_us": "250000", "cpu,cpuacct/cpu.cfs_period_us": "100000"}, 2.5),
        (V1, {"cpu/docker/abc/cpu.cfs_quota_us": "50000", "cpu/docker/abc/cpu.cfs_period_us": "25000"}, 2),
        (V1, {"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, None),
        (V1, {"memory/cpu.cfs_quota_us": "100000", "memory/cpu.cfs_period_us": "100000"}, None),
        (V1 + "0::/docker/abc\n", {"unified/docker/abc/cpu.max": "700000 100000"}, 7),
        ("0::/\n", {"cpu.max": "garbage"}, None),
        ("0::/\n", {"cpu.max": "100000 0"}, None),
        ("garbage\n", {"cpu.max": "100000 100000"}, 1),
        ("", {"cpu.max": "100000 100000"}, None),
    ],
)
def test_quota(tmp_path: Path, membership: str, files: dict[str, str], quota: float | None) -> None:
    groups = write(tmp_path / "groups", files)
    (tmp_path / "cgroup").write_text(membership)
    assert read_quota(tmp_path / "cgroup", groups) == quota


def test_without_groups(tmp_path: Path) -> None:
    assert read_quota(tmp_path / "nowhere", tmp_path) is None


def test_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For all quotas: no more than the processors, no more than their time, and at least one."""
    monkeypatch.setattr(cores, "MEMBERSHIP", tmp_path / "cgroup")
    monkeypatch.setattr(cores, "GROUPS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    (tmp_path / "cgroup").write_text("0::/\n")
    for quota in range(10, 1200, 35):
        (tmp_path / "cpu.max").write_text(f"{quota}000 100000\n")
        expected = sum(number * 100 <= quota for number in range(1, 9)) or 1
        assert count_cores() == expected
        assert choose_processes(None, 1) == expected
        assert choose_processes(None, 3) == max(expected // 3, 1)
        assert choose_processes(5, 1) == 5, "what is asked for"
    (tmp_path / "cpu.max").unlink()
    assert count_cores() == 8
