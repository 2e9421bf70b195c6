"""The first step that is to blame, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ladder_widgets.plain import to_plain
from ladder_widgets.replaying.batch import Invariance
from ladder_widgets.replaying.cells import same
from ladder_widgets.replaying.mishaps import Mishap
from ladder_widgets.replaying.ranges import Outside
from ladder_widgets.replaying.step import Step, original
from ladder_widgets.replaying.unknown import listed, unknown_categories
from ladder_widgets.validation import shown

__all__ = ["Failure", "Seen", "first_failure"]


@dataclass(frozen=True, eq=False)
class Failure:
    """The step that a wrong answer, or none, begins at.

    Attributes
    ----------
    step : Step
    number : int
        Its position among the steps.
    kind : str
        ``"raised"``, ``"non-finite"``, ``"batch"``, ``"impure"``, ``"columns"``, ``"unknown-category"``,
        ``"outside"`` or ``"version"``.
    why : str
        What happened, in a sentence.
    fix : str
        What mends it; may be empty.
    columns : tuple
        Columns concerned.
    """

    step: Step
    number: int
    kind: str
    why: str
    fix: str = ""
    columns: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        """Name of the step."""
        return self.step.name

    @property
    def path(self) -> str:
        """Names that lead to the step."""
        return self.step.path

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        told = {name: getattr(self, name) for name in ("number", "name", "path", "kind", "why", "fix")}
        return to_plain(told | {"columns": [str(each) for each in self.columns]})

    def __str__(self) -> str:
        return f"{self.path or self.name}: {self.why}"


@dataclass(frozen=True, eq=False)
class Seen:
    """What is known of a replay when the first failure is looked for."""

    steps: Sequence[Step]
    invariance: Invariance | None
    impure: int | None
    natural: Callable[[Step, Any, str], bool]
    mishap: Mishap | None
    record_fits: bool


def first_failure(seen: Seen) -> Failure | None:
    """Return the step to blame, or None.

    An error is what has to be mended first, unless a step before it made what the error is about: a
    missing value, an infinity, other columns. Without an error it is the first step, in order, that makes
    a value that is not finite, answers differently in a batch or when asked again, meets a category that
    it does not know, or takes or makes a value far outside its training range.
    """
    raised = next((n for n, step in enumerate(seen.steps) if step.error is not None), None)
    if raised is not None:
        return _before_error(seen, raised) or _raised(seen.steps[raised], raised, seen.mishap)
    found = [each for each in (_batch(seen), _impure(seen)) if each is not None]
    for number, step in enumerate(seen.steps):
        for look in (_non_finite, _unseen):
            failure = look(seen, step, number)
            found += [] if failure is None else [failure]
    return min(found, key=lambda each: each.number, default=None)


def _raised(step: Step, number: int, mishap: Mishap | None) -> Failure:
    columns = () if mishap is None else mishap.columns
    return Failure(step, number, "raised", step.explanation, step.fix, columns)


def _before_error(seen: Seen, raised: int) -> Failure | None:
    """A step before the one that raised, where that made what the error is about."""
    batch = _batch(seen)
    if batch is not None and batch.number < raised:
        return batch
    kind = None if seen.mishap is None else seen.mishap.kind
    if kind in ("missing-value", "infinite"):
        made = (_non_finite(seen, step, number) for number, step in enumerate(seen.steps[:raised]))
        return next((each for each in made if each is not None), None)
    if kind in ("shape", "missing-column", "extra-column", "order") and seen.record_fits:
        return _maker(seen, raised)
    return None


def _maker(seen: Seen, raised: int) -> Failure | None:
    """The step that hands over columns which the step that raised was not fitted on."""
    step = seen.steps[raised]
    source = None if step.call is None else id(step.call.source)
    makers = [
        number
        for number, each in enumerate(seen.steps[:raised])
        if each.leaf and each.call is not None and id(each.call.returned) == source
    ]
    if not makers:
        return None
    maker = seen.steps[makers[-1]]
    why = f"It returns columns that {step.path or step.name} was not fitted on. {step.explanation}"
    fix = "# return the same columns for one row as for the training rows"
    return Failure(maker, makers[-1], "columns", why, fix, seen.mishap.columns if seen.mishap else ())


def _non_finite(seen: Seen, step: Step, number: int) -> Failure | None:
    if not step.leaf or step.after is None:
        return None
    for columns, kind, word in (
        (step.became_missing, "missing", "no value"),
        (step.non_finite, "infinite", "infinity"),
    ):
        made = [name for name in columns if not seen.natural(step, name, kind)]
        if made:
            names = ", ".join(shown(name, 60) for name in made[:5]) + (", …" if len(made) > 5 else "")
            why = f"It makes {word} in {names} of a row that had a value."
            unknown = _unknown_in(step)
            if unknown:
                return _unknown(step, number, unknown)
            fix = "# look for a division by zero, a logarithm, a failed conversion or a key that is not there"
            return Failure(step, number, "non-finite", why, fix, tuple(made))
    return None


def _unseen(seen: Seen, step: Step, number: int) -> Failure | None:
    """A category that the encoder does not know, or a value far outside the step's training range."""
    if not step.leaf:
        return None
    unknown = _unknown_in(step)
    if unknown:
        return _unknown(step, number, unknown)
    before = [each for each in step.outside if each.far and not _follows(seen, number, each)]
    after = [each for each in step.outside_after if each.far and not _follows(seen, number + 1, each)]
    if before:
        why = f"It is given what training did not have: {before[0].text}{_more(before)}."
        fix = f"# look where {shown(before[0].column, 60)} comes from: unit, scale, sign of a missing value"
        return Failure(step, number, "outside", why, fix, tuple(each.column for each in before))
    if after:
        why = f"It makes what it did not make in training: {after[0].text}{_more(after)}."
        return Failure(step, number, "outside", why, "", tuple(each.column for each in after))
    return None


