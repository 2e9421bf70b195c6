"""ErrorAnalysis: confusion, bands, contrasts and rows at any threshold, in any band."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.errors.calibration import calibration_of
from ladder_widgets.errors.conditions import Condition, Slice
from ladder_widgets.errors.contrast import Side, contrast
from ladder_widgets.errors.cube import Cube, Numbers, build_cube
from ladder_widgets.errors.distribution import distribution_of
from ladder_widgets.errors.kinds import SURE, UNSURE, reading
from ladder_widgets.errors.sentences import Told, sentences
from ladder_widgets.errors.slices import Options, find_slices
from ladder_widgets.errors.suspects import Suspects, find_suspects
from ladder_widgets.labels import as_series, classes_of, encode, plain
from ladder_widgets.scores import GRID, Scores, to_grid
from ladder_widgets.table import Table, TableView
from ladder_widgets.validation import refuse, shown

__all__ = ["ErrorAnalysis"]

Band = tuple[float, float]
Cell = tuple[Any, Any]
EVERYTHING: Band = (0.0, 1.0)


class ErrorAnalysis:
    """Errors of a scored set of rows.

    Built by a report (``report.errors``) or from predictions alone
    (:meth:`ErrorAnalysis.from_predictions`).

    Parameters
    ----------
    table : Table or None
        The rows; without them only counts can be told.
    y : ndarray of shape (n_rows,)
        True codes.
    scores : Scores
        Of the same rows.
    classes : list
        Labels.
    positive : int
        Code of the positive class of two.
    threshold : float or None
        Decision threshold in use; None with more than two classes.
    part_of : (ErrorAnalysis, ndarray of int of shape (n_rows,)), optional
        The whole of which these rows are a part, and their positions in it: see :meth:`within`.
    weights : ndarray of shape (n_rows,), optional
        Of the rows, not negative. Counts, shares, means and deviations are then weighted.
    """

    def __init__(
        self,
        table: Table | None,
        y: np.ndarray,
        scores: Scores,
        classes: list[Any],
        positive: int,
        threshold: float | None,
        part_of: tuple[ErrorAnalysis, np.ndarray] | None = None,
        weights: np.ndarray | None = None,
    ) -> None:
        self.table = table
        self.y = y
        self.scores = scores
        self.classes = classes
        self.positive = positive
        self.threshold = threshold
        self.weights = weights
        whole, where = (self, np.arange(len(y))) if part_of is None else part_of
        self._whole: ErrorAnalysis = whole
        #: Positions of these rows in the whole.
        self.where: np.ndarray = where

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_score: Any,
        X: Any = None,
        *,
        pos_label: Any = None,
        classes: Sequence[Any] | None = None,
        threshold: float = 0.5,
        sample_weight: Any = None,
    ) -> ErrorAnalysis:
        """Analyse errors without a model.

        Parameters
        ----------
        y_true : array of shape (n_rows,)
            True labels.
        y_score : array of shape (n_rows,) or (n_rows, n_classes)
            P(positive) for two classes, or one column per class in the order of ``classes``.
        X : table of shape (n_rows, n_features), optional
            The rows, for contrasts and for :meth:`rows`.
        pos_label : label, optional
            The positive class of two; the last in sorted order by default.
        classes : sequence of labels, optional
            Order of the columns of ``y_score``; sorted labels by default.
        threshold : float, default=0.5
            Decision threshold on P(positive).
        sample_weight : array of shape (n_rows,), optional
            Weight of each row, not negative: how many rows of the population it stands for. Counts
            are then sums of weights, and intervals use the effective number of rows (Σw)²/Σw²
            (Kish, Survey Sampling, 1965).

        Raises
        ------
        ValueError
            If lengths, labels, scores or weights do not go together.

        Examples
        --------
        >>> errors = ErrorAnalysis.from_predictions([0, 0, 1, 1], [0.1, 0.7, 0.4, 0.9])
        >>> errors.confusion().to_numpy().tolist()
        [[1, 1], [1, 1]]
        """
        target = as_series(y_true, "y_true")
        labels = list(classes) if classes is not None else classes_of(None, target)
        y = encode(target, labels)
        if (y < 0).any():
            raise refuse("classes", "every label of y_true", shown(labels))
        if len(labels) < 2:
            raise refuse("y_true", "labels of at least two classes", shown(labels))
        positive = len(labels) - 1
        if pos_label is not None:
            if plain(pos_label) not in labels:
                raise refuse("pos_label", f"one of {shown(labels)}", shown(pos_label))
            positive = labels.index(plain(pos_label))
        proba = _probabilities(y_score, len(y), len(labels), positive)
        binary = len(labels) == 2
        predicted = np.argmax(proba, axis=1)
        if binary:
            predicted = np.where(to_grid(proba[:, positive]) >= to_grid(threshold), positive, 1 - positive)
        table = None if X is None else Table(X, "X")
        if table is not None and table.n_rows != len(y):
            raise refuse("X", f"as long as y_true ({len(y)} rows)", f"{table.n_rows} rows")
        scores = Scores(proba, predicted, "predict_proba")
        level = float(to_grid(threshold)) if binary else None
        weights = None if sample_weight is None else _weights(sample_weight, len(y))
        return cls(table, y, scores, labels, positive, level, weights=weights)

    # ---- the axis ----------------------------------------------------------------------------

    @property
    def binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.classes) == 2

    @cached_property
    def x(self) -> np.ndarray:
        """Position of each row on the axis: P(positive), or the confidence with more classes."""
        return self.scores.positive(self.positive) if self.binary else to_grid(self.scores.confidence)

    @cached_property
    def cube(self) -> Cube:
        """The cube that answers the panel."""
        return self._build([UNSURE, SURE, *([] if self.threshold is None else [self.threshold])])

    def _build(self, extra: Sequence[float]) -> Cube:
        features = [] if self.table is None else self.table.features()
        predicted = None if self.binary else self.scores.predicted
        # A part has the edges of the whole: what was chosen there can be asked for here.
        edges = extra if self._whole is self else [*extra, *self._whole.cube.axis.edges]
        return build_cube(self.x, self.y, predicted, features, edges, self.weights)

    def _cube_for(self, threshold: float | None, band: Band) -> Cube:
        """Return a cube with these values among its edges, so that the answer is exact."""
        values = [*band, *([] if threshold is None else [threshold])]
        ends = [*values, *(1 - value for value in values)] if self.binary else values
        if all(self.cube.axis.has(end) for end in ends):
            return self.cube
        return self._build(values)

    def _arguments(self, threshold: float | None, band: Band | None) -> tuple[float | None, Band]:
        if threshold is not None and not self.binary:
            raise refuse("threshold", "None with more than two classes", shown(threshold))
        if threshold is not None and not 0 <= threshold <= 1 + GRID:
            raise refuse("threshold", "a number between 0 and 1", shown(threshold))
        chosen = self.threshold if threshold is None else float(to_grid(threshold))
        if band is None:
            return chosen, EVERYTHING
        low, high = band
        if not 0 <= low <= high <= 1:
            raise refuse("band", "a pair 0 <= from <= to <= 1 of confidences", shown(band))
        return chosen, (float(to_grid(low)), float(to_grid(high)))

    def code(self, label: Any) -> int:
        """Code of a label; ValueError if it is none."""
        if plain(label) not in self.classes:
            raise refuse("cell", f"a pair of labels among {shown(self.classes)}", shown(label))
        return self.classes.index(plain(label))

    def _side(
        self, cube: Cube, actual: int, predicted: int, threshold: float | None, band: Band
    ) -> list[Side]:
        found = cube.ranges(actual, predicted, self.positive, threshold, band)
        return [] if found is None else [Side(found[0], *found[1])]

    def within(self, subgroup: Slice | Condition | Sequence[Condition]) -> ErrorAnalysis:
        """Return the analysis of the rows of a subgroup.

        Every question can be put to it. Positions and index stay those of the whole table.

        Parameters
        ----------
        subgroup : Slice, Condition or sequence of Condition
            Rows that meet all conditions.

        Raises
        ------
        ValueError
            If there are no rows to look at, or a feature is not among their columns.

        Examples
        --------
        >>> import pandas as pd
        >>> from ladder_widgets.errors import Condition
        >>> rows = pd.DataFrame({"age": [25, 31, 47, 52]})
        >>> errors = ErrorAnalysis.from_predictions([0, 0, 1, 1], [0.1, 0.7, 0.4, 0.9], rows)
        >>> errors.within(Condition("age", "number", low=40)).confusion().to_numpy().tolist()
        [[0, 0], [1, 1]]
        """
        if self.table is None:
            raise ValueError("Subgroups need the rows: pass X to ErrorAnalysis.from_predictions.")
        wanted = Slice.of(subgroup)
        rows = np.flatnonzero(wanted.mask(self.table))
        return ErrorAnalysis(
            TableView(self.table, rows),
            self.y[rows],
            self.scores.at(rows),
            self.classes,
            self.positive,
            self.threshold,
            (self._whole, self.where[rows]),
            None if self.weights is None else self.weights[rows],
        )

    # ---- answers -----------------------------------------------------------------------------

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
        level, inside = self._arguments(threshold, band)
        cube, k = self._cube_for(level, inside), len(self.classes)
        counts = np.zeros((k, k), dtype=cube.count.dtype)
        for actual in range(k):
            for predicted in range(k):
                sides = self._side(cube, actual, predicted, level, inside)
                counts[actual, predicted] = sum(side.total(cube.count) for side in sides)
        labels = pd.Index(self.classes, dtype=object)
        return pd.DataFrame(counts, index=labels.rename("actual"), columns=labels.rename("predicted"))

    def contrast(
        self, cell: Cell, *, threshold: float | None = None, band: Band | None = None
    ) -> pd.DataFrame:
        """Say what sets a confusion cell apart.

        The rows of the cell in the band are compared with *all* rows of the same actual class that
        the model got right (for a cell of right answers: that it got wrong).

        Parameters
        ----------
        cell : (actual label, predicted label)
        threshold, band
            As in :meth:`confusion`.

        Returns
        -------
        DataFrame
            See :func:`ladder_widgets.errors.contrast.contrast`.
        """
        level, inside = self._arguments(threshold, band)
        cube = self._cube_for(level, inside)
        actual, predicted = self.code(cell[0]), self.code(cell[1])
        others = [s for a, p in self._others(cell) for s in self._side(cube, a, p, level, EVERYTHING)]
        return contrast(cube, self._side(cube, actual, predicted, level, inside), others)

    def explain(self, cell: Cell, *, threshold: float | None = None, band: Band | None = None) -> list[str]:
        """Say in three sentences how many rows a cell holds, what sets them apart, and what to make of it.

        Parameters
        ----------
        cell, threshold, band
            As in :meth:`contrast`.

        Examples
        --------
        >>> errors = ErrorAnalysis.from_predictions([0, 0, 1, 1], [0.1, 0.7, 0.4, 0.9])
        >>> errors.explain((1, 0))[0]
        '1 of 2 rows that are 1 was predicted 0 (50 %), with a confidence of 0.60.'
        """
        _, inside = self._arguments(threshold, band)
        actual, predicted = self.code(cell[0]), self.code(cell[1])
        counts = self.confusion(threshold=threshold).to_numpy()
        rows, unsure, sure = (part[actual, predicted] for part in self._by_sureness(threshold, band))
        told = Told(
            actual=str(self.classes[actual]),
            predicted=str(self.classes[predicted]),
            right=actual == predicted,
            rows=float(rows),
            of=float(counts[actual].sum()),
            against=float(sum(counts[a, p] for a, p in self._others(cell))),
            confidence=self._mean_confidence(actual, predicted, threshold, band),
            unsure=float(unsure / rows) if rows else 0.0,
            sure=float(sure / rows) if rows else 0.0,
            banded=inside != EVERYTHING,
            probabilities=self.scores.probabilities,
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
        here = self._rows_of([(self.code(cell[0]), self.code(cell[1]))], threshold, band)
        there = self._rows_of(self._others(cell), threshold, None)
        return distribution_of(self.table.feature(feature), here, there)

    def _others(self, cell: Cell) -> list[tuple[int, int]]:
        """Cells that a cell is held against: its right answers, or for these the wrong ones."""
        actual, predicted = self.code(cell[0]), self.code(cell[1])
        if predicted != actual:
            return [(actual, actual)]
        return [(actual, code) for code in range(len(self.classes)) if code != actual]

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

    def _by_sureness(self, threshold: float | None, band: Band | None) -> list[np.ndarray]:
        """Confusion counts in the band, and of these below 0.6 and from 0.8 on."""
        _, (low, high) = self._arguments(threshold, band)
        whole = self.confusion(threshold=threshold, band=band).to_numpy()
        parts = [(low, min(high, UNSURE)), (max(low, SURE), high)]
        return [
            whole,
            *(
                self.confusion(threshold=threshold, band=part).to_numpy()
                if part[0] < part[1]
                else np.zeros_like(whole)
                for part in parts
            ),
        ]

    def _mean_confidence(
        self, actual: int, predicted: int, threshold: float | None, band: Band | None
    ) -> float:
        level, inside = self._arguments(threshold, band)
        cube = self._cube_for(level, inside)
        sides = self._side(cube, actual, predicted, level, inside)
        rows = sum(side.total(cube.count) for side in sides)
        score = sum(side.total(cube.score) for side in sides)
        mirrored = self.binary and predicted != self.positive
        return (rows - score if mirrored else score) / rows if rows else np.nan

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
        if bins < 1:
            raise refuse("bins", "at least 1", shown(bins))
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

    def positions(
        self, cell: Cell | None = None, *, threshold: float | None = None, band: Band | None = None
    ) -> np.ndarray:
        """Return the 0-based positions of the rows of a cell in a band (of all errors by default)."""
        k = len(self.classes)
        cells = [(a, p) for a in range(k) for p in range(k) if a != p]
        if cell is not None:
            cells = [(self.code(cell[0]), self.code(cell[1]))]
        return self.where[self._rows_of(cells, threshold, band)]

    def _rows_of(
        self, cells: Sequence[tuple[int, int]], threshold: float | None, band: Band | None
    ) -> np.ndarray:
        """Places of the rows of some cells (as codes) in a band, among the rows of this analysis."""
        _, (low, high) = self._arguments(threshold, band)
        predicted, k = self.predicted(threshold), len(self.classes)
        wanted = np.zeros(k * k, dtype=bool)
        wanted[[actual * k + code for actual, code in cells]] = True
        inside = wanted[self.y * k + predicted]
        if (low, high) != EVERYTHING:
            confidence = self.confidence(threshold)
            inside &= (confidence >= low) & ((confidence < high) | (high >= 1))
        return np.flatnonzero(inside)

    def rows(
        self, cell: Cell | None = None, *, threshold: float | None = None, band: Band | None = None
    ) -> pd.DataFrame:
        """Return the rows of a cell in a band, with the user's own index and columns.

        ``actual``, ``predicted``, ``score`` and ``confidence`` come first; without a cell, all
        errors are returned.
        """
        return self.frame(self.positions(cell, threshold=threshold, band=band), threshold)

    def frame(self, positions: np.ndarray, threshold: float | None = None) -> pd.DataFrame:
        """Return rows by position in the whole table, with what the model said of them."""
        if self._whole is not self:
            return self._whole.frame(positions, threshold)
        predicted = self.predicted(threshold)[positions]
        confidence = self.confidence(threshold)[positions]
        labels = np.array(self.classes, dtype=object)
        told = {
            "actual": labels[self.y[positions]],
            "predicted": labels[predicted],
            "score": self.x[positions],
            "confidence": confidence,
        }
        if self.table is None:
            return pd.DataFrame(told, index=positions)
        rows = self.table.frame(positions)
        taken = set(rows.columns)
        names = {name: name if name not in taken else f"{name} (model)" for name in told}
        lead = pd.DataFrame({names[name]: values for name, values in told.items()}, index=rows.index)
        return pd.concat([lead, rows], axis=1)

    def predicted(self, threshold: float | None = None) -> np.ndarray:
        """Predicted codes at a threshold, shape (n_rows,)."""
        level, _ = self._arguments(threshold, None)
        if level is None:
            return self.scores.predicted
        return np.where(self.x >= level, self.positive, 1 - self.positive)

    def confidence(self, threshold: float | None = None) -> np.ndarray:
        """Score of the predicted label at a threshold, shape (n_rows,)."""
        if not self.binary:
            return self.x
        return np.where(self.predicted(threshold) == self.positive, self.x, 1 - self.x)

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
        found = []
        for low, high in pairwise(edges):
            counts = self.confusion(threshold=threshold, band=(low, high)).to_numpy()
            rows = counts.sum().item()
            found.append((low, high, rows, rows - np.trace(counts).item()))
        frame = pd.DataFrame(found, columns=["from", "to", "rows", "errors"])
        frame["error_rate"] = frame["errors"] / frame["rows"].where(frame["rows"] > 0)
        frame["share_of_errors"] = frame["errors"] / (float(frame["errors"].sum()) or 1.0)
        return frame

    def slices(
        self,
        k: int = 10,
        *,
        level: int = 3,
        cell: Cell | None = None,
        alpha: float = 0.95,
        bins: int = 10,
        min_rows: int | None = None,
        rank: str = "score",
        held_out: bool = True,
        distinct: bool = True,
        random_state: int = 0,
    ) -> pd.DataFrame:
        """Find the subgroups that fail most: up to three conditions that hold together.

        Every combination of conditions is covered: the ``k`` with the highest score are found
        exactly, at the threshold in use. Numbers are cut into about equally full ranges.

        Parameters
        ----------
        k : int, default=10
            Subgroups to return, at most.
        level : {1, 2, 3}
            Conditions of one subgroup, at most.
        cell : (actual, predicted), optional
            Look for subgroups of the rows of that actual class that land in this cell; all errors
            of all rows by default.
        alpha : float, default=0.95
            Weight of the error rate against the size in the score
            ``α (e_S/|S| / (e/n) − 1) − (1 − α) (n/|S| − 1)`` of SliceLine (Sagadeeva & Boehm, SIGMOD
            2021), for rows and errors of the subgroup S and of all n rows. Below 0 it is not worth a
            look.
        bins : int, default=10
            Ranges of a number.
        min_rows : int, optional
            Fewest rows of a subgroup; by default 32, or 1 % of the rows searched.
        rank : {"score", "excess"}
            Order of the result; excess is how many errors fewer there would be at the rate of the
            rest.
        held_out : bool, default=True
            Search one random half of the rows and judge what was found on the other.
        distinct : bool, default=True
            Join neighbouring ranges while that raises the score, and drop subgroups that share more
            than 90 % of their rows with a better one. False returns exactly the top ``k``.
        random_state : int, default=0
            Of the split, and of the sample of 200,000 rows where there are more.

        Returns
        -------
        DataFrame
            Columns ``slice`` (see :meth:`within`), ``rows, errors, error_rate, low, high, excess``
            on all rows (with the 95 % Wilson interval), ``score`` on the rows searched,
            ``held_rows, held_errors, held_error_rate``, and ``p_value, significant``: whether the
            rows that the search did not see fail more often inside than outside (hypergeometric
            test, one-sided, Holm-corrected, 5 %). ``attrs["notes"]`` says what was sampled.

        Raises
        ------
        ValueError
            If there are no rows to search, or an option cannot be used.

        Examples
        --------
        >>> import numpy as np, pandas as pd
        >>> rng = np.random.default_rng(0)
        >>> X = pd.DataFrame({"age": rng.integers(18, 80, 4000), "town": rng.choice(["a", "b"], 4000)})
        >>> y = rng.integers(0, 2, 4000)
        >>> fails = (X["age"] < 30) & (X["town"] == "b") & (rng.random(4000) < 0.5)
        >>> errors = ErrorAnalysis.from_predictions(y, np.where(fails, 1 - y, y), X)
        >>> print(errors.slices()["slice"][0])
        age below 30 and town is b
        """
        options = Options(k, level, alpha, bins, min_rows, rank, held_out, distinct, random_state)
        return find_slices(self, cell, options)

    @cached_property
    def leading_slices(self) -> pd.DataFrame:
        """What :meth:`slices` finds by default, searched once."""
        return self.slices()

    def to_html(self, path: str | PathLike[str] | None = None, *, rows: int = 0) -> str:
        """Return the error explorer as one page, no kernel, no network; write it to ``path`` if given.

        Parameters
        ----------
        path : path, optional
        rows : int, default=0
            Rows that go into the page, as in :meth:`ladder_widgets.Report.to_html`.
        """
        from ladder_widgets.surfaces.html import render_errors

        page = render_errors(self, rows)
        if path is not None:
            Path(path).write_text(page, encoding="utf-8")
        return page

    def suspects(self) -> Suspects:
        """Return rows whose label is in doubt, with how many are expected where labels are correct.

        Two lists: rows for which the model is sure of another label (confident learning), and rows
        that are alike in every feature and carry different labels. Both are only as good as the
        model, and the scores must come from rows it was not trained on.

        Examples
        --------
        >>> import numpy as np
        >>> score = np.r_[np.full(50, 0.02), np.full(50, 0.98)]
        >>> y = (score > 0.5).astype(int)
        >>> y[[3, 60]] = 1 - y[[3, 60]]
        >>> ErrorAnalysis.from_predictions(y, score).suspects().label_issues.index.tolist()
        [3, 60]
        """
        return self._suspects

    @cached_property
    def _suspects(self) -> Suspects:
        return find_suspects(self)

    @property
    def index(self) -> pd.Index:
        """The user's own row labels; 0, 1, 2 … where the rows carry none."""
        return pd.Index(self.where) if self.table is None else self.table.index

    def __repr__(self) -> str:
        errors = int((self.predicted() != self.y).sum())
        return (
            f"ErrorAnalysis: {errors:,} errors in {len(self.y):,} rows, {len(self.classes)} classes. "
            "Next: .confusion(), .contrast(cell=(actual, predicted)), .rows(cell=…)"
        )


