"""A part of the planted-fault suite that fits into every run of the tests; ``make faults`` runs all of it."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest

from ladder_widgets.taxonomy import CODES
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE
from tests.faults.suite import OTHER_TABLES, TABLES, Result, Spec, every_spec, measure

ROWS = 2500


def _part() -> list[Spec]:
    """Each way of planting at both strengths, a clean case of each table, each hard one once."""
    tables = [*TABLES, *OTHER_TABLES]
    clean = [spec for table in tables for spec in list(every_spec([table], [0], ["clean"]))[:1]]
    hard = list(every_spec(["credit_data"], [0], ["hard"]))
    hard = [Spec("hard", spec.way, "", tables[3 * n % len(tables)], 0) for n, spec in enumerate(hard)]
    ways = [(code, way.__name__) for code in CODES for way in PLANTS[code]]
    planted = [
        Spec(code, way, strength, tables[(5 * n + 7 * k) % len(tables)], 0)
        for n, (code, way) in enumerate(ways)
        for k, strength in enumerate((OBVIOUS, SUBTLE))
    ]
    return [*clean, *hard, *planted]


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return list(measure(_part(), os.cpu_count(), ROWS))


def _told(results: Sequence[Result]) -> str:
    return "\n".join(f"{r.spec}: {r.raised} {r.summaries}" for r in results)


def test_every_fault_is_planted_in_two_ways():
    assert set(PLANTS) == set(CODES)
    assert min(map(len, PLANTS.values())) >= 2


def test_no_check_breaks(results):
    broken = [r for r in results if r.broken or r.crash]
    assert not broken, "\n".join(f"{r.spec}: {r.crash or r.broken} {r.summaries}" for r in broken)


@pytest.mark.parametrize(("strength", "bar"), [(OBVIOUS, 0.98), (SUBTLE, 0.9)])
def test_planted_faults_are_found(results, strength, bar):
    own = [r for r in results if r.spec.strength == strength]
    missed = [r for r in own if not r.found]
    assert len(own) > 40
    assert len(missed) <= (1 - bar) * len(own), _told(missed)


def test_clean_cases_are_silent(results):
    own = [r for r in results if not r.spec.planted]
    assert len(own) > 25
    raised = [r for r in own if r.raised]
    assert sum(len(r.raised) for r in raised) <= 0.1 * len(own), _told(raised)


def test_the_cause_is_named_and_not_every_symptom(results):
    own = [r for r in results if r.spec.planted]
    crowded = [r for r in own if len(r.others) > 1]
    assert len(crowded) <= 0.1 * len(own), _told(crowded)
