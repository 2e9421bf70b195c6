"""Scores and gaps with intervals, from folds or from one validation set."""

from __future__ import annotations

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.metrics import NAMES, evaluate
from ladder_widgets.rungs.folds import auc_standard_error, deciding
from ladder_widgets.rungs.reference import ReferenceResult
from ladder_widgets.rungs.rung import Estimate, Gap, Score
from ladder_widgets.shared import Shared
from ladder_widgets.stats import Interval, delong, fold_interval
from ladder_widgets.threads import quiet

__all__ = ["auc_gap_on_rows", "fold_gap", "model_score", "reference_score"]

RESAMPLES = 60
RESAMPLED_ROWS = 4000


def reference_score(shared: Shared, result: ReferenceResult) -> Score:
    """Return mean ± standard deviation over the folds, with the interval of a resampled t."""
    case, folds = shared.case, shared.folds
    metrics = {}
    for name in NAMES:
        values = result.fold_values(name)
        values = values[~np.isnan(values)]
        if not len(values):
            continue
        interval = fold_interval(values)
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
        metrics[name] = Estimate(interval.mean, spread, interval.low, interval.high)
    rows, split = len(folds.rows), "training" if case.train is not None else "validation"
    sample = ""
    if folds.sampled:
        sample = f" (a stratified sample of {folds.sampled_from:,}{_error(shared, metrics)})"
    how = f"{len(folds.pairs)} folds of {rows:,} {split} rows{sample}"
    reference = result.reference
    if reference.most_rows is not None and reference.most_rows < max(len(train) for train, _ in folds.pairs):
        how += f", fitted on {reference.most_rows:,} of them at a time, the rarer classes first"
    if reference.screened:
        how += (
            f", on the {reference.screened} of {len(shared.design.sources):,} columns that tell most about "
            "the label, chosen within each fold"
        )
    return Score(reference.label, reference.description, how, rows, len(folds.pairs), metrics)


def _error(shared: Shared, metrics: dict[str, Estimate]) -> str:
    """What the sample leaves open."""
    if "roc_auc" not in metrics:
        return ""
    counts = np.bincount(shared.y)
    own = deciding(counts[counts > 0])
    error = auc_standard_error(own, len(shared.y) - own, metrics["roc_auc"].mean)
    return f"; standard error of its AUC {error:.4f}"


def fold_gap(shared: Shared, number: int, against: int, metric: str = "roc_auc") -> Gap:
    """Difference of two references, paired fold by fold."""
    upper, lower = shared.result(number), shared.result(against)
    values = upper.fold_values(metric) - lower.fold_values(metric)
    values = values[~np.isnan(values)]
    interval = fold_interval(values) if len(values) else Interval(0.0, float("-inf"), float("inf"))
    return Gap(against, lower.reference.label, metric, interval)


def model_score(case: Case) -> Score:
    """Score the user's model on the validation rows; intervals by bootstrap over rows."""
    y, answer = case.y(case.val), case.scores()
    predicted = case.predicted()
    point = evaluate(y, answer.proba, predicted, case.positive, answer.probabilities)

    def resample(rows: np.ndarray) -> list[float]:
        part = evaluate(y[rows], answer.proba[rows], predicted[rows], case.positive, answer.probabilities)
        return [part[name] for name in NAMES]

    spread = _bootstrap(y, resample, case.random_state)
    metrics = {
        name: Estimate(point[name], float(s), float(point[name] - 1.96 * s), float(point[name] + 1.96 * s))
        for name, s in zip(NAMES, spread, strict=True)
        if not np.isnan(point[name])
    }
    how = f"{len(y):,} validation rows"
    return Score("Your model", case.model_name, how, len(y), 1, metrics)


def auc_gap_on_rows(shared: Shared, number: int) -> Gap:
    """AUC of the user's model minus that of a reference, on the same validation rows.

    Two classes: DeLong's paired interval; more: one-vs-rest means, paired bootstrap over rows.
    """
    case = shared.case
    rows, theirs = shared.on_validation(number)
    y, ours = case.y(case.val)[rows], case.scores().proba[rows]
    label = shared.reference(number).label
    if case.binary:
        positive = case.positive
        interval, _ = delong(y == positive, ours[:, positive], theirs[:, positive])
        return Gap(number, label, "roc_auc", interval)

    def auc(proba: np.ndarray, part: np.ndarray) -> float:
        return evaluate(y[part], proba[part], y[part], case.positive, False)["roc_auc"]

    every = np.arange(len(y))
    point = auc(ours, every) - auc(theirs, every)
    spread = _bootstrap(y, lambda part: [auc(ours, part) - auc(theirs, part)], case.random_state)[0]
    return Gap(number, label, "roc_auc", Interval(point, point - 1.96 * spread, point + 1.96 * spread))


def _bootstrap(y: np.ndarray, statistic: object, random_state: int) -> np.ndarray:
    """Standard errors of statistics, by an m-out-of-n bootstrap.

    Resamples of at most 4,000 rows, their spread scaled by √(m/n): as good for a standard error
    and flat in the number of rows (Bickel, Götze & van Zwet, Statistica Sinica 7, 1997).
    """
    rng = np.random.default_rng(random_state)
    size = min(len(y), RESAMPLED_ROWS)
    draws = [statistic(rng.integers(0, len(y), size)) for _ in range(RESAMPLES)]  # type: ignore[operator]
    with quiet():  # a metric that needs probabilities has no value in any resample of mere labels
        return np.asarray(np.nanstd(np.array(draws), axis=0, ddof=1) * np.sqrt(size / len(y)))
