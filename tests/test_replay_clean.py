"""Clean records name no failure, and the walk ends in the model's own answer."""

from __future__ import annotations

import numpy as np
import pytest

from ladder_widgets import replay
from tests.replay_bugs.kinds import KINDS, fitted

#: Clean rows of each kind; the dummies of one row are a bug by themselves.
CLEAN = 12
SOUND = [kind for kind in KINDS if kind != "levels"]


def clean_rows(kind):
    model, train, held = fitted(kind)
    rows = held.dropna() if hasattr(held, "dropna") else held
    return model, train, [rows.iloc[[n]] if hasattr(rows, "iloc") else rows[[n]] for n in range(CLEAN)]


@pytest.mark.parametrize("kind", SOUND)
def test_a_clean_record_names_no_failure(kind):
    model, train, rows = clean_rows(kind)
    found = [replay(model, row, reference=train) for row in rows]
    assert [str(each.first_failure) for each in found if each.first_failure is not None] == []
    assert all(each.pure for each in found)


@pytest.mark.parametrize("kind", SOUND)
def test_the_walk_ends_in_the_models_own_answer(kind):
    model, _, rows = clean_rows(kind)
    for row in rows[:3]:
        plain = model.predict_proba(row)
        found = replay(model, row)
        np.testing.assert_array_equal([list(found.scores.values())], plain)
        np.testing.assert_array_equal(found.steps[0].output.to_numpy(), plain)
        assert found.label == model.predict(row)[0]
        np.testing.assert_array_equal(model.predict_proba(row), plain)  # left as it was


def test_a_record_with_gaps_that_training_had_too_is_clean():
    model, train, held = fitted("branches")
    gaps = held[held["Income"].isna()][:5]
    assert len(gaps) == 5
    for n in range(5):
        assert replay(model, gaps.iloc[[n]], reference=train).first_failure is None


def test_nothing_is_left_on_the_estimators():
    model, _, rows = clean_rows("nested")
    before = {name: set(vars(step)) for name, step in model.named_steps.items()}
    replay(model, rows[0])
    replay(model, rows[0].drop(columns="Debt"))
    assert {name: set(vars(step)) for name, step in model.named_steps.items()} == before
