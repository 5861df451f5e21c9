"""A real browser for tests and pictures: headless Chromium, told what to do over its debugging socket."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

import websocket

from gameday.kernel.waiting import wait_until

NAMES = ("chromium", "chromium-browser", "google-chrome")


def found() -> str | None:
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One page."""

    def __init__(self, width: int = 1240, height: int = 1000) -> None:
        binary = found()
        assert binary, f"none of {', '.join(NAMES)} is installed"
        self._profile = tempfile.TemporaryDirectory(prefix="browser-")
        self._process = subprocess.Popen(
            [
                binary, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                "--remote-debugging-port=0", "--remote-allow-origins=*",
                f"--user-data-dir={self._profile.name}", f"--window-size={width},{height}", "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        port = Path(self._profile.name) / "DevToolsActivePort"
        wait_until("the browser's debugging port", lambda: port.exists() and port.read_text(), within_s=60)
        base = f"http://127.0.0.1:{port.read_text().split()[0]}"
        with urllib.request.urlopen(f"{base}/json", timeout=10) as answer:
            (page,) = [one for one in json.load(answer) if one["type"] == "page"]
        self._socket = websocket.create_connection(page["webSocketDebuggerUrl"], timeout=60)
        self._number = 0
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=False)  # fmt: skip

    def tell(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            answer: dict[str, Any] = json.loads(self._socket.recv())
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def open(self, url: str) -> None:
        self.tell("Page.enable")
        self.tell("Page.navigate", url=url)
        self.until("document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        answer = self.tell("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, script: str, within_s: float = 60) -> Any:
        return wait_until(script, lambda: self.run(script), within_s=within_s, every_s=0.25)

    def click(self, selector: str) -> None:
        """A real click, at the middle of the element, as a hand would do it."""
        place = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            "return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.tell(
                "Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1
            )

    def picture(self, path: Path, whole: bool = True, scale: float = 0.75) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        height = "document.documentElement.scrollHeight" if whole else "innerHeight"
        size = {"width": self.run("innerWidth"), "height": self.run(height), "scale": scale}
        answer = self.tell(
            "Page.captureScreenshot", format="png", captureBeyondViewport=whole, clip={"x": 0, "y": 0, **size}
        )
        path.write_bytes(base64.b64decode(answer["data"]))

    def close(self) -> None:
        self._socket.close()
        self._process.terminate()
        self._process.wait(timeout=20)
        self._profile.cleanup()

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.close()
