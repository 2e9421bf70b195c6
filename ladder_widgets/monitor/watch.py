"""What a look at a log found: plain data for every surface."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ladder_widgets.finding import Finding, Status, worst
from ladder_widgets.monitor.baseline import Baseline
from ladder_widgets.monitor.clock import Clock
from ladder_widgets.monitor.counts import Counts
from ladder_widgets.monitor.decisions import Decisions
from ladder_widgets.monitor.measures import measures
from ladder_widgets.monitor.outputs import exit_code, prometheus, webhook
from ladder_widgets.monitor.performance import Performance
from ladder_widgets.monitor.schema import SchemaReport
from ladder_widgets.monitor.sentence import sentence
from ladder_widgets.monitor.told import findings
from ladder_widgets.monitor.triggers import Fired, Triggers
from ladder_widgets.monitor.windows import Drift
from ladder_widgets.monitor.wire import to_wire
from ladder_widgets.validation import choice, refuse

if TYPE_CHECKING:
    from ladder_widgets.monitor.joint import JointDrift

__all__ = ["Limits", "Watch", "WatchError"]


class WatchError(Exception):
    """Raised by :meth:`Watch.raise_for_status`; ``watch`` says why."""

    def __init__(self, message: str, watch: Watch) -> None:
        super().__init__(message)
        self.watch = watch


@dataclass(frozen=True)
class Limits:
    """Limits of the user: the PSI of a feature or of the score, and the loss of AUC."""

    psi: float = 0.25
    auc_drop: float = 0.05


@dataclass(frozen=True, eq=False)
class Watch:
    """What a look at a log found.

    Attributes
    ----------
    baseline : Baseline
    counts : Counts
        Of the windows.
    ends : ndarray of int64 of shape (n_windows,)
        End of each window in ms since 1970 UTC.
    shifts : Drift
        Every feature in every window, against training.
    truth : Performance or None
        What the labels say, and what stands in for them; None without scores.
    schema : SchemaReport or None
        Of some rows of the latest window; None where no rows were looked at.
    causes : dict of str to str
        What was done to a column that moved, where one thing was.
    limits : Limits
    triggers : Triggers
    repeated : float
        Share of the rows of the latest window that are one and the same; 0 where training is no better, or
        nothing moved.
    rows : DataFrame or None
        The rows of the latest window that were looked at, at most 5,000; None where only counts were.
    seconds : float
        What the look took.
    clock : Clock
        Rows that are in no window: without a time, or with one that cannot be.
    decisions : Decisions or None
        Shares of the recorded decisions, against those of the reference; None where either has none.
    """

    baseline: Baseline = field(repr=False)
    counts: Counts = field(repr=False)
    ends: np.ndarray = field(repr=False)
    shifts: Drift = field(repr=False)
    truth: Performance | None = field(repr=False)
    schema: SchemaReport | None = field(repr=False)
    causes: dict[str, str]
    limits: Limits
    triggers: Triggers = field(repr=False)
    repeated: float = 0.0
    rows: pd.DataFrame | None = field(default=None, repr=False)
    seconds: float = 0.0
    clock: Clock = field(default_factory=Clock)
    decisions: Decisions | None = field(default=None, repr=False)

    # ---- reading -------------------------------------------------------------------------------

    @cached_property
    def first_sentence(self) -> str:
        """What somebody on call should know first."""
        return sentence(self)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Findings of rung 6, as in a report of the ladder."""
        return findings(self)

    @property
    def status(self) -> Status:
        """The worst of the findings."""
        return worst(finding.status for finding in self.findings)

    @cached_property
    def fired(self) -> tuple[Fired, ...]:
        """Triggers that fired in some window; ``since`` tells those that fire still."""
        return self.triggers.evaluate(self.measures)

    @property
    def firing(self) -> tuple[Fired, ...]:
        """Triggers that fire in the latest window they can judge."""
        return tuple(one for one in self.fired if one.since is not None)

    @cached_property
    def measures(self) -> pd.DataFrame:
        """One row per window and measure: what triggers are about."""
        return measures(self)

    @cached_property
    def drift(self) -> pd.DataFrame:
        """One row per window and feature: PSI, KS, and whether they are beyond noise."""
        return self.shifts.frame(self.counts)

    @property
    def movers(self) -> pd.DataFrame:
        """Features of the latest window, the one that moved most first."""
        latest = pd.Timestamp(int(self.counts.starts[-1]), unit="ms")
        rows = self.drift[self.drift["start"] == latest].drop(columns="start")
        return rows.sort_values("psi", ascending=False, ignore_index=True)

    @cached_property
    def windows(self) -> pd.DataFrame:
        """One row per window: rows, largest PSI, and what the labels say."""
        psi, score = np.split(self.shifts.psi, [self.shifts.n_features])
        frame = pd.DataFrame(
            {
                "start": pd.to_datetime(self.counts.starts, unit="ms"),
                "end": pd.to_datetime(self.ends, unit="ms"),
                "rows": self.counts.rows,
                "psi": psi.max(axis=0) if len(psi) else 0.0,
                "mover": [self.shifts.names[i] for i in psi.argmax(axis=0)] if len(psi) else None,
                "psi_score": score.max(axis=0) if len(score) else np.nan,
                "status": self.window_status,
            }
        )
        if self.truth is None:
            return frame
        own = self.truth.windows.drop(columns=["start", "end", "rows"], errors="ignore")
        return pd.concat([frame, own.reset_index(drop=True)], axis=1)

    @property
    def window_status(self) -> list[str]:
        """Status of each window by its features and its score."""
        return [worst(Status(one) for one in column).value for column in self.shifts.status().T]

    def outliers(self) -> pd.DataFrame:
        """Score the rows of the latest window that were looked at, and say why some are unlike training.

        See :func:`ladder_widgets.monitor.outliers.outliers`: an isolation score calibrated on held-out
        training rows, and values that the schema refuses.

        Raises
        ------
        ValueError
            If only counts were looked at.
        """
        from ladder_widgets.monitor.outliers import outliers

        return outliers(self.baseline.sample, self._looked_at(), schema=self.baseline.schema)

    def joint_drift(self) -> JointDrift:
        """Test whether rows of the latest window can be told from training by all columns together.

        See :func:`ladder_widgets.monitor.joint.joint_drift`; it finds what no single column shows.

        Raises
        ------
        ValueError
            If only counts were looked at.
        """
        from ladder_widgets.monitor.joint import joint_drift

        told = [name for name, feature in self.baseline.features.items() if feature.told]
        rows = self._looked_at()
        return joint_drift(self.baseline.sample[told], rows[[name for name in told if name in rows]])

    def _looked_at(self) -> pd.DataFrame:
        if self.rows is None:
            raise refuse("watch", "a look at rows (Monitor.check or add)", "one at counts only")
        return self.rows

    def frame(self) -> pd.DataFrame:
        """Return the findings as a frame, one row each."""
        rows = [(f.code, f.status.value, f.title, f.summary) for f in self.findings]
        return pd.DataFrame(rows, columns=["code", "status", "title", "summary"])

    # ---- handing on ----------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: what the panel draws."""
        return to_wire(self)

    def to_json(self, path: str | PathLike[str] | None = None) -> str:
        """Return :meth:`to_dict` as JSON, and write it to ``path`` if one is given."""
        return _written(json.dumps(self.to_dict(), ensure_ascii=False, allow_nan=False), path)

    def to_markdown(self, path: str | PathLike[str] | None = None) -> str:
        """Return the findings as GitHub-flavoured Markdown."""
        from ladder_widgets.surfaces.watch import to_markdown

        return _written(to_markdown(self), path)

    def to_html(self, path: str | PathLike[str] | None = None) -> str:
        """Return a page that shows the windows, without network and without rows."""
        from ladder_widgets.surfaces.html import render_watch

        return _written(render_watch(self), path)

    def to_prometheus(self, path: str | PathLike[str] | None = None) -> str:
        """Return figures of the latest window in Prometheus' text format."""
        return _written(prometheus(self.measures, self.firing, self.triggers), path)

    def to_webhook(self) -> dict[str, Any]:
        """Return the body of a message: sending it is the user's own tool's affair."""
        return webhook(self.first_sentence, self.measures, self.firing)

    @property
    def exit_code(self) -> int:
        """0 where no trigger fires now, 1 for an alert, 3 for a retrain."""
        return exit_code(self.firing)

    def raise_for_status(self, level: str = "fail") -> None:
        """Raise if a finding fails (``"fail"``), or also if one warns (``"warn"``).

        Raises
        ------
        WatchError
            With the first sentence.
        """
        choice("level", level, ("fail", "warn"))
        bad: Sequence[Status] = (Status.FAIL,) if level == "fail" else (Status.FAIL, Status.WARN)
        if any(finding.status in bad for finding in self.findings):
            raise WatchError(self.first_sentence, self)

    def __str__(self) -> str:
        from ladder_widgets.surfaces.watch import to_text

        return to_text(self)


def _written(text: str, path: str | PathLike[str] | None) -> str:
    if path is not None:
        from ladder_widgets.monitor.state import write_atomically

        write_atomically(path, text)
    return text
