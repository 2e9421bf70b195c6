"""What training says a column is, against what a batch brings: type, gaps, range, format.

Pure functions of two columns, for the check of a log and for a monitor alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ladder_widgets.finding import percent
from ladder_widgets.monitor._schema_values import shape, written_number
from ladder_widgets.table import Feature

__all__ = ["Change", "compare", "is_metadata"]

#: Share of missing values that makes a column empty, beyond training's own.
EMPTY = 0.5
#: Missing values where training had (nearly) none: rows and share.
NO_GAPS, GAP_ROWS, GAP_SHARE = 0.002, 8, 0.05
#: Rows and share outside the range of training, how far outside, in ranges, and how improbable.
RANGE_ROWS, RANGE_SHARE, RANGE_FAR, RANGE_P = 5, 0.005, 0.5, 1e-3
#: Rows of training that say something about its range or its format.
MIN_ROWS = 100
#: Share of training texts of one format, and of production texts of another.
FORMAT, FORMAT_NEW = 0.98, 0.1


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between the schema of training and a batch.

    Attributes
    ----------
    kind : str
        ``dropped``, ``renamed``, ``added``, ``reordered``, ``type``, ``empty``, ``gaps``, ``domain``,
        ``range``, ``format`` or ``note``.
    column : str
    words : str
        What changed, with numbers.
    share : float
        Share of the batch's rows.
    """

    kind: str
    column: str
    words: str
    share: float = 1.0


def compare(trained: Feature, served: Feature) -> list[Change]:
    """Return how a column of a batch breaks the schema of training.

    Parameters
    ----------
    trained, served : Feature

    Examples
    --------
    >>> import pandas as pd
    >>> ages, texts = pd.Series([30.0, 40.0]), pd.Series(["30", "40"], dtype=object)
    >>> compare(Feature("age", "age", ages), Feature("age", "age", texts))[0].words
    'numbers written as text'
    """
    name = trained.name
    gaps, before = float(served.missing.mean()), float(trained.missing.mean())
    if gaps - before >= EMPTY:
        how = "empty" if gaps == 1 else f"missing in {percent(gaps)} of the rows"
        return [Change("empty", name, f"{how}, in training in {percent(before)}", gaps)]
    found = []
    if before <= NO_GAPS and gaps >= GAP_SHARE and served.missing.sum() >= GAP_ROWS:
        found.append(Change("gaps", name, f"missing in {percent(gaps)} of the rows, in training never", gaps))
    type_change = _type(trained, served)
    if type_change is not None:
        return [*found, Change("type", name, *type_change)]
    if {trained.kind, served.kind} <= {"number", "boolean"}:
        found += _range(name, _finite(trained), _finite(served))
    elif trained.kind == served.kind == "category":
        found += _format(name, trained, served)
    return found


def _finite(feature: Feature) -> np.ndarray:
    values = feature.numbers()
    return values[np.isfinite(values)]


def _type(trained: Feature, served: Feature) -> tuple[str, float] | None:
    """How the type changed, and in which share of the rows; None where it did not in effect."""
    before, after = trained.kind, served.kind
    if before == after or served.missing.all() or trained.missing.all():
        return None
    numeric = {"number", "boolean"}
    if {before, after} <= numeric:
        flags = all(set(np.unique(_finite(one))) <= {0.0, 1.0} for one in (trained, served))
        return None if flags else (f"{_named(after)} where training has {_named(before)}", 1.0)
    if _numeric_levels(trained) and _numeric_levels(served):
        return None  # categories of numbers: the same values under another dtype
    if after == "category" and before in numeric:
        return _text_for_numbers(served, before)
    if after == "category" and before == "datetime":
        return "dates written as text", 1.0
    return f"{_named(after)} where training has {_named(before)}", 1.0


def _named(kind: str) -> str:
    return {"number": "numbers", "boolean": "true and false", "category": "text", "datetime": "dates"}[kind]


def _numeric_levels(feature: Feature) -> bool:
    """Whether the values are numbers underneath, whatever the dtype says."""
    dtype = feature.series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return bool(pd.api.types.is_numeric_dtype(dtype.categories.dtype))
    return feature.kind in ("number", "boolean")


