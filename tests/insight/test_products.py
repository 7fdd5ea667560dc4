"""What multiplies features with each other, and what only looks like it."""

import pytest

from workbench import Program
from workbench.insight import discover

# v4 and v5 are weighted sums of the features, v11 is what s1 weighs by v2.
TEXT = """
def Setup():
  s2 = 0.02
  s9 = 1.0
  v9 = bcast(s9)
  m0 = gaussian(0.0, 0.4, (n_features, n_features))
  m1 = gaussian(0.0, 0.4, (n_features, n_features))
  v2 = gaussian(0.0, 0.4, n_features)
def Predict():
  v4 = dot(m0, v0)
  v5 = dot(m1, v0)
  {}
  s1 = dot(v2, v11)
def Learn():
  s3 = s0 - s1
  s3 = s3 * s2
  v12 = s3 * v11
  v2 = v2 + v12
"""
MULTIPLY = {
    "rectified sums": "v6 = maximum(v4, v13); v7 = maximum(v5, v13); v11 = v6 * v7",
    "one rectified": "v6 = minimum(v0, v13); v11 = v4 * v6",
    "two even functions": "v6 = abs(v4); v7 = abs(v5); v11 = v6 * v7",
    "a sine": "s5 = dot(v4, v0); s5 = sin(s5); v11 = s5 * v0",
    "a switch of another": "v6 = heaviside(v5, 1.0); v11 = v4 * v6",
    "the length": "s5 = norm(v0); v11 = s5 * v0",
    "division by a reciprocal": "v6 = 1 / v5; v11 = v4 / v6",
}
DO_NOT = {
    "a rectifier": "v6 = heaviside(v4, 1.0); v11 = v4 * v6",
    "its sum made twice": "v5 = dot(m0, v0); v6 = heaviside(v5, 1.0); v11 = v4 * v6",
    "a bend by a product": "v6 = abs(v4); v6 = v6 + v9; v6 = 1 / v6; v11 = v4 * v6",
    "a unit gated by itself": "v6 = abs(v4); v6 = v6 + v9; v6 = v4 / v6; v6 = v6 + v9;"
    " v11 = v4 * v6",
    "the length taken out": "s5 = norm(v0); s5 = s5 + s9; s5 = 1 / s5; v11 = s5 * v0",
    "a product that cancels": "v6 = v4 * v0; v11 = v0 + v6; v11 = v11 - v6",
    "a product with nothing": "v6 = v4 * v0; v6 = v6 * v13; v11 = v0 + v6",
}


@pytest.mark.parametrize("way", [*MULTIPLY, *DO_NOT])
def test_products_of_what_two_values_say_are_interactions(way):
    lines = (MULTIPLY | DO_NOT)[way].replace("; ", "\n  ")
    found = {d.concept.name for d in discover(Program.from_text(TEXT.format(lines)))}
    assert ("bilinear interaction" in found) == (way in MULTIPLY)
