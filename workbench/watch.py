"""Following a run: what there is to tell, live, line by line or as JSON."""

from __future__ import annotations

import json
import math
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.text import Text

from workbench.programs import Program, Space
from workbench.terminal import STATUS_STYLES, draw_curve, draw_program, number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from workbench.runs import Event, Runner, RunRecord, RunStore

# Metrics that have a place of their own in the view.
_PLACED = {"best", "select", "final", "phase"}
_BEST = ("text", "fitness", "individuals")


@dataclass(frozen=True, slots=True)
class RunView:
    """What there is to tell about a run; draws itself in a `rich` console.

    Attributes
    ----------
    best
        The best program and its scores, as `winner` gives them.
    rate
        Units per second; 0 for a run at rest.
    changes
        What was changed while the run was paused: position, from and to.
    lines
        Room for the program; None for all of it.
    """

    run_id: str | None
    name: str
    kind: str
    status: str
    unit: str
    position: int
    total: int | None
    seconds: float
    metrics: Mapping[str, float | int | str]
    spec: Mapping[str, Any]
    curve: Sequence[Mapping[str, float]]
    best: Mapping[str, Any] | None
    seed: int | None = None
    rate: float = 0.0
    warnings: Sequence[str] = ()
    error: str | None = None
    changes: Sequence[Mapping[str, Any]] = ()
    lines: int | None = None

    @classmethod
    def of_runner(cls, runner: Runner, lines: int | None = None) -> RunView:
        """Look at a run of this process."""
        spec = runner.experiment.spec
        snapshot = runner.snapshot
        events = runner.events
        return cls(
            run_id=runner.run_id,
            name=getattr(spec, "name", runner.experiment.kind),
            kind=runner.experiment.kind,
            status=runner.status,
            unit=runner.experiment.unit,
            position=snapshot.position,
            total=snapshot.total,
            seconds=runner.seconds,
            metrics=snapshot.metrics,
            spec=spec.to_dict(),
            curve=runner.curve,
            best=winner(events),
            seed=getattr(spec, "seed", None),
            rate=runner.rate,
            warnings=runner.warnings,
            error=runner.traceback or None,
            changes=changes(events),
            lines=lines,
        )

    @classmethod
    def of_record(cls, store: RunStore, record: RunRecord) -> RunView:
        """Look at a run in a store."""
        notes = store.notes(record.id)
        events = store.events(record.id)
        return cls(
            run_id=record.id,
            name=record.name,
            kind=record.kind,
            status=record.status,
            unit=record.unit,
            position=record.position,
            total=record.total,
            seconds=record.seconds,
            metrics=record.metrics,
            spec=record.spec,
            curve=store.curve(record.id),
            best=winner(events),
            seed=record.seed,
            warnings=[note.text for note in notes if note.kind == "warning"],
            error=record.error,
            changes=changes(events),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return what `--json` prints, but for spec and curve."""
        return {
            "run": self.run_id,
            "name": self.name,
            "kind": self.kind,
            "seed": self.seed,
            "status": self.status,
            self.unit: self.position,
            "total": self.total,
            "seconds": round(self.seconds, 3),
            "metrics": dict(self.metrics),
            "best": None if self.best is None else dict(self.best),
            "changes": [dict(change) for change in self.changes],
            "warnings": list(self.warnings),
            "error": self.error,
        }

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        yield self._headline()
        yield self._counters()
        for change in self.changes:
            where = f"changed at {change['position']:,} {self.unit}  "
            text = Text(where, style="dim")
            yield text.append("; ".join(change_texts(change)), style="default")
        if len(self.curve) > 1:
            yield Group(*draw_curve(self.curve, self.unit, options.max_width, 10))
        if self.best is not None and self.best.get("text"):
            yield self._program_title()
            yield self._program()
        for warning in self.warnings:
            yield Text(f"warning: {warning}", style="yellow")
        if self.error:
            yield Text(self.error.rstrip().rpartition("\n")[2], style="red")

    def _headline(self) -> Text:
        text = Text(self.name, style="bold")
        if self.seed is not None:
            text.append(f"  seed {self.seed}", style="dim")
        if self.run_id:
            text.append(f"  run {self.run_id}", style="dim")
        closing = self.metrics.get("phase") in ("select", "final")
        active = self.status in ("running", "stopping")
        status = "selecting" if closing and active else self.status
        text.append(f"  {status}", style=STATUS_STYLES.get(self.status, "bold"))
        return text

    def _counters(self) -> Text:
        parts = [f"{self.position:,} {self.unit}"]
        if self.total:
            parts[0] += f" of {self.total:,} ({self.position / self.total:.0%})"
        if self.rate:
            parts.append(f"{self.rate:,.0f}/s")
        parts.append(f"{self.seconds:.1f} s")
        for name, value in self.metrics.items():
            placed = name == self.unit or name in _PLACED
            if placed or isinstance(value, str) or value == 0:
                continue
            parts.append(f"{name.replace('_', ' ')} {number(value)}")
        failed = self.curve[-1].get("failed") if self.curve else None
        if failed is not None:
            parts.append(f"{failed:.0%} of the population failed")
        text = Text(" · ".join(parts))
        for name in ("best", "select", "final"):
            score = self.metrics.get(name)
            if isinstance(score, int | float) and math.isfinite(score):
                text.append(f"\n{name} ", style="dim")
                text.append(number(score), style="bold cyan")
        return text

    def _program_title(self) -> Text:
        best = self.best or {}
        at, fitness = best.get("individuals"), best.get("fitness")
        text = Text("\nBest program", style="bold")
        if at is not None:
            text.append(f"  individual {at:,}", style="dim")
        if fitness is not None:
            text.append(f"  fitness {number(fitness)} in the search", style="dim")
        return text

    def _program(self) -> Text:
        space = self.spec.get("space")
        program = Program.from_text(
            str((self.best or {})["text"]), Space.from_dict(space) if space else None
        )
        return draw_program(program, self.lines)


def winner(events: Sequence[Event]) -> dict[str, Any] | None:
    """Return the best program so far, or the one that was selected, with its scores.

    Has the keys ``text``, ``fitness`` and, where known, ``individuals``, ``select``
    and ``final``.
    """
    found: dict[str, Any] = {}
    where: dict[str, int] = {}
    for event in events:
        if event.kind == "best":
            found = {name: event.data.get(name) for name in _BEST}
            where[event.data.get("text", "")] = event.data.get("individuals", 0)
        elif event.kind in ("selected", "final"):
            found |= event.data
            found["individuals"] = where.get(event.data.get("text", ""))
    return found or None


def changes(events: Sequence[Event]) -> list[dict[str, Any]]:
    """Return what was changed while the run was paused: position, from and to."""
    return [
        {"position": event.position, **event.data}
        for event in events
        if event.kind == "changed"
    ]


def change_texts(change: Mapping[str, Any]) -> list[str]:
    """Return a change in words, one text a setting."""
    before = change["from"]
    return [
        f"{name.replace('_', ' ')} {_setting(before[name])} → {_setting(value)}"
        for name, value in change["to"].items()
    ]


def _setting(value: Any) -> str:
    if value is None:
        return "no limit"
    if isinstance(value, dict):
        weights = (f"{name} {weight:g}" for name, weight in value.items())
        return "(" + ", ".join(weights) + ")"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


@contextmanager
def live(runner: Runner, console: Console) -> Iterator[Callable[[], None]]:
    """Redraw the whole view."""
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def tell() -> None:
            room = max(5, console.size.height - 19)
            live.update(RunView.of_runner(runner, lines=room), refresh=True)

        yield tell


@contextmanager
def plain_lines(runner: Runner) -> Iterator[Callable[[], None]]:
    """Print the newest best, if it is new: for output that goes to a file."""
    told = 0

    def tell() -> None:
        nonlocal told
        events = runner.events
        bests = [event.data for event in events[told:] if event.kind == "best"]
        told = len(events)
        if bests:
            position = f"{bests[-1].get(runner.experiment.unit, 0):,}"
            typer.echo(f"{position:>14}  {bests[-1].get('fitness', math.nan):.6g}")

    yield tell


@contextmanager
def json_lines(runner: Runner) -> Iterator[Callable[[], None]]:
    """Print new bests and changes, and progress at most once a second."""
    told, second = 0, -1
    print_json(
        {
            "type": "start",
            "run": runner.run_id,
            "spec": runner.experiment.spec.to_dict(),
        }
    )

    def tell() -> None:
        nonlocal told, second
        events = runner.events
        for event in events[told:]:
            if event.kind == "best":
                print_json({"type": "best", **event.data})
            elif event.kind == "changed":
                print_json(
                    {"type": "changed", "position": event.position, **event.data}
                )
        told = len(events)
        if int(runner.seconds) != second:
            second = int(runner.seconds)
            snapshot = runner.snapshot
            print_json(
                {
                    "type": "progress",
                    "status": runner.status,
                    runner.experiment.unit: snapshot.position,
                    "total": snapshot.total,
                    "rate": round(runner.rate, 1),
                    "seconds": round(runner.seconds, 3),
                    "metrics": snapshot.metrics,
                }
            )

    yield tell


def print_json(value: Any) -> None:
    """Print a value on one line; what JSON has no number for becomes null."""
    typer.echo(json.dumps(_plain(value), ensure_ascii=False, allow_nan=False))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
