"""The panel's Python half: traits, requests, background work, and letting go."""

from __future__ import annotations

import gc
import json
import math
import pickle
import queue
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from ladder_widgets import Check, LadderPanel, Outcome, Report, Status
from ladder_widgets.panel import wire
from ladder_widgets.plain import to_plain


@pytest.fixture(scope="module")
def parts():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X.index = [f"patient {i}" for i in range(len(X))]
    model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X[:300], y[:300])
    return model, X[300:], y[300:]


@pytest.fixture(scope="module")
def panel(parts):
    panel = LadderPanel(*parts)
    panel.wait(120)
    yield panel
    panel.close()


@pytest.fixture
def sent(panel, monkeypatch):
    """Answers the panel gives, by request id."""
    answers = {}
    monkeypatch.setattr(panel, "send", lambda content, buffers=None: answers.update({content["id"]: content}))
    return answers


def _ask(panel, sent, **request):
    panel._on_message(panel, request, [])
    return sent[request["id"]]


def test_it_climbs_in_the_background_and_ends_complete(panel):
    assert panel.status == "done"
    assert panel.report.complete
    assert panel._report["complete"]
    assert [rung["number"] for rung in panel._report["rungs"]] == list(range(7))
    assert panel._errors["n_rows"] == 269
    assert panel.threshold == panel.report.errors.threshold


def test_cell_is_labels_in_python_and_indices_on_the_wire(panel):
    panel.cell = (1, 0)
    assert panel._cell == [1, 0]
    panel._cell = [0, 1]
    assert panel.cell == (0, 1)
    panel.cell = None
    assert panel._cell is None


def test_selection_is_the_rows_of_cell_band_and_threshold(panel, parts):
    model, X, y = parts
    panel.cell, panel.threshold, panel.band = (1, 0), 0.9, (0.5, 1.0)
    score = model.predict_proba(X)[:, 1]
    want = X.index[(y == 1) & (score < 0.9) & (1 - score >= 0.5)]
    assert panel.selection.index.tolist() == want.tolist()
    panel.cell, panel.threshold, panel.band = None, 0.5, (0.0, 1.0)
    assert len(panel.selection) == (model.predict(X) != y).sum()


@pytest.mark.parametrize(
    ("trait", "value", "message"),
    [
        ("band", (0.9, 0.1), "'band'.*0.9, 0.1"),
        ("threshold", 3.0, "'threshold'.*3.0"),
        ("cell", ("a", "b"), "'cell'.*among"),
    ],
)
def test_bad_traits_are_refused_and_change_nothing(panel, trait, value, message):
    before = getattr(panel, trait)
    with pytest.raises(ValueError, match=message):
        setattr(panel, trait, value)
    assert getattr(panel, trait) == before


def test_rows_come_in_pages_sorted_with_the_users_index(panel, sent, parts):
    model, X, y = parts
    request = dict(kind="rows", cell=None, band=[0, 1], threshold=0.5, offset=0, limit=5, sort=[3, "desc"])
    answer = _ask(panel, sent, id=1, **request)["ok"]
    wrong = np.flatnonzero(model.predict(X) != y)
    score = model.predict_proba(X)[:, 1]
    assert answer["total"] == len(wrong)
    assert [c["name"] for c in answer["columns"]][:5] == [
        "row",
        "actual",
        "predicted",
        "score",
        "mean radius",
    ]
    shown = [row[3] for row in answer["rows"]]
    assert shown == pytest.approx(sorted(score[wrong], reverse=True)[:5])
    assert [row[0] for row in answer["rows"]] == X.index[answer["positions"]].tolist()
    second = _ask(panel, sent, id=2, **{**request, "offset": 5})["ok"]
    assert not set(second["positions"]) & set(answer["positions"])


def test_a_page_holds_at_most_200_rows(panel, sent):
    request = dict(kind="rows", cell=[1, 1], band=[0, 1], threshold=0.5, offset=0, limit=10_000, sort=None)
    answer = _ask(panel, sent, id=3, **request)["ok"]
    assert len(answer["rows"]) == min(200, answer["total"])


def test_every_request_is_answered_even_a_wrong_one(panel, sent):
    assert "kind" in _ask(panel, sent, id=4, kind="dance")["error"]["message"]
    assert _ask(panel, sent, id=5, kind="rows", cell=[7, 7])["error"]["type"] == "IndexError"
    assert _ask(panel, sent, id=6, kind="html")["ok"]["html"].startswith("<!doctype html>")


