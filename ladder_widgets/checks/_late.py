"""The verdict on late labels: whether those that have arrived are like those still to come."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ladder_widgets.case import Case
from ladder_widgets.checks._late_words import SCORE, Late, fix_for, probabilities, summary_of, windows_table
from ladder_widgets.checks._replay import evenly, replay
from ladder_widgets.checks.base import NotChecked, Outcome
from ladder_widgets.finding import Evidence, Status, evidence, percent
from ladder_widgets.monitor.delays import ClassDelay, class_delays
from ladder_widgets.monitor.feed import Stop, stops
from ladder_widgets.monitor.representative import Gap, score_gaps, segment_gaps
from ladder_widgets.monitor.truth import Truth, label_codes, windows
from ladder_widgets.scores import ModelFailure

__all__ = ["judge"]

#: Rows looked at, evenly in time.
MAX_ROWS = 10_000
#: Chance up to which a difference is none, for delays, scores and (all columns together) segments.
P_DELAY, P_SCORE, P_SEGMENT = 0.004, 0.003, 0.0005
#: How many times longer one class must wait for its label: worth a look, and changing decisions.
RATIO_WARN, RATIO_FAIL = 1.4, 3.0
#: Points of coverage that must lie between rows of the same days.
GAP_WARN, GAP_FAIL = 0.08, 0.3
#: Rows, and share of the log, on the days that are compared.
GAP_ROWS, GAP_SHARE = 40, 0.05
#: Share of the log without the labels due that changes decisions.
STOP_FAIL = 0.3
#: Surplus of a class, from windows with all labels to windows with none, and its standard errors; labels
#: needed in all, and in windows where most are missing.
EARLY_SLOPE, EARLY_Z = 0.12, 4.0
EARLY_LABELS, EARLY_FEW = 80, 10
#: Labels of a single class, and the chance of that by the shares in training, that are too one-sided.
ONE_SIDED, P_ONE_SIDED = 20, 1e-4
#: Share of unlabelled rows below which nothing is late.
LATE = 0.002


@dataclass(frozen=True, eq=False)
class Bias:
    """One way in which the labels that have arrived are not typical."""

    kind: str
    serious: bool
    words: str
    table: Evidence | None = None


def judge(case: Case) -> Outcome:
    """Compare labelled with unlabelled rows, quick with slow labels, and windows with each other."""
    late = _late(case)
    truth = late.truth
    cut = windows(truth)
    table = windows_table(case, late, cut)
    if 1 - truth.coverage <= LATE:
        return Outcome(Status.PASS, f"All {len(truth.codes)} rows have their label.", (table,))
    found = [*_one_sided(case, late), *_delays(case, late), *_scores(late)]
    found += [*_stops(late, stops(truth, cut)), *_segments(case, late)]
    if not found:
        found += _early(case, late)
    if not found:
        return Outcome(Status.PASS, summary_of(case, late, cut), (table,))
    status = Status.FAIL if any(one.serious for one in found) else Status.WARN
    text = f"{percent(truth.coverage)} of {len(truth.codes)} rows have a label. " + " ".join(
        one.words for one in found[:2]
    )
    tables = [table, *(one.table for one in found if one.table is not None)]
    return Outcome(status, text, tuple(tables), fix_for(case, found[0].kind))


def _late(case: Case) -> Late:
    production = case.production
    assert production is not None
    logged = production.column("label")
    if logged is None:
        raise NotChecked("Needs the labels that have arrived so far in the log (label=).")
    codes, ours = _codes(logged, case)
    if not (codes >= 0).any():
        raise NotChecked("Needs labels in the log: none of the model's classes has arrived yet.")
    stamps = production.timestamp
    dated = (
        np.arange(len(codes))
        if stamps is None or np.isnat(stamps).all()
        else np.flatnonzero(~np.isnat(stamps))
    )
    rows = np.sort(evenly(dated, stamps, MAX_ROWS))
    truth = Truth.of(codes, production.timestamp, production.label_timestamp)
    return _with_scores(case, truth, rows, ours)


def _codes(logged: pd.Series, case: Case) -> tuple[np.ndarray, bool]:
    """Codes, and whether they are those of the model: other labels still arrive sooner or later."""
    codes = label_codes(logged, case.classes)
    if (codes >= 0).any():
        return codes, True
    other, levels = pd.factorize(logged.map(str, na_action="ignore"), sort=True)
    if len(levels) == len(case.classes) and list(levels) == [str(k) for k in range(len(levels))]:
        return np.asarray(other, dtype=np.int64), True
    few = 2 <= len(levels) <= max(10, len(case.classes))
    return (np.asarray(other, dtype=np.int64) if few else codes), False


def _with_scores(case: Case, truth: Truth, rows: np.ndarray, ours: bool) -> Late:
    """Take recorded scores where there are any, else replay some of the rows."""
    production = case.production
    assert production is not None
    stamps = production.timestamp
    first = None if stamps is None or np.isnat(stamps).all() else np.nanmin(stamps)
    recorded = None if production.score is None or not case.binary else production.score[rows]
    if recorded is not None and np.mean((recorded >= 0) & (recorded <= 1)) > 0.9:
        predicted = production.column("prediction")
        decided = None if predicted is None else label_codes(predicted, case.classes)[rows] == case.positive
        return Late(truth.take(rows), rows, {SCORE: recorded}, decided, True, ours, first)
    thinned = evenly(rows, production.timestamp)
    try:
        again = replay(case, np.sort(thinned))
    except (ModelFailure, NotChecked):
        return Late(truth.take(rows), rows, {}, None, False, ours, first)
    proba = again.answer.proba
    if case.binary:
        scores = {SCORE: proba[:, case.positive]}
        decided = again.answer.predicted == case.positive
    else:
        scores = {f"P(class {name})": proba[:, code] for code, name in enumerate(case.class_names)}
        scores["a confidence"] = again.answer.confidence
        decided = None
    return Late(truth.take(again.rows), again.rows, scores, decided, False, ours, first)


def _one_sided(case: Case, late: Late) -> list[Bias]:
    """All labels that have arrived are of one class, which their number alone cannot explain."""
    codes = late.truth.codes[late.truth.labelled]
    if (
        not late.ours
        or len(codes) < ONE_SIDED
        or len(np.unique(codes)) > 1
        or case.target_problem is not None
    ):
        return []
    share = float(np.mean(case.y(case.reference) == codes[0]))
    if share ** len(codes) >= P_ONE_SIDED:
        return []
    words = (
        f"All {len(codes)} of them are {case.class_names[codes[0]]!r}, which {percent(share)} of the "
        f"{case.reference.name} rows are: the other labels do not arrive."
    )
    return [Bias("selection", True, words)]


def _delays(case: Case, late: Late) -> list[Bias]:
    found = [d for d in class_delays(late.truth) if d.p < P_DELAY and d.ratio >= RATIO_WARN]
    if not found:
        return []
    worst = found[0]
    name = case.class_names[worst.code] if late.ours else str(worst.code)
    words = (
        f"Labels {name!r} take {worst.median:.3g} days in the median, the others {worst.others:.3g}: rows "
        f"{'as new as the quicker ones' if worst.ratio >= RATIO_FAIL else 'not yet mature'} show too many of "
        f"{'them' if worst.median < worst.others else 'the others'}."
    )
    return [Bias("delay", worst.ratio >= RATIO_FAIL, words, _delay_table(case, late, found))]


def _delay_table(case: Case, late: Late, found: list[ClassDelay]) -> Evidence:
    rows = [
        (case.class_names[d.code] if late.ours else str(d.code), d.labels, d.median, d.others, d.z)
        for d in found
    ]
    return evidence(
        "Days to the label, by class",
        {"class": "text", "labels": "integer", "median": "number", "others": "number", "logrank z": "number"},
        rows,
    )


def _scores(late: Late) -> list[Bias]:
    gaps = [
        gap
        for words, score in late.scores.items()
        for gap in score_gaps(late.truth, score, late.decided, words)
    ]
    family = max(1, len(late.scores))
    return _gap_bias(gaps, P_SCORE / family, len(late.rows), "Labelled rows by score, same days")


def _segments(case: Case, late: Late) -> list[Bias]:
    assert case.production is not None
    gaps = segment_gaps(late.truth, case.production.table.features(), late.rows)
    return _gap_bias(gaps, P_SEGMENT, len(late.rows), "Labelled rows by segment, same days")


def _gap_bias(gaps: list[Gap], limit: float, n_rows: int, caption: str) -> list[Bias]:
    least = max(GAP_ROWS, GAP_SHARE * n_rows)
    sure = [gap for gap in gaps if gap.p < limit and abs(gap.points) >= GAP_WARN and gap.rows >= least]
    if not sure:
        return []
    worst = min(sure, key=lambda gap: gap.p)
    words = (
        f"Rows with {worst.words} have a label in {percent(worst.inside)} of the cases, other rows of the "
        f"same days in {percent(worst.outside)}: the labelled ones are not typical."
    )
    rows = [(g.words, g.rows, g.inside, g.outside, g.z) for g in sorted(sure, key=lambda g: g.p)]
    heads = {
        "rows with": "code",
        "rows compared": "integer",
        "labelled": "percent",
        "others": "percent",
        "z": "number",
    }
    table = evidence(caption, heads, rows)  # type: ignore[arg-type]
    return [Bias("selection", abs(worst.points) >= GAP_FAIL, words, table)]


def _stops(late: Late, found: list[Stop]) -> list[Bias]:
    biases = []
    for stop in found:
        since = "" if np.isnan(stop.start) else f" from {late.day(stop.start)} to {late.day(stop.end)}"
        words = {
            "hole": f"Only {percent(stop.coverage)} of the rows{since} have one, against "
            f"{percent(stop.usual)} of others as old or newer: labels are missing there.",
            "pause": f"None has arrived{since}, though about {percent(stop.share)} of the log's rows should "
            "have received theirs: the feed has stopped.",
            "silence": f"Hardly any row{since} has one, {percent(stop.share)} of the log: whatever is "
            "measured is measured on old rows.",
        }[stop.kind]
        biases.append(Bias("stop", stop.kind != "silence" and stop.share >= STOP_FAIL, words))
    return biases


def _early(case: Case, late: Late) -> list[Bias]:
    """Look for a class that is too common where few labels have come; for logs without times of arrival.

    The surplus of a class over what the scores of the labelled rows promise is set against the share
    of labels missing in their window (least squares). A season moves scores and labels alike; a class
    that is reported sooner has a surplus that grows the fewer labels there are.
    """
    truth = late.truth
    if truth.arrived is not None or not late.ours:
        return []
    cut = windows(truth)
    best = max(window.coverage for window in cut)
    missing = np.zeros(len(truth.codes))
    for window in cut:
        missing[window.rows] = 1 - window.coverage / best
    known = truth.labelled
    spread = missing[known] - missing[known].mean()
    if known.sum() < EARLY_LABELS or (missing[known] > 0.5).sum() < EARLY_FEW or not spread.any():
        return []
    for code, chance in probabilities(case, late).items():
        surplus = (truth.codes == code)[known] - chance[known]
        slope = float(spread @ surplus / (spread @ spread))
        z = slope * float(np.sqrt(spread @ spread) / (np.std(surplus) + 1e-12))
        if abs(z) < EARLY_Z or abs(slope) < EARLY_SLOPE:
            continue
        few = missing[known] > 0.5
        share, rate = float((truth.codes[known] == code)[few].mean()), float(chance[known][few].mean())
        words = (
            f"Of the {int(few.sum())} labels in windows where most are missing {percent(share)} are "
            f"{case.class_names[code]!r}; by their scores {percent(rate)} would be."
        )
        return [Bias("delay", abs(share - rate) >= GAP_FAIL, words)]
    return []
