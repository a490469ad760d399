# SPDX-License-Identifier: Apache-2.0
"""A cohort as a page of HTML with a small picture of each pair, the worst ones first."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from .._pictures.png import make_data_url
from .._report.html import make_document
from .record import THUMBNAIL, Record, first_line

#: From the worst to the best. What is not known is worse than what is.
ORDER = ("failed", "lost", "ambiguous", "weak", "done", "determined")
STYLE = """
body { max-width: 96rem; }
.pairs { display: grid; grid-template-columns: repeat(auto-fill, minmax(21rem, 1fr)); gap: 1rem; }
.pair { border: 1px solid var(--line); border-left: 0.4rem solid var(--state); border-radius: 6px; padding: 0.6rem; }
.pair h2 { font-size: 1rem; margin: 0 0 0.4rem; border: 0; overflow-wrap: anywhere; }
.pair img { display: block; max-width: 100%; border-radius: 4px; margin: 0 auto 0.4rem; background: #000000; }
.pair p { margin: 0.2rem 0; font-size: 0.82rem; overflow-wrap: anywhere; }
.state { float: right; font-weight: 600; font-size: 0.82rem; }
.row { display: grid; grid-template-columns: 10rem 1fr 4.5rem; gap: 0.4rem; align-items: center; font-size: 0.82rem; }
.row span:last-child { text-align: right; font-variant-numeric: tabular-nums; }
.track { background: var(--head); height: 0.55rem; border-radius: 3px; overflow: hidden; }
.track i { display: block; height: 100%; background: var(--state); }
.missing, .failed, .lost { --state: #c62828; }
.ambiguous { --state: #d9730d; }
.weak { --state: #c29a00; }
.done { --state: #7a7a7a; }
.determined { --state: #2e7d32; }
@media print { .pair { break-inside: avoid; } }
"""
#: What has a bar, by its name in the table, and what it is called. The largest one of all pairs is of full length.
BARS = {
    "standard_error": "standard error",
    "rms_displacement": "displacement, RMS",
    "fraction_in_moving": "samples in moving image",
    "folding": "folded",
}
#: Bars that are of a whole, not of the largest of all pairs.
FRACTIONS = ("fraction_in_moving", "folding")


def make_overview(
    title: str, summary: str, records: Sequence[Record], missing: Sequence[str], folder: Path, place: Path
) -> str:
    """The page.

    folder: that of the output, with the pictures and the reports.
    place: the folder of the page, from which reports are linked.
    """
    lengths = {name: find_longest(name, records) for name in BARS}
    way = Path(os.path.relpath(folder, place))
    body = [f"<h1>{escape(title)}</h1>", f"<p>{escape(summary)}. The worst pairs are the first.</p>"]
    if missing:
        body.append(f'<p class="missing"><b>Missing</b>: {escape(", ".join(missing))}</p>')
    body += [
        "<p>Pictures: the fixed image around the mask, and in orange the edges of the moving one where it was brought "
        "to.</p>",
        '<div class="pairs">',
        *(make_pair(record, lengths, folder, way) for record in sort_worst_first(records)),
        "</div>",
    ]
    return make_document(title, body, STYLE)


def sort_worst_first(records: Sequence[Record]) -> list[Record]:
    """By what is known of how good they are: their state, then the standard error, what is folded, and what is outside
    the moving image. Of equals, the order stays."""

    def rate(record: Record) -> tuple[float, ...]:
        error, folded = (find_number(record, name) for name in ("standard_error", "folding"))
        inside = find_number(record, "fraction_in_moving")
        return (
            ORDER.index(find_state(record)),
            -math.inf if error is None else -error,
            0.0 if folded is None else -folded,
            1.0 if inside is None else inside,
        )

    return sorted(records, key=rate)


def find_state(record: Record) -> str:
    """One of ORDER."""
    if record.status == "failed":
        return "failed"
    return record.uncertainty_status if record.uncertainty_status in ORDER else "done"


def find_number(record: Record, name: str) -> float | None:
    """What was measured of a pair; None if it was not."""
    value = record.quality.get(name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


def find_longest(name: str, records: Sequence[Record]) -> float:
    """The number of which a bar is as long as can be."""
    return 1.0 if name in FRACTIONS else max((find_number(one, name) or 0.0 for one in records), default=0.0)


# A pair


def make_pair(record: Record, lengths: Mapping[str, float], folder: Path, way: Path) -> str:
    state = find_state(record)
    lines = [
        f'<section class="pair {state}">',
        f'<span class="state">{state}</span><h2>{escape(record.id)}</h2>',
        make_picture(record, folder),
    ]
    if record.error is not None:
        lines.append(f"<p>{escape(first_line(record))}</p>")
    for name, label in BARS.items():
        value = find_number(record, name)
        if value is not None:
            lines.append(make_bar(label, value, lengths[name]))
    lines += [f"<p>Warning: {escape(text)}</p>" for text in record.warnings]
    if record.report_file is not None and (folder / record.report_file).is_file():
        lines.append(f'<p><a href="{escape(quote(os.fspath(way / record.report_file)))}">Report</a></p>')
    return "".join([*lines, "</section>"])


def make_picture(record: Record, folder: Path) -> str:
    try:
        picture = (folder / f"{record.id}{THUMBNAIL}").read_bytes()
    except OSError:
        return "" if record.status == "failed" else "<p>There is no picture.</p>"
    text = f"{escape(record.id)}: the fixed image, and edges of the other"
    return f'<img alt="{text}" src="{make_data_url(picture)}">'


def make_bar(label: str, value: float, longest: float) -> str:
    width = 100 * min(max(value / longest, 0.0), 1.0) if longest > 0 else 0.0
    track = f'<span class="track"><i style="width:{width:.1f}%"></i></span>'
    return f'<div class="row"><span>{escape(label)}</span>{track}<span>{value:.3g}</span></div>'
