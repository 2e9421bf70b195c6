"""Which single changes would explain that production answered otherwise: each one really scored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from ladder_widgets.plain import to_plain
from ladder_widgets.replaying import changes
from ladder_widgets.replaying.answer import Answer, Expected
from ladder_widgets.replaying.changes import Change
from ladder_widgets.replaying.record import Row
from ladder_widgets.validation import shown

__all__ = ["Explanation", "Question", "explained"]

#: Changes scored at most, those scored one by one at most, and explanations told at most.
MAX_CHANGES, MAX_SINGLE, MAX_TOLD = 20_000, 1_500, 20


@dataclass(frozen=True)
class Explanation:
    """A single change under which the model answers what production answered.

    Attributes
    ----------
    kind : {"threshold", "score", "artifact", "order", "unit", "missing", "dtype", "category", "column"}
    text : str
        The change, and what the model answers with it.
    column : object
        Column concerned, or None.
    score, label : object
        What the model answers with the change.
    """

    kind: str
    text: str
    column: Any
    score: float | None
    label: Any

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        column = None if self.column is None else str(self.column)
        told = {"kind": self.kind, "text": self.text, "column": column, "score": self.score}
        return to_plain(told | {"label": self.label})

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, eq=False)
class Question:
    """What is to be explained.

    Attributes
    ----------
    row : Row
    answer : Answer or None
        What the model answers; None if it raises.
    expected : Expected
    tolerance : float
    score : callable
        Row data → Answer, or None where the model refuses it.
    many : callable
        Data of many rows → scores, one for each, or None.
    known : mapping
        Column → values that training filled in or knew as categories.
    wanted : sequence
        Columns the model was fitted on.
    candidates : mapping
        Name → callable as ``score``: other artifacts.
    suspects : set
        Columns outside the training range.
    threshold : float or None
        Threshold in use, where it is known.
    """

    row: Row
    answer: Answer | None
    expected: Expected
    tolerance: float
    score: Any
    many: Any
    known: Mapping[Any, Sequence[Any]]
    wanted: Sequence[Any]
    candidates: Mapping[str, Any]
    suspects: frozenset[Any]
    threshold: float | None = None

    def agrees(self, answer: Answer | None) -> bool:
        """Whether an answer is production's."""
        return answer is not None and not self.expected.differences(answer, self.tolerance)

    def gap(self, found: Explanation) -> float:
        """How far the score of an explanation is from production's; 0 where it is read otherwise."""
        unknown = found.score is None or self.expected.score is None or found.kind == "score"
        return 0.0 if unknown else abs(float(found.score or 0) - float(self.expected.score or 0))


def explained(question: Question) -> tuple[list[Explanation], int]:
    """Return the explanations, likely kinds first, and how many changes were scored."""
    found = [*_readings(question), *_artifacts(question)]
    tried = len(question.candidates)
    listed = list(_changes(question))[:MAX_CHANGES]
    passed, scored = _sieved(question, listed)
    tried += scored
    told: set[str] = set()
    for change in passed:
        answer = _answered(question, change)
        if answer is not None and question.agrees(answer) and change.text not in told:
            told.add(change.text)
            text = f"With {change.text} the model answers {_answer_words(answer)}."
            found.append(Explanation(change.kind, text, change.column, answer.score, answer.label))
        if len(found) >= MAX_TOLD:
            break
    # Of changes that all agree within the tolerance, those that agree exactly come first.
    found.sort(key=lambda each: round(question.gap(each), 9))
    return found, tried


def _answer_words(answer: Answer) -> str:
    told = shown(answer.label)
    return told if answer.score is None else f"{answer.score:.6g} ({told})"


# ---- how the answer is read ----------------------------------------------------------------------


def _readings(question: Question) -> Iterator[Explanation]:
    answer, expected = question.answer, question.expected
    if answer is None or answer.score is None:
        return
    if expected.score is not None and not expected.same_score(answer.score, question.tolerance):
        label_fits = expected.label is None or str(expected.label) == str(answer.label)
        for text, value in _read_as(answer, expected.score):
            if label_fits and abs(value - expected.score) <= max(
                question.tolerance, 1e-9 * abs(expected.score)
            ):
                yield Explanation("score", text, None, answer.score, answer.label)
    elif expected.label is not None and str(expected.label) != str(answer.label) and len(answer.scores) == 2:
        yield _threshold(answer, expected.label, question.threshold)


