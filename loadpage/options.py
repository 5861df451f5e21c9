"""What a load test is told: options of the command line, which are fields of locust's page too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fixtures.driving.choice import PROFILES, BadChoice, Choice
from fixtures.driving.order import Drive
from loadgen.profiles import PEAKS


def add_options(parser: Any) -> None:
    parser.add_argument(
        "--system", choices=list(PEAKS), default="DR", help="whose ratios and dialect the traffic has"
    )
    parser.add_argument("--traffic", choices=list(PROFILES), default="base", help="profile of the traffic")
    parser.add_argument(
        "--rate", type=float, default=200.0, help="events per second, all load processes together"
    )
    parser.add_argument("--seconds", type=float, default=300.0, help="length of the load")
    parser.add_argument("--seed", type=int, default=7, help="the plan is a function of seed and profile")
    parser.add_argument(
        "--only-kafka", action="store_true", default=False, help="the brokers alone: no pipeline runs"
    )
    parser.add_argument(
        "--ship", action="store_true", default=False, include_in_web_ui=False,
        help="workers send their ledgers to the master even if they share its disk",
    )  # fmt: skip


def order_of(options: Any, users: int) -> Drive:
    """The order of a run for as many load processes as there are locust users."""
    if users < 1:
        raise BadChoice(f"{users} users: a load needs at least one, each of which is a load process")
    choice = Choice(
        options.system, options.traffic, float(options.rate), float(options.seconds), int(options.seed)
    )
    return Drive(choice, bool(options.only_kafka), handed_to=users, root=str(Path.cwd()))
