"""``ladder-widgets monitor``: learn what training was like, and look at logs."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

__all__ = ["monitor"]

monitor = typer.Typer(
    help="Learn what training was like, look at production logs, and replay the alarms on history.",
    no_args_is_help=True,
)

_Write = typer.Option(show_default=False, metavar="PATH", rich_help_panel="Write (- is the standard output)")
_State = typer.Argument(help="The monitor: a .json file that `monitor fit` wrote.", metavar="MONITOR")
_Log = typer.Argument(
    help="Production log: Parquet (a glob in quotes for several), .csv, .feather or .jsonl; features, and "
    "columns score, prediction, label, timestamp, label_timestamp where they are known.",
    metavar="LOG",
)


def _named(role: str, more: str = "") -> Any:
    words = f"Column of LOG that holds the {role}{more}."
    return typer.Option(help=words, metavar="COL", show_default=False, rich_help_panel="Columns of LOG")


_Score = Annotated[
    list[str] | None, _named("score", "; with more than two classes CLASS=COL, once for each class")
]
_Prediction = Annotated[str | None, _named("prediction")]
_Label = Annotated[str | None, _named("label")]
_Time = Annotated[str | None, _named("time of the prediction")]
_LabelTime = Annotated[str | None, _named("time at which the label came")]


class Fail(StrEnum):
    """What makes ``monitor check`` end with another code than 0."""

    TRIGGERS = "triggers"
    FAIL = "fail"
    WARN = "warn"
    NEVER = "never"


@monitor.command(
    epilog="Example: ladder-widgets monitor fit train.csv --target churned --model model.joblib "
    "--val val.csv --trust --output monitor.json"
)
def fit(
    train: Annotated[Path, typer.Argument(help="Training rows.", metavar="TRAIN", show_default=False)],
    output: Annotated[Path, typer.Option(help="Where the monitor goes.", metavar="PATH")] = Path(
        "monitor.json"
    ),
    target: Annotated[
        str | None, typer.Option(help="Column that holds the labels.", metavar="COL", show_default=False)
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(help="Fitted model: .skops, .joblib, .pkl or .pickle.", show_default=False),
    ] = None,
    val: Annotated[
        Path | None, typer.Option(help="Rows the model was not trained on.", show_default=False)
    ] = None,
    timestamp: Annotated[
        str | None, typer.Option(help="Column of times in TRAIN.", metavar="COL", show_default=False)
    ] = None,
    every: Annotated[str, typer.Option(help="Length of a period: 1D, 6h, 7D.")] = "1D",
    min_rows: Annotated[int, typer.Option(help="Rows of a window at least.", min=1)] = 500,
    psi: Annotated[float, typer.Option(help="PSI that calls for a retrain.")] = 0.25,
    auc_drop: Annotated[float, typer.Option(help="Loss of AUC that calls for a retrain.")] = 0.05,
    trust: Annotated[
        bool, typer.Option("--trust", help="Load a pickled model, which runs the code it holds.")
    ] = False,
) -> None:
    """Learn what training was like and write it to a file.

    Exit codes: 0 written, 2 the input cannot be used.
    """
    from ladder_widgets._files import load_model, read_frame
    from ladder_widgets.cli import check_folders, one_line_errors
    from ladder_widgets.monitor import Monitor

    with one_line_errors():
        check_folders({"output": output})
        rows = read_frame(train)
        held: dict[str, Any] = {}
        if val is not None:
            held = _split(read_frame(val), target)
        made = Monitor.fit(
            rows,
            None if model is None else load_model(model, trust),
            label=target,
            timestamp=timestamp,
            every=every,
            min_rows=min_rows,
            psi=psi,
            auc_drop=auc_drop,
            **held,
        )
        made.save(output)
    typer.echo(
        f"Wrote {output}: {len(made.reference.features)} features, {made.reference.n_rows:,} rows.", err=True
    )
    for note in made.reference.notes:
        typer.echo(f"Note: {note}", err=True)


@monitor.command(
    epilog="Example: ladder-widgets monitor check monitor.json 'logs/*.parquet' --prometheus metrics.prom"
)
def check(
    state: Annotated[Path, _State],
    log: Annotated[str, _Log],
    score: _Score = None,
    prediction: _Prediction = None,
    label: _Label = None,
    timestamp: _Time = None,
    label_timestamp: _LabelTime = None,
    add: Annotated[
        bool, typer.Option("--add", help="Add the log to what the monitor has seen, and look at all of it.")
    ] = False,
    add_labels: Annotated[
        bool,
        typer.Option("--add-labels", help="Add the labels alone, of rows that were added before they came."),
    ] = False,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="With --add-labels: they take the place of all labels of their days."),
    ] = False,
    json: Annotated[Path | None, _Write] = None,
    markdown: Annotated[Path | None, _Write] = None,
    html: Annotated[Path | None, _Write] = None,
    prometheus: Annotated[Path | None, _Write] = None,
    webhook: Annotated[Path | None, _Write] = None,
    fail_on: Annotated[Fail, typer.Option(help="What another exit code than 0 stands for.")] = Fail.TRIGGERS,
) -> None:
    """Look at a log against training.

    Exit codes: 0 fine, 1 an alert (or, with --fail-on fail or warn, a finding), 3 a retrain, 2 the input
    cannot be used.
    """
    from ladder_widgets.cli import check_folders, one_line_errors
    from ladder_widgets.monitor import Monitor
    from ladder_widgets.validation import refuse

    written = {"json": json, "markdown": markdown, "html": html, "prometheus": prometheus, "webhook": webhook}
    with one_line_errors():
        check_folders(written)
        watcher = Monitor.load(state)
        if add and add_labels:
            raise refuse("--add", "left out beside --add-labels", "both")
        if replace and not add_labels:
            raise refuse("--replace", "given with --add-labels", "without it")
        rows = _log(log, watcher, score, prediction, label, timestamp, label_timestamp)
        of_labels = partial(watcher.add_labels, replace=replace)
        look = watcher.add if add else of_labels if add_labels else watcher.check
        watch = look(rows)
        _show(watch, written)
        if add or add_labels:
            watcher.save(state)
    _exit(watch, fail_on)


@monitor.command(epilog="Example: ladder-widgets monitor backtest monitor.json log.parquet --months 6")
def backtest(
    state: Annotated[Path, _State],
    log: Annotated[str, _Log],
    score: _Score = None,
    prediction: _Prediction = None,
    label: _Label = None,
    timestamp: _Time = None,
    label_timestamp: _LabelTime = None,
    months: Annotated[int, typer.Option(help="Months of quiet that are simulated.", min=1)] = 12,
    json: Annotated[Path | None, _Write] = None,
) -> None:
    """Tell when each trigger would have fired on a log, and how often it fires where nothing has changed.

    Exit codes: 0 told, 2 the input cannot be used.
    """
    from ladder_widgets.cli import check_folders, one_line_errors
    from ladder_widgets.monitor import Monitor

    with one_line_errors():
        check_folders({"json": json})
        watcher = Monitor.load(state)
        rows = _log(log, watcher, score, prediction, label, timestamp, label_timestamp)
        told = watcher.backtest(rows, months=months)
        if json is not None:
            _write("json", told.to_json(), json)
        if str(json) != "-":
            typer.echo(str(told))


# ---- input and output ----------------------------------------------------------------------------


def _split(frame: Any, target: str | None) -> dict[str, Any]:
    if target is None or target not in frame.columns:
        return {"X_val": frame}
    return {"X_val": frame.drop(columns=target), "y_val": frame[target]}


def _log(path: str, watcher: Any, score: list[str] | None, *others: str | None) -> Any:
    """Parquet stays where it is; other formats are read. Roles that are not named have their usual names."""
    from ladder_widgets._files import read_frame
    from ladder_widgets.monitor import ProductionLog

    names = ("prediction", "label", "timestamp", "label_timestamp")
    roles: dict[str, Any] = {name: other for name, other in zip(names, others, strict=True) if other}
    if score:
        roles["score"] = _scores(score, list(watcher.reference.classes))
    lies_elsewhere = path.endswith(".parquet") or any(sign in path for sign in "*?[")
    return ProductionLog(path if lies_elsewhere else read_frame(Path(path)), **roles)


def _scores(named: list[str], classes: list[Any]) -> Any:
    """A column, or one for each class: CLASS=COL."""
    from ladder_widgets.validation import choice, refuse

    if len(named) == 1 and (len(classes) <= 2 or "=" not in named[0]):
        return named[0]
    of = {str(label): label for label in classes}
    roles = {}
    for one in named:
        label, equals, column = one.partition("=")
        if not equals:
            raise refuse("--score", "CLASS=COL, once for each class", one)
        roles[of[choice("--score", label, of)]] = column
    return roles


def _show(watch: Any, written: dict[str, Path | None]) -> None:
    import json

    if not any(str(path) == "-" for path in written.values()):
        typer.echo(str(watch))
    for name, path in written.items():
        if path is not None:
            text = json.dumps(watch.to_webhook()) if name == "webhook" else getattr(watch, f"to_{name}")()
            _write(name, text, path)


def _write(name: str, text: str, path: Path) -> None:
    from ladder_widgets.monitor.state import write_atomically

    if str(path) == "-":
        typer.echo(text)
        return
    write_atomically(path, text)
    typer.echo(f"Wrote {path} ({name})", err=True)


def _exit(watch: Any, fail_on: Fail) -> None:
    from ladder_widgets.monitor.watch import WatchError

    if fail_on is Fail.TRIGGERS and watch.exit_code:
        raise typer.Exit(watch.exit_code)
    if fail_on in (Fail.FAIL, Fail.WARN):
        try:
            watch.raise_for_status(fail_on.value)
        except WatchError:
            raise typer.Exit(1) from None
