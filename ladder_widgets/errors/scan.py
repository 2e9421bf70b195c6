"""Error analysis of a table that does not fit in memory: one aggregate, then everything from the cube."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from os import PathLike, fspath
from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.errors import _scan_query as query
from ladder_widgets.errors._scan_features import ScannedFeature, features_of
from ladder_widgets.errors._scan_query import Roles
from ladder_widgets.errors.analysis import Band, Cell, ErrorAnalysis
from ladder_widgets.errors.conditions import Condition, Slice
from ladder_widgets.errors.cube import Cube
from ladder_widgets.errors.suspects import Suspects
from ladder_widgets.labels import plain
from ladder_widgets.scores import Scores, to_grid
from ladder_widgets.validation import refuse, shown

__all__ = ["ScannedAnalysis", "analyse_table"]

#: Rows looked at for the middle of numbers, fetched by :meth:`rows`, and searched for subgroups.
SOME_ROWS, PAGE_ROWS, SAMPLE_ROWS = 20_000, 1_000, 200_000
#: More labels than this are no classes.
MAX_CLASSES = 100


class ScannedAnalysis(ErrorAnalysis):
    """Errors of rows that stay where they are; built by :meth:`ErrorAnalysis.from_table`."""

    def __init__(
        self, table: Any, roles: Roles, features: list[ScannedFeature], threshold: float | None
    ) -> None:
        nothing = np.zeros(0, dtype=np.int64)
        scores = Scores(np.zeros((0, len(roles.classes))), nothing, "predict_proba")
        super().__init__(
            None, nothing, scores, [plain(label) for label in roles.classes], roles.positive, threshold
        )
        self._table, self._roles, self._features = table, roles, features

    @property
    def n_rows(self) -> int:
        """Rows of the table, as the cube counted them."""
        return (
            int(self.cube.count.sum()) if self._roles.weight is None else int(self._table.count().execute())
        )

    def plan(self, extra: Sequence[float] = ()) -> str:
        """Return the query that builds the cube, as SQL."""
        import ibis

        _, asked = query.edges_of(self._extra(extra), self.binary)
        return str(ibis.to_sql(self._aggregate(asked)))

    # ---- the cube ----------------------------------------------------------------------------

    def _extra(self, extra: Iterable[float]) -> list[float]:
        return [*extra, *([] if self.threshold is None else [self.threshold])]

    def _aggregate(self, asked: np.ndarray) -> Any:
        rows = query.binned(query.prepared(self._table, self._roles), asked)
        weight = None if self._roles.weight is None else rows[query.WEIGHT]
        x = rows[query.X]
        sums = {"rows": rows.count(), "x": x.sum() if weight is None else (x * weight).sum()}
        if weight is not None:
            sums |= {"w": weight.sum(), "w2": (weight * weight).sum()}
        for feature in self._features:
            sums |= feature.sums(rows, weight)
        return query.grouped(rows, self._roles).aggregate(**sums)

    def _build(self, extra: Sequence[float]) -> Cube:
        axis, asked = query.edges_of(self._extra(extra), self.binary)
        told = self._aggregate(asked).to_pandas()
        keys = [query.ACTUAL] if self.binary else [query.ACTUAL, query.PREDICTED]
        pairs = told[keys].assign(none=-1).to_numpy(dtype=np.int64)[:, :2]
        groups, group = np.unique(pairs, axis=0, return_inverse=True)
        shape = (len(groups), axis.n_bins)
        flat = group.reshape(-1) * axis.n_bins + told[query.BIN].to_numpy(dtype=np.int64)

        def dense(name: str, dtype: Any = float) -> np.ndarray:
            out = np.zeros(shape, dtype=dtype)
            out.reshape(-1)[flat] = told[name].fillna(0).to_numpy(dtype=dtype)
            return out

        weighted = self._roles.weight is not None
        count = dense("w") if weighted else dense("rows", np.int64)
        count2 = dense("w2") if weighted else None
        sums = {
            name: dense(name)
            for name in told.columns
            if name.startswith("__lw_") and name not in (*keys, query.BIN)
        }
        nothing = np.zeros(0, dtype=np.int64)
        return Cube(
            axis=axis,
            groups=[(int(a), int(p)) for a, p in groups],
            count=count,
            score=dense("x"),
            features=[feature.of(sums, count) for feature in self._features],
            codes=nothing,
            group_of=nothing,
            count2=count2,
        )

    # ---- rows --------------------------------------------------------------------------------

    def rows(
        self,
        cell: Cell | None = None,
        *,
        threshold: float | None = None,
        band: Band | None = None,
        limit: int = PAGE_ROWS,
    ) -> pd.DataFrame:
        """Fetch rows of a cell in a band; at most ``limit`` of them, in the table's own order.

        ``attrs["total"]`` says how many there are.
        """
        level, inside = self._arguments(threshold, band)
        k = len(self.classes)
        cells = [(a, p) for a in range(k) for p in range(k) if a != p]
        if cell is not None:
            cells = [(self.code(cell[0]), self.code(cell[1]))]
        rows = query.prepared(self._table, self._roles)
        found = (
            rows.filter(query.row_filter(rows, self._roles, cells, level, inside)).limit(limit).to_pandas()
        )
        frame = self._told(found, level)
        counts = self.confusion(threshold=threshold, band=band).to_numpy()
        frame.attrs["total"] = sum(counts[a, p].item() for a, p in cells)
        return frame

    def _told(self, found: pd.DataFrame, level: float | None) -> pd.DataFrame:
        """Put what the model said before the table's own columns."""
        actual, x = found[query.ACTUAL].to_numpy(dtype=np.int64), found[query.X].to_numpy(dtype=float)
        if level is None:
            predicted, confidence = found[query.PREDICTED].to_numpy(dtype=np.int64), x
        else:
            predicted = np.where(x >= level, self.positive, 1 - self.positive)
            confidence = np.where(x >= level, x, 1 - x)
        labels = np.array(self.classes, dtype=object)
        lead = {
            "actual": labels[actual],
            "predicted": labels[predicted],
            "score": x,
            "confidence": confidence,
        }
        own = found.drop(columns=[name for name in found if str(name).startswith("__lw_")])
        names = {name: name if name not in own.columns else f"{name} (model)" for name in lead}
        told = pd.DataFrame({names[name]: values for name, values in lead.items()}, index=own.index)
        return pd.concat([told, own], axis=1)

    def sample(self, n_rows: int = SAMPLE_ROWS, random_state: int = 0) -> ErrorAnalysis:
        """Return the analysis of a random sample of about ``n_rows``, in memory."""
        share = n_rows / max(1, self.n_rows)
        some = self._table if share >= 1 else self._table.sample(share, seed=random_state)
        frame = some.to_pandas()
        score = frame[list(self._roles.scores)].to_numpy(dtype=float)
        return ErrorAnalysis.from_predictions(
            frame[self._roles.label],
            score[:, 0] if self.binary else score,
            frame[[feature.name for feature in self._features]],
            pos_label=self.classes[self.positive] if self.binary else None,
            classes=self.classes,
            threshold=0.5 if self.threshold is None else self.threshold,
            sample_weight=None if self._roles.weight is None else frame[self._roles.weight],
        )

    def slices(self, *args: Any, **options: Any) -> pd.DataFrame:
        """Search a random sample for subgroups, and count there; see :meth:`ErrorAnalysis.slices`."""
        some = self.sample()
        found = some.slices(*args, **options)
        found.attrs["sampled"] = len(some.y)
        found.attrs["notes"].append(f"Counted on a random sample of {len(some.y):,} of {self.n_rows:,} rows.")
        return found

    def within(self, subgroup: Slice | Condition | Sequence[Condition]) -> ErrorAnalysis:
        """Return the analysis of the rows of a subgroup, as a filter on the table."""
        kinds = {feature.name: feature for feature in self._features}
        rows = self._table
        for condition in Slice.of(subgroup).conditions:
            if condition.feature not in kinds:
                raise refuse(
                    "feature", f"a column of the table ({shown(list(kinds))})", shown(condition.feature)
                )
            rows = rows.filter(_met(rows, kinds[condition.feature], condition))
        return ScannedAnalysis(rows, self._roles, self._features, self.threshold)

    def distribution(self, *args: Any, **options: Any) -> pd.DataFrame:
        """Count a feature's values in a random sample, see :meth:`ErrorAnalysis.distribution`."""
        return self.sample().distribution(*args, **options)

    def suspects(self) -> Suspects:
        """Look for doubtful labels in a random sample, see :meth:`ErrorAnalysis.suspects`."""
        return self.sample().suspects()

    def _elsewhere(self, *args: Any, **options: Any) -> Any:
        raise NotImplementedError(
            "The rows of this analysis stay in their table: .rows() fetches some, .sample() a random sample."
        )

    positions = frame = predicted = confidence = _elsewhere

    def __repr__(self) -> str:
        counts = self.confusion().to_numpy()
        errors = counts.sum() - np.trace(counts)
        return (
            f"ErrorAnalysis: {errors:,} errors in {counts.sum():,} rows of a table, "
            f"{len(self.classes)} classes. "
            "Next: .confusion(), .contrast(cell=(actual, predicted)), .rows(cell=…), .sample()"
        )


