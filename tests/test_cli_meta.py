import json

import pytest
from typer.testing import CliRunner

from workbench.cli import app
from workbench.runs import Runner, RunStore
from workbench.selfref.meta_spec import MetaSpec
from workbench.selfref.training import MetaTraining

TINY = (
    "meta", "train", "fake-sr", "--task", "sinusoid", "--shots", "3", "--queries", "2",
    "--steps", "60", "--batch", "4", "--hidden", "4", "--heads", "1", "--layers", "1",
)  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def folders(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("meta")
        patch.setenv("WORKBENCH_RUNS", str(folder / "runs"))
        patch.setenv("WORKBENCH_DATA", str(folder / "data"))
        yield folder


def call(*arguments, code=0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    return result


def lines(*arguments):
    return [json.loads(line) for line in call(*arguments).stdout.splitlines()]


def refusal(*arguments):
    result = call(*arguments, code=2)
    assert "Traceback" not in result.output
    assert result.stdout == ""
    return result.stderr


@pytest.fixture(scope="module")
def told(folders):
    return lines(*TINY, "--save", folders / "model.npz", "--json")


def test_a_training_prints_json_lines_and_is_kept(told):
    first, *between, last = told
    assert first["type"] == "start"
    assert first["spec"]["model"]["kind"] == "fake-sr"
    assert {line["type"] for line in between} == {"progress", "best"}
    assert (last["status"], last["steps"], last["total"]) == ("finished", 60, 60)
    assert last["metrics"]["final"] > 0
    record = RunStore().get(last["run"])
    assert (record.kind, record.name) == ("meta", "fake-sr sinusoid")
    shown = lines("show", last["run"], "--json")[0]
    assert [point["steps"] for point in shown["curve"]] == [50, 60]
    assert "60 steps of 60 (100%)" in call("show", last["run"]).stdout


def test_its_best_parameters_are_judged_from_the_run_or_the_file(told, folders):
    run = told[-1]["run"]
    (of_run,) = lines("meta", "eval", run, "--episodes", "50", "--json")
    (of_file,) = lines(
        "meta", "eval", folders / "model.npz", "--episodes", "50", "--json"
    )
    assert {**of_run, "model": ""} == {**of_file, "model": ""}
    assert of_run["low"] < of_run["score"] < of_run["high"]
    output = call("meta", "eval", run, "--episodes", "50").stdout
    assert "mean squared error" in output
    assert "50 episodes of test" in output


def test_a_time_limit_ends_a_training():
    last = lines(*TINY, "--minutes", "1e-6", "--no-store", "--json")[-1]
    assert last["status"] == "finished"
    assert last["steps"] < 60


def test_a_paused_training_goes_on_to_the_same_end(told):
    first, *_, whole = told
    runner = Runner(MetaTraining(MetaSpec.from_dict(first["spec"])), RunStore())
    runner.step(20)
    assert runner.wait(300)
    assert runner.close()
    last = lines("resume", runner.run_id, "--json")[-1]
    assert (last["status"], last["metrics"]) == ("finished", whole["metrics"])


def test_what_can_not_be_is_refused(told):
    assert "no task 'mnits'; accepted: mnist-5k" in refusal(
        "meta", "train", "srwm", "--task", "mnits"
    )
    assert "ModelSpec.kind is 'srmw'; accepted: 'srwm'" in refusal(
        "meta", "train", "srmw"
    )
    assert "EpisodeSpec.ways is 1" in refusal("meta", "train", "srwm", "--ways", "1")
    assert "there is no folder" in refusal(*TINY, "--save", "/nowhere/model.npz")
    assert "there is no file gone.npz; acc" in refusal("meta", "eval", "gone.npz")
    assert "no setting 'sigments'; accepted: batch, blends, clip" in refusal(
        *TINY, "--set", "sigments=2"
    )
    assert "accepted: FIELD=VALUE" in refusal(*TINY, "--set", "segments")
    assert "shots is given twice" in refusal(*TINY, "--set", "shots=4")
    assert "ModelSpec.input_softmax is 'yes'" in refusal(
        *TINY, "--set", "input_softmax=yes"
    )
    assert "split is 'dev'" in refusal(
        "meta", "eval", told[-1]["run"], "--split", "dev"
    )


def test_any_field_can_be_set():
    settings = ("--set", "segments=2", "--set", "read=after", "--set", "rates=1")
    first, *_, last = lines(*TINY, *settings, "--no-store", "--json")
    assert first["spec"]["episodes"]["segments"] == 2
    assert first["spec"]["model"]["read"] == "after"
    assert last["status"] == "finished"


def test_missing_data_end_a_training_with_what_to_do():
    result = call("meta", "train", "lstm", "--task", "omniglot", "--no-store", code=1)
    assert "omniglot is not on this computer" in result.stdout
