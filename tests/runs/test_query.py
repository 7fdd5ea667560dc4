import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.runs import RunQuery
from workbench.runs.records import RunRecord

RUN = RunRecord(
    id="1rvn8abcd",
    kind="search",
    name="Two layers, long",
    spec={},
    seed=12,
    unit="individuals",
    status="finished",
    created=0.0,
    updated=0.0,
    position=0,
    total=None,
    seconds=0.0,
    metrics={},
    versions={"git": "abc1234", "numpy": "2.2"},
    error=None,
    host=None,
    pid=None,
    heartbeat=0.0,
    tags=("baseline", "Paper"),
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "layers",
        "LAYERS long",
        '"two layers"',
        "paper",
        "finished",
        "12",
        "tag:base tag:paper",
        "status:fin",
        "seed:12",
        "id:1rv",
        "kind:search",
        "version:abc",
        "-tag:other",
        "-nothing",
        'name:"layers, long"',
        "tag:",
        "-",
        '"',
    ],
)
def test_what_finds_the_run(text):
    assert RunQuery(text).matches(RUN)


@pytest.mark.parametrize(
    "text",
    ["other", "layers other", "tag:layers", "seed:1", "-tag:paper", '"layers two"'],
)
def test_what_does_not(text):
    assert not RunQuery(text).matches(RUN)


def test_what_is_not_understood_is_taken_as_a_word_and_said():
    query = RunQuery("stat:finished")
    assert "no field 'stat'" in query.hint
    assert "status" in query.hint
    assert not query.matches(RUN)
    assert query.matches(dataclasses.replace(RUN, name="a stat:finished b"))
    assert "tag:baseline" in RunQuery("tag:").hint
    assert RunQuery("status:finished").hint == ""


@given(st.text(max_size=40))
def test_nothing_typed_is_an_error(text):
    RunQuery(text).matches(RUN)
