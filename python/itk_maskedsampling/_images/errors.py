# SPDX-License-Identifier: Apache-2.0
"""Exceptions that say more than they did."""

from __future__ import annotations

import os


def reworded(error: Exception, text: str, filename: str | os.PathLike[str] | None = None) -> Exception:
    """An exception of the same kind, or of the nearest one that can say just a text.

    Some kinds want other arguments than a text (UnicodeDecodeError), or say another (KeyError).
    """
    if isinstance(error, OSError) and error.errno is not None:
        file = error.filename if filename is None else os.fspath(filename)
        # It becomes the kind that belongs to the number.
        return OSError(error.errno, text) if file is None else OSError(error.errno, text, file)
    for kind in type(error).__mro__:
        try:
            again = kind(text)
        except Exception:
            continue
        if isinstance(again, Exception) and str(again) == text:
            return again
    return RuntimeError(text)
