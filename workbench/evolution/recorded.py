"""A search that has ended, kept in one small file: for teaching, and to be shown again.

The file is JSON under gzip: no code in it, readable without this package. Programs of
a lineage share most of their instructions, so each instruction stands there once.
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.evolution.curve import CURVE_COLUMNS, LATER
from workbench.evolution.island import Ancestor
from workbench.evolution.spec import SearchSpec, room_for
from workbench.programs import FUNCTIONS, Program
from workbench.programs.space import MAX_LENGTH
from workbench.runs import Event
from workbench.runs.shipped import shipped_folders

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from workbench.evolution.search import Search
    from workbench.programs import Instruction, Space

FORMAT = "workbench recorded search"
VERSION = 1
SUFFIX = ".json.gz"
FOLDERS = shipped_folders("recorded")


@dataclass(frozen=True, eq=False)
class RecordedSearch:
    """What a search told, under the names that `Search` has for it.

    Attributes
    ----------
    spec
        What was searched and how. Equal specs repeat the search.
    curve
        A table with the columns `CURVE_COLUMNS`.
    events
        All events, as `RunStore.events` gives them.
    lineage
        The ancestry of the winner, first ancestor first.
    metrics
        Counters and scores at the end.
    """

    spec: SearchSpec
    curve: pd.DataFrame
    events: tuple[Event, ...]
    lineage: tuple[Ancestor, ...]
    metrics: dict[str, float | int | str]

    def __repr__(self) -> str:
        name, seed, count = self.spec.name, self.spec.seed, len(self.lineage)
        return f"<RecordedSearch {name!r} seed {seed}: a lineage of {count} programs>"

    @classmethod
    def of(cls, search: Search) -> RecordedSearch:
        """Take what is worth keeping of a search that has ended.

        Raises
        ------
        ValueError
            While it can still go on.
        """
        if search.phase != "done":
            raise ValueError(f"the search is at {search.phase!r}; accepted: 'done'")
        return cls(
            spec=search.spec,
            curve=search.curve,
            events=tuple(search.runner.events),
            lineage=search.lineage,
            metrics=search.snapshot().metrics,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file; equal recordings give equal bytes."""
        table: dict[Instruction, int] = {}
        lineage = [
            {
                **kin._asdict(),
                "program": [
                    [table.setdefault(i, len(table)) for i in part]
                    for part in kin.program.functions.values()
                ],
            }
            for kin in self.lineage
        ]
        content = {
            "format": FORMAT,
            "version": VERSION,
            "spec": self.spec.to_dict(),
            "metrics": self.metrics,
            "curve": {
                name: _values(self.curve[name])
                for name in CURVE_COLUMNS
                if name not in LATER or self.curve[name].notna().any()
            },
            "events": [asdict(event) for event in self.events],
            "instructions": [str(instruction) for instruction in table],
            "lineage": lineage,
        }
        text = json.dumps(content, separators=(",", ":"))
        Path(path).write_bytes(gzip.compress(text.encode(), 9, mtime=0))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> RecordedSearch:
        """Read what `save` wrote.

        Raises
        ------
        OSError
            When there is no such file, or it can't be read.
        ValueError
            Naming the file and what is wrong with it.
        """
        data = Path(path).read_bytes()
        try:
            content = json.loads(gzip.decompress(data))
        except (OSError, EOFError, zlib.error, ValueError) as error:
            raise ValueError(f"{path} is no gzip file of JSON: {error}") from error
        form = content.get("format") if isinstance(content, dict) else None
        if form != FORMAT:
            raise ValueError(f"{path} has the format {form!r}; accepted: {FORMAT!r}")
        if content.get("version") != VERSION:
            raise ValueError(
                f"{path} has the version {content.get('version')!r} of its format;"
                f" accepted: {VERSION}"
            )
        try:
            return cls._read(content)
        except KeyError as error:
            raise ValueError(f"{path} lacks {error}") from error
        except (TypeError, ValueError, IndexError) as error:
            raise ValueError(f"{path} is damaged: {error}") from error

    @classmethod
    def _read(cls, content: Mapping[str, Any]) -> RecordedSearch:
        spec = SearchSpec.from_dict(content["spec"])
        table = _instructions(content["instructions"])
        room = room_for(spec)
        return cls(
            spec=spec,
            curve=_curve(content["curve"]),
            events=tuple(Event(**event) for event in content["events"]),
            lineage=tuple(_ancestor(kin, table, room) for kin in content["lineage"]),
            metrics=dict(content["metrics"]),
        )


def _values(column: pd.Series) -> list[float | None]:
    """Return the values of a column; None, which JSON has, for NaN."""
    return [None if math.isnan(value) else value for value in column.tolist()]


def _curve(columns: Mapping[str, Sequence[float]]) -> pd.DataFrame:
    """Read a curve, maybe of a release that had fewer columns."""
    there = [name for name in CURVE_COLUMNS if name in columns or name not in LATER]
    curve = pd.DataFrame({name: columns[name] for name in there})
    return curve.reindex(columns=list(CURVE_COLUMNS))


def _instructions(texts: Sequence[str]) -> list[Instruction]:
    """Read instructions, as many at a time as a function may have."""
    found: list[Instruction] = []
    for start in range(0, len(texts), MAX_LENGTH):
        lines = "\n".join(texts[start : start + MAX_LENGTH])
        found += Program.from_text(f"def Learn():\n{lines}").learn
    return found


def _ancestor(
    kin: Mapping[str, Any], table: Sequence[Instruction], space: Space
) -> Ancestor:
    parts = {
        name: tuple(table[number] for number in numbers)
        for name, numbers in zip(FUNCTIONS, kin["program"], strict=True)
    }
    return Ancestor(**{**kin, "program": Program(**parts, space=space)})


def recorded_names() -> list[str]:
    """Return the names of the recorded searches that ship with the workbench."""
    files = {file for folder in FOLDERS for file in folder.glob(f"*{SUFFIX}")}
    return sorted({file.name.removesuffix(SUFFIX) for file in files})


def load_recorded(name: str | os.PathLike[str]) -> RecordedSearch:
    """Load a recorded search by its name, or from a file.

    Parameters
    ----------
    name
        One of `recorded_names()`, or the path of a file.

    Raises
    ------
    ValueError
        When there is neither, or the file is no recorded search.
    """
    for folder in FOLDERS:
        shipped = folder / f"{name}{SUFFIX}"
        if shipped.is_file():
            return RecordedSearch.load(shipped)
    if Path(name).is_file():
        return RecordedSearch.load(name)
    names = ", ".join(map(repr, recorded_names())) or "none is here"
    raise ValueError(f"name is {str(name)!r}; accepted: {names}, or an existing file")
