"""What of production travels: names of windows, their order, and the words that go with dates."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from ladder_widgets.panel.wire_production import MAX_WINDOWS, pack_watch
from tests.browser.watch_fixture import DAY, VECTOR, vectors, watch


def ms(*date):
    return int(datetime(*date, tzinfo=UTC).timestamp() * 1000)


def named(start, end, n_windows=2, **change):
    """The first window of a watch, between two times."""
    told = watch(("age",), n_windows)
    told["windows"][0] |= {"start": start, "end": end, **change}
    return pack_watch(told)["windows"][0]


def test_the_browser_is_tested_against_what_python_sends():
    assert json.loads(VECTOR.read_text(encoding="utf-8")) == vectors(), (
        "python -m tests.browser.watch_fixture"
    )


@pytest.mark.parametrize(
    ("start", "end", "name", "tick"),
    [
        (ms(2026, 3, 2), ms(2026, 3, 9), "Week of 2 March 2026", "2 Mar"),
        (ms(2026, 3, 3), ms(2026, 3, 4), "3 March 2026", "3 Mar"),
        (ms(2026, 12, 1), ms(2027, 1, 1), "December 2026", "1 Dec"),
        (ms(2024, 2, 1), ms(2024, 3, 1), "February 2024", "1 Feb"),
        (ms(2026, 3, 3), ms(2026, 3, 17), "3 March 2026 to 16 March 2026", "3 Mar"),
        (ms(2026, 3, 3, 14), ms(2026, 3, 3, 15), "3 March 2026, 14:00 to 15:00", "3 Mar 14:00"),
        (ms(2026, 3, 3, 23), ms(2026, 3, 4, 0), "3 March 2026, 23:00 to 00:00", "3 Mar 23:00"),
        (ms(1969, 12, 31), ms(1970, 1, 1), "31 December 1969", "31 Dec"),
    ],
)
def test_a_window_is_called_what_a_person_would_call_it(start, end, name, tick):
    window = named(start, end)
    assert (window["name"], window["tick"]) == (name, tick)


def test_a_log_without_times_is_one_window():
    assert named(0, DAY, 1)["name"] == "The whole log"


@pytest.mark.parametrize(
    ("change", "label"),
    [
        ({}, "Week of 2 March 2026: 12,400 rows, PSI 0.31 in income, fails"),
        ({"mover": None}, "Week of 2 March 2026: 12,400 rows, PSI 0.31, fails"),
        ({"psi": None, "status": "skip"}, "Week of 2 March 2026: 12,400 rows, not checked"),
        (
            {"mover": "a \n" + 300 * "b"},
            f"Week of 2 March 2026: 12,400 rows, PSI 0.31 in a {45 * 'b'}…, fails",
        ),
    ],
)
def test_the_accessible_name_says_rows_distance_and_verdict(change, label):
    usual = {"rows": 12_400, "psi": 0.312, "mover": "income", "status": "fail"}
    assert named(ms(2026, 3, 2), ms(2026, 3, 9), **(usual | change))["label"] == label


def test_features_stand_in_the_order_of_their_distance_window_by_window():
    told = watch(n_windows=4)
    for feature, psi in zip(told["features"], [0.1, None, 0.3, 0.3, 0.0, 2.0], strict=True):
        feature["psi"][1] = psi
    assert pack_watch(told)["windows"][1]["order"] == [5, 2, 3, 0, 4, 1]


@pytest.mark.parametrize(
    ("status", "chosen"),
    [
        (["pass", "fail", "warn", "fail", "pass"], 3),
        (["pass", "warn", "pass", "skip", "skip"], 1),
        (["pass", "pass", "pass", "skip", "skip"], 2),
        (["skip", "skip", "skip", "skip", "skip"], 4),
    ],
)
def test_it_opens_on_the_latest_of_the_worst_windows(status, chosen):
    told = watch(n_windows=5)
    for window, each in zip(told["windows"], status, strict=True):
        window["status"] = each
    assert pack_watch(told)["chosen"] == chosen


def test_of_a_long_history_the_latest_windows_travel_with_their_figures():
    told = watch(("age", "region"), MAX_WINDOWS + 37, drift_from=220)
    packed = pack_watch(told)
    assert packed["note"] == "The latest 200 of 237 windows."
    assert [each["start"] for each in packed["windows"]] == [each["start"] for each in told["windows"][37:]]
    for sent, whole in zip(packed["features"], told["features"], strict=True):
        assert [sent[key] for key in ("windows", "psi", "noise", "status")] == [
            whole[key][37:] for key in ("windows", "psi", "noise", "status")
        ]
    assert pack_watch(watch(n_windows=MAX_WINDOWS))["note"] == ""


def test_no_window_no_label_no_trigger():
    told = watch(n_windows=1) | {"windows": [], "timeToLabel": [], "maturity": None, "triggers": []}
    packed = pack_watch(told | {"features": []})
    assert (packed["windows"], packed["chosen"], packed["maturity"]) == ([], -1, None)


def test_what_is_not_finite_or_not_plain_travels_as_json():
    told = watch(n_windows=3)
    told["windows"][0] |= {"psi": float("nan"), "auc": np.float64("inf"), "rows": np.int64(7), "mover": 3}
    told["timeToLabel"].append({"delay": float("inf"), "share": 1.0, "low": 1.0, "high": 1.0})
    packed = json.loads(json.dumps(pack_watch(told), allow_nan=False))
    assert packed["windows"][0]["psi"] is None
    assert packed["windows"][0]["label"] == "Week of 1 September 2025: 7 rows, passes"
    assert packed["timeToLabel"] == pack_watch(watch(n_windows=3))["timeToLabel"]
