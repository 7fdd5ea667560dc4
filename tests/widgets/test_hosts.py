"""A search panel in the other hosts: Notebook 7, Voilà and marimo."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request

import pytest

from tests.widgets.lab import PanelDriver, until

pytestmark = pytest.mark.browser

CELL = """\
from workbench.widgets import SearchPanel
panel = SearchPanel("demo", store=None)
panel.edit(train_steps="")
panel"""
APP = f"""\
# /// script
# [tool.marimo.display]
# theme = "dark"
# ///
import marimo

app = marimo.App(width="full")


@app.cell
def _():
{CELL.replace("from", "    from").replace(chr(10), chr(10) + "    ")}
    return
"""


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1100, "height": 1000})
    yield context.new_page()
    context.close()


@pytest.fixture
def marimo(compiled, tmp_path):
    """Address of a marimo that serves the app."""
    (tmp_path / "app.py").write_text(APP)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "marimo", "-q", "run", "app.py", "--headless"]
    command += ["--no-token", "--port", str(port)]
    folders = {f"XDG_{kind}_HOME": str(tmp_path) for kind in ("CONFIG", "STATE")}
    environment = {**os.environ, **folders, "MARIMO_SKIP_UPDATE_CHECK": "1"}
    log = tmp_path / "marimo.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}"

    def answers():
        assert process.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return True
        except OSError:
            return False

    try:
        until(answers, "marimo to start")
        yield url
    finally:
        process.terminate()
        process.wait(20)


def search_and_pause(page):
    """Do what shows that both directions work, and that the panel looks like one."""
    panel = PanelDriver(page, page.locator(".wb-search"))
    panel.root.wait_for()
    until(lambda: panel.status == "Ready", "the panel", page=page)
    until(lambda: panel.button("Start").is_enabled(), "its kernel", page=page)
    panel.click("Start")
    panel.until_status("Running")
    until(lambda: "After" in panel.curve(), "a curve", page=page)
    panel.click("Pause")
    panel.until_status("Paused")
    assert "Predict" in panel.program()
    assert panel.number("best") > 0
    assert panel.fits()
    assert not page.locator(".wb-static").is_visible()
    return panel


def test_notebook_7(lab, page):
    lab.write_notebook("seven.ipynb", CELL)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{lab.url}/notebooks/seven.ipynb")
    page.locator(".jp-Cell .cm-content").click()
    page.keyboard.press("Control+Enter")
    panel = search_and_pause(page)
    assert panel.root.get_attribute("data-wb-theme") == "light"
    hosts = (lab.url, lab.url.replace("http", "ws"), "data:", "blob:")
    assert [url for url in asked if not url.startswith(hosts)] == []


def test_voila(lab, page):
    lab.write_notebook("app.ipynb", CELL)
    page.goto(f"{lab.url}/voila/render/app.ipynb?theme=dark")
    panel = search_and_pause(page)
    assert panel.root.get_attribute("data-wb-theme") == "dark"


def test_marimo(marimo, page):
    page.goto(marimo)
    panel = search_and_pause(page)
    assert panel.root.get_attribute("data-wb-theme") == "dark"
    panel.root.get_by_role("tab", name="Lineage").click()
    nested = panel.root.locator(".wb-nested .wb-lineage")
    until(nested.is_visible, "a view in a view", page=page)
    page.reload()
    panel.until_status("Paused", "Ready")
