"""A program to read: what each line does, and where each address is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import traitlets

from workbench.widgets.listing import as_program, listing_parts
from workbench.widgets.panel import Panel
from workbench.widgets.program_static import static_listing

if TYPE_CHECKING:
    from workbench.programs import Program

STATIC = Path(__file__).parent / "static"


class ProgramView(Panel):
    """Show a program with the meaning of each of its lines.

    Everything happens in the page: a saved notebook shows and does the same without
    a kernel.

    Parameters
    ----------
    program
        The program, or its text.
    title
        What stands above it.

    Raises
    ------
    ProgramSyntaxError
        When a text is no program.
    TypeError
        When `program` is neither.

    Examples
    --------
    >>> ProgramView(panel.best.program, title="The winner")  # doctest: +SKIP
    """

    _esm = STATIC / "program_view.js"
    _css = STATIC / "program_view.css"

    listing = traitlets.Dict().tag(sync=True)

    def __init__(self, program: Program | str, title: str = "Program") -> None:
        self._program = as_program(program)
        self._title = str(title)
        super().__init__()
        self._show()
        self.settle()

    def __repr__(self) -> str:
        return f"ProgramView({self._program!r})"

    @property
    def program(self) -> Program:
        """The program shown; set it to show another in the same place."""
        return self._program

    @program.setter
    def program(self, program: Program | str) -> None:
        with self.lock:
            self._program = as_program(program)
            self._show()
        self.announce()

    def static_html(self) -> str:
        """Return the listing for hosts without widgets."""
        return static_listing(self._title, self._program)

    def _show(self) -> None:
        self.put("listing", title=self._title, **listing_parts(self._program))
