"""Figures against numbers worked out independently with scikit-learn."""

from __future__ import annotations

import html
import json

import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ladder_widgets import Case, ErrorAnalysis
from ladder_widgets.errors import Condition
from ladder_widgets.figures import NAMES, POINTS, figure
from ladder_widgets.report import Report
from ladder_widgets.rungs.rung import Rung


def _report(case, errors=None, complete=True):
    return Report(case, tuple(map(Rung, range(7))), (), errors, 0.0, complete)


def _analysed(model, X, y, **options):
    case = Case(model, X, y, **options)
    errors = ErrorAnalysis(
        case.val.table, case.y(case.val), case.scores(), case.classes, case.positive, case.threshold
    )
    return _report(case, errors)


@pytest.fixture(scope="module")
def big(cancer_report):
    """20,000 scores that all differ: no curve of this fits into 500 points by itself."""
    rng = np.random.default_rng(0)
    y = rng.random(20_000) < 0.2
    score = 1 / (1 + np.exp(-rng.normal(y * 1.2 - 1.5, 1)))
    errors = ErrorAnalysis.from_predictions(y.astype(int), score, threshold=0.37)
    return _report(cancer_report.case, errors), y, errors.x


@pytest.fixture(params=["credit_report", "cancer_report"])
def two(request):
    return request.getfixturevalue(request.param)


def _positive(report):
    errors = report.errors
    return errors.y == errors.positive, errors.scores.proba[:, errors.positive]


def test_roc_is_that_of_scikit_learn(two):
    y, score = _positive(two)
    curve = figure(two, "roc").data[0]
    fpr, tpr, _ = metrics.roc_curve(y, score)
    np.testing.assert_allclose(curve.x, fpr)
    np.testing.assert_allclose(curve.y, tpr)
    assert f"AUC {metrics.roc_auc_score(y, score):.3f}" in curve.name


def test_precision_and_recall_are_those_of_scikit_learn(two):
    y, score = _positive(two)
    curve = figure(two, "pr").data[0]
    precision, recall, _ = metrics.precision_recall_curve(y, score)
    seen = {(round(r, 9), round(p, 9)) for r, p in zip(curve.x, curve.y, strict=True)}
    assert seen <= {(round(r, 9), round(p, 9)) for r, p in zip(recall, precision, strict=True)}
    assert f"AP {metrics.average_precision_score(y, score):.3f}" in curve.name


def test_the_threshold_in_use_lies_on_both_curves(two):
    y, score = _positive(two)
    predicted = score >= two.errors.threshold
    by_name = {trace.name: trace for trace in figure(two, "roc").data}
    (name,) = [name for name in by_name if "in use" in name]
    assert by_name[name].x[0] == pytest.approx(1 - metrics.recall_score(~y, ~predicted))
    assert by_name[name].y[0] == pytest.approx(metrics.recall_score(y, predicted))
    point = next(trace for trace in figure(two, "pr").data if "in use" in trace.name)
    assert point.x[0] == pytest.approx(metrics.recall_score(y, predicted))
    assert point.y[0] == pytest.approx(metrics.precision_score(y, predicted))


@pytest.mark.parametrize("name", ["credit_report", "cancer_report", "wine_report"])
def test_confusion_is_that_of_scikit_learn(name, request):
    report = request.getfixturevalue(name)
    errors = report.errors
    heat = figure(report, "confusion").data[0]
    want = metrics.confusion_matrix(errors.y, errors.predicted())
    counts = np.array([[int(one[2]) for one in row] for row in heat.customdata])
    np.testing.assert_array_equal(counts, want)
    np.testing.assert_allclose(heat.z, want / want.sum(axis=1, keepdims=True))
    assert heat.text[0][0] == f"{want[0, 0]:,}<br>{100 * want[0, 0] / want[0].sum():.1f} %".replace(
        ".0 %", " %"
    )


def test_every_threshold_gives_what_scikit_learn_gives(big):
    report, y, score = big
    fig = figure(report, "threshold")
    curves = {trace.name: trace for trace in fig.data}
    scorers = {
        "precision": metrics.precision_score,
        "recall": metrics.recall_score,
        "F1": metrics.f1_score,
        "balanced accuracy": metrics.balanced_accuracy_score,
    }
    assert set(curves) == set(scorers)
    cuts = np.asarray(curves["recall"].x)
    assert (cuts[0], cuts[-1]) == (0, 1)
    for place in range(0, len(cuts) - 1, 61):
        predicted = score >= cuts[place]
        for name, scorer in scorers.items():
            assert curves[name].y[place] == pytest.approx(scorer(y, predicted)), (name, cuts[place])
    assert np.isnan(curves["precision"].y[-1])  # nothing is predicted positive there
    assert fig.layout.shapes[0].x0 == pytest.approx(0.37)


