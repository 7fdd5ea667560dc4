"""The same jobs without a notebook: `workbench search`, `runs`, `show`, `lab`."""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
)

import workbench
from workbench.cli_common import AsJson, Group, follow, real_option, whole_option
from workbench.cli_meta import meta
from workbench.runs import Runner, RunQuery, RunStore
from workbench.tasks import DataLibrary
from workbench.terminal import runs_table
from workbench.watch import RunView, print_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import ProgressColumn

    from workbench.evolution import SearchSpec
    from workbench.runs import RunRecord

NOTEBOOK = "01_first_search.ipynb"
PRESET_NAMES = ("linear", "demo", "affine", "two-layer", "digits")
"""As in `workbench.PRESETS`, which takes long to load and --help does not need."""
FILTER_HELP = "Words, or tag:x, status:finished, seed:7; a dash excludes: -tag:x."
LIMITS = ("individuals", "evaluations", "train_steps", "seconds")


app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Evolve learning algorithms, read them, and watch it happen.",
)
data = typer.Typer(cls=Group, no_args_is_help=True, help="Image data sets.")
app.add_typer(data, name="data")
runs = typer.Typer(cls=Group, help="List the runs; rename, tag, delete them.")
app.add_typer(runs, name="runs")
app.add_typer(meta, name="meta")


