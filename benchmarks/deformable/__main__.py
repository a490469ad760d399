# SPDX-License-Identifier: Apache-2.0
"""python benchmarks/deformable --help: see program.py."""

import sys
from pathlib import Path

# In place of this folder, whose modules are those of a package.
sys.path[0] = str(Path(__file__).resolve().parents[1])
from deformable.program import main  # noqa: E402

if __name__ == "__main__":
    main()
