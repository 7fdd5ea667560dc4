"""The page `docs/performance.md`: every figure on it comes from the session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.ceilings import FLOPS, LOADED, RESOURCES, STORED, peak
from benchmarks.machine import in_words
from benchmarks.measure import SEARCHES
from benchmarks.table import ASKED, as_markdown, large, table
from benchmarks.turns import INDIVIDUALS, INSTRUCTIONS, STEPS, ratio
from benchmarks.workloads import (
    DEPENDENT,
    EVALUATED,
    FEWER,
    INDEPENDENT,
    MEANING,
    ORIGINAL,
    SHARED,
    SINGLE,
    fewer_tasks,
    plain,
    setup_only,
    shared,
    single,
    through_python,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.first_use import FirstUse
    from benchmarks.measure import Session

_BUSY = 0.1  # cores of other work from which threads cannot be judged

TEMPLATE = """# Performance

Made by `make bench` (`python -m benchmarks`). Medians of {turns} runs; the range is
that of the runs around the median. All cases take turns, with the turn as the seed
where there is one, and ratios between cases are medians of the ratios within a turn.
Compilation is not counted. Float64 on one thread unless the name says otherwise.

Machine: {machine}. {others}

{table}

{meaning}

All on ten tasks, which are evaluated side by side. In evaluations, an individual is one
evaluation. In searches, it is counted whether it was run, stopped early or known, and
so are its training steps, marked {asked}: what the search asked for, no measure of how
fast examples are trained on. A training step is one example of one task. An instruction
is one instruction of the program on one example of all ten tasks; a fused pair is two.
How many a search runs is not counted. "Roofline" is the fraction reached of what the
machine could do, see below.

{reference}

## Shortcuts

What dead code left out, fused pairs and exact duplicates never run bring: individuals a
second with them over those without. In every turn, both came to the same: all counters,
the best fitness and the fitness of every member, bit for bit.

{shortcuts}

How much a search repeats itself depends on its seed, and the range above shows it; a
median says little of slow seeds. All turns together, individuals over seconds, so that
slow ones weigh more:

{pooled}

## Two threads

Searches of several populations, with their curves, in chunks as a runner makes them:
two threads over one, individuals a second. Populations that take unequal time cannot
share two threads evenly if there are only two of them.

{threads}
{busy}
## Single precision

{single}

## Through `evaluate`

What is left of the rate when each evaluation is a call from Python, with its checks,
lowering and fresh working arrays:

{python}

## Rooflines

In the same turns, small kernels out of the same vectors as the engine's showed
what one core can do at most, in its first-level cache (the best of all runs and
vector widths):

{ceilings}

For each training step of one task, the instructions as they run (after dead code
is gone and pairs are fused) need at least this much: the arithmetic, every operand
loaded once, every result stored once. A multiply-add counts as two operations. The
interpreter's own loads are not counted, nor is Setup. The slowest of the three gives
the roofline, as if the others cost nothing. The fraction also counts
validation.

{rooflines}

## Where the wall is

As far as it was measured, beside the roofline:

{probes}

{walls}

These parts overlap, since processors do many things at once: they do not add up.

- "Setup": an evaluation with a single example, in parts of the whole evaluation.
- "Rows": the rows of a training step times what a row of the cheapest kind takes, a
  scalar sum that waits for no other ({independent:.2f} ns, dispatch included), in parts
  of the time of a step. A row that waits for the one before it, by way of memory, takes
  {dependent:.2f} ns, {latency:.1f} times as long: what a chain of instructions adds.
- "Time of {fewer} tasks": that of an evaluation of {fewer} tasks over that of ten.
  {proportional:.0%} would mean that only work on lanes costs time, 100 % that it costs
  none.
- "Lanes": computed for ten tasks. Lanes beyond ten are idle.

## First use

