"""What the cube answers, at any threshold and in any band: counts, contrasts, kinds, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from ladder_widgets.errors._rows import EVERYTHING, Band, Cell, ScoredRows
from ladder_widgets.errors.calibration import calibration_of
from ladder_widgets.errors.contrast import SHARES, Side, contrast, judged
from ladder_widgets.errors.cube import Numbers
from ladder_widgets.errors.distribution import distribution_of, smirnov
from ladder_widgets.errors.kinds import SURE, UNSURE, judge, reading
from ladder_widgets.errors.sentences import Told, sentences
from ladder_widgets.stats import benjamini_hochberg
from ladder_widgets.validation import choice, listed, number, refuse, shown, whole

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
        chances = self._chances(cube, cell, level, inside)
        told = contrast(cube, self._side(cube, actual, predicted, level, inside), others, chances)
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

    def explain(
        self,
        cell: Cell,
        *,
        threshold: float | None = None,
        band: Band | None = None,
        features: Sequence[str] | None = None,
    ) -> list[str]:
        """Say in three sentences how many rows a cell holds, what sets them apart, and what to make of it.

        Parameters
        ----------
        cell, threshold, band
            As in :meth:`contrast`.
        features : sequence of str, optional
            Names of the features to look at; all by default. The sentences say so, and the
            false-discovery rate is over the signals of all.

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
        rows, unsure, sure = (float(part[actual, predicted]) for part in self._by_sureness(threshold, band))
        expected, of_sure = self._expected(actual, predicted, threshold, band)
        names = [feature.name for feature in self.cube.features]
        looked_at = (
            names
            if features is None
            else [
                choice("features", name, names) for name in listed("features", features, "names of features")
            ]
        )
        told = Told(
            actual=str(self.classes[actual]),
            predicted=str(self.classes[predicted]),
            right=actual == predicted,
            rows=rows,
            of=float(counts[actual].sum()),
            against=float(sum(counts[a, p] for a, p in self._others(cell))),
            effective=self._effective(cell, threshold, band),
            compared=self.cube.n_signals,
            features=(len(looked_at), len(names)),
            confidence=self._mean_confidence(actual, predicted, threshold, band),
            unsure=unsure / rows if rows else 0.0,
            sure=sure / rows if rows else 0.0,
            expected=expected.rows,
            expected_sure=of_sure.rows / expected.rows if expected.rows > 0 else 0.0,
            verdict=judge(rows, sure, expected, of_sure, self._n_kinds),
            banded=inside != EVERYTHING,
            probabilities=self.probabilities,
        )
        scales = {f.name: f.scale for f in self.cube.features if isinstance(f, Numbers)}
        found = self.contrast(cell, threshold=threshold, band=band)
        if features is not None:
            found = judged(found[found["feature"].isin(looked_at)], self.cube.n_signals)
        return sentences(told, found, scales)

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
        """Say of each kind of error how sure the model was, and how many its own probabilities predict.

        A model whose probabilities are right still errs, and is sure of some of its errors: of rows
        that it gives 0.9 a tenth. Errors are systematic where it is sure and wrong more often than
        that: more than a quarter more, and beyond chance (the normal tail of their number, corrected
        for all kinds, at most 0.5 %).

        Parameters
        ----------
        threshold, band
            As in :meth:`confusion`.

        Returns
        -------
        DataFrame
            Columns ``actual, predicted, rows, share_of_errors, mean_confidence, unsure, sure,
            expected_rows, expected_confidence, expected_sure, reading``, the most frequent first: the
            shares with a confidence below 0.6 and of at least 0.8, and how many errors of this kind
            there would be, with what mean confidence and of how many the model would be sure, if its
            probabilities were right (NaN if the scores are none).
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
                *self._predicted_kind(a, p, (rows[a, p], unsure[a, p], sure[a, p]), threshold, band),
            )
            for a, p in cells.tolist()
        ]
        columns = ["rows", "share_of_errors", "mean_confidence", "unsure", "sure", "expected_rows"]
        columns += ["expected_confidence", "expected_sure", "reading"]
        return pd.DataFrame(told, columns=["actual", "predicted", *columns])

    def _predicted_kind(
        self,
        actual: int,
        predicted: int,
        counted: tuple[float, float, float],
        threshold: float | None,
        band: Band | None,
    ) -> tuple[float, float, float, str]:
        """What the probabilities predict of a kind of error, and what its numbers say."""
        rows, unsure, sure = map(float, counted)
        expected, of_sure = self._expected(actual, predicted, threshold, band)
        verdict = judge(rows, sure, expected, of_sure, self._n_kinds)
        share = of_sure.rows / expected.rows if expected.rows > 0 else np.nan
        return expected.rows, expected.confidence, share, reading(verdict, unsure / rows, sure / rows)

    @property
    def _n_kinds(self) -> int:
        return len(self.classes) * (len(self.classes) - 1)

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

    def side(self, actual: int, predicted: int, band: Band) -> list[Side]:
        """Rows of a cell (as codes) in a band, at the threshold in use and the nearest edges of the cube."""
        return self._side(self.cube, actual, predicted, self.threshold, band)

    def bands(
        self, edges: Sequence[float] = (0.0, UNSURE, SURE, 1.0), *, threshold: float | None = None
    ) -> pd.DataFrame:
        """Count rows and errors by confidence.

        Low-confidence errors are unsure: more data or features may help. Errors of high confidence
        beyond those expected are systematic: look for a cause.

        Parameters
        ----------
        edges : sequence of float
            Ends of the bands, ascending.

        Returns
        -------
        DataFrame
            Columns ``from, to, rows, errors, error_rate, share_of_errors, expected_errors``: the last
            says how many there would be if the confidence were right (NaN if scores are no
            probabilities).
        """
        ends = _ends(edges)
        found = []
        for low, high in pairwise(ends):
            counts = self._counts(threshold, (low, high))
            rows = counts.sum().item()
            expected = self._doubt(threshold, (low, high)) if self.probabilities else np.nan
            found.append((low, high, rows, rows - np.trace(counts).item(), expected))
        frame = pd.DataFrame(found, columns=["from", "to", "rows", "errors", "expected"])
        expected_errors = frame.pop("expected")
        frame["error_rate"] = frame["errors"] / frame["rows"].where(frame["rows"] > 0)
        frame["share_of_errors"] = frame["errors"] / (float(frame["errors"].sum()) or 1.0)
        return frame.assign(expected_errors=expected_errors)

    def _doubt(self, threshold: float | None, band: Band) -> float:
        """What is missing from the confidence of all rows in a band to certainty, added up."""
        counts, k = self._counts(threshold, band), len(self.classes)
        cells = [(a, p) for a in range(k) for p in range(k) if counts[a, p] > 0]
        return float(sum(counts[a, p] * (1 - self._mean_confidence(a, p, threshold, band)) for a, p in cells))


def _ends(edges: Sequence[float]) -> list[float]:
    """Ends of bands as numbers; ValueError unless they are two at least and ascend from 0 to 1."""
    accepted = "at least two numbers between 0 and 1, ascending"
    ends = [number("edges", end, 0, 1, accepted) for end in listed("edges", edges, accepted)]
    if len(ends) < 2 or any(low >= high for low, high in pairwise(ends)):
        raise refuse("edges", accepted, shown(edges))
    return ends
