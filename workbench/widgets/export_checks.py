"""Whether a program's NumPy code is right, checked by a thread while it is read."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from workbench.engine import check_export
from workbench.engine.warm import telling
from workbench.programs import Program
from workbench.widgets.latest import Latest

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.engine import ExportCheck

KEPT = 256
"""Programs whose checks are remembered, for all panels."""

logger = logging.getLogger(__name__)

_known: OrderedDict[tuple[Program, str], ExportCheck] = OrderedDict()
_knowing = threading.Lock()


class ExportChecks(Latest[tuple[Program, int]]):
    """Checks one program at a time: the last that was asked for.

    Parameters
    ----------
    lock
        Held while `report` is called.
    report
        Takes what is to be shown: `state` ("checking", "equal", "different", "random"
        or "failed"), `text`, and the `version` that `ask` was given.
    """

    def __init__(
        self, lock: threading.RLock, report: Callable[[dict[str, Any]], None]
    ) -> None:
        super().__init__("export checks", lock)
        self._report = report

    def ask(self, program: Program, version: int) -> None:
        """Report that the program is being checked, and later how it went."""
        with self._lock:
            self._wanted = wanted = program, version
            self._tell(wanted, "checking")
            self._want(wanted)

    def _work(self) -> None:
        while True:
            with self._lock:
                wanted = self._wanted
                if wanted is None:
                    self._thread = None
                    return
            state, text = self._check(wanted)
            with self._lock:
                self._tell(wanted, state, text)
                if self._wanted is wanted:
                    self._wanted = None

    def _check(self, wanted: tuple[Program, int]) -> tuple[str, str]:
        def compiling(text: str) -> None:
            with self._lock:
                self._tell(wanted, "checking", text)

        try:
            with telling(compiling):
                found = _checked(wanted[0])
        except Exception as error:
            logger.debug("exported code could not be checked", exc_info=True)
            return "failed", str(error) or type(error).__name__
        return found.verdict, str(found)

    def _tell(self, wanted: tuple[Program, int], state: str, text: str = "") -> None:
        if self._wanted is wanted:
            self._report({"state": state, "text": text, "version": wanted[1]})


def _checked(program: Program) -> ExportCheck:
    # Equal programs may be for labels of different kinds.
    key = program, program.space.label
    with _knowing:
        found = _known.get(key)
    if found is None:
        found = check_export(program)
    with _knowing:
        _known[key] = found
        _known.move_to_end(key)
        while len(_known) > KEPT:
            _known.popitem(last=False)
    return found
