# SPDX-License-Identifier: Apache-2.0
"""How a report looks, on a screen and on paper of the size A4."""

from __future__ import annotations

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
figure > img { display: block; max-width: 100%; height: auto; background: #ffffff; border-radius: 6px; }
figcaption, footer { color: var(--quiet); font-size: 0.87rem; }
.settings { columns: 20rem; }
.settings p { margin: 0; overflow-wrap: anywhere; break-inside: avoid; font-size: 0.87rem; }
.warning { border-left: 4px solid #d95f02; padding-left: 0.6rem; }
.date { color: var(--quiet); font-size: 0.87rem; margin: 0 0 0.8rem; }
.sign { margin: 2.5rem 0 1.5rem; break-inside: avoid; }
.sign p { margin: 0; height: 2.2rem; border-bottom: 1px solid var(--text); max-width: 34rem; position: relative; }
.sign span { position: absolute; bottom: 0.1rem; color: var(--quiet); font-size: 0.87rem; }
@page { size: A4; margin: 15mm; }
@media print {
  :root { --text: #000000; --page: #ffffff; --line: #bbbbbb; --head: #eeeeee; --quiet: #444444; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  tr { break-inside: avoid; }
  table { font-size: 8.5pt; overflow-wrap: break-word; }
  td:nth-child(2):last-child { overflow-wrap: anywhere; }
  .wide { overflow: visible; }
  figure > img { max-height: 21cm; max-width: 100%; width: auto; }
  details::details-content { content-visibility: visible; height: auto; }
  h2, h3 { break-after: avoid; }
}
"""
