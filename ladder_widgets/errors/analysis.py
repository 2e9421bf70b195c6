"""ErrorAnalysis: confusion, bands, contrasts and rows at any threshold, in any band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ladder_widgets.errors._answers import Answers
from ladder_widgets.errors._input import read_predictions
from ladder_widgets.errors._rows import Band, Cell
from ladder_widgets.errors.conditions import Condition, Slice
from ladder_widgets.errors.slices import Options, find_slices
from ladder_widgets.errors.suspects import Suspects, find_suspects
from ladder_widgets.table import TableView
from ladder_widgets.validation import whole

if TYPE_CHECKING:
    from ladder_widgets.errors.scan import ScannedErrors

__all__ = ["ErrorAnalysis"]


class ErrorAnalysis(Answers):
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

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_score: Any,
        X: Any = None,
        *,
        pos_label: Any = None,
        classes: Sequence[Any] | None = None,
        threshold: float | None = None,
        sample_weight: Any = None,
    ) -> ErrorAnalysis:
        """Analyse errors without a model.

        Parameters
        ----------
        y_true : array of shape (n_rows,)
            True labels.
        y_score : array of shape (n_rows,) or (n_rows, n_classes)
            P(positive) for two classes, or one column per class in the order of ``classes``, which sum
            to 1 in each row (but for rounding to one decimal).
        X : table of shape (n_rows, n_features), optional
            The rows, for contrasts and for :meth:`rows`. Rows go together by position; pandas objects
            whose indexes say otherwise are refused.
        pos_label : label, optional
            The positive class of two; the last in sorted order by default.
        classes : sequence of labels, optional
            Order of the columns of ``y_score``; sorted labels by default.
        threshold : float, optional
            Decision threshold on P(positive), 0.5 by default; None with more than two classes.
        sample_weight : array of shape (n_rows,), optional
            Weight of each row, not negative: how many rows of the population it stands for. Counts
            are then sums of weights, and intervals use the effective number of rows (Σw)²/Σw²
            (Kish, Survey Sampling, 1965).

        Raises
        ------
        ValueError
            If lengths, labels, scores, weights or the indexes of pandas objects do not go together.

        Examples
        --------
        >>> errors = ErrorAnalysis.from_predictions([0, 0, 1, 1], [0.1, 0.7, 0.4, 0.9])
        >>> errors.confusion().to_numpy().tolist()
        [[1, 1], [1, 1]]
        """
        return cls(
            **read_predictions(
                y_true,
                y_score,
                X,
                pos_label=pos_label,
                classes=classes,
                threshold=threshold,
                sample_weight=sample_weight,
            )
        )

    @classmethod
    def from_table(
        cls,
        data: Any,
        *,
        label: str = "label",
        score: str | Mapping[Any, str] = "score",
        features: Sequence[str] | None = None,
        pos_label: Any = None,
        classes: Sequence[Any] | None = None,
        threshold: float | None = None,
        sample_weight: str | None = None,
    ) -> ScannedErrors:
        """Analyse errors of a table of predictions that does not fit in memory.

        The table is read once to build the cube, by DuckDB or by the engine of the Ibis table, and a
        small part of it a few times more. Counts are exact; a threshold or an end of a band that is
        no edge of the cube costs another aggregate.

        Parameters
        ----------
        data : path or glob of Parquet files, Ibis table, DuckDB relation, pyarrow dataset, or frame
        label : str, default="label"
            Column of the true labels.
        score : str or mapping of class to str, default="score"
            Column of P(positive) for two classes; for more, the column of each class.
        features : sequence of str, optional
            Columns to look at; all others by default, without an index of pandas (of a frame, or in the
            Parquet file that pandas wrote of it).
        pos_label : label, optional
            The positive class of two; the last in sorted order by default.
        classes : sequence of labels, optional
            All classes, in this order; those of ``score`` or of the table, sorted, by default.
        threshold : float, optional
            Decision threshold on P(positive), 0.5 by default; None with more than two classes.
        sample_weight : str, optional
            Column of weights, as in :meth:`from_predictions`.

        Returns
        -------
        ErrorAnalysis
            Without positions: :meth:`rows` fetches 1,000 rows unless told otherwise, and
            :meth:`slices` and :meth:`suspects` look at a sample and say so.

        Raises
        ------
        ModuleNotFoundError
            If Ibis or DuckDB is not installed; the message says how to install them.
        ValueError
            If columns are not there, labels or scores are missing, or scores are no probabilities.

        Examples
        --------
        >>> import pandas as pd
        >>> log = pd.DataFrame({"paid": [0, 0, 1, 1], "p": [0.1, 0.7, 0.4, 0.9], "age": [25, 31, 47, 52]})
        >>> errors = ErrorAnalysis.from_table(log, label="paid", score="p")
        >>> errors.confusion().to_numpy().tolist()
        [[1, 1], [1, 1]]
        >>> errors.rows((1, 0))["age"].tolist()
        [47]
        """
        from ladder_widgets.errors.scan import scan_table

        return scan_table(
            data,
            label=label,
            score=score,
            features=features,
            pos_label=pos_label,
            classes=classes,
            threshold=threshold,
            sample_weight=sample_weight,
        )

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

    def positions(
        self, cell: Cell | None = None, *, threshold: float | None = None, band: Band | None = None
    ) -> np.ndarray:
        """Return the 0-based positions of the rows of a cell in a band (of all errors by default)."""
        k = len(self.classes)
        cells = [(a, p) for a in range(k) for p in range(k) if a != p]
        if cell is not None:
            cells = [self.codes(cell)]
        return self.where[self._rows_of(cells, threshold, band)]

    def rows(
        self,
        cell: Cell | None = None,
        *,
        threshold: float | None = None,
        band: Band | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """Return the rows of a cell in a band, with the user's own index and columns.

        ``actual``, ``predicted``, ``score`` and ``confidence`` come first; without a cell, all
        errors are returned, and without a limit, all rows. Where the rows have columns of these names,
        what the model said is called "score (model)", and so on.
        """
        if limit is not None:
            whole("limit", limit, 0, hint="None for all rows.")
        return self.frame(self.positions(cell, threshold=threshold, band=band)[:limit], threshold)

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
        random_state: int | None = 0,
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
        random_state : int or None, default=0
            Of the split, and of the sample of 100,000 rows to search where there are more; None for
            another one each time.

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
        model, and the scores must come from rows it was not trained on. Rows of weight 0 are left out;
        every other row counts once, as the notes say.

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

    def __repr__(self) -> str:
        wrong = self.predicted() != self.y
        told = f"{int(wrong.sum()):,} errors in {len(self.y):,} rows"
        if self.weights is not None:
            share = self.weights[wrong].sum() / (self.weights.sum() or 1.0)
            told = f"{share:.1%} errors by weight in {int((self.weights > 0).sum()):,} rows"
        return (
            f"ErrorAnalysis: {told}, {len(self.classes)} classes. "
            "Next: .confusion(), .contrast(cell=(actual, predicted)), .rows(cell=…)"
        )
