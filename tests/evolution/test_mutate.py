"""Mutations: how often each thing happens, and that nothing else does.

Counts are held to the probabilities of the original engine with a chi-square test at
one in a million; seeds are fixed.
"""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from tests.evolution.small import EVERY_MUTATION, FREE
from workbench.evolution import MUTATIONS
from workbench.evolution.mutate import (
    mutate,
    random_instruction,
    randomize_function,
    space_arrays,
)
from workbench.programs import FUNCTIONS, Program, Space, decode, encode

N = 20_000


def weights(**given):
    return np.cumsum([float(given.get(name, 0.0)) for name in MUTATIONS])


class Subject:
    """A program as arrays with room to grow, mutated from the same start each time."""

    def __init__(self, text, space, seed=1):
        self.space = space
        self.program = Program.from_text(text, space=space)
        code, data, lengths = encode(self.program)
        room = sum(space.length(name)[1] for name in FUNCTIONS) + 1 - len(code)
        self.code = np.vstack([code, np.zeros((room, 4), np.int16)])
        self.data = np.vstack([data, np.zeros((room, 3))])
        self.lengths = lengths
        self.rng = np.array([seed], np.uint64)
        self.arrays = space_arrays(space)

    def mutant(self, cumulative):
        """Return the number of the mutation's type, and the new program."""
        parts = self.code.copy(), self.data.copy(), self.lengths.copy()
        kind = mutate(*parts, self.arrays, cumulative, self.rng)
        return kind, decode(*parts, space=self.space)

    def mutants(self, count=N, **given):
        cumulative = weights(**given)
        return [self.mutant(cumulative)[1] for _ in range(count)]


def fits(observed, probabilities):
    """Tell whether counts by name agree with probabilities by name."""
    assert set(observed) <= set(probabilities)
    total = sum(observed.values())
    names = list(probabilities)
    expected = [probabilities[name] * total for name in names]
    counts = [observed.get(name, 0) for name in names]
    return stats.chisquare(counts, expected).pvalue > 1e-6


def evenly(names):
    names = list(names)
    return dict.fromkeys(names, 1 / len(names))


def changes(old, new):
    """Return (function, index, field) of all that differs between two programs."""
    found = []
    for name in FUNCTIONS:
        pairs = zip(old.functions[name], new.functions[name], strict=True)
        for i, (a, b) in enumerate(pairs):
            if a.op != b.op:
                found.append((name, i, "op"))
                continue
            found += [
                (name, i, field)
                for field in ("in1", "in2", "out")
                if getattr(a, field) != getattr(b, field)
            ]
            for c, (x, y) in enumerate(zip(a.constants, b.constants, strict=True)):
                if x != y:
                    found.append((name, i, f"constant {c}"))
    return found


def test_types_are_drawn_by_their_weights():
    subject = Subject("def Setup():\n  s2 = 0.5\ndef Predict():\n  s1 = dot(v0, v1)",
                      FREE)  # fmt: skip
    cumulative = weights(**EVERY_MUTATION)
    kinds = Counter(MUTATIONS[subject.mutant(cumulative)[0]] for _ in range(N))
    total = sum(EVERY_MUTATION.values())
    assert fits(kinds, {name: w / total for name, w in EVERY_MUTATION.items()})
    only = Counter(subject.mutant(weights(trade_instruction=0.1))[0] for _ in range(99))
    assert only == {MUTATIONS.index("trade_instruction"): 99}


def test_functions_are_drawn_evenly_among_those_that_have_operations():
    space = Space(4, 3, 1, setup_ops=(56,), predict_ops=(), learn_ops=(1, 2))
    text = (
        "def Setup():\n  s2 = 0.5\ndef Predict():\n  NoOp()\n"
        "def Learn():\n  s2 = s2 + s2"
    )
    subject = Subject(text, space)
    touched = Counter()
    for _ in range(N):
        _, new = subject.mutant(weights(insert_instruction=1))
        [name] = [n for n in FUNCTIONS if len(new.functions[n]) == 2]
        touched[name] += 1
    assert fits(touched, evenly(["setup", "learn"]))
    for new in subject.mutants(200, randomize_program=1):
        assert new.predict == subject.program.predict