Threads = Annotated[int | None, whole_option("Changes the speed, not the result.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"workbench {workbench.__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print it."
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show tracebacks of errors.")
    ] = False,
) -> None:
    """Hold what all commands have in common; `Group` reads `debug`."""


@app.command()
def search(
    preset: Annotated[
        str,
        typer.Argument(
            help=f"A preset ({', '.join(PRESET_NAMES)}), or a file with a spec as JSON."
        ),
    ],
    seed: Annotated[
        int | None, whole_option("Other seed, other search; same seed, same result.")
    ] = None,
    individuals: Annotated[int | None, whole_option("Stop after so many.")] = None,
    evaluations: Annotated[
        int | None, whole_option("Stop after so many full evaluations.")
    ] = None,
    train_steps: Annotated[
        int | None, whole_option("Stop after so many training examples seen.")
    ] = None,
    seconds: Annotated[float | None, real_option("Stop after so much time.")] = None,
    fitness: Annotated[
        float | None, real_option("Stop when the best reaches this.")
    ] = None,
    populations: Annotated[
        int | None, whole_option("Populations that evolve side by side.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The run's name.")] = None,
    threads: Threads = None,
    no_store: Annotated[
        bool, typer.Option("--no-store", help="Keep the run in memory only.")
    ] = False,
    record: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Keep the ended search in a file (.json.gz), too."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Search for learning algorithms, and watch it. Ctrl-C pauses and saves.

    Limits given here (individuals, evaluations, train steps, seconds) replace those
    of the preset.
    """
    given = {
        "seed": seed,
        "individuals": individuals,
        "evaluations": evaluations,
        "train_steps": train_steps,
        "seconds": seconds,
        "fitness": fitness,
        "populations": populations,
        "name": name,
    }
    changes: dict[str, Any] = {}
    if any(given[limit] is not None for limit in LIMITS):
        changes.update(dict.fromkeys(LIMITS))
    changes.update({key: value for key, value in given.items() if value is not None})
    spec = _spec(preset).but(**changes)
    if record is not None and not record.absolute().parent.is_dir():
        raise ValueError(f"--record {record}: there is no folder {record.parent}")
    store = None if no_store else RunStore()
    experiment = workbench.Search(spec, threads=_threads(threads, spec.populations))
    follow(Runner(experiment, store), as_json)
    if record is not None:
        importlib.import_module("workbench.evolution").RecordedSearch.of(
            experiment
        ).save(record)


def _spec(preset: str) -> SearchSpec:
    if preset in workbench.PRESETS:
        return workbench.PRESETS[preset].spec
    if preset.endswith(".json"):
        return workbench.SearchSpec.from_dict(json.loads(Path(preset).read_text()))
    names = ", ".join(workbench.PRESETS)
    raise ValueError(f"no preset {preset!r}; there are {names} (or give a .json file)")


def _threads(wanted: int | None, populations: int) -> int:
    """Return as many threads as can be of use."""
    if wanted is not None and wanted < 1:
        raise ValueError(f"threads is {wanted}; accepted: 1 or more")
    return wanted or min(populations, os.cpu_count() or 1)


@app.command()
def resume(
    run: Annotated[str, typer.Argument(help="The run's id or its beginning.")],
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was paused, interrupted or failed."""
    store = RunStore()
    record = store.get(run)
    options: dict[str, Any] = {}
    if record.kind == "meta":
        importlib.import_module("workbench.selfref.training")  # registers them
    else:
        importlib.import_module("workbench.evolution")  # registers searches
        options["threads"] = _threads(threads, record.spec.get("populations", 1))
    runner = Runner.resume_run(store, record.id, **options)
    if runner.status in ("finished", "stopped"):
        raise ValueError(
            f"run {record.id} is {runner.status}; `workbench show {record.id}` shows it"
        )
    follow(runner, as_json)


@runs.callback(invoke_without_command=True)
def _list_runs(
    context: typer.Context,
    which: Annotated[
        str, typer.Option("--filter", metavar="TEXT", help=FILTER_HELP)
    ] = "",
    deleted: Annotated[
        bool, typer.Option("--deleted", help="Those that can be undeleted.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the runs, newest first; rename, tag, delete them."""
    if context.invoked_subcommand is not None:
        return
    store = RunStore()
    there = store.list(deleted=deleted)
    query = RunQuery(which)
    if query.hint:
        typer.echo(query.hint, err=True)
    records = [record for record in there if query.matches(record)]
    if as_json:
        print_json([_entry(record) for record in records])
    elif records:
        Console().print(runs_table(records))
    elif there:
        typer.echo(f"None of {len(there)} runs matches.")
    else:
        what = "deleted runs" if deleted else "runs yet"
        typer.echo(f"No {what} in {store.path.parent}.")


RunId = Annotated[str, typer.Argument(help="The run's id or its beginning.")]
RunIds = Annotated[list[str], typer.Argument(help="Ids or their beginnings.")]


def _told(records: list[RunRecord], what: str, as_json: bool) -> None:
    """Tell what was done to some runs."""
    if as_json:
        print_json([_entry(record) for record in records])
        return
    for record in records:
        typer.echo(f"{record.id}: {what.format(run=record)}")


@runs.command()
def rename(run: RunId, name: str, as_json: AsJson = False) -> None:
    """Give a run another name."""
    _told([RunStore().rename(run, name)], "{run.name}", as_json)


@runs.command()
def tag(
    run: RunId,
    add: Annotated[list[str] | None, typer.Argument(help="Tags to add.")] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", help="Tags to take away.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add tags to a run, or take them away."""
    record = RunStore().tag(run, add or (), remove or ())
    _told([record], " ".join(record.tags) or "no tags", as_json)


@runs.command()
def delete(run: RunIds, as_json: AsJson = False) -> None:
    """Delete runs; for a week, `undelete` brings them back."""
    store = RunStore()
    _told([store.delete(one) for one in run], "deleted", as_json)


@runs.command()
def undelete(run: RunIds, as_json: AsJson = False) -> None:
    """Bring deleted runs back."""
    store = RunStore()
    _told([store.undelete(one) for one in run], "back", as_json)


@runs.command()
def purge() -> None:
    """Remove deleted runs for good."""
    count = RunStore().purge()
    typer.echo(f"{count} run{'' if count == 1 else 's'} removed for good.")


def _entry(record: RunRecord) -> dict[str, Any]:
    """Return what the list of runs tells about one."""
    names = ("name", "kind", "seed", "status", "created", "updated", "seconds")
    values: dict[str, Any] = {name: getattr(record, name) for name in names}
    return {
        "run": record.id,
        **values,
        "tags": list(record.tags),
        "version": record.version,
        "deleted": record.deleted,
        record.unit: record.position,
        "total": record.total,
        "metrics": record.metrics,
    }


@app.command()
def show(
    run: Annotated[str, typer.Argument(help="The run's id or its beginning.")],
    as_json: AsJson = False,
) -> None:
    """Show a run: status, counters, scores, curve and best program."""
    store = RunStore()
    view = RunView.of_record(store, store.get(run))
    if as_json:
        print_json({**view.to_dict(), "spec": view.spec, "curve": view.curve})
    else:
        Console().print(view)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def lab(
    context: typer.Context,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Don't open a browser.")
    ] = False,
) -> None:
    """Open JupyterLab on the first notebook. Other options go to JupyterLab."""
    command = [sys.executable, "-m", "jupyterlab", *_notebook()]
    command += ["--no-browser"] * no_browser + context.args
    # Settings with which saved notebooks keep their panels.
    settings = Path(__file__).parent / "widgets" / "static" / "jupyter"
    paths = [os.environ.get("JUPYTER_CONFIG_PATH"), str(settings)]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    if os.name == "posix":
        # In place of this process, so that Ctrl-C is JupyterLab's alone.
        os.execv(command[0], command)  # noqa: S606 - this very interpreter
    raise typer.Exit(subprocess.call(command))  # noqa: S603 - the same


def _notebook() -> list[str]:
    """Return the notebook of this checkout, or a copy in the current folder."""
    package = Path(__file__).parent
    checkout = package.parent / "notebooks" / NOTEBOOK
    if checkout.exists():
        return [str(checkout)]
    installed, copy = package / "notebooks" / NOTEBOOK, Path.cwd() / NOTEBOOK
    if installed.exists() and not copy.exists():
        shutil.copyfile(installed, copy)
    return [str(copy)] if copy.exists() else []


@data.command("list")
def data_list(as_json: AsJson = False) -> None:
    """List the data sets and whether they are here."""
    library = DataLibrary()
    statuses = [library.status(name) for name in library.names()]
    if as_json:
        print_json(
            [{"name": s.name, "title": s.title, "ready": s.ready} for s in statuses]
        )
        return
    for status in statuses:
        here = "ready" if status.ready else "missing"
        typer.echo(f"{status.name:<16} {here:<8} {status.title}")


@data.command("get")
def data_get(name: str) -> None:
    """Download a data set; an interrupted download goes on where it broke off."""
    with _bars(DownloadColumn()) as tell:
        status = DataLibrary().get(name, tell)
    typer.echo(f"{status.name} is ready.")


@data.command("add")
def data_add(name: str, path: Path) -> None:
    """Take a data set from its published files, or from images in folders by class."""
    with _bars(MofNCompleteColumn()) as tell:
        status = DataLibrary().add(name, path, tell)
    if status.ready:
        typer.echo(f"{status.name} is ready.")
    else:
        typer.echo(f"{status.name} still needs {', '.join(status.missing)}.")


@data.command("path")
def data_path() -> None:
    """Print the folder of the data sets."""
    typer.echo(DataLibrary().folder)


@contextmanager
def _bars(amount: ProgressColumn) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show on the error stream how much of each file is done."""
    columns = (TextColumn("{task.description}"), BarColumn(), amount)
    bars = Progress(*columns, console=Console(stderr=True))
    tasks = {}

    def tell(what: str, done: int, total: int | None) -> None:
        bars.start()  # not before: without a bar, it would print an empty line
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done, total=total)

    try:
        yield tell
    finally:
        if tasks:
            bars.stop()


def main() -> None:
    """Run the command line."""
    app(prog_name="workbench")
