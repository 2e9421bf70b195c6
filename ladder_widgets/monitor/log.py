"""The production log: rows the model met in use, and what was recorded beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from glob import glob
from importlib.util import find_spec
from os import PathLike
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from ladder_widgets.table import Feature, Table
from ladder_widgets.validation import refuse, shown

if TYPE_CHECKING:
    from ladder_widgets.errors._scan_source import Source
    from ladder_widgets.monitor.engine import Engine
    from ladder_widgets.monitor.monitor import Monitor

__all__ = ["ROLES", "Production", "ProductionLog", "has_engine", "matching", "stamps"]

#: Roles that a column may play.
ROLES = ("score", "prediction", "label", "timestamp", "label_timestamp")


class ProductionLog:
    """Rows from production, with the columns that play a role.

    Parameters
    ----------
    data : frame, array, path or Ibis table
        One row per prediction: pandas, polars, pyarrow, numpy, the path (or glob, or list) of Parquet
        files, a DuckDB relation, or an Ibis table. With Ibis and DuckDB (the extra ``monitor``) files
        and tables stay where they are until rows of theirs are needed.
    score : str, or mapping of class to str
        Column with the recorded P(positive); one column for each class where there are more.
    prediction, label : str
        Columns with the recorded label and, where it has arrived, the true one.
    timestamp, label_timestamp : str
        Columns with the time of the prediction and the time the true label arrived.
    features : sequence of str, optional
        Columns that were given to the model; by default all that play no role.
    monitor : Monitor, optional
        What watches this log: the production checklist judges its triggers.

    A role named by default may be missing. None says that there is no such column.

    Raises
    ------
    ValueError
        If a column named explicitly is not in ``data``.

    Examples
    --------
    >>> log = ProductionLog(pd.DataFrame({"age": [30, 40], "score": [0.2, 0.9], "label": [None, 1]}))
    >>> log.roles
    {'score': 'score', 'label': 'label'}
    >>> log.feature_names()
    ['age']
    """

    def __init__(
        self,
        data: Any,
        *,
        score: str | Mapping[Any, str] | None = "score",
        prediction: str | None = "prediction",
        label: str | None = "label",
        timestamp: str | None = "timestamp",
        label_timestamp: str | None = "label_timestamp",
        features: Iterable[str] | None = None,
        monitor: Monitor | None = None,
    ) -> None:
        self.monitor = monitor
        self.source: Any = data.source if isinstance(data, ProductionLog) else data
        self.lazy = _stays(self.source)
        given = (score, prediction, label, timestamp, label_timestamp)
        self.roles = {
            role: column
            for role, column in zip(ROLES, given, strict=True)
            if column is not None and self._there(role, column)
        }
        self.features = None if features is None else self._known_features(list(features))

    @cached_property
    def data(self) -> Any:
        """The rows, in the user's own kind of container; what lies elsewhere is read now."""
        return _loaded(self.source)

    @cached_property
    def table(self) -> Table:
        """A view of :attr:`data`."""
        return Table(self.data, "production")

    @cached_property
    def names(self) -> list[str]:
        """Names of all columns."""
        return [str(name) for name in self.opened.columns] if self.lazy else self.table.names

    @cached_property
    def opened(self) -> Source:
        """What lies elsewhere, opened once and not read."""
        from ladder_widgets.errors._scan_source import open_source

        return open_source(self.source, numbered=False)

    @cached_property
    def engine(self) -> Engine:
        """The rows as a table of some engine, opened once; see :func:`monitor.engine.open_log`."""
        from ladder_widgets.monitor.engine import open_log

        return open_log(self)

    def _there(self, role: str, column: Any) -> bool:
        wanted = list(column.values()) if isinstance(column, Mapping) else [column]
        absent = [name for name in wanted if str(name) not in self.names]
        if not absent:
            return True
        if column == role:  # a default name, not a claim
            return False
        raise refuse(role, f"a column of the production log ({self._listed()})", shown(absent[0]))

    def _known_features(self, features: list[str]) -> list[str]:
        absent = [name for name in features if str(name) not in self.names]
        if absent:
            raise refuse("features", f"columns of the production log ({self._listed()})", shown(absent[0]))
        return [str(name) for name in features]

    def _listed(self) -> str:
        names = self.names
        return ", ".join(map(shown, names[:12])) + (", …" if len(names) > 12 else "")

    def feature_names(self, known: Iterable[str] = ()) -> list[str]:
        """Return the columns given to the model.

        Parameters
        ----------
        known : sequence of str
            Columns of the training table: one that is called like a role, as ``"score"`` may be,
            is a feature unless the role was named explicitly.
        """
        if self.features is not None:
            return self.features
        taken = self._role_columns(set(known))
        return [name for name in self.names if name not in taken]

    def _role_columns(self, known: set[str]) -> set[str]:
        taken: set[str] = set()
        for role, column in self.roles.items():
            if column == role and role in known:
                continue
            taken.update(map(str, column.values()) if isinstance(column, Mapping) else [str(column)])
        return taken

    def bind(self, known: Iterable[str]) -> Production:
        """Return the log as the checks see it, beside a training table with these columns."""
        known = list(known)
        names = self.feature_names(known)
        taken = set(self.names) - set(names) if self.features else self._role_columns(set(known))
        roles = {
            role: column
            for role, column in self.roles.items()
            if isinstance(column, Mapping) or str(column) in taken
        }
        return Production(self, Table(_selected(self.data, self.table, names), "production", names), roles)


