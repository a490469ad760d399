# SPDX-License-Identifier: Apache-2.0
"""Files of ITK, which SimpleITK and ANTs write too: .h5, .tfm, .txt and .mat."""

from __future__ import annotations

import os

from ... import _core
from ..parts import translation_part
from .request import Chain, Request, Unreadable


def read(request: Request) -> Chain:
    try:
        dimension, parts = _core.read_transform(os.fspath(request.file))
    except _core.CoreError as error:
        raise Unreadable(str(error)) from error
    return dimension, tuple(parts)


def write(request: Request, chain: Chain) -> None:
    dimension, parts = chain
    # A file must hold something: the identity is a translation by nothing.
    _core.write_transform(os.fspath(request.file), dimension, list(parts) or [translation_part(dimension)])
