"""`workbench meta`: train models on episodes, and judge them on held-out classes."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from workbench.cli_common import AsJson, Group, follow, real_option, whole_option
from workbench.runs import Runner, RunStore
from workbench.selfref.meta_presets import META_TASKS, meta_preset
from workbench.selfref.spec import KINDS
from workbench.watch import print_json

if TYPE_CHECKING:
    from workbench.selfref.evaluate import Evaluation
    from workbench.selfref.trained import Trained

MINUTE = 60.0
EPISODES = 10_000
UNLIMITED = 10**9
"""Steps of a run that a time limit ends."""

meta = typer.Typer(
    cls=Group, no_args_is_help=True, help="Train models that learn within an episode."
)
Files = Annotated[
    list[str] | None,
    typer.Option("--file", metavar="PATH", help="A zip or folder with the images."),
]


@meta.command()
def train(
    kind: Annotated[str, typer.Argument(help=f"The model: {', '.join(KINDS)}.")],
    task: Annotated[str, typer.Option(help=f"{', '.join(META_TASKS)}.")] = "mnist-5k",
    file: Files = None,
    minutes: Annotated[float | None, real_option("Stop after so much time.")] = None,
    steps: Annotated[int | None, whole_option("Stop after so many steps.")] = None,
    seed: Annotated[int | None, whole_option("Other seed, other training.")] = None,
    ways: Annotated[int | None, whole_option("Classes of an episode.")] = None,
    shots: Annotated[int | None, whole_option("Examples of each class.")] = None,
    queries: Annotated[int | None, whole_option("Questions of an episode.")] = None,
    labels: Annotated[
        str | None, typer.Option(help="synchronous, or delayed by a step.")
    ] = None,
    batch: Annotated[int | None, whole_option("Episodes of a step.")] = None,
    rate: Annotated[float | None, real_option("Learning rate.")] = None,
    warmup: Annotated[int | None, whole_option("Steps of rising rate.")] = None,
    hidden: Annotated[int | None, whole_option("Width of the model.")] = None,
    layers: Annotated[int | None, whole_option("Blocks of the model.")] = None,
    heads: Annotated[int | None, whole_option("Matrices side by side.")] = None,
    query_scale: Annotated[
        float | None, real_option("How large part q begins, against the others.")
    ] = None,
    label_bias: Annotated[
        float | None, real_option("Share of unpermuted labels at the beginning.")
    ] = None,
    dense: Annotated[
        bool | None, typer.Option("--dense", help="Ask after every round of shots.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="FIELD=VALUE",
            help="Any other field of EpisodeSpec, ModelSpec or MetaSpec; repeatable.",
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="The run's name.")] = None,
    no_store: Annotated[
        bool, typer.Option("--no-store", help="Keep the run in memory only.")
    ] = False,
    save: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the trained model (.npz), too."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a model on episodes, and watch it. Ctrl-C pauses and saves."""
    given: dict[str, Any] = {
        "files": tuple(file) if file else None,
        "steps": UNLIMITED if minutes is not None and steps is None else steps,
        "seconds": None if minutes is None else minutes * MINUTE,
        "seed": seed,
        "ways": ways,
        "shots": shots,
        "queries": queries,
        "labels": labels,
        "batch": batch,
        "rate": rate,
        "warmup": warmup,
        "hidden": hidden,
        "layers": layers,
        "heads": heads,
        "query_scale": query_scale,
        "label_bias": label_bias,
        "dense": dense,
        "name": name,
    }
    chosen = {key: value for key, value in given.items() if value is not None}
    spec = meta_preset(kind, task, **{**chosen, **_read(settings or [], chosen)})
    if save is not None and not save.absolute().parent.is_dir():
        raise ValueError(f"--save {save}: there is no folder {save.parent}")
    training = importlib.import_module("workbench.selfref.training")
    experiment = training.MetaTraining(spec)
    follow(Runner(experiment, None if no_store else RunStore()), as_json)
    if save is not None:
        experiment.best.save(save)


@meta.command("eval")
def evaluate(
    model: Annotated[
        str, typer.Argument(help="A run's id or its beginning, or a trained .npz file.")
    ],
    split: Annotated[str, typer.Option(help="train, valid or test.")] = "test",
    episodes: Annotated[int | None, whole_option("How many; 10,000.")] = None,
    seed: Annotated[int | None, whole_option("Other seed, other episodes; 0.")] = None,
    file: Files = None,
    as_json: AsJson = False,
) -> None:
    """Judge the best parameters of a run on episodes of one split."""
    trained = _trained(model)
    spec = trained.spec
    if file:
        spec = spec.but(episodes=spec.episodes.but(files=tuple(file)))
    evaluating = importlib.import_module("workbench.selfref.evaluate")
    count = EPISODES if episodes is None else episodes
    found = evaluating.evaluate(spec, trained.params, split, count, seed or 0)
    if as_json:
        print_json({"model": model, "spec": spec.to_dict(), **found.to_dict()})
    else:
        Console().print(_told(found, regression=spec.episodes.regression))


def _read(settings: list[str], chosen: dict[str, Any]) -> dict[str, Any]:
    """Return what --set says: numbers, true, false and null as in JSON, or a text."""
    found: dict[str, Any] = {}
    for setting in settings:
        field, equals, text = setting.partition("=")
        if not equals or not field:
            raise ValueError(f"--set {setting}; accepted: FIELD=VALUE")
        if field in {*chosen, *found}:
            raise ValueError(f"--set {setting}: {field} is given twice; accepted: once")
        try:
            found[field] = json.loads(text)
        except ValueError:
            found[field] = text
    return found


def _trained(model: str) -> Trained:
    """Return what a file or a run holds."""
    if Path(model).suffix == ".npz":
        if not Path(model).is_file():
            raise ValueError(
                f"there is no file {model}; accepted: a file of --save, or a run's id"
            )
        module = importlib.import_module("workbench.selfref.trained")
        return module.load_trained(model)
    store = RunStore()
    record = store.get(model)
    if record.kind != "meta":
        raise ValueError(
            f"run {record.id} is a {record.kind}; accepted: runs of "
            "workbench meta train"
        )
    training = importlib.import_module("workbench.selfref.training")
    experiment = training.MetaTraining(training.MetaSpec.from_dict(record.spec))
    checkpoint = store.load_checkpoint(record.id)
    if checkpoint is not None:
        experiment.restore(checkpoint.state)
    if experiment.best is None:
        raise ValueError(f"run {record.id} has no parameters yet; let it run longer")
    return experiment.best


def _told(found: Evaluation, *, regression: bool) -> Text:
    """Return an evaluation in a few lines."""

    def number(value: float) -> str:
        return f"{value:.4g}" if regression else f"{value:.1%}"

    what = "mean squared error" if regression else "right"
    text = Text(f"{number(found.score)} {what}", style="bold")
    interval = f"  95 % interval {number(found.low)} to {number(found.high)}"
    text.append(
        f"{interval}, {found.episodes:,} episodes of {found.split}", style="dim"
    )
    unit = "points" if regression else "examples of a class"
    shots = ", ".join(
        f"{shots}: {number(score)}"
        for shots, score in zip(found.shots, found.by_shot, strict=True)
    )
    text.append(f"\nafter {unit}  {shots}", style="default")
    if found.neighbour is not None:
        nearest = f"\nnearest neighbour on the same features {number(found.neighbour)}"
        text.append(nearest, style="default")
    return text
