"""The search panel in front of an audience: few buttons, a prediction, a reveal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Sequence

Controls = Literal["show", "hide"]
LONGEST = 2000
"""Characters of a prediction that are kept."""


class Lesson:
    """What the audience is asked, what it predicted, and whether it has seen.

    Parameters
    ----------
    controls
        "hide" leaves out the settings and all buttons but start and pause.
    ask
        A question to answer before the program is shown, or None.
    choices
        Answers to choose from, such as sketches of programs; none: in own words.

    Raises
    ------
    ValueError
        For other controls, one choice alone or twice, or choices without a question.
    """

    def __init__(
        self, controls: Controls, ask: str | None, choices: Sequence[str]
    ) -> None:
        if controls not in get_args(Controls):
            raise ValueError(f"controls is {controls!r}; accepted: 'show', 'hide'")
        texts = [choices] if isinstance(choices, str) else list(choices)
        if texts and not ask:
            raise ValueError("choices need a question: ask='What will ...?'")
        if len(texts) == 1 or len(set(texts)) < len(texts):
            raise ValueError(f"choices is {choices!r}; accepted: two or more, unlike")
        self._controls = controls
        self._ask = ask or ""
        self._choices = texts
        self._revealed = not ask
        self.prediction = ""

    @property
    def covered(self) -> bool:
        """Whether the program is not to be seen yet."""
        return not self._revealed

    def predict(self, text: str) -> None:
        """Keep a prediction, in place of an earlier one; too late after the reveal."""
        if self.covered and (not self._choices or text in self._choices):
            self.prediction = text.strip()[:LONGEST]

    def reveal(self) -> None:
        """Let the program be seen."""
        self._revealed = True

    def to_dict(self) -> dict[str, Any]:
        """Return what the browser shows."""
        return {
            "controls": self._controls,
            "question": self._ask,
            "choices": self._choices,
            "prediction": self.prediction,
            "covered": self.covered,
        }

    def facts(self) -> list[tuple[str, str]]:
        """Return question and prediction for hosts that show no widgets."""
        if not self._ask:
            return []
        kept = self.prediction or "none"
        facts = [("Question", self._ask), ("Prediction", kept)]
        return [*facts, ("Program", "covered until Reveal")] if self.covered else facts
