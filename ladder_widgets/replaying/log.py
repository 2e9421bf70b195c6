"""A log scored once more: which rows the model answers otherwise, and what these share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.copies import copied
from ladder_widgets.finding import percent
from ladder_widgets.labels import plain
from ladder_widgets.monitor.log import Production, ProductionLog
from ladder_widgets.replaying.answer import classes_of_model, method_of
from ladder_widgets.replaying.artifact import load
from ladder_widgets.replaying.record import takes_names
from ladder_widgets.replaying.recorder import quietly
from ladder_widgets.replaying.shared import shared_conditions
from ladder_widgets.table import take
from ladder_widgets.validation import refuse, shown

__all__ = ["LogReplay", "replay_log"]

#: Rows that are scored alone at most, to find those that raise.
MAX_RAISING = 1_000


@dataclass(frozen=True, eq=False)
class LogReplay:
    """A log against the model's own answers.

    Attributes
    ----------
    n_rows : int
        Rows with a recorded score or label.
    rows : DataFrame
        Rows that differ: the log's columns, and ``replayed_score``, ``replayed_label``, ``difference``
        and ``error``. Its index is the user's own.
    shared : DataFrame
        What they have in common, the most telling first: see ``shared_conditions``.
    sampled : int or None
        Rows scored, where the log has more.
    """

    n_rows: int
    rows: pd.DataFrame
    shared: pd.DataFrame
    sampled: int | None

    def frame(self) -> pd.DataFrame:
        """Return the rows that differ."""
        return self.rows

    def __str__(self) -> str:
        told = [
            f"{len(self.rows):,} of {self.n_rows:,} rows are answered otherwise than production answered."
        ]
        if self.sampled is not None:
            told.append(f"A sample of {self.sampled:,} rows, evenly in the log, was scored.")
        raised = int((self.rows["error"] != "").sum()) if len(self.rows) else 0
        if raised:
            told.append(f"The model raises an error for {raised:,} of them.")
        told += [_sentence(each, len(self.rows)) for each in self.shared.itertuples()]
        if len(self.rows) and self.shared.empty:
            whole = len(self.rows) == self.n_rows
            told.append("Every row does." if whole else "They share nothing that the others do not have.")
        return "\n".join(told)


def _sentence(each: Any, total: int) -> str:
    of_all = "All" if each.differing == total else f"{each.differing:,} of {total:,}"
    rest = (
        "all such rows differ"
        if each.differing == each.rows
        else f"{percent(each.share_differing, 1)} of such rows differ"
    )
    return f"{of_all} have {each.shared}; {rest}."


def replay_log(
    model_or_path: Any,
    log: Any,
    *,
    trust: bool = False,
    threshold: float | None = None,
    tolerance: float = 1e-6,
    max_rows: int | None = 100_000,
) -> LogReplay:
    """Score a production log once more and tell which rows differ from what was recorded.

    Parameters
    ----------
    model_or_path : fitted estimator, str or path
    log : ProductionLog, or what one is made of
        With a recorded score, a recorded label (``prediction``), or both.
    trust : bool
        Whether the file of the model may run code: every pickle may.
    threshold : float, optional
        Decision threshold of production, where the model does not apply it itself.
    tolerance : float
        Largest difference of two scores that are the same.
    max_rows : int or None
        Rows scored at most, evenly in the log; None for all.

    Raises
    ------
    ValueError
        If the log records neither, lacks a column of the model, or the model cannot be loaded.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> X = pd.DataFrame({"age": np.arange(200.0), "region": ["north", "south"] * 100})
    >>> model = LogisticRegression().fit(X[["age"]], X["age"] > 100)
    >>> X["score"] = model.predict_proba(X[["age"]])[:, 1]
    >>> X.loc[X["region"] == "north", "score"] = 0.5
    >>> print(replay_log(model, X))
    100 of 200 rows are answered otherwise than production answered.
    All have region is north; all such rows differ.
    """
    loaded = load(model_or_path, trust)
    if loaded.failure is not None:
        raise refuse(
            "model_or_path", "a model that can be loaded", loaded.failure.text
        ) from loaded.failure.error
    model, method = loaded.model, method_of(loaded.model)
    if max_rows is not None and max_rows < 1:
        raise refuse("max_rows", "a number of at least 1, or None", shown(max_rows))
    given = log if isinstance(log, ProductionLog) else ProductionLog(log)
    wanted = [str(name) for name in getattr(model, "feature_names_in_", [])]
    production = given.bind(wanted)
    if not {"score", "prediction"} & set(production.roles):
        raise refuse(
            "log", "a production log with a recorded score or prediction", f"roles {shown(given.roles)}"
        )
    where = _sample(production.n_rows, max_rows)
    data = take(_features(production, wanted, model), where)
    scores, labels, errors = _answers(model, method, data, threshold)
    difference = _differences(production, where, scores, labels, errors, classes_of_model(model), tolerance)
    found = np.flatnonzero(difference["differs"])
    rows = given.table.frame(where[found])
    told = {"replayed_score": difference["score"], "replayed_label": labels, "difference": difference["gap"]}
    for name, values in (told | {"error": errors}).items():
        rows[name] = np.asarray(values, dtype=None if name in ("replayed_score", "difference") else object)[
            found
        ]
    names = _described(given, production)
    table = ProductionLog(given.table.frame(where)).table
    shared = shared_conditions(table, difference["differs"], names)
    n_rows = int(difference["recorded"].sum())
    return LogReplay(n_rows, rows, shared, len(where) if len(where) < production.n_rows else None)


def _sample(n_rows: int, max_rows: int | None) -> np.ndarray:
    if max_rows is None or n_rows <= max_rows:
        return np.arange(n_rows)
    return np.linspace(0, n_rows - 1, max_rows).round().astype(np.int64)


def _features(production: Production, wanted: list[str], model: Any) -> Any:
    if not wanted:
        data = production.table.data
        nameless = isinstance(data, pd.DataFrame) and not takes_names(model)
        return data.to_numpy() if nameless else data
    absent = [name for name in wanted if name not in production.table.names]
    if absent:
        raise refuse("log", "a log with every column of the model", f"none named {shown(absent[0])}")
    return production.select(wanted)


def _described(log: ProductionLog, production: Production) -> list[str]:
    """Columns that may say what rows share: all but what was answered and what became of it."""
    answers = [production.roles.get(role) for role in ("score", "prediction", "label", "label_timestamp")]
    taken: set[str] = set()
    for column in answers:
        if column is not None:
            taken.update(map(str, column.values()) if isinstance(column, dict) else [str(column)])
    return [name for name in log.table.names if name not in taken]


def _answers(
    model: Any, method: str, data: Any, threshold: float | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores (n, k), labels and errors of each row; rows that raise are found by halving."""
    n = len(data) if hasattr(data, "__len__") else data.shape[0]
    labels, errors = np.full(n, None, dtype=object), np.full(n, "", dtype=object)
    scores: dict[int, np.ndarray] = {}
    pending, alone = [np.arange(n)], 0
    while pending:
        part = pending.pop()
        try:
            raw, told = _ask(model, method, take(data, part))
        except Exception as error:  # the user's steps may raise anything
            if len(part) == 1 or alone > MAX_RAISING:
                alone += 1
                errors[part] = f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
            else:
                pending += [part[: len(part) // 2], part[len(part) // 2 :]]
            continue
        for place, row in enumerate(part):
            scores[int(row)] = raw[place]
        labels[part] = told
    width = max((len(each) for each in scores.values()), default=1)
    table = np.full((n, width), np.nan)
    for row, each in scores.items():
        table[row] = each
    classes = classes_of_model(model)
    if threshold is not None and len(classes) == 2:
        cut = np.where(table[:, -1] >= threshold, 1, 0)
        labels = np.array([classes[code] for code in cut], dtype=object)
    return table, labels, errors


def _ask(model: Any, method: str, data: Any) -> tuple[np.ndarray, np.ndarray]:
    with quietly():
        raw = np.asarray(getattr(model, method)(copied(data)))
        n = len(raw)
        if method == "predict":
            labels = raw.reshape(n, -1)[:, 0]
            scores = np.full((n, 1), np.nan)
        else:
            scores = raw.reshape(n, -1).astype(float)
            labels = np.full(n, None, dtype=object)
            if hasattr(model, "predict"):
                labels = np.asarray(model.predict(data)).reshape(n, -1)[:, 0]
    told = np.empty(n, dtype=object)
    told[:] = [plain(label) for label in labels]
    return scores, told


def _differences(
    production: Production,
    where: np.ndarray,
    scores: np.ndarray,
    labels: np.ndarray,
    errors: np.ndarray,
    classes: list[Any],
    tolerance: float,
) -> dict[str, np.ndarray]:
    """Whether each row differs, whether anything was recorded of it, its score and the largest gap."""
    best = scores[:, -1] if scores.shape[1] <= 2 else scores.max(axis=1)
    gaps = []
    if production.score is not None:
        gaps.append(np.abs(best - production.score[where]))
    for label, recorded in production.scores.items():
        code = [str(each) for each in classes].index(str(label)) if str(label) in map(str, classes) else None
        if code is not None and code < scores.shape[1]:
            gaps.append(np.abs(scores[:, code] - recorded[where]))
    gap = np.full(len(where), np.nan)
    for each in gaps:
        gap = np.fmax(gap, each)
    differs, recorded_rows = np.nan_to_num(gap) > tolerance, _recorded(production, where)
    prediction = production.column("prediction")
    if prediction is not None:
        told = prediction.iloc[where]
        other = np.array([_text(a) != _text(b) for a, b in zip(told, labels, strict=True)])
        differs |= other & told.notna().to_numpy()
    differs |= errors != ""
    return {"differs": differs & recorded_rows, "recorded": recorded_rows, "score": best, "gap": gap}


def _recorded(production: Production, where: np.ndarray) -> np.ndarray:
    """Rows of which a score or a label was recorded."""
    told = np.zeros(len(where), dtype=bool)
    for values in (production.score, *production.scores.values()):
        if values is not None:
            told |= np.isfinite(values[where])
    prediction = production.column("prediction")
    return told if prediction is None else told | prediction.iloc[where].notna().to_numpy()


def _text(value: Any) -> str:
    """A label as it is written: 1 for 1.0, as a column with gaps has floats."""
    value = plain(value)
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
