# SPDX-License-Identifier: Apache-2.0
"""Print requirements of pyproject.toml, a line each: the project's own, and those of extras and groups by name."""

import sys
import tomllib
from pathlib import Path

pyproject = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text())
groups = {
    **pyproject["project"]["optional-dependencies"],
    **pyproject["dependency-groups"],
    "build": pyproject["build-system"]["requires"],
}
for requirement in [
    *pyproject["project"]["dependencies"],
    *(r for g in sys.argv[1:] for r in groups[g]),
]:
    print(requirement)
