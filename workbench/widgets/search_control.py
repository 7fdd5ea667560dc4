"""What of the search panel starts and steers a search: settings and commands."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from workbench.engine.warm import telling
from workbench.evolution import Search
from workbench.widgets.run_panel import RunPanel
from workbench.widgets.search_changes import Changes
from workbench.widgets.search_view import may_edit

if TYPE_CHECKING:
    from workbench.evolution import SearchSpec
    from workbench.runs import Runner, RunStore
    from workbench.widgets.search_form import SearchForm
    from workbench.widgets.table import Table


_UNDER_WAY = {
    "resume": ("running", ("paused",)),
    "step": ("running", ("paused",)),
    "pause": ("pausing", ("preparing", "running")),
    "stop": ("stopping", ("preparing", "running", "paused")),
}
"""What the label says from a command on, and in which states it is not yet obeyed."""


class SearchControl(RunPanel):
    """A panel with a form that makes searches, and the commands that steer them.

    A subclass shows the search that `_watch` gives it.
    """

    _search: Search | None = None
    _form: SearchForm

    def __init__(self, form: SearchForm, store: RunStore | None, table: Table) -> None:
        self._compiling = ""
        self._asked = ""
        self._changes = Changes()
        super().__init__(form, store, table)

    @property
    def search(self) -> Search | None:
        """The search shown, or None before the first start."""
        return self._search

    @property
    def runner(self) -> Runner | None:
        """The runner of the search, or None before the first start."""
        return None if self._search is None else self._search.runner

    @property
    def status(self) -> str:
        """The state of the run in one word."""
        runner = self.runner
        return "ready" if runner is None else runner.status

    @property
    def _told(self) -> str:
        """The state as the page tells it: a command shows while it is carried out.

        To pause takes the rest of a chunk and a checkpoint, some tenths of a second.
        """
        status = self.status
        word, meanwhile = _UNDER_WAY.get(self._asked, ("", ()))
        return word if status in meanwhile else status

    @property
    def spec(self) -> SearchSpec:
        """The spec that the settings stand for.

        Raises
        ------
        ValueError
            If a setting is refused.
        """
        spec: SearchSpec = self._checked()[0]
        return spec

    def apply(self) -> None:
        """Change the paused search as was edited: `panel.edit(tournament=5)` before.

        Raises
        ------
        RuntimeError
            If the search is not paused.
        ValueError
            If a setting is refused.
        """
        with self.lock:
            if not self._changes.open_fields(self.status, self._search):
                raise RuntimeError(
                    f"the search is {self.status}; settings apply to a paused one"
                )
            self._checked()
            self._apply()
            self.refresh()

    def step(self, count: int = 1000) -> None:
        """Make `count` individuals more, then pause."""
        self._command("step", count)

    def stop(self) -> None:
        """End the search: select the winner and score it. Again: skip that."""
        self._command("stop")

    # --- for subclasses

    def _watch(self, search: Search) -> None:
        """Show a search from its beginning, and follow it."""
        self._search = search
        self._changes = Changes()

    def _edit(self, values: dict[str, Any]) -> None:
        """Take what was typed, as far as it may be changed now."""
        if may_edit(self.status):
            self._form.edit(values)
        else:
            may = self._changes.open_fields(self.status, self._search)
            self._changes.edit(self._form, values, may)
        self._problem = self._form.problem

    def _apply(self) -> None:
        settings = self._changes.pending(self._form, self._search)
        if self._search is not None and settings:
            self._search.change(**settings)

    def _steer(self, name: str, count: int) -> None:
        runner = self.runner
        if runner is None or self._search is None:
            return
        if self.status == "paused":
            self._changes.drop(self._form, self._search)
        self._asked = name
        with telling(self._on_compiling):  # the runner's thread inherits it
            if name == "step":
                runner.step(count)
            else:
                getattr(runner, name)()

    def _begin(self) -> bool:
        """Make a search from the settings, unless one was given that may start."""
        given = self.status == "ready" and self._search is not None
        return given or super()._begin()

    def _make(self, checked: tuple[SearchSpec, int]) -> None:
        spec, threads = checked
        self._watch(Search(spec, threads=threads, store=self._store))

    def _put_export(self, form: str) -> None:
        made: str | bytes = ""
        problem = ""
        try:
            made = self.export(form)
        except ValueError as error:
            problem = str(error)
        self._exported += 1
        binary = isinstance(made, bytes)
        text = b64encode(made).decode() if isinstance(made, bytes) else made
        self.put(
            "exported",
            form=form,
            text=text,
            base64=binary,
            problem=problem,
            number=self._exported,
        )

    def _on_compiling(self, text: str) -> None:
        """Take note of what is being compiled; runs in the worker."""
        self._compiling = text
        self.announce()
