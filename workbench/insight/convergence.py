"""Which concepts appear again and again over many runs, and whether that is chance."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
from scipy.stats import fisher_exact, norm

from workbench.insight.discover import discover
from workbench.insight.lineage import room
from workbench.insight.motifs import code_motifs
from workbench.programs import Program, Space
from workbench.tasks.spec import task_spec_from_dict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from workbench.insight.probe import Metric
    from workbench.runs import RunStore

Kind = Literal["concepts", "code"]

CERTAIN = 0.5
"""A concept counts for a run from this certainty on."""
CONFIDENCE = 0.95
_COLUMNS = {
    "concept": "Concept",
    "runs": "Runs",
    "share": "Share",
    "low": "Low",
    "high": "High",
    "control_runs": "Control",
    "control_share": "Control share",
    "control_low": "Control low",
    "control_high": "Control high",
    "odds_ratio": "Odds ratio",
    "p_value": "p",
    "adjusted": "p (Holm)",
}


@dataclass(frozen=True, slots=True)
class Motif:
    """How often something appeared in runs, and in runs of a control.

    Attributes
    ----------
    concept
        Its name: a concept of `CATALOGUE`, or a motif of the code.
    runs, of
        In how many runs it appeared, of how many.
    control_runs, control_of
        The same for the control.
    odds_ratio
        Of the four counts: above 1, it is more frequent than in the control; infinite
        if it is in all runs or in none of the control; NaN if it is in all of both.
    p_value
        Of Fisher's exact test, two-sided: how probable counts are that are no more
        probable than these, if it does not matter to which group a run belongs.
    adjusted
        The p value after Holm's correction for all motifs that were compared. It bounds
        the probability of even one false claim among them, however they
        depend on each other (Holm 1979), as concepts of one program do.
    """

    concept: str
    runs: int
    of: int
    control_runs: int
    control_of: int
    odds_ratio: float
    p_value: float
    adjusted: float

    @property
    def share(self) -> float:
        """The share of the runs that have it."""
        return self.runs / self.of

    @property
    def control_share(self) -> float:
        """The share of the runs of the control that have it."""
        return self.control_runs / self.control_of

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share."""
        return wilson(self.runs, self.of)

    @property
    def control_interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the control's share."""
        return wilson(self.control_runs, self.control_of)

    def __str__(self) -> str:
        return (
            f"{self.concept}: {self.runs} of {self.of} runs, {self.control_runs} of"
            f" {self.control_of} in the control, p = {self.adjusted:.2g} (Holm)"
        )


def converge(
    found: Sequence[Collection[str]],
    control: Sequence[Collection[str]],
    *,
    at_least: int = 1,
) -> tuple[Motif, ...]:
    """Compare how often concepts appear in runs and in those of a control.

    Parameters
    ----------
    found, control
        The names of the concepts that each run found: a collection a run, which may
        be empty.
    at_least
        Leave out what fewer runs have, both groups taken together. Fisher's test
        takes that sum as given, so the p values of the rest stay what they are, and
        fewer of them are corrected for.

    Returns
    -------
    tuple of Motif
        The smallest p value first; of equal ones, the largest difference of shares.

    Raises
    ------
    ValueError
        When a group has no runs.
    TypeError
        When a run is a text instead of a collection of names.
    """
    runs, others = _counted("found", found), _counted("control", control)
    both = runs + others
    motifs = [
        _compare(name, runs[name], len(found), others[name], len(control))
        for name in sorted(both)
        if both[name] >= at_least
    ]
    motifs.sort(key=lambda m: (m.p_value, m.control_share - m.share, m.concept))
    return _corrected(motifs)


def converge_runs(
    store: RunStore,
    found: Sequence[str],
    control: Sequence[str],
    *,
    kind: Kind = "concepts",
    at_least: int = 1,
) -> tuple[Motif, ...]:
    """Compare runs of a store by the best program of each.

    Parameters
    ----------
    store
        Where the runs are.
    found, control
        The ids of the runs, and of the control.
    kind
        "concepts": what `discover` names (some 0.1 s a run); "code": what
        `code_motifs` finds.
    at_least
        As for `converge`.

    Raises
    ------
    ValueError
        For another kind, when a run has no program yet, and as `converge`.
    """
    if kind not in ("concepts", "code"):
        raise ValueError(f"kind is {kind!r}; accepted: 'concepts' or 'code'")
    groups = [
        [_read(store, run_id, kind) for run_id in ids] for ids in (found, control)
    ]
    return converge(*groups, at_least=at_least)


def concept_names(program: Program, metric: Metric = "rmse") -> frozenset[str]:
    """Return the concepts of a program that are at least `CERTAIN`, by name."""
    return frozenset(
        one.concept.name
        for one in discover(program, metric)
        if one.certainty >= CERTAIN
    )


