"""Base of the panels that start and steer what runs: settings and commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.widgets.panel import Panel
from workbench.widgets.search_view import allowed, may_edit

if TYPE_CHECKING:
    from workbench.runs import RunStore
    from workbench.widgets.settings_form import SettingsForm
    from workbench.widgets.table import Table


class RunPanel(Panel):
    """A panel with a form that makes runs, and the commands that steer them.

    A subclass makes in `_make` what runs, hands commands on to it in `_steer`, and
    tells its `status`.
    """

    def __init__(
        self, form: SettingsForm, store: RunStore | None, table: Table | None = None
    ) -> None:
        self._form = form
        self._store = store
        self._problem = ""
        self._refused = 0
        super().__init__(table)

    @property
    def status(self) -> str:
        """The state of what runs in one word."""
        return "ready"

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
                raise ValueError(self._form.refusal)

    def start(self) -> None:
        """Start with the present settings, or go on after a pause."""
        self._command("resume" if self.status == "paused" else "start")

    def pause(self) -> None:
        """Pause at the end of the present chunk."""
        self._command("pause")

    def resume(self) -> None:
        """Go on after a pause."""
        self._command("resume")

    def stop(self) -> None:
        """End it, and judge what was found."""
        self._command("stop")

    def complain(self, error: Exception) -> None:
        """Show what went wrong with a command."""
        self._problem = f"{type(error).__name__}: {error}"
        self.refresh()

    # --- for subclasses

    def _make(self, checked: Any) -> None:
        """Make what runs from settings that were checked."""

    def _steer(self, name: str, count: int) -> None:
        """Hand a command on to what runs."""

    def _checked(self) -> Any:
        """Return what the settings stand for, or raise `ValueError`."""
        with self.lock:
            checked = self._form.check()
            if checked is None:
                raise ValueError(self._form.refusal)
            return checked

    def _command(self, name: str, count: int = 0) -> None:
        with self.lock:
            refused = self._refused
            self._obey_run(name, count)
            self.refresh()
            if self._refused > refused:
                raise ValueError(self._problem)

    def _obey_run(self, name: str, count: int = 0) -> None:
        if not allowed(self.status).get(name):
            return
        if not may_edit(self.status) or self._begin():
            self._steer(name, count)

    def _begin(self) -> bool:
        """Make what runs from the settings; False if they are refused."""
        self._problem = ""
        checked = self._form.check()
        if checked is None:
            self._problem = self._form.refusal
            self._refused += 1
            return False
        self._make(checked)
        return True