def test_altering_draws_a_field_and_a_new_address_evenly():
    space = Space(4, 6, 1, setup_ops=(), learn_ops=(), predict_ops=(27,))
    subject = Subject("def Predict():\n  s1 = dot(v2, v5)", space)
    seen = Counter(new.predict[0] for new in subject.mutants(alter_param=1))
    old = subject.program.predict[0]
    expected = Counter()
    # One field in three; then uniform over its addresses, the present one included.
    for field, choices in (("in1", range(6)), ("in2", range(6)), ("out", range(1, 4))):
        for address in choices:
            values = {"in1": old.in1, "in2": old.in2, "out": old.out, field: address}
            new = type(old)(old.op, **values)
            expected[new] += 1 / 3 / len(choices)
    assert fits(seen, expected)


def test_altering_a_program_changes_one_field_of_one_instruction_at_most():
    subject = Subject(
        "def Setup():\n  s2 = 0.5\n  m0 = uniform(-1, 1, (n_features, n_features))\n"
        "def Predict():\n  m1[0.5, 0.25] = 2\n  v1[0.5] = 3\n  NoOp()\n  s1 = sin(s3)\n"
        "def Learn():\n  v3 = gaussian(0.5, 0.1, n_features)\n  s2 = s2 * s2",
        FREE,
    )
    touched = Counter()
    for new in subject.mutants(alter_param=1):
        found = changes(subject.program, new)
        # Sorting a uniform's ends may move both.
        if [c[2] for c in found] != ["constant 0", "constant 1"]:
            assert len(found) <= 1
        touched.update({(name, i) for name, i, _ in found})
    assert ("predict", 2) not in touched  # a no-op has nothing to alter
    everything = {
        (name, i)
        for name in FUNCTIONS
        for i in range(len(subject.program.functions[name]))
    }
    assert set(touched) == everything - {("predict", 2)}


ALTERED = {
    "s2 = 0.5": {"out": 1 / 2, "constant 0": 1 / 2},
    "v1[0.5] = -3": {"out": 1 / 2, "constant 0": 1 / 4, "constant 1": 1 / 4},
    "m1[0.5, 0.25] = 2": {
        "out": 1 / 2,
        "constant 0": 1 / 6,
        "constant 1": 1 / 6,
        "constant 2": 1 / 6,
    },
    "s2 = gaussian(0.5, 0.25)": {
        "out": 1 / 2,
        "constant 0": 1 / 4,
        "constant 1": 1 / 4,
    },
}


@pytest.mark.parametrize("line", ALTERED)
def test_altering_a_constant_is_as_likely_as_moving_it(line):
    # With so many addresses, a new one is nearly always another one.
    space = Space(1000, 1000, 1000, predict_ops=(), learn_ops=())
    subject = Subject(f"def Setup():\n  {line}", space)
    fields = Counter()
    for new in subject.mutants(alter_param=1):
        fields.update(field for _, _, field in changes(subject.program, new))
    assert fits(fields, ALTERED[line])


def altered(line, constant, count=N):
    """Return the new values of one constant, where it was the one that changed."""
    space = Space(2, 2, 2, predict_ops=(), learn_ops=())
    subject = Subject(f"def Setup():\n  {line}", space)
    old = subject.program.setup[0].constants[constant]
    values = [
        new.setup[0].constants[constant]
        for new in subject.mutants(count, alter_param=1)
    ]
    return old, np.array([value for value in values if value != old])


@pytest.mark.parametrize(
    ("line", "constant"),
    [("s1 = -0.7", 0), ("v1[0.5] = 3", 1), ("s1 = gaussian(0.5, 0.1)", 0)],
)
def test_a_value_flips_its_sign_once_in_ten_and_else_scales_log_normally(
    line, constant
):
    old, values = altered(line, constant)
    flipped = values * old < 0
    assert stats.binomtest(int(flipped.sum()), len(values), 0.1).pvalue > 1e-6
    assert np.all(values[flipped] == -old)
    scales = np.log(values[~flipped] / old)
    assert stats.kstest(scales, "norm").pvalue > 1e-6


