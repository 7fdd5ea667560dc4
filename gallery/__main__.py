"""Photograph all views and write `docs/gallery.md`: `python -m gallery`."""

import tempfile
from pathlib import Path

from rich.console import Console

from gallery.page import page
from gallery.pictures import photograph
from gallery.views import VIEWS

DOCS = Path(__file__).resolve().parents[1] / "docs"
PICTURES = DOCS / "images" / "gallery"


def main() -> None:
    """Make pictures and page."""
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory() as work,
        console.status(f"opening {len(VIEWS)} views") as status,
    ):
        for name in photograph(PICTURES, Path(work)):
            status.update(name)
    (DOCS / "gallery.md").write_text(page())
    total = sum(path.stat().st_size for path in PICTURES.iterdir())
    console.print(f"{len(VIEWS)} views, {total / 1e6:.2f} MB in {PICTURES}")


if __name__ == "__main__":
    main()
