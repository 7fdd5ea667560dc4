from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from tests.widgets.lab import CHROMIUM, CHROMIUM_ARGS, LabServer, Notebook
from workbench import PRESETS, Search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def compiled() -> None:
    """The engine is compiled before, so that no deadline covers that."""
    Search(PRESETS["demo"].spec).prepare()


@pytest.fixture(scope="session")
def lab_server(
    compiled: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LabServer]:
    """One JupyterLab for all browser tests; each brings its own kernel."""
    server = LabServer(tmp_path_factory.mktemp("lab"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=CHROMIUM_ARGS
        )
        yield browser
        browser.close()


@pytest.fixture
def lab(lab_server: LabServer) -> Iterator[LabServer]:
    """The server, without kernels of earlier tests, in the light theme."""
    lab_server.set_theme("JupyterLab Light")
    yield lab_server
    lab_server.end_kernels()


@pytest.fixture
def open_notebook(
    lab: LabServer, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Notebook]]:
    """Return a function that writes cells to a notebook and opens it.

    After the test, nothing may have been asked from outside, and nothing may have
    gone wrong in the page.
    """
    contexts = []
    notebooks = []

    def open_(*cells: str, width: int = 1120, height: int = 1100) -> Notebook:
        name = f"{request.node.name}.ipynb"
        lab.write_notebook(name, *cells)
        context = browser.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        notebooks.append(Notebook(context, lab, name))
        return notebooks[-1]

    yield open_
    for context in contexts:
        context.close()
    for notebook in notebooks:
        assert notebook.external == []
        assert notebook.errors == []
