"""What the columns of a table of predictions are: label, scores, weight, features; and if they will do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ladder_widgets.errors._input import read_classes
from ladder_widgets.errors._scan_columns import absent, kind_of, number
from ladder_widgets.errors._scan_source import Source
from ladder_widgets.labels import classes_of, plain
from ladder_widgets.scores import GRID
from ladder_widgets.validation import choice, listed, refuse, shown

__all__ = ["Roles", "find_roles", "scored"]

#: More distinct labels than this are an id or a measurement.
MAX_CLASSES, FIRST_ROWS = 1000, 100_000
ROUNDS_TO_GRID = GRID * 2.0**52


@dataclass(frozen=True, eq=False)
class Roles:
    """Columns by their part in a table of predictions.

    Attributes
    ----------
    label : str
    scores : list of str
        P(positive) alone, or one column per class in the order of ``classes``.
    weight : str or None
    features : list of str
    left_out : list of str
        Columns of types that nothing is told of.
    classes : list
        Labels, as Python objects.
    values : dict
        The table's own value of each code, where rows have it.
    positive : int
        Code of the positive class of two.
    n_rows : int
    """

    label: str
    scores: list[str]
    weight: str | None
    features: list[str]
    left_out: list[str]
    classes: list[Any]
    values: dict[int, Any]
    positive: int
    n_rows: int

    @property
    def binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.classes) == 2

    def code(self, label: Any) -> int:
        """Code of a label as the table gives it."""
        return self.classes.index(plain(label))


def find_roles(
    source: Source,
    label: str,
    score: str | Mapping[Any, str],
    features: Sequence[str] | None,
    pos_label: Any,
    classes: Sequence[Any] | None,
    sample_weight: str | None,
) -> Roles:
    """Find the columns and check what they hold, in one small aggregate.

    Raises
    ------
    ValueError
        If columns are not there, labels or scores are missing, or scores are no probabilities.
    """
    table, columns = source.table, source.columns
    choice("label", label, columns)
    by_class = {plain(key): name for key, name in score.items()} if isinstance(score, Mapping) else None
    names = [score] if by_class is None else list(by_class.values())
    for name in names:
        _check_column(table, choice("score", str(name), columns), "score")
    if sample_weight is not None:
        _check_column(table, choice("sample_weight", sample_weight, columns), "sample_weight")
    chosen, left_out = _features(table, features, {label, sample_weight, *names, *source.index}, columns)
    seen, n_rows = _check_values(table, label, [str(name) for name in names], sample_weight)
    known = _classes(seen, by_class, classes)
    if by_class is not None:
        names = [by_class[each] for each in known]
    elif len(known) > 2:
        accepted = f"a mapping of class to column for {len(known)} classes"
        raise refuse("score", accepted, shown(score), f"The labels are {shown(known)}.")
    positive = _positive(pos_label, known)
    if len(known) == 2:
        names = [names[positive]] if by_class is not None else names
    values = {known.index(plain(each)): each for each in seen}
    return Roles(
        label, [str(n) for n in names], sample_weight, chosen, left_out, known, values, positive, n_rows
    )


def _check_column(table: Any, name: str, parameter: str) -> None:
    kind = table[name].type()
    if not kind.is_numeric() or kind.is_boolean():
        raise refuse(parameter, "a column of numbers", f"{shown(name)}, which holds {kind}")


def _features(
    table: Any, features: Sequence[str] | None, taken: set[Any], columns: list[str]
) -> tuple[list[str], list[str]]:
    if features is not None:
        wanted = [
            choice("features", str(name), columns)
            for name in listed("features", features, "names of columns")
        ]
        nested = [name for name in wanted if kind_of(table[name]) is None]
        if nested:
            got = f"{shown(nested[0])}, which holds {table[nested[0]].type()}"
            raise refuse("features", "columns of numbers, texts, booleans or dates", got)
        return list(dict.fromkeys(wanted)), []
    free = [name for name in columns if name not in taken]
    usable = [name for name in free if kind_of(table[name]) is not None]
    return usable, [name for name in free if name not in usable]


def _check_values(table: Any, label: str, scores: list[str], weight: str | None) -> tuple[list[Any], int]:
    """Return the labels and the number of rows; refuse what is missing or out of range."""
    found = _by_label(table, label, scores, weight)
    n_rows = int(sum(each["rows"] for each in found))
    if not n_rows:
        raise refuse("data", "a table with at least one row", "no rows")
    hint = "Leave these rows out: a row without it cannot be judged."
    unlabelled = sum(each["rows"] for each in found if pd.isna(each["label"]))
    if unlabelled:
        raise refuse("label", "a label for every row", f"{unlabelled:,} missing labels", hint)
    for place, name in enumerate(scores):
        missing, low, high = _extremes(found, place)
        if missing:
            got = f"{missing:,} missing scores in {shown(name)}"
            raise refuse("score", "a probability for every row", got, hint)
        if low < 0 or high > 1:
            got = f"values from {low} to {high} in {shown(name)}"
            raise refuse("score", "probabilities between 0 and 1", got)
    if weight is not None:
        _check_weights(found, len(scores), weight)
    return [each["label"] for each in found], n_rows


def _by_label(table: Any, label: str, scores: list[str], weight: str | None) -> list[dict[str, Any]]:
    """Rows of each label, with the extremes of the scores and of the weight: one aggregate."""
    few = table.select(label=table[label]).limit(FIRST_ROWS).distinct().count().to_pyarrow().as_py()
    if few > MAX_CLASSES:
        got = f"{few:,} in the first {FIRST_ROWS:,} rows of {shown(label)}: an id or a measurement"
        raise refuse("label", f"at most {MAX_CLASSES:,} classes", got)
    told: dict[str, Any] = {"rows": table.count()}
    for place, name in enumerate([*scores, *([] if weight is None else [weight])]):
        value = table[name].cast("float64")
        told[f"missing{place}"] = absent(value).cast("int64").sum()
        told[f"low{place}"], told[f"high{place}"] = value.min(), value.max()
    if weight is not None:
        told["weight"] = table[weight].cast("float64").sum()
    return table.group_by(table[label].name("label")).aggregate(**told).to_pyarrow().to_pylist()


def _extremes(found: list[dict[str, Any]], place: int) -> tuple[int, float, float]:
    """Missing values, the smallest and the largest over all labels."""
    low = [each[f"low{place}"] for each in found if each[f"low{place}"] is not None]
    high = [each[f"high{place}"] for each in found if each[f"high{place}"] is not None]
    missing = int(sum(each[f"missing{place}"] for each in found))
    return missing, min(low, default=float("nan")), max(high, default=float("nan"))


def _check_weights(found: list[dict[str, Any]], place: int, weight: str) -> None:
    accepted = "a column of numbers, none of them missing or negative and not all zero"
    missing, low, high = _extremes(found, place)
    if missing:
        raise refuse("sample_weight", accepted, f"{missing:,} missing in {shown(weight)}")
    total = sum(each["weight"] for each in found)
    if low < 0 or not 0 < total < float("inf"):
        raise refuse("sample_weight", accepted, f"values from {low} to {high} in {shown(weight)}")


def _classes(seen: list[Any], by_class: dict[Any, str] | None, classes: Sequence[Any] | None) -> list[Any]:
    known = None if classes is None else read_classes(classes)
    if known is None:
        known = classes_of(None, pd.Series(seen if by_class is None else list(by_class), dtype=object))
    if by_class is not None and set(known) != set(by_class):
        raise refuse("classes", f"the classes of 'score' ({shown(list(by_class))})", shown(known))
    strange = [each for each in seen if plain(each) not in known]
    if strange:
        parameter = "classes" if classes is not None else "score"
        raise refuse(parameter, "every label of the table", f"{shown(known)}, without {shown(strange[0])}")
    if len(known) < 2:
        hint = "Name the others with classes=[…] if it is only that no row has them."
        raise refuse("label", "labels of at least two classes", f"only {shown(known)}", hint)
    return known


def _positive(pos_label: Any, classes: list[Any]) -> int:
    if pos_label is None:
        return len(classes) - 1
    if plain(pos_label) not in classes:
        raise refuse("pos_label", f"one of {shown(classes)}", shown(pos_label))
    return classes.index(plain(pos_label))


def scored(source: Source, roles: Roles, keep: Sequence[str] = ()) -> Any:
    """Return the rows as the columns that our queries read, under names of our own.

    ``label``, ``x`` (position on the axis, on the grid), ``predicted`` (code; −1 with two classes),
    ``c0, c1, …`` the probability of each class with more than two, ``weight`` where there is one,
    ``f0, f1, …`` the features, ``n0, …`` the numbers of the rows, and ``k0, …`` the columns of ``keep``.
    """
    import ibis

    table = source.table
    if roles.binary:
        score, predicted = table[roles.scores[0]].cast("float64"), ibis.literal(-1, type="int64")
    else:
        probabilities = [table[name].cast("float64") for name in roles.scores]
        score = ibis.greatest(*probabilities)
        predicted = ibis.literal(len(probabilities) - 1, type="int64")
        for code in reversed(range(len(probabilities) - 1)):  # the first of equal ones, as argmax
            predicted = (probabilities[code] == score).ifelse(ibis.literal(code, type="int64"), predicted)
    told = {"label": table[roles.label], "x": _on_grid(score), "predicted": predicted}
    if roles.weight is not None:
        told["weight"] = table[roles.weight].cast("float64")
    if not roles.binary:
        told |= {f"c{code}": probability for code, probability in enumerate(probabilities)}
    told |= {f"f{place}": _readable(table[name]) for place, name in enumerate(roles.features)}
    told |= {f"n{place}": table[name] for place, name in enumerate(source.numbered)}
    told |= {f"k{place}": _readable(table[name]) for place, name in enumerate(keep)}
    return table.select(**told)


def _readable(column: Any) -> Any:
    """Durations as numbers, since not every reader has a type for them; all else as it is."""
    return number(column) if column.type().is_interval() else column


def _on_grid(score: Any) -> Any:
    """Round to the grid of :func:`ladder_widgets.scores.to_grid`.

    Doubles from 4096 to 8192 are multiples of 2⁻⁴⁰: the sum is rounded to one, half to even.
    """
    return (score + ROUNDS_TO_GRID) - ROUNDS_TO_GRID
