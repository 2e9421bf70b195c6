"""A replay as static HTML: nothing in it computes, and every text that others chose is escaped."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from ladder_widgets.surfaces.formats import block, cell, clip, prose
from ladder_widgets.surfaces.formats import shown as number
from ladder_widgets.surfaces.replay_terminal import headline, step_words

__all__ = ["fragment", "page"]

#: Columns of a step that are shown, and explanations.
_COLUMNS, _TOLD = 60, 10
_STYLE = (
    ".lw-replay{background:#fff;color:#1d232b;border:1px solid #dfe3e8;border-radius:6px;padding:12px 16px;"
    "max-width:900px;font:14px/1.45 system-ui,sans-serif;text-align:left}"
    ".lw-replay table{border-collapse:collapse;margin:6px 0}.lw-replay .lw-wide{overflow-x:auto}"
    ".lw-replay td,.lw-replay th{padding:2px 12px 2px 0;text-align:left;vertical-align:top;background:#fff;"
    "color:#1d232b;font-size:13px;border:0}"
    ".lw-replay th{font-weight:600}.lw-replay summary{cursor:pointer;overflow-wrap:anywhere}"
    ".lw-replay p{overflow-wrap:anywhere}"
    ".lw-replay pre{background:#f4f6f8;color:#1d232b;padding:8px;overflow-x:auto}"
    ".lw-replay .lw-bad{color:#b3261e;font-weight:600}.lw-replay .lw-quiet{color:#5b6673}"
)


def page(told: Mapping[str, Any]) -> str:
    """Return a whole page; ``told`` is that of :meth:`ladder_widgets.Replay.to_dict`."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Replay</title>'
        f'<meta name="viewport" content="width=device-width"></head><body>{fragment(told)}</body></html>\n'
    )


def fragment(told: Mapping[str, Any]) -> str:
    """Return the replay as one element, for a notebook."""
    differences = "".join(f"<p>{_inert(prose(text))}</p>" for text in told["differences"])
    warned = "".join(
        f'<p class="lw-quiet">Warning: {_inert(prose(text, 400))}</p>' for text in told["warnings"][:5]
    )
    return (
        f'<div class="lw-replay"><style>{_STYLE}</style><p><b>{_inert(headline(told))}</b></p>{differences}'
        f"{_failure(told['first_failure'])}{_explanations(told)}<h4>Steps</h4>{_steps(told)}{warned}</div>"
    )


def _failure(failure: Mapping[str, Any] | None) -> str:
    if failure is None:
        return "<p>No step is to blame.</p>"
    fix = f"<pre><code>{html.escape(block(failure['fix']))}</code></pre>" if failure["fix"] else ""
    where = _inert(cell(failure["path"] or failure["name"], 120))
    return (
        f'<p><span class="lw-bad">First failure: {where}</span><br>{_inert(prose(failure["why"]))}</p>{fix}'
    )


def _explanations(told: Mapping[str, Any]) -> str:
    if told["matches"] is not False:
        return ""
    tried = f"{told['changes_tried']:,} single changes were scored"
    items = "".join(f"<li>{_inert(prose(each['text']))}</li>" for each in told["explanations"][:_TOLD])
    return (
        f"<p>What would explain it ({tried}):</p><ul>{items}</ul>"
        if items
        else f"<p>Nothing explains it: {tried}.</p>"
    )


def _steps(told: Mapping[str, Any]) -> str:
    failure = told["first_failure"]
    blamed = None if failure is None else failure["number"]
    return "".join(_step(step, place == blamed) for place, step in enumerate(told["steps"]))


def _step(step: Mapping[str, Any], blamed: bool) -> str:
    name = f'<b class="{"lw-bad" if blamed else ""}">{_inert(cell(step["name"], 80))}</b>'
    words = f'<span class="lw-quiet">{_inert(step["kind"])} {_inert(step_words(step))}</span>'
    error = f"<p>{_inert(prose(step['explanation'], 600))}</p>" if step["explanation"] else ""
    outside = "".join(f"<li>{_inert(prose(each['text']))}</li>" for each in step["outside"][:_COLUMNS])
    outside = f"<ul>{outside}</ul>" if outside else ""
    tables = "".join(_table(title, step[side]) for title, side in (("In", "input"), ("Out", "output")))
    return (
        f'<details style="margin-left:{16 * step["depth"]}px"{" open" if blamed else ""}>'
        f"<summary>{name} {words}</summary>{error}{outside}{tables}</details>"
    )


def _table(title: str, cells: Mapping[str, Any] | None) -> str:
    if cells is None:
        return ""
    columns: Sequence[Mapping[str, Any]] = cells["columns"]
    rows = [
        [cell(each["name"], 60), cell(each["dtype"], 30), _value(each["value"])]
        for each in columns[:_COLUMNS]
    ]
    body = "".join("<tr>" + "".join(f"<td>{_inert(text)}</td>" for text in row) + "</tr>" for row in rows)
    more = (
        f'<p class="lw-quiet">{len(rows)} of {cells["width"]} columns</p>'
        if cells["width"] > len(rows)
        else ""
    )
    head = "".join(f'<th scope="col">{text}</th>' for text in (title, "type", "value"))
    return (
        f'<div class="lw-wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{more}'
    )


def _value(value: Any) -> str:
    return clip(cell(value if isinstance(value, str) else number(value, "number")), 80)


def _inert(text: str) -> str:
    return f"<bdi>{html.escape(text)}</bdi>"
