"""Our page inside locust's: its routes, and who may change anything through them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, jsonify, request

from faults import inks
from fixtures.driving.room import Room, get
from gameday.kernel.journal import gameday_home
from loadpage.helm import Helm, refused
from loadpage.picture import Samples, picture

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

HERE = Path(__file__).parent
STYLE = Path(__file__).resolve().parent.parent / "reports" / "templates" / "base.css"
LOOPBACK = ("localhost", "127.0.0.1", "::1")
LINK = (
    '<a href="gameday" style="position:fixed;right:18px;bottom:18px;z-index:9999;padding:10px 16px;'
    "border-radius:8px;background:#15803d;color:#fff;font:600 14px system-ui,sans-serif;"
    'text-decoration:none">Game day: time line and faults</a>'
)


def lever() -> Path:
    """The stop condition: while it is pulled, no run goes on and none starts."""
    return gameday_home() / "STOP"


class Page:
    """What the page shows of the run that the helm drives now, or drove last."""

    def __init__(self, helm: Helm) -> None:
        self._helm = helm
        self._samples: Samples | None = None

    def state(self) -> dict[str, Any]:
        room = self._helm.room
        if room is None:
            return {"phase": "idle", "lever": lever().exists(), "offers": [], "inks": inks()}
        if self._samples is None or self._samples.path != room.samples:
            self._samples = Samples(room.samples)
        told, rows = room.told(), self._samples.look()
        phase = told.get("phase")
        if not self._helm.busy() and phase != "judged":
            phase = "trouble"
        return {
            **told,
            "phase": phase,
            "busy": self._helm.busy(),
            "now": rows[-1] if rows else None,
            "picture": picture(told, rows),
            "offers": (get(room.offers) or {}).get("offers", []),
            "inks": inks(),
            "lever": lever().exists(),
            "room": str(room.folder),
        }

    def inject(self, form: Mapping[str, Any]) -> tuple[int, str]:
        room = self._running()
        if room is None:
            return 409, "no run is under load: start one first"
        if form.get("confirmed") != form.get("target") or not form.get("target"):
            return 400, "not confirmed: `confirmed` must repeat the target"
        id = os.urandom(6).hex()
        room.ask(id, {name: form.get(name) for name in ("kind", "target", "settings", "for_s")})
        return 202, id

    def heal(self, form: Mapping[str, Any]) -> tuple[int, str]:
        room = self._running()
        if room is None:
            return 409, "no run is under load: whatever it hurt is healed"
        id = os.urandom(6).hex()
        room.ask(id, {"heal": str(form.get("asked", ""))})
        return 202, id

    def answer(self, id: str) -> dict[str, Any]:
        """What became of an ask: refused, injected, or not looked at yet."""
        room = self._helm.room
        if room is None or not id.isalnum():
            return {"state": "unknown"}
        if (why := refused(room, id)) is not None:
            return {"state": "refused", "why": why}
        done = any(fault["asked"] == id for fault in room.told().get("faults", []))
        return {"state": "injected" if done else "waiting"}

    def pull(self, form: Mapping[str, Any]) -> tuple[int, str]:
        if form.get("pulled"):
            lever().parent.mkdir(parents=True, exist_ok=True)
            lever().touch()
        else:
            lever().unlink(missing_ok=True)
        return 200, str(lever())

    def _running(self) -> Room | None:
        room = self._helm.room
        under_load = room is not None and room.told().get("phase") in ("load", "disturb")
        return room if under_load and self._helm.busy() else None


def add_pages(app: Flask, helm: Helm) -> None:
    page = Page(helm)
    blueprint = Blueprint("gameday", __name__)

    @blueprint.before_request
    def guard() -> ResponseReturnValue | None:
        return None if (why := stranger()) is None else (jsonify({"why": why}), 403)

    @blueprint.get("/gameday")
    def show() -> ResponseReturnValue:
        text = (HERE / "page.html").read_text(encoding="utf-8")
        return Response(text.replace("/*BASE*/", STYLE.read_text(encoding="utf-8")), mimetype="text/html")

    @blueprint.get("/gameday/state")
    def state() -> ResponseReturnValue:
        return jsonify(page.state())

    @blueprint.get("/gameday/answer/<id>")
    def answer(id: str) -> ResponseReturnValue:
        return jsonify(page.answer(id))

    for path, work in (("inject", page.inject), ("heal", page.heal), ("lever", page.pull)):

        def change(work: Any = work) -> ResponseReturnValue:
            code, text = work(request.get_json(force=True))
            return jsonify({"id" if code == 202 else "why": text}), code

        blueprint.add_url_rule(f"/gameday/{path}", path, change, methods=["POST"])

    app.register_blueprint(blueprint)
    app.after_request(_with_link)


def stranger() -> str | None:
    """Locust answers any origin; faults are for this page alone, and for names of this machine.

    A browser sends the origin of the page that asks; another site that made its name point here is known
    by that name.
    """
    host = urlsplit(f"//{request.host}").hostname
    served_on_loopback = request.remote_addr in LOOPBACK
    if served_on_loopback and host not in LOOPBACK:
        return f"this page is not {host!r}: open it as http://127.0.0.1"
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return f"a page of {origin} may not ask for faults here"
    return None


def _with_link(response: Response) -> Response:
    """Locust's own page gets a way to ours."""
    if request.path == "/" and response.mimetype == "text/html" and not response.direct_passthrough:
        response.set_data(response.get_data(as_text=True).replace("</body>", f"{LINK}</body>"))
    return response
