"""production.serialization-mismatch: another served model is found, another way to write it is not."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from ladder_widgets.case import Case
from ladder_widgets.finding import Status
from ladder_widgets.monitor import ProductionLog
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE
from tests.faults.plants.truth import score_columns
from tests.faults.tables import data, find, log_frame

CODE, OTHER = "production.serialization-mismatch", "production.delayed-truth"
TABLES = ("credit_data", "titanic", "hpc_data")


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", TABLES)
def test_found(name, plant, strength):
    planted = plant(data(name, log=True, n_rows=1800), strength, np.random.default_rng(4))
    if planted is None:
        pytest.skip("no room for it in this table")
    finding = find(CODE, planted.case)
    assert finding.raised, finding.summary
    assert not find(OTHER, planted.case).raised


@pytest.mark.parametrize("kind", ["linear", "boosting", "tuned"])
@pytest.mark.parametrize("name", ["credit_data", "hpc_data", "iris"])
def test_the_same_model_is_silent(name, kind):
    clean = data(name, log=True, kind=kind, n_rows=1000)
    model = clean.fitted()
    log = clean.logged(model, np.random.default_rng(0))
    assert find(CODE, clean.case(model=model, production=log)).status is Status.PASS


@pytest.fixture(scope="module")
def served():
    clean = data("credit_data", log=True, n_rows=1500)
    model = clean.fitted()
    return clean, model, log_frame(clean.X_log, clean.y_log, model, np.random.default_rng(0))


def _seen(served, frame, **options):
    clean, model, _ = served
    return find(CODE, clean.case(model=model, production=frame, **options))


WRITTEN = {
    "rounded to 2 digits": lambda score: score.round(2),
    "cut off after 3 digits": lambda score: np.floor(1000 * score) / 1000,
    "three significant digits": lambda score: score.map(lambda value: float(f"{value:.3g}")),
    "single precision": lambda score: score.astype("float32"),
    "half precision": lambda score: score.astype("float16"),
    "percent": lambda score: 100 * score,
    "whole percent": lambda score: (100 * score).round(),
    "text": lambda score: score.map("{:.4f}".format),
    "text with a sign": lambda score: (100 * score).map("{:.1f}%".format),
    "noise": lambda score: score + np.random.default_rng(0).normal(0, 1e-7, len(score)),
    "some requests failed": lambda score: score.mask(np.arange(len(score)) % 5 == 0),
}


@pytest.mark.parametrize("how", WRITTEN)
def test_ways_to_write_a_score_are_silent(served, how):
    frame = served[2]
    finding = _seen(served, frame.assign(score=WRITTEN[how](frame["score"])))
    assert finding.status is Status.PASS, finding.summary


def test_a_log_read_back_from_text_is_silent(served):
    frame = pd.read_csv(io.StringIO(served[2].to_csv(index=False)))
    assert _seen(served, frame).status is Status.PASS
    assert _seen(served, frame[frame.columns[::-1]].assign(request="r")).status is Status.PASS
    assert _seen(served, frame.astype(object)).status is Status.PASS


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.assign(score=1 - f["score"]), "P(other class)"),
        (lambda f: f.assign(score=logit(f["score"])), "log-odds"),
        (lambda f: f.assign(score=(f["score"] >= 0.5).astype(float)), "predicted label"),
        (lambda f: f.assign(score=np.roll(f["score"], 3)), "3 row(s) further"),
        (lambda f: f.assign(score=expit(1.7 * logit(f["score"]) - 0.5)), "1.70 times"),
        (lambda f: f.assign(prediction=np.where(f["score"] >= 0.31, "good", "bad")), "0.31"),
        (lambda f: f.assign(score=np.where(f.index > 200, f["score"] ** 2, f["score"])), "since"),
    ],
)
def test_the_cause_is_named(served, change, words):
    finding = _seen(served, change(served[2]))
    assert finding.raised
    assert words in finding.summary


def test_labels_alone_are_enough(served):
    labels = served[2].drop(columns="score")
    assert _seen(served, labels).status is Status.PASS
    flipped = labels.assign(prediction=labels["prediction"].map({"bad": "good", "good": "bad"}))
    assert "swapped" in _seen(served, flipped).summary
    moved = labels.assign(prediction=np.where(served[2]["score"] >= 0.2, "good", "bad"))
    finding = _seen(served, moved)
    assert finding.status is Status.FAIL
    assert "threshold=0." in finding.fix


def test_conventions_of_the_positive_class(served):
    """P(bad) and scikit-learn's second column may both be recorded where bad is the positive class."""
    frame = served[2]
    assert _seen(served, frame, pos_label="bad").status is Status.PASS
    assert _seen(served, frame.assign(score=1 - frame["score"]), pos_label="bad").status is Status.PASS
    cut = frame.assign(prediction=np.where(1 - frame["score"] >= 0.3, "bad", "good"))
    assert _seen(served, cut, pos_label="bad", threshold=0.3).status is Status.PASS


