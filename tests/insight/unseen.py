"""Programs that were labelled, by thinking, before any detector saw them."""

from dataclasses import dataclass
from pathlib import Path

from workbench import Program, Space
from workbench.insight import CATALOGUE

_FILE = Path(__file__).with_suffix(".txt")


@dataclass(frozen=True)
class Case:
    """A program and its concepts; on those in `open` one may differ.

    `wrong` are those that the detectors had wrong when they first saw it.
    """

    name: str
    program: Program
    metric: str
    has: frozenset[str]
    open: frozenset[str]
    wrong: frozenset[str]


def read(block: str) -> Case:
    name, *lines = block.strip().splitlines()
    fields = dict(
        line.split(": ", 1) if ": " in line else (line.rstrip(":"), "")
        for line in lines
    )
    text = []
    for function in ("Setup", "Predict", "Learn"):
        text += [
            f"def {function}():",
            *(f"  {i}" for i in fields[function].split("; ")),
        ]
    has, open_, wrong = (
        frozenset(n for n in fields.get(key, "").split("; ") if n)
        for key in ("has", "open", "wrong")
    )
    assert has | open_ | wrong <= set(CATALOGUE), name
    assert not has & open_, name
    space = Space(label="vector") if fields.get("label") == "vector" else None
    program = Program.from_text("\n".join(text), space=space)
    return Case(name, program, fields.get("metric", "rmse"), has, open_, wrong)


def unseen() -> list[Case]:
    """Return the programs of `unseen.txt`."""
    blocks = _FILE.read_text().split("\n== ")[1:]
    return [read(block) for block in blocks]
