# SPDX-License-Identifier: Apache-2.0
"""Images and masks: in memory, of other libraries, in files."""

from .image import Image

__all__ = ["Image"]
