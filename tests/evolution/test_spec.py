"""Specs: what they refuse, and that they come back as they were."""

import json

import numpy as np
import pytest

from tests.evolution.small import FIXED, FREE, small
from workbench.evolution import PRESETS, CacheSpec, HurdleSpec, SearchSpec
from workbench.programs import Space
from workbench.programs.library import linear
from workbench.tasks import TenClassTasks

BAD = {
    "space": ("linear", "a Space"),
    "tasks": (None, "a TaskSpec"),
    "select": (3, "a TaskSpec or None"),
    "final": ("x", "a TaskSpec or None"),
    "name": (7, "a str"),
    "strategy": ("hill", "'aging', 'random'"),
    "population": (1, "2 to 1000000"),
    "tournament": (0, "a whole number, 1"),
    "mutation_probability": (1.5, "0 to 1"),
    "mutations": ({"alter": 1}, "alter_param"),
    "initial": ("liner", "'linear'"),
    "initial_length": ((5, 1, 9), "4 to 4"),
    "random_start": ("yes", "a bool"),
    "cache": (True, "a CacheSpec or None"),
    "hurdle": ({"train": 1}, "a HurdleSpec or None"),
    "cost_factor": (-1.0, "a number, above 0"),
    "cost_baseline": ("big", "'two_layer_network'"),
    "combine": ("max", "'mean', 'median'"),
    "max_abs_error": (float("nan"), "a number, above 0"),
    "populations": (0, "1 to 1024"),
    "dtype": ("float16", "'float64', 'float32'"),
    "seed": (-1, "a whole number, 0 to"),
    "vary_tasks": (1, "a bool"),
    "individuals": (2.5, "a whole number, 1 to"),
    "evaluations": (0, "a whole number, 1 to"),
    "train_steps": ("many", "a whole number, 1 to"),
    "seconds": (0, "a number, above 0"),
    "fitness": (1.1, "a number, 0 to 1"),
    "changes": ("later", "pairs of a number of individuals"),
}


def test_every_field_has_a_bad_value_here():
    assert set(BAD) == set(SearchSpec.__dataclass_fields__)


@pytest.mark.parametrize("field", BAD)
def test_a_bad_field_is_named_with_its_value_and_what_is_accepted(field):
    value, accepted = BAD[field]
    with pytest.raises(ValueError, match=rf"^{field} (is|holds) ") as error:
        small(**{field: value})
    text = str(error.value)
    assert "accepted: " in text
    assert accepted in text.split("accepted: ")[1]
    shown = repr(value) if field != "mutations" else "('alter', 1)"
    assert shown in text


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (CacheSpec, "size", 0),
        (CacheSpec, "probe_train", 0),
        (CacheSpec, "probe_valid", 1.5),
        (CacheSpec, "forget_every", -1),
        (HurdleSpec, "train", 0),
        (HurdleSpec, "valid", None),
        (HurdleSpec, "quantile", 2),
        (HurdleSpec, "window", 0),
    ],
)
def test_so_are_those_of_the_cache_and_the_hurdle(kind, field, value):
    with pytest.raises(ValueError, match=rf"^{field} is {value!r}; accepted: a "):
        kind(**{field: value})


@pytest.mark.parametrize(
    "mutations", [5, "alter_param", (), [], {}, {"identity": 0}, [("identity",)],
                  [("identity", -1)], [("identity", float("nan"))], [3]]
)  # fmt: skip
def test_bad_mutations(mutations):
    with pytest.raises(ValueError, match="mutations"):
        small(mutations=mutations)


def test_mutations_come_in_several_forms():
    forms = [
        ["identity", "alter_param", "identity"],
        {"identity": 2, "alter_param": 1.0},
        (("identity", 2.0), ("alter_param", 1)),
    ]
    assert len({small(mutations=form) for form in forms}) == 1


