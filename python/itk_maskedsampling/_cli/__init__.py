# SPDX-License-Identifier: Apache-2.0
"""The shell command itk-maskedsampling."""

from .program import main

__all__ = ["main"]
