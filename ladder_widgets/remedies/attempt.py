"""Trying a fix: apply the remedy to copies, judge both models alike, ask the check again."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks import checks_for, run_check
from ladder_widgets.copies import copied
from ladder_widgets.finding import Finding
from ladder_widgets.remedies.bench import Bench, Change, NoRemedy, Remedied
from ladder_widgets.remedies.judge import NAMES, Judged, differences, figures
from ladder_widgets.remedies.registry import REMEDIES
from ladder_widgets.remedies.trial import FixTrial
from ladder_widgets.scores import ModelFailure, Scores
from ladder_widgets.shared import Shared
from ladder_widgets.stats import Interval
from ladder_widgets.table import take
from ladder_widgets.validation import choice, refuse, shown

if TYPE_CHECKING:
    from ladder_widgets.report import Report

__all__ = ["try_fix"]


def try_fix(report: Report, code: str, *, max_rows: int | None = None, force: bool = False) -> FixTrial:
    """Try the fix of a finding; see :meth:`ladder_widgets.Report.try_fix`."""
    start = time.perf_counter()
    case, finding = report.case, _finding(report, code, force)
    _check_rows(max_rows)
    remedy = REMEDIES[code]
    if case.target_problem is not None:
        raise NoRemedy(f"Nothing can be judged: {case.target_problem}.")
    if remedy.needs_train and case.train is None:
        raise NoRemedy(f"Trying the fix of {code} needs the training rows (X_train, y_train).")
    bench = Bench(case, finding, max_rows)
    remedied = remedy.apply(bench)
    mended = case.but(remedied.estimator, _copies(case, remedied))
    before, after = _before(case), _after(case, mended, remedied)
    rarest = _rarest(case)
    if remedied.judged is not None:
        before = None if before is None else before.only(remedied.judged)
        before = before or _answered(case, remedied.judged)
        after = after.only(remedied.judged) if before is not None else after
    notes = (*remedied.notes, *_about_rows(case, remedied, before, bench))
    told = _told(before, after, case, rarest)
    return FixTrial(
        code,
        remedied.text,
        *told,
        rarest=case.class_names[rarest],
        rows=(0 if before is None else len(before.y), len(after.y)),
        estimator=remedied.estimator,
        was=finding,
        still=_asked_again(code, mended),
        code_to_paste=remedied.code,
        notes=notes,
        seconds=time.perf_counter() - start,
    )


def _finding(report: Report, code: str, force: bool) -> Finding:
    by_code = {finding.code: finding for finding in report.findings}
    choice("code", code, by_code)
    if code not in REMEDIES:
        raise NoRemedy(
            f"{code} has no mechanical fix: it takes a decision of yours. Fixes can be tried for "
            f"{', '.join(REMEDIES)}."
        )
    finding = by_code[code]
    if not finding.raised and not force:
        raise NoRemedy(
            f"{code} {finding.status.word} here: there is nothing to mend. force=True tries the fix all the "
            "same."
        )
    return finding


def _check_rows(max_rows: Any) -> None:
    whole = isinstance(max_rows, int | np.integer) and not isinstance(max_rows, bool)
    if max_rows is not None and not (whole and max_rows >= 50):
        raise refuse("max_rows", "None or a whole number of at least 50", shown(max_rows))


def _copies(case: Case, remedied: Remedied) -> dict[str, Change]:
    """Rows of every split as copies: an estimator may change what it scores."""
    every: dict[str, Change] = {split.name: (split.table.data, split.y, None) for split in case.splits}
    every |= remedied.changed
    return {name: (copied(X), y.copy(), rows) for name, (X, y, rows) in every.items()}


def _before(case: Case) -> Judged | None:
    answer = case.try_scores()
    if answer is None:
        return None
    rows = np.arange(case.val.n_rows)
    return Judged(rows, case.y(case.val), answer.proba, case.predicted(), answer.probabilities)


def _answered(case: Case, rows: np.ndarray) -> Judged | None:
    """What the user's model says of the rows that it does not refuse; None if too few are left."""
    y = case.y(case.val)[rows]
    if len(rows) < 20 or len(np.unique(y)) < 2:
        return None
    part = case.but(
        case.model, {"val": (copied(take(case.val.table.data, rows)), case.val.y.iloc[rows], rows)}
    )
    answer = part.try_scores()
    if answer is None:
        return None
    return Judged(rows, y, _in_order(answer, part, case), _codes(part, case), answer.probabilities)


def _after(case: Case, mended: Case, remedied: Remedied) -> Judged:
    try:
        answer = mended.scores()
    except ModelFailure as failure:
        raise NoRemedy(f"With the remedy {failure}.") from failure
    kept = remedied.changed["val"][2] if "val" in remedied.changed else None
    rows = np.arange(case.val.n_rows) if kept is None else kept
    places = _places(mended, case)
    y = places[mended.y(mended.val)]
    return Judged(rows, y, _in_order(answer, mended, case), _codes(mended, case), answer.probabilities)


def _places(other: Case, case: Case) -> np.ndarray:
    """Code in ``case`` of each code in ``other``: a clone may know its classes in another order."""
    return np.array([case.classes.index(label) for label in other.classes])


def _in_order(answer: Scores, other: Case, case: Case) -> np.ndarray:
    proba = np.zeros((len(answer.proba), len(case.classes)))
    proba[:, _places(other, case)] = answer.proba
    return proba


def _codes(other: Case, case: Case) -> np.ndarray:
    return _places(other, case)[other.predicted()]


def _rarest(case: Case) -> int:
    counts = np.bincount(case.y(case.val), minlength=len(case.classes))
    counts = np.where(counts == 0, counts.max() + 1, counts)
    least = np.flatnonzero(counts == counts.min())
    return case.positive if case.positive in least else int(least[0])


def _told(
    before: Judged | None, after: Judged, case: Case, rarest: int
) -> tuple[dict[str, float], dict[str, float], dict[str, Interval]]:
    new = figures(after, case.positive, rarest)
    if before is None:
        nothing = float("nan")
        return dict.fromkeys(NAMES, nothing), new, dict.fromkeys(NAMES, Interval(nothing, nothing, nothing))
    gained = differences(before, after, case.positive, rarest, case.random_state)
    return figures(before, case.positive, rarest), new, gained


def _about_rows(case: Case, remedied: Remedied, before: Judged | None, bench: Bench) -> tuple[str, ...]:
    notes = []
    if before is None:
        notes.append(
            "Your model answers none of these rows as they are: there is nothing before to compare with."
        )
    elif case.try_scores() is None:
        notes.append(
            f"Your model refuses {case.val.n_rows - len(before.y)} of {case.val.n_rows} validation rows; "
            f"before and after are on the other {len(before.y)}. The mended model answers all."
        )
    train = remedied.changed.get("train", (None, None if case.train is None else case.train.y, None))[1]
    rows = None if train is None else bench.sampled(train)
    if rows is not None and train is not None:
        notes.append(f"Fitted again on a sample of {len(rows)} of {len(train)} training rows (max_rows).")
    return tuple(notes)


def _asked_again(code: str, mended: Case) -> Finding:
    check = next(check for check in checks_for(mended.checks, frozenset()) if check.code == code)
    return run_check(check, mended, Shared(mended))