def best_program(store: RunStore, run_id: str) -> Program:
    """Return the program that a run selected, or the best it has found so far.

    Raises
    ------
    ValueError
        When the run has found none, or there is no such run.
    """
    record = store.get(run_id)
    told = [
        event.data["text"]
        for event in store.events(record.id)
        if event.kind in ("best", "selected")
    ]
    if not told:
        raise ValueError(
            f"run {record.id} ({record.name}, {record.status}) has no program yet"
        )
    space = record.spec.get("space")
    return Program.from_text(told[-1], room(Space.from_dict(space)) if space else None)


def wilson(count: int, of: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share (Wilson 1927)."""
    z = float(norm.ppf(0.5 + CONFIDENCE / 2))
    share, weight = count / of, z * z / of
    middle = (share + weight / 2) / (1 + weight)
    reach = z * math.sqrt((share * (1 - share) + weight / 4) / of) / (1 + weight)
    # At the ends of the scale, rounding must not leave the share itself out.
    return max(0.0, min(share, middle - reach)), min(1.0, max(share, middle + reach))


def to_frame(motifs: Sequence[Motif]) -> pd.DataFrame:
    """Return a table with a row for each motif, in their order.

    The columns `low` and `high` are the ends of the shares' 95 % intervals.
    """
    rows = [
        {
            "concept": m.concept,
            "runs": m.runs,
            "of": m.of,
            "share": m.share,
            "low": m.interval[0],
            "high": m.interval[1],
            "control_runs": m.control_runs,
            "control_of": m.control_of,
            "control_share": m.control_share,
            "control_low": m.control_interval[0],
            "control_high": m.control_interval[1],
            "odds_ratio": m.odds_ratio,
            "p_value": m.p_value,
            "adjusted": m.adjusted,
        }
        for m in motifs
    ]
    columns = [*_COLUMNS]
    columns[2:2], columns[7:7] = ["of"], ["control_of"]
    return pd.DataFrame(rows, columns=columns)


def to_latex(motifs: Sequence[Motif]) -> str:
    """Return the table in LaTeX, for the packages booktabs and amsmath."""
    lines = [
        r"\begin{tabular}{lrrrr}",
        r"\toprule",
        r"Concept & Runs & Control & Odds ratio & $p$ (Holm) \\",
        r"\midrule",
        *(
            f"{_escape(m.concept)} & {m.runs}/{m.of} & {m.control_runs}/{m.control_of}"
            f" & {_odds(m.odds_ratio)} & {_probability(m.adjusted)} \\\\"
            for m in motifs
        ),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _counted(name: str, group: Sequence[Collection[str]]) -> Counter[str]:
    """Return how many runs have each name."""
    if isinstance(group, str) or not len(group):
        raise ValueError(
            f"{name} is {group!r}; accepted: a collection of names for each run, at"
            " least one run"
        )
    counts: Counter[str] = Counter()
    for number, names in enumerate(group):
        if isinstance(names, str):
            raise TypeError(
                f"{name}[{number}] is the text {names!r}; accepted: a collection of"
                f" names, such as {{{names!r}}}"
            )
        counts.update(set(names))
    return counts


def _compare(
    name: str, runs: int, of: int, control_runs: int, control_of: int
) -> Motif:
    test = fisher_exact(
        np.array([[runs, of - runs], [control_runs, control_of - control_runs]])
    )
    return Motif(
        name,
        runs,
        of,
        control_runs,
        control_of,
        odds_ratio=float(test.statistic),
        p_value=float(test.pvalue),
        adjusted=math.nan,
    )


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Correct p values, in any order, for their number (Holm 1979).

    Their family-wise error is then bounded, however they depend on each other.
    """
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, highest = [1.0] * len(order), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p_values[place]))
        corrected[place] = highest
    return tuple(corrected)


def _corrected(motifs: list[Motif]) -> tuple[Motif, ...]:
    adjusted = holm([motif.p_value for motif in motifs])
    pairs = zip(motifs, adjusted, strict=True)
    return tuple(replace(motif, adjusted=value) for motif, value in pairs)


def _read(store: RunStore, run_id: str, kind: Kind) -> frozenset[str]:
    program = best_program(store, run_id)
    if kind == "code":
        return code_motifs(program)
    return concept_names(program, _metric(store, run_id))


def _metric(store: RunStore, run_id: str) -> Metric:
    """Return what a run's tasks ask for."""
    settings = store.get(run_id).spec.get("tasks")
    if not settings:
        return "rmse"
    return task_spec_from_dict({**settings, "tasks": 1}).make().metric


def _odds(value: float) -> str:
    if math.isnan(value):
        return "--"
    return r"$\infty$" if math.isinf(value) else f"{value:.3g}"


def _probability(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else r"$<0.001$"


_LATEX = {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": "$<$",
    ">": "$>$",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}


def _escape(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)
