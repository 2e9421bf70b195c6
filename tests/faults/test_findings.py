"""What holds for every finding of a planted fault: it speaks, names names, and its fix can be pasted."""

from __future__ import annotations

import ast
import zlib

import numpy as np
import pytest

from ladder_widgets.finding import MAX_ROWS, Status
from ladder_widgets.taxonomy import CODES
from tests.faults.plants import OBVIOUS, PLANTS
from tests.faults.plants.clean import clean
from tests.faults.tables import data, find

TABLES = ("credit_data", "hmda", "spam7")
WAYS = [(code, way) for code in CODES for way in PLANTS[code]]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("code", "way"), WAYS, ids=lambda value: getattr(value, "__name__", value))
def test_a_finding_speaks_and_its_fix_can_be_pasted(code, way):
    seed = zlib.crc32(f"{way.__name__} of {code}".encode())
    for name in np.roll(TABLES, seed % 3):
        planted = way(data(str(name), n_rows=1800, log=True), OBVIOUS, np.random.default_rng(seed))
        if planted is not None:
            break
    else:
        pytest.skip("no room for it in these tables")
    finding = find(code, planted.case)
    assert finding.raised, finding.summary
    assert any(character.isdigit() for character in finding.summary + str(finding.evidence))
    assert all(len(table.rows) <= MAX_ROWS <= max(MAX_ROWS, table.total) for table in finding.evidence)
    told = finding.summary + str(finding.evidence)
    assert all(name in told for name in planted.names)
    ast.parse(finding.fix)


@pytest.mark.parametrize("code", CODES)
def test_the_clean_twin_is_silent(code):
    case = clean(data("hmda", n_rows=1800, log=True), np.random.default_rng(0))
    finding = find(code, case)
    assert finding.status in (Status.PASS, Status.SKIP), finding.summary
