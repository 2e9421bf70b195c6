"""Lines of the development checklist that the set-up, a gap or the ledger decides."""

from __future__ import annotations

from scipy.stats import norm

from ladder_widgets.finding import Status, evidence
from ladder_widgets.lines.base import Judged, Seen, needs
from ladder_widgets.looks import Looks
from ladder_widgets.metrics import evaluate
from ladder_widgets.rungs.verdicts import FIT_GAP, fit_gap
from ladder_widgets.wrappers import search_of

__all__ = ["compared_by_cross_validation", "equal_length", "evaluated_once", "fit_gap_line"]

#: Models seen on one test set from which its score has been used to choose.
CHOSEN = 3
_OVERLAP = "A part of these rows, or more than these rows, would not be recognised."


def equal_length(seen: Seen) -> Judged:
    """Judge that rows and labels agree: a case where they do not is refused before any climb."""
    splits = seen.case.splits
    told = ", ".join(f"{split.name} {split.n_rows:,}" for split in splits)
    rows = [(split.name, split.n_rows, len(split.y)) for split in splits]
    table = evidence("Rows and labels", {"split": "text", "rows": "integer", "labels": "integer"}, rows)
    return Judged(Status.PASS, f"Rows and labels agree: {told}.", (table,))


def fit_gap_line(seen: Seen) -> Judged:
    """Judge the AUC lost between training and validation rows."""
    case = seen.case
    if case.train is None:
        return needs("train")
    gap = fit_gap(case)
    if gap is None:
        return Judged(Status.SKIP, "Needs the model's scores on training and validation rows.")
    y, answer = case.y(case.val), case.scores()
    auc = evaluate(y, answer.proba, y, case.positive, False)["roc_auc"]
    rows = [("training", case.train.n_rows, auc + gap), ("validation", case.val.n_rows, auc)]
    table = evidence("ROC AUC by split", {"rows of": "text", "rows": "integer", "AUC": "score"}, rows)
    status = Status.PASS if gap < FIT_GAP else Status.WARN
    return Judged(status, f"Training AUC minus validation AUC is {gap:.3f}.", (table,))


# ---- the test set ----------------------------------------------------------------------------


def evaluated_once(seen: Seen) -> Judged:
    """Judge how often the test rows have been looked at, as far as the ledger knows.

    Passes at the first look, also when its cell is run again. Warns when another process saw the
    same scores, or when one other set of answers was seen; fails from two others on.
    """
    looks = seen.looks
    if seen.case.test is None:
        return needs("test")
    if looks is None or looks.look is None:
        reason = "the climb ended before" if looks is None else looks.reason
        return Judged(Status.SKIP, f"Needs a ledger of the looks at the test rows: {reason}.")
    if looks.page.problem and not looks.others:
        text = (
            f"Needs a ledger that can be written: {looks.ledger} cannot ({looks.page.problem}). "
            "Name another place with ledger=."
        )
        return Judged(Status.SKIP, text, looks.table)
    return _once(looks)


def _once(looks: Looks) -> Judged:
    remarks = _remarks(looks)
    if looks.different:
        answers = {(look.scores, look.decisions) for look in looks.different}
        last = looks.different[-1]
        text = (
            f"{_counted(len(looks.different), 'look')} at these rows saw other scores or decisions, the last "
            f"on {_day(last.when)} in {last.where} ({last.model}). {_flattered(looks)}{remarks}"
        )
        status = Status.FAIL if len(answers) > 1 else Status.WARN
        return Judged(status, text, looks.table)
    if looks.again:
        last = looks.again[-1]
        text = (
            f"The same model was looked at before: {_counted(len(looks.again), 'look')} in other processes, "
            f"the last on {_day(last.when)} in {last.where}.{remarks}"
        )
        return Judged(Status.WARN, text, looks.table)
    return Judged(
        Status.PASS, f"The first look at these rows that {looks.ledger} knows of.{remarks}", looks.table
    )


def _remarks(looks: Looks) -> str:
    told = [_OVERLAP]
    if looks.page.unread:
        lines = ", ".join(map(str, looks.page.unread[:5])) + (", …" if len(looks.page.unread) > 5 else "")
        told.append(f"Lines of {looks.ledger} that could not be read, and were left as they are: {lines}.")
    if looks.page.problem:
        told.append(f"This look could not be noted: {looks.page.problem}.")
    return "".join(f" {text}" for text in told)


def _flattered(looks: Looks) -> str:
    """Say what choosing the best of several models by this score would be worth.

    The expected largest of k standard normal values (Blom's approximation): what the best of k
    models that are equally good, and err independently, gains in standard errors.
    """
    k = looks.models
    if k < 2:
        return "The scores were the same, so only the threshold was another."
    gain = _blom(k)
    told = f" ({gain * looks.se:.3f} AUC)" if looks.auc is not None else ""
    return f"Choosing the best of {k} by this score flatters it by up to {gain:.1f} standard errors{told}."


def _blom(k: int) -> float:
    return float(norm.ppf((k - 0.375) / (k + 0.25)))


def compared_by_cross_validation(seen: Seen) -> Judged:
    """Judge what models were compared by: the folds, or the test rows that the ledger knows.

    Fails where three models or more were scored on the same test rows, warns at two. Passes where
    the references were cross-validated and the ledger knows of one model at most.
    """
    folds = _folds(seen)
    looks = seen.looks
    if looks is not None and looks.models > 1:
        status = Status.FAIL if looks.models >= CHOSEN else Status.WARN
        text = f"{looks.models} models were scored on the same test rows. {_flattered(looks)}"
        return Judged(status, text, looks.table)
    if not folds:
        return Judged(Status.SKIP, "Needs rows that can be cross-validated: no reference of this climb was.")
    known = _known_of_test(looks)
    table = evidence("Compared in this report", {"model": "text", "scored on": "text", "AUC": "score"}, folds)
    return Judged(Status.PASS, f"The references were compared on folds.{_search(seen)} {known}", (table,))


def _folds(seen: Seen) -> list[tuple[str, str, float | None]]:
    scores = [rung.score for rung in seen.rungs if rung.score is not None]
    if not any(score.folds > 1 for score in scores):
        return []
    means = [score.metrics.get("roc_auc") for score in scores]
    return [
        (score.label, score.how, None if mean is None else mean.mean)
        for score, mean in zip(scores, means, strict=True)
    ]


def _known_of_test(looks: Looks | None) -> str:
    if looks is None:
        return "No test rows were used here. How the model was chosen elsewhere cannot be seen."
    if looks.look is None:
        return f"Whether other models saw the test rows is not known: {looks.reason}."
    return "The ledger knows of no other model on these test rows."


def _search(seen: Seen) -> str:
    search = search_of(seen.case.model)
    if search is None:
        return ""
    count, folds = search
    return f" The model was chosen among {count:,} candidates by {folds}-fold cross-validation."


def _counted(count: int, noun: str) -> str:
    return f"{count} other {noun}{'s' * (count != 1)}"


def _day(when: str) -> str:
    return f"{when[:10]} at {when[11:16]} UTC"
