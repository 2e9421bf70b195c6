"""The report as one page: the same bundle and the same payload as the panel, no kernel, no network."""

from __future__ import annotations

import base64
import html
import json
from string import Template
from typing import TYPE_CHECKING, Any

from ladder_widgets.panel.wire import asset, pack_errors

if TYPE_CHECKING:
    from ladder_widgets.report import Report

__all__ = ["render"]

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
<script>$js</script>
</body>
</html>
"""
)


def render(report: Report) -> str:
    """Return the page."""
    from ladder_widgets.surfaces import summary

    described, cube = (None, b"") if report.errors is None else pack_errors(report.errors)
    return _PAGE.substitute(
        title=html.escape(f"Ladder: {report.case.model_name}"),
        css=asset("panel.css"),
        js=asset("standalone.js"),
        summary=summary.render(report),
        report=_inert(report.to_dict()),
        errors=_inert(described),
        cube=base64.b64encode(cube).decode("ascii"),
    )


def _inert(data: Any) -> str:
    """JSON that cannot end its script element, whatever the column names say."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
