"""The user's columns as one numeric matrix, for the reference estimators only.

The coding is stateless with respect to the label and, but for an offset, to the values of numbers:
imputing, scaling and one-hot encoding are fitted inside the folds.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ladder_widgets.table import Feature, Table

__all__ = ["Design"]

#: Levels of a category that keep a code of their own; rarer ones share one.
MAX_LEVELS = 200
_DATE_PARTS = ("month", "day_of_week", "hour")
#: Values looked at to see whether single precision would do, and what it may lose of their spread.
_LOOKED_AT, _LOST = 1000, 1e-6
#: Powers of two by which the usual number may differ from 1 for single precision to have room; its largest.
_ROOM, _LARGEST = 64, 3e38


class Design:
    """Coding of a table, learned from its names, kinds and levels.

    Attributes
    ----------
    categorical : ndarray of bool of shape (n_columns,)
        Which columns of the matrix are codes.
    sources : ndarray of str of shape (n_columns,)
        The user's column that each column of the matrix comes from.

    Examples
    --------
    >>> table = Table(pd.DataFrame({"age": [30, 40], "home": ["rent", None]}), "X_val")
    >>> design = Design(table)
    >>> design.matrix(table).tolist(), design.categorical.tolist()
    ([[30.0, 0.0], [40.0, nan]], [False, True])
    """

    def __init__(self, table: Table) -> None:
        self._names = table.names
        self._kinds = [feature.kind for feature in table.features()]
        self._levels = {
            feature.name: _frequent(feature) for feature in table.features() if feature.kind == "category"
        }
        widths = [_width(kind) for kind in self._kinds]
        self._units = {
            feature.name: _unit(feature) for feature in table.features() if feature.kind != "category"
        }
        self.categorical = np.repeat([kind == "category" for kind in self._kinds], widths)
        self.sources = np.repeat(np.array(self._names, dtype=object), widths)

    def matrix(self, table: Table, rows: np.ndarray | None = None) -> np.ndarray:
        """Return float32 of shape (n_rows, n_columns); missing, infinite and new values are NaN.

        Columns are matched by name; one that ``table`` lacks is all NaN. What single precision would blur,
        a time in milliseconds or a number far from 0, is counted from the middle of its column, and what it
        has no room for, a number around 1e50 or 1e-50, in a unit of its own.
        """
        n_rows = table.n_rows if rows is None else len(rows)
        out = np.full((n_rows, len(self.categorical)), np.nan, dtype=np.float32)
        position = 0
        for name, kind in zip(self._names, self._kinds, strict=True):
            width = _width(kind)
            if name in table.names:
                out[:, position : position + width] = self._block(table.feature(name), kind, rows)
            position += width
        return out

    def _block(self, feature: Feature, kind: str, rows: np.ndarray | None) -> np.ndarray:
        if kind == "category":
            codes, levels = feature.codes()
            known = self._levels[feature.name]
            lookup = np.array([known.get(level, np.nan) for level in levels] + [np.nan])
            values = lookup[codes if rows is None else codes[rows]]  # −1 reads the NaN at the end
            return values[:, None]
        values = feature.numbers() if feature.kind != "category" else np.full(len(feature.series), np.nan)
        values = values if rows is None else values[rows]
        values = np.where(np.isfinite(values), values, np.nan)
        offset, unit = self._units[feature.name]
        with np.errstate(over="ignore"):
            held = np.clip((values - offset) / unit, -_LARGEST, _LARGEST)[:, None]
        return held if kind != "datetime" else np.column_stack([held, *_parts(values)])


def _width(kind: str) -> int:
    return 1 + len(_DATE_PARTS) * (kind == "datetime")


def _unit(feature: Feature) -> tuple[float, float]:
    """What a column is counted from, and in what unit; else 0 and 1.

    From its middle where single precision would blur it, and in a power of two where its numbers are too
    large or too small for that.
    """
    values = feature.numbers(slice(None, None, max(1, len(feature.series) // _LOOKED_AT)))
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    with np.errstate(over="ignore", invalid="ignore"):
        lost = np.abs(values - values.astype(np.float32).astype(float)).max()
        offset = float(np.sort(values)[len(values) // 2]) if lost > _LOST * values.std() else 0.0
        sizes = np.abs(values - offset)
    sizes = np.log2(sizes[(sizes > 0) & np.isfinite(sizes)])
    usual = float(np.median(sizes)) if len(sizes) else 0.0
    return offset, 1.0 if abs(usual) < _ROOM else 2.0 ** np.floor(usual)


def _frequent(feature: Feature) -> dict[str, float]:
    codes, levels = feature.codes()
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    order = np.argsort(-counts, kind="stable")
    return {levels[level]: float(min(rank, MAX_LEVELS)) for rank, level in enumerate(order)}


def _parts(milliseconds: np.ndarray) -> list[np.ndarray]:
    stamps = pd.DatetimeIndex(pd.to_datetime(milliseconds, unit="ms", errors="coerce"))
    return [np.asarray(getattr(stamps, part), dtype=float) for part in _DATE_PARTS]