def test_a_deviation_scales_and_never_flips():
    old, values = altered("s1 = gaussian(0.5, 0.25)", 1)
    assert np.all(values > 0)
    assert stats.kstest(np.log(values / old), "norm").pvalue > 1e-6


def test_an_index_is_drawn_anew_from_zero_to_below_one():
    _, values = altered("v1[0.5] = 3", 0)
    assert values.min() >= 0.0
    assert values.max() < 1.0
    assert stats.kstest(values, "uniform").pvalue > 1e-6


def test_zero_stays_zero():
    _, values = altered("s1 = 0.0", 0, 2000)
    assert len(values) == 0


def test_the_ends_of_a_uniform_stay_in_order():
    space = Space(2, 2, 2, predict_ops=(), learn_ops=())
    subject = Subject("def Setup():\n  s1 = uniform(-0.5, 0.25)", space)
    ends = {new.setup[0].constants for new in subject.mutants(alter_param=1)}
    assert all(low <= high for low, high in ends)
    assert any(low > 0 for low, _ in ends)  # -0.5 flipped: the ends change places
    assert len(ends) > N // 3


RANDOM_VALUES = {
    56: [stats.uniform(-1, 2)],
    57: [stats.uniform(), stats.uniform(-1, 2)],
    58: [stats.uniform(), stats.uniform(), stats.uniform(-1, 2)],
    59: [stats.uniform(-1, 2), stats.uniform(-1, 2)],
    63: [stats.uniform(-1, 2), stats.uniform()],
}


@pytest.mark.parametrize("op", RANDOM_VALUES)
def test_new_constants_have_the_stated_distributions(op):
    space = Space(4, 4, 4, predict_ops=(op,))
    arrays, rng = space_arrays(space), np.array([op], np.uint64)
    code, data = np.zeros((N, 4), np.int16), np.zeros((N, 3))
    for i in range(N):
        random_instruction(1, code, data, i, arrays, rng)
    assert np.all(code[:, 0] == op)
    for column, expected in enumerate(RANDOM_VALUES[op]):
        assert stats.kstest(data[:, column], expected.cdf).pvalue > 1e-6
    unordered = data[:, 0] > data[:, 1]
    assert op != 59 or 0.4 < unordered.mean() < 0.6


def test_new_instructions_draw_operations_and_addresses_evenly():
    space = Space(3, 3, 2, learn_ops=(27, 18, 23, 0, 64))
    arrays, rng = space_arrays(space), np.array([9], np.uint64)
    code, data = np.zeros((N, 4), np.int16), np.zeros((N, 3))
    for i in range(N):
        random_instruction(2, code, data, i, arrays, rng)
    assert fits(Counter(code[:, 0].tolist()), evenly((27, 18, 23, 0, 64)))
    dots = Counter(map(tuple, code[code[:, 0] == 27, 1:].tolist()))
    pairs = [(a, b, out) for a in range(3) for b in range(3) for out in (1, 2)]
    assert fits(dots, evenly(pairs))
    assert not code[code[:, 0] == 0, 1:].any()


def test_inserting_reaches_the_longest_and_removing_the_shortest_and_no_further():
    space = Space(4, 3, 1, setup_ops=(), learn_ops=(), predict_length=(1, 4))
    subject = Subject("def Predict():\n  s1 = 1.5\n  s2 = 2.5\n  s3 = 3.5", space)
    old = list(subject.program.predict)
    places, gone = Counter(), Counter()
    for new in subject.mutants(5000, insert_instruction=1):
        [place] = [
            i for i in range(4) if [*new.predict[:i], *new.predict[i + 1 :]] == old
        ]
        places[place] += 1
    assert fits(places, evenly(range(4)))
    for new in subject.mutants(5000, remove_instruction=1):
        [place] = [
            i for i in range(3) if [*old[:i], *old[i + 1 :]] == list(new.predict)
        ]
        gone[place] += 1
    assert fits(gone, evenly(range(3)))

    full = Subject("def Predict():" + "\n  s1 = 1.5" * 4, space)
    assert set(full.mutants(200, insert_instruction=1)) == {full.program}
    shortest = Subject("def Predict():\n  s1 = 1.5", space)
    assert set(shortest.mutants(200, remove_instruction=1)) == {shortest.program}
    assert set(shortest.mutants(200, identity=1)) == {shortest.program}


