"""The concepts of the program shown, named by a thread while the reader reads."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from workbench.insight import discover
from workbench.widgets.mathml import to_mathml

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.insight import Discovery
    from workbench.insight.probe import Metric
    from workbench.programs import Program

KEPT = 256
"""Programs whose concepts are remembered, for all panels."""

logger = logging.getLogger(__name__)

Key = tuple["Program", str, "Metric"]
_known: OrderedDict[Key, tuple[Discovery, ...]] = OrderedDict()
_knowing = threading.Lock()


def metric_for(program: Program) -> Metric:
    """Return what tasks ask for if nothing else is known: classes with vectors."""
    return "accuracy" if program.space.vector_label else "rmse"


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
    """A program whose concepts are to be named."""

    program: Program
    metric: Callable[[], Metric]
    """Asked in the thread: it may have to draw tasks first."""
    version: int


class ConceptNames:
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
        self._lock = lock
        self._report = report
        self._wanted: Wanted | None = None
        self._thread: threading.Thread | None = None

    def ask(self, program: Program, metric: Callable[[], Metric], version: int) -> None:
        """Report a program's concepts when they are known; returns at once.

        `version` comes back with them, to tell what they belong to.
        """
        with self._lock:
            self._wanted = Wanted(program, metric, version)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._work, name="concepts", daemon=True
                )
                self._thread.start()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until nothing is being named; tell whether that came to pass."""
        thread = self._thread
        if thread is not None:
            thread.join(seconds)
        return thread is None or not thread.is_alive()

    def forget(self) -> None:
        """Report nothing more."""
        with self._lock:
            self._wanted = None

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
        try:
            found = concepts_of(wanted.program, wanted.metric())
        except Exception as error:
            logger.debug("concepts could not be named", exc_info=True)
            message = str(error) or type(error).__name__
            return {"state": "failed", "version": wanted.version, "message": message}
        return concepts_part(found, wanted.version)


def concepts_part(found: Sequence[Discovery], version: int) -> dict[str, Any]:
    """Return concepts as JSON values, for the chips in the page."""
    return {
        "state": "done",
        "version": version,
        "items": [concept_item(one) for one in found],
    }


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
