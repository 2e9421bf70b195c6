"""The command line: run the ladder on files, try it on a real table, look a fault up."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

import ladder_widgets
from ladder_widgets.commands.monitor import monitor
from ladder_widgets.commands.replay import replay
from ladder_widgets.taxonomy import FAULTS, NEEDS, RUNGS, fault

if TYPE_CHECKING:
    from ladder_widgets.report import Report

__all__ = ["app", "check_folders", "one_line_errors"]

app = typer.Typer(
    help="Find out why a classifier fails: data, pipeline, model, evaluation and production, rung by rung.",
    epilog="Start with: ladder-widgets demo",
    no_args_is_help=True,
    add_completion=False,
    # Local variables of a traceback are somebody's data.
    pretty_exceptions_show_locals=False,
)


class FailOn(StrEnum):
    """What makes ``run`` end with exit code 1."""

    FAIL = "fail"
    WARN = "warn"
    NEVER = "never"


class Table(StrEnum):
    """Tables of the demo."""

    LENDING_CLUB = "lending_club"
    CREDIT_DATA = "credit_data"


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"ladder-widgets {ladder_widgets.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[  # noqa: ARG001  typer hands it to its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a sign gets a question mark, not a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


_To = typer.Option(show_default=False, metavar="PATH", rich_help_panel="Write (- is the standard output)")


@app.command(
    epilog="Example: ladder-widgets run model.joblib val.csv --target churned --train train.csv "
    "--metric accuracy --trust --html report.html"
)
def run(
    model: Annotated[
        Path,
        typer.Argument(
            help="Fitted model: .skops, .joblib, .pkl or .pickle.", metavar="MODEL", show_default=False
        ),
    ],
    val: Annotated[
        Path,
        typer.Argument(
            help="Rows the model was not trained on: .csv, .parquet, .feather or .jsonl.",
            metavar="VAL",
            show_default=False,
        ),
    ],
    target: Annotated[
        str, typer.Option(help="Column that holds the labels.", metavar="COL", show_default=False)
    ],
    train: Annotated[Path | None, typer.Option(help="Training rows.", show_default=False)] = None,
    test: Annotated[Path | None, typer.Option(help="Test rows.", show_default=False)] = None,
    production: Annotated[
        Path | None,
        typer.Option(
            help="Production log: features, and columns score, prediction, label, timestamp, "
            "label_timestamp where they are known.",
            show_default=False,
        ),
    ] = None,
    metric: Annotated[
        str | None, typer.Option(help="Metric you report: a scikit-learn scorer name.", show_default=False)
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            help="Decision threshold in use; read off the model by default.", show_default=False, min=0, max=1
        ),
    ] = None,
    pos_label: Annotated[
        str | None, typer.Option(help="Positive class; the model's second by default.", show_default=False)
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(help="Code of a check not to run; may be repeated.", show_default=False),
    ] = None,
    max_rows: Annotated[
        str, typer.Option(help="Rows the reference models are cross-validated on: auto, all or a number.")
    ] = "auto",
    auc_error: Annotated[
        float, typer.Option(help="Standard error of their AUC that --max-rows auto is to bring.")
    ] = 0.003,
    n_jobs: Annotated[
        int | None,
        typer.Option(
            help="Folds worked out side by side, -1 on every core; one after another by default.",
            metavar="N",
            show_default=False,
        ),
    ] = None,
    backend: Annotated[
        str | None,
        typer.Option(
            help="Where: loky (processes), threading, or dask (at $DASK_SCHEDULER_ADDRESS).",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="Leave out the slow checks.")] = False,
    no_ledger: Annotated[
        bool, typer.Option("--no-ledger", help="Do not note beside the project that --test was scored.")
    ] = False,
    html: Annotated[Path | None, _To] = None,
    json: Annotated[Path | None, _To] = None,
    markdown: Annotated[Path | None, _To] = None,
    junit: Annotated[Path | None, _To] = None,
    sarif: Annotated[Path | None, _To] = None,
    fail_on: Annotated[FailOn, typer.Option(help="What exit code 1 stands for.")] = FailOn.FAIL,
    trust: Annotated[
        bool, typer.Option("--trust", help="Load a pickled model, which runs the code it holds.")
    ] = False,
) -> None:
    """Climb the ladder with a saved model and tables from files.

    Exit codes: 0 fine, 1 something is wrong (see --fail-on), 2 the input cannot be used.
    """
    written = {"html": html, "json": json, "markdown": markdown, "junit": junit, "sarif": sarif}
    from ladder_widgets.cluster import connected

    with one_line_errors(), connected(backend):
        check_folders(written)
        options: dict[str, Any] = {"n_jobs": n_jobs, "backend": backend}
        options |= {"metric": metric, "threshold": threshold, "ignore": ignore or ()}
        options |= {"ledger": False if no_ledger else None, "fast": fast}
        if production is not None:
            options["production"] = _log(production)
        case = _case(model, {"val": val, "train": train, "test": test}, target, pos_label, trust)
        report = _climb({**case, **options, "max_rows": _rows(max_rows), "auc_error": auc_error})
        _show(report, written)
    _exit(report, fail_on)


@app.command(epilog="Example: ladder-widgets faults data.leakage")
def faults(
    code: Annotated[
        str | None, typer.Argument(help="Code to explain; all are listed without one.", show_default=False)
    ] = None,
) -> None:
    """List the faults that are looked for, or explain one."""
    console = Console()
    if code is None:
        _list_faults(console)
        return
    with one_line_errors():
        _explain(code, console)


@app.command(epilog="Example: ladder-widgets demo --table credit_data --output credit.html")
def demo(
    output: Annotated[Path, typer.Option(help="Page to write.")] = Path("ladder-report.html"),
    table: Annotated[
        Table, typer.Option(help="Loans: 5 % go bad in lending_club, 28 % in credit_data.")
    ] = Table.LENDING_CLUB,
) -> None:
    """Climb the ladder with a model a beginner would train, on a real table of loans."""
    from ladder_widgets.demo import demo_case

    with one_line_errors():
        check_folders({"output": output})
        report = _climb_with(lambda: demo_case(table.value), "Training a random forest")
        _show(report, {"html": output})
    typer.echo(f"\nOpen {output} in a browser: every number can be looked into there.")
    typer.echo("The same in a notebook: make lab, or LadderPanel(**demo_case()) with ladder_widgets.demo.")


app.command(epilog="Example: ladder-widgets replay model.joblib record.json --expected 0.81 --trust")(replay)
app.add_typer(monitor, name="monitor")


# ---- input -----------------------------------------------------------------------------------


@contextmanager
def one_line_errors() -> Iterator[None]:
    """End with exit code 2 and one line on the standard error for what the user can mend."""
    from ladder_widgets._files import FileProblem

    try:
        yield
    except (FileProblem, ValueError, OSError, ModuleNotFoundError) as error:
        typer.echo(f"Error: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(2) from None


def _case(
    model: Path, paths: Mapping[str, Path | None], target: str, pos_label: str | None, trust: bool
) -> dict[str, Any]:
    from ladder_widgets._files import load_model, read_table

    loaded = load_model(model, trust)
    case: dict[str, Any] = {"model": loaded, "artifact": model}
    for split, path in paths.items():
        if path is not None:
            X, y = read_table(path, target)
            case[f"X_{split}"], case[f"y_{split}"] = _columns(loaded, X, path), y
    if pos_label is not None:
        case["pos_label"] = _label(pos_label, case["y_val"])
    return case


def _log(path: Path) -> Any:
    from ladder_widgets._files import read_frame
    from ladder_widgets.monitor import ProductionLog

    return ProductionLog(read_frame(path))


def _columns(model: Any, X: Any, path: Path) -> Any:
    """Leave out columns that the model does not know, such as a row number, and say so."""
    known = getattr(model, "feature_names_in_", None)
    if known is None or not set(known) <= set(X.columns):
        return X
    extra = [name for name in X.columns if name not in set(known)]
    if extra:
        from ladder_widgets.surfaces.formats import cell

        listed = ", ".join(cell(name, 40) for name in extra[:8]) + (", …" if len(extra) > 8 else "")
        typer.echo(f"Note: {path}: left out what the model does not take: {listed}.", err=True)
    return X[list(known)]


def _label(text: str, y: Any) -> Any:
    """Find the label that is written like this: files hold numbers, a command line holds text."""
    from ladder_widgets.validation import choice

    written = {str(label): label for label in y.dropna().unique()}
    return written[choice("pos-label", text, written)]


def _rows(text: str) -> int | str | None:
    from ladder_widgets.validation import refuse, shown

    if text == "auto":
        return "auto"
    if text == "all":
        return None
    if not text.isdecimal():
        raise refuse("max-rows", "auto, all or a whole number of at least 50", shown(text))
    return int(text)


# ---- output ----------------------------------------------------------------------------------


def _climb(case: dict[str, Any]) -> Report:
    return _climb_with(lambda: case, "Looking at the case")


def _climb_with(make_case: Callable[[], dict[str, Any]], first: str) -> Report:
    """Climb behind a progress bar on the standard error; silent where that is not a terminal."""
    from ladder_widgets.ladder import Progress as Step
    from ladder_widgets.ladder import run_ladder

    console = Console(stderr=True)
    if not console.is_terminal:
        return run_ladder(**make_case())
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(first, total=len(RUNGS))

        def tell(step: Step) -> None:
            told = f"Rung {step.rung} {RUNGS[step.rung].name}: {step.label}"
            bar.update(task, description=told, completed=step.rung + step.done / max(1, step.total))

        return run_ladder(**make_case(), progress=tell)


def check_folders(written: Mapping[str, Path | None]) -> None:
    """Refuse a place that cannot be written to before the work, not after it."""
    if sum(str(path) == "-" for path in written.values()) > 1:
        raise ValueError("Only one of the reports can go to the standard output.")
    for option, path in written.items():
        if path is not None and not path.parent.is_dir():
            raise FileNotFoundError(f"--{option}: there is no folder {path.parent}.")


def _show(report: Report, written: Mapping[str, Path | None]) -> None:
    piped = [name for name, path in written.items() if path is not None and str(path) == "-"]
    if not piped:
        from ladder_widgets.surfaces.terminal import print_report

        print_report(report)
    for name, path in written.items():
        if path is None:
            continue
        if name in piped:
            typer.echo(getattr(report, f"to_{name}")())
        else:
            getattr(report, f"to_{name}")(path)
            typer.echo(f"Wrote {path}", err=True)


def _exit(report: Report, fail_on: FailOn) -> None:
    from ladder_widgets.report import ReportError

    if fail_on is FailOn.NEVER:
        return
    try:
        report.raise_for_status(fail_on.value)
    except ReportError:
        raise typer.Exit(1) from None


def _list_faults(console: Console) -> None:
    from rich.table import Table as Grid

    grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("code", "rung", "what is wrong"):
        grid.add_column(name, no_wrap=name != "what is wrong")
    for each in FAULTS:
        grid.add_row(each.code, f"{each.rung} {RUNGS[each.rung].name}", each.title)
    console.print(grid, highlight=False)
    typer.echo("\nMore on one of them: ladder-widgets faults data.leakage")


def _explain(code: str, console: Console) -> None:
    from ladder_widgets.surfaces.terminal import code_text

    found = fault(code)
    needs = [NEEDS[need] for need in found.needs]
    console.print(
        f"{found.title} ({found.code}, rung {found.rung} {RUNGS[found.rung].name})",
        style="bold",
        markup=False,
    )
    for text in (found.question, found.why, f"Needs {' and '.join(needs)}." if needs else ""):
        if text:
            console.print(f"\n{text}", highlight=False, markup=False)
    console.print("\nFix:\n", style="bold")
    console.print(code_text(found.fix), soft_wrap=True, highlight=False)
