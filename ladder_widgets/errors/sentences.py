"""What a colleague would say of some errors, in three sentences; `js/src/sentences.ts` says the same."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from math import ceil, floor, isnan, log10, sqrt
from typing import Any

import pandas as pd

from ladder_widgets.errors.kinds import SURE, Verdict
from ladder_widgets.plain import to_plain

__all__ = ["Told", "sentences"]

#: Differences named, at most, and letters of a name.
NAMED, LETTERS = 3, 48
#: Below this many deviations a difference is not worth a clause; beyond so many the number says nothing.
WORTH, FAR = 0.2, 10
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
#: What either language calls a space; and characters that turn the text around them.
_SPACE, _TURN = re.compile("[\\s\ufeff]+"), re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Told:
    """What the sentences are about.

    Attributes
    ----------
    actual, predicted : str
    right : bool
        Whether these are right answers.
    rows, of : float
        Rows of the cell in the band, and of that actual class in all.
    against : float
        Rows the cell is held against.
    effective : (float, float)
        Effective numbers of rows of the cell and of these: the rows themselves without weights.
    compared : int
        Signals of all features.
    features : (int, int)
        Features that are looked at, and all there are: a page holds the leading ones of a wide table.
    confidence, unsure, sure : float
        Mean confidence of the cell, share below 0.6, share of at least 0.8.
    expected, expected_sure : float
        Rows there would be if the probabilities were right (NaN if there are none), and the share of
        at least 0.8 among these.
    verdict : {"few", "unknown", "sure", "more", "as expected"}
        See :func:`ladder_widgets.errors.kinds.judge`.
    banded : bool
        Whether a band is chosen.
    probabilities : bool
        Whether scores are probabilities, so that confidence means something.
    """

    actual: str
    predicted: str
    right: bool
    rows: float
    of: float
    against: float
    effective: tuple[float, float]
    compared: int
    features: tuple[int, int]
    confidence: float
    unsure: float
    sure: float
    expected: float
    expected_sure: float
    verdict: Verdict
    banded: bool
    probabilities: bool


def sentences(told: Told, contrast: pd.DataFrame, scales: dict[str, float]) -> list[str]:
    """Return three sentences, or one if there are no rows.

    Parameters
    ----------
    told : Told
    contrast : DataFrame
        As :func:`ladder_widgets.errors.contrast.contrast` returns it.
    scales : dict of str to float
        Spread of each number, which decides its decimals.
    """
    if told.rows <= 0:
        where = " in this band of confidence" if told.banded else ""
        return [f"No row that is {_name(told.actual)} was predicted {_name(told.predicted)}{where}."]
    return [
        _how_many(told) + _how_sure(told),
        _what_differs(told, contrast, scales),
        _what_to_make_of_it(told, contrast),
    ]


def _how_many(told: Told) -> str:
    one = told.rows == 1
    said = f"{'was' if one else 'were'} {'rightly ' if told.right else ''}predicted"
    where = " in this band of confidence" if told.banded else ""
    return (
        f"{_count(told.rows)} of {_count(told.of)} rows that are {_name(told.actual)} "
        f"{said} {_name(told.predicted)}{where} ({_percent(told.rows / told.of)}), "
        f"with a {'' if one else 'mean '}confidence of {_fixed(told.confidence, 2)}."
    )


def _how_sure(told: Told) -> str:
    if not told.probabilities:
        return " The scores are no probabilities: their order means something, their size does not."
    if told.right or told.verdict in ("few", "unknown"):
        return ""
    sure = ""
    if not told.banded:
        sure = (
            f", and the model would be sure ({_fixed(SURE, 2)} or more) of {_percent(told.expected_sure)} "
            f"of them: it is of {_percent(told.sure)}"
        )
    said = {
        "sure": "It is sure and wrong more often than that: this is systematic, look for what they share.",
        "more": "There are more than its probabilities allow: look at the calibration.",
    }.get(
        told.verdict,
        "These are errors that its own probabilities predict: more data or better features may help.",
    )
    return f" If its probabilities were right there would be {_fixed(told.expected, 0)}{sure}. {said}"


def _others(told: Told) -> str:
    kind, one = ("wrong" if told.right else "right"), told.against == 1
    return f"{_count(told.against)} {kind} {'one' if one else 'ones'}"


def _what_differs(told: Told, contrast: pd.DataFrame, scales: dict[str, float]) -> str:
    if told.against < 2 or told.rows < 2:
        return f"There is too little to compare: {_count(told.rows)} against {_others(told)}."
    worth = contrast[contrast["significant"] & (contrast["difference"].abs() >= WORTH)]
    here, of = told.features
    among = f", among {_count(here)} of {_count(of)} features" if here < of else ""
    if worth.empty:
        little = contrast["significant"].any()
        end = f"by as much as {_fixed(WORTH, 1)} deviations" if little else "beyond noise"
        return f"Nothing sets them apart from the {_others(told)} {end}{among}."
    named = worth.drop_duplicates("feature").head(NAMED).to_dict("records")
    clauses = [_clause(row, scales.get(row["feature"], 1.0)) for row in named]
    return f"Compared with the {_others(told)}{among}: {'; '.join(clauses)}.{_as_predicted(worth)}"


def _as_predicted(worth: pd.DataFrame) -> str:
    """Whether the model's own probabilities would make these differences, were they right."""
    if worth["expected"].isna().all():
        return ""
    other = worth[worth["beyond"]].drop_duplicates("feature").head(NAMED)
    if other.empty:
        return (
            " That is as the model's own probabilities predict: it says what they rest on, not what went "
            "wrong."
        )
    names = ", ".join(_name(feature) for feature in other["feature"])
    return f" Not as the model's own probabilities predict: {names}."


