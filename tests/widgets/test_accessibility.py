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


def violations(notebook, roots):
    """What axe-core objects to in some elements: which, rule, selector and reason.

    All are looked at together, since most of its time goes into the page around them.
    What two of them have in common, such as a landmark's name, is no fault: each
    stands alone in its notebook. A node of a drawing is named by a sentence, not by
    the signs in it. axe-core gives up on the contrast of some texts, those in
    drawings among them; if that happens to many others of an element, or to texts out
    of the window, the check is worth nothing, and that counts too.
    """
    return notebook.page.evaluate(
        """async roots => {
            const {passes, violations, incomplete} =
                await axe.run({include: roots}, {elementRef: true});
            const texts = (rules, root) => rules
                .filter(rule => rule.id === "color-contrast")
                .flatMap(rule => rule.nodes)
                .filter(({any: [{data}], element}) => root.contains(element)
                    && element.localName !== "text"
                    && !["shortTextContent", "nonBmp"].includes(data.messageKey))
                .length;
            const alone = (id, {any, element}, root) => id === "landmark-unique"
                && [element, ...any[0].relatedNodes.map(({element}) => element)]
                    .filter(one => root.contains(one)).length < 2;
            const drawn = (id, {element}) => id === "label-content-name-mismatch"
                && element.localName === "g";
            return roots.flatMap((root, index) => {
                const found = violations.flatMap(({id, nodes}) => nodes
                    .filter(node => node.element === root
                        || root.contains(node.element)
                        || id === "landmark-unique")
                    .filter(node => !alone(id, node, root) && !drawn(id, node))
                    .map(({target, failureSummary}) =>
                        `${id} ${target.join(" ")}: ${failureSummary}`));
                const judged = texts([...passes, ...violations], root);
                const unknown = texts(incomplete, root);
                if (judged <= 10 * unknown)
                    found.push(`contrast: ${judged} judged, ${unknown} not`);
                return found.map(one => [index, one]); }); }""",
        [root.element_handle() for root in roots],
    )


def test_every_view_in_every_theme_and_width(open_notebook):
    cells = views.cells(sizes=views.SMALL)
    notebook = open_notebook(*cells, width=1300, height=2400)
    notebook.run_cell(0)
    shown = views.show(notebook)
    names = [view.name for view in shown]
    roots = list(shown.values())
    notebook.command("application:toggle-left-area")
    for width in WIDTHS:
        for view, root in shown.items():
            notebook.show_width(root, width)
            what = f"{view.name} to fit {width} px"
            until(partial(fits, root), what, page=notebook.page)
    notebook.show_width(roots[0], 1100)
    notebook.page.evaluate(AXE.read_text())
    # To axe-core, all in a body without a height is clipped away.
    notebook.page.evaluate("() => { document.body.style.height = '100vh'; }")
    for theme in THEMES:
        notebook.show_theme(theme)
        notebook.show_all(roots)
        found = [(names[index], what) for index, what in violations(notebook, roots)]
        assert found == [], theme
