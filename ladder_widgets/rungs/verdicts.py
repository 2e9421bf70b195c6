"""Verdicts of the rungs: plain functions from scores and gaps to a status and sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ladder_widgets.case import Case
from ladder_widgets.finding import Finding, Status, worst
from ladder_widgets.metrics import evaluate
from ladder_widgets.rungs.rung import Gap, Rung, Score
from ladder_widgets.rungs.scoring import auc_gap_on_rows, fold_gap, model_score, reference_score
from ladder_widgets.scores import ModelFailure
from ladder_widgets.shared import NoFolds, Shared
from ladder_widgets.stats import Interval

__all__ = ["MARGIN", "Verdict", "judge", "reconsider_linear"]

#: AUC a rung must gain to matter.
MARGIN = 0.02
#: Gap between training and validation AUC that a checklist allows.
FIT_GAP = 0.10


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rung itself says, before its findings are counted in."""

    status: Status
    headline: str
    summary: str
    score: Score | None = None
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()


def judge(number: int, shared: Shared, findings: Sequence[Finding]) -> Verdict:
    """Return the verdict of a rung, whose checks have run."""
    judges = {1: _baseline, 2: _linear, 3: _non_linear, 4: _model}
    if number in judges:
        try:
            return judges[number](shared)
        except NoFolds as reason:
            return Verdict(Status.SKIP, "too few rows", f"Not checked: {reason}.")
    if number == 0:
        return _data(shared.case, findings)
    if number == 5:
        return _evaluation(shared.case, findings)
    return _production(shared.case, findings)


# ---- findings only ---------------------------------------------------------------------------


def _data(case: Case, findings: Sequence[Finding]) -> Verdict:
    if case.unknown_labels:
        listed = ", ".join(map(repr, case.unknown_labels))
        text = f"The labels {listed} are in the data, but the model was never shown them."
        return Verdict(Status.FAIL, "labels unknown to the model", text)
    return _from_findings(findings)


def _production(case: Case, findings: Sequence[Finding]) -> Verdict:
    if case.production is None:
        text = "Not checked: give the production log as production= to look at what the model sees in use."
        return Verdict(Status.SKIP, "needs a production log", text)
    return _from_findings(findings)


def _evaluation(case: Case, findings: Sequence[Finding]) -> Verdict:
    verdict = _from_findings(findings)
    notes = []
    gap = fit_gap(case)
    if gap is not None:
        side = "under" if gap < FIT_GAP else "not under"
        notes.append(f"Training AUC exceeds validation AUC by {gap:.3f}, {side} {FIT_GAP:.2f}.")
    answer = case.try_scores()
    if answer is not None and answer.probabilities and case.binary:
        stated = float(answer.proba[:, case.positive].mean())
        seen = float((case.y(case.val) == case.positive).mean())
        notes.append(f"Mean predicted probability {stated:.3f}, observed share {seen:.3f}.")
    return Verdict(verdict.status, verdict.headline, verdict.summary, notes=tuple(notes))


def fit_gap(case: Case) -> float | None:
    """AUC on the training rows minus AUC on the validation rows; None without training rows."""
    if case.train is None:
        return None
    try:
        pair = []
        for split in (case.train, case.val):
            answer = case.scores(split)
            y = case.y(split)
            pair.append(evaluate(y, answer.proba, y, case.positive, False)["roc_auc"])
    except ModelFailure:
        return None
    return pair[0] - pair[1]


def _from_findings(findings: Sequence[Finding]) -> Verdict:
    done = [f for f in findings if f.status is not Status.SKIP]
    raised = [f for f in done if f.status is not Status.PASS]
    if not done:
        return Verdict(Status.SKIP, "not checked", "None of this rung's checks could be run.")
    passed = len(done) - len(raised)
    if not raised:
        return Verdict(Status.PASS, f"{passed} of {len(findings)} checks", f"{passed} checks pass.")
    first = next((f for f in raised if f.status is Status.FAIL), raised[0])
    return Verdict(worst(f.status for f in raised), " · ".join(f.short for f in raised), first.summary)


# ---- rungs with a score ----------------------------------------------------------------------


def _baseline(shared: Shared) -> Verdict:
    score = reference_score(shared, shared.result(1))
    auc, ap = (score.metrics[name].mean for name in ("roc_auc", "average_precision"))
    text = (
        f"A model that ignores the features scores AUC {auc:.3f}, average precision {ap:.3f} and accuracy "
        f"{score.metrics['accuracy'].mean:.3f}. Every later rung must beat it."
    )
    return Verdict(Status.PASS, f"AUC {auc:.3f} · AP {ap:.3f}", text, score)


def _linear(shared: Shared) -> Verdict:
    score = reference_score(shared, shared.result(2))
    gap = fold_gap(shared, 2, 1)
    status, reason = _beats(gap.interval)
    ending = {
        Status.PASS: "The data carry signal and a plain pipeline finds it.",
        Status.WARN: "Look at the data and the labels before a larger model.",
        Status.FAIL: "Suspect the data, the labels or the row order before the model.",
    }[status]
    return Verdict(status, score.headline, f"{_against(gap)} {reason} {ending}", score, (gap,))


