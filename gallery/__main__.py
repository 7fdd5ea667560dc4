"""Photograph views and write `docs/gallery.md`: `python -m gallery [VIEW ...]`."""

import argparse
import tempfile
from pathlib import Path

from rich.console import Console

from gallery.page import page
from gallery.pictures import photograph
from gallery.views import VIEWS

DOCS = Path(__file__).resolve().parents[1] / "docs"
PICTURES = DOCS / "images" / "gallery"


def main() -> None:
    """Make pictures, all or those of some views, and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("view", nargs="*", help="as in file names; all without")
    names = parser.parse_args().view
    known = {view.slug: view for view in VIEWS}
    if unknown := [name for name in names if name not in known]:
        parser.error(f"no view {unknown[0]!r}; accepted: {', '.join(known)}")
    chosen = tuple(known[name] for name in names) or VIEWS
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory() as work,
        console.status(f"opening {len(chosen)} views") as status,
    ):
        for name in photograph(PICTURES, Path(work), chosen):
            status.update(name)
    (DOCS / "gallery.md").write_text(page())
    total = sum(path.stat().st_size for path in PICTURES.iterdir())
    console.print(f"{len(chosen)} views taken, {total / 1e6:.2f} MB in {PICTURES}")


if __name__ == "__main__":
    main()
