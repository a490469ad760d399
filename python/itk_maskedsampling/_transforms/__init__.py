# SPDX-License-Identifier: Apache-2.0
"""Transforms: from points to points, of other libraries, in files."""

from .transform import Transform

__all__ = ["Transform"]