def test_a_broken_climb_is_shown_not_raised():
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    model = DecisionTreeClassifier(max_depth=2).fit(X, y)
    panel = LadderPanel(model, X, y)
    panel.wait(120)
    panel._case.check_labels = _explode
    panel.run()
    panel.wait(120)
    assert panel.status == "error"
    assert panel._failure["type"] == "ZeroDivisionError"
    assert "_explode" in panel._failure["traceback"]
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        _ = panel.report
    panel.close()


def _explode():
    raise ZeroDivisionError("planted")


def test_cancel_keeps_what_was_found(parts):
    started, go_on, finished = threading.Event(), threading.Event(), threading.Event()

    def slow(case, shared):
        started.set()
        assert go_on.wait(60)
        finished.set()
        return Outcome(Status.PASS, "done")

    panel = LadderPanel(*parts, checks=[Check("model.slow", slow)])
    assert started.wait(120)
    panel.cancel()
    # At once, though the check goes on: what it finds is not shown.
    assert panel.status == "cancelled"
    assert panel.report.rungs[3].status is Status.PASS
    assert panel.report.rungs[4].status == "pending"
    kept = panel.report
    panel.run()
    assert panel.status == "running"
    assert not finished.is_set()
    go_on.set()
    panel.wait(120)
    assert panel.status == "done"
    assert panel.report.complete
    assert not kept.complete
    panel.close()


def test_close_frees_the_model_and_the_rows(parts):
    X, y = parts[1].copy(), parts[2].copy()
    model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, y)
    panel = LadderPanel(model, X, y)
    panel.wait(120)
    held = [weakref.ref(panel), weakref.ref(model), weakref.ref(X)]
    panel.close()
    del panel, model, X
    gc.collect()
    assert [reference() for reference in held] == [None, None, None]


def test_what_is_displayed_falls_back_to_html_and_text(panel):
    data, _ = panel._repr_mimebundle_()
    assert set(data) == {"application/vnd.jupyter.widget-view+json", "text/html", "text/plain"}
    assert "Baseline" in data["text/html"]
    assert "Baseline" in data["text/plain"]


def test_nothing_row_sized_is_in_the_traits():
    """Four times the rows, the same traits but for the counts' own width."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    sizes = []
    for times in (1, 4):
        big = X.loc[X.index.repeat(times)].reset_index(drop=True)
        panel = LadderPanel(model, big, y.repeat(times), ignore=["evaluation.train-as-val"], max_rows=300)
        panel.wait(180)
        sizes.append(len(panel._cube) + len(json.dumps(panel._report)))
        panel.close()
    assert sizes[1] < 1.2 * sizes[0]


def test_the_buffer_decodes_to_the_cube(panel):
    errors = panel.report.errors
    described, buffer = wire.pack_errors(errors)

    def array(name):
        spec = described["arrays"][name]
        count = math.prod(spec["shape"])
        return np.frombuffer(buffer, "<" + spec["dtype"], count, spec["offset"]).reshape(spec["shape"])

    np.testing.assert_array_equal(array("edges"), errors.cube.axis.edges)
    np.testing.assert_array_equal(array("count"), errors.cube.count)
    assert array("count").sum() == len(errors.y)
    feature = described["features"][4]
    np.testing.assert_allclose(array("sum")[feature["row"]], errors.cube.features[4].total, rtol=1e-6)


def test_three_classes_travel_too():
    X, y = load_wine(return_X_y=True, as_frame=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    panel = LadderPanel(model, X, y)
    panel.wait(120)
    assert panel._errors["kind"] == "multiclass"
    assert panel.threshold is None
    panel.cell = (0, 0)
    assert len(panel.selection) == (y == 0).sum()
    panel.close()


def test_a_wide_table_sends_its_most_telling_features():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 300))
    y = (X[:, 250] + rng.normal(size=400) > 0).astype(int)
    model = DecisionTreeClassifier(max_depth=1).fit(X[:, [250]], y)

    class OnOne:
        classes_ = model.classes_

        def predict_proba(self, data):
            return model.predict_proba(np.asarray(data)[:, [250]])

    panel = LadderPanel(OnOne(), X, y, max_rows=200)
    panel.wait(180)
    names = [feature["name"] for feature in panel._errors["features"]]
    assert len(names) == wire.MAX_FEATURES
    assert panel._errors["features_total"] == 300
    assert "x250" in names
    panel.close()


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.floats(width=32).map(np.float32),
    st.booleans().map(np.bool_),
    st.integers(-100, 100).map(np.int64),
    st.datetimes(),
)


@given(
    st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20)
)
def test_whatever_a_report_holds_becomes_strict_json(value):
    json.dumps(to_plain(value), allow_nan=False).encode("utf-8")


# ---- trying a fix --------------------------------------------------------------------------------


@pytest.fixture
def leaky():
    """A panel over a copy of the label, with what it answers and an event for each answer."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X = X.assign(result=y * 1.0)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X[:300], y[:300])
    panel = LadderPanel(model, X[300:], y[300:], X_train=X[:300], y_train=y[:300], max_rows=200)
    panel.wait(120)
    answers, arrived = {}, queue.Queue()

    def send(content, buffers=None):
        answers[content["id"]] = content
        arrived.put(content["id"])

    panel.send = send
    yield panel, answers, arrived
    panel.close()


