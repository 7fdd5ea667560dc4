"""What tests see and do in a JupyterLab that is driven in headless Chromium."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gallery.lab import (
    CHROMIUM,
    CHROMIUM_ARGS,
    DEADLINE,
    LabServer,
    until,
)
from gallery.lab import Notebook as AnyNotebook

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = [
    "CHROMIUM",
    "CHROMIUM_ARGS",
    "DEADLINE",
    "LabServer",
    "Notebook",
    "PanelDriver",
    "colour",
    "fits",
    "until",
]


def fits(root: Locator) -> bool:
    """Tell whether nothing in a widget sticks out to its right.

    What lies in a part that scrolls or cuts off does not, if that part fits.
    """
    return root.evaluate(
        """panel => {
            const edge = panel.getBoundingClientRect().right + 1;
            const inside = element => {
                if (!element.getClientRects().length
                    || element.getBoundingClientRect().right <= edge) return true;
                for (let around = element.parentElement; around !== panel;
                    around = around.parentElement)
                    if (getComputedStyle(around).overflowX !== "visible"
                        && around.getBoundingClientRect().right <= edge) return true;
                return false; };
            return [...panel.querySelectorAll("*")].every(inside); }"""
    )


def colour(root: Locator, name: str) -> list[float]:
    """Return red, green and blue of a computed style."""
    text = root.evaluate(
        "(panel, name) => getComputedStyle(panel).getPropertyValue(name)", name
    )
    return [float(part) for part in re.findall(r"[\d.]+", text)[:3]]


class Notebook(AnyNotebook):
    """A notebook that may hold search panels."""

    def panel(self, index: int = 0) -> PanelDriver:
        """Return the search panel that stands at this place on the page."""
        return PanelDriver(self.page, self.widget("wb-search", index))

    def show_all(self, roots: list[Locator]) -> None:
        """Have a window so high that these widgets are all in it, laid out, at rest.

        JupyterLab does not lay out what is scrolled away.
        """
        handles = [root.element_handle() for root in roots]

        def all_seen() -> bool:
            above, below = self.page.evaluate(
                """async roots => {
                    const sides = () => roots.map(root => root.getBoundingClientRect())
                        .flatMap(({top, bottom}) => [top, bottom]);
                    const frame = () => new Promise(requestAnimationFrame);
                    const before = sides();
                    await frame();
                    await frame();
                    const after = sides();
                    if (after.some((side, index) => side !== before[index])
                        || document.getAnimations().some(({effect}) =>
                            effect.getComputedTiming().iterations !== Infinity))
                        return [1, 0];
                    const [first, last] = [Math.min(...after), Math.max(...after)];
                    return [-first, last - innerHeight]; }""",
                handles,
            )
            if above > 0:
                roots[0].evaluate("root => root.scrollIntoView()")
            if below > 0:
                window = self.page.viewport_size or {"width": 0, "height": 0}
                height = window["height"] + math.ceil(below)
                self.page.set_viewport_size({**window, "height": height})
            return above <= 0 and below <= 0

        until(all_seen, "all views in the window", page=self.page)


@dataclass
class PanelDriver:
    """What a reader sees of a search panel and does to it."""

    page: Page
    root: Locator

    @property
    def status(self) -> str:
        """The label of the state."""
        return self.root.locator(".wb-chip").get_by_role("status").inner_text()

    def button(self, name: str) -> Locator:
        """Return a button by what stands on it."""
        return self.root.get_by_role("button", name=name, exact=True)

    def click(self, name: str) -> None:
        """Click a button."""
        self.button(name).click()

    def counter(self, name: str) -> str:
        """Text of a counter."""
        return self.root.locator(f'[data-counter="{name}"]').inner_text()

    def number(self, name: str) -> float:
        """Value of a counter; 0 if there is none yet."""
        text = self.counter(name).replace("\u202f", " ").strip()
        if text == "\N{EN DASH}":
            return 0.0
        digits, _, letter = text.partition(" ")
        return float(digits) * {"": 1, "k": 1e3, "M": 1e6, "G": 1e9}[letter]

    def until_status(self, *names: str, seconds: float = DEADLINE) -> str:
        """Wait for one of these states."""
        try:
            until(lambda: self.status in names, "", seconds, self.page)
        except AssertionError:
            head = self.root.locator(".wb-head").inner_text()
            raise AssertionError(f"awaited {names}, but it says {head!r}") from None
        return self.status

    @property
    def canvas(self) -> Locator:
        """The curve; views inside the panel have canvases of their own."""
        return self.root.locator(".wb-curve-canvas")

    def curve(self) -> str:
        """Return the sentence that describes the curve."""
        return self.canvas.get_attribute("aria-label") or ""

    def picture(self) -> str:
        """Return the pixels of the curve."""
        return self.canvas.evaluate("canvas => canvas.toDataURL()")

    def text(self) -> str:
        """All text of the panel, what only screen readers get included."""
        return self.root.text_content() or ""

    def focus(self) -> str | None:
        """Return the key of the control that has the focus, if it is in a panel."""
        return self.page.evaluate("() => document.activeElement?.dataset?.key ?? null")

    def colour(self, name: str) -> list[float]:
        """Return red, green and blue of a computed style."""
        return colour(self.root, name)

    def fits(self) -> bool:
        """Tell whether nothing sticks out to the right."""
        return fits(self.root)

    def program(self) -> str:
        """Text of the best program as it is listed."""
        return self.root.locator(".wb-program-body").inner_text()
