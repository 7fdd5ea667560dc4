"""Model specs and saved arrays: what they refuse, and that they come back."""

import io
import json
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest

from workbench.selfref import ModelSpec, flatten, unflatten

BAD = {
    "kind": ("srmw", "'srwm', 'deltanet'"),
    "inputs": (0, "1 to 65536"),
    "outputs": (2.5, "a whole number"),
    "layers": (0, "1 to 64"),
    "hidden": ("wide", "a whole number"),
    "heads": (3, "a divisor of hidden, which is 8: 1, 2, 4, 8"),
    "ff": (-1, "1 to 64"),
    "input_softmax": (1, "True, False"),
    "query_scale": (float("nan"), "a number, 0 to 100"),
    "rates": (2, "1, 4"),
    "rate_bias": (1e9, "a number, -100 to 100"),
    "read": ("later", "'before', 'after', None"),
}


def small(**more):
    return ModelSpec(**{"kind": "srwm", "inputs": 5, "outputs": 4, "hidden": 8, **more})


def test_every_field_has_a_bad_value_here():
    assert set(BAD) == {field.name for field in fields(ModelSpec)}


@pytest.mark.parametrize("field", BAD)
def test_a_bad_field_is_named_with_its_value_and_what_is_accepted(field):
    value, accepted = BAD[field]
    with pytest.raises(ValueError, match=rf"^ModelSpec\.{field} is ") as error:
        small(**{field: value})
    assert repr(value) in str(error.value)
    assert accepted in str(error.value).split("accepted: ")[1]


def test_a_spec_comes_back_from_json():
    spec = small(read="after", rates=1, rate_bias=-1)
    assert ModelSpec.from_dict(json.loads(json.dumps(spec.to_dict()))) == spec
    with pytest.raises(ValueError, match=r"no field 'width'; accepted: kind, inputs"):
        ModelSpec.from_dict({**spec.to_dict(), "width": 3})
    with pytest.raises(ValueError, match=r"ModelSpec\.outputs is not given"):
        ModelSpec.from_dict({"kind": "srwm", "inputs": 3})


def test_an_lstm_has_no_heads_and_published_reads_are_the_default():
    assert small(kind="lstm", heads=3).hidden == 8
    assert [small(kind=k).reads for k in ("srwm", "deltanet")] == ["before", "after"]
    assert small(kind="deltanet", read="before").reads == "before"


def test_trees_come_back_from_an_npz_file():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    tree = {
        "a": array,
        "b": ({"c": array[0]}, (), (np.int64(3), array), {}),
        "d": tuple(np.array(n) for n in range(11)),
    }
    file = io.BytesIO()
    np.savez(file, **flatten(tree))
    file.seek(0)
    with np.load(file, allow_pickle=False) as arrays:
        back = unflatten(arrays)
    assert flatten(back).keys() == flatten(tree).keys()
    for name, value in flatten(tree).items():
        np.testing.assert_array_equal(flatten(back)[name], value)
        assert flatten(back)[name].dtype == value.dtype
    assert (type(back["b"]), back["b"][1], back["b"][3]) == (tuple, (), {})
    assert [int(one) for one in back["d"]] == list(range(11))


@pytest.mark.parametrize(
    ("tree", "where"),
    [
        ({"a": [np.zeros(1)]}, r"^a is a list"),
        ({"a": {"b": "word"}}, r"^a/b is a str"),
        ({"a": np.array(["word"])}, r"^a is a ndarray"),
        ({"a/b": np.zeros(1)}, r"^the tree has the key 'a/b'"),
        (np.zeros(1), r"^the tree is a ndarray"),
    ],
)
def test_what_would_not_come_back_is_refused(tree, where):
    with pytest.raises(ValueError, match=where + r".*accepted: "):
        flatten(tree)


@pytest.mark.parametrize(
    "names", [["a", "a/b"], ["a/b", "a"], ["a/(0)", "a/(2)"], ["a/(0)", "a/b"], []]
)
def test_paths_that_contradict_each_other_are_refused(names):
    with pytest.raises(ValueError, match="accepted: "):
        unflatten({name: np.zeros(1) for name in names})


def test_jax_is_loaded_by_those_who_use_it_only():
    code = (
        "import sys, workbench, workbench.widgets;"
        "from workbench.selfref import ModelSpec;"
        "ModelSpec('srwm', 3, 2);"
        "assert 'jax' not in sys.modules;"
        "from workbench.selfref import make_model;"
        "assert 'jax' in sys.modules"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
