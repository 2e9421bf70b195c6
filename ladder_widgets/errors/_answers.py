"""What the cube answers, at any threshold and in any band: counts, contrasts, kinds, calibration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from ladder_widgets.errors._rows import EVERYTHING, Band, Cell, ScoredRows
from ladder_widgets.errors.calibration import calibration_of
from ladder_widgets.errors.contrast import SHARES, Side, contrast
from ladder_widgets.errors.cube import Numbers
from ladder_widgets.errors.distribution import distribution_of, smirnov
from ladder_widgets.errors.kinds import SURE, UNSURE, reading
from ladder_widgets.errors.sentences import Told, sentences
from ladder_widgets.stats import benjamini_hochberg
from ladder_widgets.validation import number, refuse, shown, whole

__all__ = ["Answers"]


class Answers(ScoredRows):
    """Questions to the cube; the base of :class:`ladder_widgets.errors.ErrorAnalysis`."""

    def confusion(self, *, threshold: float | None = None, band: Band | None = None) -> pd.DataFrame:
        """Count rows by actual (index) and predicted (columns) label.

        Parameters
        ----------
        threshold : float, optional
            On P(positive); the one in use by default.
        band : (float, float), optional
            Keep rows whose confidence is in ``[from, to)``; 1 belongs to the band that ends there.

        Returns
        -------
        DataFrame
            Whole numbers; sums of weights where rows have weights.
        """
        labels = pd.Index(self.classes, dtype=object, tupleize_cols=False)
        return pd.DataFrame(
            self._counts(threshold, band), index=labels.rename("actual"), columns=labels.rename("predicted")
        )

    def contrast(
        self,
        cell: Cell,
        *,
        threshold: float | None = None,
        band: Band | None = None,
        shape: bool = False,
    ) -> pd.DataFrame:
        """Say what sets a confusion cell apart.

        The rows of the cell in the band are compared with *all* rows of the same actual class that
        the model got right (for a cell of right answers: that it got wrong).

        Parameters
        ----------
        cell : (actual label, predicted label)
        threshold, band
            As in :meth:`confusion`.
        shape : bool, default=False
            Also compare the whole distribution of numbers and dates, which means may hide: from the
            rows, so that it takes longer.

        Returns
        -------
        DataFrame
            See :func:`ladder_widgets.errors.contrast.contrast`. With ``shape``, also ``ks, ks_p``,
            the two-sample Kolmogorov–Smirnov distance and its p-value (NaN for shares), and
            ``shape_significant``: what survives a false-discovery rate of 5 %.
        """
        level, inside = self._arguments(threshold, band)
        cube = self._cube_for(level, inside)
        actual, predicted = self.codes(cell)
        others = [s for a, p in self._others(cell) for s in self._side(cube, a, p, level, EVERYTHING)]
        told = contrast(cube, self._side(cube, actual, predicted, level, inside), others)
        return self._with_shape(told, cell, threshold, band) if shape else told

    def _with_shape(
        self, told: pd.DataFrame, cell: Cell, threshold: float | None, band: Band | None
    ) -> pd.DataFrame:
        names = [n for n, kind in zip(told["feature"], told["kind"], strict=True) if kind not in SHARES]
        shapes = pd.DataFrame(index=told.index, columns=["ks", "ks_p"], dtype=float)
        shapes[~told["kind"].isin(SHARES)] = self._shapes(names, cell, threshold, band)
        shapes["shape_significant"] = benjamini_hochberg(shapes["ks_p"].to_numpy())
        return pd.concat([told, shapes], axis=1)

    def _shapes(self, names: list[str], cell: Cell, threshold: float | None, band: Band | None) -> np.ndarray:
        """Kolmogorov–Smirnov distance and p-value of numbers, shape (n_names, 2)."""
        here = self._rows_of([self.codes(cell)], threshold, band)
        there = self._rows_of(self._others(cell), threshold, None)
        table = self.table
        features = [] if table is None else [table.feature(name) for name in names]
        found = [smirnov(feature, here, there, self.weights) for feature in features]
        return np.array(found, dtype=float).reshape(-1, 2)

    def explain(self, cell: Cell, *, threshold: float | None = None, band: Band | None = None) -> list[str]:
        """Say in three sentences how many rows a cell holds, what sets them apart, and what to make of it.

        Parameters
        ----------
        cell, threshold, band
            As in :meth:`contrast`.

        Examples
        --------
        >>> from ladder_widgets.errors import ErrorAnalysis
        >>> errors = ErrorAnalysis.from_predictions([0, 0, 1, 1], [0.1, 0.7, 0.4, 0.9])
        >>> errors.explain((1, 0))[0]
        '1 of 2 rows that are 1 was predicted 0 (50 %), with a confidence of 0.60.'
        """
        _, inside = self._arguments(threshold, band)
        actual, predicted = self.codes(cell)
        counts = self._counts(threshold, None)
        rows, unsure, sure = (part[actual, predicted] for part in self._by_sureness(threshold, band))
        told = Told(
            actual=str(self.classes[actual]),
            predicted=str(self.classes[predicted]),
            right=actual == predicted,
            rows=float(rows),
            of=float(counts[actual].sum()),
            against=float(sum(counts[a, p] for a, p in self._others(cell))),
            effective=self._effective(cell, threshold, band),
            compared=self.cube.n_signals,
            confidence=self._mean_confidence(actual, predicted, threshold, band),
            unsure=float(unsure / rows) if rows else 0.0,
            sure=float(sure / rows) if rows else 0.0,
            banded=inside != EVERYTHING,
            probabilities=self.probabilities,
        )
        scales = {f.name: f.scale for f in self.cube.features if isinstance(f, Numbers)}
        return sentences(told, self.contrast(cell, threshold=threshold, band=band), scales)

    def distribution(
        self, feature: str, cell: Cell, *, threshold: float | None = None, band: Band | None = None
    ) -> pd.DataFrame:
        """Count a feature's values in a cell and in the rows :meth:`contrast` holds it against.

        Parameters
        ----------
        feature : str
            Name of a column.
        cell, threshold, band
            As in :meth:`contrast`.

        Returns
        -------
        DataFrame
            See :func:`ladder_widgets.errors.distribution.distribution_of`.
        """
        if self.table is None:
            raise ValueError("A distribution needs the rows: pass X to ErrorAnalysis.from_predictions.")
        if feature not in self.table.names:
            raise refuse("feature", f"a column of the rows ({shown(self.table.names)})", shown(feature))
        here = self._rows_of([self.codes(cell)], threshold, band)
        there = self._rows_of(self._others(cell), threshold, None)
        return distribution_of(self.table.feature(feature), here, there, self.weights)

    def kinds(self, *, threshold: float | None = None, band: Band | None = None) -> pd.DataFrame:
        """Say of each kind of error how sure the model was.

        Errors of which the model is unsure may be helped by more data or better features; errors of
        which it is sure are systematic.

        Parameters
        ----------
        threshold, band
            As in :meth:`confusion`.

        Returns
        -------
        DataFrame
            Columns ``actual, predicted, rows, share_of_errors, mean_confidence, unsure, sure,
            reading``, the most frequent first: the shares with a confidence below 0.6 and of at
            least 0.8.
        """
        rows, unsure, sure = self._by_sureness(threshold, band)
        wrong = np.where(np.eye(len(rows), dtype=bool), 0, rows)
        cells = np.argwhere(wrong > 0)
        cells = cells[np.argsort(-wrong[tuple(cells.T)], kind="stable")]
        told = [
            (
                self.classes[a],
                self.classes[p],
                rows[a, p],
                rows[a, p] / wrong.sum(),
                self._mean_confidence(a, p, threshold, band),
                unsure[a, p] / rows[a, p],
                sure[a, p] / rows[a, p],
                reading(rows[a, p], unsure[a, p] / rows[a, p], sure[a, p] / rows[a, p]),
            )
            for a, p in cells.tolist()
        ]
        columns = ["rows", "share_of_errors", "mean_confidence", "unsure", "sure", "reading"]
        return pd.DataFrame(told, columns=["actual", "predicted", *columns])

    def calibration(self, bins: int = 10) -> pd.DataFrame:
        """Compare what the model states with what is seen, in about equally full bins.

        With two classes that is the score against the share of the positive class, with more the
        confidence against the share of right answers.

        Parameters
        ----------
        bins : int, default=10
            At most.

        Returns
        -------
        DataFrame
            See :func:`ladder_widgets.errors.calibration.calibration_of`.
        """
        whole("bins", bins, 1)
        hit = [a == self.positive if self.binary else a == p for a, p in self.cube.groups]
        return calibration_of(self.cube, np.array(hit, dtype=bool), bins)

    def wrong_against_right(self, actual: int) -> tuple[list[Side], list[Side]]:
        """Return the wrong and the right rows of a class at the threshold in use."""
        sides = {
            predicted: self._side(self.cube, actual, predicted, self.threshold, EVERYTHING)
            for predicted in range(len(self.classes))
        }
        right = sides.pop(actual)
        return [side for wrong in sides.values() for side in wrong], right

    def bands(
        self, edges: Sequence[float] = (0.0, UNSURE, SURE, 1.0), *, threshold: float | None = None
    ) -> pd.DataFrame:
        """Count rows and errors by confidence.

        Low-confidence errors are unsure: more data or features may help. High-confidence errors
        are systematic: look for a cause.

        Parameters
        ----------
        edges : sequence of float
            Ends of the bands, ascending.

        Returns
        -------
        DataFrame
            Columns ``from, to, rows, errors, error_rate, share_of_errors``.
        """
        ends = _ends(edges)
        found = []
        for low, high in pairwise(ends):
            counts = self._counts(threshold, (low, high))
            rows = counts.sum().item()
            found.append((low, high, rows, rows - np.trace(counts).item()))
        frame = pd.DataFrame(found, columns=["from", "to", "rows", "errors"])
        frame["error_rate"] = frame["errors"] / frame["rows"].where(frame["rows"] > 0)
        frame["share_of_errors"] = frame["errors"] / (float(frame["errors"].sum()) or 1.0)
        return frame


def _ends(edges: Sequence[float]) -> list[float]:
    """Ends of bands as numbers; ValueError unless they are two at least and ascend from 0 to 1."""
    accepted = "at least two numbers between 0 and 1, ascending"
    if isinstance(edges, str) or not isinstance(edges, Iterable):
        raise refuse("edges", accepted, shown(edges))
    ends = [number("edges", end, 0, 1, accepted) for end in edges]
    if len(ends) < 2 or any(low >= high for low, high in pairwise(ends)):
        raise refuse("edges", accepted, shown(edges))
    return ends
