"""Rows of a table elsewhere: those of some cells in a band, a feature of them, and samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.errors._rows import lead_names
from ladder_widgets.errors._scan_columns import exactly
from ladder_widgets.errors._scan_cube import Scan
from ladder_widgets.errors._scan_roles import scored
from ladder_widgets.errors.analysis import ErrorAnalysis
from ladder_widgets.labels import label_array
from ladder_widgets.table import Feature

__all__ = ["MAX_SAMPLE", "Values", "Wanted", "fetch", "sample_of", "values_of"]

#: Rows taken into memory for what needs rows there.
MAX_SAMPLE = 200_000
#: Multiples of this, modulo 2³², are evenly spread (Knuth, TAOCP 3, section 6.4: the golden ratio).
GOLDEN, MODULUS = 2654435769, 2**32


@dataclass(frozen=True)
class Wanted:
    """Rows of some cells.

    Attributes
    ----------
    cells : tuple of (actual, predicted)
        Codes.
    threshold : float or None
        On P(positive); None with more than two classes.
    band : (float, float) or None
        Of the confidence; None for all.
    """

    cells: tuple[tuple[int, int], ...]
    threshold: float | None
    band: tuple[float, float] | None


def _predicted(scan: Scan, rows: Any, threshold: float | None) -> Any:
    if threshold is None:
        return rows.predicted
    positive = scan.roles.positive
    return (rows.x >= exactly(threshold)).ifelse(positive, 1 - positive)


def _confidence(rows: Any, threshold: float | None) -> Any:
    return rows.x if threshold is None else (rows.x >= exactly(threshold)).ifelse(rows.x, 1.0 - rows.x)


def _inside(scan: Scan, rows: Any, wanted: Wanted) -> Any:
    """Return whether a row is wanted, as an expression."""
    import ibis

    predicted, inside = _predicted(scan, rows, wanted.threshold), ibis.literal(False)
    for actual in sorted({actual for actual, _ in wanted.cells} & set(scan.roles.values)):
        codes = [code for a, code in wanted.cells if a == actual]
        inside |= (rows.label == scan.roles.values[actual]) & predicted.isin(codes)
    if wanted.band is not None:
        low, high = wanted.band
        confidence = _confidence(rows, wanted.threshold)
        inside &= confidence >= exactly(low)
        if high < 1:
            inside &= confidence < exactly(high)
    return inside


def fetch(scan: Scan, wanted: Wanted, limit: int | None) -> tuple[pd.DataFrame, bool]:
    """Return wanted rows in the order of the table, and whether there are more than ``limit``."""
    roles, numbered = scan.roles, scan.source.numbered
    told = {roles.label} | (set(roles.scores) if roles.binary else set())
    own = [name for name in scan.source.columns if name not in told]
    rows = scored(scan.source, roles, own)
    rows = rows.filter(_inside(scan, rows, wanted))
    keys = [f"n{place}" for place in range(len(numbered))]
    rows = rows.order_by(keys) if keys else rows
    chosen = rows.select(
        *keys,
        "label",
        "x",
        *[f"k{place}" for place in range(len(own))],
        code=_predicted(scan, rows, wanted.threshold),
        confidence=_confidence(rows, wanted.threshold),
    )
    found = (chosen if limit is None else chosen.limit(limit + 1)).to_pyarrow().to_pandas()
    more = limit is not None and len(found) > limit
    return _frame(scan, found[:limit], own), more


def _frame(scan: Scan, found: pd.DataFrame, own: list[str]) -> pd.DataFrame:
    labels = label_array(scan.roles.classes)
    lead = {
        "actual": [labels[scan.roles.code(each)] for each in found["label"].tolist()],
        "predicted": labels[found["code"].to_numpy(dtype=int)],
        "score": found["x"],
        "confidence": found["confidence"],
    }
    names = lead_names(own)
    columns = {names[name]: np.asarray(values) for name, values in lead.items()}
    frame = pd.DataFrame(columns | {name: found[f"k{place}"].array for place, name in enumerate(own)})
    numbers = [found[f"n{place}"] for place in range(len(scan.source.numbered))]
    if len(numbers) == 1:
        frame.index = pd.Index(numbers[0].to_numpy(dtype=np.int64), name="row")
    elif numbers:
        frame.index = pd.MultiIndex.from_arrays(numbers, names=["file", "row"])
    return frame


def _sampled(scan: Scan, rows: Any, share: float) -> Any:
    """Keep about this share of rows: by the row's number where there is one."""
    if share >= 1:
        return rows
    numbered = scan.source.numbered
    if not numbered:
        return rows.sample(share, method="row", seed=0)
    spread = (rows[f"n{len(numbered) - 1}"].cast("int64") % MODULUS * GOLDEN) % MODULUS
    return rows.filter(spread < int(share * MODULUS))