def _follows(seen: Seen, number: int, found: Outside) -> bool:
    """Whether a value is outside because what it was made from was a little, as one of many columns may be.

    A step may stretch a small gap: the logarithm of a value near zero, or a tail that is long on the scale
    of ratios only. A value that the record itself came with is judged as it came.
    """
    entrance = seen.steps[0].before
    origin = original(found.column, set(entrance.names))
    if origin is not None and same(entrance.by_name[origin], found.value):
        return False
    earlier = [each for step in seen.steps[:number] for each in step.outside]
    return any(origin is None or original(each.column, {origin}) == origin for each in earlier)


def _unknown_in(step: Step) -> list[tuple[Any, Any, list[Any]]]:
    estimator = None if step.call is None else step.call.nested.estimator
    return unknown_categories(estimator, step.before) if hasattr(estimator, "categories_") else []


def _unknown(step: Step, number: int, unknown: list[tuple[Any, Any, list[Any]]]) -> Failure:
    column, value, known = unknown[0]
    why = f"{shown(column, 60)} is {shown(value, 60)}, which it does not know ({listed(known)})"
    why += f"{_more(unknown)}."
    fix = f"# map {shown(value, 40)} to a known category before the model, or fit the encoder again"
    return Failure(step, number, "unknown-category", why, fix, tuple(each[0] for each in unknown))


def _more(found: Sequence[Any]) -> str:
    return f", and {len(found) - 1} more" if len(found) > 1 else ""


def _batch(seen: Seen) -> Failure | None:
    if seen.invariance is None or seen.invariance.step is None:
        return None
    number = seen.invariance.step
    if seen.impure is not None and _is_around(seen.steps, number, seen.impure):
        return None  # what differs from itself says nothing of the company
    columns = ", ".join(shown(name, 60) for name in seen.invariance.columns[:5])
    why = f"It answers the same row differently alone and among {seen.invariance.n:,} others ({columns})."
    fix = "# learn means, levels and columns in fit, never from the rows of transform"
    return Failure(seen.steps[number], number, "batch", why, fix, seen.invariance.columns)


def _is_around(steps: Sequence[Step], number: int, impure: int) -> bool:
    """Whether a step is the one that is impure, comes after it, or has it inside."""
    inside = steps[impure].path.startswith(f"{steps[number].path}__") or not steps[number].path
    return number >= impure or inside


def _impure(seen: Seen) -> Failure | None:
    if seen.impure is None:
        return None
    why = "Asked twice with the same row it answers differently: it draws at random, or remembers."
    fix = "# take randomness and memory out of transform and predict"
    return Failure(seen.steps[seen.impure], seen.impure, "impure", why, fix)
