"""Series that are killed and go on, and searches that go on from a checkpoint."""

import json

import pytest

from experiments import searching
from experiments.searching import ended, line_of
from experiments.series import Series, parse, seed_of
from tests.evolution.small import small
from workbench.evolution import Search

FIELDS = ("arm", "seed")
KEYS = [("b", 1), ("a", 10), ("a", 2)]


def test_a_killed_series_makes_only_what_is_missing(tmp_path):
    file, made = tmp_path / "made" / "lines.jsonl", []

    def run(arm, seed):
        if len(made) == 2 and not file.with_suffix(".again").exists():
            file.with_suffix(".again").touch()
            raise KeyboardInterrupt
        made.append((arm, seed))
        return {"fitness": seed / 2}

    with pytest.raises(KeyboardInterrupt):
        Series(file, FIELDS).fill(KEYS, run, lambda _: None)
    told = []
    Series(file, FIELDS).fill(KEYS, run, told.append)
    assert made == KEYS
    assert told == ["arm=a seed=2 fitness=1"]
    again = Series(file, FIELDS)
    assert [line["seed"] for line in again.lines()] == [2, 10, 1]
    assert [line["fitness"] for line in again.lines(arm="a")] == [1.0, 5.0]
    assert json.loads(file.read_text().splitlines()[0])["arm"] == "a"


def test_lines_of_something_else_are_refused(tmp_path):
    file = tmp_path / "lines.jsonl"
    file.write_text('{"arm": "a"}\n')
    with pytest.raises(ValueError, match="without seed; accepted: lines with arm"):
        Series(file, FIELDS)


def test_seeds_differ_with_every_part_of_the_key():
    keys = [("a", 1), ("a", 2), ("b", 1), ("a", 1, 1), ("a", "1")]
    assert len({seed_of(*key) for key in keys}) == len(keys)
    assert seed_of("a", 1) == seed_of("a", 1) < 2**62


@pytest.mark.parametrize("word", ["--runs", "--budget"])
def test_a_series_of_nothing_is_refused(word, capsys):
    with pytest.raises(SystemExit):
        parse("linear", None, 1, 1, [word, "0"])
    assert f"{word} is 0; accepted: 1 or more" in capsys.readouterr().err


def test_a_killed_search_goes_on_from_its_checkpoint(tmp_path, monkeypatch):
    spec = small(individuals=3000, cache=None)
    whole = line_of(ended(spec), "rmse")
    monkeypatch.setattr(searching, "EVERY", 0.0)
    monkeypatch.setattr(searching, "CHUNK", 500)
    advance, left = Search.advance, [3]

    def killed(search, budget):
        if left[0] == 0:
            raise KeyboardInterrupt
        left[0] -= 1
        return advance(search, budget)

    monkeypatch.setattr(Search, "advance", killed)
    with pytest.raises(KeyboardInterrupt):
        ended(spec, tmp_path)
    (file,) = tmp_path.iterdir()
    starts = []

    def watched(search, budget):
        starts.append(search.individuals)
        return advance(search, budget)

    monkeypatch.setattr(Search, "advance", watched)
    resumed = line_of(ended(spec, tmp_path), "rmse")
    assert starts[0] == 1500
    assert not file.exists()
    del whole["seconds"], resumed["seconds"]
    assert resumed == whole
