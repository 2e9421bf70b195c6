"""What is kept of a log: rows in bins, period by period. Counts of two days add up."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ladder_widgets.validation import refuse

__all__ = ["DELAY_EDGES", "Axis", "Counts", "packed", "unpacked"]

#: Delays of labels fall into cells ``floor(DELAY_STEPS ln(1 + delay / DELAY_UNIT))``: each reaches a fifth
#: further than the one before, up to two years.
DELAY_UNIT, DELAY_STEPS, N_DELAYS = 60_000.0, 5.0, 70
#: Edges of these cells in ms.
DELAY_EDGES = np.append(DELAY_UNIT * np.expm1(np.arange(N_DELAYS) / DELAY_STEPS), np.inf)


def _both(one: np.ndarray | None, other: np.ndarray | None, how: Any = np.add) -> np.ndarray | None:
    """What two logs know together; what one does not know, the other may."""
    if one is None or other is None:
        return other if one is None else one
    return np.asarray(how(one, other))


@dataclass(frozen=True, eq=False)
class Axis:
    """Scores of one class, with the labels that have arrived.

    Attributes
    ----------
    label : object
        The class.
    values : ndarray of shape (n_bins,)
        Mean score of each bin, ascending.
    scored : ndarray of shape (n_periods, n_bins + 1)
        Rows by score; the last column are rows without one.
    labelled : ndarray of shape (n_periods, n_bins + 1, 2)
        Rows whose label has arrived, by whether it is this class (0 no, 1 yes).
    decided : ndarray of shape (n_periods, n_bins + 1, 2), or None
        Rows whose decision was recorded, by whether it is this class; None where none was.
    """

    label: Any
    values: np.ndarray
    scored: np.ndarray
    labelled: np.ndarray
    decided: np.ndarray | None = None

    def mapped(self, change: Callable[[np.ndarray], np.ndarray]) -> Axis:
        """Return every array whose first axis is the period changed alike."""
        decided = None if self.decided is None else change(self.decided)
        return replace(self, scored=change(self.scored), labelled=change(self.labelled), decided=decided)

    def __add__(self, other: Axis) -> Axis:
        """Return the rows of both, of the same periods."""
        return replace(
            self,
            scored=self.scored + other.scored,
            labelled=self.labelled + other.labelled,
            decided=_both(self.decided, other.decided),
        )


@dataclass(frozen=True, eq=False)
class Counts:
    """Rows of a log in bins that training defines, by period of time.

    Attributes
    ----------
    every : int
        Length of a period in ms.
    starts : ndarray of int64 of shape (n_periods,)
        Start of each period in ms since 1970 UTC, ascending; periods without rows are left out. A log
        without times is one period that starts at 0.
    rows : ndarray of shape (n_periods,)
    features : dict of str to ndarray of shape (n_periods, n_bins + 1)
        Rows by bin of each feature, missing values last.
    axes : tuple of Axis
        For two classes one, of the positive class; for more one each; empty without scores.
    labels : ndarray of shape (n_periods, n_classes)
        Labels that have arrived.
    delays : ndarray of shape (n_periods, n_delays, n_classes), or None
        Labels by the time from the prediction to the label; None where that is unknown.
    delay_edges : ndarray of shape (n_delays + 1,)
        In ms; the first is 0, the last infinite.
    as_of : int
        The latest time that the log knows of, in ms since 1970 UTC.
    decisions : ndarray of shape (n_periods, n_classes + 1), or None
        Decisions that were recorded, last those that are none of the classes; None where none were.
    latest : ndarray of int64 of shape (n_periods,), or None
        The latest time that is known of the rows of each period: theirs, and those of their labels.
    untimed : int
        Rows without a time that could be read; they are counted nowhere else.
    mark : int
        Sum over the rows of a number that each has by its cells and exact times: rows that differ in these
        have another sum, in whatever order they come, though they may fall into the same bins and periods.
        0 where it was not asked for.
    """

    every: int
    starts: np.ndarray
    rows: np.ndarray
    features: dict[str, np.ndarray]
    axes: tuple[Axis, ...]
    labels: np.ndarray
    delays: np.ndarray | None = None
    delay_edges: np.ndarray = field(default_factory=lambda: DELAY_EDGES)
    as_of: int = 0
    decisions: np.ndarray | None = None
    latest: np.ndarray | None = None
    untimed: int = 0
    mark: int = 0

    @property
    def n_periods(self) -> int:
        """Number of periods with rows."""
        return len(self.starts)

    def __add__(self, other: Counts) -> Counts:
        """Return the counts of both; periods they share are summed."""
        if self.every != other.every or self.features.keys() != other.features.keys():
            raise refuse("other", "counts of the same baseline with periods of the same length", "others")
        if len(self.axes) != len(other.axes):
            raise refuse("other", "counts with scores where these have them", f"{len(other.axes)} of them")
        starts = np.union1d(self.starts, other.starts)
        parts = [one._at(starts) for one in (self, other)]  # noqa: SLF001  our own
        return parts[0]._summed(parts[1])

    def _at(self, starts: np.ndarray) -> Counts:
        places = np.searchsorted(starts, self.starts)

        def spread(values: np.ndarray) -> np.ndarray:
            wide = np.zeros((len(starts), *values.shape[1:]), dtype=values.dtype)
            wide[places] = values
            return wide

        return replace(self._mapped(spread), starts=starts)

    def _summed(self, other: Counts) -> Counts:
        return replace(
            self,
            rows=self.rows + other.rows,
            features={name: values + other.features[name] for name, values in self.features.items()},
            axes=tuple(a + b for a, b in zip(self.axes, other.axes, strict=True)),
            labels=self.labels + other.labels,
            delays=_both(self.delays, other.delays),
            as_of=max(self.as_of, other.as_of),
            decisions=_both(self.decisions, other.decisions),
            latest=_both(self.latest, other.latest, np.maximum),
            untimed=self.untimed + other.untimed,
            mark=self.mark + other.mark,
        )

    def _mapped(self, change: Any, latest: Any = None) -> Counts:
        """Every array whose first axis is the period, changed alike; the latest times in their own way."""

        def of(values: np.ndarray | None, how: Any = change) -> Any:
            return None if values is None else how(values)

        return replace(
            self,
            rows=change(self.rows),
            features={name: change(values) for name, values in self.features.items()},
            axes=tuple(axis.mapped(change) for axis in self.axes),
            labels=change(self.labels),
            delays=of(self.delays),
            decisions=of(self.decisions),
            latest=of(self.latest, latest or change),
        )

    def take(self, periods: Any) -> Counts:
        """Return some periods: a slice, a mask or positions; ``as_of`` stays."""
        return replace(self._mapped(lambda values: values[periods]), starts=self.starts[periods])

    def merged(self, groups: Sequence[np.ndarray], every: int | None = None) -> Counts:
        """Pool periods into windows.

        Parameters
        ----------
        groups : sequence of ndarray of int
            Positions of the periods of each window, ascending and not empty.
        every : int, optional
            Length in ms of the grid that windows begin on; that of a period by default.
        """
        every = every or self.every

        def pooled(values: np.ndarray) -> np.ndarray:
            return np.stack([values[group].sum(axis=0) for group in groups])

        def last(values: np.ndarray) -> np.ndarray:
            return np.array([values[group].max() for group in groups])

        starts = np.array([self.starts[group[0]] for group in groups]) // every * every
        return replace(self._mapped(pooled, last), starts=starts, every=every)

    def unlabelled(self, starts: np.ndarray) -> Counts:
        """Return the counts without the labels of the periods that start so."""
        gone = np.isin(self.starts, starts)

        def cleared(values: np.ndarray) -> np.ndarray:
            return np.where(gone.reshape(-1, *[1] * (values.ndim - 1)), 0, values)

        return replace(
            self,
            axes=tuple(replace(axis, labelled=cleared(axis.labelled)) for axis in self.axes),
            labels=cleared(self.labels),
            delays=None if self.delays is None else cleared(self.delays),
        )

    def labels_only(self) -> Counts:
        """Return the labels without the rows: for rows that were counted before their labels came."""
        bare = self._mapped(np.zeros_like)
        axes = tuple(
            replace(axis, labelled=own.labelled) for axis, own in zip(bare.axes, self.axes, strict=True)
        )
        kept = replace(bare, axes=axes, labels=self.labels, delays=self.delays, latest=self.latest)
        return replace(kept, untimed=0, mark=0)

    def arrays(self) -> Iterator[np.ndarray]:
        """All arrays, in a fixed order."""
        yield from (self.starts, self.rows, *self.features.values(), self.labels)
        for axis in self.axes:
            yield from (axis.scored, axis.labelled)
        kept = [axis.decided for axis in self.axes]
        yield from (one for one in (*kept, self.delays, self.decisions) if one is not None)

    # ---- plain data --------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, arrays by :func:`packed`. Bins and classes are those of the baseline."""
        return {
            "every": int(self.every),
            "starts": packed(self.starts),
            "rows": packed(self.rows),
            "features": {name: packed(values) for name, values in self.features.items()},
            "axes": [_axis_to_dict(axis) for axis in self.axes],
            "labels": packed(self.labels),
            "delays": _if_there(packed, self.delays),
            "as_of": int(self.as_of),
            "decisions": _if_there(packed, self.decisions),
            "latest": _if_there(packed, self.latest),
            "untimed": self.untimed,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], axes: Sequence[Axis]) -> Counts:
        """Build counts from plain data.

        Parameters
        ----------
        data : mapping
            As :meth:`to_dict` gives it.
        axes : sequence of Axis
            Of the baseline: labels and values are the same for all counts.
        """
        kept = [
            replace(
                axis,
                scored=unpacked(one["scored"]),
                labelled=unpacked(one["labelled"]),
                decided=_if_there(unpacked, one.get("decided")),
            )
            for axis, one in zip(axes, data["axes"], strict=bool(data["axes"]))
        ]
        return cls(
            every=int(data["every"]),
            starts=unpacked(data["starts"]),
            rows=unpacked(data["rows"]),
            features={name: unpacked(values) for name, values in data["features"].items()},
            axes=tuple(kept),
            labels=unpacked(data["labels"]),
            delays=_if_there(unpacked, data["delays"]),
            as_of=int(data["as_of"]),
            decisions=_if_there(unpacked, data.get("decisions")),
            latest=_if_there(unpacked, data.get("latest")),
            untimed=int(data.get("untimed", 0)),
        )


def _axis_to_dict(axis: Axis) -> dict[str, Any]:
    told = {"scored": packed(axis.scored), "labelled": packed(axis.labelled)}
    return told if axis.decided is None else {**told, "decided": packed(axis.decided)}


def _if_there(change: Callable[[Any], Any], values: Any) -> Any:
    return None if values is None else change(values)


def packed(values: np.ndarray) -> dict[str, Any]:
    """Return whole numbers as plain data: a year of days as digits takes a second to write and to read.

    Examples
    --------
    >>> unpacked(packed(np.array([[1, 2], [3, 4]]))).tolist()
    [[1, 2], [3, 4]]
    """
    raw = np.ascontiguousarray(values, dtype="<i8").tobytes()
    return {"shape": list(values.shape), "zlib": base64.b64encode(zlib.compress(raw, 1)).decode()}


def unpacked(data: Mapping[str, Any]) -> np.ndarray:
    """Return the array that :func:`packed` was given, as int64."""
    raw = np.frombuffer(zlib.decompress(base64.b64decode(data["zlib"])), dtype="<i8")
    return raw.reshape(data["shape"]).astype(np.int64)
