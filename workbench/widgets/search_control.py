"""What of the search panel starts and steers a search: settings and commands."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from workbench.engine.warm import telling
from workbench.evolution import Search
from workbench.widgets.panel import Panel
from workbench.widgets.search_changes import Changes
from workbench.widgets.search_fields import FIELDS
from workbench.widgets.search_shown import ENDED
from workbench.widgets.search_view import allowed

if TYPE_CHECKING:
    from workbench.evolution import SearchSpec
    from workbench.runs import Runner, RunStore
    from workbench.widgets.search_form import SearchForm
    from workbench.widgets.table import Table


class SearchControl(Panel):
    """A panel with a form that makes searches, and the commands that steer them.

    A subclass shows the search that `_watch` gives it.
    """

    _search: Search | None = None

    def __init__(self, form: SearchForm, store: RunStore | None, table: Table) -> None:
        self._form = form
        self._store = store
        self._problem = ""
        self._refused = 0
        self._compiling = ""
        self._changes = Changes()
        super().__init__(table)

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
    def spec(self) -> SearchSpec:
        """The spec that the settings stand for.

        Raises
        ------
        ValueError
            If a setting is refused.
        """
        with self.lock:
            checked = self._form.check()
            if checked is None:
                raise ValueError(self._refusal())
            return checked[0]

    def edit(self, **settings: str | float | bool) -> None:
        """Change settings by name, as if typed: `panel.edit(seed=2)`.

        Raises
        ------
        ValueError
            If a value is refused.
        TypeError
            If there is no such setting.
        """
        for name in settings:
            if name not in self._form.values:
                names = ", ".join(self._form.values)
                raise TypeError(f"there is no setting {name!r}; accepted: {names}")
        texts = {k: v if isinstance(v, bool) else str(v) for k, v in settings.items()}
        with self.lock:
            self._form.edit(texts)
            self._problem = self._form.problem
            self.refresh()
            if self._form.errors or self._form.problem:
                raise ValueError(self._refusal())

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
            if self._form.check() is None:
                raise ValueError(self._refusal())
            self._apply()
            self.refresh()

    def start(self) -> None:
        """Start a search with the present settings, or go on after a pause."""
        self._command("resume" if self.status == "paused" else "start")

    def pause(self) -> None:
        """Pause at the end of the present chunk."""
        self._command("pause")

    def resume(self) -> None:
        """Go on after a pause."""
        self._command("resume")

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

    def complain(self, error: Exception) -> None:
        """Show what went wrong with a command."""
        self._problem = f"{type(error).__name__}: {error}"
        self.refresh()

    def _edit(self, values: dict[str, Any]) -> None:
        """Take what was typed, as far as it may be changed now."""
        if self.status in ("ready", *ENDED):
            self._form.edit(values)
        else:
            may = self._changes.open_fields(self.status, self._search)
            self._changes.edit(self._form, values, may)
        self._problem = self._form.problem

    def _apply(self) -> None:
        settings = self._changes.pending(self._form, self._search)
        if self._search is not None and settings:
            self._search.change(**settings)

    def _command(self, name: str, count: int = 0) -> None:
        with self.lock:
            self._obey_run(name, count)
            self.refresh()
            if name in ("start", "step") and self._problem and not self.runner:
                raise ValueError(self._problem)

    def _obey_run(self, name: str, count: int) -> None:
        if not allowed(self.status).get(name):
            return
        if self.status in ("ready", *ENDED) and not self._begin():
            return
        runner = self.runner
        if runner is None or self._search is None:
            return
        if self.status == "paused":
            self._changes.drop(self._form, self._search)
        with telling(self._on_compiling):  # the runner's thread inherits it
            if name == "step":
                runner.step(count)
            else:
                getattr(runner, name)()

    def _begin(self) -> bool:
        """Make a search from the settings; False if they are refused."""
        if self.status == "ready" and self._search is not None:
            return True
        self._problem = ""
        checked = self._form.check()
        if checked is None:
            self._problem = self._refusal()
            self._refused += 1
            return False
        spec, threads = checked
        self._watch(Search(spec, threads=threads, store=self._store))
        return True

    def _refusal(self) -> str:
        form = self._form
        wrong = [f"{FIELDS[n].label}: {text}" for n, text in form.errors.items()]
        return form.problem or "Not started. " + "; ".join(wrong)

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
