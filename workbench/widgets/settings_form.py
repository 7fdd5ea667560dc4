"""The texts of a form, read field by field, and what is refused of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from workbench.widgets.search_fields import FieldError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.widgets.search_fields import Field, Value


class SettingsForm:
    """The texts in a form, by the names of its fields.

    A subclass declares the fields, and makes in `check` what the texts stand for.
    """

    fields: ClassVar[Mapping[str, Field]] = {}

    def __init__(self, values: dict[str, Value]) -> None:
        self.values = values
        self.errors: dict[str, str] = {}
        self.problem = ""

    @property
    def summary(self) -> str:
        """The settings in one line."""
        return ""

    @property
    def hidden(self) -> list[str]:
        """Fields that mean nothing for what is chosen."""
        return []

    @property
    def refusal(self) -> str:
        """What is refused and why, in one sentence for the reader."""
        wrong = [f"{self.fields[n].label}: {text}" for n, text in self.errors.items()]
        return self.problem or "Not started. " + "; ".join(wrong)

    def edit(self, changes: Mapping[str, Value]) -> None:
        """Take new texts; names of no field are left out."""
        self.values.update({k: v for k, v in changes.items() if k in self.fields})
        self.check()

    def check(self) -> Any:
        """Return what the texts stand for; None, with `errors`, if one is refused."""
        return self._read()

    def to_dict(self) -> dict[str, Any]:
        """Return what the browser shows; later edits do not change it."""
        return {
            "values": dict(self.values),
            "errors": dict(self.errors),
            "hidden": self.hidden,
            "summary": self.summary,
        }

    def _read(self) -> dict[str, Any] | None:
        """Return the values of all texts; None, with `errors`, if one is refused."""
        self.errors, self.problem = {}, ""
        read: dict[str, Any] = {}
        for name, field in self.fields.items():
            try:
                read[name] = field.read(self.values[name])
            except FieldError as error:
                self.errors[name] = str(error)
        return None if self.errors else read

    def _refuse(self, message: str, name: str) -> None:
        """Put a refusal beside the field that it names, if it names one."""
        if name in self.fields:
            self.errors[name] = message.split("; ", 1)[-1]
        else:
            self.problem = message
