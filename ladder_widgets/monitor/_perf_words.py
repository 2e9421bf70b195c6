"""What the figures of a log rest on, in words."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ladder_widgets.finding import percent
from ladder_widgets.monitor._perf_transfer import Transfer
from ladder_widgets.monitor._perf_truth import Arrivals
from ladder_widgets.monitor.counts import Axis
from ladder_widgets.monitor.times import lasting

__all__ = ["assumptions_of"]


def assumptions_of(
    windows: pd.DataFrame,
    arrivals: Arrivals,
    axes: tuple[Axis, ...],
    target: float,
    known: Sequence[Transfer] = (),
) -> tuple[str, ...]:
    """Say what must hold for the figures to be right, only of the kinds of figures that are there."""
    kinds = set(windows["auc_kind"].dropna()) if axes else set()
    told = list(_on_delays(windows, arrivals, target))
    twice = int((windows["labelled"] > windows["rows"]).sum())
    if twice:
        told.append(
            f"In {twice} windows there are more labels than rows: labels were added twice, or without rows."
        )
    if "labels" in kinds:
        told.append(
            "Mature windows are judged by their labels as they are: labels that never come are taken to "
            "be like those that have."
        )
    if "reweighted" in kinds:
        told.append(
            "Reweighted figures: among rows with about the same score and class, whether the label has come "
            "already has nothing to do with how the model fares on them."
        )
        if arrivals.differing:
            told.append(
                "Labels of one class come sooner than those of the other. This is corrected by the delays "
                "seen so far, which are taken to be as long in the latest windows."
            )
        elif arrivals.rows is None:
            told.append(
                "The log has no times of labels: whether one class gets its labels sooner than the other "
                "cannot be told, and is not corrected."
            )
    if "estimated" in kinds:
        told.append(
            "Estimated figures rest on scores where labels are too few: a score is taken to mean what it "
            "meant in the latest mature windows, or on the held-out rows of training. They follow a change "
            "of the rows that come, and are blind to a change of what a score means (concept drift)."
        )
        told += _on_estimates(known)
    if len(axes) > 2:
        told.append(
            "With more than two classes figures are means over the classes, each against the rest, with the "
            "widest interval they can have."
        )
    return tuple(told)


def _on_estimates(known: Sequence[Transfer]) -> list[str]:
    """Say how far estimates were off where labels have come."""
    if not any("auc" in one.spread for one in known):
        told = [
            "In too few windows labels tell how far estimates are off: their intervals are of sampling alone."
        ]
    else:
        most = max((one for one in known if "auc" in one.spread), key=lambda one: one.spread["auc"])
        told = [
            f"In the latest {most.windows['auc']} windows with labels, estimates of the AUC were off by "
            f"{most.spread['auc']:.3f} beyond sampling: the intervals of estimated figures carry that."
        ]
    changed = max((one.change for one in known), key=abs, default=0.0)
    if changed:
        told.append(
            f"The latest labels give an AUC {abs(changed):.3f} {'below' if changed < 0 else 'above'} what "
            "the scores promised: what a score means has changed (concept drift), and estimated figures do "
            "not show it."
        )
    return told


def _on_delays(windows: pd.DataFrame, arrivals: Arrivals, target: float) -> list[str]:
    if windows["labelled"].sum() == 0:
        return ["No label has arrived."]
    if arrivals.rows is None:
        return [
            "The log is too short to tell how long labels take, or has no times of labels: a window counts "
            "as mature when 99 % of its rows have a label."
        ]
    seen = lasting(float(arrivals.rows.delay[-1]))
    if arrivals.maturity is None:
        return [
            f"Labels are still coming in at {seen}, the age of the oldest rows: how many will come in the "
            "end is not known, and no window is mature."
        ]
    return [
        f"{percent(target)} of the labels that come within {seen} (the oldest rows) have come after "
        f"{lasting(arrivals.maturity)}, in each class; a window is mature when all its rows are that old."
    ]
