"""Programs designed by hand: starting points, baselines and yardsticks.

``linear`` and ``two_layer_network`` are the original engine's, instruction for
instruction (google-research, automl_zero: LINEAR and NEURAL_NET algorithms).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.programs.instruction import single
from workbench.programs.program import Program

if TYPE_CHECKING:
    from collections.abc import Callable


def empty() -> Program:
    """Return the program that does nothing and predicts 0."""
    return Program()


def linear(learning_rate: float = 0.01) -> Program:
    """Return linear regression by stochastic gradient descent, without bias.

    Parameters
    ----------
    learning_rate
        Step size.
    """
    return Program.from_text(f"""
        def Setup():
          s2 = {float(learning_rate)!r}
        def Predict():
          s1 = dot(v1, v0)
        def Learn():
          s3 = s0 - s1
          s3 = s2 * s3
          v2 = s3 * v0
          v1 = v1 + v2
    """)


def affine(learning_rate: float = 0.01) -> Program:
    """Return linear regression with a bias by stochastic gradient descent.

    Parameters
    ----------
    learning_rate
        Step size.
    """
    return Program.from_text(f"""
        def Setup():
          s2 = {float(learning_rate)!r}
        def Predict():
          s1 = dot(v1, v0)
          s1 = s1 + s4
        def Learn():
          s3 = s0 - s1
          s3 = s2 * s3
          v2 = s3 * v0
          v1 = v1 + v2
          s4 = s4 + s3
    """)


def logistic_regression(learning_rate: float = 0.01) -> Program:
    """Return logistic regression by stochastic gradient descent.

    It is the affine program: on accuracy tasks the engine puts the sigmoid of s1 back
    into s1 before Learn, so that label minus s1 is the gradient of the cross-entropy.

    Parameters
    ----------
    learning_rate
        Step size.
    """
    return affine(learning_rate)


def two_layer_network(
    learning_rate: float = 0.01,
    hidden_scale: float = 0.1,
    output_scale: float = 0.1,
    bias: bool = True,
) -> Program:
    """Return a network of F rectified hidden units by stochastic gradient descent.

    Hidden weights are updated with the output weights after their update, as in the
    original.

    Parameters
    ----------
    learning_rate
        Step size.
    hidden_scale, output_scale
        Standard deviations of the initial weights (kept with 32 bits).
    bias
        Whether hidden units and output have biases.
    """
    with_bias = [
        ("v3 = v3 + v1", "s1 = s1 + s2", "s2 = s2 + s4", "v1 = v1 + v7"),
        ("pass", "pass", "pass", "pass"),
    ]
    hidden, output, learn_output, learn_hidden = with_bias[0 if bias else 1]
    return Program.from_text(f"""
        def Setup():
          v2 = gaussian(0.0, {single(output_scale)!r}, n_features)
          m0 = gaussian(0.0, {single(hidden_scale)!r}, (n_features, n_features))
          s3 = {float(learning_rate)!r}
        def Predict():
          v3 = dot(m0, v0)
          {hidden}
          v4 = maximum(v3, v5)
          s1 = dot(v4, v2)
          {output}
        def Learn():
          s4 = s0 - s1
          s4 = s3 * s4
          {learn_output}
          v6 = s4 * v4
          v2 = v2 + v6
          v7 = s4 * v2
          v8 = heaviside(v3, 1.0)
          v7 = v8 * v7
          {learn_hidden}
          m1 = outer(v7, v0)
          m0 = m0 + m1
    """)


def evolved(
    learning_rate: float = 0.01,
    low: float = 0.7,
    high: float = 2.3,
    share: float = 0.01,
) -> Program:
    """Return the algorithm that AutoML-Zero's best run arrived at, from its formulas.

    Real et al. 2020, figure 6: a = x + u and b = x - u with noise u ~ U(low, high), the
    output o = a^T W b, the error d = y - o, the gradient g = d a b^T taken with unit
    length, and for validation the sum of all W. The error is that of the output, not of
    its sigmoid: o + 1/2 is compared with labels 0 and 1, so that o decides at 0.

    Parameters
    ----------
    learning_rate
        Length of a step.
    low, high
        Ends of the interval of the noise. A mean other than 0 gives the form linear
        terms.
    share
        Factor of the sum of weights.
    """
    return Program.from_text(f"""
        def Setup():
          s2 = {float(learning_rate)!r}
          s3 = 0.5
          s4 = {float(share)!r}
          s5 = 1.0
          m0 = gaussian(0.0, 0.001, (n_features, n_features))
        def Predict():
          v1 = uniform({single(low)!r}, {single(high)!r}, n_features)
          v2 = v0 + v1
          v3 = v0 - v1
          v4 = dot(m2, v3)
          s1 = dot(v2, v4)
          s6 = s1 + s3
          m2 = s4 * m1
        def Learn():
          s7 = s0 - s6
          m3 = outer(v2, v3)
          m3 = s7 * m3
          s8 = norm(m3)
          s9 = s2 / s8
          m3 = s9 * m3
          m0 = m0 + m3
          m1 = m1 + m0
          m2 = s5 * m0
    """)


HAND_DESIGNED: dict[str, Callable[[], Program]] = {
    "empty": empty,
    "linear": linear,
    "affine": affine,
    "logistic_regression": logistic_regression,
    "two_layer_network": two_layer_network,
}
"""The hand-designed programs by name, with their default constants."""
