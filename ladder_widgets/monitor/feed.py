"""Windows that should have their labels by now and have not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ladder_widgets.monitor.truth import Truth, Window

__all__ = ["Stop", "mature_windows", "maturity", "stops"]

#: Share of the delays after which a row counts as mature.
MATURE = 0.95
#: Coverage against the best comparable window below which labels are missing; the points and the
#: standard errors that must lie between.
PART, POINTS, Z = 0.5, 0.25, 5.0
#: Share of the log that a pause at its end must leave without the labels due, and of its time.
PAUSE_ROWS, PAUSE_TIME = 0.1, 0.1
#: Coverage that counts as none, and the share of rows at the end without any from which it is said.
NONE, SILENT = 0.02, 0.6


@dataclass(frozen=True)
class Stop:
    """Labels that should be there.

    Attributes
    ----------
    kind : {"hole", "pause", "silence"}
        Windows with far fewer labels than others as old or newer; no label since a day although many
        were due; or most of the log without labels, and no times of arrival to tell why.
    rows : int
        Rows concerned.
    share : float
        Of the log.
    coverage, usual : float
        Share with a label there, and where it should be.
    start, end : float
        Days; NaN without times.
    """

    kind: str
    rows: int
    share: float
    coverage: float
    usual: float
    start: float
    end: float


def maturity(truth: Truth) -> float:
    """Days after which nearly every label that comes has come; NaN without times of arrival.

    From the older half of the rows, as the newer ones show quick labels only.
    """
    if truth.asked is None or truth.arrived is None:
        return float("nan")
    old = truth.asked <= np.nanmedian(truth.asked)
    delays = truth.delay[old & np.isfinite(truth.delay)]
    return float(np.quantile(delays, MATURE)) if delays.size >= 10 else float("nan")


def mature_windows(truth: Truth, cut: list[Window]) -> np.ndarray:
    """Mark windows whose labels have come, as far as they come: boolean, one for each window.

    Without times of arrival: windows up to the last one that has nine tenths of the best coverage.
    """
    wait = maturity(truth)
    if np.isnan(wait) or truth.arrived is None or truth.asked is None:
        coverage = np.array([window.coverage for window in cut])
        full = np.flatnonzero(coverage >= 0.9 * coverage.max()) if coverage.max() > 0 else np.array([-1])
        return np.arange(len(cut)) <= full[-1]
    last = np.nanmax(truth.arrived)
    return np.array([last - np.nanmax(truth.asked[w.rows], initial=-np.inf) >= wait for w in cut])


def stops(truth: Truth, cut: list[Window]) -> list[Stop]:
    """Look for holes, a pause at the end, and long silence."""
    found = [_hole(truth, cut), _pause(truth), _silence(truth, cut)]
    return [one for one in found if one is not None]


def _hole(truth: Truth, cut: list[Window]) -> Stop | None:
    mature = mature_windows(truth, cut) if truth.arrived is not None else np.zeros(len(cut), dtype=bool)
    bad, usual = [], 0.0
    for k, window in enumerate(cut):
        peers = [w for j, w in enumerate(cut) if j > k or (mature[j] and mature[k])]
        best = max(peers, key=lambda w: w.coverage, default=window)
        if truth.asked is None:  # which end is the newer one is anyone's guess: a hole has two sides
            before = max(cut[:k], key=lambda w: w.coverage, default=window)
            best = min(best, before, key=lambda w: w.coverage)
        pooled = (window.labelled + best.labelled) / (len(window.rows) + len(best.rows))
        error = np.sqrt(pooled * (1 - pooled) * (1 / len(window.rows) + 1 / len(best.rows)))
        missing = best.coverage - window.coverage
        if window.coverage < PART * best.coverage and missing >= POINTS and missing >= Z * error:
            bad.append(window)
            usual = max(usual, best.coverage)
    if not bad:
        return None
    rows = sum(len(window.rows) for window in bad)
    coverage = sum(window.labelled for window in bad) / rows
    end = np.nan if truth.asked is None else float(np.nanmax(truth.asked[bad[-1].rows]))
    return Stop("hole", rows, rows / len(truth.codes), coverage, usual, bad[0].start, end)


def _pause(truth: Truth) -> Stop | None:
    """No label arrived for longer than ever before, though many were due."""
    if truth.asked is None or truth.arrived is None:
        return None
    arrivals = np.sort(truth.arrived[np.isfinite(truth.arrived)])
    last = float(arrivals[-1])
    pause, before = truth.as_of - last, float(np.diff(arrivals).max(initial=0.0))
    if pause <= 2 * before or pause < PAUSE_TIME * truth.as_of:
        return None
    seen = truth.asked <= last - np.nanquantile(truth.delay, MATURE)
    if seen.sum() < 30:
        return None
    usual = float(truth.labelled[seen].mean())
    delays = np.sort(truth.delay[seen & np.isfinite(truth.delay)])
    if not delays.size:
        return None
    waiting = np.isfinite(truth.age) & ~truth.labelled & ~seen
    age = truth.age[waiting]
    due = usual * (
        np.searchsorted(delays, age, side="right") - np.searchsorted(delays, age - pause, side="right")
    )
    missing = float(due.sum()) / len(delays)
    if missing < max(20, PAUSE_ROWS * len(truth.codes)):
        return None
    return Stop("pause", round(missing), missing / len(truth.codes), 0.0, usual, last, truth.as_of)


def _silence(truth: Truth, cut: list[Window]) -> Stop | None:
    if truth.arrived is not None or len(cut) < 3:
        return None
    coverage = np.array([window.coverage for window in cut])
    heard = np.flatnonzero(coverage > NONE)
    if not heard.size:
        return None
    quiet = cut[heard[-1] + 1 :]
    rows = sum(len(window.rows) for window in quiet)
    if rows < SILENT * len(truth.codes) or rows < 60:
        return None
    share = sum(window.labelled for window in quiet) / rows
    end = np.nan if truth.asked is None else float(np.nanmax(truth.asked))
    return Stop("silence", rows, rows / len(truth.codes), share, coverage.max(), quiet[0].start, end)