def test_curves_are_thinned_and_keep_their_ends_and_their_course(big):
    report, y, score = big
    for name in ("roc", "pr", "threshold"):
        fig = figure(report, name)
        assert max(len(trace.x) for trace in fig.data) <= POINTS
        assert len(fig.to_json()) < 120_000
    roc = figure(report, "roc").data[0]
    assert (roc.x[0], roc.y[0], roc.x[-1], roc.y[-1]) == (0, 0, 1, 1)
    fpr, tpr, _ = metrics.roc_curve(y, score)
    grid = np.linspace(0, 1, 200)
    assert np.abs(np.interp(grid, roc.x, roc.y) - np.interp(grid, fpr, tpr)).max() < 0.005
    pr = figure(report, "pr").data[0]
    precision, recall, _ = metrics.precision_recall_curve(y, score)
    assert (pr.x[0], pr.x[-1], pr.y[-1]) == (1, 0, 1)
    inner = grid[(grid > 0.05)]
    shown = np.interp(inner, pr.x[::-1], pr.y[::-1])
    assert np.abs(shown - np.interp(inner, recall[::-1], precision[::-1])).max() < 0.01


def test_calibration_bins_hold_equal_numbers_and_wilson_intervals(big):
    report, y, score = big
    fig = figure(report, "calibration")
    curve = next(trace for trace in fig.data if trace.error_y.array is not None)
    counts, low, high = np.asarray(curve.customdata, dtype=float).T
    assert counts.tolist() == [2000] * 10
    order = np.argsort(score)
    for i, rows in enumerate(np.array_split(order, 10)):
        share = y[rows].mean()
        assert curve.x[i] == pytest.approx(score[rows].mean())
        assert curve.y[i] == pytest.approx(share)
        z = 1.959964
        centre = (share + z**2 / 4000) / (1 + z**2 / 2000)
        half = z / (1 + z**2 / 2000) * np.sqrt(share * (1 - share) / 2000 + z**2 / (4 * 2000**2))
        assert low[i] == pytest.approx(centre - half, abs=1e-5)
        assert high[i] == pytest.approx(centre + half, abs=1e-5)
    bars = next(trace for trace in fig.data if trace.type == "bar")
    assert sum(bars.y) == len(y)


def test_calibration_keeps_ties_together(credit_report):
    curve = next(t for t in figure(credit_report, "calibration").data if t.error_y.array is not None)
    y, score = _positive(credit_report)
    counts = np.asarray(curve.customdata, dtype=float)[:, 0]
    assert counts.sum() == len(y)
    edges = np.cumsum(counts).astype(int)[:-1]
    ordered = np.sort(score)
    assert (ordered[edges] > ordered[edges - 1]).all()


@pytest.mark.parametrize("score", [0.3, 1.0])
def test_calibration_of_one_and_the_same_score(score, cancer_report):
    errors = ErrorAnalysis.from_predictions([0, 1] * 50, np.full(100, score))
    curve = next(
        t
        for t in figure(_report(cancer_report.case, errors), "calibration").data
        if t.error_y.array is not None
    )
    assert list(curve.x) == pytest.approx([score])
    assert list(curve.y) == [0.5]


def test_more_classes_are_drawn_one_against_the_rest(wine_report):
    errors = wine_report.errors
    roc = [trace for trace in figure(wine_report, "roc").data if trace.name != "chance"]
    assert len(roc) == 3
    for code, trace in enumerate(roc):
        y = errors.y == code
        assert trace.name == (
            f"{errors.classes[code]}: AUC {metrics.roc_auc_score(y, errors.scores.proba[:, code]):.3f}"
        )
    pr = figure(wine_report, "pr").data
    for code, trace in enumerate(pr):
        y = errors.y == code
        value = metrics.average_precision_score(y, errors.scores.proba[:, code])
        assert f"AP {value:.3f}, by chance {y.mean():.3f}" in trace.name
    calibration = [t for t in figure(wine_report, "calibration").data if t.name != "ideal"]
    assert [sum(np.asarray(t.customdata, dtype=float)[:, 0]) for t in calibration] == [len(errors.y)] * 3


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_has_titled_axes_and_finite_json(name, credit_report):
    fig = credit_report.figure(name)
    axes = [axis for axis in fig.layout if axis.startswith(("xaxis", "yaxis"))]
    titled = [fig.layout[axis].title.text for axis in axes]
    assert sum(bool(text) for text in titled) >= 2
    assert fig.layout.title.text
    json.loads(fig.to_json(), parse_constant=pytest.fail)
    assert len(fig.to_json()) < 120_000


