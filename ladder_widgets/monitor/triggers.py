"""Rules as data: when a figure of production calls for somebody, or for a retrain."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from ladder_widgets.monitor._trigger_crossing import crossings, runs, tidy
from ladder_widgets.monitor._trigger_words import fired_words, rule_words
from ladder_widgets.validation import choice, listed, refuse, shown

if TYPE_CHECKING:
    from ladder_widgets.monitor._trigger_simulation import Simulation
    from ladder_widgets.monitor.baseline import Baseline

__all__ = ["Fired", "Trigger", "Triggers"]

KINDS = ("alert", "retrain")


@dataclass(frozen=True)
class Trigger:
    """A limit on a measure.

    Parameters
    ----------
    name : str
    measure : str
        Of :attr:`Watch.measures <ladder_widgets.monitor.watch.Watch.measures>`: ``"auc_drop"``,
        ``"psi:income"``, ``"psi:score"``, ``"ks:income"``, ``"missing:income"``, ``"coverage"``,
        ``"rows"``, … A name before the colon alone (``"psi"``) means every feature.
    above, below : float, optional
        The limit, one of the two. Where the measure has an interval, all of it must lie beyond, at 95 %
        for all windows and features of a month together.
    for_windows : int
        Windows running.
    min_rows : int
        Rows that a window needs to be judged.
    kind : {"alert", "retrain"}
    note : str
        For whoever is called.

    Raises
    ------
    ValueError
        If a parameter cannot be used; the message names it.

    Examples
    --------
    >>> Trigger("few labels", "coverage", below=0.5, for_windows=3).words
    'coverage below 0.5 for 3 windows running'
    """

    name: str
    measure: str
    above: float | None = None
    below: float | None = None
    for_windows: int = 1
    min_rows: int = 500
    kind: str = "alert"
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("name", "measure"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise refuse(name, "a text that is not empty", shown(value))
        if (self.above is None) == (self.below is None):
            raise refuse(
                "above", "the limit, or 'below' instead of it", f"above={self.above}, below={self.below}"
            )
        limit = self.limit
        if isinstance(limit, bool) or not isinstance(limit, int | float) or not math.isfinite(limit):
            raise refuse("below" if self.above is None else "above", "a finite number", shown(limit))
        for name, least in (("for_windows", 1), ("min_rows", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise refuse(name, f"a whole number of at least {least}", shown(value))
        choice("kind", self.kind, KINDS)

    @property
    def limit(self) -> float:
        """The limit, whichever side it is on."""
        return self.above if self.above is not None else self.below  # type: ignore[return-value]

    @property
    def words(self) -> str:
        """The rule in words."""
        return rule_words(self)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Trigger:
        """Build it from plain data, such as a file of rules.

        Raises
        ------
        ValueError
            If a key is unknown or a value cannot be used.
        """
        if not isinstance(data, Mapping):
            raise refuse("trigger", "a mapping", shown(data))
        for key in data:
            choice("trigger", key, cls.__dataclass_fields__)
        for key in ("name", "measure"):
            if key not in data:
                raise refuse("trigger", f"a mapping with {key!r}", shown(dict(data)))
        return cls(**data)


@dataclass(frozen=True)
class Fired:
    """A trigger that fires.

    Attributes
    ----------
    trigger : Trigger
    measure : str
        The measure, with its feature; the one that fired last if several do.
    value : float
        In the last window that fires.
    windows : tuple of int
        Starts of all windows that fire, in ms since 1970 UTC.
    times : int
        How often it started to fire.
    since : int or None
        Start of the window since which it has been firing; None if the last window judged does not.
    measures : tuple of str
        All measures that fire.
    """

    trigger: Trigger
    measure: str
    value: float
    windows: tuple[int, ...]
    times: int
    since: int | None
    measures: tuple[str, ...]

    @property
    def words(self) -> str:
        """What happened, in a sentence."""
        return fired_words(self)


class Triggers:
    """A list of triggers.

    Parameters
    ----------
    triggers : iterable of Trigger

    Raises
    ------
    ValueError
        If one is no trigger, or two have the same name.

    Examples
    --------
    >>> rules = Triggers([Trigger("few rows", "rows", below=1000, min_rows=0)])
    >>> measures = pd.DataFrame({"start": [0, 1], "end": [1, 2], "rows": [5000, 10], "measure": "rows",
    ...                          "value": [5000.0, 10.0], "low": None, "high": None, "mature": True})
    >>> rules.evaluate(measures)[0].words
    'few rows: rows is 10, limit 1000, since 1 January 1970.'
    """

    def __init__(self, triggers: Iterable[Trigger]) -> None:
        self._triggers = tuple(listed("triggers", triggers, "a list of Trigger"))
        names = set()
        for one in self._triggers:
            if not isinstance(one, Trigger):
                raise refuse("triggers", "a list of Trigger", shown(one))
            if one.name in names:
                raise refuse("triggers", "triggers with different names", f"two called {shown(one.name)}")
            names.add(one.name)

    @classmethod
    def default(cls, psi: float = 0.25, auc_drop: float = 0.05) -> Triggers:
        """Return the usual rules: retrain where the AUC fell, or a feature or the score moved.

        A drop that is only estimated from the scores calls for a look, not for a retrain; so do labels
        that should be there by now.
        """
        return cls(
            [
                Trigger("AUC drop", "auc_drop", above=auc_drop, kind="retrain"),
                Trigger("drift", "psi", above=psi, kind="retrain"),
                Trigger("estimated AUC drop", "auc_drop_estimated", above=auc_drop),
                Trigger("schema", "schema_violations", above=0, min_rows=1),
                Trigger("labels", "labels_overdue", above=0),
            ]
        )

    def __iter__(self) -> Iterator[Trigger]:
        return iter(self._triggers)

    def __len__(self) -> int:
        return len(self._triggers)

    def __getitem__(self, name: str) -> Trigger:
        """Return a trigger by its name."""
        choice("name", name, [one.name for one in self])
        return next(one for one in self if one.name == name)

    def __repr__(self) -> str:
        return f"<Triggers: {'; '.join(f'{one.name} ({one.words})' for one in self)}>"

    def evaluate(self, measures: pd.DataFrame) -> tuple[Fired, ...]:
        """Return the triggers that fire in any window.

        Parameters
        ----------
        measures : DataFrame
            One row per window and measure: ``start, end, rows, measure, value, low, high, mature``.
        """
        frame = tidy(measures)
        return tuple(fired for one in self if (fired := _fired(one, frame)) is not None)

    def told(self, measures: pd.DataFrame, fired: Iterable[Fired] | None = None) -> list[dict[str, Any]]:
        """Return every trigger as plain data, those that do not fire with the value nearest to their limit.

        Keys ``name, kind, fired, since, words, measure, value, limit``; times are ms since 1970 UTC.
        """
        frame = tidy(measures)
        known = self.evaluate(measures) if fired is None else fired
        by_name = {one.trigger.name: one for one in known}
        return [_told(trigger, by_name.get(trigger.name), frame) for trigger in self]

    def backtest(self, measures: pd.DataFrame, *, maturity: int | None = None) -> pd.DataFrame:
        """Replay the triggers over the history of a log.

        Parameters
        ----------
        measures : DataFrame
            As for :meth:`evaluate`. Values of labels are those known today: on the day, fewer had come.
        maturity : int, optional
            Delay in ms after which labels have come (``watch.truth.maturity``). With it a trigger on
            labels is said to fire that much after its window.

        Returns
        -------
        DataFrame
            One row per trigger: ``name, kind, rule, judged`` (windows), ``fired``, ``first`` (start of the
            first window that fires, ms), ``known`` (when that could be known, ms), ``measure``, ``times``,
            ``windows`` (their starts), ``still`` and ``words``.
        """
        from ladder_widgets.monitor._trigger_backtest import backtest

        return backtest(tuple(self), tidy(measures), maturity)

    def simulate(self, baseline: Baseline, **settings: Any) -> Simulation:
        """Count false alarms on windows in which nothing has changed, and planted drift that is found.

        Parameters
        ----------
        baseline : Baseline
            ``monitor.reference``.
        **settings
            ``months=12, windows=30`` (a month), ``rows=1000`` (of a window, or a pair to draw from),
            ``n_features=None`` (all), ``planted=(0.3,)`` (PSI), ``random_state=0``.

        Returns
        -------
        Simulation
        """
        from ladder_widgets.monitor._trigger_simulation import simulate

        return simulate(self, baseline, **settings)

    def known(self, measures: Iterable[str]) -> Triggers:
        """Return these triggers if all are about these measures: one that never comes would never fire.

        Raises
        ------
        ValueError
            Naming the trigger and the nearest measures.
        """
        names = list(measures)
        for one in self:
            choice(f"measure of the trigger {one.name}", one.measure, names)
        return self

    def to_dict(self) -> list[dict[str, Any]]:
        """Return plain data."""
        return [one.to_dict() for one in self]

    @classmethod
    def from_dict(cls, data: Iterable[Mapping[str, Any]]) -> Triggers:
        """Build it from plain data."""
        if isinstance(data, Mapping | str) or not isinstance(data, Iterable):
            raise refuse("triggers", "a list of mappings", shown(data))
        return cls(Trigger.from_dict(one) for one in data)


def _fired(trigger: Trigger, frame: pd.DataFrame) -> Fired | None:
    found = runs(trigger, crossings(trigger, frame))
    if not found:
        return None
    last = max(
        found,
        key=lambda run: (run.going_on, run.starts[-1], run.value * (1 if trigger.above is not None else -1)),
    )
    going_on = [run.starts[0] for run in found if run.going_on]
    return Fired(
        trigger,
        last.measure,
        last.value,
        tuple(sorted({start for run in found for start in run.starts})),
        len(found),
        min(going_on) if going_on else None,
        tuple(dict.fromkeys(run.measure for run in found)),
    )


def _told(trigger: Trigger, fired: Fired | None, frame: pd.DataFrame) -> dict[str, Any]:
    told: dict[str, Any] = {"name": trigger.name, "kind": trigger.kind, "limit": trigger.limit}
    if fired is not None:
        return told | {
            "fired": True,
            "since": fired.since,
            "words": fired.words,
            "measure": fired.measure,
            "value": fired.value,
        }
    judged = crossings(trigger, frame)
    worst = None
    if len(judged):
        latest = judged[judged["start"] == judged["start"].max()]
        worst = latest.loc[
            latest["value"].idxmax() if trigger.above is not None else latest["value"].idxmin()
        ]
    return told | {
        "fired": False,
        "since": None,
        "words": trigger.words + ("" if worst is not None else ": no window could be judged"),
        "measure": trigger.measure if worst is None else str(worst["measure"]),
        "value": None if worst is None else float(worst["value"]),
    }
