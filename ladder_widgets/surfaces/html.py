"""The report as one page: the same bundle and the same payload as the panel, no kernel, no network."""

from __future__ import annotations

import base64
import html
import json
from dataclasses import dataclass
from string import Template
from typing import TYPE_CHECKING, Any

from ladder_widgets.errors import ErrorAnalysis
from ladder_widgets.panel.names import OF_PREDICTIONS, Names
from ladder_widgets.panel.wire import asset, pack_errors
from ladder_widgets.panel.wire_finds import pack_slices, pack_suspects
from ladder_widgets.panel.wire_production import pack_watch, watch_of
from ladder_widgets.panel.wire_sample import pack_sample
from ladder_widgets.plain import to_plain

if TYPE_CHECKING:
    from ladder_widgets.monitor.watch import Watch
    from ladder_widgets.report import Report

__all__ = ["render", "render_errors", "render_watch"]

# The policy forbids every request: what is on the page is all there is.
_PAGE = Template(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; \
script-src 'unsafe-inline'; img-src data:">
<title>$title</title>
<style>
$css
body { margin: 0; padding: 16px; }
@media (prefers-color-scheme: dark) { body { background: #0d1117; } }
#lw-root { max-width: 1100px; margin: 0 auto; }
</style>
</head>
<body>
<main id="lw-root"></main>
<noscript>$summary</noscript>
<script type="application/json" id="lw-report">$report</script>
<script type="application/json" id="lw-errors">$errors</script>
<script type="text/plain" id="lw-cube">$cube</script>
<script type="application/json" id="lw-slices">$slices</script>
<script type="text/plain" id="lw-slice-cube">$slice_cube</script>
<script type="application/json" id="lw-suspects">$suspects</script>
<script type="application/json" id="lw-watch">$watch</script>
<script type="application/json" id="lw-rows">$rows</script>
<script>$js</script>
</body>
</html>
"""
)


def render(report: Report, rows: int = 0) -> str:
    """Return the page, with a sample of ``rows`` validation rows in it."""
    from ladder_widgets.surfaces import summary

    told = _Explorer() if report.errors is None else _explorer(report.errors, rows, Names())
    title = f"Ladder: {report.case.model_name}"
    return _page(title, summary.render(report), report.to_dict(), told, watch_of(report))


def render_errors(errors: ErrorAnalysis, rows: int = 0) -> str:
    """Return a page of the error explorer alone."""
    return _page("Error explorer", html.escape(repr(errors)), None, _explorer(errors, rows, OF_PREDICTIONS))


def render_watch(watch: Watch) -> str:
    """Return a page of production alone."""
    found = [finding.to_dict() for finding in watch.findings]
    told = pack_watch({**watch.to_dict(), "findings": to_plain(found)})
    return _page("Production", html.escape(watch.first_sentence), None, _Explorer(), told)


def _page(title: str, summary: str, report: Any, told: _Explorer, watch: Any = None) -> str:
    return _PAGE.substitute(
        title=html.escape(title),
        css=asset("panel.css"),
        js=asset("standalone.js"),
        summary=summary,
        report=_inert(report),
        errors=_inert(told.errors),
        cube=_base64(told.cube),
        slices=_inert(told.slices),
        slice_cube=_base64(told.slice_cube),
        suspects=_inert(told.suspects),
        rows=_inert(told.rows),
        watch=_inert(watch),
    )


@dataclass(frozen=True)
class _Explorer:
    """What the error explorer shows, as the panel gets it."""

    errors: Any = None
    cube: bytes = b""
    slices: Any = None
    slice_cube: bytes = b""
    suspects: Any = None
    rows: Any = None


def _explorer(errors: ErrorAnalysis, rows: int, names: Names) -> _Explorer:
    described, cube = pack_errors(errors, names=names)
    if errors.table is None:
        return _Explorer(described, cube)
    slices, slice_cube = pack_slices(errors, names)
    return _Explorer(described, cube, slices, slice_cube, pack_suspects(errors), pack_sample(errors, rows))


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _inert(data: Any) -> str:
    """JSON that cannot end its script element, whatever the column names say."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
