"""The case: everything known about the model under examination, validated once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from inspect import Parameter, signature
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer_names

from ladder_widgets import labels
from ladder_widgets.chunks import score_chunks
from ladder_widgets.kept import kept_bytes
from ladder_widgets.labels import plain
from ladder_widgets.monitor.log import Production, ProductionLog
from ladder_widgets.options import (
    check_auc_error,
    check_checks,
    check_costs,
    check_flag,
    check_ignore,
    check_integer,
    check_ledger,
    check_max_rows,
    check_model,
    check_rungs,
    check_threshold,
    grouped,
)
from ladder_widgets.rungs.folds import TARGET_ERROR
from ladder_widgets.scores import GRID, ModelFailure, Scores, decision_threshold, to_grid
from ladder_widgets.splits import Split, make_split, optional_split
from ladder_widgets.validation import choice, refuse, shown
from ladder_widgets.workers import Workers
from ladder_widgets.wrappers import declared_thresholds, innermost

__all__ = ["Case", "Split", "shows_case_options"]


class Case:
    """What is being debugged. Takes the arguments of :func:`ladder_widgets.run_ladder`.

    Construction checks shapes, names and options at once; labels and scores are looked at when
    first asked for, so that a panel can appear before the work starts.

    Parameters
    ----------
    model : fitted estimator
        Anything with ``predict_proba``, ``decision_function`` or ``predict``.
    X_val, y_val : table of shape (n_rows, n_features) and labels of shape (n_rows,)
        Rows the model was not trained on.
    X_train, y_train, X_test, y_test : optional
        The other splits, in the same columns.
    production : ProductionLog or frame, optional
        Rows from production, for the production rung.
    metric : str, optional
        The scikit-learn scorer name the user reports, for instance ``"accuracy"``.
    threshold : float, optional
        Decision threshold in use on P(positive); read off the model's predictions by default.
    pos_label : label, optional
        The positive class of two; the model's second class by default.
    artifact : path, optional
        The saved model.
    requirements : mapping, optional
        Package → version the model was trained under.
    groups : str, array or mapping of split to array, optional
        Rows that must stay together (one person, one device): the name of a column, one group for
        each row of the training rows (of the validation rows without any) or of all splits one
        after another, or ``{"train": …, "val": …}``.
    costs : mapping, optional
        What a mistake costs, ``{"false_positive": 1, "false_negative": 5}``, for the threshold.
    ledger : path, bool or None
        Where looks at the test set are noted: a file or a folder; beside the project by default,
        False for nowhere. ``LADDER_WIDGETS_LEDGER=off`` in the environment keeps none at all.
    fast : bool
        Leave out the checks that take seconds on half a million rows (``pipeline.scaler-leak``,
        ``pipeline.train-serve-skew`` and ``production.drift``); they say so.
    checks : sequence of Check, optional
        The user's own checks, run beside ours.
    ignore : sequence of str
        Codes not to run.
    rungs : mapping of int to estimator, optional
        Replaces the reference estimators of rungs 1, 2 and 3. A Pipeline gets the raw rows;
        anything else gets them imputed and encoded.
    max_rows : int, "auto" or None
        Rows the references are cross-validated on: ``"auto"`` takes what ``auc_error`` asks for, None
        takes all (and fits boosting on all, too).
    auc_error : float
        Standard error of their AUC that is wanted, from 0.0005 to 0.05.
    random_state : int
        Seed of folds, samples and resampling.
    n_jobs : int, optional
        Folds of the references worked out side by side, each on one core, in processes; −1 is every core.
        By default in this process: one after another, or in threads where there are 10,000 rows or more.
    backend : str, optional
        Where: the name of a joblib backend, ``"loky"`` (processes; what ``n_jobs`` alone means),
        ``"threading"`` or ``"dask"``. With it the model's own scores are worked out there, too. Results
        are the same. See ``docs/scale.md``.

    Raises
    ------
    ValueError
        Naming the parameter, what came and what is accepted.
    ModuleNotFoundError
        For ``backend="dask"`` without Dask: ``pip install "ladder-widgets[dask]"``.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> model = DecisionTreeClassifier(max_depth=3, random_state=0).fit(X[:400], y[:400])
    >>> case = Case(model, X[400:], y[400:])
    >>> case.classes, case.positive, case.threshold
    ([0, 1], 1, 0.5)
    """

    def __init__(
        self,
        model: Any,
        X_val: Any,
        y_val: Any,
        *,
        X_train: Any = None,
        y_train: Any = None,
        X_test: Any = None,
        y_test: Any = None,
        production: Any = None,
        metric: str | None = None,
        threshold: float | None = None,
        pos_label: Any = None,
        artifact: Any = None,
        requirements: Mapping[str, str] | None = None,
        groups: Any = None,
        costs: Mapping[str, float] | None = None,
        ledger: Any = None,
        fast: bool = False,
        checks: Sequence[Any] | None = None,
        ignore: Sequence[str] = (),
        rungs: Mapping[int, Any] | None = None,
        max_rows: int | str | None = "auto",
        auc_error: float = TARGET_ERROR,
        random_state: int = 0,
        n_jobs: int | None = None,
        backend: str | None = None,
    ) -> None:
        self.model = check_model(model)
        names = getattr(model, "feature_names_in_", None)
        self.val = make_split("val", X_val, y_val, names)
        self.train = optional_split("train", X_train, y_train, names)
        self.test = optional_split("test", X_test, y_test, names)
        self.production = _production(production, self.reference.table.names)
        self.artifact = artifact
        self.metric = None if metric is None else choice("metric", metric, get_scorer_names())
        self.requirements = dict(requirements) if requirements is not None else None
        self.checks = check_checks(checks)
        self.ignore = check_ignore(ignore, self.checks)
        self.rungs = check_rungs(rungs)
        self.max_rows = check_max_rows(max_rows)
        self.auc_error = check_auc_error(auc_error)
        self.random_state = check_integer("random_state", random_state)
        self.workers = Workers(backend, n_jobs)
        self.n_jobs = self.workers.n_jobs
        self.costs = check_costs(costs)
        self.ledger = check_ledger(ledger)
        self.fast = check_flag("fast", fast)
        kept_bytes()  # a setting that cannot be read is refused now, not by a rung
        self._groups = grouped(groups, self.splits, self.reference)
        self._pos_label = pos_label
        self._threshold = check_threshold(threshold)

    # ---- splits ------------------------------------------------------------------------------

    @property
    def splits(self) -> list[Split]:
        """The splits at hand, training first."""
        return [split for split in (self.train, self.val, self.test) if split is not None]

    @property
    def reference(self) -> Split:
        """Rows the reference rungs are cross-validated on: training if given, else validation."""
        return self.train if self.train is not None else self.val

    @property
    def groups(self) -> np.ndarray | None:
        """Group codes of the reference rows, shape (n_rows,), or None."""
        return self._groups.get(self.reference.name)

    def groups_of(self, split: Split) -> np.ndarray | None:
        """Group codes of a split, comparable between splits, shape (n_rows,); None if not given."""
        return self._groups.get(split.name)

    # ---- labels ------------------------------------------------------------------------------

    def check_labels(self) -> None:
        """Look at the labels now, so that a wrong y is refused before any work.

        Raises
        ------
        ValueError
            For a single class, or a ``pos_label`` or ``threshold`` that does not go with the labels.
        """
        for split in self.splits:
            labels.check_two_classes(split.distinct, f"y_{split.name}")
        _ = self.positive

    @cached_property
    def target_problem(self) -> str | None:
        """Why the labels of a split cannot be judged as classes; None if they can.

        An id, a measurement, or labels of which the model knows none: then there are neither
        scores nor references.
        """
        return next(iter(self._target_problems.values()), None)

    @cached_property
    def _target_problems(self) -> dict[str, str]:
        found = {
            split.name: labels.not_classes(split.y, split.distinct, self.model, f"y_{split.name}")
            for split in self.splits
        }
        return {name: problem for name, problem in found.items() if problem is not None}

    @cached_property
    def classes(self) -> list[Any]:
        """Labels in the order of the model's columns; labels it does not know come last.

        Labels that are no classes (see :attr:`target_problem`) are left out: their code is −1.
        """
        sound = [split.distinct for split in self.splits if split.name not in self._target_problems]
        return labels.classes_of(self.model, *sound)

    @cached_property
    def positive(self) -> int:
        """Code of the positive class; with more than two classes, of the last one."""
        classes = self.classes
        if self.target_problem is not None:
            return len(classes) - 1
        if self._threshold is not None and len(classes) > 2:
            raise refuse("threshold", "None with more than two classes", shown(self._threshold))
        if self._pos_label is None:
            return len(classes) - 1
        wanted = plain(self._pos_label)
        if wanted not in classes:
            listed = ", ".join(shown(label) for label in classes[:10])
            raise refuse("pos_label", f"one of the classes ({listed})", shown(wanted))
        return classes.index(wanted)

    @property
    def positive_said(self) -> bool:
        """Whether the positive class was named, or is the 1 or True of two by custom."""
        return self._pos_label is not None or all(not isinstance(label, str) for label in self.classes)

    @property
    def binary(self) -> bool:
        """Whether there are two classes."""
        return len(self.classes) == 2

    @property
    def class_names(self) -> list[str]:
        """Labels as text."""
        return [str(label) for label in self.classes]

    @cached_property
    def _codes(self) -> dict[str, np.ndarray]:
        return {split.name: labels.encode(split.y, self.classes) for split in self.splits}

    def y(self, split: Split) -> np.ndarray:
        """Labels of a split as codes into :attr:`classes`, shape (n_rows,)."""
        return self._codes[split.name]

    @cached_property
    def unknown_labels(self) -> list[Any]:
        """Labels in the data that the model has no column for."""
        known = getattr(self.model, "classes_", None)
        return [] if known is None else self.classes[len(known) :]

    # ---- scores ------------------------------------------------------------------------------

    @cached_property
    def _outcomes(self) -> dict[str, Scores | ModelFailure]:
        return {}

    def scores(self, split: Split | None = None) -> Scores:
        """Return the model's scores on a split (validation by default), computed once.

        Raises
        ------
        ModelFailure
            If the model cannot score these rows; raised again at each call.
        """
        split = split or self.val
        if self.target_problem is not None:
            raise ModelFailure(f"the labels cannot be judged: {self.target_problem}")
        for _ in self.scoring(split):
            pass
        outcome = self._outcomes[split.name]
        if isinstance(outcome, ModelFailure):
            raise outcome
        return outcome

    def scoring(self, split: Split) -> Iterator[None]:
        """Score a split, once; yields while it waits for workers, so that it can be left."""
        if split.name in self._outcomes or self.target_problem is not None:
            return
        try:
            for answer in score_chunks(self.workers, self.model, split.table.data, self.classes):
                if answer is None:
                    yield
                else:
                    self._outcomes[split.name] = answer
        except ModelFailure as failure:
            self._outcomes[split.name] = failure

    def try_scores(self, split: Split | None = None) -> Scores | None:
        """Return the scores, or None where the model fails."""
        try:
            return self.scores(split)
        except ModelFailure:
            return None

    @cached_property
    def model_threshold(self) -> float | None:
        """Threshold that explains the model's own predictions; None if no threshold does."""
        if not self.binary:
            return None
        answer = self.scores()
        hints = [*declared_thresholds(self.model), 0.5]
        score = answer.positive(self.positive)
        return decision_threshold(score, answer.predicted == self.positive, hints)

    @cached_property
    def threshold(self) -> float | None:
        """Decision threshold in use on P(positive); None with more than two classes."""
        if not self.binary:
            return None
        if self._threshold is not None:
            return float(to_grid(self._threshold))
        return 0.5 if self.model_threshold is None else self.model_threshold

    @property
    def default_threshold(self) -> bool:
        """Whether the threshold in use is the untouched one half."""
        return self._threshold is None and self.threshold is not None and abs(self.threshold - 0.5) <= GRID

    def predicted(self, split: Split | None = None) -> np.ndarray:
        """Codes of the labels predicted with the threshold in use, shape (n_rows,)."""
        answer = self.scores(split)
        if not self.binary or (self._threshold is None and self.model_threshold is None):
            return answer.predicted
        above = answer.positive(self.positive) >= self.threshold
        return np.where(above, np.int32(self.positive), np.int32(1 - self.positive))

    # ---- another case ------------------------------------------------------------------------

    def but(self, model: Any, changed: Mapping[str, tuple[Any, Any, np.ndarray | None]]) -> Case:
        """Return the same case with another model and other rows, without production.

        Parameters
        ----------
        model : fitted estimator
        changed : mapping of split to (X, y, positions)
            Splits to replace; ``positions`` says which of the split's rows these are, None for all.
        """
        rows = {split.name: (split.table.data, split.y, None) for split in self.splits} | dict(changed)
        groups = {
            name: codes if rows[name][2] is None else codes[rows[name][2]]
            for name, codes in self._groups.items()
        }
        X_val, y_val, _ = rows.pop("val")
        others: dict[str, Any] = {
            f"{part}_{name}": rows[name][k] for name in rows for k, part in enumerate("Xy")
        }
        return Case(
            model,
            X_val,
            y_val,
            **others,
            metric=self.metric,
            threshold=self._threshold,
            pos_label=self._pos_label,
            groups=groups or None,
            costs=self.costs,
            ledger=False,
            checks=self.checks,
            rungs=self.rungs,
            max_rows=self.max_rows,
            auc_error=self.auc_error,
            random_state=self.random_state,
            n_jobs=self.n_jobs,
            backend=self.workers.backend,
        )

    # ---- words -------------------------------------------------------------------------------

    @property
    def model_name(self) -> str:
        """Class name of the estimator that decides, inside any wrappers."""
        return type(innermost(self.model)).__name__

    @property
    def model_description(self) -> str:
        """One line: the steps of a pipeline, or the class name."""
        steps = getattr(self.model, "steps", None)
        if isinstance(steps, list) and steps:
            return f"Pipeline({', '.join(type(step).__name__ for _, step in steps)})"
        inner = self.model_name
        outer = type(self.model).__name__
        return outer if inner == outer else f"{outer}({inner})"

    @property
    def notes(self) -> list[str]:
        """What a reader must know before reading any number."""
        return [*self._notes, *self.workers.notes]

    @cached_property
    def _notes(self) -> list[str]:
        notes = []
        if self.train is None:
            notes.append(
                "No training rows were given: the reference rungs cross-validate on the validation rows."
            )
        if self.target_problem is not None:
            notes.append(f"Nothing was scored: {self.target_problem}.")
        elif self.unknown_labels:
            listed = ", ".join(shown(label) for label in self.unknown_labels)
            notes.append(f"The labels {listed} are unknown to the model: every such row is an error.")
        answer = self.try_scores()
        if answer is not None and not answer.probabilities:
            what = "margins of decision_function" if answer.output == "decision_function" else "bare labels"
            notes.append(f"The scores are {what}, not probabilities: confidence is only an order.")
        if answer is not None and self.binary and self._threshold is None and self.model_threshold is None:
            notes.append("No threshold on the score explains the model's predictions; 0.5 is shown.")
        return notes


def shows_case_options(function: Any) -> Any:
    """Give a callable that hands ``**options`` on to :class:`Case` their names, for help and completion."""
    own = [p for p in signature(function).parameters.values() if p.kind is not Parameter.VAR_KEYWORD]
    handed = [p for p in signature(Case).parameters.values() if p.kind is Parameter.KEYWORD_ONLY]
    plain_first = sorted(own, key=lambda p: p.kind is Parameter.KEYWORD_ONLY)
    function.__signature__ = signature(function).replace(parameters=[*plain_first, *handed])
    return function


def _production(production: Any, names: Sequence[str]) -> Production | None:
    if production is None:
        return None
    log = production if isinstance(production, ProductionLog) else ProductionLog(production)
    return log.bind(names)
