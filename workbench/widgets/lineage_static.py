"""A lineage as a plain picture and a list, for hosts that show no widgets."""

from __future__ import annotations

import io
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from workbench.insight import diff
from workbench.widgets.lineage_parts import MUTATIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.widgets.lineage_story import Shown, Story

LISTED = 12
"""Steps in the list: those of the largest gains, in their order."""
_BEST = "#0072b2"


def static_lineage(
    title: str, story: Story, first: Callable[[int], list[str] | None]
) -> str:
    """Return the fitness against individuals, and the steps that gained most.

    `first` tells which concepts are new in a step; None if that is not known.
    """
    main = story.steps[: story.main]
    heading = f"<p><b>Lineage: {escape(title)}</b></p>"
    if not main:
        return f"{heading}<p>No program has been evaluated yet.</p>"
    largest = sorted(main[1:], key=lambda step: -step.gain)[: LISTED - 1]
    listed = {0, *(main.index(step) for step in largest)}
    new = {n: first(n) for n in sorted(listed)}
    known = any(names is not None for names in new.values())
    rows = "".join(_row(n, main, new[n] or [] if known else None) for n in new)
    said = (
        f"<p>{len(main)} steps of {story.length:,} changed the fitness; "
        f"{'these' if len(listed) == len(main) else 'those that gained most'}:</p>"
    )
    head = "".join(
        f"<th>{name}</th>"
        for name in (
            "Step",
            "Individuals",
            "Mutation",
            "Fitness",
            "Gain",
            "What changed",
            *(["New concepts"] if known else []),
        )
    )
    return (
        f'<div style="font:13px/1.5 sans-serif">{heading}{_picture(main)}{said}'
        f'<table style="font-size:13px"><tr>{head}</tr>{rows}</table></div>'
    )


def _row(number: int, main: tuple[Shown, ...], new: list[str] | None) -> str:
    step = main[number]
    verdict = ""
    if number:
        told = diff(main[number - 1].program, step.program).verdict
        verdict = (
            f"{told.share:.0%} of the effective code"
            if told.kind == "changed"
            else {"dead": "dead code only", "identical": "nothing"}.get(
                told.kind, "the same computation in another form"
            )
        )
    name = MUTATIONS.get(step.mutation or "", (step.mutation or "", ""))[0]
    cells = (
        str(number + 1),
        f"{step.individuals:,}",
        name,
        f"{step.fitness:.6g}",
        f"{step.gain:+.2g}" if number else "",
        verdict,
        *([] if new is None else [", ".join(new)]),
    )
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _picture(main: tuple[Shown, ...]) -> str:
    figure = Figure((7.0, 2.6), layout="constrained")
    axes = figure.add_subplot()
    individuals = np.array([step.individuals for step in main])
    fitness = np.array([step.fitness for step in main])
    axes.step(individuals, fitness, where="post", color=_BEST)
    axes.plot(individuals, fitness, "D", color=_BEST, markersize=3.5, mfc="white")
    axes.set_xlabel("Individuals")
    axes.set_ylabel("Fitness (1 is perfect)")
    axes.set_ylim(min(0.0, fitness.min()), 1.03)
    axes.spines[["top", "right"]].set_visible(False)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=False, metadata={"Date": None})
    svg = buffer.getvalue()
    return svg[svg.index("<svg") :]