def test_numbers_are_those_of_the_rows(served):
    clean, model, frame = served
    off = frame["score"].to_numpy().copy()
    off[10:40] = np.clip(off[10:40] + 0.05, 0, 1)
    finding = _seen(served, frame.assign(score=off).set_index(pd.Index([f"r{k}" for k in range(len(frame))])))
    replayed = model.predict_proba(clean.X_log)[:, 1]
    far = np.abs(replayed - off) > 1e-5
    row = finding.evidence[0].rows[0]
    assert row[1] == len(frame)
    assert row[2] == far.sum()
    assert row[5] == pytest.approx(np.abs(replayed - off).max())
    assert {named for named, *_ in finding.evidence[1].rows} <= {f"r{k}" for k in np.flatnonzero(far)}


def test_one_column_for_more_classes():
    clean = data("hpc_data", log=True, n_rows=1500)
    model = clean.fitted()
    frame = log_frame(clean.X_log, clean.y_log, model, np.random.default_rng(0))
    names = list(score_columns(model).values())
    proba = frame[names].to_numpy()
    for values in (proba.max(axis=1), proba[:, 1], 100 * proba[:, 0]):
        log = frame.drop(columns=names).assign(score=values)
        assert find(CODE, clean.case(model=model, production=log)).status is Status.PASS
    swapped = dict(zip(model.classes_, names[1:] + names[:1], strict=True))
    assert find(CODE, clean.case(model=model, production=ProductionLog(frame, score=swapped))).raised


def _numbers(n, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 4))
    return X, (X[:, 0] + rng.normal(size=n) > 0).astype(int)


class Restless:
    """Answers a little differently each time."""

    classes_ = np.array([0, 1])
    _rng = np.random.default_rng(0)

    def predict_proba(self, X):
        p = np.clip(expit(np.asarray(X)[:, 0].astype(float)) + self._rng.normal(0, 0.003, len(X)), 0, 1)
        return np.column_stack([1 - p, p])


class OnlyLabels:
    """Predicts and nothing else."""

    def predict(self, X):
        return (np.asarray(X)[:, 0].astype(float) > 0).astype(int)


def test_odd_estimators():
    X, y = _numbers(600)
    X_log, _ = _numbers(200, 1)
    rows = pd.DataFrame(X_log, columns=["x0", "x1", "x2", "x3"])
    svc, other = LinearSVC(random_state=0).fit(X, y), LinearSVC(C=1e-4, random_state=0).fit(X, y)
    margin = svc.decision_function(X_log)
    for model, scores, raised in [
        (svc, margin, False),
        (svc, expit(margin), False),
        (svc, other.decision_function(X_log), True),
        (Restless(), Restless().predict_proba(X_log)[:, 1], False),
        (Restless(), expit(X_log[:, 1]), True),
        (OnlyLabels(), OnlyLabels().predict(X_log), False),
    ]:
        case = Case(model, X[400:], y[400:], production=rows.assign(score=scores))
        assert find(CODE, case).raised is raised


def test_containers():
    polars = pytest.importorskip("polars")
    X, y = _numbers(600)
    frame = pd.DataFrame(X, columns=list("abcd"))
    model = LogisticRegression().fit(frame, y)
    log = frame[400:].assign(score=model.predict_proba(frame[400:])[:, 1])
    for wrap in (lambda f: f, polars.from_pandas):
        case = Case(model, frame[:300], y[:300], production=wrap(log))
        assert find(CODE, case).status is Status.PASS
        assert find(CODE, Case(model, frame[:300], y[:300], production=wrap(log.assign(score=0.3)))).raised


def test_what_it_needs_is_said(served):
    frame = served[2]
    for log, word in [
        (frame.drop(columns=["score", "prediction"]), "recorded scores"),
        (frame.assign(score=np.nan, prediction=None), "holds none"),
        (frame.drop(columns="Income"), "'Income'"),
    ]:
        finding = _seen(served, log)
        assert finding.status is Status.SKIP
        assert word in finding.summary
