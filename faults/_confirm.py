"""Looking until something is confirmed: the last look is the answer, also when time is up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from gameday.kernel.handles import Link
from gameday.kernel.waiting import DeadlineExceeded, wait_until
from gameday.kernel.words import Confirmation, HarnessError, Probe

CONFIRMED, MISMATCH, INCONCLUSIVE = "confirmed", "mismatch", "inconclusive"

Item = TypeVar("Item")
Result = TypeVar("Result")


def look_until_confirmed(look: Callable[[], tuple[str, str]], within_s: float) -> Confirmation:
    """Repeat a look. Its time is its beginning: what it found was already so by then.

    A look that fails (the probe broke, not the victim) counts as inconclusive and says why.
    """
    last = Confirmation(INCONCLUSIVE, "no look was taken", time.monotonic())

    def once() -> Confirmation | None:
        nonlocal last
        began = time.monotonic()
        try:
            status, evidence = look()
        except (HarnessError, OSError) as error:
            status, evidence = INCONCLUSIVE, f"the probe failed: {type(error).__name__}: {error}"
        last = Confirmation(status, evidence, began)
        return last if status == CONFIRMED else None

    try:
        return wait_until("the fault to be confirmed", once, within_s=within_s)
    except DeadlineExceeded:
        return last


def at_once(work: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The same work on each item side by side: eight silent probes take the time of one."""
    with ThreadPoolExecutor(max_workers=max(1, min(16, len(items)))) as pool:
        return list(pool.map(work, items))


Spot = tuple[Link, str]


def spots(chosen: Sequence[tuple[Link, Sequence[str]]]) -> list[Spot]:
    return [(link, channel) for link, channels in chosen for channel in channels]


def place(spot: Spot) -> str:
    link, channel = spot
    return f"{link.name}/{channel}" if len(link.channels) > 1 else link.name


def probe_all(where: Sequence[Spot], within_s: float) -> list[Probe]:
    """One fresh connection through each channel of each link."""
    return at_once(lambda spot: spot[0].probe(spot[1], within_s), where)


def tell(where: Sequence[Spot], probes: Sequence[Probe]) -> str:
    return "; ".join(
        f"{place(spot)} {probe.outcome} after {probe.seconds * 1000:.0f} ms"
        + (f" ({probe.detail})" if probe.detail else "")
        for spot, probe in zip(where, probes, strict=True)
    )


def healed_by(act: Callable[[], str]) -> Confirmation:
    """Undo by a step that itself waits for the effect; one that cannot be done is evidence, no exception."""
    try:
        return Confirmation(CONFIRMED, act(), time.monotonic())
    except TimeoutError as error:
        return Confirmation(MISMATCH, f"not healed: {error}", time.monotonic())
    except (HarnessError, OSError) as error:
        return Confirmation(INCONCLUSIVE, f"not healed: {type(error).__name__}: {error}", time.monotonic())


def healed_when(act: Callable[[], str], look: Callable[[], tuple[str, str]], within_s: float) -> Confirmation:
    """Undo, then look until it shows."""
    done = healed_by(act)
    return look_until_confirmed(look, within_s) if done.status == CONFIRMED else done


def links_answer(links: Sequence[Link], within_s: float) -> tuple[str, str]:
    """Whether a fresh connection is answered everywhere again."""
    where = spots([(link, link.channels) for link in links])
    probes = probe_all(where, within_s)
    well = all(probe.outcome == "answered" for probe in probes)
    return (CONFIRMED if well else MISMATCH), tell(where, probes)


def restore_all(links: Sequence[Link]) -> str:
    """Restore every link, also after one that cannot be; then say what went wrong."""
    restored, troubles = [], []
    for link in links:
        try:
            restored.append(link.restore())
        except (HarnessError, OSError) as error:
            troubles.append(f"{link.name}: {error}")
    if troubles:
        raise HarnessError("; ".join(troubles))
    return "; ".join(restored)
