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


def violations(page, roots):
    """What axe-core objects to in each of these elements: rule, selector and reason.

    All are judged in one run, since each begins by going through the whole page; but
    that another view has a landmark of the same name is no fault. A node of a
    drawing is named by a sentence, not by the signs in it. axe-core gives up on the
    contrast of some texts, those in drawings among them; if that happens to many
    others in a view, the check is worth nothing, and that counts too.
    """
    return page.evaluate(
        """async roots => {
            const {passes, violations, incomplete} =
                await axe.run({include: roots}, {elementRef: true});
            const alike = ({element, any: [{relatedNodes}]}) =>
                [element, ...relatedNodes.map(other => other.element)];
            const judge = root => {
                const inside = ({id, nodes}) => nodes.filter(node =>
                    id === "landmark-unique"
                        ? alike(node).filter(one => root.contains(one)).length > 1
                        : root.contains(node.element));
                const texts = rules => rules.filter(({id}) => id === "color-contrast")
                    .flatMap(inside)
                    .filter(({any: [{data}], html}) => !html.startsWith("<text")
                        && !["shortTextContent", "nonBmp"].includes(data.messageKey));
                const judged = texts([...passes, ...violations]).length;
                const unknown = texts(incomplete).length;
                const found = violations.flatMap(rule => inside(rule)
                    .filter(({html}) => rule.id !== "label-content-name-mismatch"
                        || !html.startsWith("<g "))
                    .map(({target, failureSummary}) =>
                        `${rule.id} ${target.join(" ")}: ${failureSummary}`));
                return judged > 10 * unknown ? found
                    : [...found, `contrast: ${judged} judged, ${unknown} not`]; };
            return roots.map(judge); }""",
        [root.element_handle() for root in roots],
    )


def laid_out(root):
    """Tell whether JupyterLab has laid a view out, as it does for what is in sight."""
    return root.evaluate(
        """root => {
            const {top, bottom} = root.getBoundingClientRect();
            return root.checkVisibility({contentVisibilityAuto: true})
                && top >= 0 && bottom <= innerHeight; }"""
    )


def test_every_view_in_every_theme_and_width(open_notebook):
    notebook = open_notebook(*views.cells(), width=1300, height=2400)
    notebook.run_cell(0)
    shown = views.show(notebook)
    # All in sight: to axe-core, what is scrolled away is clipped away.
    heights = sum(root.bounding_box()["height"] + 100 for root in shown.values())
    notebook.page.set_viewport_size({"width": 1300, "height": round(heights) + 2000})
    until(lambda: all(map(laid_out, shown.values())), "layout", page=notebook.page)
    notebook.page.evaluate(AXE.read_text())
    # So is all in a body without a height.
    notebook.page.evaluate("() => { document.body.style.height = '100vh'; }")
    for theme in THEMES:
        notebook.show_theme(theme)
        found = violations(notebook.page, shown.values())
        wrong = {view.name: f for view, f in zip(shown, found, strict=True) if f}
        assert wrong == {}, theme
    notebook.page.set_viewport_size({"width": 1300, "height": 2400})
    notebook.command("application:toggle-left-area")
    for width in WIDTHS:
        for view, root in shown.items():
            notebook.show_width(root, width)
            what = f"{view.name} to fit {width} px"
            until(partial(fits, root), what, page=notebook.page)
