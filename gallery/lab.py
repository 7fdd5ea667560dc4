"""Drives notebooks in a real JupyterLab in headless Chromium; waits on conditions."""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import nbformat
from playwright.sync_api import sync_playwright

from workbench.widgets import lab_config_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import BrowserContext, Locator, Page

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DEADLINE = 60.0

_CURRENT = "const w = window.jupyterapp.shell.currentWidget;"


def until(
    condition: Callable[[], Any], what: str, seconds: float = DEADLINE, page: Any = None
) -> Any:
    """Return the first true value of a condition, or fail with what was awaited."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        if page is not None:
            page.wait_for_timeout(20)
        else:
            time.sleep(0.02)
    raise AssertionError(f"not within {seconds:g} s: {what}")


class LabServer:
    """A JupyterLab server on a free loopback port, with folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "notebooks"
        self.root.mkdir()
        self.settings = folder / "settings"
        self.write_setting(
            "apputils-extension/notification",
            {"fetchNews": "false", "checkForUpdates": False},
        )
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        environment = {
            **os.environ,
            "JUPYTER_CONFIG_PATH": str(lab_config_path()),
            "JUPYTERLAB_SETTINGS_DIR": str(self.settings),
            "WORKBENCH_RUNS": str(folder / "runs"),
        }
        for name in ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR"):
            environment[f"JUPYTER_{name}"] = str(folder / name.lower())
        environment["JUPYTERLAB_WORKSPACES_DIR"] = str(folder / "workspaces")
        environment["IPYTHONDIR"] = str(folder / "ipython")
        self.log = folder / "server.log"
        command = [sys.executable, "-m", "jupyterlab", "--no-browser"]
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": self.port,
            "ServerApp.port_retries": 0,
            "ServerApp.allow_root": True,
            "IdentityProvider.token": "",
            "ServerApp.disable_check_xsrf": True,
            "ServerApp.root_dir": self.root,
            "LabApp.extension_manager": "readonly",
            "LabApp.expose_app_in_browser": True,
        }
        command += [f"--{name}={value}" for name, value in options.items()]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command, env=environment, stdout=log, stderr=log, cwd=self.root
            )
        until(self._answers, f"JupyterLab to start, see {self.log}")

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"JupyterLab ended:\n{self.log.read_text()}")
        try:
            with urllib.request.urlopen(f"{self.url}/api/status", timeout=5):
                return True
        except OSError:
            return False

    def write_setting(self, plugin: str, value: dict[str, Any]) -> None:
        """Set what a plugin of JupyterLab reads when a page is loaded."""
        path = self.settings / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value))

    def set_theme(self, name: str) -> None:
        """Choose the theme of pages that are opened from now on."""
        self.write_setting("apputils-extension/themes", {"theme": name})

    def write_notebook(self, name: str, *cells: str) -> Path:
        """Write a notebook of code cells."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={
                "kernelspec": {
                    "name": "python3",
                    "display_name": "Python 3",
                    "language": "python",
                }
            },
        )
        path = self.root / name
        nbformat.write(notebook, path)
        return path

    def kernels(self) -> list[dict[str, Any]]:
        """Kernels that run."""
        with urllib.request.urlopen(f"{self.url}/api/kernels", timeout=10) as answer:
            return json.load(answer)

    def end_kernels(self) -> None:
        """Shut down all kernels of this server."""
        for session in self._get("sessions"):
            self._delete(f"sessions/{session['id']}")
        for kernel in self.kernels():
            self._delete(f"kernels/{kernel['id']}")

    def _get(self, what: str) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.url}/api/{what}", timeout=10) as answer:
            return json.load(answer)

    def _delete(self, what: str) -> None:
        request = urllib.request.Request(f"{self.url}/api/{what}", method="DELETE")
        urllib.request.urlopen(request, timeout=20).close()

    def close(self) -> None:
        """End the server and its kernels."""
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def open_lab(
    folder: Path, **options: Any
) -> Iterator[tuple[LabServer, BrowserContext]]:
    """Start a JupyterLab and a browser for it; end both, and all kernels.

    Parameters
    ----------
    folder
        An empty folder for JupyterLab.
    options
        Of the browser's context: `viewport`, `device_scale_factor`, ...
    """
    server = LabServer(folder)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=CHROMIUM, headless=True, args=CHROMIUM_ARGS
            )
            yield server, browser.new_context(**options)
            browser.close()
    finally:
        server.end_kernels()
        server.close()


@dataclass
class Notebook:
    """One notebook in one browser page, and what went wrong there."""

    context: BrowserContext
    server: LabServer
    name: str
    external: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    page: Page = field(init=False)

    def __post_init__(self) -> None:
        self.open(reset=True)

    def open(self, reset: bool = False) -> None:
        """Open the notebook in a new page and wait for its kernel."""
        self.page = self.context.new_page()
        self.page.on("request", self._on_request)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._on_console)
        query = "?reset" if reset else ""
        self.page.goto(f"{self.server.url}/lab/tree/{self.name}{query}")
        self.wait_ready()

    def _on_request(self, request: Any) -> None:
        local = (
            self.server.url,
            self.server.url.replace("http", "ws"),
            "data:",
            "blob:",
        )
        if not request.url.startswith(local):
            self.external.append(request.url)

    def _on_console(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def wait_ready(self) -> None:
        """Wait for the notebook's kernel, which the toolbar does not show safely."""
        self.page.wait_for_function(
            "() => window.jupyterapp?.shell?.currentWidget?.context?.isReady",
            timeout=1000 * DEADLINE,
        )
        self.page.evaluate(
            f"""async () => {{ {_CURRENT}
                await w.context.ready; await w.sessionContext.ready;
                await w.sessionContext.session?.kernel?.info; }}"""
        )

    def command(self, name: str, wait: bool = True) -> None:
        """Execute a command of JupyterLab."""
        call = f"window.jupyterapp.commands.execute({json.dumps(name)})"
        self.page.evaluate(f"() => {call}" if wait else f"() => {{ {call}; }}")

    def run_all(self, wait: bool = True) -> None:
        """Run all cells."""
        self.command("notebook:run-all-cells", wait)

    def run_cell(self, index: int, wait: bool = True) -> None:
        """Run one cell."""
        self.page.evaluate(
            f"() => {{ {_CURRENT} w.content.activeCellIndex = {index};"
            "w.content.deselectAll(); }"
        )
        self.command("notebook:run-cell", wait)

    def outputs(self) -> list[str]:
        """Text that the cells printed, or the errors that they raised."""
        return self.page.evaluate(
            f"""() => {{ {_CURRENT}
                return w.content.widgets.map(cell =>
                    (cell.model.outputs?.toJSON() ?? []).map(o => [].concat(o.text
                        ?? o.data?.["text/plain"] ?? o.traceback ?? "").join("")
                    ).join("")); }}"""
        )

    def cells(self) -> int:
        """Return the number of cells."""
        return self.page.evaluate(
            f"() => {{ {_CURRENT} return w.content.widgets.length; }}"
        )

    def busy(self) -> bool:
        """Tell whether the kernel runs a cell."""
        return self.page.evaluate(
            f"() => {{ {_CURRENT}"
            " return w.sessionContext.session.kernel.status === 'busy'; }"
        )

    def evaluate(self, code: str) -> str:
        """Run code in the kernel, outside the notebook, and return what it prints."""
        return self.page.evaluate(
            f"""async code => {{ {_CURRENT}
                const kernel = w.sessionContext.session.kernel;
                const future = kernel.requestExecute({{code, store_history: false}});
                let text = "", failed = "";
                future.onIOPub = message => {{
                    const {{ header, content }} = message;
                    if (header.msg_type === "stream") text += content.text;
                    if (header.msg_type === "error")
                        failed = content.traceback.join("\\n"); }};
                await future.done;
                if (failed) throw new Error(failed);
                return text; }}""",
            code,
        )

    def save(self) -> dict[str, Any]:
        """Save, and return what stands in the file."""
        self.command("docmanager:save")
        return json.loads((self.server.root / self.name).read_text())

    def widget(self, kind: str, index: int = 0) -> Locator:
        """Return the root of the widget of a class that stands at this place."""
        widget = self.page.locator(f".{kind}").nth(index)
        try:
            until(widget.is_visible, "a panel", page=self.page)
        except AssertionError as error:
            raise AssertionError(f"{error}; the outputs are {self.outputs()}") from None
        return widget

    def show_theme(self, name: str) -> None:
        """Change the theme of the open page."""
        self.page.evaluate(
            "theme => window.jupyterapp.commands.execute("
            "'apputils:change-theme', {theme})",
            name,
        )
        self.page.wait_for_function(
            """([theme, mode]) => document.body.dataset.jpThemeName === theme &&
                !document.querySelector("#jupyterlab-splash") &&
                [...document.querySelectorAll(".wb")].every(view =>
                    view.dataset.wbTheme === mode)""",
            arg=[name, "dark" if "Dark" in name else "light"],
        )

    def show_width(self, root: Locator, width: int) -> None:
        """Give a widget this width by that of the window, and bring it into view.

        JupyterLab does not lay out what is scrolled away.
        """

        def fitted() -> bool:
            window = self.page.viewport_size or {"width": 0, "height": 0}
            missing = width - root.bounding_box()["width"]
            if abs(missing) < 1:
                return True
            wanted = round(window["width"] + missing)
            self.page.set_viewport_size({**window, "width": wanted})
            return False

        until(fitted, f"a width of {width} px", page=self.page)
        root.evaluate("root => root.scrollIntoView({block: 'center'})")

    def show_whole(self, root: Locator) -> None:
        """Bring a widget into view, and make the window higher if it needs that."""

        def whole() -> bool:
            missing = root.evaluate(
                """root => {
                    root.scrollIntoView({block: "center"});
                    const seen = root.closest(".jp-WindowedPanel-outer");
                    return root.offsetHeight + 2 * 16 - seen.clientHeight; }"""
            )
            if missing <= 0:
                return True
            window = self.page.viewport_size or {"width": 0, "height": 0}
            height = window["height"] + math.ceil(missing)
            self.page.set_viewport_size({**window, "height": height})
            return False

        until(whole, "a view that is seen whole", page=self.page)
