import json
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import workbench
from workbench.cli import PRESET_NAMES, app
from workbench.cli_common import whole
from workbench.programs import Program, linear
from workbench.runs import Event, RunStore
from workbench.terminal import draw_curve, draw_program

SMALL = ("search", "linear", "--seed", "1", "--individuals", "3e3")


@pytest.fixture(autouse=True)
def folders(monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("WORKBENCH_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "100")


def call(*arguments, code=0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def lines(*arguments, code=0):
    return [
        json.loads(line) for line in call(*arguments, code=code).stdout.splitlines()
    ]


def refusal(*arguments):
    result = call(*arguments, code=2)
    assert "Traceback" not in result.output
    assert result.stdout == ""
    return result.stderr


def stored():
    """A run in the store, as a search that was paused leaves it."""
    store = RunStore()
    program = Program.from_text(f"{linear()}\n  s3 = s2 + s2")
    run_id = store.create(
        "search", {}, name="linear", seed=7, unit="individuals", total=5000
    )
    best = {"fitness": 0.75, "individuals": 900, "text": str(program)}
    points = [
        {"individuals": n, "best": 1 - 1 / (n + 1), "mean": float("nan")}
        for n in range(0, 1000, 100)
    ]
    store.append(run_id, points, [Event("best", 900, best)])
    store.update(
        run_id,
        status="paused",
        position=1000,
        seconds=2.5,
        metrics={"best": 0.75, "mean": float("nan"), "cache_hits": 12345},
    )
    return run_id


def test_the_version_is_printed():
    assert call("--version").stdout == f"workbench {workbench.__version__}\n"


def test_the_command_is_installed():
    command = [sys.executable, "-m", "workbench", "--version"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert output == f"workbench {workbench.__version__}\n"


@pytest.mark.parametrize(
    ("text", "number"),
    [("2e6", 2_000_000), ("12", 12), ("1_000", 1000), (str(2**62 + 1), 2**62 + 1)],
)
def test_whole_numbers_may_be_written_short(text, number):
    assert whole(text) == number


@pytest.mark.parametrize("text", ["two", "2.5", "inf", "nan", ""])
def test_other_numbers_are_refused(text):
    message = refusal("search", "linear", "--individuals", text)
    assert "--individuals" in message
    assert "not a whole number" in message


def test_an_unknown_preset_is_refused_with_those_there_are():
    message = refusal("search", "liner")
    assert message.startswith("Error: no preset 'liner'")
    assert "linear, demo" in message
    assert len(message.splitlines()) == 1


def test_an_impossible_spec_is_refused_by_field_and_value():
    assert "population" in refusal("search", "linear", "--populations", "0")
    assert "seed is -1" in refusal("search", "linear", "--seed", "-1")
    assert "threads is 0" in refusal("search", "linear", "--threads", "0")


def test_the_help_names_the_presets():
    assert tuple(workbench.PRESETS) == PRESET_NAMES
    assert "digits" in call("search", "--help").output


def test_debug_shows_the_traceback():
    result = CliRunner().invoke(app, ["--debug", "search", "liner"])
    assert isinstance(result.exception, ValueError)


def test_a_search_prints_json_lines_and_nothing_else():
    first, *between, last = lines(*SMALL, "--json")
    assert first["type"] == "start"
    assert first["spec"]["seed"] == 1
    assert {line["type"] for line in between} == {"progress", "best"}
    assert last["type"] == "final"
    assert last["status"] == "finished"
    assert last["individuals"] == last["total"] == 3000
    assert last["run"] == first["run"]
    bests = [line for line in between if line["type"] == "best"]
    assert bests == sorted(bests, key=lambda best: best["fitness"])
    assert last["metrics"]["best"] == bests[-1]["fitness"]
    assert last["best"]["text"] in {best["text"] for best in bests}
    for score in ("select", "final"):
        assert last["best"][score] == last["metrics"][score]
    Program.from_text(last["best"]["text"])


def test_the_same_seed_gives_the_same_search():
    def result(*more):
        last = lines(*SMALL, "--no-store", "--json", *more)[-1]
        return last["best"], last["metrics"]

    assert result() == result()
    assert result("--populations", "2") == result(
        "--populations", "2", "--threads", "1"
    )
    assert RunStore().list() == []


def test_an_ended_search_is_kept_in_a_file(tmp_path):
    file = tmp_path / "linear.json.gz"
    last = lines(*SMALL, "--no-store", "--json", "--record", file)[-1]
    kept = workbench.evolution.load_recorded(file)
    assert kept.metrics == last["metrics"]
    assert str(kept.lineage[-1].program) == last["best"]["text"]
    nowhere = tmp_path / "nowhere" / "linear.json.gz"
    assert "there is no folder" in refusal(*SMALL, "--record", nowhere)


def test_a_search_prints_its_result_for_people():
    result = call(*SMALL, "--name", "mine")
    assert "mine" in result.stdout
    assert "3,000 individuals of 3,000 (100%)" in result.stdout
    assert "finished" in result.stdout
    assert "def Predict():" in result.stdout
    assert "\x1b" not in result.stdout


def test_in_a_terminal_the_view_is_drawn_and_removed_again(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    output = call(*SMALL).stdout
    erase_line, hide, show_again = "\x1b[2K", "\x1b[?25l", "\x1b[?25h"
    assert hide in output
    last_view = output.rpartition(show_again)[2]
    assert erase_line in output
    assert last_view.count("3,000 individuals of 3,000") == 1
    assert "def Learn():" in last_view


def test_a_spec_from_a_file_repeats_a_search(tmp_path):
    last = lines(*SMALL, "--json")[-1]
    spec = lines("show", last["run"], "--json")[0]["spec"]
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(spec))
    again = lines("search", path, "--json")[-1]
    assert again["best"] == last["best"]
    assert again["run"] != last["run"]


def test_a_changed_run_says_so_goes_on_and_can_be_repeated(tmp_path):
    spec = workbench.PRESETS["linear"].spec.but(seed=1, individuals=3000)
    search = workbench.Search(spec, store=RunStore())
    search.step(1000)
    assert search.runner.wait(300)
    search.change(mutation_probability=0.5, individuals=2000)
    assert search.runner.close()
    run_id = search.runner.run_id
    output = call("show", run_id).stdout
    assert "1,000 individuals of 2,000 (50%)" in output
    assert "changed at 1,000 individuals" in output
    assert "mutation probability 0.9 → 0.5; individuals 3,000 → 2,000" in output
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(lines("show", run_id, "--json")[0]["spec"]))
    last = lines("resume", run_id, "--json")[-1]
    assert (last["status"], last["individuals"]) == ("finished", 2000)
    assert [change["position"] for change in last["changes"]] == [1000]
    *between, again = lines("search", path, "--json")
    assert "changed" in {line["type"] for line in between}
    for key in ("best", "changes", "metrics", "total"):
        assert again[key] == last[key]


def test_limits_given_replace_those_of_the_preset():
    first = lines("search", "demo", "--individuals", "1500", "--json")[0]
    assert first["spec"]["individuals"] == 1500
    assert first["spec"]["train_steps"] is None


def test_runs_are_listed():
    assert "No runs yet" in call("runs").stdout
    assert lines("runs", "--json") == [[]]
    run_id = stored()
    output = call("runs").stdout
    assert run_id in output
    assert "1,000 (20%)" in output
    assert "paused" in output
    (entry,) = lines("runs", "--json")[0]
    assert entry["run"] == run_id
    assert entry["seed"] == 7
    assert entry["individuals"] == 1000
    assert entry["metrics"]["mean"] is None


def test_a_run_is_shown():
    run_id = stored()
    output = call("show", run_id[:6]).stdout
    assert "seed 7" in output
    assert "1,000 individuals of 5,000 (20%)" in output
    assert "cache hits 12,345" in output
    assert "individual 900  fitness 0.75" in output
    assert str(linear()) in output
    (shown,) = lines("show", run_id, "--json")
    assert shown["best"]["fitness"] == 0.75
    assert len(shown["curve"]) == 10
    assert shown["curve"][0]["mean"] is None


@pytest.mark.parametrize("command", ["show", "resume"])
def test_an_unknown_run_is_refused(command):
    assert "no run 'nix'" in refusal(command, "nix")


def test_a_finished_run_is_not_resumed():
    run_id = lines(*SMALL, "--json")[-1]["run"]
    assert "finished" in refusal("resume", run_id)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_saves_and_goes_on_to_the_same_end(number):
    command = [sys.executable, "-m", "workbench", "search", "demo", "--seed", "3"]
    # Seconds of work, so that the signal comes before the end.
    command += ["--individuals", "6e5"]
    process = subprocess.Popen(
        [*command, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        deadline, tick = time.monotonic() + 300, threading.Event()
        while not ((runs := RunStore().list()) and runs[0].status == "running"):
            assert process.poll() is None
            assert time.monotonic() < deadline
            tick.wait(0.01)
        process.send_signal(number)
        output, _ = process.communicate(timeout=300)
    finally:
        process.kill()
        process.wait()
    last = json.loads(output.splitlines()[-1])
    assert last["status"] == "paused"
    assert process.returncode == 130
    assert last["individuals"] < 600_000
    assert last["resume"] == f"workbench resume {last['run']}"
    assert RunStore().get(last["run"]).status == "paused"
    last = lines("resume", last["run"], "--json")[-1]
    assert last["status"] == "finished"
    whole_run = lines(*command[3:], "--no-store", "--json")[-1]
    assert last["best"] == whole_run["best"]
    assert last["metrics"] == whole_run["metrics"]


def test_data_sets_are_listed():
    assert "cifar10" in call("data", "list").stdout
    (sets,) = lines("data", "list", "--json")
    ready = {entry["name"]: entry["ready"] for entry in sets}
    assert ready["digits"]
    assert not ready["mnist"]


def test_images_by_class_become_a_data_set(tmp_path):
    rng = np.random.default_rng(0)
    for split in ("train", "test"):
        for name in ("cats", "dogs"):
            folder = tmp_path / "images" / split / name
            folder.mkdir(parents=True)
            for i in range(3):
                pixels = rng.integers(0, 256, (4, 4), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / f"{i}.png")
    result = call("data", "add", "pets", tmp_path / "images")
    assert result.stdout == "pets is ready.\n"
    assert "12/12" in result.stderr  # images, not bytes
    assert "pets             ready" in call("data", "list").stdout
    assert call("data", "path").stdout.strip() == str(tmp_path / "data")


def test_data_that_is_not_there_is_an_error():
    assert "no file or folder" in refusal("data", "add", "pets", "/nowhere")
    assert refusal("data", "get", "nothing-known").startswith("Error: ")


def test_lab_passes_options_on_to_jupyterlab():
    command = [sys.executable, "-m", "workbench", "lab", "--no-browser", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip()[0].isdigit()


def test_dead_instructions_are_dimmed():
    program = Program.from_text(f"{linear()}\n  s3 = s2 + s2")
    listing = draw_program(program)
    assert listing.plain == str(program)
    dim = [listing.plain[s.start : s.end] for s in listing.spans if s.style == "dim"]
    assert dim == ["  s3 = s2 + s2"]
    assert draw_program(program, 3).plain.count("\n") == 2


def test_a_curve_shows_its_ends_and_rises():
    points = [{"steps": n, "best": n / 100} for n in range(101)]
    drawn = [line.plain for line in draw_curve(points, "steps", 60, 8)]
    assert len(drawn) == 9
    assert drawn[0].startswith("1 ")
    assert drawn[7].startswith("0 ")
    assert drawn[8].rstrip().endswith("100 steps")
    assert max(len(line) for line in drawn) <= 60
    starts = [len(line) - len(line[2:].lstrip()) for line in drawn[:8]]
    assert starts == sorted(starts, reverse=True)


def test_a_curve_survives_odd_values():
    nan, inf = float("nan"), float("inf")
    assert draw_curve([{"best": nan}, {"best": inf}], "steps", 60, 8) == []
    flat = [{"steps": 0, "other": 1.0}, {"steps": 0, "other": 1.0}]
    assert len(draw_curve(flat, "steps", 60, 8)) == 9
    assert len(draw_curve([{"best": 1.0}, {"best": nan}], "steps", 5, 4)) == 5


def test_runs_are_named_tagged_deleted_and_found():
    first, second = stored(), stored()
    assert "the best" in call("runs", "rename", first, "the best").stdout
    (tagged,) = lines("runs", "tag", first, "a", "b", "--remove", "c", "--json")[0]
    assert tagged["tags"] == ["a", "b"]
    assert "a b" in call("runs").stdout
    assert [r["run"] for r in lines("runs", "--filter", "tag:a", "--json")[0]] == [
        first
    ]
    assert "None of 2 runs" in call("runs", "--filter", "tag:z").stdout
    assert "deleted" in call("runs", "delete", first).stdout
    assert [r["run"] for r in lines("runs", "--json")[0]] == [second]
    assert [r["run"] for r in lines("runs", "--deleted", "--json")[0]] == [first]
    call("runs", "undelete", first)
    assert lines("runs", "--filter", "best", "--json")[0][0]["name"] == "the best"
    call("runs", "delete", first, second)
    assert "2 runs removed" in call("runs", "purge").stdout
    assert "No deleted runs" in call("runs", "--deleted").stdout
    assert "tag is 'a,b'" in refusal("runs", "tag", stored(), "a,b")