def _beats(interval: Interval) -> tuple[Status, str]:
    """Apply the rule of rung 2: at least 0.02 AUC and beyond its noise."""
    enough, sure = interval.mean >= MARGIN, interval.low > 0
    if enough and sure:
        return Status.PASS, "That is a meaningful margin."
    if enough:
        return Status.WARN, "The gain may be noise: these rows are too few to tell."
    if sure:
        return Status.WARN, f"The gain is real but under {MARGIN:.2f}."
    return Status.FAIL, f"That is no better than guessing (the margin asked for is {MARGIN:.2f})."


def _non_linear(shared: Shared) -> Verdict:
    score = reference_score(shared, shared.result(3))
    over_linear, over_dummy = fold_gap(shared, 3, 2), fold_gap(shared, 3, 1)
    gain = over_linear.interval
    status, _ = _beats(over_dummy.interval)
    if status is Status.FAIL:
        text = "A non-linear model finds nothing either: as given, the features do not tell the label."
        return Verdict(status, score.headline, text, score, (over_linear, over_dummy))
    status = Status.PASS
    if gain.mean >= MARGIN and gain.low > 0:
        text = "There is structure that a linear model misses."
    elif gain.mean <= -MARGIN and gain.high < 0:
        status = Status.WARN
        text = (
            "Worse than linear. Causes that hold: too few rows for its capacity, a truth that is linear, "
            "many noise features, or a leak through a linear term."
        )
    else:
        text = "No meaningful difference to linear: prefer the simpler model."
    return Verdict(
        status, score.headline, f"{_against(over_linear)} {text}", score, (over_linear, over_dummy)
    )


def _model(shared: Shared) -> Verdict:
    case = shared.case
    try:
        score = model_score(case)
    except ModelFailure as failure:
        text = f"Your model cannot score the validation rows: {failure}."
        return Verdict(Status.FAIL, "cannot score the rows", text)
    gaps = _gaps(shared)
    return _weigh(case, score, gaps)


def _gaps(shared: Shared) -> tuple[Gap, ...]:
    try:
        return tuple(auc_gap_on_rows(shared, number) for number in (3, 2, 1))
    except NoFolds:
        return ()


def _weigh(case: Case, score: Score, gaps: tuple[Gap, ...]) -> Verdict:
    notes: tuple[str, ...] = ()
    if gaps and case.train is None:
        notes = (
            "The references were fitted on four fifths of the validation rows, your model on rows of its "
            "own: they are compared on the same rows, not on the same training set.",
        )
    headline = score.headline
    if not gaps:
        return Verdict(Status.SKIP, headline, "Too few rows to set the model against the rungs below.", score)
    over_dummy = next(gap for gap in gaps if gap.against == 1)
    status, reason = _beats(over_dummy.interval)
    if status is Status.FAIL:
        return Verdict(status, headline, f"{_against(over_dummy)} {reason}", score, gaps, notes)
    best = min((gap for gap in gaps if gap.against != 1), key=lambda gap: gap.interval.mean)
    behind = best.interval
    if behind.mean <= -MARGIN and behind.high < 0:
        text = f"The {best.label.lower()} reference does better on the same rows: {_signed(behind)} AUC."
        return Verdict(Status.WARN, headline, text, score, gaps, notes)
    if status is Status.WARN:
        return Verdict(status, headline, f"{_against(over_dummy)} {reason}", score, gaps, notes)
    text = f"{_against(over_dummy)} No reference beats it beyond noise and {MARGIN:.2f} AUC."
    return Verdict(Status.PASS, headline, text, score, gaps, notes)


def reconsider_linear(linear: Rung, shared: Shared) -> Rung | None:
    """Return a milder rung 2 if rung 3 finds the signal that a straight line cannot.

    An exclusive-or is no fault of the data.
    """
    if linear.status is not Status.FAIL or linear.score is None:
        return None
    gap = fold_gap(shared, 3, 1)
    if _beats(gap.interval)[0] is not Status.PASS:
        return None
    text = (
        f"{_against(fold_gap(shared, 2, 1))} A straight line finds nothing, but rung 3 does "
        f"({_signed(gap.interval)} AUC over the baseline): the signal is non-linear, not absent."
    )
    return replace(linear, status=Status.WARN, summary=text)


# ---- words -----------------------------------------------------------------------------------


def _signed(interval: Interval) -> str:
    return f"{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]".replace("-", "−")


def _against(gap: Gap) -> str:
    side = "above" if gap.interval.mean >= 0 else "below"
    low, high = sorted((abs(gap.interval.low), abs(gap.interval.high)))
    if not gap.interval.beyond_zero:
        return f"{_signed(gap.interval)} AUC against {gap.label.lower()}."
    return f"{abs(gap.interval.mean):.3f} AUC [{low:.3f}, {high:.3f}] {side} {gap.label.lower()}."
