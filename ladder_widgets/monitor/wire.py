"""A look at a log as plain data for the panel, which draws it and computes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ladder_widgets.monitor.times import lasting, moment
from ladder_widgets.monitor.windows import WORTH_A_LOOK
from ladder_widgets.plain import to_plain

if TYPE_CHECKING:
    from ladder_widgets.monitor.watch import Watch

__all__ = ["to_wire"]

#: Features that are sent, those that moved most.
MOVERS = 20


def to_wire(watch: Watch) -> dict[str, Any]:
    """Return what a surface shows: words, windows, the leading features, time to label, triggers."""
    truth = watch.truth
    sent = {
        "sentence": watch.first_sentence,
        "every": watch.counts.every,
        "asOf": watch.counts.as_of,
        "windows": _windows(watch),
        "features": _features(watch),
        "timeToLabel": [] if truth is None else _curve(truth.time_to_label),
        "maturity": None if truth is None else truth.maturity,
        "limits": {
            "psi": watch.limits.psi,
            "psiWarn": min(WORTH_A_LOOK, watch.limits.psi),
            "aucDrop": watch.limits.auc_drop,
            "aucBaseline": None if truth is None else float(truth.baseline["auc"].iloc[0]),
        },
        "assumptions": [] if truth is None else list(truth.assumptions),
        "triggers": [_trigger(told) for told in watch.triggers.told(watch.measures, watch.fired)],
        "rows": {"total": int(watch.counts.rows.sum()), "replayable": False},
    }
    return to_plain(sent)


def _trigger(told: dict[str, Any]) -> dict[str, Any]:
    """A trigger whose words do not begin with its name, which stands before them."""
    return {**told, "words": told["words"].removeprefix(f"{told['name']}: ")}


def _windows(watch: Watch) -> list[dict[str, Any]]:
    rows = []
    for place, (_, window) in enumerate(watch.windows.iterrows()):
        start = int(watch.counts.starts[place])
        rows.append(
            {
                "start": start,
                "end": int(watch.ends[place]),
                "rows": int(window["rows"]),
                "status": window["status"],
                "mature": bool(window.get("mature", False)),
                "psi": window["psi"],
                "mover": window["mover"],
                "psiScore": window["psi_score"],
                "coverage": window.get("coverage"),
                "auc": window.get("auc"),
                "aucLow": window.get("auc_low"),
                "aucHigh": window.get("auc_high"),
                "aucKind": window.get("auc_kind"),
                "words": _words(watch, start, window),
            }
        )
    return rows


def _words(watch: Watch, start: int, window: Any) -> str:
    said = [f"{moment(start, watch.counts.every)}: {int(window['rows']):,} rows"]
    if window["mover"] is not None:
        said.append(f"PSI {window['psi']:.2f} in {window['mover']}")
    if window.get("auc") is not None and np.isfinite(window["auc"]):
        said.append(f"AUC {window['auc']:.3f}")
    return ", ".join(said)


def _features(watch: Watch) -> list[dict[str, Any]]:
    shifts, status = watch.shifts, watch.shifts.status()
    order = np.argsort(-shifts.psi.max(axis=1, initial=0.0), kind="stable")[:MOVERS]
    return [
        {
            "name": shifts.pairs[i].name,
            "kind": shifts.pairs[i].kind,
            "bins": shifts.pairs[i].labels,
            "reference": shifts.pairs[i].pooled_reference,
            "windows": shifts.pairs[i].pooled_windows,
            "psi": shifts.psi[i],
            "noise": shifts.noise[i],
            "status": status[i],
        }
        for i in order
    ]


def _curve(frame: Any) -> list[dict[str, Any]]:
    overall = frame[frame["label"].isna()]
    return [
        {"delay": d, "words": lasting(d), "share": s, "low": low, "high": high}
        for d, s, low, high in zip(
            overall["delay"], overall["share"], overall["low"], overall["high"], strict=True
        )
    ]
