"""The page in a real browser: a load started, a broker killed with a click, healed with another, judged."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.loadpage.browser import Browser, found
from tests.loadpage.rig import Locust, free_port

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.stack,
    pytest.mark.timeout(900),
    pytest.mark.skipif(found() is None, reason="no Chromium on this machine"),
]
# Where pictures go that are worth keeping.
PICTURES = os.environ.get("LOADPAGE_PICTURES")


def keep(browser: Browser, name: str) -> None:
    if PICTURES:
        browser.picture(Path(PICTURES) / f"{name}.png")


def test_a_load_is_started_hurt_healed_and_judged_by_hand(tmp_path: Path) -> None:
    locust, port = Locust.fresh(tmp_path), free_port()
    process = locust.start(
        "page", "--web-host", "127.0.0.1", "--web-port", str(port), "--only-kafka", "--users", "2",
        "--spawn-rate", "2", "--rate", "400", "--seconds", "60",
    )  # fmt: skip
    try:
        with Browser() as browser:
            _play(browser, f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(120)


def _play(browser: Browser, address: str) -> None:
    browser.open(f"{address}/")
    browser.until("document.body.innerText.includes('Start new load test')")
    browser.run("[...document.querySelectorAll('button')].find(b => /^start$/i.test(b.innerText)).click()")
    browser.open(f"{address}/gameday")
    browser.until("document.querySelector('#phase').innerText === 'load'", 180)
    browser.until("document.querySelector('#picture svg') !== null")
    browser.until("!document.querySelector('#inject').disabled")
    browser.run("document.querySelector('#kind').value = 'kill'; document.querySelector('#kind').onchange()")

    browser.click("#inject")
    browser.until("document.querySelector('#sure').open")
    browser.click("#no")
    browser.until("!document.querySelector('#sure').open")
    assert browser.run("document.querySelectorAll('#faults button').length") == 0

    browser.click("#inject")
    browser.until("document.querySelector('#sure').open")
    browser.click("#yes")
    browser.until("document.querySelector('#note').innerText === 'injected'")
    browser.until("document.querySelector('#picture .fault .band') !== null")
    browser.until("document.querySelectorAll('#faults button').length === 1")
    keep(browser, "fault")
    browser.click("#faults button")
    browser.until("/^after/.test(document.querySelector('#faults tr td:nth-child(4)').innerText)")
    assert browser.run("document.querySelectorAll('#faults button').length") == 0

    browser.until("['judged', 'trouble'].includes(document.querySelector('#phase').innerText)", 400)
    keep(browser, "judged")
    assert browser.run("document.querySelector('#verdict').innerText") == "HELD"
