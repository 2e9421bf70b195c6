"""The first failure: a planted bug is named at its step."""

from __future__ import annotations

import pytest

from ladder_widgets import replay
from tests.replay_bugs.others import OTHERS
from tests.replay_bugs.plants import PLANTS


def named(plant):
    model, record, train = plant.case()
    return replay(model, record, reference=train if plant.reference else None).first_failure


@pytest.mark.parametrize("plant", PLANTS, ids=[f"{each.kind}: {each.title}" for each in PLANTS])
def test_a_planted_bug_is_named_at_its_step(plant):
    failure = named(plant)
    assert failure is not None
    assert failure.name == plant.step, failure
    assert plant.failure in (None, failure.kind)
    assert failure.why


def test_the_bugs_are_many_and_of_many_kinds():
    assert len(PLANTS) >= 30
    assert len({each.kind for each in PLANTS}) >= 10


@pytest.mark.parametrize("case", OTHERS, ids=lambda case: case.__name__)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_bug_of_another_pipeline_is_named_at_its_step(case):
    model, record, told, step = case()
    failure = replay(model, record, **told).first_failure
    assert failure is not None
    assert failure.name == step, failure
