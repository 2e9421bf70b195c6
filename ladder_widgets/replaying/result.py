"""What a model did with one record, and what can be asked about it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.copies import copied
from ladder_widgets.replaying import output
from ladder_widgets.replaying.answer import (
    Answer,
    Expected,
    method_of,
    read_answer,
)
from ladder_widgets.replaying.artifact import Loaded
from ladder_widgets.replaying.batch import Invariance, compare_with_batch
from ladder_widgets.replaying.cells import differs
from ladder_widgets.replaying.explanations import Explanation, Question, explained
from ladder_widgets.replaying.failure import Failure, Seen, first_failure
from ladder_widgets.replaying.known import known_values
from ladder_widgets.replaying.mishaps import Mishap, explain
from ladder_widgets.replaying.nested import nested
from ladder_widgets.replaying.record import Row
from ladder_widgets.replaying.recorder import Walk, quietly
from ladder_widgets.replaying.special import (
    in_place,
    load_step,
    may_be_unsteady,
    skipped_steps,
    unfitted_told,
)
from ladder_widgets.replaying.step import Step, steps_of
from ladder_widgets.replaying.training import Rows
from ladder_widgets.validation import refuse, shown
from ladder_widgets.wrappers import declared_thresholds

__all__ = ["Replay"]


class Replay:
    """What a model did with one record; made by :func:`ladder_widgets.replay`."""

    def __init__(
        self,
        loaded: Loaded,
        row: Row | None,
        walked: Walk | None,
        expected: Expected,
        method: str | None,
        tolerance: float,
        threshold: float | None,
        candidates: Mapping[str, Any],
        rows: tuple[Any, ...],
        told: Any,
        given: Any,
    ) -> None:
        self._loaded, self._row, self._walk, self._method = loaded, row, walked, method
        self.expected, self.tolerance, self.threshold = expected, tolerance, threshold
        self._candidates = candidates
        self.reference: Rows | None = rows[0]
        self._batch: Rows | None = rows[1] or rows[0]
        self._told = told
        self.given = given

    # ---- what was asked --------------------------------------------------------------------------

    @property
    def model(self) -> Any:
        """The model, as it was given or loaded."""
        return self._loaded.model

    @property
    def artifact(self) -> Path | None:
        """File it was loaded from, or None."""
        return self._loaded.path

    @property
    def warnings(self) -> list[str]:
        """Warnings of loading the model (versions) and of its steps, each once; what is changed in place."""
        walked = [] if self._walk is None else [*self._walk.messages, *in_place(self.steps)]
        return [*self._loaded.messages, *walked]

    @property
    def record(self) -> dict[Any, Any]:
        """The record, column by column, as it came."""
        return {} if self._row is None else dict(zip(self._row.names, self._row.values, strict=True))

    @property
    def row(self) -> Row | None:
        """The one row that the model was handed; None where it could not be loaded."""
        return self._row

    @property
    def _data(self) -> Any:
        return None if self._row is None else self._row.data

    # ---- what came of it -------------------------------------------------------------------------

    @cached_property
    def _read(self) -> tuple[Answer | None, Exception | None]:
        """The answer, or why it cannot be read; the label may take another call of the model."""
        walked = self._walk
        if walked is None or walked.error is not None:
            return None, None
        try:
            method, calls = self._method or "", walked.calls
            return read_answer(
                self.model, method, walked.answer, calls, copied(self._data), self.threshold
            ), None
        except Exception as error:  # an answer of any shape, or a predict that raises
            return None, error

    @property
    def answer(self) -> Answer | None:
        """Score and label together; None where there are none."""
        return self._read[0]

    @property
    def score(self) -> float | None:
        """Score: P(``classes_[1]``) or the decision value; of more classes that of the label."""
        return None if self.answer is None else self.answer.score

    @property
    def label(self) -> Any:
        """Label that the model answers; with ``threshold`` the one it gives."""
        return None if self.answer is None else self.answer.label

    @property
    def scores(self) -> dict[Any, float]:
        """Score of each class."""
        return {} if self.answer is None else dict(self.answer.scores)

    @property
    def error(self) -> Exception | None:
        """What the model raised, or None."""
        if self._loaded.failure is not None:
            return self._loaded.failure.error
        return self._read[1] if self._walk is None or self._walk.error is None else self._walk.error

    @property
    def differences(self) -> list[str]:
        """How the answer differs from production's, in sentences."""
        if self.answer is None:
            return [] if self._told is None else ["Production answered, and the model raised an error."]
        return self.expected.differences(self.answer, self.tolerance)

    @property
    def matches(self) -> bool | None:
        """Whether the model answers what production answered; None without ``expected``."""
        return None if self._told is None else not self.differences

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every call inside the model, in the order in which they began; samplers as skipped."""
        if self._walk is None or self._row is None:
            return (load_step(self._loaded),)
        steps = steps_of(self._walk.calls, self._row.names)
        for step in steps:
            if self.reference is not None:
                step.outside, step.outside_after = self.reference.outside(step)
            if step.error is not None and step.call is not None:
                mishap = explain(step.error, step.call.nested.estimator, step.before)
                step.explanation, step.fix = mishap.text, mishap.fix
        return (*unfitted_told(steps), *skipped_steps(self.model))

    @cached_property
    def invariance(self) -> Invariance | None:
        """The record alone against the record inside the batch (or the reference); None without either."""
        if self._batch is None or self._row is None:
            return None
        return compare_with_batch(self.steps, self._row, self._batch)

    @cached_property
    def pure(self) -> bool:
        """Whether the model, asked once more and not watched, answers exactly the same, and so each step."""
        if self._walk is None:
            return True
        return self._repeats and self._unsteady is None

    @cached_property
    def _repeats(self) -> bool:
        assert self._walk is not None
        with quietly():
            try:
                again = getattr(self.model, self._method or "predict")(copied(self._data))
            except Exception as error:  # the user's steps may raise anything
                return self._walk.error is not None and type(error) is type(self._walk.error)
        return self._walk.error is None and not differs(again, self._walk.answer)

    @cached_property
    def _impure(self) -> int | None:
        """Number of the step that answers otherwise when asked again; None if none does."""
        return 0 if self._unsteady is None and not self.pure else self._unsteady

    @cached_property
    def _unsteady(self) -> int | None:
        """The first step that answers otherwise when it is asked again."""
        for number, step in enumerate(self.steps):
            call = step.call
            if not step.leaf or call is None or call.failed or (self._repeats and not may_be_unsteady(step)):
                continue
            with quietly():
                again = getattr(call.nested.estimator, call.method)(copied(call.given))
            if differs(again, call.answer):
                return number
        return None

    @cached_property
    def first_failure(self) -> Failure | None:
        """The first step that is to blame, with why and what mends it; None if none is."""
        if self._loaded.failure is not None:
            failure = self._loaded.failure
            return Failure(self.steps[0], 0, "raised", failure.text, failure.fix)
        raised = next((step for step in self.steps if step.error is not None), None)
        mishap: Mishap | None = None
        if raised is not None and raised.call is not None and raised.error is not None:
            mishap = explain(raised.error, raised.call.nested.estimator, raised.before)
        natural = (lambda *_: False) if self.reference is None else self.reference.natural
        seen = Seen(self.steps, self.invariance, self._impure, natural, mishap, self._record_fits())
        found = first_failure(seen)
        # The label may take another call of the model, so it is asked for only where it is compared.
        unreadable = self._read[1] if found is None and self._told is not None else None
        if unreadable is not None:
            why = f"The answer cannot be read: {shown(str(unreadable), 200)}."
            return Failure(self.steps[0], 0, "raised", why)
        return found

    def _record_fits(self) -> bool:
        """Whether the record has the columns that the model, at its entrance, was fitted on."""
        known = next(
            (
                names
                for each in nested(self.model)
                if (names := getattr(each.estimator, "feature_names_in_", None)) is not None
            ),
            None,
        )
        if known is None:
            return True
        return self._row is not None and set(known) == set(self._row.names)

    # ---- why it differs --------------------------------------------------------------------------

    @property
    def explanations(self) -> tuple[Explanation, ...]:
        """Single changes under which the model answers what production answered, likely kinds first."""
        return tuple(self._explained[0])

    @property
    def changes_tried(self) -> int:
        """How many single changes were scored to find them."""
        return self._explained[1]

    @cached_property
    def _explained(self) -> tuple[list[Explanation], int]:
        if self.matches is not False or self._row is None:
            return [], 0
        suspects = frozenset(each.column for step in self.steps for each in step.outside)
        known = known_values(self.model, self.steps, self.reference)
        thresholds = declared_thresholds(self.model)
        threshold = self.threshold if self.threshold is not None else thresholds[0] if thresholds else None
        return explained(
            Question(
                row=self._row,
                answer=self.answer,
                expected=self.expected,
                tolerance=self.tolerance,
                score=self._scorer(self.model),
                many=self._many,
                known=known,
                wanted=list(getattr(self.model, "feature_names_in_", [])),
                candidates={name: self._scorer(model) for name, model in self._candidates.items()},
                suspects=suspects,
                threshold=threshold,
            )
        )

    def _scorer(self, model: Any) -> Any:
        method = method_of(model)

        def score(data: Any) -> Answer | None:
            with quietly():
                try:
                    raw = getattr(model, method)(copied(data))
                    return read_answer(model, method, raw, (), copied(data), self.threshold)
                except Exception:  # most changes are not for this model
                    return None

        return score

    def _many(self, data: Any) -> np.ndarray | None:
        """Scores of many rows as :attr:`score` tells that of one."""
        if self._method == "predict":
            return None
        with quietly():
            try:
                raw = np.asarray(getattr(self.model, self._method or "")(copied(data)), dtype=float)
            except Exception:  # one change may be too much for all
                return None
        raw = raw.reshape(len(raw), -1)
        if raw.shape[1] > 2:
            return raw.max(axis=1)
        return raw[:, -1]

    # ---- surfaces --------------------------------------------------------------------------------

    def frame(self) -> pd.DataFrame:
        """Return one row for each step: path, what it is, what became of the columns, time, error."""
        return output.frame(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the replay as plain data, with all that a surface shows."""
        return output.to_dict(self)

    def to_json(self, path: str | PathLike[str] | None = None) -> str:
        """Return the replay as JSON; with ``path`` write it there too."""
        return output.written(output.to_json(self), path)

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """Return a static HTML page, every text of the record escaped; with ``path`` write it there too."""
        from ladder_widgets.surfaces.replay_html import page

        return output.written(page(self.to_dict()), path)

    def to_test(
        self, path: str | PathLike[str] | None = None, *, artifact: Any = None, should: Any = None
    ) -> str:
        """Return a pytest file that pins this record's answer; with ``path`` write it there too.

        Parameters
        ----------
        path : path, optional
        artifact : path, optional
            File of the model; by default the one it was loaded from.
        should : float, label or dict, optional
            What the model should answer; by default what production answered, or answers now.

        Raises
        ------
        ValueError
            If the model was not loaded from a file and ``artifact`` is not given.
        """
        from ladder_widgets.replaying.testfile import source

        file = artifact if artifact is not None else self.artifact
        if file is None:
            raise refuse("artifact", "the path of the saved model, for the test loads it", "no path")
        return output.written(source(self, fspath(file), should), path)

    def __str__(self) -> str:
        from ladder_widgets.surfaces.replay_terminal import render

        return render(self.to_dict())

    def __repr__(self) -> str:
        from ladder_widgets.surfaces.replay_terminal import headline

        return f"<Replay: {headline(self.to_dict())} Next: .first_failure, .explanations, print(replay)>"

    def _repr_html_(self) -> str:
        from ladder_widgets.surfaces.replay_html import fragment

        return fragment(self.to_dict())
