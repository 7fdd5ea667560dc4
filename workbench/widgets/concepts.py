"""The concepts of the programs shown, named by a thread while the reader reads."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.insight import discover
from workbench.widgets.latest import Latest
from workbench.widgets.mathml import to_mathml

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.insight import Discovery
    from workbench.insight.probe import Metric
    from workbench.programs import Program
    from workbench.tasks import TaskSpec

KEPT = 256
"""Programs whose concepts are remembered, for all panels."""

LIVE_SECONDS = 2.0
"""Between two programs of a search that runs: naming takes some 0.1 s of a core."""

logger = logging.getLogger(__name__)

Key = tuple["Program", str, "Metric"]
_known: OrderedDict[Key, tuple[Discovery, ...]] = OrderedDict()
_knowing = threading.Lock()


def metric_for(program: Program) -> Metric:
    """Return what tasks ask for if nothing else is known: classes with vectors."""
    return "accuracy" if program.space.vector_label else "rmse"


def metric_of(spec: TaskSpec) -> Metric:
    """Return what the tasks of a spec ask for; makes one of them."""
    values = spec.to_dict()
    if "tasks" in values:
        values["tasks"] = 1
    return type(spec).from_dict(values).make().metric


def known_concepts(program: Program, metric: Metric) -> tuple[Discovery, ...] | None:
    """Return the concepts of a program if some panel has asked for them before."""
    with _knowing:
        return _known.get((program, program.space.label, metric))


def concepts_of(program: Program, metric: Metric) -> tuple[Discovery, ...]:
    """Return what `discover` finds, some 0.1 s; what was found is remembered."""
    found = known_concepts(program, metric)
    if found is None:
        found = discover(program, metric)
    with _knowing:
        # Equal programs may be for labels of different kinds.
        key = program, program.space.label, metric
        _known[key] = found
        _known.move_to_end(key)
        while len(_known) > KEPT:
            _known.popitem(last=False)
    return found


class Wanted(NamedTuple):
    """Concepts that are to be named."""

    name: Callable[[], list[dict[str, Any]]]
    version: int


class ConceptNames(Latest[Wanted]):
    """Names the concepts of one program at a time: of the last that was asked for.

    Parameters
    ----------
    lock
        Held while `report` is called.
    report
        Takes what is to be shown.
    """

    def __init__(
        self, lock: threading.RLock, report: Callable[[dict[str, Any]], None]
    ) -> None:
        super().__init__("concepts", lock)
        self._report = report

    def ask(self, name: Callable[[], list[dict[str, Any]]], version: int) -> None:
        """Report what `name` returns when it is known; returns at once.

        `version` comes back with it, to tell what it belongs to.
        """
        with self._lock:
            self._want(Wanted(name, version))

    def _work(self) -> None:
        while True:
            with self._lock:
                wanted = self._wanted
                if wanted is None:
                    self._thread = None
                    return
            part = self._name(wanted)
            with self._lock:
                if self._wanted is wanted:
                    self._wanted = None
                    self._report(part)

    def _name(self, wanted: Wanted) -> dict[str, Any]:
        version = wanted.version
        try:
            return {"state": "done", "version": version, "items": wanted.name()}
        except Exception as error:
            logger.debug("concepts could not be named", exc_info=True)
            message = str(error) or type(error).__name__
            return {"state": "failed", "version": version, "message": message}


def concept_items(program: Program, metric: Metric) -> list[dict[str, Any]]:
    """Return the concepts of a program as JSON values, for the chips in the page."""
    return [concept_item(one) for one in concepts_of(program, metric)]


def changed_items(a: Program, b: Program, metric: Metric) -> list[dict[str, Any]]:
    """Return the concepts of two programs: what the second gained, lost and kept.

    `change` is "gained", "lost" or ""; the lines of what was lost are those of `a`.
    """
    before = {item["name"]: item for item in concept_items(a, metric)}
    after = {item["name"]: item for item in concept_items(b, metric)}
    return [
        *({**v, "change": "gained"} for k, v in after.items() if k not in before),
        *({**v, "change": "lost"} for k, v in before.items() if k not in after),
        *({**v, "change": ""} for k, v in after.items() if k in before),
    ]


def concept_item(one: Discovery) -> dict[str, Any]:
    """Return one concept as JSON values; lines as `Learn-3`, counted from 1."""
    concept = one.concept
    return {
        "name": concept.name,
        "certainty": one.certainty,
        "math": to_mathml(concept.formula),
        "meaning": concept.meaning,
        "helps": concept.why,
        "source": concept.source,
        "why": one.why,
        "lines": [f"{name.capitalize()}-{index + 1}" for name, index in one.places],
    }


def concepts_words(part: dict[str, Any]) -> str:
    """Return the concepts in one sentence, empty before they are known."""
    if part.get("state") != "done":
        return ""
    names = [f"{item['name']} ({item['certainty']:.0%})" for item in part["items"]]
    return f"Concepts: {', '.join(names)}." if names else "No known concept found."
