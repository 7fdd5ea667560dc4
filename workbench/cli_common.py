"""What the commands share: errors, numbers, and following a run to its end."""

from __future__ import annotations

import math
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from workbench.watch import RunView, json_lines, live, plain_lines, print_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.runs import Runner

INTERRUPTED = 130
"""Exit code of what was interrupted, as shells have it."""
TELL_SECONDS = 0.25
CLOSING_SECONDS = 60.0


class Group(TyperGroup):
    """Commands; errors that a user can mend become one message and exit code 2."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise
        except (ValueError, OSError) as error:
            if ctx.find_root().params.get("debug"):
                raise
            typer.echo(f"Error: {error}", err=True)
            raise typer.Exit(2) from None


def whole(text: str) -> int:
    """Read a whole number, which may be written as 2e6 or 2_000_000."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value != int(value):
        raise typer.BadParameter(f"{text!r} is not a whole number, such as 2000 or 2e6")
    # Digits in full may be more than a float can tell apart.
    digits = text.replace("_", "").strip()
    return int(digits) if digits.lstrip("+-").isdigit() else int(value)


def whole_option(text: str) -> Any:
    """Return an option that takes a whole number."""
    return typer.Option(parser=whole, metavar="N", help=text)


def real_option(text: str) -> Any:
    """Return an option that takes a number."""
    return typer.Option(metavar="X", help=text)


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


def follow(runner: Runner, as_json: bool) -> None:
    """Run to the end, or until Ctrl-C; tell how it goes and how it ended."""
    console = Console()
    watch = (
        json_lines(runner)
        if as_json
        else live(runner, console)
        if console.is_terminal
        else plain_lines(runner)
    )
    with _interruption() as interrupted, watch as tell:
        runner.start()
        while not runner.wait(TELL_SECONDS) and not interrupted.is_set():
            tell()
        tell()
    if interrupted.is_set():
        typer.echo("pausing ... (Ctrl-C again ends at once)", err=True)
        runner.pause()
        runner.wait(CLOSING_SECONDS)
    view = RunView.of_runner(runner)
    closed = runner.close(CLOSING_SECONDS)
    again = f"workbench resume {runner.run_id}"
    resumable = closed and runner.run_id and view.status == "paused"
    if as_json:
        print_json(
            {"type": "final", **view.to_dict(), "resume": again if resumable else None}
        )
    else:
        console.print(view)
        if resumable:
            console.print(f"Saved. Go on with: {again}", markup=False, soft_wrap=True)
    if view.status == "failed":
        raise typer.Exit(1)
    if interrupted.is_set():
        raise typer.Exit(INTERRUPTED)


@contextmanager
def _interruption() -> Iterator[threading.Event]:
    """Note the first Ctrl-C, or polite request to end; a second one ends at once."""
    asked = threading.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)

    def ask(*_: object) -> None:
        asked.set()
        for number in numbers:
            signal.signal(number, signal.default_int_handler)

    before = [signal.signal(number, ask) for number in numbers]
    try:
        yield asked
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
