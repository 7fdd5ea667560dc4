import gzip
import json

import pytest

from tests.evolution.small import EVERY_MUTATION, FREE, small
from workbench.engine import evaluate
from workbench.evolution import (
    RecordedSearch,
    Search,
    load_recorded,
    recorded_names,
)
from workbench.insight import FamilyTree, steps


@pytest.fixture(scope="module")
def ended():
    spec = small(space=FREE, mutations=EVERY_MUTATION, seed=3)
    return Search(spec, threads=1).run()


@pytest.fixture
def file(ended, tmp_path):
    path = tmp_path / "small.json.gz"
    RecordedSearch.of(ended).save(path)
    return path


def test_a_recorded_search_is_read_as_it_was(ended, file):
    read = load_recorded(file)
    assert read.spec == ended.spec
    assert read.lineage == ended.lineage
    assert [kin.program.space for kin in read.lineage] == [
        kin.program.space for kin in ended.lineage
    ]
    assert list(read.events) == ended.runner.events
    assert read.curve.equals(ended.curve)
    assert read.metrics["best"] == max(ended.curve["best"])
    again = file.with_name("again.json.gz")
    read.save(again)
    assert again.read_bytes() == file.read_bytes()


def test_a_file_of_an_earlier_release_lacks_what_it_did_not_record(ended, file):
    content = json.loads(gzip.decompress(file.read_bytes()))
    del content["curve"]["failed"]
    old = file.with_name("old.json.gz")
    read = load_recorded(written(old, content))
    assert read.curve["failed"].isna().all()
    assert read.curve.drop(columns="failed").equals(ended.curve.drop(columns="failed"))
    again = file.with_name("again.json.gz")
    read.save(again)
    assert json.loads(gzip.decompress(again.read_bytes())) == content


def test_only_what_has_ended_is_recorded():
    with pytest.raises(ValueError, match="the search is at 'search'; accepted: 'done'"):
        RecordedSearch.of(Search(small()))


def written(path, content):
    path.write_bytes(gzip.compress(json.dumps(content).encode()))
    return path


def test_a_bad_file_is_refused_with_its_name(file):
    content = json.loads(gzip.decompress(file.read_bytes()))
    bad = file.with_name("bad.json.gz")
    bad.write_bytes(b"no gzip")
    with pytest.raises(ValueError, match=r"bad\.json\.gz is no gzip file of JSON"):
        load_recorded(bad)
    bad.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(ValueError, match=r"bad\.json\.gz is no gzip file of JSON"):
        load_recorded(bad)
    for changes, words in [
        ({"format": "other"}, "has the format 'other'; accepted"),
        ({"version": 2}, "has the version 2 of its format; accepted: 1"),
        ({"spec": {}}, "is damaged: a search needs the field 'space'"),
        ({"instructions": ["s2 = magic(s3)"]}, "is damaged: .*magic"),
        ({"instructions": []}, "is damaged"),
        ({"lineage": [{"program": [[], []]}]}, "is damaged"),
        ({"events": [{"kind": "best"}]}, "is damaged"),
    ]:
        with pytest.raises(ValueError, match=words):
            load_recorded(written(bad, {**content, **changes}))
    del content["curve"]
    with pytest.raises(ValueError, match="lacks 'curve'"):
        load_recorded(written(bad, content))


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="name is 'nothing'; accepted: 'demo'"):
        load_recorded("nothing")


def test_what_ships_is_true():
    assert recorded_names() == ["demo"]
    demo = load_recorded("demo")
    last = demo.lineage[-1]
    tasks = demo.spec.task_spec("tasks").make()
    assert evaluate(last.program, tasks).fitness == last.fitness
    assert last.fitness > 0.9999
    assert len(steps(demo.lineage)) > 50
    tree = FamilyTree(demo.events, demo.spec.space)
    assert len(tree.mainline) > 20
    assert tree.bests[tree.mainline[-1]].fitness == last.fitness
