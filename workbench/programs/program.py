"""Programs: three component functions, immutable and equal by value."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.programs.instruction import Instruction
from workbench.programs.liveness import live_flags
from workbench.programs.ops import FUNCTIONS
from workbench.programs.space import Space
from workbench.programs.text import parse, print_functions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Flags = tuple[bool, ...]


@dataclass(frozen=True, init=False, repr=False)
class Program:
    """A learning algorithm: Setup, Predict and Learn.

    Immutable, hashable, equal when the instructions are equal (the space does not
    count). ``str(program)`` is the field's text, which :meth:`from_text` reads back.

    Parameters
    ----------
    setup, predict, learn
        The instructions of each function.
    space
        Where the program lives; by default the smallest memory that holds it.

    Raises
    ------
    SpaceError
        When the program is not in the space.
    """

    setup: tuple[Instruction, ...]
    predict: tuple[Instruction, ...]
    learn: tuple[Instruction, ...]
    space: Space = field(compare=False)

    def __init__(
        self,
        setup: Sequence[Instruction] = (),
        predict: Sequence[Instruction] = (),
        learn: Sequence[Instruction] = (),
        space: Space | None = None,
    ) -> None:
        for name, given in zip(FUNCTIONS, (setup, predict, learn), strict=True):
            object.__setattr__(self, name, _instructions(name, given))
        if space is None:
            space = Space.fitting(self.setup, self.predict, self.learn)
        object.__setattr__(self, "space", space)
        space.check(self)

    @property
    def functions(self) -> dict[str, tuple[Instruction, ...]]:
        """Return the instructions by function name: setup, predict, learn."""
        return {"setup": self.setup, "predict": self.predict, "learn": self.learn}

    @cached_property
    def live(self) -> tuple[Flags, Flags, Flags]:
        """Tell for each instruction whether it can influence a prediction."""
        setup, predict, learn = live_flags(
            tuple(self.functions.values()), self.space.sizes, self.space.vector_label
        )
        return setup, predict, learn

    def effective(self) -> Program:
        """Return the program without what cannot influence a prediction.

        It keeps memory sizes and ops of the space; functions may be empty in it.
        """
        kept = {
            name: tuple(
                i for i, is_live in zip(function, flags, strict=True) if is_live
            )
            for (name, function), flags in zip(
                self.functions.items(), self.live, strict=True
            )
        }
        space = replace(
            self.space,
            setup_length=(0, self.space.setup_length[1]),
            predict_length=(0, self.space.predict_length[1]),
            learn_length=(0, self.space.learn_length[1]),
        )
        return Program(**kept, space=space)

    def cost(self, n_train: int) -> float:
        """Return the static cost of training on ``n_train`` examples.

        cost(Setup) + n_train * (cost(Predict) + cost(Learn)), in the units of
        ``Op.cost``.
        """
        setup, predict, learn = (
            sum(instruction.op.cost for instruction in function)
            for function in self.functions.values()
        )
        return setup + n_train * (predict + learn)

    def __len__(self) -> int:
        return len(self.setup) + len(self.predict) + len(self.learn)

    def __bool__(self) -> bool:
        return True  # an empty program is a program too

    def __str__(self) -> str:
        return print_functions(self.functions)

    def __repr__(self) -> str:
        lengths = "+".join(str(len(function)) for function in self.functions.values())
        live = sum(map(sum, self.live))
        return f"<Program {lengths} instructions, {live} effective>"

    @classmethod
    def from_text(cls, text: str, space: Space | None = None) -> Program:
        """Read the field's text form (``def Setup():`` ...).

        Raises
        ------
        ProgramSyntaxError
            Naming line, column, what was found and what would be accepted, also
            where the program would lie outside the space.
        """
        return cls(**parse(text, space), space=space)

    def to_dict(self) -> dict[str, list[dict[str, Any]]]:
        """Return lists of instruction dicts, the form of the reference cases."""
        return {
            name: [instruction.to_dict() for instruction in function]
            for name, function in self.functions.items()
        }

    @classmethod
    def from_dict(
        cls, functions: Mapping[str, Any], space: Space | None = None
    ) -> Program:
        """Read lists of instruction dicts under ``setup``, ``predict``, ``learn``.

        Raises
        ------
        ValueError
            Naming the function, the instruction and the field.
        """
        if not hasattr(functions, "items"):
            raise ValueError(f"a program is {functions!r}; accepted: a dict")
        parts: dict[str, tuple[Instruction, ...]] = {}
        for name, rows in functions.items():
            if name not in FUNCTIONS:
                raise ValueError(
                    f"a program has no function {name!r}; "
                    f"accepted: {', '.join(FUNCTIONS)}"
                )
            if not hasattr(rows, "__iter__"):
                raise ValueError(f"{name} is {rows!r}; accepted: a list of dicts")
            parts[name] = tuple(
                _read_instruction(name, index, row) for index, row in enumerate(rows)
            )
        return cls(**parts, space=space)

    def to_json(self) -> str:
        """Return :meth:`to_dict` as JSON text."""
        return json.dumps(self.to_dict(), allow_nan=False)

    @classmethod
    def from_json(cls, text: str, space: Space | None = None) -> Program:
        """Read what :meth:`to_json` gives.

        Raises
        ------
        ValueError
            When it is not JSON or not a program.
        """
        return cls.from_dict(json.loads(text), space)


def _instructions(name: str, given: Sequence[Instruction]) -> tuple[Instruction, ...]:
    instructions = tuple(given)
    for index, instruction in enumerate(instructions):
        if type(instruction) is not Instruction:
            raise ValueError(
                f"{name}[{index}] is {instruction!r}; accepted: an Instruction"
            )
    return instructions


def _read_instruction(name: str, index: int, row: Any) -> Instruction:
    try:
        return Instruction.from_dict(row)
    except ValueError as error:
        raise ValueError(f"{name}[{index}]: {error}") from None
