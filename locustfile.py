"""Locust's way in: `make loadtest` for the page, `--headless` for a job, workers for several machines."""

from loadpage.wiring import LoadProcess, wire

__all__ = ["LoadProcess"]

wire()
