"""The transformers of a model, each judged: fitted on training, on more, or on other rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from ladder_widgets.case import Case
from ladder_widgets.checks._statistics import (
    Statistics,
    affordable,
    behaviour,
    fills_gaps,
    learned,
    numbers_of,
    relearned,
    summaries,
)
from ladder_widgets.checks._trace import Fitted, NotFollowed, Rows, from_sklearn, join, select, trace
from ladder_widgets.checks._unions import (
    P_CLONE,
    P_SAMPLE,
    Comparison,
    beyond_training,
    by_chance,
    compare,
    matches,
)
from ladder_widgets.table import take

__all__ = ["Judged", "Leak", "judged"]

#: Rows that a transformer which shows nothing is asked to transform, and from how many cells on only a few.
PROBE, PROBE_LARGE, LARGE = 60, 12, 200_000
#: Clones fitted on folds that are looked at: if these are sound so are the others.
MAX_CLONES = 4
_COUNTS = ("n_samples_seen_", "n_samples_")
#: Those of scikit-learn that keep what they have learned to themselves.
_HIDDEN = ("KNNImputer", "SplineTransformer")
#: Cells up to which a power transformer is fitted again: beyond, its first columns stand for all.
POWER_CELLS = 4000
#: Attributes longer than this are no statistics of columns.
_LONG = 5000
#: Figures that must be those of a split without training rows.
FEW_ALONE = 2


@dataclass(frozen=True, eq=False)
class Leak:
    """A transformer whose statistics are those of a union of splits.

    Attributes
    ----------
    fitted : Fitted
    splits : tuple of str
        What it was fitted on.
    comparison : Comparison
    columns : list of str
        Names of the columns it is given; empty if they have none.
    imputer : bool
        Whether it fills gaps.
    chance : float
        Share of samples of training that would look the same.
    """

    fitted: Fitted
    splits: tuple[str, ...]
    comparison: Comparison
    columns: list[str]
    imputer: bool
    chance: float = 0.0


@dataclass(eq=False)
class Judged:
    """All transformers of a model by verdict; each but the leaks by name and whether it fills gaps."""

    leaks: list[Leak] = field(default_factory=list)
    sound: list[tuple[str, bool]] = field(default_factory=list)
    other: list[tuple[str, bool]] = field(default_factory=list)
    unclear: list[tuple[str, bool]] = field(default_factory=list)
    #: Whether something counted exactly the training rows.
    anchored: bool = False


_KNOWN: WeakKeyDictionary[Case, Judged] = WeakKeyDictionary()


def judged(case: Case) -> Judged:
    """Judge every transformer, once a case."""
    if case not in _KNOWN:
        _KNOWN[case] = _judge(case)
    return _KNOWN[case]


def _judge(case: Case) -> Judged:
    tables = {split.name: split.table.data for split in case.splits}
    labels = {split.name: split.y for split in case.splits}
    result = Judged()
    clones: dict[str, int] = {}
    for fitted in _traced(case.model, Rows(tables.__getitem__)):
        clones[fitted.path] = clones.get(fitted.path, 0) + 1
        if fitted.clones and clones[fitted.path] > MAX_CLONES:
            continue
        try:
            _Judge(fitted, case, labels).into(result)
        except Exception:  # an object of any make may raise when it is looked at
            result.unclear.append((fitted.name, False))
    return _settled(result)


def _traced(model: Any, rows: Rows) -> list[Fitted]:
    found: list[Fitted] = []
    with suppress(Exception):  # as above
        for fitted in trace(model, rows):
            found.append(fitted)  # noqa: PERF402 - what was found before it raised is kept
    return found


def _settled(result: Judged) -> Judged:
    """Judge the doubtful by the rest of the model.

    An encoder may know more levels than training has, and a median may be that of the union, because the
    model was fitted on other rows altogether: not where something in it was fitted on exactly these.
    """
    firm = [leak for leak in result.leaks if not leak.chance and not leak.comparison.levels_only]
    for leak in list(result.leaks):
        likely = leak.chance <= P_SAMPLE and not (leak.comparison.levels_only and result.other)
        if not (firm or likely or (result.anchored and not result.other)):
            result.leaks.remove(leak)
            result.unclear.append((leak.fitted.name, leak.imputer))
    return result


class _Judge:
    """One transformer against the rows that may have reached it."""

    def __init__(self, fitted: Fitted, case: Case, labels: Mapping[str, pd.Series]) -> None:
        self.fitted, self.case, self.labels = fitted, case, labels
        self.estimator = fitted.estimator
        self.given = learned(self.estimator)
        self.names = [split.name for split in case.splits]
        self.fits = hasattr(self.estimator, "transform") and hasattr(self.estimator, "fit")

    def into(self, result: Judged) -> None:
        """Add the verdict to the others."""
        if not self.given and from_sklearn(self.estimator) and type(self.estimator).__name__ not in _HIDDEN:
            return  # it learns nothing
        verdicts = []
        for source in self.fitted.sources:
            try:
                verdicts.append((self._verdict(source), self._fills(source)))
            except NotFollowed:
                verdicts.append((self._counted(), False))
        if not verdicts:
            verdicts.append((self._counted(), False))
        leaks = [verdict for verdict, _ in verdicts if isinstance(verdict, Leak)]
        fills = any(fills for _, fills in verdicts) or fills_gaps(self.estimator, None)
        words = {verdict for verdict, _ in verdicts if isinstance(verdict, str)}
        entry = (self.fitted.name, fills)
        if "sound" in words:
            result.sound.append(entry)
            result.anchored |= any(name in self.given for name in _COUNTS)
        elif leaks:
            result.leaks.append(leaks[0])
        elif "other" in words:
            result.other.append(entry)
        elif "unclear" in words:
            result.unclear.append(entry)

    def _fills(self, source: Rows) -> bool:
        return fills_gaps(self.estimator, _complete(source.joined(("train",))))

    def _verdict(self, source: Rows) -> Leak | str:
        source = self._narrowed(source)
        train = source.joined(("train",))
        shape = np.shape(train)
        if not self.fits or not affordable(self.estimator, int(np.prod(shape))):
            return self._by_arrays(source) if not from_sklearn(self.estimator) else self._counted()
        try:
            on_train, copied = relearned(self.estimator, train, self.labels["train"])
        except Exception:  # a transformer of any make may refuse
            return self._by_arrays(source) if not from_sklearn(self.estimator) else self._counted()
        hidden = type(self.estimator).__name__ in _HIDDEN or not from_sklearn(self.estimator)
        if matches(self.given, on_train) and not hidden:
            return "sound"
        probe = self._probe(source) if hidden else None
        given = self._with_behaviour(self.given, self.estimator, probe)
        on_train = self._with_behaviour(on_train, copied, probe)
        if matches(given, on_train):
            return "sound"
        return self._leak(source, given, on_train, probe)

    def _narrowed(self, source: Rows) -> Rows:
        if type(self.estimator).__name__ != "PowerTransformer" or "lambdas_" not in self.given:
            return source
        rows, width = np.shape(source.joined(("train",)))
        width = max(1, min(width, POWER_CELLS // rows))
        self.given = {"lambdas_": np.asarray(self.given["lambdas_"])[:width]}
        return source.then(partial(select, columns=list(range(width))))

    def _with_behaviour(self, statistics: Statistics, transformer: Any, probe: Any) -> Statistics:
        if probe is None:
            return statistics
        try:
            return {**statistics, **behaviour(transformer, probe)}
        except Exception:  # a transformer of any make may refuse
            return statistics

    def _probe(self, source: Rows) -> Any:
        """Rows to ask about: those with gaps first, from every split."""
        rows = source.joined(tuple(self.names))
        gaps = np.flatnonzero(pd.isna(_plain(rows)).any(axis=1))
        count = PROBE if np.prod(np.shape(rows)) <= LARGE else PROBE_LARGE
        some = gaps if len(gaps) >= 3 else np.arange(len(_plain(rows)))
        rng = np.random.default_rng(self.case.random_state)
        return take(rows, np.sort(rng.choice(some, min(count, len(some)), replace=False)))

    def _leak(self, source: Rows, given: Statistics, on_train: Statistics, probe: Any) -> Leak | str:
        best: tuple[Comparison, tuple[str, ...], Statistics] | None = None
        unlike = False
        for splits in beyond_training(self.names):
            try:
                rows = source.joined(splits)
                on_union, copied = relearned(self.estimator, rows, join([self.labels[s] for s in splits]))
            except Exception:  # splits of different makes, or a transformer that refuses
                continue
            on_union = self._with_behaviour(on_union, copied, probe)
            comparison = compare(given, on_train, on_union)
            if _only_counted(comparison):
                comparison = replace(comparison, elements=[])
            unlike = unlike or comparison.different > comparison.to_train
            if "train" not in splits and (self.fitted.clones or len(comparison.elements) < FEW_ALONE):
                continue  # clones are fitted on folds of training, and one median soon meets another split's
            if comparison.found and (best is None or comparison.agreeing > best[0].agreeing):
                best = comparison, splits, on_union
                if comparison.agreeing >= sum(_size(value) for value in given.values()):
                    break
        if best is None:
            return "other" if unlike else "unclear"
        comparison, splits, on_union = best
        if comparison.levels_only and self.fitted.clones:
            return "other"
        chance = 0.0
        if not comparison.levels_only:
            chance = self._chance(comparison, source, on_train, on_union, probe)
        if self.fitted.clones and chance > P_CLONE:
            return "other"
        return self._found(comparison, splits, source, chance)

    def _chance(
        self, comparison: Comparison, source: Rows, on_train: Statistics, on_union: Statistics, probe: Any
    ) -> float:
        """Share of the samples of training that look as guilty; 0 where not even the figures meet."""
        if any(element.statistic in _COUNTS for element in comparison.elements):
            return 0.0
        rows, labels = source.joined(("train",)), self.labels["train"]

        def fitted_on(positions: np.ndarray) -> Statistics:
            some, copied = relearned(self.estimator, take(rows, positions), labels.iloc[positions])
            return self._with_behaviour(some, copied, probe)

        seed = self.case.random_state
        return by_chance(comparison, fitted_on, on_train, on_union, len(labels), seed)

    def _found(self, comparison: Comparison, splits: tuple[str, ...], source: Rows, chance: float) -> Leak:
        train = source.joined(("train",))
        names = getattr(train, "columns", None)
        columns = [] if names is None else [str(name) for name in names]
        table = self.case.val.table
        if not columns and np.ndim(train) == 2 and np.shape(train)[1] == table.n_features:
            columns = table.names  # as they came, or each column by itself
        return Leak(self.fitted, splits, comparison, columns, self._fills(source), chance)

    # ---- without fitting again ------------------------------------------------------------------

    def _counted(self) -> Leak | str:
        """By the number of rows alone, where the rows themselves cannot be followed."""
        seen = next((self.given[name] for name in _COUNTS if name in self.given), None)
        if not isinstance(seen, np.ndarray) or not seen.size:
            return "unclear"
        count, on_train = float(np.max(seen)), float(len(self.labels["train"]))
        if count == on_train:
            return "sound"
        for splits in beyond_training(self.names):
            rows = float(sum(len(self.labels[name]) for name in splits))
            given = {"rows seen": np.array([count])}
            comparison = compare(given, {"rows seen": np.array([on_train])}, {"rows seen": np.array([rows])})
            if comparison.found and not self.fitted.clones:
                return Leak(self.fitted, splits, comparison, [], fills_gaps(self.estimator, None))
        return "other"

    def _by_arrays(self, source: Rows) -> Leak | str:
        """By arrays that hold one number a column: means, medians, extremes, under any name."""
        train = _frame(source.joined(("train",)))
        kept = list(_per_column(self.estimator, train))
        if not kept:
            return "nothing"
        sound = False
        for name, values, columns in kept:
            given = {name: values}
            on_train = {key: {name: each} for key, each in summaries(train[columns]).items()}
            if any(matches(given, each) for each in on_train.values()):
                sound = True
                continue
            for splits in beyond_training(self.names):
                union = summaries(_frame(source.joined(splits))[columns])
                for key, each in on_train.items():
                    on_union = {name: union[key]}
                    comparison = compare(given, each, on_union)
                    again = partial(_summary_of, train[columns], name, key)
                    if (
                        comparison.found
                        and by_chance(comparison, again, each, on_union, len(train), 0) <= P_SAMPLE
                    ):
                        fills = "median" in name.lower() or "fill" in name.lower() or "impute" in name.lower()
                        return Leak(self.fitted, splits, comparison, columns, fills)
        return "sound" if sound else "unclear"


def _only_counted(comparison: Comparison) -> bool:
    """Whether nothing but the number of rows fits: as many rows, but others."""
    counts = [element.statistic in _COUNTS for element in comparison.elements]
    return all(counts) and comparison.different > 2 * len(counts)


def _summary_of(train: pd.DataFrame, name: str, key: str, positions: np.ndarray) -> Statistics:
    return {name: summaries(train.iloc[positions])[key]}


def _per_column(owner: Any, train: pd.DataFrame) -> Iterator[tuple[str, np.ndarray, list[Any]]]:
    """Attributes with one number for each numeric column, or for columns that they or the owner name."""
    numeric = list(train.columns)
    sequences = (list, tuple, np.ndarray, pd.Index)
    lists = [list(value) for _, value in _entries(owner) if isinstance(value, sequences)]
    for name, value in _entries(owner):
        if isinstance(value, pd.Series):
            columns, numbers = list(value.index), value.to_numpy()
        elif isinstance(value, dict):
            columns, numbers = list(value), np.array(list(value.values()), dtype=object)
        elif isinstance(value, np.ndarray | list | tuple):
            numbers = np.asarray(value, dtype=object).ravel()
            named = next(
                (each for each in lists if len(each) == len(numbers) and _among(each, numeric)), None
            )
            columns = named or (numeric if len(numbers) == len(numeric) else [])
        else:
            continue
        if columns and len(columns) == len(numbers) and _among(columns, numeric) and _all_numbers(numbers):
            yield name, numbers.astype(float), columns


def _entries(owner: Any) -> Iterator[tuple[str, Any]]:
    """Attributes that may be statistics, those in dictionaries of dictionaries, too."""
    for name, value in list(getattr(owner, "__dict__", {}).items()):
        nested = isinstance(value, dict) and any(hasattr(each, "__len__") for each in value.values())
        inner = [(f"{name}[{key!r}]", each) for key, each in value.items()] if nested else [(name, value)]
        for key, each in inner:
            if not hasattr(each, "__len__") or len(each) > _LONG or np.ndim(getattr(each, "shape", ())) > 1:
                continue
            if not isinstance(each, np.ndarray) or each.ndim == 1 or 1 in each.shape:
                yield key, each


def _among(columns: list[Any], numeric: list[Any]) -> bool:
    try:
        return set(columns) <= set(numeric)
    except TypeError:
        return False


def _all_numbers(values: np.ndarray) -> bool:
    return all(isinstance(each, float | int | np.number) and not isinstance(each, bool) for each in values)


def _frame(data: Any) -> pd.DataFrame:
    if isinstance(data, pd.DataFrame):
        return data.select_dtypes("number")
    try:
        return pd.DataFrame(numbers_of(data))
    except (TypeError, ValueError) as error:
        raise NotFollowed("no table of numbers") from error


def _plain(data: Any) -> pd.DataFrame:
    if isinstance(data, pd.DataFrame):
        return data
    return pd.DataFrame(data.toarray() if hasattr(data, "toarray") else np.asarray(data))


def _complete(data: Any) -> Any:
    """A few rows without gaps, to see what a transformer does to them."""
    head = data[:200]
    return head.dropna()[:20] if isinstance(head, pd.DataFrame) else head[:20]


def _size(value: Any) -> int:
    return len(value) if isinstance(value, frozenset) else int(np.size(value))
