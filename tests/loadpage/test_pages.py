"""Our page: what it shows, what it lets through, and whom it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from fixtures.driving.room import Room, get, put
from gameday.kernel.clock import US
from loadpage.pages import add_pages, lever
from loadpage.picture import Samples, picture

T0 = 1_700_000_000 * US


class StandingHelm:
    """A helm whose run is as a test says."""

    def __init__(self) -> None:
        self.room: Room | None = None
        self.running = True

    def busy(self) -> bool:
        return self.running and self.room is not None


@pytest.fixture
def helm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandingHelm:
    monkeypatch.setenv("GAMEDAY_HOME", str(tmp_path / "home"))
    return StandingHelm()


@pytest.fixture
def client(helm: StandingHelm) -> FlaskClient:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "<html><body>locust</body></html>")
    add_pages(app, helm)  # type: ignore[arg-type]
    return app.test_client()


def under_load(helm: StandingHelm, **facts: Any) -> Room:
    helm.room = Room.fresh()
    put(helm.room.state, {"phase": "load", "faults": [], **facts})
    put(
        helm.room.offers,
        {"offers": [{"kind": "kill", "label": "kill", "targets": ["broker-1"], "settings": {}}]},
    )
    return helm.room


ASK = {"kind": "kill", "target": "broker-1", "for_s": 20, "settings": {}, "confirmed": "broker-1"}


def test_locusts_page_leads_to_ours_and_ours_back(client: FlaskClient) -> None:
    assert 'href="gameday"' in client.get("/").text
    page = client.get("/gameday").text
    assert 'href="./"' in page and "--held" in page


def test_without_a_run_there_is_nothing_to_hurt(client: FlaskClient) -> None:
    assert client.get("/gameday/state").json["phase"] == "idle"  # type: ignore[index]
    assert client.post("/gameday/inject", json=ASK).status_code == 409
    assert client.post("/gameday/heal", json={"asked": "x"}).status_code == 409


def test_a_confirmed_ask_reaches_the_run(client: FlaskClient, helm: StandingHelm) -> None:
    room = under_load(helm)
    answer = client.post("/gameday/inject", json=ASK)
    assert answer.status_code == 202
    id = answer.json["id"]  # type: ignore[index]
    asked = get(room.asks / f"{id}.json")
    assert asked == {"kind": "kill", "target": "broker-1", "for_s": 20, "settings": {}}
    assert client.get(f"/gameday/answer/{id}").json == {"state": "waiting"}
    put(room.answers / f"{id}.json", {"refused": "it is hurt already"})
    assert client.get(f"/gameday/answer/{id}").json == {"state": "refused", "why": "it is hurt already"}


@pytest.mark.parametrize("confirmed", [None, "", "broker-2", True])
def test_what_is_not_confirmed_never_reaches_the_run(
    confirmed: Any, client: FlaskClient, helm: StandingHelm
) -> None:
    room = under_load(helm)
    assert client.post("/gameday/inject", json={**ASK, "confirmed": confirmed}).status_code == 400
    assert not list(room.asks.iterdir())


@pytest.mark.parametrize("phase", ["starting", "preparing", "drain", "judged", "trouble"])
def test_only_a_run_under_load_can_be_hurt(phase: str, client: FlaskClient, helm: StandingHelm) -> None:
    room = under_load(helm, phase=phase)
    assert client.post("/gameday/inject", json=ASK).status_code == 409
    assert not list(room.asks.iterdir())


def test_the_lever_is_pulled_and_released(client: FlaskClient) -> None:
    assert client.post("/gameday/lever", json={"pulled": True}).status_code == 200
    assert lever().exists()
    assert client.get("/gameday/state").json["lever"] is True  # type: ignore[index]
    client.post("/gameday/lever", json={"pulled": False})
    assert not lever().exists()


@pytest.mark.parametrize("path", ["inject", "heal", "lever"])
def test_another_sites_page_may_change_nothing(path: str, client: FlaskClient, helm: StandingHelm) -> None:
    room = under_load(helm)
    sent = {**ASK, "pulled": True, "asked": "x"}
    answer = client.post(f"/gameday/{path}", json=sent, headers={"Origin": "http://elsewhere.example"})
    assert answer.status_code == 403
    assert not list(room.asks.iterdir()) and not lever().exists()
    answer = client.post(f"/gameday/{path}", json=sent, headers={"Host": "elsewhere.example"})
    assert answer.status_code == 403
    assert not list(room.asks.iterdir()) and not lever().exists()


def test_a_run_that_died_is_not_shown_as_running(client: FlaskClient, helm: StandingHelm) -> None:
    under_load(helm)
    helm.running = False
    assert client.get("/gameday/state").json["phase"] == "trouble"  # type: ignore[index]


# -- the time line -------------------------------------------------------------------------------------


def sample(second: float, **facts: Any) -> dict[str, Any]:
    rates = {"due_rate": 100.0, "sent_rate": 99.0, "acked_rate": 98.0, "p50_us": 4_000, "p99_us": 90_000}
    return {"t": T0 + int(second * US), "due": 1, "lag": {"raw": 10, "curated": 40}, **rates, **facts}


FAULT = {
    "id": "f1", "kind": "kill", "part": "broker-2", "target": "leader", "evidence": "gone",
    "confirmed": "confirmed", "t_arm": T0 + 4 * US, "t_bite": T0 + 5 * US, "t_healed": None,
}  # fmt: skip


def test_the_time_line_has_schedule_latency_lag_and_faults() -> None:
    drawn = picture({"faults": [FAULT], "seed": 7}, [sample(n / 2) for n in range(40)])
    for words in ("scheduled", "acknowledged", "p99", "curated", "kill -9 broker-2"):
        assert words in drawn
    assert "failed or unknown" not in drawn


def test_what_should_not_be_there_gets_a_curve_of_its_own() -> None:
    drawn = picture({}, [sample(n / 2, failed_rate=3.0 if n == 5 else 0.0) for n in range(40)])
    assert "failed or unknown" in drawn


def test_a_fault_that_lasts_is_drawn_up_to_the_newest_sample_and_no_further() -> None:
    short = picture({"faults": [FAULT]}, [sample(n / 2) for n in range(20)])
    width = float(short.split('class="band"')[1].split('width="')[1].split('"')[0])
    assert 100 < width < 250  # 4.5 of at least 30 s on a drawing of about 1,000


def test_a_late_sample_speaks_for_the_time_since_the_one_before_but_not_for_a_long_silence() -> None:
    late = picture({}, [sample(n * 1.3) for n in range(40)])
    assert late.split('class="curve c0" d="')[1].split('"')[0].count("M") == 1
    silent = picture({}, [sample(n / 2) for n in range(80) if not 20 < n < 40])
    assert silent.split('class="curve c0" d="')[1].split('"')[0].count("M") == 2


def test_there_is_no_picture_before_the_first_event() -> None:
    assert picture({}, []) == ""
    assert picture({}, [{"t": T0, "lag": {}}]) == ""


def test_samples_are_read_on_from_where_the_last_look_ended(tmp_path: Path) -> None:
    path = tmp_path / "samples.jsonl"
    samples = Samples(path)
    assert samples.look() == []
    path.write_text(json.dumps({"t": 1}) + "\n" + '{"t": 2', encoding="utf-8")
    assert samples.look() == [{"t": 1}]
    with path.open("a", encoding="utf-8") as out:
        out.write("}\n")
    assert samples.look() == [{"t": 1}, {"t": 2}]
