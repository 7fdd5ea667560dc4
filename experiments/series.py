"""A series of runs: each finished run is a line of a file, and none is made twice."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data" / "experiments"
DOCS = ROOT / "docs" / "experiments"

Line = dict[str, Any]
Key = tuple[str | int, ...]


def seed_of(*key: str | int) -> int:
    """Return a seed, 0 to 2**62, that another key does not share."""
    digest = hashlib.sha256(json.dumps(key).encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 2


class Series:
    """The lines of a file, each under the values of some of its fields.

    Parameters
    ----------
    path
        The file; it need not be there yet.
    fields
        The fields that tell runs apart.
    """

    def __init__(self, path: Path, fields: tuple[str, ...]) -> None:
        self.path = path
        self.fields = fields
        self._lines: dict[Key, Line] = {}
        for text in path.read_text().splitlines() if path.exists() else []:
            line = json.loads(text)
            self._lines[self._key(line)] = line

    def _key(self, line: Line) -> Key:
        missing = [name for name in self.fields if name not in line]
        if missing:
            raise ValueError(
                f"{self.path} holds a line without {', '.join(missing)}; accepted:"
                f" lines with {', '.join(self.fields)}"
            )
        return tuple(line[name] for name in self.fields)

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, key: Key) -> bool:
        return key in self._lines

    def lines(self, **values: str | int) -> list[Line]:
        """Return the lines whose fields have these values, in the order of keys."""
        ordered = [self._lines[key] for key in sorted(self._lines)]
        return [
            line
            for line in ordered
            if all(line[name] == value for name, value in values.items())
        ]

    def require(self, **values: str | int) -> None:
        """Refuse to go on without lines whose fields have these values.

        Raises
        ------
        ValueError
            When there are none; the message says what there is.
        """
        if not self.lines(**values):
            wanted, there = (
                " or ".join(sorted({_named(line, values) for line in lines}))
                for lines in ([values], self.lines())
            )
            raise ValueError(
                f"{self.path} has no line of {wanted}; accepted: {there or 'none yet'}"
            )

    def add(self, line: Line) -> None:
        """Keep a finished run; a reader, or a kill, never finds half a line."""
        self._lines[self._key(line)] = line
        self._write()

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = self.path.with_suffix(".new")
        new.write_text("".join(json.dumps(entry) + "\n" for entry in self.lines()))
        new.replace(self.path)

    def revise(self, revised: Callable[[Line], Line]) -> int:
        """Put what `revised` makes of each line in its place; count what differs."""
        before = self._lines
        self._lines = {key: revised(line) for key, line in before.items()}
        self._write()
        return sum(self._lines[key] != line for key, line in before.items())

    def fill(
        self,
        keys: Iterable[Key],
        run: Callable[..., Line],
        tell: Callable[[str], None],
    ) -> None:
        """Make the runs that are missing: `run(*key)` returns the other fields."""
        for key in keys:
            if key not in self:
                found = run(*key)
                self.add({**dict(zip(self.fields, key, strict=True)), **found})
                tell(" ".join(f"{k}={v}" for k, v in _told(self._lines[key])))


def _named(line: Line, fields: Iterable[str]) -> str:
    return ", ".join(f"{name} {line[name]}" for name in fields)


def _told(line: Line) -> list[tuple[str, Any]]:
    """Return what fits on a terminal's line: no texts of programs, no lists."""
    return [
        (name, f"{value:.4g}" if isinstance(value, float) else value)
        for name, value in line.items()
        if not isinstance(value, list | dict) and "\n" not in str(value)
    ]


def parse(
    name: str,
    doc: str | None,
    runs: int,
    budget: int,
    arguments: Sequence[str] | None,
    unit: str = "individuals",
    more: Mapping[str, tuple[int, str]] | None = None,
    *,
    named: bool = False,
) -> argparse.Namespace:
    """Read the command line that all series share.

    Parameters
    ----------
    name, doc
        Of the experiment; the file of its lines bears the name.
    runs, budget
        What it takes by default.
    arguments
        The words after the command; None: those of this process.
    unit
        What the budget counts.
    more
        Further numbers: default and help by name.
    named
        Whether its lines name concepts, which can be counted again.
    """
    parser = argparse.ArgumentParser(prog=f"python -m experiments.{name}")
    parser.description = doc
    parser.add_argument(
        "--runs", type=int, default=runs, help="of each arm; seeds 1, 2, ..."
    )
    parser.add_argument("--budget", type=int, default=budget, help=f"{unit} of a run")
    for field, (value, told) in (more or {}).items():
        parser.add_argument(f"--{field}", type=int, default=value, help=told)
    parser.add_argument(
        "--report",
        action="store_true",
        help="run nothing, write the page from the lines of this budget",
    )
    if named:
        parser.add_argument(
            "--recount",
            action="store_true",
            help="run nothing, name the concepts of all recorded programs anew",
        )
    parser.add_argument("--file", type=Path, default=DATA / f"{name}.jsonl")
    parser.add_argument(
        "--page", type=Path, default=DOCS / f"{name}.md", help="where the report goes"
    )
    parser.add_argument(
        "--checkpoints",
        type=Path,
        default=Path(platformdirs.user_cache_dir("tain-workbench", False))
        / "experiments",
        help="where a long run that was interrupted goes on from",
    )
    options = parser.parse_args(arguments)
    for field in ("runs", "budget", *(more or {})):
        if getattr(options, field) < 1:
            parser.error(f"--{field} is {getattr(options, field)}; accepted: 1 or more")
    return options


def teller() -> Callable[[str], None]:
    """Return what prints a line, in plain text."""
    console = Console(highlight=False, soft_wrap=True)
    return lambda text: console.print(text, markup=False)
