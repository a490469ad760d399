# SPDX-License-Identifier: Apache-2.0
"""The frame of a page of HTML that needs no other file."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

STYLE = """
:root { color-scheme: light dark;
  --text: #1c1c1c; --page: #ffffff; --line: #d5d5d5; --head: #f2f2f2; --quiet: #5c5c5c; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6e6e6; --page: #16181b; --line: #3c4046; --head: #23272c; --quiet: #a5a5a5; }
}
body { color: var(--text); background: var(--page); font: 15px/1.5 system-ui, sans-serif; max-width: 62rem;
  margin: 0 auto; padding: 1rem 1.5rem 3rem; }
h1 { font-size: 1.7rem; margin: 1rem 0 0.5rem; }
h2 { font-size: 1.25rem; margin: 2rem 0 0.5rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.2rem 0 0.4rem; }
h4 { font-size: 0.95rem; margin: 0.8rem 0 0.2rem; }
summary h3 { display: inline; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.87rem; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: 0.2rem 0.55rem; text-align: left; vertical-align: top; }
th { background: var(--head); }
figure { margin: 1rem 0; break-inside: avoid; }
figure img { display: block; max-width: 100%; height: auto; background: #ffffff; border-radius: 6px; }
figcaption, footer { color: var(--quiet); font-size: 0.87rem; }
.settings { columns: 20rem; }
.settings p { margin: 0; overflow-wrap: anywhere; break-inside: avoid; font-size: 0.87rem; }
@media print {
  :root { --text: #000000; --page: #ffffff; --line: #bbbbbb; --head: #eeeeee; --quiet: #444444; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
"""
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
