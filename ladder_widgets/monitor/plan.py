"""What of a log is counted: its columns, and what each is counted as."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from ladder_widgets.monitor.baseline import Baseline, FeatureBaseline, ScoreBaseline
from ladder_widgets.monitor.engine import Engine
from ladder_widgets.monitor.grid import Grid

__all__ = ["DIGITS", "Plan", "Use", "Wanted"]

#: A number in a grid, a level, whether there is anything, a time, a label.
Use = Literal["number", "level", "gap", "time", "label"]
#: Numbers of rows are whole numbers below this, so that their squares are exact in float64.
DIGITS = 1 << 26


@dataclass(frozen=True)
class Wanted:
    """A column of a log.

    Attributes
    ----------
    name : str
        What the engine's table calls it.
    use : str
    levels : tuple of str
        Of a level: those with a bin of their own.
    """

    name: str
    use: Use
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Plan:
    """Columns of a log by what they are counted as.

    Attributes
    ----------
    baseline : Baseline
    every : int
        Length of a period in ms.
    features : dict of str to FeatureBaseline
        Those that the log has, by key.
    scores : dict of str to ScoreBaseline
        By key; empty unless the log has the scores of all classes.
    columns : dict of str to Wanted
        By key: those of features, of scores, and the roles label, prediction, timestamp, label_timestamp.
    """

    baseline: Baseline
    every: int
    features: dict[str, FeatureBaseline]
    scores: dict[str, ScoreBaseline]
    columns: dict[str, Wanted]

    @classmethod
    def of(cls, engine: Engine, baseline: Baseline, every: int) -> Plan:
        """Plan the counting of a log."""
        there = [f for f in baseline.features.values() if f.name in engine.columns]
        features = {f"f{place}": feature for place, feature in enumerate(there)}
        columns = {
            key: Wanted(engine.columns[feature.name], _use(feature), feature.levels)
            for key, feature in features.items()
        }
        names = engine.scores([score.label for score in baseline.scores])
        scores: dict[str, ScoreBaseline] = {}
        if len(names) == len(baseline.scores):
            scores = {f"s{place}": score for place, score in enumerate(baseline.scores)}
            columns |= {key: Wanted(name, "number") for key, name in zip(scores, names, strict=True)}
        uses: dict[str, Use] = {
            "timestamp": "time",
            "label_timestamp": "time",
            "label": "label",
            "prediction": "label",
        }
        roles = {role: engine.role(role) for role in uses}
        columns |= {role: Wanted(name, uses[role]) for role, name in roles.items() if name is not None}
        if not columns and engine.columns:  # rows can be counted all the same
            columns = {"any": Wanted(next(iter(engine.columns.values())), "gap")}
        return cls(baseline, every, features, scores, columns)

    @property
    def delayed(self) -> bool:
        """Whether the time from a row to its label is known."""
        return {"timestamp", "label_timestamp", "label"} <= self.columns.keys()

    def grid(self, key: str) -> Grid | None:
        """Grid of a feature or of a score; None for levels and gaps."""
        return self.scores[key].grid if key in self.scores else self.features[key].grid

    def n_bins(self, key: str) -> int:
        """Bins of a feature or of a score, without that of missing values."""
        if key in self.scores:
            return self.scores[key].grid.n_bins
        return len(self.features[key].counts) - 1

    def factor(self, key: str) -> float:
        """What a column is multiplied with in the number of a row: by its name, whatever its place."""
        name = self.features[key].name if key in self.features else key
        return float(int.from_bytes(sha256(name.encode()).digest()[:3], "big") | 1)


def _use(feature: FeatureBaseline) -> Use:
    if not feature.counted:
        return "gap"
    return "level" if feature.grid is None else "number"
