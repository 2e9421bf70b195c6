"""Numbers and sentences about recorded and replayed answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.case import Case
from ladder_widgets.checks._decisions import Decisions
from ladder_widgets.checks._recorded import Comparison
from ladder_widgets.checks._replay import Replay
from ladder_widgets.finding import Evidence, evidence

__all__ = ["Seen", "numbers_of", "rows_of", "windows_of"]

#: Windows of time in the evidence.
WINDOWS = 10


@dataclass(frozen=True, eq=False)
class Seen:
    """Everything a verdict is made of.

    Attributes
    ----------
    case : Case
    again : Replay
    compared : ndarray
        Positions among the replayed rows that have a recorded score.
    comparison : Comparison or None
        None where no scores were recorded.
    chosen : Decisions or None
        None where no labels were recorded.
    """

    case: Case
    again: Replay
    compared: np.ndarray
    comparison: Comparison | None
    chosen: Decisions | None

    @property
    def changed(self) -> float:
        """Share of decisions that change; by the recorded labels, else by the recorded scores."""
        if self.chosen is not None:
            return self.chosen.share
        assert self.comparison is not None
        recorded, replayed = (v / self.comparison.view.scale for v in self._both)
        if recorded.shape[1] > 1:
            return float(np.mean(recorded.argmax(axis=1) != replayed.argmax(axis=1)))
        threshold = 0.5
        if self.case.binary and self.case.target_problem is None and self.case.try_scores() is not None:
            threshold = self.case.threshold or 0.5
        other = (recorded[:, 0] >= threshold) != (replayed[:, 0] >= threshold)
        return float(np.mean(other & self.comparison.differs))

    @property
    def _both(self) -> tuple[np.ndarray, np.ndarray]:
        assert self.comparison is not None
        return self.comparison.recorded, self.comparison.view.values

    @property
    def agreement_of_scores(self) -> str:
        """Start of a sentence where the scores match and the labels do not."""
        return "" if self.comparison is None else "The recorded scores are this model's, but "

    @property
    def agreement(self) -> str:
        """One sentence on what matches."""
        if self.comparison is None:
            assert self.chosen is not None
            return f"The recorded labels of {len(self.chosen.known)} replayed rows are those of this model."
        few = int(self.comparison.differs.sum())
        but = f", but for {few}" if few else ""
        return f"The recorded scores of {len(self.compared)} replayed rows are those of this model{but}."

    @property
    def notes(self) -> str:
        """What else is worth knowing: scale, rounding, rows left out."""
        notes, one = [], self.comparison
        if one is not None and one.matches and not one.view.plain and one.view.sound:
            notes.append(f"The log holds {one.view.name}.")
        if one is not None and 1e-6 < one.step < 1:
            notes.append(f"Scores are rounded to steps of {one.step:.2g}.")
        if self.again.typed:
            notes.append("The columns were first brought to their types in training.")
        if len(self.again.rows) < self.n_logged:
            notes.append(f"{len(self.again.rows)} of {self.n_logged} logged rows were replayed.")
        return "".join(f" {note}" for note in notes)

    @property
    def n_logged(self) -> int:
        """Rows in the log."""
        assert self.case.production is not None
        return self.case.production.n_rows


def numbers_of(seen: Seen) -> Evidence:
    """Tell how many rows were compared and how they differ."""
    one = seen.comparison
    difference = np.array([0.0]) if one is None else one.difference
    row = (
        seen.n_logged,
        len(seen.again.rows),
        0 if one is None else int(one.differs.sum()),
        0.0 if one is None else one.share,
        float(np.median(difference)),
        float(difference.max()),
        seen.changed,
    )
    return evidence(
        "Recorded against replayed",
        {
            "rows logged": "integer",
            "replayed": "integer",
            "with another score": "integer",
            "share": "percent",
            "median difference": "score",
            "largest": "score",
            "decisions changed": "percent",
        },
        [row],
    )


def rows_of(seen: Seen) -> Evidence:
    """Name the rows that differ most."""
    if seen.comparison is None or not seen.comparison.differs.any():
        return _labels_of(seen)
    assert seen.case.production is not None
    index, one = seen.case.production.table.index, seen.comparison
    order = np.argsort(-one.difference, kind="stable")
    order = order[one.differs[order]]
    column = np.abs(one.view.values - one.recorded).argmax(axis=1)
    logged = seen.again.rows[seen.compared]
    rows = []
    for k in order:
        at, which = int(logged[k]), column[k]
        rows.append((str(index[at]), at, float(one.recorded[k, which]), float(one.view.values[k, which])))
    return evidence(
        "Rows that differ, largest first",
        {"row": "code", "position": "integer", "recorded": "score", "replayed": "score"},
        rows,
    )


def _labels_of(seen: Seen) -> Evidence:
    assert seen.case.production is not None
    index, names = seen.case.production.table.index, seen.case.class_names
    rows, chosen = [], seen.chosen
    for k in [] if chosen is None else np.flatnonzero(chosen.differs):
        assert chosen is not None
        at = int(seen.again.rows[chosen.known[k]])
        said = names[chosen.recorded[k]], names[chosen.replayed[k]]
        rows.append((str(index[at]), at, *said, float(chosen.score[k])))
    return evidence(
        "Rows with another label",
        {"row": "code", "position": "integer", "recorded": "text", "replayed": "text", "score": "score"},
        rows,
    )


def windows_of(seen: Seen) -> tuple[Evidence, ...]:
    """Tell the share of differing rows over time, where there are times."""
    production = seen.case.production
    assert production is not None
    if production.timestamp is None:
        return ()
    if seen.comparison is not None and seen.comparison.differs.any():
        at, differs = seen.again.rows[seen.compared], seen.comparison.differs
    elif seen.chosen is not None:
        at, differs = seen.again.rows[seen.chosen.known], seen.chosen.differs
    else:
        return ()
    rows = [
        (
            str(production.timestamp[at[part[0]]].astype("datetime64[m]")),
            len(part),
            float(differs[part].mean()),
        )
        for part in np.array_split(np.arange(len(at)), min(WINDOWS, len(at)))
    ]
    return (evidence("Over time", {"from": "text", "rows": "integer", "that differ": "percent"}, rows),)
