"""Elementary functions and draws of many lanes, against 200 binary digits."""

import math
from functools import cache

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from workbench.engine import elementary, random
from workbench.engine._jit import helper
from workbench.engine.simd import (
    LANE_COUNTS,
    lanes_of,
    load,
    load_words,
    pointer,
    rounded,
    store,
)

NAMES = ("exp", "log", "sin", "cos", "tan", "asin", "acos", "atan")
BOUND = {"exp": 1.0, "log": 1.0, "sin": 1.0, "cos": 1.0}  # ulps; 1.5 for the others
exact = mpmath.MPContext()
exact.prec = 200
RAW = st.floats(width=64, allow_nan=False, allow_infinity=False)


@cache
def compiled(count):
    lanes = lanes_of(count)
    exp, log = elementary.exp, elementary.log
    sin, cos, tan = elementary.sin, elementary.cos, elementary.tan
    asin, acos, atan = elementary.asin, elementary.acos, elementary.atan

    @helper
    def run(x, out, size):
        source, target = pointer(x), pointer(out)
        for k in range(0, size, count):
            value = load(source, k, lanes)
            store(target, k, exp(value))
            store(target, k + size, log(value))
            store(target, k + 2 * size, sin(value))
            store(target, k + 3 * size, cos(value))
            store(target, k + 4 * size, tan(value))
            store(target, k + 5 * size, asin(value))
            store(target, k + 6 * size, acos(value))
            store(target, k + 7 * size, atan(value))

    return run


