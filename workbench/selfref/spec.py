"""What a model is: a frozen description, checked when it is built."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from numbers import Real
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from workbench.tasks.spec import Check, one_of, whole

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["srwm", "deltanet", "fake-sr", "linear-attention", "lstm"]
Read = Literal["before", "after"]

KINDS: tuple[Kind, ...] = ("srwm", "deltanet", "fake-sr", "linear-attention", "lstm")
_MOST = 65_536
_CONVENTION: Mapping[str, Read] = {"deltanet": "after", "linear-attention": "after"}


@dataclass(frozen=True)
class ModelSpec:
    """A sequence model: linear in, blocks, linear out. Equal specs make equal models.

    Options that a kind does not have leave it as it is, so that models can be compared
    with ``dataclasses.replace(spec, kind=...)``.

    Raises
    ------
    ValueError
        When it is built: naming the field, its value and what is accepted.
    """

    kind: Kind
    """"srwm" (Irie et al. 2022), "deltanet" (Schlag et al. 2021), "fake-sr" (an SRWM
    that never changes), "linear-attention" (Katharopoulos et al. 2020) or "lstm"
    (Hochreiter and Schmidhuber 1997), each within the same block."""
    inputs: int
    """Features of a time step: those of the example and of its label."""
    outputs: int
    layers: int = 2
    hidden: int = 64
    """Width of the blocks; split evenly over the heads."""
    heads: int = 4
    """Independent matrices side by side in a layer. Not of "lstm"."""
    ff: int = 2
    """Width of the feed-forward part, in multiples of ``hidden``."""
    input_softmax: bool = False
    """"srwm", "fake-sr": softmax on what a head reads. The paper's general equation and
    its reinforcement learning have it, its few-shot models do not: it takes the sign
    and the size from the features (few-shot training stayed at chance when tried)."""
    query_scale: float = 1.0
    """"srwm": W^q starts with this times the usual deviation. 1 in the paper. The
    authors' later work has 0.01, since the query is multiplied by the same matrix
    again: all queries then begin near uniform, and what is written hardly depends on
    them until W^q has grown."""
    rates: Literal[1, 4] = 4
    """"srwm": learning rates that a head gives itself per step: one for all, or one for
    each of its parts y, q, k and b (the paper's experiments)."""
    rate_bias: float = 0.0
    """"srwm": mean of the weights W^b that make the rates. 0 in the authors' launchers,
    where -1 was worse. With ``input_softmax`` it is exactly the initial logit of
    the rates: below 0, the matrix changes slowly at first."""
    read: Read | None = None
    """Whether a step's output is read before or after the matrix changed. None: as
    published, "before" for "srwm" (its output is made with its keys), "after" for
    "deltanet" and "linear-attention" (a step then sees its own value, so that a label
    can be answered in the step that shows it)."""

    checks: ClassVar[Mapping[str, Check]]

    def __post_init__(self) -> None:
        for name, check in self.checks.items():
            value = check(f"ModelSpec.{name}", getattr(self, name))
            object.__setattr__(self, name, value)
        if self.kind != "lstm" and self.hidden % self.heads:
            divisors = [n for n in range(1, self.hidden + 1) if self.hidden % n == 0]
            raise ValueError(
                f"ModelSpec.heads is {self.heads}; accepted: a divisor of hidden, which"
                f" is {self.hidden}: {', '.join(map(str, divisors))}"
            )

    @property
    def head(self) -> int:
        """Width of one head."""
        return self.hidden // self.heads

    @property
    def reads(self) -> Read:
        """When outputs are read: ``read``, or what was published for the kind."""
        return self.read or _CONVENTION.get(self.kind, "before")

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as plain JSON values; `from_dict` reads it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote; fields that are absent take their defaults."""
        names = [field.name for field in fields(cls)]
        for key in values:
            if key not in names:
                raise ValueError(
                    f"ModelSpec has no field {key!r}; accepted: {', '.join(names)}"
                )
        for name in names[:3]:
            if name not in values:
                raise ValueError(
                    f"ModelSpec.{name} is not given; accepted:"
                    f" a mapping with {', '.join(names[:3])}"
                )
        return cls(**values)


def _real(low: float, high: float) -> Check:
    def check(name: str, value: Any) -> float:
        is_real = isinstance(value, Real) and not isinstance(value, bool)
        if not is_real or not math.isfinite(value) or not low <= value <= high:
            raise ValueError(
                f"{name} is {value!r}; accepted: a number, {low:g} to {high:g}"
            )
        return float(value)

    return check


def _flag(name: str, value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError(f"{name} is {value!r}; accepted: True, False")
    return value


def _rates(name: str, value: Any) -> int:
    if type(value) is not int or value not in {1, 4}:
        raise ValueError(f"{name} is {value!r}; accepted: 1, 4")
    return value


def _read(name: str, value: Any) -> str | None:
    if value is not None and value not in {"before", "after"}:
        raise ValueError(f"{name} is {value!r}; accepted: 'before', 'after', None")
    return value


ModelSpec.checks = {
    "kind": one_of(*KINDS),
    "inputs": whole(1, _MOST),
    "outputs": whole(1, _MOST),
    "layers": whole(1, 64),
    "hidden": whole(1, _MOST),
    "heads": whole(1, _MOST),
    "ff": whole(1, 64),
    "input_softmax": _flag,
    "query_scale": _real(0.0, 100.0),
    "rates": _rates,
    "rate_bias": _real(-100.0, 100.0),
    "read": _read,
}
