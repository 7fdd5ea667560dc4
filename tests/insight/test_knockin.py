"""A concept that is grafted into a plain program is then found in it."""

import pytest

from workbench.insight import CATALOGUE, discover, knock_in, knock_out
from workbench.insight.grafts import GRAFTS, NO_GRAFT
from workbench.programs import Program, Space, linear, two_layer_network

MEAN = "learning rate from the weights' mean"


def names(program, metric="rmse"):
    return {d.concept.name for d in discover(program, metric)}


@pytest.mark.parametrize("concept", GRAFTS)
def test_a_graft_is_found(concept):
    plain = linear() if concept != MEAN else two_layer_network()
    grafted = knock_in(concept)
    assert names(plain) - names(grafted) <= {"linear model", "constant learning rate"}
    assert concept in names(grafted) - names(plain)
    grafted.space.check(grafted)


def test_a_graft_comes_out_again():
    noisy = knock_in("noisy ReLU", two_layer_network(), "accuracy")
    assert "noisy ReLU" not in names(knock_out(noisy, "noisy ReLU", "accuracy"))
    fading = knock_in("decaying learning rate")
    assert "constant learning rate" in names(
        knock_out(fading, "decaying learning rate")
    )


def test_the_space_is_widened_by_what_the_graft_needs():
    space = Space(scalars=4, vectors=3, matrices=1, predict_length=(1, 1))
    program = Program.from_text(str(linear()), space)
    wider = knock_in("noisy input", program).space
    assert (wider.vectors, wider.predict_length) == (5, (1, 3))
    assert wider.scalars == 4


def test_what_is_no_part_says_why():
    assert set(GRAFTS) | set(NO_GRAFT) == set(CATALOGUE)
    assert not set(GRAFTS) & set(NO_GRAFT)
    for concept, why in NO_GRAFT.items():
        with pytest.raises(ValueError, match=f"cannot be grafted: {why[:30]}"):
            knock_in(concept)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="concept is 'dropout'; accepted: linear"):
        knock_in("dropout")
    with pytest.raises(ValueError, match="'ReLU' is in the program already"):
        knock_in("ReLU", two_layer_network())
    with pytest.raises(ValueError, match="learns no matrix of weights; accepted: one"):
        knock_in(MEAN, linear())
    with pytest.raises(ValueError, match="does not depend on the features"):
        knock_in("momentum", Program())
