"""Which codes have a fix that can be tried, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ladder_widgets.case import Case
from ladder_widgets.finding import Finding
from ladder_widgets.remedies import (
    alignment,
    categories,
    divergence,
    imbalance,
    leakage,
    missing,
    overlap,
    refit,
    regularization,
    threshold,
)
from ladder_widgets.remedies.bench import Bench, Remedied

__all__ = ["REMEDIES", "Remedy", "tryable"]


@dataclass(frozen=True, slots=True)
class Remedy:
    """What mends a fault.

    Attributes
    ----------
    apply : callable
        ``apply(bench) -> Remedied``; raises :class:`NoRemedy` with the reason.
    needs_train : bool
        Whether it never works without training rows.
    """

    apply: Callable[[Bench], Remedied]
    needs_train: bool = True


REMEDIES: Mapping[str, Remedy] = MappingProxyType(
    {
        "data.missing-values": Remedy(missing.impute),
        "data.misaligned": Remedy(alignment.realign, needs_train=False),
        "data.leakage": Remedy(leakage.drop_leaks),
        "data.unseen-categories": Remedy(categories.handle_unseen),
        "pipeline.scaler-leak": Remedy(refit.refit_scaler),
        "pipeline.imputer-leak": Remedy(refit.refit_imputer),
        "model.imbalance": Remedy(imbalance.weigh),
        "model.over-regularized": Remedy(regularization.free),
        "model.divergence": Remedy(divergence.calm),
        "evaluation.train-as-val": Remedy(overlap.drop_overlap),
        "evaluation.threshold": Remedy(threshold.move_threshold, needs_train=False),
    }
)


def tryable(case: Case, findings: Iterable[Finding]) -> list[str]:
    """Return the codes of raised findings whose fix can be tried with what is at hand."""
    if case.target_problem is not None:
        return []
    return [
        finding.code
        for finding in findings
        if finding.raised
        and (remedy := REMEDIES.get(finding.code)) is not None
        and (case.train is not None or not remedy.needs_train)
    ]
