"""What moved between training and production: columns, scores, labels, and all columns jointly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from ladder_widgets.case import Case
from ladder_widgets.checks._serving import ServedColumn, Serving
from ladder_widgets.labels import plain
from ladder_widgets.monitor.drift import Shift, codes_of, column_psi, ks, number_counts, psi
from ladder_widgets.scores import ModelFailure
from ladder_widgets.stats import Interval, benjamini_hochberg, delong
from ladder_widgets.threads import sized_threads

__all__ = ["Moved", "columns_moved", "joint", "labels_moved", "scores_moved"]

#: Stability index, with its noise taken off, from which a column has moved; from which it decides.
PSI_WARN, PSI_FAIL = 0.075, 0.25
#: Index, and distance, that a shift spread over the whole range of a column needs at least.
PSI_SPREAD, KS_SPREAD = 0.06, 0.11
#: Rate of false discoveries among the columns; chance of calling steady scores or labels moved.
FALSE_RATE, P_VALUE = 0.001, 0.001
#: AUC of telling production rows from training rows: as large as a shift of one column that fails.
AUC_WARN, AUC_LOW, AUC_FAIL = 0.65, 0.6, 0.8
#: Rows of either side for that classifier, and its columns.
JOINT_ROWS, JOINT_COLUMNS = 2_000, 60
#: Rows scored.
SCORED_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Moved:
    """A column, the scores or the labels, before and after."""

    name: str
    shift: Shift
    distance: float | None
    before: str
    after: str
    moved: bool

    @property
    def fails(self) -> bool:
        """Whether the shift is one to act on."""
        return self.moved and self.shift.value >= PSI_FAIL


def columns_moved(pairs: list[ServedColumn]) -> list[Moved]:
    """Compare each column; which ones moved is decided for all of them together."""
    shifts = [column_psi(pair.trained, pair.served) for pair in pairs]
    tests = [ks(pair.sorted_before, pair.sorted_after) if pair.numeric else (None, 1.0) for pair in pairs]
    real = benjamini_hochberg(np.array([shift.p_value for shift in shifts]), FALSE_RATE)
    return [
        Moved(pair.name, shift, test[0], *_middles(pair), bool(found) and _large(shift, test[0]))
        for pair, shift, test, found in zip(pairs, shifts, tests, real, strict=True)
    ]


def _large(shift: Shift, distance: float | None) -> bool:
    spread = distance is not None and distance >= KS_SPREAD and shift.value >= PSI_SPREAD
    return shift.value >= PSI_WARN or spread


def _middles(pair: ServedColumn) -> tuple[str, str]:
    if pair.numeric:
        return _median(pair.sorted_before), _median(pair.sorted_after)
    codes, levels = pair.trained.codes()
    first = np.bincount(codes[codes >= 0], minlength=len(levels)) / max(1, len(codes))
    own = codes_of(pair.served, levels)
    second = np.bincount(own[own >= 0], minlength=len(levels)) / max(1, len(own))
    if not len(levels):
        return "", ""
    level = int(np.argmax(np.abs(first - second)))
    return f"{levels[level][:40]}: {first[level]:.1%}", f"{levels[level][:40]}: {second[level]:.1%}"


def _median(values: np.ndarray) -> str:
    return f"median {np.median(values):.4g}" if len(values) else "no values"


def scores_moved(case: Case, side: Serving) -> Moved | None:
    """Compare the model's scores on the log with those on validation rows; recorded ones where it fails."""
    known = case.try_scores()
    if known is None:
        return None
    rows = None
    if side.n_rows > SCORED_ROWS:
        rng = np.random.default_rng(case.random_state)
        rows = np.sort(rng.choice(side.n_rows, SCORED_ROWS, replace=False))
    answer = side.scores(rows)
    if isinstance(answer, ModelFailure):
        return None
    found = []
    for code in [case.positive] if case.binary else range(len(case.classes)):
        before, after = np.sort(known.positive(code)), np.sort(answer.positive(code))
        shift = psi(*number_counts(before, after))
        distance, _ = ks(before, after)
        name = "the score" if case.binary else f"the score of {case.class_names[code]}"
        real = shift.p_value < P_VALUE / (1 if case.binary else len(case.classes))
        found.append(
            Moved(name, shift, distance, _median(before), _median(after), real and _large(shift, distance))
        )
    return max(found, key=lambda one: (one.moved, one.shift.value))