HOSTILE = ["<img src=x onerror=alert(1)>", "%{x} $a$ {b}", "new\nline " + "long " * 50]


@pytest.mark.parametrize("name", ["roc", "pr", "calibration", "confusion"])
def test_labels_are_text_to_plotly(name):
    X, y = load_wine(return_X_y=True)
    labels = np.array(HOSTILE, dtype=object)[y]
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, labels)
    fig = figure(_analysed(model, X, labels), name)
    told = []

    def walk(value):
        if isinstance(value, dict):
            for key, item in value.items():
                if key != "bdata":
                    walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, str):
            told.append(value)

    walk(json.loads(fig.to_json()))
    assert not [text for text in told if "<img" in text or "%{x} " in text or "$" in text or "\n" in text]
    assert any("<img" in html.unescape(text) for text in told)
    assert max(map(len, told)) < 400


def test_what_cannot_be_drawn_is_refused_in_a_sentence(wine_report, cancer_report):
    with pytest.raises(ValueError, match=r"'name' parameter.*Did you mean 'roc'"):
        figure(cancer_report, "rocc")
    with pytest.raises(ValueError, match="needs two classes"):
        figure(wine_report, "threshold")
    with pytest.raises(ValueError, match="cannot score"):
        figure(_report(cancer_report.case), "roc")
    with pytest.raises(ValueError, match="not complete"):
        figure(_report(cancer_report.case, complete=False), "roc")


@pytest.mark.parametrize("name", NAMES)
def test_of_no_rows_and_of_one_class_there_is_a_picture_or_a_sentence(name):
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    score = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[::2], y[::2]).predict_proba(X)[:, 1]
    errors = ErrorAnalysis.from_predictions(y, score, X.assign(truth=y))
    with pytest.raises(ValueError, match="nothing to draw: no row is in this subgroup"):
        figure(errors.within(Condition("truth", "number", low=2)), name)
    benign = errors.within(Condition("truth", "number", low=1))
    if name in ("roc", "pr"):
        with pytest.raises(ValueError, match="every row is 1, and a curve needs two classes"):
            figure(benign, name)
    elif name != "subgroups":
        assert figure(benign, name).data


@pytest.mark.parametrize("name", ["confidence", "roc", "threshold", "confusion", "contrast"])
def test_a_band_or_threshold_that_is_none_is_refused_by_name(name, cancer_report, wine_report):
    for band in (3, ("a", 1), (0.9, 0.1)):
        with pytest.raises(ValueError, match="'band' parameter must be a pair"):
            figure(cancer_report, name, band=band)
    for threshold in (7, "a"):
        with pytest.raises(ValueError, match="'threshold' parameter must be a number between 0 and 1"):
            figure(cancer_report, name, threshold=threshold)
    with pytest.raises(ValueError, match="'threshold' parameter must be None with more than two classes"):
        figure(wine_report, name, threshold=0.3)


def test_margins_are_drawn_but_not_as_probabilities():
    X, y = load_breast_cancer(return_X_y=True)
    report = _analysed(RidgeClassifier().fit(X, y), X, y)
    curve = figure(report, "roc").data[0]
    assert (
        f"AUC {metrics.roc_auc_score(y, RidgeClassifier().fit(X, y).decision_function(X)):.3f}" in curve.name
    )
    assert "score of 1" in figure(report, "threshold").layout.xaxis.title.text
    with pytest.raises(ValueError, match="needs probabilities"):
        figure(report, "calibration")


class _LabelsOnly:
    def predict(self, X):
        return (np.asarray(X)[:, 0] > 15).astype(int)


def test_a_model_that_only_answers_labels_has_a_confusion_matrix():
    X, y = load_breast_cancer(return_X_y=True)
    report = _analysed(_LabelsOnly(), X, y)
    assert figure(report, "confusion").data[0].type == "heatmap"
    with pytest.raises(ValueError, match="only answers labels"):
        figure(report, "roc")
