"""The state of a payment, folded from its facts in any order: the oracle of balances and settlement.

A correction takes the place of the event it names; the one with the highest number counts. A reversal takes
its event out, unless it is itself reversed. Copies of a fact count once, so the facts are a set.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loadgen.contract import Fact

_FIELD = {
    "AUTHORIZATION": "authorised",
    "CAPTURE": "captured",
    "CLEARING": "cleared",
    "REFUND": "refunded",
    "CHARGEBACK": "charged_back",
}


@dataclass(frozen=True)
class State:
    """Sums in minor units of one currency."""

    authorised: int = 0
    captured: int = 0
    cleared: int = 0
    refunded: int = 0
    charged_back: int = 0
    reversed: int = 0

    @property
    def settles(self) -> int:
        """What the merchant is owed."""
        return self.captured + self.cleared - self.refunded - self.charged_back


def states(events: Iterable[tuple[str, Fact]]) -> dict[str, State]:
    """By payment, of (event id, fact); every id under which a fact was seen counts as its name."""
    payments: dict[str, list[tuple[str, Fact]]] = defaultdict(list)
    for event_id, fact in events:
        payments[fact.payment_id].append((event_id, fact))
    return {payment: _state(found) for payment, found in payments.items()}


def _state(events: Sequence[tuple[str, Fact]]) -> State:
    names: dict[Fact, set[str]] = defaultdict(set)
    for event_id, fact in events:
        names[fact].add(event_id)
    root_of = {event_id: event_id for event_id, fact in events if not fact.corrects_ref}
    versions: dict[str, list[Fact]] = defaultdict(list)
    reversals: dict[str, list[Fact]] = defaultdict(list)
    for fact, ids in names.items():
        if fact.event_type == "REVERSAL":
            reversals[fact.corrects_ref or ""].append(fact)
        else:
            root = min(root_of.get(event_id, event_id) for event_id in ids)
            versions[_canonical_name(fact, root, names)].append(fact)
    sums: dict[str, int] = defaultdict(int)
    for name, found in versions.items():
        counts = max(found, key=lambda fact: (fact.correction_seq or 0, fact.canonical_hash))
        known_as = {name} | {n for fact in found if not fact.corrects_ref for n in names[fact]}
        if any(_stands(reversal, names, reversals) for n in known_as for reversal in reversals[n]):
            sums["reversed"] += counts.amount_minor
        else:
            sums[_FIELD[counts.event_type]] += counts.amount_minor
    return State(**sums)


def _canonical_name(fact: Fact, own: str, names: Mapping[Fact, set[str]]) -> str:
    """The name under which all versions of an event meet."""
    if not fact.corrects_ref:
        return own
    for other, ids in names.items():
        if fact.corrects_ref in ids:
            return _canonical_name(other, min(ids), names)
    return fact.corrects_ref


def _stands(fact: Fact, names: Mapping[Fact, set[str]], reversals: Mapping[str, list[Fact]]) -> bool:
    """Whether nothing that stands reverses this reversal."""
    against = [other for name in names[fact] for other in reversals.get(name, ())]
    return not any(_stands(other, names, reversals) for other in against)
