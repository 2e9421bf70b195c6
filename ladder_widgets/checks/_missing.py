"""Whether the model copes with what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.case import Case, Split
from ladder_widgets.checks import _probe
from ladder_widgets.checks._pipeline import dropped_columns, walk
from ladder_widgets.checks._sentinels import Sentinel, numeric_sentinels, text_sentinels
from ladder_widgets.scores import ModelFailure
from ladder_widgets.table import Feature, take

__all__ = ["Gap", "Refusal", "details", "find_gaps", "find_sentinels", "refusal", "unhandled"]


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing and infinite values of one column in one split."""

    split: str
    column: str
    feature: Feature

    @property
    def missing(self) -> np.ndarray:
        """Rows without a value, worked out anew: those of all columns are as large as the table."""
        return self.feature.missing

    @property
    def infinite(self) -> np.ndarray:
        """Rows with an infinite one."""
        return _infinite(self.feature)

    @property
    def rows(self) -> np.ndarray:
        """Rows with either."""
        return self.missing | self.infinite


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows with gaps that the model cannot score although it scores complete rows."""

    split: str
    columns: tuple[str, ...]
    rows: int
    message: str


def details(found: list[Sentinel], infinite: list[str], refusals: list[Refusal]) -> dict[str, Any]:
    """Return what a remedy needs: the stand-ins by column, and the columns infinite or refused."""
    stand_ins: dict[str, list[Any]] = {}
    for one in found:
        stand_ins.setdefault(one.column, []).append(one.value)
    refused = sorted({column for refusal in refusals for column in refusal.columns})
    return {"stand_ins": stand_ins, "infinite": infinite, "refused": refused}


def find_gaps(split: Split) -> list[Gap]:
    """Return the columns of a split that hold NaN, None or infinity."""
    gaps = []
    for feature in split.table.features():
        gap = Gap(split.name, feature.name, feature)
        if gap.rows.any():
            gaps.append(gap)
    return gaps


def _infinite(feature: Feature) -> np.ndarray:
    if feature.kind != "number":
        return np.zeros(len(feature.series), dtype=bool)
    return np.isinf(feature.numbers())


def refusal(case: Case, split: Split, gaps: list[Gap]) -> Refusal | None:
    """Try the model on rows with gaps; None if it scores them, or fails for another reason."""
    if not gaps:
        return None
    broken = _either(gaps, split.n_rows)
    rows = np.flatnonzero(broken)
    failure = _failure(case, split, rows)
    if failure is None:
        return None
    whole = np.flatnonzero(~broken)
    if whole.size and _failure(case, split, whole) is not None:
        return None  # it fails on complete rows too: something else is wrong
    if not whole.size and not _speaks_of_gaps(failure):
        return None
    blamed = tuple(gap.column for gap in gaps if _is_refused(case, split, gap, gaps))
    return Refusal(split.name, blamed or tuple(gap.column for gap in gaps), len(rows), str(failure))


def _failure(case: Case, split: Split, rows: np.ndarray) -> ModelFailure | None:
    sample = _probe.some(rows, _probe.PROBE_ROWS, case.random_state)
    answer = _probe.score(case, take(split.table.data, sample))
    return answer if isinstance(answer, ModelFailure) else None


def _speaks_of_gaps(failure: ModelFailure) -> bool:
    text = str(failure).lower()
    return any(word in text for word in ("nan", "missing", "infinity", "inf ", "null", "none"))


def _either(gaps: list[Gap], n_rows: int) -> np.ndarray:
    """Rows that are in one of the gaps."""
    found = np.zeros(n_rows, dtype=bool)
    for gap in gaps:
        found |= gap.rows
    return found


def _is_refused(case: Case, split: Split, gap: Gap, gaps: list[Gap]) -> bool:
    """Whether rows whose only gap is in this column are refused; True if there are none to tell."""
    alone = gap.rows & ~_either([other for other in gaps if other is not gap], split.n_rows)
    rows = np.flatnonzero(alone)
    return not rows.size or _failure(case, split, rows) is not None


def find_sentinels(case: Case) -> list[Sentinel]:
    """Return stand-ins in the columns of all splits together."""
    found: list[Sentinel] = []
    for name in case.val.table.names:
        parts = [s.table.feature(name) for s in case.splits if name in s.table.names]
        kinds = {part.kind for part in parts}
        if kinds == {"number"}:
            found += numeric_sentinels(name, np.concatenate([part.numbers() for part in parts]))
        elif kinds == {"category"}:
            found += text_sentinels(parts)
    return found


def unhandled(case: Case, found: list[Sentinel]) -> list[Sentinel]:
    """Leave out the stand-ins that the model treats as missing, or whose column it drops."""
    if not found:
        return found
    names = case.val.table.names
    told = _told(case, names)
    dropped = dropped_columns(case.model, names)
    return [
        one
        for one in found
        if one.column not in dropped
        and not any(_same(one.value, value) for value in told.get(one.column, []))
        and not _reads_as_missing(case, one)
    ]


def _told(case: Case, names: list[str]) -> dict[str, list[Any]]:
    """``missing_values`` of the imputers that each column meets."""
    told: dict[str, list[Any]] = {}
    for step in walk(case.model, names):
        if hasattr(step.estimator, "missing_values"):
            for name in step.columns if step.columns is not None else names:
                told.setdefault(name, []).append(step.estimator.missing_values)
    return told


def _same(value: Any, told: Any) -> bool:
    if isinstance(value, str) or isinstance(told, str) or told is None or told is pd.NA:
        return bool(value is told or (isinstance(told, str) and value == told))
    return bool(np.isclose(value, told))


def _reads_as_missing(case: Case, one: Sentinel) -> bool:
    """Whether the model scores the stand-in exactly as NaN, and a value beside it in another way."""
    split = next((s for s in case.splits if _holds(s.table.feature(one.column), one.value).any()), None)
    if split is None or _fills_with(case, one.value):
        return False
    feature = split.table.feature(one.column)
    rows = _probe.some(np.flatnonzero(_holds(feature, one.value)), _probe.PROBE_ROWS, case.random_state)
    position = split.table.names.index(one.column)
    data = take(split.table.data, rows)
    beside = f"{one.value}§" if isinstance(one.value, str) else one.value * 0.9
    answers = [_probe.score(case, data)]
    for values in (_blank(feature, len(rows)), _constant(beside, len(rows))):
        version = _probe.replaced(data, feature, position, values)
        if version is None:
            return False
        answers.append(_probe.score(case, version))
    as_is, as_blank, as_beside = answers
    if isinstance(as_is, ModelFailure) or isinstance(as_blank, ModelFailure):
        return False
    if not np.array_equal(as_is.proba, as_blank.proba):
        return False
    return isinstance(as_beside, ModelFailure) or not np.array_equal(as_is.proba, as_beside.proba)


def _fills_with(case: Case, value: Any) -> bool:
    """Whether an imputer took the stand-in for the commonest value and fills gaps with it."""
    fills = [getattr(step.estimator, "statistics_", ()) for step in walk(case.model, case.val.table.names)]
    return any(
        type(value) is type(fill) and value == fill for part in fills for fill in np.asarray(part).tolist()
    )


def _holds(feature: Feature, value: Any) -> np.ndarray:
    if isinstance(value, str):
        codes, levels = feature.codes()
        return (
            np.asarray(codes == levels.index(value)) if value in levels else np.zeros(len(codes), dtype=bool)
        )
    return np.asarray(feature.numbers() == value)


def _blank(feature: Feature, n_rows: int) -> Any:
    series = feature.series.iloc[:n_rows].reset_index(drop=True)
    if feature.kind == "category":
        return series.where(np.zeros(len(series), dtype=bool)).array
    return np.full(n_rows, np.nan)


def _constant(value: Any, n_rows: int) -> Any:
    return np.full(n_rows, value, dtype=object if isinstance(value, str) else float)
