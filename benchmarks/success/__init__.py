# SPDX-License-Identifier: Apache-2.0
"""The success map: how often a rigid registration inside a mask finds the motion, and whether it knows.

The cases, tools and tables are modules of this package; what runs the tools is that of the folder registration.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Its modules, and those of the examples, import each other by their bare names.
sys.path += [str(ROOT / "benchmarks/registration"), str(ROOT / "examples")]