def sample_of(scan: Scan, n_rows: int, threshold: float | None) -> ErrorAnalysis:
    """Read about ``n_rows`` rows into an analysis in memory."""
    roles = scan.roles
    rows = _sampled(scan, scored(scan.source, roles, roles.scores), n_rows / max(1, roles.n_rows))
    keys = [f"n{place}" for place in range(len(scan.source.numbered))]
    found = (rows.order_by(keys) if keys else rows).to_pyarrow().to_pandas()
    frame = pd.DataFrame({name: found[f"f{place}"].array for place, name in enumerate(roles.features)})
    if len(keys) == 1:
        frame.index = pd.Index(found["n0"].to_numpy(dtype=np.int64), name="row")
    elif keys:
        frame.index = pd.MultiIndex.from_arrays([found[key] for key in keys], names=["file", "row"])
    scores = found[[f"k{place}" for place in range(len(roles.scores))]].to_numpy(dtype=float)
    target = np.empty(len(found), dtype=object)
    target[:] = [roles.classes[roles.code(each)] for each in found["label"].tolist()]
    return ErrorAnalysis.from_predictions(
        target,
        scores[:, 0] if roles.binary else scores,
        frame if roles.features else None,
        classes=roles.classes,
        pos_label=roles.classes[roles.positive],
        threshold=0.5 if threshold is None else threshold,
        sample_weight=None if roles.weight is None else found["weight"].to_numpy(dtype=float),
    )


@dataclass(frozen=True, eq=False)
class Values:
    """A feature's values on two sides of a comparison.

    Attributes
    ----------
    feature : Feature
        Values of both.
    here, there : ndarray of int
        Positions among them.
    weights : ndarray or None
    notes : list of str
        What was sampled.
    """

    feature: Feature
    here: np.ndarray
    there: np.ndarray
    weights: np.ndarray | None
    notes: list[str]


def values_of(scan: Scan, feature: str, here: Wanted, there: Wanted) -> Values:
    """Read a feature's values on two sides; of more than ``MAX_SAMPLE`` rows, a sample."""
    key, weighted = f"f{scan.roles.features.index(feature)}", scan.roles.weight is not None
    side = _inside(scan, scan.rows, here)
    rows = scan.rows.mutate(here=side).filter(side | _inside(scan, scan.rows, there))
    total = int(rows.count().to_pyarrow().as_py())
    sampled = _sampled(scan, rows, MAX_SAMPLE / max(1, total))
    found = sampled.select(key, "here", *(["weight"] if weighted else [])).to_pyarrow().to_pandas()
    read, inside = len(found), found["here"].to_numpy(dtype=bool)
    return Values(
        feature=Feature(feature, feature, found[key]),
        here=np.flatnonzero(inside),
        there=np.flatnonzero(~inside),
        weights=found["weight"].to_numpy(dtype=float) if weighted else None,
        notes=[] if read == total else [f"Counted in a sample of {read:,} of {total:,} rows."],
    )
