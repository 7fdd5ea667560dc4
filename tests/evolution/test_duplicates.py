"""Which programs are recognised as duplicates, and that forgetting does no harm."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.random_programs import DETERMINISTIC, mutated, random_program
from tests.evolution.small import EVERY_MUTATION, FREE, small
from tests.evolution.states import assert_same_state
from workbench.engine import evaluate
from workbench.engine.blocks import make_blocks
from workbench.evolution import Search
from workbench.evolution.duplicates import (
    FITNESS,
    HURDLE,
    PROBE_STEPS,
    UNKNOWN,
    WORDS,
    claim,
    copy_entry,
    find,
    make_duplicates,
)
from workbench.evolution.island import Island
from workbench.programs import OPS, Instruction, Program, Space

SPACE = Space(5, 5, 3)
SPEC = small(
    space=replace(
        SPACE, setup_length=(0, 20), predict_length=(0, 20), learn_length=(0, 20)
    ),
    cache=None,
)
TASKS = SPEC.task_spec("tasks").make()
BLOCKS = make_blocks(TASKS)
COPIES = {  # of an address to itself
    "scalar": OPS[44],
    "vector": OPS[45],
    "matrix": OPS[46],
}
seeds = st.integers(0, 2**32 - 1)


def island(program, table):
    """Return a population that has evaluated just this program, with a table."""
    made = Island(SPEC.but(initial=str(program)), 0, BLOCKS)
    made._tools = made._tools._replace(duplicates=table)
    made.prepare()
    made.advance(1)
    return made


def recognised(first, second):
    """Tell whether the second program is recognised after the first one.

    Also holds its fitness to be what an evaluation of its own gives.
    """
    table = make_duplicates()
    island(first, table)
    assert table.met[0] == 0
    made = island(second, table)
    fitness = evaluate(second, TASKS, seed=SPEC.seed).fitness
    assert made.best_fitness == fitness, f"{first}\n{second}"
    return bool(table.met[0])


def program(seed, ops=OPS):
    rng = np.random.default_rng(seed)
    return rng, random_program(rng, SPACE, ops, wild=False)


def draws(program):
    effective = program.effective().functions.values()
    return any(one.op.is_random for part in effective for one in part)


@given(seeds)
def test_dead_code_makes_no_difference(seed):
    _, whole = program(seed)
    effective = whole.effective()
    assert recognised(whole, effective)
    assert recognised(effective, whole)


@given(seeds)
def test_setups_that_leave_the_same_values_make_no_difference(seed):
    rng, one = program(seed, DETERMINISTIC)
    setup = list(one.setup)
    for _ in range(rng.integers(1, 5)):
        op = COPIES[("scalar", "vector", "matrix")[rng.integers(3)]]
        low, high = SPACE.first_writable(op.output), SPACE.size(op.output)
        address = int(rng.integers(low, high))
        setup.append(Instruction(op, address, address, address))
    assert recognised(one, Program(setup, one.predict, one.learn, space=SPACE))


@given(seeds)
@settings(max_examples=200)
def test_a_mutant_is_recognised_only_if_it_does_the_same(seed):
    rng, parent = program(seed)
    other = mutated(rng, parent, SPACE, wild=False, times=1)
    known = recognised(parent, other)  # and then its fitness is right
    one, two = parent.effective(), other.effective()
    if one == two:
        assert known
    elif (one.predict, one.learn) != (two.predict, two.learn) or draws(one):
        assert not known


BASE = """
def Setup():
  s2 = 0.5
  v1 = {start}
def Predict():
  s1 = dot(v1, v0)
def Learn():
  s3 = s0 - s1
  s4 = s3 * s2
  v2 = s4 * v0
  v1 = v1 + v2