def test_a_fix_is_tried_in_the_background_and_read_back(leaky):
    panel, answers, arrived = leaky
    assert "data.leakage" in panel._report["tryable"]
    before = pickle.dumps(panel.report.case.model)
    panel._on_message(panel, {"id": "a", "kind": "fix", "code": "data.leakage"}, [])
    assert arrived.get(timeout=60) == "a"
    told = answers["a"]["ok"]
    assert told["verdict"].startswith("The finding is gone")
    assert {row["name"] for row in told["metrics"]} >= {"roc_auc", "accuracy"}
    json.dumps(told, allow_nan=False)
    trial = panel.trials["data.leakage"]
    assert trial.to_dict() == told
    assert "result" not in trial.estimator.feature_names_in_
    assert pickle.dumps(panel.report.case.model) == before


def test_a_fix_does_not_keep_other_messages_waiting_and_the_newest_counts(leaky, monkeypatch):
    panel, answers, arrived = leaky
    started, go_on = threading.Event(), threading.Event()
    real = Report.try_fix

    def slow(self, code, **options):
        started.set()
        assert go_on.wait(60)
        return real(self, code, **options)

    monkeypatch.setattr(Report, "try_fix", slow)
    panel._on_message(panel, {"id": 1, "kind": "fix", "code": "data.leakage"}, [])
    assert started.wait(60)
    panel._on_message(panel, {"id": 2, "kind": "fix", "code": "data.leakage"}, [])
    panel._on_message(panel, {"id": 3, "kind": "rows", "cell": [1, 1]}, [])
    assert arrived.get(timeout=60) == 3
    go_on.set()
    assert {arrived.get(timeout=60), arrived.get(timeout=60)} == {1, 2}
    assert "overtaken" in answers[1]["error"]["message"]
    assert answers[2]["ok"]["code"] == "data.leakage"


def test_a_fix_that_cannot_be_tried_is_answered_with_why(leaky):
    panel, answers, arrived = leaky
    for number, code in enumerate(["evaluation.no-baseline", "dance", None, "model.divergence"]):
        panel._on_message(panel, {"id": number, "kind": "fix", "code": code}, [])
        arrived.get(timeout=60)
    assert "no mechanical fix" in answers[0]["error"]["message"]
    assert "'code'" in answers[1]["error"]["message"]
    assert "'code'" in answers[2]["error"]["message"]
    assert "nothing to mend" in answers[3]["error"]["message"]
    assert panel.trials == {}


def test_a_new_climb_forgets_what_was_tried(leaky):
    panel, _, arrived = leaky
    panel._on_message(panel, {"id": 1, "kind": "fix", "code": "data.leakage"}, [])
    arrived.get(timeout=60)
    assert list(panel.trials) == ["data.leakage"]
    panel.run()
    panel.wait(120)
    assert panel.trials == {}


def test_a_closed_panel_says_nothing_more(leaky, monkeypatch):
    panel, answers, _ = leaky
    started, go_on = threading.Event(), threading.Event()

    def slow(self, code, **options):
        started.set()
        assert go_on.wait(60)
        raise ValueError(code)

    monkeypatch.setattr(Report, "try_fix", slow)
    panel._on_message(panel, {"id": 1, "kind": "fix", "code": "data.leakage"}, [])
    assert started.wait(60)
    worker = next(thread for thread in threading.enumerate() if thread.name == "ladder-fix")
    panel.close()
    go_on.set()
    worker.join(60)
    assert answers == {}