A new process, from its start to the first generation of the demo, with a filled
cache of compiled code: {filled:.2f} s (median of {starts}). {empty}
"""


def _join(lines: list[str]) -> str:
    return "\n".join(lines)


def _reference(session: Session, given: Mapping[str, float] | None) -> str:
    text = (
        '"Original (other machine)" is what the original C++ engine did on one core of'
        " an idle 2-core AMD EPYC (-O3, double precision), as issue 3 records it: take"
        " that ratio as a hint, not as a measurement."
    )
    if given is None:
        return text
    machine = ", ".join(name for name in session.shown if name in given)
    return (
        f'{text} "Original (this session)" is what it did on this machine in the same'
        f" session ({machine})."
    )


def _ratios(session: Session, pairs: Mapping[str, tuple[str, str]], unit: str) -> str:
    results = session.results
    return _join(
        [
            f"- {name}: {ratio(results[one], results[other], unit):.2f}"
            for name, (one, other) in pairs.items()
        ]
    )


def _pooled(session: Session) -> str:
    lines = [["workload", "individuals/s", "no shortcuts", "ratio to the original *"]]
    for name in SEARCHES:
        rate = session.results[name].pooled(INDIVIDUALS)
        full = session.results[plain(name)].pooled(INDIVIDUALS)
        times = f"{rate / ORIGINAL[name].rate:.1f}x, {full / ORIGINAL[name].rate:.1f}x"
        lines.append([name, large(rate), large(full), times])
    return as_markdown(lines) + "\n\n\\* with shortcuts, without; other machine."


def _warning(others: float | None) -> str:
    """Return what other work means for two threads."""
    if others is not None and others < _BUSY:
        return ""
    return (
        "\nThe machine was busy with other work, or may have been: these two ratios are"
        " no measure of what a second core brings.\n"
    )


def _ceilings(session: Session) -> str:
    lines = [["", "float64", "float32"]]
    scale = {FLOPS: "Gflop/s", LOADED: "GB/s loaded", STORED: "GB/s stored"}
    for resource in RESOURCES:
        rates = [
            f"{peak(session.results, resource, dtype) / 1e9:,.0f}"
            for dtype in ("float64", "float32")
        ]
        lines.append([scale[resource], *rates])
    return as_markdown(lines)


def _rooflines(session: Session) -> str:
    lines = [
        [
            "workload",
            *(f"{resource} (ps)" for resource in RESOURCES),
            "binding",
            "measured ps",
            "roofline",
            "with idle lanes",
        ]
    ]
    for name, roof in session.rooflines.items():
        needs = roof.counts.step.bytes(roof.itemsize)
        each = [f"{needs[r]:,.0f} ({roof.seconds[r] * 1e12:,.0f})" for r in RESOURCES]
        lines.append(
            [
                name,
                *each,
                roof.binding,
                f"{roof.step * 1e12:,.0f}",
                f"{roof.fraction:.0%}",
                f"{roof.fraction_of_lanes:.0%}",
            ]
        )
    return as_markdown(lines)


def _setup(session: Session, name: str) -> float:
    """Return the part of an evaluation that Setup and a single example take."""
    results = session.results
    return ratio(results[name], results[setup_only(name)], INDIVIDUALS)


def _rows(session: Session, name: str) -> float:
    """Return the part of a training step that its rows take if they are cheapest."""
    roof = session.rooflines[name]
    cheapest = session.results[INDEPENDENT].seconds_each(INSTRUCTIONS)
    return roof.counts.step_rows * cheapest / (roof.step * roof.tasks)


def _fewer(session: Session, name: str) -> float:
    """Return the time of an evaluation of fewer tasks in parts of that of ten."""
    results = session.results
    return ratio(results[name], results[fewer_tasks(name)], INDIVIDUALS)


def _probes(session: Session) -> str:
    lines = [["workload", "rows a step", "Setup", "rows", f"time of {FEWER} tasks"]]
    lines[0].append("lanes")
    for name in EVALUATED:
        roof = session.rooflines[name]
        lines.append(
            [
                name,
                str(roof.counts.step_rows),
                f"{_setup(session, name):.0%}",
                f"{_rows(session, name):.0%}",
                f"{_fewer(session, name):.0%}",
                str(roof.lanes),
            ]
        )
    return as_markdown(lines)


def _wall(session: Session, name: str) -> str:
    """Sum up what was measured of one workload."""
    roof = session.rooflines[name]
    parts = {
        f"the binding resource ({roof.binding})": roof.fraction,
        "its rows, were each the cheapest kind,": _rows(session, name),
        "Setup": _setup(session, name),
    }
    largest = max(parts, key=lambda part: parts[part])
    accounted = f"{largest} would alone be the largest part, {parts[largest]:.0%}"
    idle = roof.lanes - roof.tasks
    lanes = f"{idle} of {roof.lanes} lanes idle" if idle else "no lane idle"
    return f"- {name}: {accounted}; {lanes}."


def page(
    session: Session,
    started: FirstUse,
    given: Mapping[str, float] | None,
    machine: str,
    others: float | None,
) -> str:
    """Return the page."""
    results = session.results
    independent = results[INDEPENDENT].seconds_each(INSTRUCTIONS)
    dependent = results[DEPENDENT].seconds_each(INSTRUCTIONS)
    empty = "With an empty one it was not measured."
    if started.empty is not None:
        empty = (
            "The very first process, which finds the cache empty and compiles what the"
            f" demo needs: {started.empty:.0f} s (measured once)."
        )
    return TEMPLATE.format(
        turns=session.turns,
        machine=machine,
        others=in_words(others),
        asked=ASKED,
        pooled=_pooled(session),
        busy=_warning(others),
        table=as_markdown(table(session.rows, given)),
        meaning=_join([f"- {name}: {text}." for name, text in MEANING.items()]),
        reference=_reference(session, given),
        shortcuts=_ratios(
            session, {name: (name, plain(name)) for name in SEARCHES}, INDIVIDUALS
        ),
        threads=_ratios(
            session,
            {
                f"{name}, {populations} populations": (
                    shared(name, populations, 2),
                    shared(name, populations, 1),
                )
                for name, populations, _ in SHARED
            },
            INDIVIDUALS,
        ),
        single="Float32 over float64, train steps a second:\n\n"
        + _ratios(session, {name: (single(name), name) for name in SINGLE}, STEPS),
        python=_ratios(
            session, {name: (through_python(name), name) for name in EVALUATED}, STEPS
        ),
        ceilings=_ceilings(session),
        rooflines=_rooflines(session),
        probes=_probes(session),
        walls=_join([_wall(session, name) for name in EVALUATED]),
        independent=independent * 1e9,
        dependent=dependent * 1e9,
        latency=dependent / independent,
        fewer=FEWER,
        proportional=FEWER / 10,
        filled=started.median,
        starts=len(started.filled),
        empty=empty,
    )