def test_numbers_may_be_numpys_or_whole_floats():
    spec = small(individuals=2e6, seed=np.int64(3), fitness=np.float64(0.5))
    assert (spec.individuals, spec.seed, spec.fitness) == (2_000_000, 3, 0.5)
    assert json.loads(json.dumps(spec.to_dict()))["seed"] == 3


def test_the_probe_must_end_before_the_hurdle():
    with pytest.raises(
        ValueError, match=r"hurdle.train is 3; .*probe_train, which is 4"
    ):
        small(hurdle=HurdleSpec(train=3))


def test_operations_need_addresses():
    with pytest.raises(ValueError, match=r"space.learn_ops holds .* needs a matrix"):
        small(space=Space(4, 3, 0, setup_ops=(1,), predict_ops=(1,), learn_ops=(39,)))


def test_a_start_must_fit():
    assert small(initial=str(linear(0.2))).start().setup[0].constants == (0.2,)
    with pytest.raises(ValueError, match="learn of the initial program has 11"):
        small(
            space=Space(20, 20, 20, learn_length=(0, 20)),
            initial="two_layer_network",
            initial_length=(3, 5, 9),
        )
    with pytest.raises(ValueError, match="0 matrices"):
        small(space=Space(4, 4, 0, setup_ops=(), predict_ops=(), learn_ops=()),
              initial="def Setup():\n  m0 = matmul(m0, m0)")  # fmt: skip
    for lengths in (5, (1, 2), (5, 1, 4.0)):
        with pytest.raises(ValueError, match="initial_length is"):
            small(initial_length=lengths)


def test_a_start_follows_changes_unless_its_length_was_given():
    spec = small()
    assert spec.initial_length == (5, 1, 4)
    assert spec.but(space=FREE).initial_length == (0, 1, 0)
    assert spec.but(space=FREE, initial="linear").initial_length == (1, 1, 4)
    given = small(space=FREE, initial_length=(2, 2, 2))
    assert given.but(initial="empty").initial_length == (2, 2, 2)
    with pytest.raises(ValueError, match="a search has no field 'sed'; accepted: "):
        spec.but(sed=3)


@pytest.mark.parametrize("spec", [
    small(),
    small(space=FREE, initial="linear", cache=None, hurdle=HurdleSpec(), seconds=3,
          combine="median", dtype="float32", cost_factor=2, fitness=0.5),
    small(select=PRESETS["digits"].spec.select, initial=str(linear(0.3))),
])  # fmt: skip
def test_a_spec_comes_back_from_json(spec):
    assert SearchSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    assert hash(spec) == hash(SearchSpec.from_dict(spec.to_dict()))


def test_a_spec_that_cannot_be_read_says_why():
    good = small().to_dict()
    for change, text in [
        ({"sed": 1}, "a search has no field 'sed'"),
        ({"cache": {"sise": 3}}, "a cache has no field 'sise'; accepted: size, "),
        ({"tasks": {"kind": "circle"}}, "kind is 'circle'; accepted: "),
    ]:
        with pytest.raises(ValueError, match=text):
            SearchSpec.from_dict({**good, **change})
    for name in ("space", "tasks"):
        with pytest.raises(ValueError, match=f"a search needs the field '{name}'"):
            SearchSpec.from_dict({k: v for k, v in good.items() if k != name})
    assert SearchSpec.from_dict({k: good[k] for k in ("space", "tasks")}).seed == 1
    assert SearchSpec.from_dict(good).space == FIXED


@pytest.mark.parametrize("role", ["tasks", "select", "final"])
def test_tasks_whose_labels_do_not_suit_the_space_are_refused(role):
    message = rf"^{role} are TenClassTasks, which have vector labels, but space.label"
    with pytest.raises(ValueError, match=message):
        small(**{role: TenClassTasks()})
    vector = Space(4, 4, 2, label="vector")
    with pytest.raises(ValueError, match=r"^tasks are LinearTasks, which have scalar"):
        small(space=vector)
    small(space=vector, tasks=TenClassTasks(), select=None, final=None)