def _met(table: Any, feature: ScannedFeature, condition: Condition) -> Any:
    if condition.kind == "missing":
        return table[feature.name].isnull()
    if condition.kind == "level":
        return feature.text(table) == condition.level
    values = feature.values(table)
    parts = [values >= condition.low] if condition.low is not None else []
    parts += [values < condition.high] if condition.high is not None else []
    return parts[0] if len(parts) == 1 else parts[0] & parts[1]


# ---- opening ---------------------------------------------------------------------------------


def analyse_table(
    data: Any,
    label: str,
    score: str | Mapping[Any, str],
    features: Sequence[str] | None,
    pos_label: Any,
    classes: Sequence[Any] | None,
    threshold: float,
    sample_weight: str | None,
) -> ErrorAnalysis:
    """See :meth:`ladder_widgets.ErrorAnalysis.from_table`."""
    table = _opened(data)
    columns = list(score.values()) if isinstance(score, Mapping) else [score]
    taken = [label, *columns, *([] if sample_weight is None else [sample_weight])]
    for parameter, name in zip(("label", *["score"] * len(columns), "sample_weight"), taken, strict=False):
        if name not in table.columns:
            raise refuse(parameter, f"a column of the table ({shown(list(table.columns))})", shown(name))
    names = [name for name in table.columns if name not in taken] if features is None else list(features)
    unknown = [name for name in names if name not in table.columns]
    if unknown:
        raise refuse("features", f"columns of the table ({shown(list(table.columns))})", shown(unknown))
    labels = _labels(table, label, score, classes)
    positive = len(labels) - 1
    if pos_label is not None:
        if plain(pos_label) not in labels:
            raise refuse("pos_label", f"one of {shown(labels)}", shown(pos_label))
        positive = labels.index(plain(pos_label))
    if isinstance(score, Mapping):
        columns = [score[each] for each in labels] if len(labels) > 2 else [score[labels[positive]]]
    _check_scores(table, columns, sample_weight)
    roles = Roles(label, tuple(columns), labels, positive, sample_weight)
    found = features_of(table, names, table.limit(SOME_ROWS).to_pandas())
    binary = len(labels) == 2
    return ScannedAnalysis(table, roles, found, float(to_grid(threshold)) if binary else None)


