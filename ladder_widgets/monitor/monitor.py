"""A monitor: what training was like, what has been seen since, and when to act."""

from __future__ import annotations

import hashlib
import numbers
from os import PathLike
from typing import Any

import numpy as np

from ladder_widgets.monitor._label_feed import with_labels
from ladder_widgets.monitor.aggregate import count, explain
from ladder_widgets.monitor.baseline import Baseline
from ladder_widgets.monitor.counts import Counts
from ladder_widgets.monitor.history import Backtest
from ladder_widgets.monitor.learning import learn
from ladder_widgets.monitor.log import ProductionLog
from ladder_widgets.monitor.look import look
from ladder_widgets.monitor.measures import known_measures
from ladder_widgets.monitor.memory import Memory
from ladder_widgets.monitor.schema import Schema
from ladder_widgets.monitor.state import read_state, write_state
from ladder_widgets.monitor.times import DAY, length_of, period_of
from ladder_widgets.monitor.triggers import Triggers
from ladder_widgets.monitor.watch import Limits, Watch
from ladder_widgets.query import QueryPlan
from ladder_widgets.validation import refuse, shown, whole

__all__ = ["Monitor"]

#: Milliseconds of a month.
MONTH = 30 * DAY


class Monitor:
    """Watches the log of a model against what training was like.

    Parameters
    ----------
    reference : Baseline
        Learned by :meth:`fit`.
    psi : float
        Population stability index from which a feature or the score calls for a retrain.
    auc_drop : float
        Loss of AUC from which the model does.
    every : str
        Length of a window: ``"1D"``, ``"6h"``, ``"7D"``. Rows are counted by the day, or by the window where
        that is shorter.
    min_rows : int
        Rows of a window; neighbouring ones are pooled until they have as many.
    triggers : Triggers, optional
        Rules that call for somebody; :meth:`Triggers.default` with the two limits by default.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.linear_model import LogisticRegression
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"age": rng.normal(40, 9, 2000), "income": rng.lognormal(3, 1, 2000)})
    >>> y = (X["age"] + rng.normal(0, 9, 2000) > 45).astype(int)
    >>> model = LogisticRegression().fit(X[:1000], y[:1000])
    >>> monitor = Monitor.fit(X[:1000], model, X_val=X[1000:], y_val=y[1000:])
    >>> log = X.assign(income=X["income"] * 100, score=model.predict_proba(X)[:, 1])
    >>> monitor.check(log).first_sentence[:47]
    'income changed: production holds x × 100 (PSI 1'
    """

    def __init__(
        self,
        reference: Baseline,
        *,
        psi: float = 0.25,
        auc_drop: float = 0.05,
        every: str | int = "1D",
        min_rows: int = 500,
        triggers: Triggers | None = None,
    ) -> None:
        if not isinstance(reference, Baseline):
            hint = "Monitor.fit(train, model) learns one."
            raise refuse("reference", "a Baseline", shown(reference), hint)
        self.reference = reference
        self.limits = Limits(_positive("psi", psi), _positive("auc_drop", auc_drop))
        self.every = length_of(every)
        self.min_rows = whole("min_rows", min_rows, 1)
        rules = Triggers.default(psi=self.limits.psi, auc_drop=self.limits.auc_drop)
        if triggers is not None:
            rules = triggers if isinstance(triggers, Triggers) else Triggers(triggers)
        self.triggers = rules.known(known_measures(reference))
        self._names: set[str] = set()
        self._seen: Counts | None = None
        self._memory = Memory()

    @classmethod
    def fit(
        cls,
        train: Any,
        model: Any = None,
        *,
        label: str | None = None,
        X_val: Any = None,
        y_val: Any = None,
        timestamp: str | None = None,
        pos_label: Any = None,
        **settings: Any,
    ) -> Monitor:
        """Learn what training was like.

        Parameters
        ----------
        train : frame, array or ProductionLog
            Training rows. A log with recorded scores needs no model.
        model : estimator, optional
            Fitted; it is asked for the scores of the held-out rows. Without one the features alone are
            watched.
        label : str, optional
            Column of ``train`` that holds the labels.
        X_val, y_val : frame or array, and labels
            Rows the model was not trained on: the scores and the figures that production is compared
            with. Without them the model is cross-validated on training, where ``label`` is known.
        timestamp : str, optional
            Column of ``train`` with times: what moves in training by itself is no drift.
        pos_label : object, optional
            Positive class of two; the second by default.
        **settings
            Of :class:`Monitor`.

        Raises
        ------
        ModuleNotFoundError
            Without Ibis and DuckDB: ``pip install "ladder-widgets[monitor]"``.
        ValueError
            If something cannot be used; the message names it.
        """
        reference = learn(
            train, model, label=label, X_val=X_val, y_val=y_val, timestamp=timestamp, pos_label=pos_label
        )
        return cls(reference, **settings)

    @property
    def schema(self) -> Schema:
        """What training says a column is."""
        return self.reference.schema

    # ---- looking at a log ----------------------------------------------------------------------

    def check(self, log: Any) -> Watch:
        """Look at a log alone; what the monitor has seen before stays as it is.

        Parameters
        ----------
        log : ProductionLog, or anything it is made of
        """
        log = _as_log(log)
        counts = count(log, self.reference, period_of(self.every))
        return self._watch(counts, log)

    def add(self, log: Any, *, batch: str | None = None) -> Watch:
        """Add a batch to what has been seen, and look at all of it.

        A day costs a day: earlier batches are kept as counts. The same batch added twice counts once;
        rows that come again because their label has arrived are told by :meth:`add_labels`.

        Parameters
        ----------
        log : ProductionLog, or anything it is made of
        batch : str, optional
            Name of the batch. Without one a batch is known by its rows: their times, bins, labels and
            decisions. Rows that are alike in all of these need names, as those of a log without times may.
        """
        log = _as_log(log)
        counts = count(log, self.reference, period_of(self.every), marked=True)
        self._take(_name(counts) if batch is None else f"batch {batch}", counts)
        return self._watch(self.seen, log, self._memory)

    def add_labels(self, log: Any, *, replace: bool = False) -> Watch:
        """Add labels of rows that were added before without them.

        Parameters
        ----------
        log : ProductionLog, or anything it is made of
            The rows whose labels have arrived, with their scores and both times.
        replace : bool
            Whether these labels take the place of all that are known of their days (of their periods,
            where ``every`` is shorter): for labels that were corrected, and for a feed that tells all
            labels again.

        Raises
        ------
        ValueError
            If a period would have more labels than rows, as if labels were told twice; nothing is added.
        """
        counts = count(_as_log(log), self.reference, period_of(self.every), marked=True)
        name = f"labels {_name(counts)}"
        if replace or name not in self._names:
            self._seen = with_labels(self.seen, counts.labels_only(), replaces=replace)
            self._names.add(name)
        return self._watch(self.seen, None, self._memory)

    def _take(self, name: str, counts: Counts) -> None:
        """Add counts, unless they are there already: the name of a batch is that of its content."""
        if name not in self._names:
            self._seen = counts if self._seen is None else self._seen + counts
            self._names.add(name)

    def backtest(self, log: Any = None, *, months: int = 12) -> Backtest:
        """Replay the triggers on history, and on months in which nothing changes.

        Parameters
        ----------
        log : ProductionLog, or anything it is made of, optional
            History; what was added so far by default.
        months : int
            Months that are drawn from training.

        Returns
        -------
        Backtest
        """
        watch = self._watch(self.seen, None, self._memory) if log is None else self.check(log)
        maturity = None if watch.truth is None else watch.truth.maturity
        replayed = self.triggers.backtest(watch.measures, maturity=maturity)
        rows = int(np.median(watch.counts.rows))
        span = (int(watch.ends[-1]) - int(watch.counts.starts[0])) / watch.counts.n_periods
        windows = int(np.clip(MONTH / max(span, 1.0), 1, 60))
        simulation = self.triggers.simulate(self.reference, months=months, windows=windows, rows=rows)
        return Backtest(replayed, simulation)

    def explain(self, log: Any) -> QueryPlan:
        """Return what counts a log: the statements, and DuckDB's plan of them; nothing is counted.

        Parameters
        ----------
        log : ProductionLog, or anything it is made of
        """
        return explain(_as_log(log), self.reference, period_of(self.every))

    @property
    def seen(self) -> Counts:
        """Everything added so far.

        Raises
        ------
        ValueError
            If nothing was.
        """
        if self._seen is None:
            raise refuse("monitor", "a monitor that has been given rows", "one without", "See Monitor.add.")
        return self._seen

    def _watch(self, counts: Counts, log: ProductionLog | None, memory: Memory | None = None) -> Watch:
        return look(
            self.reference, counts, log, self.limits, self.min_rows, self.triggers, self.every, memory
        )

    # ---- keeping ---------------------------------------------------------------------------------

    def save(self, path: str | PathLike[str]) -> None:
        """Write the monitor to a JSON file: all of it, or the file stays as it was."""
        content = {
            "reference": self.reference.to_dict(),
            "limits": {"psi": self.limits.psi, "auc_drop": self.limits.auc_drop},
            "every": self.every,
            "min_rows": self.min_rows,
            "triggers": self.triggers.to_dict(),
            "batches": sorted(self._names),
            "seen": None if self._seen is None else self._seen.to_dict(),
        }
        write_state(path, content)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Monitor:
        """Read a monitor from a file; no code is run.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is cut off, changed or no monitor; it is left as it is.
        """
        content = read_state(path)
        reference = Baseline.from_dict(content["reference"])
        monitor = cls(
            reference,
            psi=content["limits"]["psi"],
            auc_drop=content["limits"]["auc_drop"],
            every=content["every"],
            min_rows=content["min_rows"],
            triggers=Triggers.from_dict(content["triggers"]),
        )
        axes = [score.axis(0) for score in reference.scores]
        monitor._names = set(content["batches"])
        monitor._seen = None if content["seen"] is None else Counts.from_dict(content["seen"], axes)
        return monitor

    def __repr__(self) -> str:
        scored = f", scores of {len(self.reference.scores)} class" if self.reference.scores else ""
        return f"<Monitor: {len(self.reference.features)} features{scored}, {len(self._names)} batches seen>"


def _as_log(log: Any) -> ProductionLog:
    return log if isinstance(log, ProductionLog) else ProductionLog(log)


def _positive(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0 < float(value) < np.inf:
        raise refuse(name, "a positive number", shown(value))
    return float(value)


def _name(counts: Counts) -> str:
    """A name for a batch: that of its content, so that the same batch is the same."""
    digest = hashlib.sha256()
    for values in counts.arrays():
        digest.update(np.ascontiguousarray(values).tobytes())
    digest.update(f"{counts.mark} {counts.untimed}".encode())
    return digest.hexdigest()[:16]
