# SPDX-License-Identifier: Apache-2.0
"""The Python snippet of the README does what the README says."""

import re
from pathlib import Path

import pytest


def test_python_snippet(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snippets = re.findall(r"```python\n(.*?)```", (repository / "README.md").read_text(), re.DOTALL)
    assert len(snippets) == 1
    namespace: dict[str, object] = {}
    exec(snippets[0], namespace)
    output = capsys.readouterr().out
    assert "1200 voxels inside the mask, 256 samples" in output
    x, y = (float(v) for v in re.findall(r"[-\d.e]+", output.rpartition("translation:")[2]))
    # The mean error of the extent experiment is below 0.3 pixels; the true translation is (0, 5).
    assert abs(x) < 1
    assert abs(y - 5) < 1
    assert getattr(namespace["points"], "shape", None) == (256, 2)
