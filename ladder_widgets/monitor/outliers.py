"""Rows unlike anything in training, each with the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ladder_widgets.monitor._outlier_rows import isolation, pairs_of, refused
from ladder_widgets.monitor._outlier_words import reasons
from ladder_widgets.monitor.schema import Schema
from ladder_widgets.table import Table
from ladder_widgets.validation import refuse

__all__ = ["RATE", "outliers"]

#: Share of rows like those of training that the forest flags.
RATE = 0.01


def outliers(
    baseline_sample: pd.DataFrame,
    batch: Any,
    *,
    schema: Schema,
    rate: float = RATE,
    random_state: int | None = 0,
) -> pd.DataFrame:
    """Score every row of a batch, and flag those unlike training.

    A row is flagged for two reasons. Its values are unusual together: an isolation forest (Liu, Ting &
    Zhou, ICDM 2008) is grown on half of the training rows, and a row is flagged if its score is among the
    ``rate`` highest when ranked with the rows of the other half, so that ``rate`` is the share flagged of
    rows from the same source (conformal calibration). Or one value is refused by the schema: far outside
    the range of training, a level or a gap that training never had. Dates, counters and ids are left out,
    for they move on by themselves.

    Parameters
    ----------
    baseline_sample : DataFrame
        Rows of training, drawn at random; at most 2,000 are used.
    batch : frame, array or sparse matrix of shape (n_rows, n_features)
    schema : Schema
        Of the whole training.
    rate : float
        Between 0 and 0.5; with ``n`` calibration rows not below 1/(n + 1) in effect.
    random_state : int or None

    Returns
    -------
    DataFrame
        With the batch's index: ``score`` (0 to 1, higher is more unusual), ``flag``, ``reason`` and
        ``columns`` (tuple of names, most telling first); the latter two are empty for rows not flagged.
        ``.attrs`` holds ``rate`` and ``calibrated_on``, the number of rows.

    Raises
    ------
    ValueError
        If ``rate`` is not between 0 and 0.5, or sample and batch share no column with the schema.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> train = pd.DataFrame({"age": rng.integers(18, 90, 2000), "income": rng.normal(4e4, 5e3, 2000)})
    >>> found = outliers(train, train.head(2).assign(income=[41000.0, 1.2e6]), schema=Schema.learn(train))
    >>> found["flag"].tolist(), found["reason"].iloc[1][:47]
    ([False, True], 'income 1,200,000: above 99.9 % of training (54,')
    """
    if not 0 < rate < 0.5:
        raise refuse("rate", "a number between 0 and 0.5", repr(rate))
    trained, served = Table(baseline_sample, "baseline_sample"), Table(batch, "batch")
    pairs = pairs_of(schema, trained, served)
    if not pairs:
        raise refuse("batch", "a table with columns of the schema", f"none of {', '.join(schema.names[:5])}")
    score, cut, calibrated = isolation(pairs, rate, random_state)
    bad = np.column_stack([refused(pair) for pair in pairs])
    flag = (score > cut) | bad.any(axis=1)
    rows = np.flatnonzero(flag)
    told = pd.DataFrame({"score": score, "flag": flag}, index=served.index)
    words, columns = np.full(len(told), "", dtype=object), np.full(len(told), None, dtype=object)
    columns[:] = [()] * len(told)
    for row, (text, names) in zip(rows, reasons(pairs, bad, rows), strict=True):
        words[row], columns[row] = text, names
    told["reason"], told["columns"] = words, columns
    told.attrs = {"rate": rate, "calibrated_on": calibrated}
    return told
