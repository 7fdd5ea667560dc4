"""A concept that is grafted into a plain program is then found in it."""

import pytest

from workbench.insight import CATALOGUE, discover, knock_in, knock_out
from workbench.insight.grafts import GRAFTS, NO_GRAFT


def names(program, metric="rmse"):
    return {d.concept.name for d in discover(program, metric)}


@pytest.mark.parametrize("concept", GRAFTS)
def test_a_graft_is_found_and_comes_out_again(concept):
    grafted = knock_in(concept)
    assert concept in names(grafted)
    assert concept not in names(knock_out(grafted, concept))


def test_what_is_no_part_says_why():
    assert set(GRAFTS) | set(NO_GRAFT) == set(CATALOGUE)
    assert not set(GRAFTS) & set(NO_GRAFT)
    for concept, why in NO_GRAFT.items():
        with pytest.raises(ValueError, match=f"cannot be grafted: {why[:30]}"):
            knock_in(concept)
