"""Compiled code on disk: two processes may start at once, a later one compiles nothing.
Whoever compiles tells so.

Children start with a cache folder of their own, which is empty at first.
"""

import json
import os
import subprocess
import sys

import pytest

CHILD = """
import json
from numba.core import event

compiled = []

class Listener(event.Listener):
    def on_start(self, event):
        compiled.append(str(event.data["dispatcher"]))

    def on_end(self, event):
        pass

event.register("numba:compile", Listener())
from workbench.engine import evaluate
from workbench.programs import two_layer_network
from workbench.tasks import LinearTasks

result = evaluate(two_layer_network(), LinearTasks(tasks=3).make(), seed=1)
print(json.dumps([[value.hex() for value in result.task_fitness], compiled]))
"""


def start(folder):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD],
        env={**os.environ, "WORKBENCH_CACHE": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(child):
    """Return fitness, what was compiled, and the lines on the error stream."""
    out, err = child.communicate()
    assert child.returncode == 0, err
    return (*json.loads(out), err.splitlines())


def files(folder):
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob("*.nb?")
    }


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Return a cache folder, and what the two processes said that filled it at once."""
    folder = tmp_path_factory.mktemp("cache")
    return folder, [finish(child) for child in [start(folder), start(folder)]]


def test_two_processes_may_start_at_once_with_an_empty_cache(filled):
    _, ((first, compiled, _), (second, also_compiled, _)) = filled
    assert first == second
    assert compiled or also_compiled


def test_who_compiles_says_what_in_a_line_each(filled):
    _, children = filled
    told = [line for *_, lines in children for line in lines]
    assert len(told) <= 4, "not more than two lines a process"
    assert all(line.startswith("Compiling the engine") for line in told)
    assert any("blocks of 4 tasks in float64" in line for line in told)
    for _, compiled, lines in children:
        assert bool(lines) == bool(compiled)


def test_a_later_process_compiles_nothing_and_writes_nothing(filled):
    folder, ((first, *_), _) = filled
    before = files(folder)
    assert len(before) > 4
    again, compiled, told = finish(start(folder))
    assert again == first
    assert compiled == told == []
    assert files(folder) == before


def test_a_folder_that_cannot_be_written_is_named_with_the_way_out(tmp_path):
    (tmp_path / "file").write_text("")
    child = start(tmp_path / "file" / "cache")
    _, error = child.communicate()
    assert child.returncode != 0
    assert f"compiled code cannot be kept in {tmp_path / 'file' / 'cache'}" in error
    assert "WORKBENCH_CACHE names another folder" in error
