"""pipeline.version-mismatch: versions are read from any artifact without loading it."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import platform
import warnings
from functools import partial
from importlib.metadata import version

import joblib
import numpy as np
import pytest
import sklearn
from sklearn.exceptions import InconsistentVersionWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from ladder_widgets.case import Case
from ladder_widgets.checks._artifact import recorded_versions
from ladder_widgets.checks._versions import Recorded, compared
from ladder_widgets.finding import Status
from tests.faults.plants import OBVIOUS, PLANTS, SUBTLE
from tests.faults.plants.leaks import other_version, saved_under
from tests.faults.tables import data, find

CODE = "pipeline.version-mismatch"
HERE = sklearn.__version__
RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 30))
Y = (X[:, 0] > 0).astype(int)
MODEL = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)


def _case(**options):
    return Case(MODEL, X, Y, **options)


@pytest.mark.parametrize("strength", [OBVIOUS, SUBTLE])
@pytest.mark.parametrize("plant", PLANTS[CODE], ids=lambda plant: plant.__name__)
@pytest.mark.parametrize("name", ["credit_data", "breast_cancer", "iris"])
def test_found(name, plant, strength):
    planted = plant(data(name, n_rows=900), strength, np.random.default_rng(2))
    finding = find(CODE, planted.case)
    assert finding.raised, finding.summary
    assert all(text in finding.summary for text in planted.names)


def _write(opened, protocol, model, path):
    with opened(path, "wb") as file:
        pickle.dump(model, file, protocol=protocol)


def _python_pickler(model, path):
    file = io.BytesIO()
    pickle._Pickler(file, protocol=4).dump(model)
    path.write_bytes(file.getvalue())


WRITERS = {f"pickle {protocol}": partial(_write, open, protocol) for protocol in range(6)}
WRITERS |= {"gzip": partial(_write, gzip.open, 4), "bz2": partial(_write, bz2.open, 4)}
WRITERS |= {"xz": partial(_write, lzma.open, 4), "pure python": _python_pickler, "joblib": joblib.dump}
WRITERS |= {
    f"joblib {method}": partial(joblib.dump, compress=(method, 3))
    for method in ("zlib", "gzip", "bz2", "lzma", "xz")
}


@pytest.mark.parametrize("writer", WRITERS)
def test_the_warning_of_scikit_learn_is_foreseen(tmp_path, writer):
    for wrong, raised in ((HERE, False), (other_version(HERE, 1), True), (other_version(HERE, 2), True)):
        path = saved_under(MODEL, wrong, tmp_path / f"model-{wrong}", WRITERS[writer])
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            joblib.load(path)
        told = [w.message for w in caught if isinstance(w.message, InconsistentVersionWarning)]
        finding = find(CODE, _case(artifact=path))
        assert bool(told) == raised == finding.raised
        assert finding.status is not Status.SKIP
        assert {(r.package, r.version) for r in recorded_versions(path)[0]} == {("scikit-learn", wrong)}


def test_skops_is_read_from_its_schema(tmp_path):
    skops = pytest.importorskip("skops.io")
    for wrong, raised in ((HERE, False), ("1.0.2", True)):
        path = saved_under(MODEL, wrong, tmp_path / "model.skops", skops.dump)
        assert find(CODE, _case(artifact=path)).raised == raised


class Bomb:
    def __reduce__(self):
        return (pytest.fail, ("the pickle was loaded",))


def test_nothing_in_the_file_is_run(tmp_path):
    path = tmp_path / "bomb.pkl"
    path.write_bytes(pickle.dumps({"model": MODEL, "bomb": Bomb(), "numpy_version": "1.16.0"}))
    finding = find(CODE, _case(artifact=path))
    assert finding.status is Status.FAIL
    assert "numpy is recorded as 1.16.0" in finding.summary


def test_versions_that_people_write_down(tmp_path):
    path = tmp_path / "model.joblib"
    joblib.dump({"model": MODEL, "versions": {"scikit-learn": "1.0.2", "pandas": "1.1.5"}}, path)
    found = {(r.package, r.version) for r in recorded_versions(path)[0]}
    assert {("scikit-learn", "1.0.2"), ("scikit-learn", HERE), ("pandas", "1.1.5")} == found


def test_files_beside_the_model_and_folders(tmp_path):
    joblib.dump(MODEL, tmp_path / "model.joblib")
    (tmp_path / "requirements.txt").write_text(
        f"# pinned\nnumpy==1.17.3 ; python_version>'3'\njoblib=={joblib.__version__}\n"
    )
    for artifact in (tmp_path, tmp_path / "model.joblib"):
        finding = find(CODE, _case(artifact=artifact))
        assert finding.status is Status.FAIL
        assert "1.17.3 (requirements.txt)" in finding.summary


@pytest.mark.parametrize(
    "content", [None, b"", b"nothing of the kind", b"PK\x03\x04broken", b"\x78\x9cbroken"]
)
def test_what_cannot_be_read_is_said(tmp_path, content):
    path = tmp_path / "model.pkl"
    if content is not None:
        path.write_bytes(content)
    finding = find(CODE, _case(artifact=path))
    assert finding.status is Status.SKIP
    assert "model" in finding.summary
    agreed = find(CODE, _case(artifact=path, requirements={"numpy": np.__version__}))
    assert agreed.status is Status.PASS
    assert find(CODE, _case(artifact=path, requirements={"numpy": "1.2.3"})).raised


def test_bytes_and_open_files():
    content = pickle.dumps(MODEL)
    assert find(CODE, _case(artifact=content)).status is Status.PASS
    assert find(CODE, _case(artifact=io.BytesIO(content))).status is Status.PASS
    assert find(CODE, _case(artifact=MODEL)).status is Status.SKIP


@pytest.mark.parametrize(
    ("asked", "here", "level"),
    [
        ("1.5.2", "1.5.2", None),
        ("==1.5.2", "1.5.2", None),
        ("1.5", "1.5.2", None),
        ("1.5.0", "1.5", None),
        ("v2.0.1", "2.0.1", None),
        ("1.5.*", "1.5.2", None),
        (">=1.4,<2", "1.5.2", None),
        ("~=1.4", "1.5.2", None),
        ("2.1.0+cu118", "2.1.0", None),
        ("1.5.2", "1.5.1", "patch"),
        ("1.5.0rc1", "1.5.0", "patch"),
        ("1.4.2", "1.5.2", "minor"),
        ("~=1.4.1", "1.5.2", "minor"),
        (">=1.6", "1.5.2", "minor"),
        ("0.24.2", "1.5.2", "major"),
        (">=1.4,<1.5", "1.5.2", "minor"),
        ("unknown", "1.5.2", None),
        ("1.0", None, "absent"),
    ],
)
def test_versions_are_compared(asked, here, level):
    found = compared(Recorded("some", asked, "requirements"), frozenset(), lambda _: here)
    assert (found.level if found else None) == level


def test_requirements():
    same = {
        "sklearn": HERE,
        "NumPy": f"=={np.__version__}",
        "python": platform.python_version(),
        "joblib": None,
    }
    assert find(CODE, _case(requirements=same)).status is Status.PASS
    assert find(CODE, _case(requirements={"scikit_learn": other_version(HERE, 1)})).status is Status.FAIL
    assert find(CODE, _case(requirements={"no-such-package": "1.0"})).status is Status.WARN
    slight = find(CODE, _case(requirements={"rich": other_version(version("rich"), 2)}))
    assert slight.status is Status.PASS
    assert "rich" in slight.summary
    assert find(CODE, _case(requirements={})).status is Status.SKIP
    assert find(CODE, _case()).status is Status.SKIP
