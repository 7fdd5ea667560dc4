"""The page `docs/gallery.md`, from the table of views."""

from __future__ import annotations

from gallery.pictures import CELL, MODES, file_name
from gallery.views import VIEWS, View

TEMPLATE = """# Gallery

Each view as it stands in a notebook cell of {cell} px, light and dark. `make gallery`
takes these pictures in JupyterLab: every search in them is a real one. What the views
do stands in [panels](panels.md).

{sections}
"""
SECTION = """## {view.name}

{view.sentence}

| {heads} |
| {rule} |
| {pictures} |
"""


def page() -> str:
    """Return the page as Markdown."""
    sections = "\n".join(_section(view) for view in VIEWS)
    return TEMPLATE.format(cell=CELL, sections=sections.rstrip())


def _section(view: View) -> str:
    pictures = [
        f"![{view.alt} ({mode})](images/gallery/{file_name(view, mode)})"
        for mode in MODES
    ]
    return SECTION.format(
        view=view,
        heads=" | ".join(MODES),
        rule=" | ".join("---" for _ in MODES),
        pictures=" | ".join(pictures),
    )
