"""Drives notebooks in a real JupyterLab in headless Chromium; waits on conditions."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import nbformat

from workbench.widgets import lab_config_path

if TYPE_CHECKING:
    from collections.abc import Callable
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


def fits(root: Locator) -> bool:
    """Tell whether nothing in a widget sticks out to its right."""
    return root.evaluate(
        """panel => {
            const edge = panel.getBoundingClientRect().right + 1;
            return [...panel.querySelectorAll("*")].every(element =>
                !element.getClientRects().length ||
                element.getBoundingClientRect().right <= edge); }"""
    )


def colour(root: Locator, name: str) -> list[float]:
    """Return red, green and blue of a computed style."""
    text = root.evaluate(
        "(panel, name) => getComputedStyle(panel).getPropertyValue(name)", name
    )
    return [float(part) for part in re.findall(r"[\d.]+", text)[:3]]


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
                let text = "";
                future.onIOPub = message => {{
                    if (message.header.msg_type === "stream")
                        text += message.content.text; }};
                await future.done;
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

    def panel(self, index: int = 0) -> PanelDriver:
        """Return the search panel that stands at this place on the page."""
        return PanelDriver(self.page, self.widget("wb-search", index))


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
        if text == "–":  # noqa: RUF001
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