@dataclass(frozen=True, eq=False)
class Production:
    """A log beside a case.

    Attributes
    ----------
    log : ProductionLog
    table : Table
        The feature columns only, in the log's order and in the user's kind of container.
    roles : dict of str to str (or to mapping of class to str, for the score)
        Roles that are there.
    """

    log: ProductionLog
    table: Table
    roles: dict[str, Any]

    @property
    def n_rows(self) -> int:
        """Number of logged rows."""
        return self.table.n_rows

    def column(self, role: str) -> pd.Series | None:
        """Return a role's column as it was logged, or None; missing values stay missing."""
        column = self.roles.get(role)
        if column is None or isinstance(column, Mapping):
            return None
        return self.log.table.feature(str(column)).series.reset_index(drop=True)

    @cached_property
    def score(self) -> np.ndarray | None:
        """Recorded P(positive) of shape (n_rows,), NaN where none was recorded; None without a column."""
        column = self.roles.get("score")
        if column is None or isinstance(column, Mapping):
            return None
        return _numbers(self.log.table.feature(str(column)))

    @cached_property
    def scores(self) -> dict[Any, np.ndarray]:
        """Recorded scores by class, where there is a column for each; empty otherwise."""
        column = self.roles.get("score")
        if not isinstance(column, Mapping):
            return {}
        return {label: _numbers(self.log.table.feature(str(name))) for label, name in column.items()}

    @cached_property
    def timestamp(self) -> np.ndarray | None:
        """Times of the predictions, datetime64[ms] of shape (n_rows,), or None."""
        return self._times("timestamp")

    @cached_property
    def label_timestamp(self) -> np.ndarray | None:
        """Times the labels arrived, datetime64[ms] of shape (n_rows,), NaT where none has; or None."""
        return self._times("label_timestamp")

    def _times(self, role: str) -> np.ndarray | None:
        series = self.column(role)
        if series is None:
            return None
        return np.asarray(stamps(series).dt.tz_localize(None).to_numpy().astype("datetime64[ms]"))

    def select(self, names: list[str]) -> Any:
        """Return these feature columns, in this order, in the user's own kind of container."""
        return _selected(self.table.data, self.table, names)


_IN_MS = {"ns": 1e-6, "us": 1e-3, "ms": 1.0, "s": 1000.0}
#: Milliseconds of the year 10,000.
_MS_LIMIT = 2.5e14
#: From this size on a number is a time in nanoseconds, microseconds, milliseconds since 1970.
_UNITS = ((1e17, "ns"), (1e14, "us"), (1e11, "ms"), (0.0, "s"))


