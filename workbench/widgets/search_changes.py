"""What the search panel lets be changed while its search is paused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.evolution import CHANGEABLE
from workbench.watch import change_texts
from workbench.widgets.search_fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.evolution import Search
    from workbench.runs import Event
    from workbench.widgets.search_form import SearchForm

_OPEN = tuple(name for name in CHANGEABLE if name in FIELDS)
LOCKED = (
    "Fixed once a search has begun: it shapes the search's memory, its tasks or its"
    " random numbers"
)
UNDER_WAY = "These settings belong to the search that is under way"
DROPPED = "Edits that were not applied have been dropped. "


class Changes:
    """The form of a search under way: what may be edited, what is not applied yet.

    Attributes
    ----------
    made
        The events of the changes made so far.
    """

    def __init__(self) -> None:
        self.made: list[Event] = []
        self._shown = 0
        self._dropped = False

    def take(self, event: Event) -> None:
        """Take note of an event, once, if it tells of a change."""
        known = any(event is other for other in self.made)
        if event.kind == "changed" and not known:
            self.made.append(event)

    def open_fields(self, status: str, search: Search | None) -> list[str]:
        """Return the settings that may be edited though a search is under way."""
        if status != "paused" or search is None or search.phase != "search":
            return []
        return list(_OPEN)

    def pending(self, form: SearchForm, search: Search | None) -> dict[str, Any]:
        """Return the settings that the form has otherwise than the search."""
        checked = form.check()
        if checked is None or search is None:
            return {}
        wanted, now = checked[0], search.present_spec
        return {
            name: getattr(wanted, name)
            for name in _OPEN
            if getattr(wanted, name) != getattr(now, name)
        }

    def edit(
        self, form: SearchForm, values: Mapping[str, Any], may: Iterable[str]
    ) -> None:
        """Take new texts of those settings that may be edited."""
        self._dropped = False
        form.edit({name: values[name] for name in may if name in values})

    def follow(self, form: SearchForm, search: Search) -> None:
        """Show the settings in force, if they have changed since."""
        if self._shown != len(self.made):
            self._shown = len(self.made)
            form.take(search.present_spec, _OPEN)

    def drop(self, form: SearchForm, search: Search) -> None:
        """Go back to the settings in force: the search goes on without the edits."""
        self._dropped = bool(form.errors or self.pending(form, search))
        form.take(search.present_spec, _OPEN)

    def to_dict(
        self, form: SearchForm, status: str, search: Search | None
    ) -> dict[str, Any]:
        """Return what the form shows of this; nothing before and after a search."""
        names = self.open_fields(status, search)
        note = (DROPPED if self._dropped else "") + UNDER_WAY
        if not names:
            more = "; stop it to change them." if search else "."
            return {"open": [], "why": LOCKED, "note": note + more}
        return {
            "open": names,
            "why": LOCKED,
            "note": note + "; while it is paused, those that are not greyed out can be"
            " changed.",
            "pending": [FIELDS[name].label for name in self.pending(form, search)],
        }

    def marks(self) -> list[dict[str, Any]]:
        """Return where something was changed, and what."""
        return [
            {"individuals": event.position, "text": "; ".join(change_texts(event.data))}
            for event in self.made
        ]
