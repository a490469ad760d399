# SPDX-License-Identifier: Apache-2.0
"""`python -m itk_maskedsampling` is the command line `itk-maskedsampling`."""

import sys

from ._cli import main

if __name__ == "__main__":
    sys.exit(main())
