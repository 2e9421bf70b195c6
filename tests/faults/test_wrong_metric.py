"""evaluation.wrong-metric: metrics that hide failure are named; fair ones are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, average_precision_score, balanced_accuracy_score, f1_score

from ladder_widgets.case import Case
from ladder_widgets.checks import registry, run_check
from ladder_widgets.finding import Status
from ladder_widgets.shared import Shared
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE
from tests.faults.tables import data, find

CODE = "evaluation.wrong-metric"


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", ["credit_data", "mlc_churn", "stackoverflow", "cells"])
def test_found(name, plant, strength):
    planted = plant(data(name), strength, np.random.default_rng(0))
    if planted is None:
        pytest.skip("no room for it in this table")
    finding = find(CODE, planted.case)
    assert finding.raised, finding.summary
    assert planted.case.metric in finding.summary


@pytest.mark.parametrize(
    "metric", ["roc_auc", "average_precision", "balanced_accuracy", "f1", "neg_log_loss"]
)
@pytest.mark.parametrize("name", ["mlc_churn", "caravan", "breast_cancer"])
def test_fair_metrics_are_silent(name, metric):
    assert find(CODE, data(name).case(metric=metric)).status is Status.PASS


@pytest.mark.parametrize(
    "name", ["credit_data", "wa_churn", "titanic", "breast_cancer", "digits", "hpc_data"]
)
def test_accuracy_is_fair_where_no_class_is_rare(name):
    finding = find(CODE, data(name).case(metric="accuracy"))
    assert finding.status is Status.PASS, finding.summary


def _rare(share=0.05, n=3000, shift=1.5):
    rng = np.random.default_rng(0)
    y = (rng.random(n) < share).astype(int)
    return rng.normal(size=(n, 2)) + shift * y[:, None], y


def test_figures_against_an_independent_computation():
    X, y = _rare()
    model = LogisticRegression().fit(X, y)
    finding = find(CODE, Case(model, X, y, metric="accuracy"))
    rows = {row[0]: row[1:] for row in finding.evidence[0].rows}
    predicted, score = model.predict(X), model.predict_proba(X)[:, 1]
    assert rows["accuracy"] == pytest.approx((accuracy_score(y, predicted), 1 - y.mean()))
    assert rows["balanced_accuracy"] == pytest.approx((balanced_accuracy_score(y, predicted), 0.5))
    assert rows["f1"] == pytest.approx((f1_score(y, predicted), 0))
    assert rows["average_precision"] == pytest.approx((average_precision_score(y, score), y.mean()))
    assert finding.status is Status.FAIL  # the model misses the class, too


def test_the_positive_class_decides_what_f1_means():
    X, y = _rare()
    model = LogisticRegression(class_weight="balanced").fit(X, y)
    assert find(CODE, Case(model, X, y, metric="f1", pos_label=1)).status is Status.PASS
    assert find(CODE, Case(model, X, y, metric="f1", pos_label=0)).status is Status.WARN


def test_a_metric_that_looks_at_one_side():
    X, y = _rare(0.1, shift=1.2)
    shy = LogisticRegression().fit(X, y)
    finding = find(CODE, Case(shy, X, y, metric="precision", threshold=0.85))
    assert finding.status is Status.FAIL
    assert "misses" in finding.summary
    finding = find(CODE, Case(shy, X, y, metric="recall", threshold=0.001))
    assert finding.status is Status.FAIL
    assert find(CODE, Case(shy, X, y, metric="recall", threshold=0.1)).status is Status.PASS


@pytest.mark.parametrize("metric", ["r2", "adjusted_rand_score", "neg_mean_squared_error"])
def test_metrics_of_numbers_are_not_judged(metric):
    X, y = _rare()
    finding = find(CODE, Case(LogisticRegression().fit(X, y), X, y, metric=metric))
    assert finding.status is Status.SKIP
    assert metric in finding.summary


def test_a_metric_that_does_not_apply_and_labels_of_any_type():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    X = rng.normal(size=(300, 2)) + y[:, None]
    assert find(CODE, Case(LogisticRegression().fit(X, y), X, y, metric="f1")).status is Status.SKIP
    X, y = _rare()
    named = pd.Series(np.where(y == 1, 'it\'s "rare"', "no"))
    model = LogisticRegression().fit(X, named)
    finding = find(CODE, Case(model, X, named, metric="accuracy", pos_label='it\'s "rare"'))
    assert finding.raised
    exec(finding.fix, {"model": model, "X_val": X, "y_val": named})


def test_without_a_metric_it_says_what_it_needs():
    X, y = _rare()
    finding = find(CODE, Case(LogisticRegression().fit(X, y), X, y))
    assert finding.status is Status.SKIP
    assert "metric" in finding.summary


def test_one_half_is_no_fault_of_its_own_where_accuracy_asks_for_it():
    X, y = _rare(shift=0.9)
    case = Case(LogisticRegression().fit(X, y), X, y, metric="accuracy")
    shared = Shared(case)
    for check in registry():
        if check.code in ("model.imbalance", CODE, "evaluation.no-baseline", "evaluation.threshold"):
            run_check(check, case, shared)
    assert {code for code, one in shared.found.items() if one.raised} == {"model.imbalance", CODE}
    assert "explain it" in shared.found["evaluation.threshold"].summary