def stamps(series: pd.Series) -> pd.Series:
    """Return times in UTC, NaT where there is none: dates, text, or numbers since 1970."""
    numbers = pd.to_numeric(series, errors="coerce") if series.dtype.kind != "M" else pd.Series(dtype=float)
    if pd.api.types.is_datetime64_any_dtype(series.dtype) or not numbers.notna().any():
        # Text written with and without fractions of a second is one format only to ISO8601.
        stamps = pd.to_datetime(series, utc=True, errors="coerce", format="ISO8601")
        if stamps.isna().sum() == series.isna().sum():
            return stamps
        return stamps.fillna(pd.to_datetime(series, utc=True, errors="coerce", format="mixed"))
    values = numbers.astype(float)
    if values.dropna().between(19000101, 21001231).all():  # 20260301
        return pd.to_datetime(values.astype("Int64").astype(str), utc=True, errors="coerce", format="%Y%m%d")
    unit = next(unit for limit, unit in _UNITS if values.abs().max() >= limit)
    steps = (values * _IN_MS[unit]).round()
    steps = steps.where(steps.abs() < _MS_LIMIT)
    return pd.to_datetime(steps.astype("Int64").astype("datetime64[ms]"), utc=True)


def _numbers(feature: Feature) -> np.ndarray:
    """Scores as numbers, also those that a text format handed back as text."""
    if feature.kind != "category":
        return feature.numbers()
    text = feature.series.astype(object).map(lambda value: str(value).strip().rstrip("%"), na_action="ignore")
    return np.asarray(pd.to_numeric(text, errors="coerce"), dtype=float)


def _stays(data: Any) -> bool:
    """Whether the rows can stay where they are: files need an engine of ours, tables bring theirs."""
    from ladder_widgets.errors._scan_source import elsewhere

    files = isinstance(data, str | PathLike | list | tuple)
    return elsewhere(data) and (not files or has_engine())


def has_engine() -> bool:
    """Whether Ibis and DuckDB are there, to count what lies elsewhere."""
    return find_spec("ibis") is not None and find_spec("duckdb") is not None


def _is_ibis(data: Any) -> bool:
    return hasattr(data, "to_pyarrow") and hasattr(data, "execute")


def _loaded(data: Any) -> Any:
    if isinstance(data, str | PathLike):
        return _parquet([str(data)])
    if isinstance(data, list | tuple) and data and all(isinstance(path, str | PathLike) for path in data):
        return _parquet([str(path) for path in data])
    if _is_ibis(data):
        return data.to_pandas()
    if hasattr(data, "scanner"):  # an Arrow dataset
        return data.to_table().to_pandas()
    return data.df() if _stays(data) else data


def _parquet(paths: list[str]) -> pd.DataFrame:
    accepted = "the path or glob of Parquet files"
    files = [file for path in paths for file in matching(path)]
    path = ", ".join(paths)
    if not files:
        raise refuse("data", accepted, f"{shown(path)}, which matches no file")
    try:
        return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    except FileNotFoundError as error:
        raise refuse("data", accepted, f"{shown(path)}, which is not there") from error
    except ImportError as error:
        raise refuse(
            "data", "a frame where no Parquet reader is installed", shown(path), "Try: pip install pyarrow."
        ) from error


def matching(path: str) -> list[str]:
    """Return the files of a path or glob, in order; a path that is none as it is."""
    if any(sign in path for sign in "*?["):
        return sorted(glob(path, recursive=True))  # noqa: PTH207
    return [path]


def _selected(data: Any, table: Table, names: list[str]) -> Any:
    """Keep some columns in the user's own kind of container."""
    if names == table.names:
        return data
    positions = [table.names.index(name) for name in names]
    if isinstance(data, pd.DataFrame):
        return data.iloc[:, positions]
    if nw.dependencies.is_into_dataframe(data):
        frame = nw.from_native(data, eager_only=True)
        return frame.select([table.keys[position] for position in positions]).to_native()
    return np.asarray(data)[:, positions]
