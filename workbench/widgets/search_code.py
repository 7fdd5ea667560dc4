"""A search as a cell of Python that makes it again."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.evolution import CacheSpec, HurdleSpec, SearchSpec
from workbench.programs import OPS, Space

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WIDTH = 88


def python_cell(spec: SearchSpec, versions: Mapping[str, str], note: str = "") -> str:
    """Return code that makes an equal spec and runs the search.

    Parameters
    ----------
    spec
        The search.
    versions
        Names and versions of what it ran with; they become a comment.
    note
        A further comment.
    """
    told = ", ".join(f"{name} {version}" for name, version in versions.items())
    comments = [f"# Makes this search again, exactly, with {told}."]
    comments += [f"# {note}"] if note else []
    lines = [
        *comments,
        "from workbench import Search",
        *_imports(spec),
        "",
        f"spec = {_source(spec, 0)}",
        "search = Search(spec).run()",
        "print(search.best.program)",
    ]
    return "\n".join(lines) + "\n"


def _imports(spec: SearchSpec) -> Iterator[str]:
    rooms: dict[str, set[str]] = {}
    for used in _parts(spec):
        kind = type(used)
        room = {
            SearchSpec: "workbench.evolution",
            CacheSpec: "workbench.evolution",
            HurdleSpec: "workbench.evolution",
            Space: "workbench.programs",
        }.get(kind)
        if room is None:
            module = kind.__module__
            own = module.startswith("workbench.tasks.")
            room = "workbench.tasks" if own else module
        rooms.setdefault(room, set()).add(kind.__name__)
    for room in sorted(rooms):
        yield f"from {room} import {', '.join(sorted(rooms[room]))}"


def _parts(value: Any) -> Iterator[Any]:
    """Return the dataclasses that the code has to name."""
    if is_dataclass(value):
        yield value
        for _, given in _given(value):
            yield from _parts(given)


def _given(value: Any) -> Iterator[tuple[str, Any]]:
    """Return the fields that are not as they are by default."""
    for field in fields(value):
        given = getattr(value, field.name)
        if _is_default(value, field, given):
            continue
        if isinstance(value, Space) and field.name.endswith("_ops"):
            given = tuple(OPS[number].name for number in given)
        yield field.name, given


def _is_default(value: Any, field: Field[Any], given: Any) -> bool:
    if field.name == "initial_length" and isinstance(value, SearchSpec):
        # By default it follows from the space and the start.
        return bool(replace(value, initial_length=None).initial_length == given)
    if field.default is not MISSING:
        return bool(field.default == given)
    made = field.default_factory
    return made is not MISSING and bool(made() == given)


def _source(value: Any, depth: int) -> str:
    """Return an expression for a value, broken into lines where it is long."""
    pad = "    " * (depth + 1)
    if is_dataclass(value):
        name = type(value).__name__
        items = [f"{key}={_source(v, depth + 1)}" for key, v in _given(value)]
        short = f"{name}({', '.join(items)})"
        begin, end = f"{name}(", ")"
    elif isinstance(value, tuple) and value:
        items = [_source(one, depth + 1) for one in value]
        short = repr(value)
        begin, end = "(", ")"
    else:
        return repr(value)
    room = WIDTH - len(pad) - 20
    if "\n" not in short and len(short) <= room and not isinstance(value, SearchSpec):
        return short
    if isinstance(value, tuple):
        body = "".join(f"{pad}{line}\n" for line in _filled(items, WIDTH - len(pad)))
    else:
        body = "".join(f"{pad}{item},\n" for item in items)
    return f"{begin}\n{body}{'    ' * depth}{end}"


def _filled(items: list[str], width: int) -> Iterator[str]:
    """Return the items of a tuple in as few lines as fit."""
    line = ""
    for item in items:
        if line and len(line) + len(item) + 2 > width:
            yield line.rstrip()
            line = ""
        line += f"{item}, "
    yield line.rstrip()
