"""Photographs of views, light and dark, as small PNG files."""

from __future__ import annotations

import io
import itertools
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PIL import Image, ImageOps
from playwright.sync_api import sync_playwright

from gallery import views
from gallery.lab import CHROMIUM, CHROMIUM_ARGS, LabServer, Notebook, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Locator

MODES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
CELL = 800  # px: the width of a notebook cell on a usual screen
HEIGHT = 2400  # px of the window: more for a view that needs it
DENSITY = 1.5  # pixels in a px, so that small text stays legible
MARGIN = 16  # pixels around a view


def file_name(view: views.View, mode: str) -> str:
    """Return the file name of a view's picture."""
    return f"{view.slug}_{mode}.png"


def photograph(folder: Path, work: Path) -> Iterator[str]:
    """Write the pictures of all views into a folder; yield the name of each.

    Parameters
    ----------
    folder
        Where the pictures go; those that are there are replaced.
    work
        An empty folder for JupyterLab.
    """
    with _notebook(work) as notebook:
        notebook.run_cell(0)
        roots = views.show(notebook)
        for root in roots.values():
            notebook.show_width(root, CELL)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.png"):
            old.unlink()
        for mode, theme in MODES.items():
            notebook.show_theme(theme)
            for view, root in roots.items():
                name = file_name(view, mode)
                picture = _small(_at_rest(notebook, root))
                picture.save(folder / name, optimize=True)
                yield name


@contextmanager
def _notebook(work: Path) -> Iterator[Notebook]:
    """Open a notebook that holds all views."""
    server = LabServer(work)
    try:
        server.set_theme(MODES["light"])
        server.write_notebook("gallery.ipynb", *views.cells())
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, headless=True, args=CHROMIUM_ARGS
            )
            context = browser.new_context(
                viewport={"width": 1200, "height": HEIGHT}, device_scale_factor=DENSITY
            )
            notebook = Notebook(context, server, "gallery.ipynb")
            notebook.command("application:toggle-left-area")
            yield notebook
            browser.close()
    finally:
        server.end_kernels()
        server.close()


def _at_rest(notebook: Notebook, root: Locator) -> bytes:
    """Return a screenshot once two in a row are equal."""
    notebook.page.mouse.move(0, 0)
    notebook.show_whole(root)
    last = b""

    def still() -> bytes:
        nonlocal last
        before, last = last, root.screenshot()
        return last if last == before else b""

    return until(still, "a picture that stays", page=notebook.page)


def _small(png: bytes) -> Image.Image:
    """Return a picture with a margin and 256 colours.

    The commonest stay as they are; the others cover what small marks need.
    """
    image = Image.open(io.BytesIO(png)).convert("RGB")
    image = ImageOps.expand(image, MARGIN, image.getpixel((2, image.height // 2)))
    counted = image.getcolors(image.width * image.height)
    commonest = [colour for _, colour in sorted(counted, reverse=True)[:128]]
    others = image.quantize(128, Image.Quantize.MAXCOVERAGE).getpalette()
    palette = Image.new("P", (1, 1))
    palette.putpalette([*itertools.chain(*commonest), *others])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)
