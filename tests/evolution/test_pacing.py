"""How far each population goes, so that all get equally far."""

from hypothesis import example, given
from hypothesis import strategies as st

from workbench.evolution.pacing import common_goals

populations = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(
        lambda pair: (min(pair), max(pair))
    ),
    min_size=1,
    max_size=6,
)


# Who is far behind but at its limit leaves its share to the others.
@example([(0, 0), (2, 4)], 2)
@example([(0, 1), (5, 100)], 10)
@given(populations, st.integers(0, 200))
def test_the_budget_is_spent_as_far_as_the_limits_allow(pairs, budget):
    made, limits = map(list, zip(*pairs, strict=True))
    goals = common_goals(made, limits, budget)
    assert all(m <= g <= t for m, g, t in zip(made, goals, limits, strict=True))
    assert sum(goals) - sum(made) == min(budget, sum(limits) - sum(made))


@given(populations, st.integers(0, 200))
def test_nobody_goes_on_while_another_who_could_is_behind(pairs, budget):
    made, limits = map(list, zip(*pairs, strict=True))
    goals = common_goals(made, limits, budget)
    went = [g for m, g in zip(made, goals, strict=True) if g > m]
    could = [g for g, t in zip(goals, limits, strict=True) if g < t]
    assert not went or not could or max(went) <= min(could) + 1
