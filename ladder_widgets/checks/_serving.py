"""The columns of a production log beside those of training, and its rows as the model was given them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
from scipy import sparse

from ladder_widgets.case import Case
from ladder_widgets.checks import _probe
from ladder_widgets.checks.base import NotChecked
from ladder_widgets.monitor.drift import is_time_or_id, snapped
from ladder_widgets.monitor.log import Production
from ladder_widgets.scores import ModelFailure, Scores
from ladder_widgets.shared import Shared
from ladder_widgets.table import Feature, Table, take

__all__ = ["ServedColumn", "Serving", "serving"]

#: Rows of either side that distributions are compared on.
SAMPLE = 10_000


@dataclass(frozen=True, eq=False)
class ServedColumn:
    """One column, in training and in production, and the rows that are looked at."""

    name: str
    trained: Feature
    served: Feature
    trained_rows: np.ndarray | None
    served_rows: np.ndarray | None

    @cached_property
    def before(self) -> np.ndarray:
        """Numbers of the sampled training rows; NaN where missing."""
        return _numbers(self.trained, self.trained_rows)

    @cached_property
    def after(self) -> np.ndarray:
        """Numbers of the sampled production rows; NaN where missing."""
        return _numbers(self.served, self.served_rows)

    @cached_property
    def sorted_before(self) -> np.ndarray:
        """The training numbers that are there, in order."""
        return np.sort(self.before[~np.isnan(self.before)])

    @cached_property
    def sorted_after(self) -> np.ndarray:
        """The production numbers that are there, in order."""
        return np.sort(self.after[~np.isnan(self.after)])

    @property
    def numeric(self) -> bool:
        """Whether both sides hold numbers."""
        return {self.trained.kind, self.served.kind} <= {"number", "boolean"}

    @property
    def words(self) -> bool:
        """Whether both sides hold categories."""
        return self.trained.kind == self.served.kind == "category"


def _numbers(feature: Feature, rows: np.ndarray | None) -> np.ndarray:
    values = feature.numbers()
    return snapped(values if rows is None else values[rows])


@dataclass(frozen=True, eq=False)
class Serving:
    """What the log holds of the training columns.

    Attributes
    ----------
    pairs : dict of str to ServedColumn
        Columns on both sides, by their name in training and in its order.
    dropped, added : tuple of str
        Columns on one side only.
    by_position : bool
        Whether columns were matched by their place because one side has no names.
    """

    case: Case
    log: Production
    trained: Table
    pairs: dict[str, ServedColumn]
    dropped: tuple[str, ...]
    added: tuple[str, ...]
    by_position: bool

    @property
    def n_rows(self) -> int:
        """Rows of the log."""
        return self.log.n_rows

    @cached_property
    def restless(self) -> frozenset[str]:
        """Columns that count rows or time, and so move without anything having changed."""
        order = self.log.timestamp
        found = (p.name for p in self.pairs.values() if is_time_or_id(p.trained, p.served, order))
        return frozenset(found)

    def steady(self) -> list[ServedColumn]:
        """All other columns."""
        return [pair for pair in self.pairs.values() if pair.name not in self.restless]

    def rows_as_trained(self, rows: np.ndarray | None = None) -> Any:
        """Production rows in the columns, order and kind of container of training; None if one is lacking."""
        if self.dropped:
            return None
        table = self.log.table
        data = table.data if rows is None else take(table.data, rows)
        positions = [table.names.index(pair.served.name) for pair in self.pairs.values()]
        like = self.trained.data
        if isinstance(like, pd.DataFrame):
            frame = _pandas(data, positions)
            frame.columns = like.columns
            return frame
        if sparse.issparse(data):
            return data.tocsc()[:, positions].tocsr()
        if nw.dependencies.is_into_dataframe(like):
            return _like_frame(data, positions, like)
        if isinstance(data, pd.DataFrame):
            return data.iloc[:, positions].to_numpy()
        if nw.dependencies.is_into_dataframe(data):
            return nw.from_native(data, eager_only=True).to_pandas().iloc[:, positions].to_numpy()
        return np.asarray(data)[:, positions]

    def scores(self, rows: np.ndarray | None = None) -> Scores | ModelFailure:
        """Scores of the model on these rows, or why there are none."""
        data = self.rows_as_trained(rows)
        if data is None:
            return ModelFailure("the log lacks columns that the model was trained on")
        return _probe.score(self.case, data)


def _pandas(data: Any, positions: list[int]) -> pd.DataFrame:
    if isinstance(data, pd.DataFrame):
        return data.iloc[:, positions].copy(deep=False)
    if nw.dependencies.is_into_dataframe(data):
        return nw.from_native(data, eager_only=True).to_pandas().iloc[:, positions]
    dense = data.toarray() if sparse.issparse(data) else np.asarray(data)
    return pd.DataFrame(dense[:, positions]).infer_objects()


def _like_frame(data: Any, positions: list[int], like: Any) -> Any:
    names = list(nw.from_native(like, eager_only=True).columns)
    if isinstance(data, pd.DataFrame) or not nw.dependencies.is_into_dataframe(data):
        frame = _pandas(data, positions)
        columns = {name: frame.iloc[:, place].tolist() for place, name in enumerate(names)}
        return nw.from_dict(columns, backend=nw.get_native_namespace(like)).to_native()
    frame = nw.from_native(data, eager_only=True)
    keys = [frame.columns[position] for position in positions]
    return frame.select([nw.col(key).alias(name) for key, name in zip(keys, names, strict=True)]).to_native()


def serving(case: Case, shared: Shared) -> Serving:
    """Return the columns side by side, worked out once in a climb.

    Raises
    ------
    NotChecked
        If the log holds none of the training columns.
    """
    if "serving" not in shared.memo:
        shared.memo["serving"] = _serving(case)
    found: Serving = shared.memo["serving"]
    if not found.pairs:
        raise NotChecked("Needs the features in the production log: it holds none of the training columns.")
    return found


def _serving(case: Case) -> Serving:
    assert case.production is not None
    trained, served = case.reference.table, case.production.table
    place = {name: name for name in trained.names if name in served.names}
    named = not served.nameless and len(place) == len(trained.names)
    by_position = (
        len(trained.names) == len(served.names) and (trained.nameless or served.nameless) and not named
    )
    if by_position:
        place = dict(zip(trained.names, served.names, strict=True))
    rng = np.random.default_rng(case.random_state)
    rows = _sample(trained.n_rows, rng), _sample(served.n_rows, rng)
    pairs = {
        name: ServedColumn(name, trained.feature(name), served.feature(place[name]), *rows)
        for name in trained.names
        if name in place
    }
    dropped = tuple(name for name in trained.names if name not in place)
    added = tuple(name for name in served.names if name not in set(place.values()))
    return Serving(case, case.production, trained, pairs, dropped, added, by_position)


def _sample(n_rows: int, rng: np.random.Generator) -> np.ndarray | None:
    return None if n_rows <= SAMPLE else np.sort(rng.choice(n_rows, SAMPLE, replace=False))
