import pytest

from workbench import PRESETS
from workbench.programs import OPS
from workbench.widgets.search_fields import (
    FIELDS,
    FieldError,
    length,
    operations,
    real,
    schema,
    text_of,
    weights,
    whole,
)
from workbench.widgets.search_form import SearchForm


@pytest.fixture
def form():
    return SearchForm(PRESETS["linear"].spec, "linear", 1)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_survives_the_form(name):
    spec = PRESETS[name].spec
    assert SearchForm(spec, name, 2).check() == (spec, 2)


@pytest.mark.parametrize("name", PRESETS)
def test_the_tasks_of_a_preset_have_a_title(name):
    form = SearchForm(PRESETS[name].spec, name, 1)
    offered = dict(FIELDS["task"].options)
    assert form.summary.startswith(offered[form.values["task"]])


@pytest.mark.parametrize("name", PRESETS)
def test_choosing_a_preset_brings_all_its_settings(form, name):
    form.edit({"preset": name})
    assert form.check() == (PRESETS[name].spec, 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("2e6", 2_000_000), ("2 000 000", 2_000_000), ("1,000", 1000)],
)
def test_numbers_as_people_write_them(text, value):
    assert whole(0)(text) == value


@pytest.mark.parametrize(
    ("read", "text", "words"),
    [
        (whole(1), "", "a number is needed here"),
        (whole(1), "ten", "“ten” is not a number"),
        (whole(1), "1.5", "a whole number"),
        (whole(1), "0", "must be 1 or more"),
        (whole(2, 20_000), "1", "must be from 2 to 20 000"),
        (whole(0, 2**63 - 1), "-3", "must be 0 or more"),
        (whole(1), "inf", "not a number to work with"),
        (real(0, 1), "1.5", "must be from 0 to 1"),
        (length, "5 to 2", "ends before it begins"),
        (length, "a few", "a range such as 0 to 21"),
        (operations, "1, 99", "no operation 99"),
        (weights, "alter", "no mutation alter: alter_param"),
        (weights, "identity 0", "one weight above 0"),
        (weights, "identity two", "“two” is not a number"),
    ],
)
def test_bad_values_are_refused_in_plain_words(read, text, words):
    with pytest.raises(FieldError, match=words):
        read(text)


@pytest.mark.parametrize("value", [0, 7, 123_456, 0.25, 1e-5, None])
def test_what_the_form_shows_reads_back(value):
    assert real(0, optional=True)(text_of(value)) == value


def test_lengths_and_operations():
    assert length("5") == (5, 5)
    assert length(" 0 to 21 ") == (0, 21)
    assert operations("all") == tuple(range(len(OPS)))
    assert operations("scalar_sum_op, 3 2") == (1, 2, 3)


def test_mutations_with_and_without_weights():
    text = "alter_param 0.5, identity, identity 2"
    assert weights(text) == {"alter_param": 0.5, "identity": 3.0}


def test_each_field_tells_its_own_fault(form):
    form.edit({"population": "many", "seed": "-1", "learn_ops": "77"})
    assert form.check() is None
    assert set(form.errors) == {"population", "seed", "learn_ops"}
    form.edit({"population": "10", "seed": "3", "learn_ops": "2"})
    assert form.errors == {}
    spec, _ = form.check()
    assert (spec.population, spec.seed, spec.space.learn_ops) == (10, 3, (2,))


def test_a_fault_that_only_the_spec_sees_is_told_too(form):
    form.edit({"matrices": "0", "learn_ops": "all"})
    assert form.check() is None
    assert form.errors or form.problem


def test_features_reach_the_fresh_tasks_too(form):
    form.edit({"features": "5", "tasks": "2"})
    spec, _ = form.check()
    assert [s.features for s in (spec.tasks, spec.select, spec.final)] == [5, 5, 5]
    assert (spec.tasks.tasks, spec.select.tasks) == (2, 100)


def test_shorter_programs_take_the_first_program_along():
    form = SearchForm(PRESETS["digits"].spec, "digits", 1)
    form.edit({"setup_length": "3 to 4"})
    spec, _ = form.check()
    assert spec.initial_length[0] == 3


def test_another_task_keeps_the_rest(form):
    form.edit({"seed": "9"})
    form.edit({"task": "affine"})
    spec, _ = form.check()
    assert (spec.tasks.kind, spec.select.kind, spec.seed) == ("affine", "affine", 9)


def test_random_search_hides_what_it_does_not_use(form):
    form.edit({"strategy": "random"})
    assert "tournament" in form.to_dict()["hidden"]
    assert "random search" in form.summary


def test_limits_may_be_left_open(form):
    form.edit({"individuals": "", "seconds": "30"})
    spec, _ = form.check()
    assert (spec.individuals, spec.seconds) == (None, 30.0)


def test_the_schema_names_every_field_once():
    names = [f["name"] for group in schema()["groups"] for f in group["fields"]]
    assert sorted(names) == sorted(FIELDS)
