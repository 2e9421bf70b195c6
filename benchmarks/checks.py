"""Time of every check beside the three reference rungs, in one run.

python -m benchmarks.checks [rows] [features]
"""

from __future__ import annotations

import os
import sys
import time

os.environ.setdefault("LADDER_WIDGETS_LEDGER", "off")

import joblib
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

from benchmarks.ladder_vs_script import fitted_model
from benchmarks.tables import mixed_table
from ladder_widgets import Case
from ladder_widgets.checks import registry, run_check
from ladder_widgets.shared import Shared
from tests.faults.tables import log_frame


def case_of(X, y, artifact: str) -> Case:
    """Everything given: training, validation and test rows, a log, a metric, versions, the saved model."""
    X, X_log, y, y_log = train_test_split(X, y, test_size=1 / 3, random_state=0, stratify=y)
    X_train, X_val, y_train, y_val = train_test_split(X, y, test_size=0.5, random_state=0, stratify=y)
    model = fitted_model(X_train, y_train)
    joblib.dump(model, artifact)
    told = dict(production=log_frame(X_log, y_log, model, np.random.default_rng(0)), metric="roc_auc")
    told |= dict(artifact=artifact, requirements={"numpy": np.__version__})
    return Case(model, X_val, y_val, X_train=X_train, y_train=y_train, **told)


def measure(name: str, X, y, artifact: str) -> None:
    """Print the time of the references and of each check."""
    case = case_of(X, y, artifact)
    shared = Shared(case)
    begun = time.perf_counter()
    for number in (1, 2, 3):
        shared.result(number)
        shared.on_validation(number)
    references = time.perf_counter() - begun
    findings = [run_check(check, case, shared) for check in registry()]
    seconds = sum(finding.seconds for finding in findings)
    print(f"{name}: references {references:.2f} s, checks {seconds:.2f} s, ratio {seconds / references:.2f}")
    for finding in sorted(findings, key=lambda one: -one.seconds):
        print(f"  {finding.seconds:8.3f} s  {finding.code:36} {finding.status.value}")


def main(*sizes: int) -> None:
    """Measure at each size, and on breast_cancer."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        artifact = f"{folder}/model.joblib"
        for rows in sizes or (1_000, 50_000, 500_000):
            measure(f"{rows:,} × 20", *mixed_table(3 * rows, 20), artifact)
        measure("breast_cancer", *load_breast_cancer(return_X_y=True, as_frame=True), artifact)


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