def _text_for_numbers(served: Feature, before: str) -> tuple[str, float]:
    codes, levels = served.codes()
    counts = np.bincount(codes[codes >= 0], minlength=len(levels)).astype(float)
    counts /= max(1.0, counts.sum())
    texts = [level.strip() for level in levels]
    raw = served.series[~served.missing]
    written = float(np.mean([isinstance(value, str) for value in raw])) if len(raw) else 1.0

    forms = [written_number(text) for text in texts]

    def held(*wanted: str) -> float:
        return float(sum(c for form, c in zip(forms, counts, strict=True) if form in wanted))

    flags = {"true", "false", "yes", "no", "t", "f", "y", "n", "0", "1"}
    if before == "boolean" and sum(counts[[text.lower() in flags for text in texts]]) > 0.9:
        return "true and false written as text", written
    if held("number") > 0.9:
        return "numbers written as text", written
    if held("number", "unit") > 0.9:
        example = next((t for t, form in zip(texts, forms, strict=True) if form != "number"), texts[0])
        return f"numbers with a unit, such as {example[:40]!r}", written
    return f"text where training has {_named(before)}, such as {texts[0][:40]!r}", written


def _range(name: str, before: np.ndarray, after: np.ndarray) -> list[Change]:
    if min(len(before), len(after)) < MIN_ROWS:
        return []
    low, high = float(before.min()), float(before.max())
    span = high - low
    if span == 0:
        return []
    chance = len(after) / (len(after) + len(before))
    limits = {
        f"above {high + RANGE_FAR * span:.6g} (training ends at {high:.6g})": after > high + RANGE_FAR * span,
        f"below {low - RANGE_FAR * span:.6g} (training begins at {low:.6g})": after < low - RANGE_FAR * span,
    }
    if low >= 0:
        limits["negative, which training never is"] = after < 0
    for words, outside in limits.items():
        rows = int(outside.sum())
        share = rows / len(after)
        if rows >= RANGE_ROWS and share >= RANGE_SHARE and chance**rows < RANGE_P:
            return [Change("range", name, f"{percent(share, 1)} of the values are {words}", share)]
    return []


def _format(name: str, trained: Feature, served: Feature) -> list[Change]:
    """Texts of many levels that all look alike in training, and in another way in production."""
    before, after = _shapes(trained), _shapes(served)
    if sum(before.values()) < MIN_ROWS or len(trained.codes()[1]) < 30:
        return []
    common = sorted(before, key=lambda form: -before[form])[:3]
    if sum(before[form] for form in common) < FORMAT * sum(before.values()):
        return []
    total = max(1, sum(after.values()))
    new = {form: count for form, count in after.items() if form not in before}
    share = sum(new.values()) / total
    if share < FORMAT_NEW or sum(new.values()) < GAP_ROWS:
        return []
    seen = max(new, key=lambda form: new[form])
    return [Change("format", name, f"written as {seen[:40]!r}, in training as {common[0][:40]!r}", share)]


def _shapes(feature: Feature) -> dict[str, int]:
    codes, levels = feature.codes()
    counts = np.bincount(codes[codes >= 0], minlength=len(levels))
    found: dict[str, int] = {}
    for level, count in zip(levels, counts, strict=True):
        form = shape(level)
        found[form] = found.get(form, 0) + int(count)
    return found


_METADATA = frozenset(
    """
    id ids uid uuid guid key hash md5 sha request requests trace span session correlation
    model version ver build commit release host hostname server node pod worker instance
    container env environment deployment endpoint route url uri path agent ua browser ip
    client app application time timestamp timestamps date day datetime hour created updated
    modified received logged inserted served scored ts utc epoch latency duration elapsed
    runtime ms millis seconds http method batch partition shard offset score scores scoring
    proba probability probabilities prob pred preds predicted prediction predictions label
    labels labelled target truth outcome decision threshold confidence margin logit split
    fold index idx row rows rownum rownames unnamed experiment variant ab cohort source
    pipeline tenant log level event
    """.split()  # noqa: SIM905
)


def is_metadata(name: str, feature: Feature | None = None) -> bool:
    """Whether a column that training does not have belongs to the log rather than to the model's input.

    Its name holds a word such as ``id``, ``version`` or ``created``, or its values are times or hashes.

    Examples
    --------
    >>> is_metadata("request_id"), is_metadata("modelVersion"), is_metadata("income_2")
    (True, True, False)
    """
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    if any(word.lower() in _METADATA for word in words) or not name.strip("_ "):
        return True
    if feature is None:
        return False
    if feature.kind == "datetime":
        return True
    if feature.kind != "category":
        return False
    some = feature.codes()[1][:50]
    return bool(some) and all(re.fullmatch(r"[0-9a-fA-F-]{16,}", level) for level in some)
