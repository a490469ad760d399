# SPDX-License-Identifier: Apache-2.0
"""Signatures of this package for autodoc."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx


def process_signature(
    app: Sphinx, what: str, name: str, thing: Any, options: Any, signature: str | None, annotation: str | None
) -> tuple[str | None, str | None]:
    """No signature for what users get and do not make; names of types without what Sphinx wraps them in."""
    if what == "class" and name.rpartition(".")[2] in app.config.results:
        return "", ""
    plain = [
        None if text is None else re.sub(r"TypeAliasForwardRef\('([\w.]+)'\)", r"\1", text)
        for text in (signature, annotation)
    ]
    return plain[0], plain[1]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("results", (), "env", [tuple])
    app.connect("autodoc-process-signature", process_signature)
    return {"parallel_read_safe": True}
