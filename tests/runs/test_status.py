from itertools import product
from pathlib import Path
from typing import get_args

from workbench.runs.status import ADVANCING, AFTER, AT_REST, ENDED, Status, after

DOCS = Path(__file__).parents[2] / "docs" / "runs.md"
COMMANDS = ("run", "step", "pause", "stop", "close")


def documented():
    """Read the table of statuses and commands from the documentation."""
    _, section = DOCS.read_text().split("## What a command does")
    lines = section.split("\n## ")[0].splitlines()
    rows = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    for names, *cells in rows[2:]:
        for name in names.split(","):
            for command, cell in zip(COMMANDS, cells, strict=True):
                yield name.strip(), command, cell.strip()


def test_the_documentation_says_what_each_command_does():
    table = list(documented())
    stated = set(get_args(Status)) - {"preparing"}
    assert {(s, c) for s, c, _ in table} == set(product(stated, COMMANDS))
    for status, command, cell in table:
        assert after(status, command) == (cell or status)


def test_an_ended_run_stays_ended():
    for status, command in product(ENDED, COMMANDS):
        assert after(status, command) == status


def test_each_status_is_known():
    known = set(get_args(Status))
    assert known >= AT_REST | ADVANCING
    assert known >= {status for status, _ in AFTER} | set(AFTER.values())
