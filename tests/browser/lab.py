"""JupyterLab in a real browser: a server of its own, one notebook open, looked at and run."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .chromium import PROGRAM

PICTURES = Path(__file__).resolve().parents[2] / "build" / "screenshots"
SETTINGS = """{"@jupyterlab/apputils-extension:themes": {"theme": "JupyterLab %s"},
"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}"""
# The newest source of a cell wins; a cell that is not drawn yet has a model all the same.
SET_SOURCE = """([wanted, text]) => {
  const cells = jupyterapp.shell.currentWidget.content.widgets;
  const cell = cells.find(one => one.model.sharedModel.getSource().includes(wanted));
  cell.model.sharedModel.setSource(text);
}"""
OUTPUTS = """wanted => {
  const cells = jupyterapp.shell.currentWidget.content.widgets;
  const index = cells.findIndex(one => one.model.type == "code" &&
    one.model.sharedModel.getSource().startsWith(wanted));
  return {index, outputs: JSON.stringify(cells[index].model.outputs.toJSON()),
          running: cells[index].model.executionState};
}"""

IDLE = """() => jupyterapp.shell.currentWidget.context.sessionContext
  .session?.kernel?.status == "idle" """


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def server(folder: Path, theme: str) -> Iterator[str]:
    """A JupyterLab on `folder`; gives its address up to the query, the theme is Light or Dark."""
    port, token = free_port(), secrets.token_hex(8)
    (folder / ".settings").mkdir(exist_ok=True)
    overrides = folder / ".settings" / "overrides.json"
    overrides.write_text(SETTINGS % theme)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"]
    command += [f"--IdentityProvider.token={token}", "--expose-app-in-browser"]
    command += [f"--ServerApp.root_dir={folder}", f"--LabApp.app_settings_dir={folder}/.settings"]
    env = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    env |= {"JUPYTER_CONFIG_DIR": str(folder / ".settings"), "PYTHONPATH": "", "HOME": str(folder)}
    process = subprocess.Popen(command, env=env, cwd=folder, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api/status?token={token}", timeout=2)
                break
            except OSError:
                time.sleep(0.5)
        yield f"{address}/lab/tree/{{}}?token={token}&reset"
    finally:
        process.terminate()
        process.wait(20)


class Lab:
    """One open notebook."""

    def __init__(self, page, name: str) -> None:
        self.page, self.name = page, name

    def run_all(self) -> None:
        self.page.evaluate("jupyterapp.commands.execute('notebook:run-all-cells')")

    def set_source(self, wanted: str, text: str) -> None:
        """Replace the cell that holds `wanted`."""
        self.page.evaluate(SET_SOURCE, [wanted, text])

    def output(self, starts: str, says: str, seconds: int = 90) -> str:
        """The outputs of the code cell that starts so, once they say `says`."""
        end = time.monotonic() + seconds
        found = ""
        while time.monotonic() < end:
            found = self.page.evaluate(OUTPUTS, starts)["outputs"]
            if says in found:
                return found
            time.sleep(0.5)
        raise AssertionError(f"{starts} never said {says!r}: {found[:2000]}")

    def show(self, starts: str) -> None:
        """Scroll to that code cell's output."""
        index = self.page.evaluate(OUTPUTS, starts)["index"]
        script = "n => jupyterapp.shell.currentWidget.content.scrollToItem(n, 'start')"
        self.page.evaluate(script, index)
        self.page.wait_for_timeout(1200)

    def picture(self, name: str) -> Path:
        """A screenshot, kept under build/screenshots/."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        file = PICTURES / f"{self.name}-{name}.png"
        self.page.screenshot(path=str(file))
        return file


@contextmanager
def opened(folder: Path, file: str, theme: str) -> Iterator[Lab]:
    """The notebook `file` of `folder`, open in JupyterLab."""
    from playwright.sync_api import sync_playwright

    with server(folder, theme) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        page.goto(address.format(file), wait_until="domcontentloaded")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=120_000)
        page.wait_for_function(
            "window.jupyterapp && jupyterapp.shell.currentWidget?.content?.widgets"
        )
        page.wait_for_function(IDLE, timeout=60_000)
        page.wait_for_timeout(1000)
        yield Lab(page, theme.lower())
        browser.close()
