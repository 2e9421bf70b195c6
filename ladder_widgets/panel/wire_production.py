"""Production on its way to the browser: a watch with the names of its windows (see README.md here)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from ladder_widgets.finding import Status
from ladder_widgets.plain import to_plain

if TYPE_CHECKING:
    from ladder_widgets.report import Report

__all__ = ["MAX_WINDOWS", "delay", "pack_watch", "watch_of"]

#: Windows that travel: the latest ones of a longer history.
MAX_WINDOWS = 200
#: Letters of a feature in the name of a window.
LETTERS = 48
_HOUR, _DAY = 3_600_000, 86_400_000
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
#: Which window a reader is shown first: the latest of the worst there are.
_LOUDEST = ("fail", "warn", "pass")


def watch_of(report: Report) -> dict[str, Any] | None:
    """Return the watch of a report as the browser draws it; None without monitoring."""
    watch = getattr(report, "monitoring", None)
    return None if watch is None else pack_watch(watch.to_dict())


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
            {**each, "text": delay(each["delay"])}
            for each in told["timeToLabel"]
            if each["delay"] is not None
        ],
        "maturity": None if maturity is None else {"delay": maturity, "text": delay(maturity)},
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
    return [_span(_time(each["start"]), _time(each["end"])) for each in windows]


def _span(start: datetime, end: datetime) -> str:
    length = end - start
    if length < timedelta(days=1):
        return f"{_date(start)}, {start:%H:%M} to {end:%H:%M}"
    if length == timedelta(days=1) and start.hour == start.minute == 0:
        return _date(start)
    if length == timedelta(days=7):
        return f"Week of {_date(start)}"
    if start.day == 1 and (start + timedelta(days=32)).replace(day=1) == end:
        return f"{_MONTHS[start.month - 1]} {start.year}"
    return f"{_date(start)} to {_date(end - timedelta(milliseconds=1))}"


def _tick(window: Mapping[str, Any]) -> dict[str, str]:
    """Return a short date for the axis, and its year, which is written where it changes."""
    start = _time(window["start"])
    hour = f" {start:%H:%M}" if window["end"] - window["start"] < _DAY else ""
    return {"tick": f"{start.day} {_MONTHS[start.month - 1][:3]}{hour}", "year": str(start.year)}


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
    return {**trigger, "sinceText": "" if since is None else _date(_time(since))}


def _time(ms: float) -> datetime:
    # Added rather than converted: years before 1970 work on every system.
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)


def _date(time: datetime) -> str:
    return f"{time.day} {_MONTHS[time.month - 1]} {time.year}"


def delay(ms: float) -> str:
    """Write a delay in its usual unit.

    Examples
    --------
    >>> delay(1_800_000), delay(129_600_000), delay(86_400_000)
    ('30 min', '1.5 days', '1 day')
    """
    if ms < _HOUR:
        return f"{ms / 60_000:.3g} min"
    if ms < _DAY:
        return f"{ms / _HOUR:.3g} h"
    days = f"{ms / _DAY:,.3g}"
    return f"{days} day" if days == "1" else f"{days} days"


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
