# SPDX-License-Identifier: Apache-2.0
"""A registration: what is asked for, what is done, what is found."""

from .result import Registration

__all__ = ["Registration"]
