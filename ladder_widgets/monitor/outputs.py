"""What monitoring hands to other tools: Prometheus' text format, the body of a webhook, an exit code."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from ladder_widgets.monitor._trigger_crossing import tidy
from ladder_widgets.monitor.triggers import Fired, Trigger

__all__ = ["EXIT_ALERT", "EXIT_FINE", "EXIT_INPUT", "EXIT_RETRAIN", "exit_code", "prometheus", "webhook"]

#: Exit codes of a check: no trigger fires; one that alerts does; the log could not be judged (bad input,
#: also of the command line itself); one that calls for a retrain fires.
EXIT_FINE, EXIT_ALERT, EXIT_INPUT, EXIT_RETRAIN = 0, 1, 2, 3

PREFIX = "ladder_widgets"
HELP = {
    "decided_otherwise": "Share of rows decided otherwise than the reference decides the same scores.",
    "psi": "Population stability index against training, sampling noise taken off.",
    "psi_largest": "Largest population stability index of a feature or the score.",
    "ks": "Kolmogorov-Smirnov distance from training.",
    "missing": "Share of missing values.",
    "rows": "Rows of the window.",
    "coverage": "Share of rows with a label.",
    "labels_overdue": "Share of rows whose label should be there by now and is not.",
    "auc": "ROC AUC.",
    "auc_drop": "ROC AUC of the reference minus that of the window.",
    "auc_drop_estimated": "The same where it is estimated from the scores.",
    "average_precision": "Average precision.",
    "calibration": "Share of positive rows minus the mean score.",
    "brier": "Brier score.",
    "prevalence": "Share of positive rows.",
    "schema_violations": "Violations of the schema.",
}


def exit_code(fired: Iterable[Fired]) -> int:
    """Return 0 where no trigger fires, 1 for an alert, 3 where a retrain is called for (2 is bad input)."""
    kinds = {one.trigger.kind for one in fired}
    return EXIT_RETRAIN if "retrain" in kinds else EXIT_ALERT if kinds else EXIT_FINE


def prometheus(measures: pd.DataFrame, fired: Sequence[Fired], triggers: Iterable[Trigger] = ()) -> str:
    r"""Write gauges in Prometheus' text exposition format, for a scrape or a push gateway.

    Each measure has its latest value, with the ends of its interval as ``…_low`` and ``…_high``, and the
    end of the window it comes from: labels are known later than scores.

    Parameters
    ----------
    measures : DataFrame
        One row per window and measure, as triggers look at.
    fired : sequence of Fired
    triggers : iterable of Trigger
        All of them: those that do not fire are 0 rather than absent.

    Examples
    --------
    >>> measures = pd.DataFrame({"start": [0], "end": [1000], "rows": [9], "measure": ["psi:a\"b"],
    ...                          "value": [0.5], "low": [0.5], "high": [0.5], "mature": [True]})
    >>> print(prometheus(measures, []).splitlines()[2])
    ladder_widgets_psi{feature="a\"b"} 0.5
    """
    samples: dict[str, list[tuple[dict[str, str], float]]] = {}
    latest = tidy(measures).drop_duplicates("measure", keep="last")
    for row in latest.to_dict("records"):
        name, labels = _metric(str(row["measure"]))
        samples.setdefault(name, []).append((labels, row["value"]))
        if pd.notna(row["low"]) and (row["low"] != row["value"] or row["high"] != row["value"]):
            samples.setdefault(f"{name}_low", []).append((labels, row["low"]))
            samples.setdefault(f"{name}_high", []).append((labels, row["high"]))
    ends = [({"measure": str(row["measure"])}, row["end"] / 1000) for row in latest.to_dict("records")]
    states = {one.name: (one, 0.0) for one in triggers} | {
        one.trigger.name: (one.trigger, 1.0) for one in fired
    }
    rules = [({"trigger": one.name, "kind": one.kind}, state) for one, state in states.values()]
    limits = [({"trigger": one.name, "kind": one.kind}, one.limit) for one, _ in states.values()]
    lines = [line for name in sorted(samples) for line in _family(name, _help(name), samples[name])]
    lines += _family("window_end_seconds", "End of the window that a measure comes from.", ends)
    lines += _family("trigger_fired", "Whether a trigger fires.", rules)
    lines += _family("trigger_limit", "Limit of a trigger.", limits)
    return "\n".join(lines) + "\n"


def webhook(sentence: str, measures: pd.DataFrame, fired: Sequence[Fired]) -> dict[str, Any]:
    """Return the body of a message, plain JSON; the user's own tool sends it.

    Keys ``text`` (also what chat tools show), ``status`` (``ok``, ``alert``, ``retrain``), ``exit_code``,
    ``triggers`` (those that fire) and ``window`` (the latest, with its measures that are not of one feature).
    """
    code = exit_code(fired)
    frame = tidy(measures)
    return {
        "text": "\n".join([sentence, *(one.words for one in fired)]),
        "status": {EXIT_FINE: "ok", EXIT_ALERT: "alert", EXIT_RETRAIN: "retrain"}[code],
        "exit_code": code,
        "triggers": [_trigger(one) for one in fired],
        "window": None if frame.empty else _window(frame),
    }


def _trigger(fired: Fired) -> dict[str, Any]:
    rule = fired.trigger
    return {
        "name": rule.name,
        "kind": rule.kind,
        "rule": rule.words,
        "measure": fired.measure,
        "measures": list(fired.measures),
        "value": fired.value,
        "limit": rule.limit,
        "since": None if fired.since is None else _iso(fired.since),
        "note": rule.note,
        "words": fired.words,
    }


def _window(frame: pd.DataFrame) -> dict[str, Any]:
    latest = frame[frame["start"] == frame["start"].max()]
    whole = latest[[":" not in str(name) for name in latest["measure"]]]
    figures = {
        str(row["measure"]): {name: _finite(row[name]) for name in ("value", "low", "high")}
        for row in whole.to_dict("records")
    }
    start, end, rows = (int(latest[name].iloc[0]) for name in ("start", "end", "rows"))
    return {"start": _iso(start), "end": _iso(end), "rows": rows, "measures": figures}


def _metric(measure: str) -> tuple[str, dict[str, str]]:
    family, colon, feature = measure.partition(":")
    name = re.sub(r"[^a-zA-Z0-9_]", "_", family)
    if colon:
        return name, {"feature": feature}
    return ("psi_largest" if name == "psi" else name), {}


def _help(name: str) -> str:
    if name in HELP:
        return HELP[name]
    for end, words in (
        ("_estimated", "Estimated from the scores, without labels: "),
        ("_low", "Lower end of the 95 % interval. "),
        ("_high", "Upper end of the 95 % interval. "),
    ):
        if name.endswith(end):
            return words + _help(name.removesuffix(end))
    return f"The measure {name}."


def _family(name: str, words: str, samples: Iterable[tuple[dict[str, str], Any]]) -> list[str]:
    lines = [f"# HELP {PREFIX}_{name} {words.strip()}", f"# TYPE {PREFIX}_{name} gauge"]
    told = [_sample(name, labels, float(value)) for labels, value in samples if _finite(value) is not None]
    return lines + told if told else []


def _sample(name: str, labels: dict[str, str], value: float) -> str:
    inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
    return f"{PREFIX}_{name}{'{' + inside + '}' if inside else ''} {value!r}"


def _escaped(text: str) -> str:
    """Escape a label's value; what UTF-8 cannot hold becomes a question mark."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")


def _finite(value: Any) -> float | None:
    return float(value) if pd.notna(value) and math.isfinite(value) else None


def _iso(ms: int) -> str:
    return pd.Timestamp(ms, unit="ms", tz="UTC").isoformat()
