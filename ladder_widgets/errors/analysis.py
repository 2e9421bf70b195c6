"""ErrorAnalysis: confusion, bands, contrasts and rows at any threshold, in any band."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.errors.conditions import Condition, Slice
from ladder_widgets.errors.contrast import Side, contrast
from ladder_widgets.errors.cube import Cube, build_cube
from ladder_widgets.errors.slices import Options, find_slices
from ladder_widgets.labels import as_series, classes_of, encode, plain
from ladder_widgets.scores import GRID, Scores, to_grid
from ladder_widgets.table import Table, TableView
from ladder_widgets.validation import refuse, shown

__all__ = ["ErrorAnalysis"]

Band = tuple[float, float]
Cell = tuple[Any, Any]
EVERYTHING: Band = (0.0, 1.0)
#: Below: the model is unsure. From here on: it is sure of itself.
UNSURE, SURE = 0.6, 0.8


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
    ) -> None:
        self.table = table
        self.y = y
        self.scores = scores
        self.classes = classes
        self.positive = positive
        self.threshold = threshold
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

        Raises
        ------
        ValueError
            If lengths, labels or scores do not go together.

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
        return cls(table, y, scores, labels, positive, float(to_grid(threshold)) if binary else None)

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
        return self._build([] if self.threshold is None else [self.threshold])

    def _build(self, extra: Sequence[float]) -> Cube:
        features = [] if self.table is None else self.table.features()
        predicted = None if self.binary else self.scores.predicted
        # A part has the edges of the whole: what was chosen there can be asked for here.
        edges = extra if self._whole is self else [*extra, *self._whole.cube.axis.edges]
        return build_cube(self.x, self.y, predicted, features, edges)

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
        """
        level, inside = self._arguments(threshold, band)
        cube, k = self._cube_for(level, inside), len(self.classes)
        counts = np.zeros((k, k), dtype=np.int64)
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
        wrong = [code for code in range(len(self.classes)) if code != actual]
        against = wrong if predicted == actual else [actual]
        others = [s for code in against for s in self._side(cube, actual, code, level, EVERYTHING)]
        return contrast(cube, self._side(cube, actual, predicted, level, inside), others)

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
        level, inside = self._arguments(threshold, band)
        cube, k = self._cube_for(level, inside), len(self.classes)
        cells = [(a, p) for a in range(k) for p in range(k) if a != p]
        if cell is not None:
            cells = [(self.code(cell[0]), self.code(cell[1]))]
        chosen = np.zeros(len(self.y), dtype=bool)
        for actual, predicted in cells:
            for side in self._side(cube, actual, predicted, level, inside):
                in_bins = (cube.codes >= side.start) & (cube.codes < side.stop)
                chosen |= in_bins & (cube.group_of == side.group)
        return self.where[chosen]

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
            rows = int(counts.sum())
            found.append((low, high, rows, rows - int(np.trace(counts))))
        frame = pd.DataFrame(found, columns=["from", "to", "rows", "errors"])
        frame["error_rate"] = frame["errors"] / frame["rows"].where(frame["rows"] > 0)
        frame["share_of_errors"] = frame["errors"] / max(1, int(frame["errors"].sum()))
        return frame

    def slices(
        self,
        k: int = 10,
        *,
        level: int = 3,
        cell: Cell | None = None,
        threshold: float | None = None,
        alpha: float = 0.95,
        bins: int = 10,
        min_rows: int | None = None,
        rank: str = "score",
        held_out: bool = True,
        distinct: bool = True,
        random_state: int = 0,
    ) -> pd.DataFrame:
        """Find the subgroups that fail most: up to three conditions that hold together.

        One random half of the rows is searched and what is found is judged on the other, so that chance
        finds are seen for what they are. Numbers are cut into about equally full ranges with round ends;
        a missing value is a condition of its own. See docs/subgroups.md.

        Parameters
        ----------
        k : int, default=10
            Subgroups to return, at most.
        level : {1, 2, 3}
            Conditions of one subgroup, at most.
        cell : (actual, predicted), optional
            Look for subgroups of the rows of that actual class that land in this cell; all errors
            of all rows by default.
        threshold : float, optional
            On P(positive); the one in use by default.
        alpha : float, default=0.95
            Weight of the error rate against the size in the score
            ``α (e_S/|S| / (e/n) − 1) − (1 − α) (n/|S| − 1)`` of SliceLine (Sagadeeva & Boehm, SIGMOD
            2021), for rows and errors of the subgroup S and of all n rows. Only subgroups above 0 are
            returned.
        bins : int, default=10
            Ranges of a number.
        min_rows : int, optional
            Fewest rows of a subgroup among those searched; by default 32, or 1 % of them.
        rank : {"score", "excess"}
            What to look for: the highest score, or the most excess errors, those beyond what there
            would be at the rate of all other rows.
        held_out : bool, default=True
            Search one half and judge on the other. False searches all rows and judges nothing.
        distinct : bool, default=True
            Also join neighbouring ranges, leave out conditions that do no more than chance, and of
            subgroups that fail because of the same rows keep one. False returns exactly the ``k``
            conjunctions of plain bins and levels that rank highest, copies included.
        random_state : int, default=0
            Of the split, and of the sample of 100,000 rows to search where there are more.

        Returns
        -------
        DataFrame
            Columns ``slice`` (see :meth:`within`), ``rows, errors, error_rate, low, high`` (the 95 %
            Wilson interval), ``excess, score`` on all rows; ``held_rows, held_errors,
            held_error_rate`` on the rows that the search did not see, and ``p_value, significant``:
            whether these fail more often inside than outside (Fisher's exact test, one-sided,
            Holm-corrected for all that is returned, 5 %). Significant ones first, then by rank.
            ``attrs["notes"]`` says what was sampled and left out.

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
        return find_slices(self, cell, threshold, options)

    @cached_property
    def leading_slices(self) -> pd.DataFrame:
        """What :meth:`slices` finds by default, searched once."""
        return self.slices()

    def __repr__(self) -> str:
        errors = int((self.predicted() != self.y).sum())
        return (
            f"ErrorAnalysis: {errors:,} errors in {len(self.y):,} rows, {len(self.classes)} classes. "
            "Next: .confusion(), .contrast(cell=(actual, predicted)), .rows(cell=…)"
        )


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
