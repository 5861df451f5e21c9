"""What goes wrong in a report says nothing about the run: the result was stored before."""

from __future__ import annotations

from gameday.kernel.words import HarnessError


class ReportTrouble(HarnessError):
    """One or more reports could not be written; the message names each and why."""
