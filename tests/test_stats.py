"""Statistics against an independent computation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as sps
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    log_loss,
    roc_auc_score,
)

from ladder_widgets.metrics import curve_areas, evaluate
from ladder_widgets.stats import benjamini_hochberg, delong, wilson


def _scored(seed=0, n=400):
    rng = np.random.default_rng(seed)
    y = rng.random(n) < 0.3
    first = y + rng.normal(size=n)
    return y, first, 0.7 * first + rng.normal(size=n) * 0.5


def test_delong_is_the_auc_with_the_spread_of_a_bootstrap():
    y, first, second = _scored()
    interval, se = delong(y, first)
    assert interval.mean == pytest.approx(roc_auc_score(y, first))
    difference, se_difference = delong(y, first, second)
    assert difference.mean == pytest.approx(roc_auc_score(y, first) - roc_auc_score(y, second))
    rng = np.random.default_rng(1)
    draws = []
    for _ in range(800):
        rows = rng.integers(0, len(y), len(y))
        a, b = roc_auc_score(y[rows], first[rows]), roc_auc_score(y[rows], second[rows])
        draws.append((a, a - b))
    spread = np.std(draws, axis=0)
    assert se == pytest.approx(spread[0], rel=0.1)
    assert se_difference == pytest.approx(spread[1], rel=0.1)


def test_delong_covers_the_truth_95_times_in_100():
    truth = sps.norm.cdf(1 / np.sqrt(2))
    hits = 0
    for seed in range(400):
        y, first, _ = _scored(seed, 200)
        interval, _ = delong(y, first)
        hits += interval.low <= truth <= interval.high
    assert 0.91 <= hits / 400 <= 0.98


def test_wilson_is_the_published_interval():
    want = sps.binomtest(7, 50).proportion_ci(method="wilson")
    got = wilson(7, 50)
    assert (got.low, got.high) == pytest.approx((want.low, want.high), abs=1e-4)


def test_benjamini_hochberg_agrees_with_scipy():
    p = np.random.default_rng(0).random(200) ** 3
    np.testing.assert_array_equal(benjamini_hochberg(p), sps.false_discovery_control(p) <= 0.05)


@pytest.mark.parametrize("k", [2, 4])
def test_metrics_are_scikit_learns(k):
    rng = np.random.default_rng(0)
    y = rng.integers(0, k, 300)
    proba = rng.dirichlet(np.ones(k), 300) + np.eye(k)[y] * 0.5
    proba /= proba.sum(axis=1, keepdims=True)
    predicted = proba.argmax(axis=1)
    got = evaluate(y, proba, predicted, 1)
    curve = proba[:, 1] if k == 2 else proba
    onehot = np.eye(k)[y]
    assert got["roc_auc"] == pytest.approx(roc_auc_score(y, curve, multi_class="ovr"))
    ap = average_precision_score(y, proba[:, 1]) if k == 2 else average_precision_score(onehot, proba)
    assert got["average_precision"] == pytest.approx(ap)
    assert got["log_loss"] == pytest.approx(log_loss(y, proba))
    assert got["accuracy"] == pytest.approx((predicted == y).mean())
    assert got["balanced_accuracy"] == pytest.approx(balanced_accuracy_score(y, predicted))
    want = brier_score_loss(y, proba[:, 1]) if k == 2 else np.mean(np.sum((proba - onehot) ** 2, axis=1)) / 2
    assert got["brier"] == pytest.approx(want)


@pytest.mark.parametrize("decimals", [0, 1, 6])
def test_curve_areas_are_scikit_learns_with_ties_and_one_of_each(decimals):
    rng = np.random.default_rng(decimals)
    for size in (2, 5, 400):
        positive = np.arange(size) == 0 if size < 5 else rng.random(size) < 0.3
        positive[:2] = [True, False]
        score = np.round(rng.normal(size=size) + positive, decimals)
        want = roc_auc_score(positive, score), average_precision_score(positive, score)
        assert curve_areas(positive, score) == pytest.approx(want)
    assert np.isnan(curve_areas(np.ones(3, bool), np.arange(3.0))).all()