def _opened(data: Any) -> Any:
    try:
        import ibis
    except ImportError as error:
        raise ImportError(
            'ErrorAnalysis.from_table needs Ibis with DuckDB: pip install "ladder-widgets[monitor]"'
        ) from error
    if isinstance(data, ibis.Table):
        return data
    if isinstance(data, str | PathLike):
        return ibis.duckdb.connect().read_parquet(fspath(data))
    try:
        return ibis.memtable(data)
    except Exception as error:
        accepted = "a path or glob of Parquet files, an Ibis table, or a pandas, polars or pyarrow table"
        raise refuse("data", accepted, type(data).__name__) from error


def _labels(
    table: Any, label: str, score: str | Mapping[Any, str], classes: Sequence[Any] | None
) -> list[Any]:
    counted = table.group_by(label).aggregate(rows=lambda t: t.count()).limit(MAX_CLASSES + 1).to_pandas()
    missing = int(counted.loc[counted[label].isna(), "rows"].sum())
    if missing:
        raise refuse("label", "a column without missing values", f"{missing:,} missing in {shown(label)}")
    seen = [plain(value) for value in counted[label]]
    if len(seen) > MAX_CLASSES:
        raise refuse("label", f"a column of at most {MAX_CLASSES} classes", f"more in {shown(label)}")
    named = list(classes) if classes is not None else list(score) if isinstance(score, Mapping) else None
    labels = sorted(seen) if named is None else [plain(each) for each in named]
    strange = [value for value in seen if value not in labels]
    if strange:
        raise refuse("classes", f"every label of {shown(label)}", f"none for {shown(strange)}")
    if len(labels) < 2 or (len(labels) > 2 and not isinstance(score, Mapping)):
        accepted = "a mapping from each class to its column" if len(labels) > 2 else "labels of two classes"
        raise refuse("score" if len(labels) > 2 else "label", accepted, shown(labels))
    return labels


def _check_scores(table: Any, columns: list[str], weight: str | None) -> None:
    """Refuse what is no probability before anything is summed."""
    sums = {}
    for place, name in enumerate(columns):
        value = table[name].cast("float64")
        strange = value.isnull() | value.isnan() | (value < 0) | (value > 1)
        sums[f"s{place}"] = strange.ifelse(1, 0).sum()
    if weight is not None:
        value = table[weight].cast("float64")
        sums["w"] = (value.isnull() | value.isnan() | (value < 0)).ifelse(1, 0).sum()
    found = table.aggregate(**sums).to_pandas().iloc[0]
    for place, name in enumerate(columns):
        if found[f"s{place}"]:
            got = f"{int(found[f's{place}']):,} other values in {shown(name)}"
            raise refuse("score", "columns of probabilities between 0 and 1, none missing", got)
    if weight is not None and found["w"]:
        got = f"{int(found['w']):,} other values in {shown(weight)}"
        raise refuse("sample_weight", "a column of numbers that are not negative, none missing", got)