def _clause(row: Mapping[Hashable, Any], scale: float) -> str:
    kind, here, there, d = (row[part] for part in ("kind", "cell", "others", "difference"))
    name = _name(row["feature"])
    if kind not in ("datetime", "number"):
        what = _name(row["signal"]) if kind == "level" else kind
        return f"{name} is {what} for {_percent(here)} against {_percent(there)}{_times(row['risk_ratio'])}"
    if kind == "datetime":
        word, a, b = ("later" if d > 0 else "earlier"), _date(here), _date(there)
    else:
        word, a, b = ("higher" if d > 0 else "lower"), _value(here, scale), _value(there, scale)
    if row["separates"]:
        return f"{name} is {word} (always {a} against {b})"
    size = _fixed(abs(d), 2) if abs(d) < FAR else f"more than {FAR}"
    return f"{name} is {word} (mean {a} against {b}, {size} deviations)"


def _times(ratio: float) -> str:
    if isnan(ratio):
        return ""
    often = "as often" if ratio >= 1 else "less often"
    return f", {_fixed(max(ratio, 1 / ratio), 1)} times {often}"


def _what_to_make_of_it(told: Told, contrast: pd.DataFrame) -> str:
    survive, apart = int(contrast["significant"].sum()), int(contrast["apart"].sum())
    if survive:
        more = f"{_count(apart)} {'differs' if apart == 1 else 'differ'}" if apart else "none of them differs"
        here, of = told.features
        among = (
            f"Among {_count(here)} of {_count(of)} features, of {_count(told.compared)} signals in all,"
            if here < of
            else f"Of {_count(told.compared)} signals"
        )
        return (
            f"{among} {_count(survive)} {'survives' if survive == 1 else 'survive'} the noise "
            f"(false-discovery rate 5 %), and {more} by more than half a deviation."
        )
    if told.against < 1:
        return "There is nothing of the same class on the other side."
    if told.against < 2 or told.rows < 2:
        return "So few rows are best read one by one."
    n, m = told.effective
    least = 1.96 * sqrt((n + m) / (n * m))
    return (
        f"With {_count(told.rows)} against {_count(told.against)} rows a difference below {_fixed(least, 2)} "
        "deviations could not be told from noise, were it the only one looked for."
    )


# ---- numbers and names, written alike in both languages --------------------------------------


def _name(text: str) -> str:
    """One line, cut in the middle, and isolated where it would turn the line around."""
    line = _SPACE.sub(" ", _TURN.sub("", str(to_plain(text)))).strip(" ")
    if len(line) > LETTERS:
        line = f"{line[:30]}…{line[-17:]}"
    return f"\u2068{line}\u2069" if _RIGHT_TO_LEFT.search(line) else line


def _fixed(value: float, digits: int) -> str:
    """Half is rounded up, and what a float32 on the way made of it: the languages do not agree on halves."""
    size = 10**digits
    text = f"{floor(abs(value) * size + 0.501) / size:,.{digits}f}"
    return f"\u2212{text}" if value < 0 and text.strip("0.,") else text


def _count(value: float) -> str:
    return _fixed(value, 0 if float(value).is_integer() else 1)


def _percent(share: float) -> str:
    if 0 < share < 0.005:
        return "under 1 %"
    return f"{_fixed(100 * share, 0)} %"


def _value(value: float, scale: float) -> str:
    if scale > 0 and abs(value) < 1e9 and scale >= 1e-5:
        return _fixed(value, min(6, max(0, ceil(1.3 - log10(scale)))))
    number, power = f"{value:.3e}".split("e")
    return f"{number}e{int(power)}".replace("-", "\u2212")


def _date(ms: float) -> str:
    # A minute more: a mean at midnight may have lost a second as a float32.
    return str(pd.Timestamp(floor(ms) + 60_000, unit="ms").date())
