"""What a property takes in that the catalogue's concepts leave out."""

import pytest

from experiments.beyond import NOISE, beyond
from workbench.programs import library

GATE = """
def Setup():
  s3 = 0.02
def Predict():
  v3 = dot(m0, v0)
  v2 = minimum(v0, v7)
  s1 = dot(v3, v2)
def Learn():
  s4 = s0 - s1
  s4 = s3 * s4
  v4 = s4 * v2
  m1 = outer(v4, v0)
  m0 = m0 + m1
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (str(library.two_layer_network()), []),
        (GATE, []),
        (GATE + "  v7 = gaussian(0.0, 1.0, n_features)\n", [NOISE]),
        (GATE + "  v8 = gaussian(0.0, 1.0, n_features)\n", []),
        (GATE.replace("def P", "  v7 = uniform(0.0, 1.0, n_features)\ndef P"), []),
        (str(library.evolved()), [NOISE]),
    ],
)
def test_noise_counts_where_it_reaches_the_prediction(text, found):
    assert beyond(text) == found