def _weights(sample_weight: Any, n_rows: int) -> np.ndarray:
    weights = np.asarray(sample_weight, dtype=float)
    accepted = f"{n_rows} numbers, none of them negative and not all zero"
    if weights.shape != (n_rows,):
        raise refuse("sample_weight", accepted, f"shape {weights.shape}")
    if not np.isfinite(weights).all() or weights.min() < 0 or not weights.any():
        raise refuse("sample_weight", accepted, f"values from {weights.min()} to {weights.max()}")
    return weights


def _probabilities(y_score: Any, n_rows: int, n_classes: int, positive: int) -> np.ndarray:
    raw = np.asarray(y_score, dtype=float)
    if raw.ndim == 1 and n_classes == 2:
        columns = [1 - raw, raw] if positive == 1 else [raw, 1 - raw]
        raw = np.column_stack(columns)
    if raw.shape != (n_rows, n_classes):
        accepted = f"of shape ({n_rows}, {n_classes})" + (f" or ({n_rows},)" if n_classes == 2 else "")
        raise refuse("y_score", accepted, f"shape {np.asarray(y_score).shape}")
    if not (np.isfinite(raw).all() and raw.min() >= 0 and raw.max() <= 1):
        raise refuse("y_score", "probabilities between 0 and 1", f"values from {raw.min()} to {raw.max()}")
    return raw
