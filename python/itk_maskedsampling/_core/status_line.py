# SPDX-License-Identifier: Apache-2.0
"""A line on standard error that tells how far long work is."""

from __future__ import annotations

import sys


class StatusLine:
    """A line on standard error that is written anew each time."""

    def __init__(self) -> None:
        self.width = 0

    def show(self, text: str, kept: str = "") -> None:
        """Show a text, after a line that stays to be read."""
        sys.stderr.write(f"\r{kept.ljust(self.width)}\n" if kept else "\r")
        sys.stderr.write(text.ljust(0 if kept else self.width))
        sys.stderr.flush()
        self.width = len(text)

    def close(self) -> None:
        if self.width:
            sys.stderr.write("\n")
            sys.stderr.flush()
