"""The concepts that a program may have found, each with its formula and its source."""

from __future__ import annotations

from dataclasses import dataclass

_REAL = "Real et al. 2020, AutoML-Zero"


@dataclass(frozen=True, slots=True)
class Concept:
    """Something that a learning algorithm may do.

    Attributes
    ----------
    name
        As in the field, in lower case; the key of the catalogue.
    formula
        LaTeX.
    meaning
        What it is, in plain words.
    why
        Why it helps.
    evidence
        What decides: on which ground a program is said to have it.
    knock_out
        What `knock_out` does to take it out of a program.
    source
        Where to read on.
    """

    name: str
    formula: str
    meaning: str
    why: str
    evidence: str
    knock_out: str
    source: str


# name, formula, meaning, why, evidence, knock-out, source
_ROWS: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    (
        "linear model",
        r"f(x) = w^T x",
        "the prediction is a weighted sum of the features, with learnt weights",
        "the simplest model that learns from features",
        "the prediction is additive in the features and zero at zero",
        "ones take the place of the weights, so that the features count alike",
        _REAL + ", section 4.1",
    ),
    (
        "affine model",
        r"f(x) = w^T x + b",
        "a weighted sum of the features plus a learnt offset",
        "labels need not be zero where the features are",
        "the prediction is affine in the features, with an offset that training moves",
        "zero takes the place of the offset",
        _REAL + ", section 4.1",
    ),
    (
        "gradient step of the squared error",
        r"W \leftarrow W - \eta \, \nabla_W \frac{1}{2} (y - f(x))^2",
        "weights move against the gradient of the squared error",
        "the error shrinks by the steepest way",
        "the answer of a weight to the error points along the prediction's slope",
        "what the error adds to the weights is left out: they stay as they began",
        "Robbins and Monro 1951",
    ),
    (
        "gradient step of the logistic loss",
        r"W \leftarrow W + \eta \, (y - \sigma(f(x))) \nabla_W f(x)",
        "weights move against the gradient of the cross-entropy",
        "steps stay useful while the class is still wrong",
        "the same, where the label is compared with a probability",
        "what the error adds to the weights is left out: they stay as they began",
        "Cox 1958",
    ),
    (
        "constant learning rate",
        r"\eta_t = \eta",
        "each step is the same multiple of the gradient",
        "simple, and keeps adapting",
        "the answer to the error is the same multiple of the slope in all memories",
        "each step is scaled by a factor that falls from 1 by 2 % with every example",
        "Robbins and Monro 1951",
    ),
    (
        "decaying learning rate",
        r"\eta_{t+1} = \phi(\eta_t) < \eta_t",
        "steps become shorter with time, by a map that is iterated",
        "large steps first, fine ones later",
        "that multiple falls from checkpoint to checkpoint, alike on all tasks",
        "what makes the rate fall is left out, so that it stays as begun, or typical",
        _REAL + ", section 4.3",
    ),
    (
        "adaptive learning rate",
        r"\eta_t = \phi(\text{state}, x)",
        "the step's length follows from the data or the weights",
        "steps fit the scale of the problem",
        "that multiple differs between tasks or examples",
        "its median takes the place of the factor that adapts",
        "Duchi et al. 2011",
    ),
    (
        "learning rate from the weights' mean",
        r"\eta = \phi\left(\overline{W}\right)",
        "the step's length is computed from the mean of a weight matrix",
        "a rate that no constant has to hold",
        "the mean of a learnt matrix scales the update",
        "its median takes the place of the mean",
        _REAL + ", section 4.3",
    ),
    (
        "two-layer network",
        r"f(x) = v^T \phi(W x)",
        "a nonlinear hidden layer between two sets of weights",
        "fits what no weighted sum can",
        "an active nonlinearity lies between two products with weights",
        "features skip the first weights; where they cannot, they skip the bend",
        "Rumelhart et al. 1986",
    ),
    (
        "backpropagation",
        r"W \leftarrow W + \eta \, (y - f(x)) \, (v \odot \phi'(Wx)) \, x^T",
        "the error is led back through the hidden layer to its weights",
        "the hidden layer learns too",
        "hidden weights answer along their own slope",
        "what the error adds to the hidden weights is left out",
        "Rumelhart et al. 1986",
    ),
    (
        "ReLU",
        r"\max(0, z)",
        "a rectifier: negative values become zero",
        "a nonlinearity whose slope does not fade",
        "some value is another where that is positive, and zero elsewhere",
        "values pass unchanged, and their slope counts as 1",
        "Nair and Hinton 2010",
    ),
    (
        "other nonlinearity",
        r"\phi(z)",
        "a bent function of the features other than a rectifier",
        "makes the model nonlinear",
        "an operation bends a value that depends on the features, where it is used",
        "values pass unchanged, and their slope counts as 1",
        _REAL,
    ),
    (
        "noisy ReLU",
        r"\max(u, z), \; u \text{ random}",
        "units are switched or cut off at random",
        "regularises when examples are few, like dropout",
        "a random draw decides between a value of the features and another",
        "the mean takes the place of the draw, or of the gate that it opens",
        _REAL + ", section 4.3",
    ),
    (
        "noisy input",
        r"x + u, \; u \text{ random}",
        "noise is added to the features",
        "regularises: near examples get near predictions",
        "a random draw is added to or multiplies the features before any weight",
        "the mean takes the place of the draw",
        _REAL + ", figure 6",
    ),
    (
        "error clipping",
        r"\operatorname{clip}(y - f(x))",
        "large errors count as if they were smaller",
        "one strange example cannot wreck the weights",
        "the update grows with small errors, but hardly with very large ones",
        "the error passes what bounds it, whole or in the multiple that fits best",
        _REAL + ", figure 6",
    ),
    (
        "gradient normalisation",
        r"W \leftarrow W + \eta \, g / \|g\|",
        "the gradient is divided by its length",
        "steps have the same length however steep the loss is",
        "the update's length follows neither the error nor the features' scale",
        "its median takes the place of the gradient's length",
        _REAL + ", figure 6",
    ),
    (
        "momentum",
        r"m \leftarrow \beta m + g, \; W \leftarrow W + \eta \, m",
        "updates are running sums of gradients",
        "steps go on in a direction that has paid",
        "an entry that fades by itself collects the error's answer and moves weights",
        "the sum is the last step alone, made as long as all that it would add up to",
        "Polyak 1964",
    ),
    (
        "weight averaging",
        r"\overline{W} = \sum_t W_t",
        "weights are summed or averaged over training and predict on validation",
        "the mean of noisy weights is better than the last of them",
        "an entry collects another that learns, and does not act back on it",
        "validation uses the last weights",
        "Polyak and Juditsky 1992; " + _REAL + ", figure 6",
    ),
    (
        "bilinear interaction",
        r"f(x) = a(x)^T W \, b(x)",
        "two values that are made from the features are multiplied with each other",
        "sees what pairs of features say together",
        "both sides of a product vary with the features",
        "ones take the place of one of the two sides",
        _REAL + ", figure 6",
    ),
    (
        "weight decay",
        r"W \leftarrow (1 - \lambda) W + \dots",
        "weights shrink by themselves",
        "keeps weights small and forgets what is not confirmed",
        "of a learnt weight less than all is left after an example without error",
        "weights pass unchanged what makes them smaller",
        "Hanson and Pratt 1988",
    ),
    (
        "feature normalisation",
        r"x / \|x\|",
        "features are scaled or centred for each example",
        "predictions do not follow the example's scale",
        "a value keeps its size or its differences when the features grow or shift",
        "its median takes the place of the length, mean or deviation",
        "Ba et al. 2016",
    ),
    (
        "hard-coded targets",
        r"W_0 \approx W^\ast",
        "weights that solve the search's own tasks are written into Setup",
        "it does not: it fits the tasks of the search and no others",
        "without Learn it does well on these tasks, and not on fresh ones",
        "what Setup writes into weights is left out",
        _REAL + ", section 4.2",
    ),
)

CATALOGUE: dict[str, Concept] = {row[0]: Concept(*row) for row in _ROWS}
"""The concepts by name, from models to training."""
