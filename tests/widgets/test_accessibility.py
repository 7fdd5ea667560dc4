"""Every view of the gallery's table: axe-core finds nothing, and nothing overflows."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from gallery import views
from tests.widgets.lab import fits, until

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[2] / "widgets/node_modules/axe-core/axe.min.js"
THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")
WIDTHS = (368, 800, 1920)


def violations(root):
    """What axe-core objects to in an element: rule, selector and reason.

    A node of a drawing is named by a sentence, not by the signs in it. axe-core
    gives up on the contrast of some texts, those in drawings among them; if that
    happens to many others, the check is worth nothing, and that counts too.
    """
    return root.evaluate(
        """async root => {
            root.scrollIntoView({block: "center"});
            const {passes, violations, incomplete} = await axe.run(root);
            const texts = rules => rules.filter(rule => rule.id === "color-contrast")
                .flatMap(rule => rule.nodes)
                .filter(({any: [{data}], html}) => !html.startsWith("<text")
                    && !["shortTextContent", "nonBmp"].includes(data.messageKey));
            const judged = texts([...passes, ...violations]).length;
            const unknown = texts(incomplete).length;
            const found = violations.flatMap(({id, nodes}) => nodes
                .filter(({html}) =>
                    id !== "label-content-name-mismatch" || !html.startsWith("<g "))
                .map(({target, failureSummary}) =>
                    `${id} ${target.join(" ")}: ${failureSummary}`));
            return judged > 10 * unknown ? found
                : [...found, `contrast: ${judged} judged, ${unknown} not`]; }"""
    )


def test_every_view_in_every_theme_and_width(open_notebook):
    notebook = open_notebook(*views.cells(), width=1300, height=2400)
    notebook.run_cell(0)
    shown = {view.name: root for view, root in views.show(notebook).items()}
    notebook.page.evaluate(AXE.read_text())
    # To axe-core, all in a body without a height is clipped away.
    notebook.page.evaluate("() => { document.body.style.height = '100vh'; }")
    for theme in THEMES:
        notebook.show_theme(theme)
        for name, root in shown.items():
            found = violations(root)
            assert found == [], f"{name}, {theme}"
    notebook.command("application:toggle-left-area")
    for width in WIDTHS:
        for name, root in shown.items():
            notebook.show_width(root, width)
            until(partial(fits, root), f"{name} to fit {width} px", page=notebook.page)