def _read_as(answer: Answer, wanted: float) -> Iterator[tuple[str, float]]:
    score = answer.score
    assert score is not None
    for label, value in answer.scores.items():
        if value != score:
            yield f"It is the score of the class {shown(label)}.", value
    yield "It is the score as a percentage.", 100 * score
    if 0 < score < 1:
        yield "It is the score as log-odds.", float(logit(score))
        yield "It is one minus the score.", 1 - score
    yield "It is the decision value as a probability (logistic function).", float(expit(score))
    digits = _decimals(wanted)
    if 2 <= digits < 6:
        yield (
            f"It is the score rounded to {digits} decimals: pass tolerance={0.5 * 10**-digits:g}.",
            round(score, digits),
        )


def _decimals(value: float) -> int:
    text = repr(float(value))
    return 99 if "e" in text else len(text.partition(".")[2].rstrip("0"))


def _threshold(answer: Answer, label: Any, threshold: float | None) -> Explanation:
    """The score is production's, or not known, and the label is not: then the cut was made elsewhere."""
    second = str(list(answer.scores)[1])
    side = "at most" if str(label) == second else "above"
    text = f"With a threshold {side} {answer.score:.6g} the answer is {shown(label)}"
    text += "." if threshold is None else f"; here it is {threshold:.6g}."
    return Explanation("threshold", text, None, answer.score, label)


def _artifacts(question: Question) -> Iterator[Explanation]:
    for name, score in question.candidates.items():
        answer = score(question.row.data)
        if question.agrees(answer):
            text = f"The artifact {shown(name, 120)} answers {_answer_words(answer)}."
            yield Explanation("artifact", text, None, answer.score, answer.label)


# ---- changes to the record -----------------------------------------------------------------------


def _changes(question: Question) -> Iterable[Change]:
    """Changes that may have been made, likely ones first.

    A label alone is flipped by many changes: then only those are tried that something else speaks for.
    """
    row = question.row
    if row.container == "documents":
        return
    strict = question.expected.score is not None
    yield from changes.order(row, question.wanted, swaps=strict)
    yield from changes.fills(row, question.known, question.wanted)
    unit = changes.units(row)
    yield from (each for each in unit if strict or each.column in question.suspects)
    yield from changes.types(row)
    if strict:
        yield from changes.lost(row)
        yield from changes.categories(row, question.known)
        yield from changes.columns(row)


def _sieved(question: Question, listed: Sequence[Change]) -> tuple[list[Change], int]:
    """Leave out changes of a number that, scored together, do not give the score looked for."""
    numeric = [change for change in listed if change.place is not None]
    others = [change for change in listed if change.place is None][:MAX_SINGLE]
    scores = _scored_together(question, numeric)
    if scores is None:
        kept = {id(change) for change in numeric[: max(0, MAX_SINGLE - len(others))]}
    else:
        near = np.abs(scores - question.expected.score) <= 10 * question.tolerance
        kept = {id(change) for change, close in zip(numeric, near, strict=True) if close}
    single = {id(change) for change in others}
    passed = [change for change in listed if id(change) in kept or id(change) in single]
    return passed, len(numeric if scores is not None else kept) + len(others)


def _scored_together(question: Question, numeric: Sequence[Change]) -> np.ndarray | None:
    if not numeric or question.expected.score is None:
        return None
    data = question.row.data
    try:
        if isinstance(data, pd.DataFrame):
            many: Any = data.iloc[np.zeros(len(numeric), dtype=int)].reset_index(drop=True)
            for place in {change.place for change in numeric if change.place is not None}:
                many.isetitem(place, _column(numeric, place, float(question.row.values[place])))
        elif question.row.container == "array" and np.asarray(data).ndim == 2:
            many = np.repeat(np.asarray(data), len(numeric), axis=0)
            for number, change in enumerate(numeric):
                many[number, change.place] = change.value
        else:
            return None
        scores: np.ndarray | None = question.many(many)
    except (TypeError, ValueError):
        return None
    return scores if scores is not None and len(scores) == len(numeric) else None


def _column(numeric: Sequence[Change], place: int, value: float) -> np.ndarray:
    return np.array([change.value if change.place == place else value for change in numeric], dtype=float)


def _answered(question: Question, change: Change) -> Answer | None:
    try:
        row = change.row()
    except Exception:  # a value that this container cannot hold
        return None
    answer: Answer | None = question.score(row.data)
    return answer
