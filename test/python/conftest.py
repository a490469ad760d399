# SPDX-License-Identifier: Apache-2.0
"""What the Python tests share. Everything runs on the installed wheel, in one process: loading itk takes 10 s."""

import signal
import sys
from pathlib import Path

import pytest
from cli_scene import Shell

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "examples"))
sys.path.insert(0, str(REPOSITORY / "cmake"))
sys.path.append(str(REPOSITORY / "benchmarks"))

# Tests of Ctrl-C need the handler that Python has in a terminal. A job that a shell without job control starts in the
# background ignores the signal, and so do its children.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def repository() -> Path:
    return REPOSITORY


@pytest.fixture(scope="session")
def wheel(repository: Path) -> Path:
    wheels = list((repository / "build/dist").glob("itk_maskedsampling-*.whl"))
    assert len(wheels) == 1, "run `make wheel`"
    return wheels[0]


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Shell:
    """The command line, called in this process."""
    return Shell(capsys)
