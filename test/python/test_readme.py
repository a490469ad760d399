# SPDX-License-Identifier: Apache-2.0
"""The Python snippets of the README do what the README says."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk


@pytest.fixture(scope="module")
def snippets(repository: Path) -> list[str]:
    found = re.findall(r"```python\n(.*?)```", (repository / "README.md").read_text(), re.DOTALL)
    assert len(found) == 3
    return found


def run(snippet: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(folder)
    namespace: dict[str, Any] = {}
    exec(snippet, namespace)
    return namespace


def test_one_call(
    snippets: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = run(snippets[0], tmp_path, monkeypatch)
    np.testing.assert_allclose(names["result"].transform_points([40, 30]), [42, 35], atol=0.1)
    inside = names["mask"]
    assert np.abs(names["aligned"] - names["fixed"])[inside].mean() < 0.02 * names["fixed"][inside].max()
    assert "mutual-information" in capsys.readouterr().out
    # SimpleITK is an independent reader.
    np.testing.assert_allclose(
        sitk.ReadTransform(str(tmp_path / "motion.tfm")).TransformPoint((40.0, 30.0)),
        names["result"].transform_points([40, 30]),
        atol=1e-9,
    )


def test_simpleitk(snippets: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = run(snippets[1], tmp_path, monkeypatch)
    np.testing.assert_allclose(names["transform"].GetParameters(), [2, 5], atol=0.05)
    # 20 % of the 40 x 30 voxels of the mask.
    assert names["method"].GetMetricNumberOfValidPoints() == 240


def test_itk(
    snippets: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = run(snippets[2], tmp_path, monkeypatch)
    output = capsys.readouterr().out
    assert "1200 voxels inside the mask, 256 samples" in output
    x, y = (float(v) for v in re.findall(r"[-\d.e]+", output.rpartition("translation:")[2]))
    # The mean error of the extent experiment is below 0.3 pixels; the true translation is (0, 5).
    assert abs(x) < 1
    assert abs(y - 5) < 1
    assert getattr(names["points"], "shape", None) == (256, 2)
