# SPDX-License-Identifier: Apache-2.0
"""The frame of a page of HTML that needs no other file."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from .style import STYLE

#: Nothing but what is in the file.
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def make_document(title: str, body: Iterable[str], style: str = "") -> str:
    """A whole page. The title is escaped, what is in the body is not; the style is added to that of all pages."""
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{STYLE}{style}</style>"
    )
    text = "\n".join(body)
    return f'<!DOCTYPE html>\n<html lang="en">\n<head>{head}</head>\n<body>\n{text}\n</body>\n</html>\n'
