import numpy as np
import pytest

from tests.runs.walk import Walk, WalkSpec
from workbench.runs import (
    Experiment,
    array_to_json,
    json_to_array,
    make_experiment,
    register_experiment,
)


def test_an_experiment_is_made_again_from_its_spec():
    spec = WalkSpec(seed=5, total=77)
    again = make_experiment("walk", spec.to_dict())
    assert isinstance(again, Experiment)
    assert again.spec == spec


def test_options_reach_the_maker():
    made = []
    register_experiment("noted", lambda spec, **options: made.append((spec, options)))
    make_experiment("noted", {"a": 1}, threads=2)
    assert made == [({"a": 1}, {"threads": 2})]


def test_an_unknown_kind_is_refused_by_name():
    with pytest.raises(ValueError, match=r"'wlak'.*known: .*walk"):
        make_experiment("wlak", {})


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None, "é"]}, [], "", 2**70])
def test_json_travels_in_an_array(value):
    array = json_to_array(value)
    assert array.dtype == np.uint8
    assert array_to_json(array) == value


def test_a_generator_travels_in_an_array():
    rng = np.random.default_rng(3)
    rng.normal(size=7)
    other = np.random.default_rng()
    other.bit_generator.state = array_to_json(json_to_array(rng.bit_generator.state))
    assert np.array_equal(rng.normal(size=5), other.normal(size=5))


def test_the_walk_itself_does_not_depend_on_chunks():
    one, many = Walk(WalkSpec(total=100)), Walk(WalkSpec(total=100))
    one.advance(100)
    for _ in range(100):
        many.advance(1)
    assert one.height == many.height
