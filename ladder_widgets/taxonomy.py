"""The fixed vocabulary: layers, rungs, faults, checklist lines and metrics, as data.

Codes, order and thresholds are public: reports, the panel, the command line and mute lists use them verbatim.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ladder_widgets._faults import FAULTS, Fault, Layer, Need

__all__ = [
    "CODES",
    "DEVELOPMENT",
    "FAULTS",
    "LAYERS",
    "METRICS",
    "NEEDS",
    "PRODUCTION",
    "RUNGS",
    "ChecklistLine",
    "Fault",
    "Layer",
    "Metric",
    "Need",
    "RungSpec",
    "docs_url",
    "fault",
]

LAYERS: tuple[Layer, ...] = ("data", "pipeline", "model", "evaluation", "production")

NEEDS: Mapping[str, str] = MappingProxyType(
    {
        "model": "a fitted model",
        "train": "the training rows (X_train, y_train)",
        "test": "the test rows (X_test, y_test)",
        "production": "a production log (production=)",
        "artifact": "the saved model (artifact=)",
        "requirements": "the package versions it was trained under (requirements=)",
        "metric": "the name of the metric you report (metric=)",
    }
)
"""What each need is called in a sentence, and the parameter that supplies it."""


@dataclass(frozen=True, slots=True)
class RungSpec:
    """One rung of the ladder: its number (0 at the bottom), what it asks and when it passes."""

    number: int
    name: str
    question: str
    passes_when: str


@dataclass(frozen=True, slots=True)
class ChecklistLine:
    """One line of a checklist.

    Attributes
    ----------
    text : str
    layer : {"data", "pipeline", "model", "evaluation", "production"}
        The part of the checklist the line stands in.
    rung : int
        The rung its evidence stands on.
    codes : tuple of str
        The faults that decide it; empty where a rung, a gap or the set-up decides.
    needs : tuple of str
        What must be supplied beside the model and the validation rows for the line to be decided.
    """

    text: str
    layer: Layer
    rung: int
    codes: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Metric:
    """How a metric is written in a sentence and in a headline, and which way is better."""

    name: str
    label: str
    short: str
    greater_is_better: bool


RUNGS: tuple[RungSpec, ...] = (
    RungSpec(0, "Data", "Are the rows and the labels fit to learn from?", "The data faults are absent."),
    RungSpec(
        1,
        "Baseline",
        "What does a model score that ignores the features?",
        "A dummy classifier is scored: the number every later rung must beat.",
    ),
    RungSpec(
        2,
        "Linear",
        "Does the simplest sound pipeline find signal?",
        "Imputer, scaler and linear model, cross-validated, beat the dummy by a meaningful margin: "
        "at least 0.02 AUC and beyond its noise. Then data and pipeline are sound.",
    ),
    RungSpec(
        3,
        "Non-linear",
        "Is there more to find than a straight line?",
        "A random forest or histogram gradient boosting, cross-validated, is set against the linear rung.",
    ),
    RungSpec(
        4,
        "Model",
        "Does your model do at least as well, and where does it err?",
        "Your own model is set against rungs 1 to 3, and its errors are looked into.",
    ),
    RungSpec(
        5,
        "Evaluation",
        "Is the model judged in a way that can be trusted?",
        "Splits, metric, threshold, calibration and the gap between training and validation hold up.",
    ),
    RungSpec(
        6,
        "Production",
        "Does what held here still hold where the model is used?",
        "Serving data, schema, scores, delayed truth and triggers are in order.",
    ),
)

DEVELOPMENT: tuple[ChecklistLine, ...] = (
    ChecklistLine("No NaN/Inf in features", "data", 0, ("data.missing-values",)),
    ChecklistLine("Features and labels of equal length", "data", 0),
    ChecklistLine("No target leakage (depth-1 tree)", "data", 0, ("data.leakage",)),
    ChecklistLine("Train/val/test do not overlap", "data", 5, ("evaluation.train-as-val",), ("train",)),
    ChecklistLine(
        "Preprocessing fitted on training folds only",
        "data",
        2,
        ("pipeline.scaler-leak", "pipeline.imputer-leak"),
        ("train",),
    ),
    ChecklistLine("Beats the dummy by a meaningful margin", "model", 5, ("evaluation.no-baseline",)),
    ChecklistLine("Training loss decreases", "model", 4, ("model.divergence",)),
    ChecklistLine("Train/val AUC gap under 0.10", "model", 5, (), ("train",)),
    ChecklistLine("Threshold tuned on validation, not left at 0.5", "model", 5, ("evaluation.threshold",)),
    ChecklistLine(
        "The right metric (AUC-PR when imbalanced)",
        "evaluation",
        5,
        ("evaluation.wrong-metric",),
        ("metric",),
    ),
    ChecklistLine("Cross-validation, not the test set, used for comparing models", "evaluation", 5),
    ChecklistLine("Test set evaluated exactly once", "evaluation", 5, (), ("test",)),
)

PRODUCTION: tuple[ChecklistLine, ...] = (
    ChecklistLine(
        "Fitted pipeline serialized and loaded, not re-created",
        "production",
        6,
        ("production.serialization-mismatch",),
        ("production",),
    ),
    ChecklistLine(
        "Schema validated at the prediction endpoint",
        "production",
        6,
        ("production.schema-change",),
        ("production",),
    ),
    ChecklistLine(
        "Prediction distribution monitored against the training baseline",
        "production",
        6,
        ("production.drift",),
        ("production",),
    ),
    ChecklistLine(
        "Feature drift monitored (PSI/KS)", "production", 6, ("production.drift",), ("production",)
    ),
    ChecklistLine(
        "Rolling AUC as ground truth arrives", "production", 6, ("production.delayed-truth",), ("production",)
    ),
    ChecklistLine("Out-of-distribution detection for extreme inputs", "production", 6, (), ("production",)),
    ChecklistLine("Alert thresholds defined and tested", "production", 6, (), ("production",)),
    ChecklistLine(
        "Retrain trigger defined (AUC drop > 0.05, PSI > 0.25)", "production", 6, (), ("production",)
    ),
)

METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("roc_auc", "ROC AUC", "AUC", True),
            Metric("average_precision", "average precision", "AP", True),
            Metric("log_loss", "log loss", "log loss", False),
            Metric("accuracy", "accuracy", "accuracy", True),
            Metric("balanced_accuracy", "balanced accuracy", "balanced accuracy", True),
            Metric("brier", "Brier score", "Brier", False),
        )
    }
)

_BY_CODE: Mapping[str, Fault] = MappingProxyType({each.code: each for each in FAULTS})

CODES: tuple[str, ...] = tuple(_BY_CODE)


def fault(code: str) -> Fault:
    """Look up a fault by its code.

    Parameters
    ----------
    code : str
        For example ``"pipeline.scaler-leak"``.

    Returns
    -------
    Fault

    Raises
    ------
    ValueError
        If there is no such code. The message names the nearest ones.

    Examples
    --------
    >>> fault("pipeline.scaler-leak").title
    'Scaler fitted on more than the training rows'
    >>> fault("scaler_leak")
    Traceback (most recent call last):
        ...
    ValueError: There is no fault 'scaler_leak'. Did you mean 'pipeline.scaler-leak'?
    """
    found = _BY_CODE.get(code)
    if found is None:
        raise ValueError(f"There is no fault {code!r}. {_hint(code)}")
    return found


def docs_url(code: str) -> str:
    """Return the path of the page that explains a fault, relative to the root of the repository.

    Examples
    --------
    >>> docs_url("data.leakage")
    'docs/faults/data.leakage.md'
    """
    return f"docs/faults/{code}.md"


def _hint(code: str) -> str:
    """Say which codes come near to `code`: by spelling, or by the part after the layer."""
    from difflib import get_close_matches

    wanted = str(code).strip().lower().replace("_", "-").replace(" ", "-")
    by_name = {known.partition(".")[2]: known for known in CODES}
    name = wanted.rpartition(".")[2]
    if name in by_name:
        return f"Did you mean {by_name[name]!r}?"
    near = get_close_matches(wanted, CODES, n=2, cutoff=0.75)
    near += [by_name[each] for each in get_close_matches(name, by_name, n=2, cutoff=0.65)]
    if not near:
        return f"The codes are {', '.join(CODES)}."
    return f"Did you mean {' or '.join(repr(each) for each in dict.fromkeys(near))}?"
