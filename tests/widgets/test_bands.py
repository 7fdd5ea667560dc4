import numpy as np

from workbench.widgets.bands import bands, common_grid, on_grid

NAN = np.nan


def curve(*points):
    x, y = np.array(points, np.float64).T
    return x, y


A = curve((1, 0.0), (3, 0.4), (5, 0.8))
B = curve((2, 0.2), (4, 0.6))


def test_a_value_holds_until_the_next_point():
    grid = np.array([0, 1, 2, 3, 4.9, 5, 9])
    assert np.array_equal(
        on_grid(*A, grid), [NAN, 0.0, 0.0, 0.4, 0.4, 0.8, 0.8], equal_nan=True
    )
    assert np.isnan(on_grid(np.zeros(0), np.zeros(0), grid)).all()


def test_median_and_quantiles_of_two_curves():
    found = bands([A, B], np.array([0.0, 1, 2, 3, 4, 5]))
    medians = found.quantiles[2]
    assert np.allclose(medians, [NAN, 0.0, 0.1, 0.3, 0.5, 0.7], equal_nan=True)
    # Linear between the two: a quarter of the way, and so on.
    assert np.allclose(found.quantiles[:, 5], [0.61, 0.65, 0.7, 0.75, 0.79])
    assert found.begun.tolist() == [0, 1, 2, 2, 2, 2]
    assert found.going.tolist() == [0, 1, 2, 2, 2, 1]


def test_of_five_members_the_quartiles_are_members():
    members = [curve((0, value), (1, value)) for value in (5, 1, 4, 2, 3)]
    found = bands(members, np.array([0.0, 1.0]))
    assert np.allclose(found.quantiles[:, 0], [1.2, 2, 3, 4, 4.8])
    assert found.going.tolist() == [5, 5]


def test_gaps_do_not_count():
    found = bands(
        [curve((0, 1.0), (1, NAN)), curve((0, 3.0), (1, 5.0))], np.arange(2.0)
    )
    assert np.allclose(found.quantiles[2], [2.0, 5.0])
    assert found.begun.tolist() == [2, 1]


def test_the_grid_is_where_the_points_are_while_they_are_few():
    assert common_grid([A, B], 0.0, 9.0, 10).tolist() == [0, 1, 2, 3, 4, 5, 9]
    assert common_grid([A, B], 2.0, 4.0, 10).tolist() == [2, 3, 4]
    assert common_grid([A, B], 0.0, 9.0, 4).tolist() == [0, 3, 6, 9]
