"""What trying a fix found: plain figures, the mended model, and what became of the finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import pandas as pd

from ladder_widgets.finding import Finding
from ladder_widgets.plain import to_plain
from ladder_widgets.remedies.judge import NAMES
from ladder_widgets.stats import Interval

__all__ = ["FixTrial"]


@dataclass(frozen=True, eq=False)
class FixTrial:
    """What a fix would do.

    Attributes
    ----------
    code : str
        The fault.
    remedy : str
        What was done, in a sentence or two.
    before, after : dict of str to float
        Figures on the validation rows: ``roc_auc``, ``average_precision``, ``balanced_accuracy``,
        ``log_loss``, ``accuracy`` and ``recall_of_rarest``; NaN where one does not apply.
    difference : dict of str to Interval
        After minus before, with a 95 % interval.
    rarest : str
        The class of ``recall_of_rarest``.
    rows : (int, int)
        Validation rows that before and after are judged on.
    estimator : fitted estimator
        The model with the remedy: a clone, never your own object.
    was, still : Finding
        The finding, and what the same check says of the mended case.
    code_to_paste : str
        The same in Python.
    notes : tuple of str
        What to know when reading the figures.
    seconds : float
    """

    code: str
    remedy: str
    before: Mapping[str, float]
    after: Mapping[str, float]
    difference: Mapping[str, Interval]
    rarest: str
    rows: tuple[int, int]
    estimator: Any = field(repr=False)
    was: Finding
    still: Finding
    code_to_paste: str
    notes: tuple[str, ...]
    seconds: float

    @property
    def gone(self) -> bool:
        """Whether the check no longer raises the finding."""
        return not self.still.raised

    @property
    def verdict(self) -> str:
        """What became of the finding, in a sentence."""
        if self.still.status.value in ("skip", "error"):
            return f"The check could not be repeated: {self.still.summary}"
        if self.gone:
            return f"The finding is gone: {self.still.summary}"
        change = f"{self.was.status.word} before, {self.still.status.word} now"
        return f"The finding stays ({change}): {self.still.summary}"

    def frame(self) -> pd.DataFrame:
        """Return one row per figure: ``before``, ``after``, ``difference``, ``low``, ``high``."""
        rows = {
            name: (
                self.before[name],
                self.after[name],
                self.difference[name].mean,
                self.difference[name].low,
                self.difference[name].high,
            )
            for name in NAMES
        }
        columns = ["before", "after", "difference", "low", "high"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=columns)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, as it goes to the panel; the estimator stays here."""
        return to_plain(
            {
                "code": self.code,
                "remedy": self.remedy,
                "metrics": [
                    {
                        "name": name,
                        "before": self.before[name],
                        "after": self.after[name],
                        "difference": asdict(self.difference[name]),
                    }
                    for name in NAMES
                ],
                "rarest": self.rarest,
                "rows": {"before": self.rows[0], "after": self.rows[1]},
                "was": {"status": self.was.status, "summary": self.was.summary},
                "still": {"status": self.still.status, "summary": self.still.summary},
                "verdict": self.verdict,
                "code_to_paste": self.code_to_paste,
                "notes": list(self.notes),
                "seconds": self.seconds,
            }
        )

    def __repr__(self) -> str:
        from ladder_widgets.surfaces import fix

        return fix.text(self)

    def _repr_html_(self) -> str:
        from ladder_widgets.surfaces import fix

        return fix.page(self)
