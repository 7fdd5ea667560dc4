"""The gallery shows every view of its table, and nothing else."""

from gallery.__main__ import DOCS, PICTURES
from gallery.page import page
from gallery.pictures import MODES, file_name
from gallery.views import VIEWS


def test_the_page_is_made_from_the_table():
    assert (DOCS / "gallery.md").read_text() == page()


def test_there_is_a_small_picture_of_every_view():
    wanted = {file_name(view, mode) for view in VIEWS for mode in MODES}
    assert {path.name for path in PICTURES.iterdir()} == wanted
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < 3_000_000


def test_names_are_told_apart():
    assert len({view.slug for view in VIEWS}) == len(VIEWS)
