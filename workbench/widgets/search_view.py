"""What the search panel shows of a run, as JSON values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from workbench.programs.export import explain
from workbench.runs.status import ENDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.evolution import Search, SearchSpec
    from workbench.programs import Program
    from workbench.runs import Runner
    from workbench.tasks import TaskSpec

# Fitness columns travel as losses, 1 - fitness: float32 keeps those apart near 1.
FITNESS_COLUMNS = ("best", "top", "q05", "q25", "q50", "q75", "q95")
CURVE_COLUMNS: dict[str, Any] = {
    "individuals": "last",
    "evaluations": "last",
    "train_steps": "last",
    "seconds": "last",
    "best": "last",
    "top": "min",
    "q05": "max",
    "q25": "mean",
    "q50": "mean",
    "q75": "mean",
    "q95": "min",
    "failed": "max",
}
POPULATIONS_SHOWN = 64
TITLES = ("Setup", "Predict", "Learn")

_CAN: dict[str, tuple[str, ...]] = {
    "ready": ("start", "step"),
    "preparing": ("pause", "stop"),
    "running": ("pause", "step", "stop"),
    "pausing": ("stop",),
    "paused": ("resume", "step", "stop"),
    "stopping": ("stop",),
    "stopped": ("start", "step"),
    "finished": ("start", "step"),
    "failed": ("start", "step"),
}


def curve_row(point: Mapping[str, float], seconds: float) -> dict[str, float]:
    """Return a row of the curve table from a point of the search."""
    row = {name: point[name] for name in CURVE_COLUMNS if name in point}
    for name in FITNESS_COLUMNS:
        if name in row:
            row[name] = 1.0 - row[name]
    row.setdefault("seconds", seconds)
    return row


def allowed(status: str) -> dict[str, bool]:
    """Return which commands mean something in a status."""
    return dict.fromkeys(_CAN[status], True)


def may_edit(status: str) -> bool:
    """Tell whether settings are open: nothing that was made of them is under way."""
    return status in ("ready", *ENDED)


def offered(status: str) -> dict[str, bool]:
    """Return what the buttons offer: after an end, only *Start new* discards it."""
    ended = status in ENDED
    return {k: v for k, v in allowed(status).items() if not (ended and k == "step")}


def detail(status: str, runner: Runner | None, compiling: str = "") -> str:
    """Return what to add to the status in words, or nothing.

    `compiling` tells what the compiler is at, if it is.
    """
    if runner is None:
        return ""
    phase = runner.snapshot.metrics.get("phase")
    if compiling:
        return compiling
    if status == "stopping":
        return "Scoring on fresh tasks; Stop again skips it."
    if status == "running" and phase != "search":
        return "Scoring on fresh tasks."
    if status == "failed":
        return "The traceback is in panel.runner.traceback."
    if status in ("stopped", "finished") and runner.run_id:
        return f"Kept in the run store as {runner.run_id}."
    return ""


def counters(runner: Runner, spec: SearchSpec) -> dict[str, Any]:
    """Return the counters of a run, its rate and the share of its budget used."""
    metrics = runner.snapshot.metrics
    names = (
        "individuals",
        "evaluations",
        "cache_hits",
        "hurdle_stops",
        "over_budget",
        "train_steps",
        "best",
    )
    values = {name: metrics.get(name) for name in names}
    individuals = float(metrics.get("individuals", 0))
    if not individuals:
        values["best"] = None
    seconds = runner.seconds
    mean_rate = individuals / seconds if seconds > 0 else 0.0
    return {
        **values,
        "seconds": round(seconds, 1),
        "rate": round(runner.rate or mean_rate),
        **_share(spec, values, seconds),
    }


def throughput_part(search: Search) -> dict[str, Any]:
    """Return how each population stands; missing numbers are None."""
    rows = [
        {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in population._asdict().items()
        }
        for population in search.populations[:POPULATIONS_SHOWN]
    ]
    spec = search.spec
    return {
        "populations": rows,
        "of": spec.populations,
        "cache": spec.cache is not None,
        "hurdle": spec.hurdle is not None,
        "budget": spec.cost_factor is not None,
    }


def _share(
    spec: SearchSpec, values: Mapping[str, Any], seconds: float
) -> dict[str, Any]:
    """Return the budget that runs out first, and how much of it is used, 0 to 1."""
    used = {**values, "seconds": seconds}
    shares = [
        (float(used[name] or 0) / limit, limit, name)
        for name in ("individuals", "evaluations", "train_steps", "seconds")
        if (limit := getattr(spec, name))
    ]
    if not shares:
        return {"share": 0.0}
    share, limit, name = max(shares)
    return {
        "share": round(min(1.0, share), 4),
        "limit": limit,
        "unit": name.replace("_", " "),
    }


def program_parts(program: Program) -> tuple[list[dict[str, Any]], int]:
    """Return the listing, function by function, and the number of dead instructions."""
    functions = [
        {
            "name": title,
            "rows": [
                {
                    "text": str(instruction),
                    "words": explain(instruction, program.space, title.lower()),
                    "live": live,
                }
                for instruction, live in zip(instructions, flags, strict=True)
            ],
        }
        for title, instructions, flags in zip(
            TITLES, program.functions.values(), program.live, strict=True
        )
    ]
    dead = sum(not live for flags in program.live for live in flags)
    return functions, dead


def result_parts(
    spec: SearchSpec,
    search: float,
    select: float | None,
    final: float | None,
    top: float | None = None,
) -> dict[str, Any]:
    """Return the scores of the winner and what they mean; `top`: the best in search."""
    surpassed = (
        "; the best program there lost to it on fresh tasks"
        if top is not None and select is not None and top > search
        else ""
    )
    scores = [
        {
            "name": "Search",
            "fitness": search,
            "meaning": f"on the {_tasks(spec.tasks)} tasks of the search itself"
            + surpassed,
        }
    ]
    if select is not None and spec.select is not None:
        scores.append(
            {
                "name": "Select",
                "fitness": select,
                "meaning": f"on {_tasks(spec.select)} fresh tasks, by which the winner "
                "was picked among the candidates",
            }
        )
    if final is not None and spec.final is not None:
        scores.append(
            {
                "name": "Final",
                "fitness": final,
                "meaning": f"on {_tasks(spec.final)} further tasks, used for "
                "nothing else: report this one",
            }
        )
    judged = final if final is not None else select
    return {"scores": scores, "verdict": _verdict(search, judged)}


def _tasks(spec: TaskSpec) -> int:
    return int(spec.to_dict()["tasks"])


def _verdict(search: float, fresh: float | None) -> str:
    if fresh is None:
        return "The winner has not been tried on fresh tasks."
    if fresh >= 0.99:
        return "The winner learns: it does as well on tasks that it has never seen."
    if search - fresh > 0.05:
        return (
            "The winner does worse on fresh tasks than on those that chose it: it fits "
            "them more than it learns. More search tasks or a longer search may help."
        )
    return (
        "The winner does about as well on fresh tasks as in the search, and leaves "
        "room for a better one: another seed or a longer search may find it."
    )
