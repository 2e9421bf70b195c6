"""A watch as production tells it: half a year of weeks in which the unit of one feature changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ladder_widgets.panel.wire_production import pack_watch

DAY = 86_400_000
START = 1_756_684_800_000  # Monday, 1 September 2025
LIMITS = {"psi": 0.25, "psiWarn": 0.1, "aucDrop": 0.05, "aucBaseline": 0.842}


def psi(reference: np.ndarray, counts: np.ndarray) -> float:
    p, q = ((each + 0.5) / (each + 0.5).sum() for each in (reference, counts))
    return float(((q - p) * np.log(q / p)).sum())


def watch(
    names: Sequence[str] = ("income", "age", "region", "late_payments", "loan_amount"),
    n_windows: int = 26,
    *,
    drift_from: int = 17,
    every: int = 7 * DAY,
    seed: int = 0,
) -> dict[str, Any]:
    """Return ``Watch.to_dict()`` of a log whose first feature drifts; the score is among the features."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(9_000, 14_000, n_windows)
    features = [
        _feature(rng, name, rows, drift_from if i == 0 else n_windows, category=i % 5 == 2)
        for i, name in enumerate([*names, "score"])
    ]
    return {
        "sentence": f"{names[0]} left its training range in the week of 29 December 2025 and stays there: "
        "look at where it comes from before retraining.",
        "every": every,
        "asOf": START + n_windows * every,
        "windows": [_window(rng, i, int(rows[i]), features, n_windows, every) for i in range(n_windows)],
        "features": features,
        "timeToLabel": _labels_by_delay(),
        "maturity": 35 * DAY,
        "assumptions": ["Scores mean what they meant where windows are mature."],
        "limits": LIMITS,
        "triggers": _triggers(names[0], START + drift_from * every if drift_from < n_windows else None),
        "rows": {"total": int(rows.sum()), "replayable": True},
    }


def _feature(
    rng: np.random.Generator, name: str, rows: np.ndarray, drift_from: int, *, category: bool
) -> dict[str, Any]:
    if category:
        bins, share = ["north", "south", "east", "west", "missing"], np.array([0.4, 0.3, 0.2, 0.09, 0.01])
    else:
        edges = [f"{int(edge):,}" for edge in np.geomspace(900, 9_000, 11)]
        middle = [f"from {low} to {high}" for low, high in pairwise(edges)]
        bins = [f"below {edges[0]}", *middle, f"at least {edges[-1]}", "missing"]
        share = np.append(np.full(12, 0.0825), 0.01)
    reference = np.round(share * 40_000)
    windows, measured = [], []
    for i, n in enumerate(rows):
        tilt = 0.27 * (i - drift_from + 1) ** 0.15 if i >= drift_from else 0.0
        moved = share * np.exp(tilt * np.linspace(-2, 2, len(share)) ** 3 / 2)
        counts = rng.multinomial(n, moved / moved.sum())
        windows.append(counts.tolist())
        measured.append(psi(reference, counts))
    status = ["fail" if p > 0.25 else "warn" if p > 0.1 else "pass" for p in measured]
    return {
        "name": name,
        "kind": "category" if category else "number",
        "bins": bins,
        "reference": reference.astype(int).tolist(),
        "windows": windows,
        "psi": [round(p, 4) for p in measured],
        "noise": [round(len(share) / n, 4) for n in rows.tolist()],
        "status": status,
    }


def _window(
    rng: np.random.Generator, i: int, rows: int, features: list[dict[str, Any]], n_windows: int, every: int
) -> dict[str, Any]:
    by_psi = max((each for each in features if each["name"] != "score"), key=lambda each: each["psi"][i])
    age = n_windows - i
    coverage = float(1 - np.exp(-age / 2.2))
    kind = "labels" if age > 5 else "reweighted" if age > 2 else "estimated"
    half = 0.008 if kind == "labels" else 0.016 if kind == "reweighted" else 0.024
    auc = 0.842 + rng.normal(0, 0.004) - 0.05 * (by_psi["status"][i] == "fail")
    status = max((each["status"][i] for each in features), key=["pass", "warn", "fail"].index)
    said = {"pass": "Nothing moved beyond noise.", "warn": "Worth a look: "}.get(status, "Beyond the limit: ")
    return {
        "start": START + i * every,
        "end": START + (i + 1) * every,
        "rows": rows,
        "status": status,
        "mature": age > 5,
        "psi": by_psi["psi"][i],
        "mover": by_psi["name"],
        "psiScore": features[-1]["psi"][i],
        "coverage": round(coverage, 4),
        "auc": round(auc, 4),
        "aucLow": round(auc - half, 4),
        "aucHigh": round(auc + half, 4),
        "aucKind": kind,
        "words": said
        + ("" if status == "pass" else f"{by_psi['name']} is distributed otherwise than in training."),
    }


def _labels_by_delay() -> list[dict[str, float]]:
    days = [1 / 24, 0.25, 0.5, 1, 2, 3, 5, 7, 10, 14, 21, 28, 35, 45, 60]
    share = [0.94 * (1 - np.exp(-((d / 11) ** 1.2))) for d in days]
    return [
        {
            "delay": int(d * DAY),
            "share": round(s, 4),
            "low": round(s * 0.985, 4),
            "high": round(min(1, s * 1.013), 4),
        }
        for d, s in zip(days, share, strict=True)
    ]


def _triggers(name: str, since: int | None) -> list[dict[str, Any]]:
    fired = since is not None
    return [
        {
            "name": "Feature drift",
            "kind": "retrain",
            "fired": fired,
            "since": since,
            "measure": f"psi:{name}",
            "words": f"PSI of {name} above 0.25 in two windows running",
            "value": 0.48 if fired else 0.01,
            "limit": 0.25,
        },
        {
            "name": "AUC drop",
            "kind": "retrain",
            "fired": False,
            "since": None,
            "measure": "auc_drop",
            "words": "AUC of a mature window 0.05 below the baseline, beyond its interval",
            "value": 0.021,
            "limit": 0.05,
        },
        {
            "name": "Schema",
            "kind": "alert",
            "fired": False,
            "since": None,
            "measure": "schema_violations",
            "words": "any value that the schema forbids",
            "value": 0,
            "limit": 0,
        },
    ]


#: What the tests of the browser's half read: `python -m tests.browser.watch_fixture` writes it.
VECTOR = Path(__file__).parents[1] / "vectors" / "watch.json"
HOSTILE = (
    "<img src=x onerror=alert(1)>",
    "x" * 200,
    "שלום עולם",
    "🧨💥 émoji",
    "</script><script>alert(1)</script>",
)


def vectors() -> dict[str, Any]:
    """Return watches as they travel: a drift, a quiet year of days, and hostile names."""
    return {
        "drift": pack_watch(watch()),
        "days": pack_watch(watch(("age", "income"), 210, drift_from=210, every=DAY)),
        "hostile": pack_watch(watch(HOSTILE, 6, drift_from=4)),
    }


if __name__ == "__main__":
    VECTOR.write_text(
        json.dumps(vectors(), ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8"
    )