"""
FIXED = BASE.format(start="bcast(s2)")
RANDOM = BASE.format(start="gaussian(0.5, 0.25, n_features)")
CHANGES = {
    "constant": ("s2 = 0.5", "s2 = 0.25"),
    "operation": ("s4 = s3 * s2", "s4 = s3 - s2"),
    "input address": ("v2 = s4 * v0", "v2 = s3 * v0"),
    "output address": ("s3 = s0 - s1", "s2 = s0 - s1"),
    "order of inputs": ("s3 = s0 - s1", "s3 = s1 - s0"),
    "order of instructions": (
        "s3 = s0 - s1\n  s4 = s3 * s2",
        "s4 = s3 * s2\n  s3 = s0 - s1",
    ),
    "one more in Predict": ("(v1, v0)\n", "(v1, v0)\n  s1 = s1 + s1\n"),
    "one less in Learn": ("  s4 = s3 * s2\n", ""),
    "value that Setup leaves": ("s2 = 0.5\n", "s2 = 0.5\n  s2 = s2 + s2\n"),
}


def read(text):
    return Program.from_text(text, SPACE)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("text", [FIXED, RANDOM])
def test_a_change_of_what_is_live_makes_another_program(text, change):
    assert text.count(CHANGES[change][0]) == 1
    assert not recognised(read(text), read(text.replace(*CHANGES[change])))


def test_a_longer_way_to_the_same_values_is_recognised_unless_numbers_are_drawn():
    longer = ("s2 = 0.5\n", "s2 = 0.25\n  s2 = s2 + s2\n")
    assert recognised(read(FIXED), read(FIXED.replace(*longer)))
    assert not recognised(read(RANDOM), read(RANDOM.replace(*longer)))
    dead = ("s2 = 0.5\n", "s2 = 0.5\n  s3 = uniform(0.0, 1.0)\n")
    assert recognised(read(FIXED), read(FIXED.replace(*dead)))
    assert recognised(read(RANDOM), read(RANDOM.replace(*dead)))


def test_both_spellings_of_a_setup_are_known_from_then_on():
    spellings = [
        read(FIXED.replace("s2 = 0.5", f"s2 = {way}"))
        for way in ("0.5", "0.25\n  s2 = s2 + s2", "1.0\n  s3 = 0.5\n  s2 = s2 * s3")
    ]
    table = make_duplicates()
    fitness = {island(one, table).best_fitness for one in spellings}
    assert table.met[0] == 2
    fitness |= {island(one, table).best_fitness for one in spellings}
    assert table.met[0] == 5
    assert len(fitness) == 1


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), max_size=30))
def test_a_table_finds_what_was_claimed_last_in_its_place(hashes):
    small_table = make_duplicates()._replace(entries=np.zeros((2, WORDS), np.uint64))
    last = {}
    for one, two in hashes:
        small_table.hash[:] = one, two
        place = claim(small_table)
        entry = small_table.entries[place]
        assert entry[[FITNESS, HURDLE]].view(np.float64).tolist() == pytest.approx(
            [np.nan, np.nan], nan_ok=True
        )
        assert entry[PROBE_STEPS] == UNKNOWN
        last[place] = (one, two)
        for other in set(hashes):
            small_table.hash[:] = other
            expected = [p for p, claimed in last.items() if claimed == other]
            assert [find(small_table)] == (expected or [-1])


def test_a_copy_takes_what_is_known_and_keeps_its_hash():
    table = make_duplicates()
    table.hash[:] = 1, 2
    source = table.entries[claim(table)]
    source[2:] = 7
    table.hash[:] = 3, 4
    place = claim(table)
    copy_entry(source, table.entries[place])
    assert find(table) == place
    assert (table.entries[place, 2:] == 7).all()


@pytest.mark.parametrize("entries", [1, 16])
def test_forgetting_does_no_harm(entries):
    spec = small(
        space=FREE, mutations=EVERY_MUTATION, initial_length=(2, 3, 4), individuals=5000
    )
    searches = []
    for size in (entries, 1 << 16):
        search = Search(spec)
        search._islands.build()
        (one,) = search._islands
        table = make_duplicates()
        table = table._replace(entries=np.zeros((size, WORDS), np.uint64))
        one._tools = one._tools._replace(duplicates=table)
        search.prepare()
        while not search.advance(5000).finished:
            pass
        searches.append((search, int(table.met[0])))
    (forgetful, few), (mindful, many) = searches
    assert 0 < few < many
    assert_same_state(forgetful.state(), mindful.state())
