"""What is kept of a log: rows in bins, period by period. Counts of two days add up."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import numpy as np

from ladder_widgets.validation import refuse

__all__ = ["DELAY_EDGES", "Axis", "Counts", "packed", "unpacked"]

#: Delays of labels fall into cells ``floor(DELAY_STEPS ln(1 + delay / DELAY_UNIT))``: each reaches a fifth
#: further than the one before, up to two years.
DELAY_UNIT, DELAY_STEPS, N_DELAYS = 60_000.0, 5.0, 70
#: Edges of these cells in ms.
DELAY_EDGES = np.append(DELAY_UNIT * np.expm1(np.arange(N_DELAYS) / DELAY_STEPS), np.inf)


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
    """

    label: Any
    values: np.ndarray
    scored: np.ndarray
    labelled: np.ndarray


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
        axes = tuple(
            replace(a, scored=a.scored + b.scored, labelled=a.labelled + b.labelled)
            for a, b in zip(self.axes, other.axes, strict=True)
        )
        known = [one.delays for one in (self, other) if one.delays is not None]
        return replace(
            self,
            rows=self.rows + other.rows,
            features={name: values + other.features[name] for name, values in self.features.items()},
            axes=axes,
            labels=self.labels + other.labels,
            delays=reduce(np.add, known) if known else None,
            as_of=max(self.as_of, other.as_of),
        )

    def _mapped(self, change: Any) -> Counts:
        """Every array whose first axis is the period, changed alike."""
        return replace(
            self,
            rows=change(self.rows),
            features={name: change(values) for name, values in self.features.items()},
            axes=tuple(
                replace(axis, scored=change(axis.scored), labelled=change(axis.labelled))
                for axis in self.axes
            ),
            labels=change(self.labels),
            delays=None if self.delays is None else change(self.delays),
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

        order = np.concatenate(groups)
        first = np.cumsum([0, *(len(group) for group in groups[:-1])])

        def pooled(values: np.ndarray) -> np.ndarray:
            return np.add.reduceat(values[order], first, axis=0)

        starts = np.array([self.starts[group[0]] for group in groups]) // every * every
        return replace(self._mapped(pooled), starts=starts, every=every)

    def labels_only(self) -> Counts:
        """Return the labels without the rows: for rows that were counted before their labels came."""
        bare = self._mapped(np.zeros_like)
        axes = tuple(
            replace(axis, labelled=own.labelled) for axis, own in zip(bare.axes, self.axes, strict=True)
        )
        return replace(bare, axes=axes, labels=self.labels, delays=self.delays)

    def arrays(self) -> Iterator[np.ndarray]:
        """All arrays, in a fixed order."""
        yield from (self.starts, self.rows, *self.features.values(), self.labels)
        for axis in self.axes:
            yield from (axis.scored, axis.labelled)
        if self.delays is not None:
            yield self.delays

    # ---- plain data --------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, arrays by :func:`packed`. Bins and classes are those of the baseline."""
        return {
            "every": int(self.every),
            "starts": packed(self.starts),
            "rows": packed(self.rows),
            "features": {name: packed(values) for name, values in self.features.items()},
            "axes": [{"scored": packed(a.scored), "labelled": packed(a.labelled)} for a in self.axes],
            "labels": packed(self.labels),
            "delays": None if self.delays is None else packed(self.delays),
            "as_of": int(self.as_of),
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
            replace(axis, scored=unpacked(one["scored"]), labelled=unpacked(one["labelled"]))
            for axis, one in zip(axes, data["axes"], strict=bool(data["axes"]))
        ]
        return cls(
            every=int(data["every"]),
            starts=unpacked(data["starts"]),
            rows=unpacked(data["rows"]),
            features={name: unpacked(values) for name, values in data["features"].items()},
            axes=tuple(kept),
            labels=unpacked(data["labels"]),
            delays=None if data["delays"] is None else unpacked(data["delays"]),
            as_of=int(data["as_of"]),
        )


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