def values(numbers, count=8, dtype=np.float64):
    """Return all functions of all numbers, by name."""
    numbers = np.asarray(numbers, dtype)
    size = -(-len(numbers) // count) * count
    x = np.ones(size, dtype)
    x[: len(numbers)] = numbers
    out = np.empty((len(NAMES), size), dtype)
    compiled(count)(x, out, size)
    return dict(zip(NAMES, out[:, : len(numbers)], strict=True))


def same(a, b):
    """Compare to the last bit, but any NaN with any other."""
    return np.array_equal(a, b, equal_nan=True) and np.array_equal(
        np.signbit(a[~np.isnan(a)]), np.signbit(b[~np.isnan(b)])
    )


def ulps(name, x, y, digits=53, smallest=-1074):
    """Return the error of y in units of the true value's last place."""
    true = getattr(exact, name)(exact.mpf(float(x)))
    unit = exact.mpf(2) ** max(exact.frexp(true)[1] - digits, smallest)
    return float(abs(true - exact.mpf(float(y))) / unit)


def everywhere(rng, count):
    """Return numbers over the whole range, and where the functions are difficult."""
    turns = [exact.pi / 2 * int(k) for k in rng.integers(1, 83_000, count)]
    parts = [
        rng.normal(size=count),
        rng.uniform(-1.0, 1.0, count),
        rng.uniform(-3e5, 3e5, count),
        rng.uniform(-745.2, 709.8, count),
        rng.uniform(-745.2, -700.0, count),
        1.0 + rng.normal(size=count) * 1e-3,
        1.0 - np.exp(rng.uniform(-36.0, 0.0, count)),
        np.exp(rng.uniform(-744.0, 709.0, count)) * rng.choice([-1, 1], count),
        rng.integers(1, 10**9, count) * 5e-324,
        np.array([float(turn) for turn in turns]),
        np.array([0.5, math.sqrt(0.5), math.sqrt(2), 1.0, 2.0**17, math.pi / 4]),
    ]
    x = np.concatenate(parts)
    near = np.concatenate([np.nextafter(parts[-1], -9e9), np.nextafter(parts[-1], 9e9)])
    return np.concatenate([x, near, -parts[-1], -near])


def defined(name, x):
    return (name != "log" or x > 0) and (name not in {"asin", "acos"} or abs(x) <= 1)


def test_float64_is_right_to_about_one_unit_in_the_last_place():
    x = everywhere(np.random.default_rng(0), 300)
    for name, y in values(x).items():
        worst = max(
            (ulps(name, a, b), a)
            for a, b in zip(x, y, strict=True)
            if defined(name, a) and math.isfinite(b)
        )
        assert worst[0] <= BOUND.get(name, 1.5), (name, worst)


@given(st.lists(RAW, min_size=8, max_size=8))
def test_any_numbers(x):
    for name, y in values(x).items():
        for a, b in zip(x, y, strict=True):
            if name == "log" and a == 0.0:
                assert b == -math.inf
            elif not defined(name, a):
                assert math.isnan(b), (name, a)
            elif name == "exp" and a > 709.782712893384:
                assert b == math.inf
            else:
                assert ulps(name, a, b) <= 1.5, (name, a, b)


def test_float32_is_float64_rounded():
    with np.errstate(over="ignore"):
        x = everywhere(np.random.default_rng(1), 200).astype(np.float32)
    wide = values(x.astype(np.float64))
    for name, y in values(x, dtype=np.float32).items():
        with np.errstate(over="ignore", under="ignore"):
            assert same(y, wide[name].astype(np.float32)), name
        for a, b in zip(x[::7], y[::7], strict=True):
            if defined(name, a) and math.isfinite(b):
                assert ulps(name, a, b, 24, -149) <= 0.5001, (name, a, b)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_lane_counts_and_company_change_no_bit(dtype):
    rng = np.random.default_rng(2)
    with np.errstate(over="ignore"):
        x = everywhere(rng, 100).astype(dtype)
    x = np.concatenate([x, [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30, -3e7]])
    first = values(x, LANE_COUNTS[0], dtype)
    for count in LANE_COUNTS:
        for shift in (0, 1):
            for name, y in values(np.roll(x, shift), count, dtype).items():
                assert same(np.roll(y, -shift), first[name]), (count, name)


def test_large_angles_come_from_the_library():
    x = [131072.0, 131073.5, -1e6, 1e22, -1.7e308, math.nan, 0.5, math.inf]
    y = values(x)
    for k in (1, 2, 3, 4):
        for name in ("sin", "cos", "tan"):
            assert y[name][k] == getattr(math, name)(x[k])
    alone = values([0.5] * 8)
    assert all(y[name][6] == alone[name][0] for name in NAMES)
    assert all(math.isnan(y[name][k]) for name in ("sin", "cos", "tan") for k in (5, 7))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_corners(dtype):
    inf, nan, half = math.inf, math.nan, math.pi / 2
    wide = dtype is np.float64
    tiny = 5e-324 if wide else 1e-45
    x = [nan, inf, -inf, 0.0, -0.0, tiny, -tiny, 1.0, -1.0, 1.5, -1.5, 710.0, -746.0]
    expected = {
        "exp": [nan, inf, 0.0, 1.0, 1.0, 1.0, 1.0, None, None, None, None, inf, 0.0],
        "log": [
            nan,
            inf,
            nan,
            -inf,
            -inf,
            math.log(tiny if wide else 2.0**-149),
            nan,
            0.0,
            nan,
            None,
            nan,
            None,
            nan,
        ],
        "sin": [nan, nan, nan, 0.0, -0.0, tiny, -tiny] + [None] * 6,
        "cos": [nan, nan, nan, 1.0, 1.0, 1.0, 1.0] + [None] * 6,
        "tan": [nan, nan, nan, 0.0, -0.0, tiny, -tiny] + [None] * 6,
        "asin": [nan, nan, nan, 0.0, -0.0, tiny, -tiny, half, -half] + [nan] * 4,
        "acos": [nan, nan, nan, half, half, half, half, 0.0, math.pi] + [nan] * 4,
        "atan": [nan, half, -half, 0.0, -0.0, tiny, -tiny, half / 2, -half / 2]
        + [None] * 4,
    }
    for name, y in values(x, dtype=dtype).items():
        for a, b, true in zip(x, y, expected[name], strict=True):
            if true is not None:
                assert same(np.array([b]), np.array([true], dtype)), (name, a, b)


def test_exp_at_the_ends_of_its_range():
    ends = [709.782712893384, 709.7827128933841, -708.3964185322641]
    ends += [-745.1332191019411, -745.1332191019412, -744.4400719213812]
    y = values(ends)["exp"]
    assert y.tolist() == [
        math.exp(709.782712893384),
        math.inf,
        *map(math.exp, ends[2:]),
    ]


@cache
def drawing(count):
    lanes = lanes_of(count)

    @helper
    def run(keys, uniform, gaussian, draws, kept):
        words, first, second = pointer(keys), pointer(uniform), pointer(gaussian)
        streams = random.draw_key(load_words(words, lanes), np.uint64(77))
        for k in range(draws):
            store(first, k * count, random.uniforms(streams, k))
            number = rounded(random.gaussians(streams, k), kept)
            store(second, k * count, number)

    return run


@helper
def one_by_one(keys, uniform, gaussian):
    for lane in range(len(keys)):
        key = random.draw_key(keys[lane], np.uint64(77))
        for k in range(len(uniform)):
            uniform[k, lane] = random.uniform(key, k)
            gaussian[k, lane] = random.gaussian(key, k)


@helper
def draw(run, keys, uniform, gaussian, draws):
    run(keys, uniform, gaussian, draws, pointer(gaussian))


@pytest.mark.parametrize("count", LANE_COUNTS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_draws_of_all_lanes_are_those_of_each(count, dtype):
    rng = np.random.default_rng(count)
    keys = rng.integers(0, 2**64, count, dtype=np.uint64)
    u, g = np.empty((2, 500, count))
    us, gs = np.empty((500, count)), np.empty((500, count), dtype)
    one_by_one(keys, u, g)
    draw(drawing(count), keys, us, gs, 500)
    assert np.array_equal(u, us)
    np.testing.assert_allclose(gs, g, rtol=1e-14 if dtype is np.float64 else 6e-8)


def test_draws_are_uniform_and_normal():
    keys = np.arange(8, dtype=np.uint64)
    u, g = np.empty((2, 25_000, 8))
    draw(drawing(8), keys, u, g, 25_000)
    assert u.min() > 0.0
    assert u.max() < 1.0
    assert stats.kstest(u.ravel(), "uniform").pvalue > 0.001
    assert stats.kstest(g.ravel(), "norm").pvalue > 0.001
    assert abs(np.corrcoef(g.T) - np.eye(8)).max() < 0.03
