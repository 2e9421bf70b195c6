"""Values that serving fills in, cuts off or rounds: what a known function leaves behind in a column."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import stats

from ladder_widgets.checks._serving import ServedColumn
from ladder_widgets.checks._skew import Skew
from ladder_widgets.monitor.drift import ks
from ladder_widgets.table import Feature

__all__ = ["clipped", "filled", "rounded"]

MIN_ROWS = 50
#: Share of rows that must have been missing, or beyond a limit, for their absence to say something.
MISSING, BEYOND = 0.01, 0.01
#: Rows that must be gone, and how improbable that must be.
EXPECTED, P_VALUE = 10.0, 1e-4
EMPTY = 0.5
#: Step of a rounding, in standard deviations, from which it is more than the format of a log.
COARSE, COARSE_INTEGER = 0.02, 0.002
#: Share of rows on a coarser grid, beyond training, from which a part of the rows is rounded.
ON_GRID = 0.2


def filled(pair: ServedColumn) -> Skew | None:
    """Missing values that one value replaces in production, or the other way round."""
    if min(len(pair.trained.series), len(pair.served.series)) < MIN_ROWS:
        return None
    if not pair.trained.missing.any() and not pair.served.missing.any():
        return None
    trained, served = _Shares(pair.trained), _Shares(pair.served)
    if abs(trained.missing - served.missing) >= EMPTY:
        return None  # a column that emptied is another schema
    if trained.missing > served.missing:
        return _replaced(pair, trained, served, "{value} where training has missing values", True)
    return _replaced(pair, served, trained, "missing values where training has {value}", False)


class _Shares:
    """Share of the rows that each value of a column holds."""

    def __init__(self, feature: Feature) -> None:
        self.n_rows = len(feature.series)
        if feature.kind == "category":
            codes, levels = feature.codes()
            counts = np.bincount(codes[codes >= 0], minlength=len(levels))
            self.of: dict[object, float] = dict(zip(levels, counts / self.n_rows, strict=True))
            self.missing = float(np.mean(codes < 0))
        else:
            values = feature.numbers()
            present = values[~np.isnan(values)]
            distinct, counts = np.unique(np.round(present, 9), return_counts=True)
            # Single values cannot stand out; leaving them out keeps the mapping small.
            kept = counts >= 3
            self.of = dict(zip(distinct[kept].tolist(), counts[kept] / self.n_rows, strict=True))
            self.missing = 1 - len(present) / self.n_rows


def _replaced(pair: ServedColumn, gappy: _Shares, whole: _Shares, words: str, forward: bool) -> Skew | None:
    """One value of the whole side that holds as many rows more as the gappy side misses more."""
    lost = gappy.missing - whole.missing
    gone = lost / gappy.missing if gappy.missing else 0.0
    rows = gappy.missing * whole.n_rows
    if gappy.missing < MISSING or rows < EXPECTED or gone < 0.2:
        return None
    if stats.binom.cdf(round(whole.missing * whole.n_rows), whole.n_rows, gappy.missing) > P_VALUE:
        return None
    # What is left spreads over the other values as it does on the gappy side.
    scale = (1 - whole.missing - lost) / max(1e-9, 1 - gappy.missing)
    more = {value: share - scale * gappy.of.get(value, 0.0) for value, share in whole.of.items()}
    if not more:
        return None
    value = max(more, key=lambda key: more[key])
    error = np.sqrt(whole.of[value] * (1 - whole.of[value]) * (1 / whole.n_rows + 1 / gappy.n_rows))
    error += np.sqrt(gappy.missing * (1 - gappy.missing) * (1 / whole.n_rows + 1 / gappy.n_rows))
    if (
        abs(more[value] - lost) > 2 * error + 0.1 * lost
        or more[value] < 0.5 * lost
        or more[value] < 3 * error / 2
    ):
        return None
    rest = sum(abs(v) for key, v in more.items() if key != value and key in gappy.of)
    text = words.format(value=_shown(pair, value, forward))
    undo = f"x.mask(x == {value!r})" if forward and whole.of[value] > 3 * gappy.of.get(value, 0.0) else None
    return Skew(
        (pair.name,), text, undo, lost if forward else gone, lost, min(rest, lost) / 2, kind="missing"
    )


def _shown(pair: ServedColumn, value: object, forward: bool) -> str:
    if isinstance(value, str):
        return repr(value)
    number = float(value)  # type: ignore[arg-type]
    text = f"{number:.6g}"
    if not forward or pair.trained.kind == "category":
        return text
    known = pair.trained.numbers()
    for word, centre in (("mean", np.nanmean(known)), ("median", np.nanmedian(known))):
        if np.isclose(number, centre, rtol=1e-3, atol=0) and number != 0:
            return f"{text} (the {word})"
    return text


def clipped(pair: ServedColumn) -> Skew | None:
    """A limit that production values never pass and pile up at, where training goes on."""
    trained, served = pair.sorted_before, pair.sorted_after
    if not pair.numeric or min(len(trained), len(served)) < MIN_ROWS:
        return None
    for sign, word in ((1.0, "above"), (-1.0, "below")):
        before, after = (values if sign > 0 else -values[::-1] for values in (trained, served))
        limit = after[-1]
        beyond = float(np.mean(before > limit))
        at = float(np.mean(after == limit)), float(np.mean(before == limit))
        if beyond < BEYOND or beyond * len(after) < EXPECTED:
            continue
        error = np.sqrt(beyond * (1 / len(before) + 1 / len(after)))
        cut = np.minimum(before, limit)
        distance = ks(cut, after)[0]
        chance = np.sqrt(at[0] * (1 - at[1]) * (1 / len(before) + 1 / len(after)))
        piled = at[0] - at[1] >= max(0.5 * beyond, beyond - 4 * error, 3 * chance)
        if piled and distance <= 1.5 * np.sqrt(1 / len(before) + 1 / len(after)):
            words = (
                f"nothing {word} {sign * limit:.6g}, where training has {beyond:.1%} of its rows (clipped)"
            )
            return Skew((pair.name,), words, None, beyond, beyond, distance, kind="coarse")
    return None


def rounded(pair: ServedColumn) -> Skew | None:
    """Numbers on a coarser grid than those of training, in all rows or in a part of them; or a finer one."""
    trained, served = pair.sorted_before, pair.sorted_after
    if not pair.numeric or min(len(trained), len(served)) < MIN_ROWS:
        return None
    spread = float(trained.std())
    for digits in (3, 2, 1, 0, -1, -2, -3):
        step = 10.0**-digits
        if step > 2 * spread or step < (COARSE_INTEGER if digits == 0 else COARSE) * spread:
            continue
        if abs(_on(_thin(served), step) - _on(_thin(trained), step)) < ON_GRID / 2:
            continue
        skew = _on_step(pair, trained, served, step, digits)
        if skew is not None:
            return skew
    return None


def _on_step(
    pair: ServedColumn, trained: np.ndarray, served: np.ndarray, step: float, digits: int
) -> Skew | None:
    before, after = (_on(values, step) for values in (trained, served))
    fine, coarse, values = (trained, served, after) if after > before else (served, trained, before)
    if abs(after - before) < ON_GRID or min(before, after) > 0.9:
        return None
    if values < 0.999 and (after < before or min(before, after) > 0.3):
        return None
    error = np.sqrt(1 / len(trained) + 1 / len(served))
    share = (after - before) / (1 - before) if after > before else 1.0
    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "rounded": np.round,
        "cut off": np.trunc,
        "rounded down": np.floor,
        "rounded up": np.ceil,
    }
    distances = {}
    for word, way in ways.items():
        image = np.sort(way(fine / step) * step)
        if share > 0.98:
            distances[word] = ks(np.round(image, 9), np.round(coarse, 9))[0]
        else:
            points = np.concatenate([fine[:: max(1, len(fine) // 500)], image[:: max(1, len(image) // 500)]])
            mixed = (1 - share) * _below(fine, points) + share * _below(image, points)
            distances[word] = float(np.abs(mixed - _below(coarse, points)).max())
    word = min(distances, key=lambda key: distances[key])
    if distances[word] > 1.6 * error:
        return None
    unit = "whole numbers" if digits == 0 else f"multiples of {step:g}"
    side = "" if after > before else "finer values where training has "
    return Skew(
        (pair.name,),
        f"{side}{unit} ({word})",
        None,
        share,
        abs(after - before),
        distances[word],
        kind="coarse",
    )


def _thin(values: np.ndarray) -> np.ndarray:
    return values[:: max(1, len(values) // 1000)]


def _on(values: np.ndarray, step: float) -> float:
    steps = values / step
    return float(np.mean(np.abs(steps - np.round(steps)) < 1e-5 * np.maximum(1, np.abs(steps) * 1e-1)))


def _below(values: np.ndarray, points: np.ndarray) -> np.ndarray:
    return np.searchsorted(values, points + 1e-7 * np.abs(points), side="right") / len(values)