def test_trading_inserts_and_removes_even_at_the_longest():
    space = Space(4, 3, 1, setup_ops=(), learn_ops=(), predict_length=(1, 2))
    subject = Subject("def Predict():\n  s1 = 1.5\n  s2 = 2.5", space)
    old = subject.program.predict
    kept = Counter()
    for new in subject.mutants(6000, trade_instruction=1):
        assert len(new.predict) == 2
        kept[sum(instruction in old for instruction in new.predict)] += 1
    # The new one is among three, one of which goes.
    assert fits(kept, {2: 1 / 3, 1: 2 / 3})


def test_randomizing_one_function_or_one_instruction_leaves_the_rest():
    text = (
        "def Setup():\n  s2 = 1.5\n  s2 = 2.5\n"
        "def Predict():\n  s1 = 3.5\ndef Learn():\n  s3 = 4.5"
    )
    subject = Subject(text, FREE)
    where, functions = Counter(), Counter()
    for new in subject.mutants(9000, randomize_instruction=1):
        found = {(name, i) for name, i, _ in changes(subject.program, new)}
        assert len(found) <= 1
        where.update(found)
    assert fits(where, {("setup", 0): 1 / 6, ("setup", 1): 1 / 6,
                        ("predict", 0): 1 / 3, ("learn", 0): 1 / 3})  # fmt: skip
    for new in subject.mutants(9000, randomize_function=1):
        names = {name for name, _, _ in changes(subject.program, new)}
        assert len(names) <= 1
        functions.update(names)
    assert fits(functions, evenly(FUNCTIONS))


@given(
    seed=st.integers(0, 2**63),
    sizes=st.tuples(st.integers(2, 4), st.integers(3, 4), st.integers(1, 2)),
    lengths=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=3, max_size=3
    ),
    label=st.sampled_from(["scalar", "vector"]),
    kinds=st.lists(st.sampled_from(MUTATIONS), min_size=1),
    steps=st.integers(0, 60),
)
def test_any_number_of_mutations_stays_in_the_space(
    seed, sizes, lengths, label, kinds, steps
):
    ranges = [(low, low + more) for low, more in lengths]
    space = Space(*sizes, setup_length=ranges[0], predict_length=ranges[1],
                  learn_length=ranges[2], label=label)  # fmt: skip
    arrays, rng = space_arrays(space), np.array([seed], np.uint64)
    slots = sum(high for _, high in ranges) + 1
    code, data = np.zeros((slots, 4), np.int16), np.zeros((slots, 3))
    now = np.array([low for low, _ in ranges])
    for function in range(3):
        randomize_function(function, code, data, now, arrays, rng)
    cumulative = weights(**Counter(kinds))
    for _ in range(steps):
        assert MUTATIONS[mutate(code, data, now, arrays, cumulative, rng)] in kinds
    program = decode(code, data, now, space=space)
    space.check(program)
    for name, (low, high) in zip(FUNCTIONS, ranges, strict=True):
        assert low <= len(program.functions[name]) <= high
    assert Program.from_text(str(program), space=space) == program


def test_constants_that_grow_beyond_all_bounds_still_print_and_read():
    space = Space(2, 2, 2, predict_ops=(), learn_ops=())
    subject = Subject("def Setup():\n  v1[0.5] = 3e38", space)
    values = set()
    for new in subject.mutants(500, alter_param=1):
        values.add(new.setup[0].constants[1])
        assert Program.from_text(str(new), space=space) == new
    assert math.inf in values


def test_all_types_are_reached_and_named():
    assert len(MUTATIONS) == 8
