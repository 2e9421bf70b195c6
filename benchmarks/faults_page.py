"""Results of the planted-fault suite as tables: in the terminal and in docs/detectors.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from ladder_widgets.stats import wilson
from ladder_widgets.taxonomy import CODES
from tests.faults.plants import OBVIOUS, SUBTLE
from tests.faults.suite import Result

__all__ = ["render", "summary"]


def summary(results: Sequence[Result]) -> str:
    """Return recall per code, missed cases, false alarms and crowds, as plain text."""
    planted = [r for r in results if r.spec.planted]
    lines = [_recall_line(code, [r for r in planted if r.spec.kind == code]) for code in CODES]
    lines = [*filter(None, lines), _recall_line("all", planted)]
    if planted:
        lines.append(f"at most one other code: {np.mean([len(r.others) <= 1 for r in planted]):.3f}")
    for kind in ("clean", "hard"):
        own = [r for r in results if r.spec.kind == kind]
        codes = Counter(code for r in own for code in r.raised)
        lines.append(f"{kind}: {sum(codes.values())} codes in {len(own)} cases {dict(codes)}")
    broken = [f"{_told(r)}: {r.crash or r.broken}" for r in results if r.broken or r.crash]
    missed = [f"{_told(r)} -> {r.raised} {r.summaries.get(r.spec.kind, '')}" for r in planted if not r.found]
    crowded = [f"{_told(r)} -> {r.others}" for r in planted if len(r.others) > 1]
    false = [
        f"{_told(r)} -> {[(code, r.summaries.get(code)) for code in r.raised]}"
        for r in results
        if not r.spec.planted and r.raised
    ]
    told = {"crashes": broken, "missed": missed, "crowded": crowded, "false": false}
    lines += [f"{name}: {len(own)}" + "".join(f"\n  {line}" for line in own) for name, own in told.items()]
    return "\n".join(lines)


def _recall_line(name: str, own: Sequence[Result]) -> str:
    recalls = "  ".join(f"{strength} {_hits(own, strength)}" for strength in (OBVIOUS, SUBTLE))
    return f"{name:36} {recalls}  crowded {sum(len(r.others) > 1 for r in own)}" if own else ""


def _told(result: Result) -> str:
    spec = result.spec
    return f"{spec.kind} {spec.way} {spec.strength} {spec.table} {spec.seed}"


def _hits(results: Sequence[Result], strength: str) -> str:
    own = [r for r in results if r.spec.strength == strength]
    return f"{sum(r.found for r in own)}/{len(own)}"


def render(results: Sequence[Result], tuned: Sequence[str], other: Sequence[str]) -> str:
    """Return the page."""
    parts = [_HEAD.format(n=len(results), tuned=", ".join(tuned), other=", ".join(other))]
    for title, tables in (("Tables on which thresholds were chosen", tuned), ("Other tables", other)):
        own = [r for r in results if r.spec.table in tables]
        if own:
            parts.append(f"## {title}\n\n{_recall_table(own)}\n\n{_clean_table(own)}")
    parts.append(f"## Which codes come along\n\n{_confusion(results)}")
    parts.append(f"## What escapes\n\n{_escapes(results)}")
    return "\n\n".join(parts) + "\n"


_HEAD = """\
# How often the detectors find what they claim, and cry wolf

Each fault is planted in real tables in several ways, at two strengths and with several seeds; the clean cases
are the same tables done well, and cases that only look guilty. Every case is a whole climb. The figures come
from `make faults` ({n:,} cases); the planting code is in `tests/faults/plants/`.

Recall is the share of planted faults whose code is raised (`warn` or `fail`), with Wilson's 95 % interval.

Thresholds were chosen on: {tuned}. They were then judged on: {other}."""


def _share(hits: int, total: int) -> str:
    if not total:
        return "–"
    interval = wilson(hits, total)
    return f"{hits} of {total} ({interval.mean:.2f}, {interval.low:.2f}–{interval.high:.2f})"


def _recall_table(results: Sequence[Result]) -> str:
    rows = ["| code | ways | obvious | subtle | more than one other code |", "|---|---|---|---|---|"]
    planted = [r for r in results if r.spec.planted]
    rows += [_recall_row(f"`{code}`", [r for r in planted if r.spec.kind == code]) for code in CODES]
    rows.append(_recall_row("all", planted))
    return "\n".join(rows)


def _recall_row(name: str, own: Sequence[Result]) -> str:
    ways = len({(r.spec.kind, r.spec.way) for r in own})
    cells = []
    for strength in (OBVIOUS, SUBTLE):
        part = [r for r in own if r.spec.strength == strength]
        cells.append(_share(sum(r.found for r in part), len(part)))
    crowd = _share(sum(len(r.others) > 1 for r in own), len(own))
    return f"| {name} | {ways} | {' | '.join(cells)} | {crowd} |"


def _clean_table(results: Sequence[Result]) -> str:
    rows = [
        "| cases in which nothing is wrong | cases | codes raised per case | which |",
        "|---|---|---|---|",
    ]
    groups = [("clean", [r for r in results if r.spec.kind == "clean"])]
    hard = [r for r in results if r.spec.kind == "hard"]
    groups += [
        (way, [r for r in hard if r.spec.way == way]) for way in dict.fromkeys(r.spec.way for r in hard)
    ]
    groups.append(("all", [r for r in results if not r.spec.planted]))
    for name, own in groups:
        if own:
            codes = Counter(code for r in own for code in r.raised)
            told = ", ".join(f"`{code}` {count}" for code, count in codes.most_common())
            rows.append(f"| {name} | {len(own)} | {_mean([len(r.raised) for r in own])} | {told or '–'} |")
    return "\n".join(rows)


def _mean(counts: Sequence[int]) -> str:
    mean, half = float(np.mean(counts)), 1.96 * float(np.std(counts)) / np.sqrt(len(counts))
    # Without a single alarm the interval comes from the rule of three.
    high = mean + half if any(counts) else 3 / len(counts)
    return f"{mean:.3f} ({max(0.0, mean - half):.3f}–{high:.3f})"


def _confusion(results: Sequence[Result]) -> str:
    rows = ["| planted | cases | raised beside it |", "|---|---|---|"]
    for code in CODES:
        own = [r for r in results if r.spec.kind == code]
        codes = Counter(other for r in own for other in r.others)
        told = ", ".join(f"`{other}` {count}" for other, count in codes.most_common())
        rows.append(f"| `{code}` | {len(own)} | {told or '–'} |")
    return "\n".join(rows)


def _escapes(results: Sequence[Result]) -> str:
    missed = Counter(
        (r.spec.kind, r.spec.way, r.spec.strength) for r in results if r.spec.planted and not r.found
    )
    total = Counter((r.spec.kind, r.spec.way, r.spec.strength) for r in results if r.spec.planted)
    rows = ["| code | planted as | strength | missed |", "|---|---|---|---|"]
    rows += [
        f"| `{code}` | {way.replace('_', ' ')} | {strength} | {count} of {total[code, way, strength]} |"
        for (code, way, strength), count in missed.most_common()
    ]
    return "\n".join(rows) if missed else "Nothing that is planted here."
