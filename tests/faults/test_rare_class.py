"""model.imbalance and evaluation.threshold: two views of a class the model misses."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score, recall_score
from sklearn.svm import LinearSVC

from ladder_widgets.case import Case
from ladder_widgets.checks._curves import held_out_gains
from ladder_widgets.finding import Status
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE
from tests.faults.tables import data, find

IMBALANCE, THRESHOLD = "model.imbalance", "evaluation.threshold"
RARE = ("lending_club", "mlc_churn", "caravan", "default", "stackoverflow")
EVEN = ("breast_cancer", "titanic", "orange_juice", "cells", "credit_data")


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[IMBALANCE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", ["lending_club", "mlc_churn", "default", "wa_churn"])
def test_a_rare_class_with_nothing_done_is_found(name, plant, strength):
    planted = plant(data(name), strength, np.random.default_rng(0))
    if planted is None:
        pytest.skip("the model finds the rare class all the same")
    case = planted.case
    finding = find(IMBALANCE, case)
    assert finding.raised, finding.summary
    row = finding.evidence[0].rows[0]
    rare = case.classes.index(row[0])
    assert row[1] == np.mean(case.y(case.val) == rare)
    assert row[2] == recall_score(case.y(case.val) == rare, case.predicted() == rare)


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[THRESHOLD], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", ["lending_club", "caravan", "stackoverflow", "credit_data", "cells"])
def test_a_threshold_left_at_one_half_is_found(name, plant, strength):
    planted = plant(data(name), strength, np.random.default_rng(0))
    if planted is None:
        pytest.skip("no other threshold does better")
    finding = find(THRESHOLD, planted.case)
    assert finding.raised, finding.summary
    assert "threshold=" in finding.fix
    assert planted.case.costs is None or "cost" in finding.summary


@pytest.mark.parametrize(
    ("name", "kind"),
    [*((name, "linear") for name in (*RARE, *EVEN)), ("attrition", "forest"), ("mlc_churn", "tuned")],
)
def test_sound_models_are_silent(name, kind):
    case = data(name, kind=kind).case()
    for code in (IMBALANCE, THRESHOLD):
        finding = find(code, case)
        assert finding.status is Status.PASS, finding.summary


def test_many_classes():
    clean = data("digits")
    assert find(IMBALANCE, clean.case()).status is Status.PASS
    skipped = find(THRESHOLD, clean.case())
    assert skipped.status is Status.SKIP
    assert "two classes" in skipped.summary


def test_a_rare_class_of_many_that_is_never_predicted():
    rng = np.random.default_rng(0)
    y = rng.choice(3, 3000, p=[0.5, 0.46, 0.04])
    X = rng.normal(size=(3000, 4)) + np.eye(3, 4)[y] * 0.9
    model = LogisticRegression().fit(X[:2000], y[:2000])
    assert find(IMBALANCE, Case(model, X[2000:], y[2000:])).status is Status.FAIL
    weighted = LogisticRegression(class_weight="balanced").fit(X[:2000], y[:2000])
    assert find(IMBALANCE, Case(weighted, X[2000:], y[2000:])).status is Status.PASS


@pytest.mark.parametrize("remedy", ["weights", "threshold", "resampling"])
def test_what_is_done_about_it_is_told(remedy):
    rng = np.random.default_rng(0)
    y = (rng.random(3000) < 0.05).astype(int)
    X = rng.normal(size=(3000, 3)) + 1.2 * y[:, None]
    model = LogisticRegression(class_weight="balanced" if remedy == "weights" else None).fit(X, y)
    if remedy == "resampling":
        model = Resampled(model)
    finding = find(IMBALANCE, Case(model, X, y, threshold=0.05 if remedy == "threshold" else None))
    assert finding.status is Status.PASS
    assert {"weights": "class_weight", "threshold": "0.05", "resampling": "Sampler"}[
        remedy
    ] in finding.summary


class Sampler:
    def fit_resample(self, X, y):
        return X, y


class Resampled(ClassifierMixin, BaseEstimator):
    def __init__(self, model=None):
        self.model = model
        self.steps = [("sampler", Sampler()), ("model", model)]

    def fit(self, X, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    @property
    def classes_(self):
        return self.model.classes_

    def predict_proba(self, X):
        return self.model.predict_proba(X)

    def predict(self, X):
        return self.model.predict(X)


def test_a_weakly_ranked_class_that_is_never_answered_counts_and_a_constant_model_does_not():
    rng = np.random.default_rng(0)
    y = (rng.random(4000) < 0.06).astype(int)
    X = rng.normal(size=(4000, 3)) + 0.3 * y[:, None]
    model = LogisticRegression().fit(X[:2500], y[:2500])
    case = Case(model, X[2500:], y[2500:], X_train=X[:2500], y_train=y[:2500])
    assert find(IMBALANCE, case).status is Status.FAIL
    dummy = DummyClassifier().fit(X, y)
    given = {"X_train": X[:2500], "y_train": y[:2500]}
    assert find(IMBALANCE, Case(dummy, X[2500:], y[2500:], **given)).status is Status.PASS
    noise = LogisticRegression().fit(X[:2500], rng.permutation(y[:2500]))
    X_noise = rng.normal(size=X.shape)
    given = {"X_train": X_noise[:2500], "y_train": y[:2500]}
    assert find(IMBALANCE, Case(noise, X_noise[2500:], y[2500:], **given)).status is Status.PASS


def test_bare_labels_are_judged_by_a_reference():
    rng = np.random.default_rng(0)
    y = (rng.random(3000) < 0.08).astype(int)
    X = rng.normal(size=(3000, 3)) + y[:, None]

    class Never:
        classes_ = np.array([0, 1])

        def predict(self, X):
            return np.zeros(len(X), dtype=int)

    finding = find(IMBALANCE, Case(Never(), X[2000:], y[2000:], X_train=X[:2000], y_train=y[:2000]))
    assert finding.status is Status.FAIL
    assert "reference" in finding.summary


def test_a_threshold_of_one_half_or_above_is_no_remedy():
    rng = np.random.default_rng(0)
    y = (rng.random(3000) < 0.05).astype(int)
    X = rng.normal(size=(3000, 3)) + y[:, None]
    model = LogisticRegression(class_weight={0: 1, 1: 1}).fit(X, y)
    for cut in (0.5, 0.8):
        assert find(IMBALANCE, Case(model, X, y, threshold=cut)).raised
    assert find(THRESHOLD, Case(model, X, y, threshold=0.5)).raised


def test_costs_decide_where_they_are_known():
    rng = np.random.default_rng(0)
    y = (rng.random(4000) < 0.3).astype(int)
    X = rng.normal(size=(4000, 1)) + 1.5 * y[:, None]
    model = LogisticRegression().fit(X, y)
    score = model.predict_proba(X)[:, 1]
    costs = {"false_positive": 1, "false_negative": 20}
    finding = find(THRESHOLD, Case(model, X, y, costs=costs))
    assert finding.status is Status.FAIL
    best = float(finding.fix.split("threshold=")[1].split(")")[0])
    assert best < 0.15  # 1 / 21 for honest probabilities

    def paid(cut):
        return 100 * np.mean(np.where(score >= cut, y == 0, 20 * (y == 1)))

    told = [float(word) for word in re.findall(r"cost ([\d.]+) instead of ([\d.]+)", finding.summary)[0]]
    assert told == pytest.approx([paid(best), paid(0.5)], rel=0.1)
    assert (
        find(THRESHOLD, Case(model, X, y, costs={"false_positive": 1, "false_negative": 1})).status
        is Status.PASS
    )
    assert find(THRESHOLD, Case(model, X, y, costs=costs, threshold=1 / 21)).status is Status.PASS
    rare = LogisticRegression().fit(X[: len(y) // 2], y[: len(y) // 2])
    assert find(
        THRESHOLD, Case(rare, X, y, pos_label=0, costs={"false_positive": 20, "false_negative": 1})
    ).raised


def test_honest_probabilities_of_a_common_class_are_rightly_cut_at_one_half():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6000, 1))
    y = (0.9 * X[:, 0] + rng.logistic(size=6000) > 1.3).astype(int)  # 26 %, weakly told
    finding = find(THRESHOLD, Case(LogisticRegression().fit(X, y), X, y))
    assert finding.status is Status.PASS, finding.summary


def test_labels_that_follow_from_no_threshold():
    X, y = _low_scores(np.random.default_rng(0))

    class Own(Low):
        def predict(self, X):
            return (np.arange(len(X)) % 2).astype(int)

    assert find(THRESHOLD, Case(Own(), X, y)).status is Status.SKIP


def test_held_out_gains_match_a_slow_computation():
    rng = np.random.default_rng(0)
    positive = rng.random(2000) < 0.15
    score = 1 / (1 + np.exp(-(rng.normal(size=2000) + 1.5 * positive - 2.5)))
    gains = held_out_gains(score, positive, 0.5, ("balanced_accuracy", "f1"), 0)
    above = score >= gains.threshold
    expected = balanced_accuracy_score(positive, above) - balanced_accuracy_score(positive, score >= 0.5)
    assert gains.mean("balanced_accuracy") == pytest.approx(expected, abs=0.03)
    assert gains.now["f1"] == pytest.approx(f1_score(positive, score >= 0.5), abs=0.02)
    assert gains.then["f1"] == pytest.approx(f1_score(positive, above), abs=0.05)
    assert gains.low("f1") <= gains.mean("f1")


def test_scores_without_signal_gain_nothing_on_held_out_rows():
    rng = np.random.default_rng(1)
    positive = rng.random(400) < 0.5
    gains = held_out_gains(rng.random(400), positive, 0.5, ("balanced_accuracy",), 0)
    assert gains.mean("balanced_accuracy") < 0.03


def _low_scores(rng):
    y = (rng.random(3000) < 0.3).astype(int)
    X = rng.normal(size=(3000, 1)) + 2 * y[:, None]
    return X, y


class Low:
    """Right order, all scores below one half."""

    classes_ = np.array([0, 1])

    def predict_proba(self, X):
        p = 0.4 / (1 + np.exp(-2 * np.asarray(X)[:, 0] + 2))
        return np.column_stack([1 - p, p])


def test_the_threshold_of_the_fix_does_what_is_said():
    X, y = _low_scores(np.random.default_rng(0))
    case = Case(Low(), X, y)
    finding = find(THRESHOLD, case)
    assert finding.status is Status.FAIL
    best = float(finding.fix.split("threshold=")[1].split(")")[0])
    assert f1_score(y, Low().predict_proba(X)[:, 1] >= best) == pytest.approx(
        finding.evidence[0].rows[1][2], abs=0.02
    )
    assert find(THRESHOLD, Case(Low(), X, y, threshold=best)).status is Status.PASS


def test_the_reported_metric_counts():
    rng = np.random.default_rng(0)
    y = (rng.random(6000) < 0.15).astype(int)
    X = rng.normal(size=(6000, 1)) + 1.5 * y[:, None]
    model = LogisticRegression(class_weight={0: 1, 1: 1.02}).fit(X, y)  # too little, and not nothing
    assert find(THRESHOLD, Case(model, X, y, metric="roc_auc")).status is Status.PASS
    told = find(THRESHOLD, Case(model, X, y, metric="balanced_accuracy"))
    assert told.status is Status.WARN
    assert told.evidence[0].rows[0][0] == "balanced accuracy"
    assert told.evidence[0].rows[0][3] >= 0.05


def test_labels_and_margins():
    X, y = _low_scores(np.random.default_rng(0))

    class Labels:
        classes_ = np.array([0, 1])

        def predict(self, X):
            return (np.asarray(X)[:, 0] > 1).astype(int)

    finding = find(THRESHOLD, Case(Labels(), X, y))
    assert finding.status is Status.SKIP
    assert "scores" in finding.summary
    assert find(THRESHOLD, Case(LinearSVC().fit(X, y), X, y)).status is Status.PASS


def test_a_frame_of_polars():
    polars = pytest.importorskip("polars")
    X, y = _low_scores(np.random.default_rng(0))
    frame = polars.DataFrame({"x": X[:, 0]})

    class OnPolars(Low):
        def predict_proba(self, X):
            return super().predict_proba(X.to_numpy())

    assert find(THRESHOLD, Case(OnPolars(), frame, pd.Series(y))).status is Status.FAIL
