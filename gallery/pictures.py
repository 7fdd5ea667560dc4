"""Photographs of views, light and dark, as small PNG files."""

from __future__ import annotations

import io
import itertools
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

from gallery import views
from gallery.lab import Notebook, open_lab, until

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


def photograph(
    folder: Path, work: Path, chosen: tuple[views.View, ...] = views.VIEWS
) -> Iterator[str]:
    """Write the pictures of views into a folder; yield the name of each.

    Parameters
    ----------
    folder
        Where the pictures go; those that are there are replaced, and those of no view
        go away.
    work
        An empty folder for JupyterLab.
    chosen
        The views; pictures of the others stay as they are.
    """
    window = {"width": 1200, "height": HEIGHT}
    with open_lab(work, viewport=window, device_scale_factor=DENSITY) as opened:
        server, context = opened
        server.set_theme(MODES["light"])
        server.write_notebook("gallery.ipynb", *views.cells(chosen))
        notebook = Notebook(context, server, "gallery.ipynb")
        notebook.command("application:toggle-left-area")
        notebook.run_cell(0)
        roots = views.show(notebook, chosen)
        for root in roots.values():
            notebook.show_width(root, CELL)
        folder.mkdir(parents=True, exist_ok=True)
        known = {file_name(view, mode) for view in views.VIEWS for mode in MODES}
        for old in folder.glob("*.png"):
            if old.name not in known:
                old.unlink()
        for mode, theme in MODES.items():
            notebook.show_theme(theme)
            for view, root in roots.items():
                name = file_name(view, mode)
                picture = _small(_at_rest(notebook, root))
                picture.save(folder / name, optimize=True)
                yield name


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
