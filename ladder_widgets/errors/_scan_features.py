"""Features of a table that is elsewhere: what kind each is, and the sums that the cube needs of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.errors._sums import MISSING_LEVEL, OTHER_LEVELS, TOP_LEVELS
from ladder_widgets.errors.cube import Categories, Numbers

__all__ = ["ScannedFeature", "features_of"]


@dataclass(frozen=True)
class ScannedFeature:
    """One column as sums.

    Attributes
    ----------
    name : str
    place : int
        Number that tells its sums from those of other columns.
    kind : {"number", "datetime", "category"}
    center : float
        Near the middle of a number, so that its squares keep their digits.
    levels : list of str
        The most frequent ones of a category.
    more : bool
        Whether there are other levels.
    """

    name: str
    place: int
    kind: str
    center: float = 0.0
    levels: tuple[str, ...] = ()
    more: bool = False

    def values(self, table: Any) -> Any:
        """Expression of a number; dates in ms since 1970, what is not finite is null."""
        column = table[self.name]
        if self.kind == "datetime":
            return column.cast("timestamp").epoch_seconds().cast("float64") * 1000
        number = column.cast("float64")
        if not column.type().is_floating():
            return number
        return (number.isnan() | number.isinf()).ifelse(None, number)

    def text(self, table: Any) -> Any:
        """Expression of a level as text, as Python writes it."""
        column = table[self.name]
        if column.type().is_boolean():
            return column.ifelse("True", "False")
        return column.cast("string")

    def sums(self, table: Any, weight: Any) -> dict[str, Any]:
        """Aggregates of binned rows; ``weight`` is None where every row counts once."""
        lead = f"__lw_{self.place}_"
        if self.kind == "category":
            text = self.text(table)
            hits = {str(i): text == level for i, level in enumerate(self.levels)}
            hits["missing"] = table[self.name].isnull()
            return {lead + key: _total(hit.ifelse(1, 0), weight) for key, hit in hits.items()}
        z = self.values(table) - self.center
        parts = {"n": z.count() if weight is None else (z.notnull().ifelse(1, 0) * weight).sum()}
        parts |= {"sum": _total(z, weight), "square": _total(z * z, weight)}
        if weight is not None:
            parts["n2"] = (z.notnull().ifelse(1, 0) * weight * weight).sum()
        return {lead + key: part for key, part in parts.items()}

    def of(self, sums: dict[str, np.ndarray], count: np.ndarray) -> Numbers | Categories:
        """Return the feature of the cube; ``sums`` are arrays of shape (n_groups, n_bins)."""
        lead = f"__lw_{self.place}_"
        if self.kind == "category":
            return self._levels(
                {key.removeprefix(lead): sums[key] for key in sums if key.startswith(lead)}, count
            )
        n, total, square = (sums[lead + key] for key in ("n", "sum", "square"))
        rows = float(n.sum())
        mean = float(total.sum()) / rows if rows else 0.0
        spread = float(square.sum()) / rows - mean**2 if rows else 0.0
        scale = float(np.sqrt(max(0.0, spread))) or 1.0
        missing = not np.allclose(n, count, rtol=1e-12)
        return Numbers(
            name=self.name,
            kind=self.kind,
            center=self.center,
            scale=scale,
            n=n.astype(count.dtype),
            total=total / scale,
            square=square / scale**2,
            missing=missing,
            n2=sums.get(lead + "n2"),
        )

    def _levels(self, sums: dict[str, np.ndarray], count: np.ndarray) -> Categories:
        names, counts = list(self.levels), [sums[str(i)] for i in range(len(self.levels))]
        if self.more:
            names.append(OTHER_LEVELS)
            counts.append(count - sum(counts) - sums["missing"])
        if sums["missing"].any():
            names.append(MISSING_LEVEL)
            counts.append(sums["missing"])
        stacked = np.stack(counts) if counts else np.zeros((0, *count.shape))
        return Categories(self.name, names, stacked.astype(count.dtype))


def _total(values: Any, weight: Any) -> Any:
    return values.sum() if weight is None else (values * weight).sum()


def features_of(table: Any, names: list[str], first: pd.DataFrame) -> list[ScannedFeature]:
    """Look at the types of columns, at some rows for the middle of numbers, and count levels.

    Parameters
    ----------
    table : Ibis table
    names : list of str
    first : DataFrame
        Some of its rows.
    """
    return [_feature(table, name, place, first[name]) for place, name in enumerate(names)]


def _feature(table: Any, name: str, place: int, some: pd.Series) -> ScannedFeature:
    kind = table[name].type()
    if kind.is_numeric():
        middle = pd.to_numeric(some, errors="coerce").replace([np.inf, -np.inf], np.nan).median()
        return ScannedFeature(name, place, "number", 0.0 if np.isnan(middle) else float(middle))
    if kind.is_timestamp() or kind.is_date():
        stamps = pd.to_datetime(some.dropna(), utc=True)
        middle = stamps.astype("datetime64[ms, UTC]").astype("int64").median() if len(stamps) else 0.0
        return ScannedFeature(name, place, "datetime", float(middle))
    text = ScannedFeature(name, place, "category").text(table)
    counted = table.select(level=text).filter(lambda t: t.level.notnull()).group_by("level")
    top = (
        counted.aggregate(rows=lambda t: t.count())
        .order_by([_descending("rows"), "level"])
        .limit(TOP_LEVELS + 2)
    )
    found = top.to_pandas()["level"].tolist()
    levels = found if len(found) <= TOP_LEVELS + 1 else found[:TOP_LEVELS]
    return ScannedFeature(name, place, "category", levels=tuple(levels), more=len(levels) < len(found))


def _descending(column: str) -> Any:
    import ibis

    return ibis.desc(column)
