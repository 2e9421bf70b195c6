"""Production on its way to the browser: a watch with the names of its windows (see README.md here)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ladder_widgets.finding import Status
from ladder_widgets.monitor.times import DAY, lasting, moment
from ladder_widgets.plain import to_plain

if TYPE_CHECKING:
    from ladder_widgets.report import Report

__all__ = ["MAX_WINDOWS", "pack_watch", "watch_of"]

#: Windows that travel: the latest ones of a longer history.
MAX_WINDOWS = 200
#: Letters of a feature in the name of a window.
LETTERS = 48
#: Which window a reader is shown first: the latest of the worst there are.
_LOUDEST = ("fail", "warn", "pass")


def watch_of(report: Report) -> dict[str, Any] | None:
    """Return the watch of a report as the browser draws it; None without monitoring."""
    watch = getattr(report, "monitoring", None)
    if watch is None:
        return None
    # A watch is made of counts: only the case has the rows.
    production = report.case.production
    rows = {"total": 0 if production is None else production.n_rows, "replayable": production is not None}
    return pack_watch({**watch.to_dict(), "rows": rows})


def pack_watch(watch: Mapping[str, Any]) -> dict[str, Any]:
    """Return a watch as the browser draws it.

    Parameters
    ----------
    watch : mapping
        ``Watch.to_dict()``.

    Returns
    -------
    dict
        The same, at most the latest 200 windows, with the words that go with dates: ``name``, ``label``
        (the accessible name), ``tick`` and ``year`` of each window, ``text`` of each delay, ``sinceText``
        of each trigger. Each window has ``order``, the places of the features, farthest from training first.
        ``chosen`` is the place of the window to open on, ``note`` says what does not travel.
    """
    told = _latest(to_plain(watch))
    names = _names(told["windows"])
    windows = [
        {
            **each,
            "name": name,
            **_tick(each),
            "label": _label(name, each),
            "order": _order(told["features"], i),
        }
        for i, (each, name) in enumerate(zip(told["windows"], names, strict=True))
    ]
    maturity = told.get("maturity")
    return {
        **told,
        "windows": windows,
        "chosen": _chosen(windows),
        "timeToLabel": [
            {**each, "text": lasting(each["delay"])}
            for each in told["timeToLabel"]
            if each["delay"] is not None
        ],
        "maturity": None if maturity is None else {"delay": maturity, "text": lasting(maturity)},
        "triggers": [_trigger(each) for each in told["triggers"]],
    }


def _latest(watch: Mapping[str, Any]) -> dict[str, Any]:
    n = len(watch["windows"])
    if n <= MAX_WINDOWS:
        return {**watch, "note": ""}
    last = slice(n - MAX_WINDOWS, n)
    features = [
        {**each, **{key: each[key][last] for key in ("windows", "psi", "noise", "status")}}
        for each in watch["features"]
    ]
    note = f"The latest {MAX_WINDOWS} of {n:,} windows."
    return {**watch, "windows": watch["windows"][last], "features": features, "note": note}


# ---- words ---------------------------------------------------------------------------------------


def _names(windows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what each window is called, such as ``Week of 3 March 2026``."""
    if len(windows) == 1 and windows[0]["start"] == 0:  # a log without times
        return ["The whole log"]
    return [_span(each["start"], each["end"]) for each in windows]


def _span(start: int, end: int) -> str:
    first = pd.Timestamp(start, unit="ms")
    if end - start < DAY:
        return f"{moment(start)}, {first:%H:%M} to {pd.Timestamp(end, unit='ms'):%H:%M}"
    if end - start == DAY and start % DAY == 0:
        return moment(start)
    if end - start == 7 * DAY:
        return f"Week of {moment(start)}"
    if first.day == 1 and first + pd.DateOffset(months=1) == pd.Timestamp(end, unit="ms"):
        return moment(start).partition(" ")[2]
    return f"{moment(start)} to {moment(end - 1)}"


def _tick(window: Mapping[str, Any]) -> dict[str, str]:
    """Return a short date for the axis, and its year, which is written where it changes."""
    day, month, year = moment(window["start"]).split()
    hour = (
        f" {pd.Timestamp(window['start'], unit='ms'):%H:%M}" if window["end"] - window["start"] < DAY else ""
    )
    return {"tick": f"{day} {month[:3]}{hour}", "year": year}


def _label(name: str, window: Mapping[str, Any]) -> str:
    """Return the accessible name of a window; people script against it."""
    parts = [f"{window['rows']:,} rows"]
    if window.get("psi") is not None:
        mover = window.get("mover")
        parts.append(f"PSI {window['psi']:.2f}" + (f" in {_short(str(mover))}" if mover is not None else ""))
    return f"{name}: {', '.join([*parts, Status(window['status']).word])}"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LETTERS else line[: LETTERS - 1] + "…"


def _trigger(trigger: Mapping[str, Any]) -> dict[str, Any]:
    since = trigger.get("since")
    return {**trigger, "sinceText": "" if since is None else moment(since)}


# ---- order ---------------------------------------------------------------------------------------


def _order(features: Sequence[Mapping[str, Any]], window: int) -> list[int]:
    psi = [each["psi"][window] for each in features]
    return sorted(range(len(psi)), key=lambda i: np.inf if psi[i] is None else -psi[i])


def _chosen(windows: Sequence[Mapping[str, Any]]) -> int:
    for status in _LOUDEST:
        places = [i for i, each in enumerate(windows) if each["status"] == status]
        if places:
            return places[-1]
    return len(windows) - 1