def labels_moved(case: Case, side: Serving) -> Moved | None:
    """Compare the classes' shares in the log with training's, whatever the labels still missing will be.

    Rows too new for most of their labels to be in are left out.
    """
    recorded = side.log.column("label")
    if recorded is None or case.target_problem is not None:
        return None
    keep = _mature(side)
    place = {label: code for code, label in enumerate(case.classes)}
    text = {str(label): code for label, code in place.items()}
    values = [plain(value) for value in recorded[keep]]
    codes = np.array([-1 if pd.isna(v) else place.get(v, text.get(str(v), -2)) for v in values], dtype=int)
    missing, strange = int((codes == -1).sum()), int((codes == -2).sum())
    reference = case.y(case.reference)
    first = np.bincount(reference[reference >= 0], minlength=len(place)).astype(float)
    second = np.bincount(codes[codes >= 0], minlength=len(place)).astype(float)
    if len(codes) < 100 or strange or second.sum() < 100 or missing > 0.5 * len(codes):
        return None
    # The labels that are not in are given to the classes that lack most: the mildest reading.
    lacking = np.maximum(first / first.sum() * len(codes) - second, 0)
    mildest = second + (missing * lacking / lacking.sum() if lacking.sum() else 0)
    shift = psi(first, mildest)
    level = int(np.argmax(np.abs(first / first.sum() - mildest / mildest.sum())))
    before, after = (f"{case.class_names[level][:40]}: {c[level] / c.sum():.1%}" for c in (first, second))
    # Training rows may have been resampled: then validation is what production should look like.
    held_out = case.y(case.val)
    natural = np.bincount(held_out[held_out >= 0], minlength=len(place)).astype(float)
    moved = (
        shift.p_value < P_VALUE and shift.value >= PSI_WARN and psi(natural, mildest).value >= PSI_WARN / 2
    )
    return Moved("the label", shift, None, before, after, moved)


def _mature(side: Serving) -> np.ndarray:
    """Rows old enough for their label to be in, by the delays of those that are."""
    asked, arrived = side.log.timestamp, side.log.label_timestamp
    every = np.ones(side.n_rows, dtype=bool)
    if asked is None or arrived is None:
        return every
    delay = (arrived - asked).astype("timedelta64[ms]").astype(float)
    delay = delay[~np.isnat(arrived) & ~np.isnat(asked)]
    if not len(delay):
        return every
    newest = np.nanmax(asked[~np.isnat(asked)].astype("int64")) if (~np.isnat(asked)).any() else 0
    return np.asarray(asked.astype("int64") <= newest - np.quantile(delay, 0.95))


def joint(pairs: list[ServedColumn], seed: int) -> Interval | None:
    """AUC of telling production rows from training rows by all columns together, out of fold.

    None without two columns, or with too few rows.
    """
    pairs = [pair for pair in pairs if pair.numeric or pair.words][:JOINT_COLUMNS]
    if len(pairs) < 2:
        return None
    rng = np.random.default_rng(seed)
    sides = [_matrix(pairs, side, rng) for side in ("trained", "served")]
    n_rows = min(map(len, sides))
    if n_rows < 200:
        return None
    matrix = np.vstack([side[:n_rows] for side in sides])
    served = np.repeat([False, True], n_rows)
    fold = np.concatenate([rng.permutation(n_rows) % 3 for _ in sides])
    categorical = [place for place, pair in enumerate(pairs) if pair.words]
    score = np.zeros(len(matrix))
    for k in range(3):
        model = HistGradientBoostingClassifier(
            max_iter=25,
            max_leaf_nodes=8,
            learning_rate=0.2,
            max_bins=32,
            min_samples_leaf=30,
            categorical_features=categorical,
            early_stopping=False,
            random_state=seed,
        )
        with sized_threads(len(matrix)):
            model.fit(matrix[fold != k], served[fold != k])
            score[fold == k] = model.predict_proba(matrix[fold == k])[:, 1]
    return delong(served, score)[0]


def _matrix(pairs: list[ServedColumn], side: str, rng: np.random.Generator) -> np.ndarray:
    feature = getattr(pairs[0], side)
    n_rows = len(feature.series)
    rows = np.sort(rng.permutation(n_rows)[:JOINT_ROWS])
    columns = []
    for pair in pairs:
        own = getattr(pair, side)
        if pair.words:
            levels = _common(pair)
            codes = codes_of(own, levels)[rows].astype(float)
            columns.append(np.where(codes == -1, np.nan, np.where(codes == -2, float(len(levels)), codes)))
        else:
            values = own.numbers()[rows].astype(np.float32)
            columns.append(np.where(np.isfinite(values), values, np.nan))
    matrix = np.column_stack(columns)
    return matrix[rng.permutation(len(matrix))]


def _common(pair: ServedColumn) -> list[str]:
    """The thirty commonest levels of training."""
    codes, levels = pair.trained.codes()
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    return [levels[level] for level in np.argsort(-counts, kind="stable")[:30]]
