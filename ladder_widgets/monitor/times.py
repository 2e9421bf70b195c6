"""Points and lengths of time in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ladder_widgets.validation import refuse, shown

__all__ = ["DAY", "lasting", "length_of", "moment", "period_of"]

#: Milliseconds of a day and of an hour.
DAY, HOUR = 86_400_000, 3_600_000


def length_of(every: str | int) -> int:
    """Return the length of a period in ms, from text such as ``"1D"``, ``"6h"`` or ``"7D"``.

    Raises
    ------
    ValueError
        If it is no fixed length of at least a minute.

    Examples
    --------
    >>> length_of("1D"), length_of("6h")
    (86400000, 21600000)
    """
    try:
        length = int(every) if isinstance(every, int) else int(pd.Timedelta(every) / pd.Timedelta("1ms"))
    except (ValueError, TypeError):
        length = 0
    if length < 60_000:
        raise refuse("every", "a length of at least a minute, such as '1D', '6h' or '7D'", shown(every))
    return length


def period_of(every: int) -> int:
    """Return the length of the periods that windows are counted in: a day, or what divides a window evenly.

    In the latest week the labels that are there are those of its older days: what a day is like can only be
    told apart from what is labelled if days are counted apart.

    Examples
    --------
    >>> period_of(7 * DAY) == DAY, period_of(HOUR) == HOUR, period_of(36 * HOUR) == 18 * HOUR
    (True, True, True)
    """
    days = -(-every // DAY)
    return next((every // parts for parts in range(days, 2 * days + 1) if every % parts == 0), every)


def moment(ms: float, every: int = DAY) -> str:
    """Write a point in time: a day, with the hour where periods are shorter.

    Examples
    --------
    >>> moment(1767225600000), moment(1767225600000, 3_600_000)
    ('1 January 2026', '1 January 2026 00:00')
    """
    stamp = pd.Timestamp(int(ms), unit="ms")
    day = f"{stamp.day} {stamp.month_name()} {stamp.year}"
    return day if every % DAY == 0 else f"{day} {stamp:%H:%M}"


def lasting(ms: float) -> str:
    """Write a length of time.

    Examples
    --------
    >>> lasting(90 * 60_000), lasting(3 * DAY), lasting(float("inf"))
    ('1.5 hours', '3 days', 'for ever')
    """
    if not np.isfinite(ms):
        return "for ever"
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (60_000, "minute")):
        if ms >= unit:
            number = f"{ms / unit:.2g}" if ms < 10 * unit else f"{ms / unit:.0f}"
            return f"{number} {name}{'' if number == '1' else 's'}"
    return "under a minute"
