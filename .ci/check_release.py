# SPDX-License-Identifier: Apache-2.0
"""Check that the version is the same wherever it stands, and, of a release, that it is the tag's and has a date.

check_release.py [--tag TAG]    TAG as `git tag` has it: v0.1.0
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def read_version() -> str:
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])


def check(tag: str | None) -> Iterator[str]:
    version = read_version()
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    if cited is None or cited[1] != version:
        yield f"CITATION.cff: version is {cited and cited[1]}, in pyproject.toml it is {version}"
    heading = re.search(r"^## (\S+), (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    if heading is None or heading[1] != version:
        yield f"CHANGELOG.md: the first version is {heading and heading[1]}, in pyproject.toml it is {version}"
    if tag is not None:
        if tag != f"v{version}":
            yield f"--tag: {tag}, but the version in pyproject.toml is {version}; tag it v{version}"
        if heading is None or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", heading[2]):
            yield f"CHANGELOG.md: {version} has no date, but {heading and heading[2]!r}; write it as 2026-01-31"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tag")
    faults = list(check(parser.parse_args().tag))
    print("\n".join(faults), end="\n" if faults else "")
    sys.exit(bool(faults))
