"""Planted defects on the real stack: one switch each, and the invariant that has to find it first.

`twin` names the scenario with the same faults and the switch off: it has to hold. Where no other scenario is
that twin, it stands beside its defect, with `-off` to its name.
"""

from __future__ import annotations

from collections.abc import Sequence

from faults import Cut, Delay, Expire, Kill, Pause, SeamKill
from fixtures.servers.kafka_aims import (
    leader_of_hottest_partition,
    paths_between_brokers,
    peers_of_last_in_sync,
    peers_of_leader,
)
from gameday.kernel.clock import SECONDS
from gameday.kernel.timeline import Act, GameDay, at, broken, scenario
from invariants import ALWAYS
from invariants.anr import AN12
from invariants.z import Z6
from loadgen.profiles import base_mix, peak
from scenarios._pace import FAULT_AT

LOAD = base_mix(peak("DR"))
STANDSTILL_S = 60 * SECONDS  # of a hop that will never come again: its promise is not waited for
LOADER_DIES = SeamKill("loader", "6-committed-not-answered")
LANDING_DIES = SeamKill("landing", "3-manifest-written")


def leader_dies_while_replicas_are_behind() -> Sequence[Act]:
    """Replication takes 0.3 s each way, so the followers of a dead leader lack its last moments."""
    slow = Delay(paths_between_brokers, ms=300, channels=("replication",))
    return (
        at(FAULT_AT - 4 * SECONDS, slow, for_=30 * SECONDS),
        at(FAULT_AT + 4 * SECONDS, Kill(leader_of_hottest_partition), for_=10 * SECONDS),
    )


@scenario("D01", systems="CORE", defect=True, twin="D01-off")
def acks_1_and_the_leader_is_killed() -> GameDay:
    """A leader that is killed takes with it what it acknowledged alone."""
    return GameDay(
        load=LOAD.client(acks="1"),
        faults=leader_dies_while_replicas_are_behind(),
        holds=ALWAYS,
        expects=broken("Z2", hop="broker"),
    )


@scenario("D01-off", systems="CORE", defect=True)
def acks_all_and_the_leader_is_killed() -> GameDay:
    """With acks=all nothing is acknowledged that the next leader does not have."""
    return GameDay(load=LOAD, faults=leader_dies_while_replicas_are_behind(), holds=ALWAYS)


def leader_left_alone_then_replaced() -> Sequence[Act]:
    """First a leader loses its followers, and with them its ISR; then the cluster loses that leader."""
    return (
        at(FAULT_AT, Cut(peers_of_leader, channels=("replication",)), for_=24 * SECONDS),
        at(FAULT_AT + 12 * SECONDS, Cut(peers_of_last_in_sync, channels=("controller",)), for_=12 * SECONDS),
    )


UNCLEAN = {"unclean.leader.election.enable": "true"}
# An idempotent client notices that a log lost what it acknowledged (OUT_OF_ORDER_SEQUENCE_NUMBER),
# and ends; the load goes on with a new one, but cannot tell what became of what the old one held.
PLAIN_LOAD = LOAD.client(enable_idempotence=False, retries=0)


@scenario("D03", systems="CORE", defect=True, twin="D03-off")
def one_replica_in_sync_is_enough() -> GameDay:
    """With min.insync.replicas=1 a leader alone in sync acknowledges what the next leader never saw."""
    return GameDay(
        load=PLAIN_LOAD,
        topic={**UNCLEAN, "min.insync.replicas": "1"},
        faults=leader_left_alone_then_replaced(),
        holds=ALWAYS,
        # What was alone in sync was also read: later hops hold its records where the new leader has others.
        expects=broken("Z2", hop="broker", also=("Z2", "Z8")),
    )


@scenario("D03-off", systems="CORE", defect=True)
def two_replicas_in_sync_are_demanded() -> GameDay:
    """With min.insync.replicas=2 a leader alone in sync acknowledges nothing."""
    return GameDay(load=PLAIN_LOAD, topic=UNCLEAN, faults=leader_left_alone_then_replaced(), holds=ALWAYS)


@scenario("D14", systems="CORE", defect=True, twin="GD-01")
def buffer_dropped_on_flush_timeout() -> GameDay:
    """A producer that drops its buffer after two seconds and ignores what the client reports loses events."""
    return GameDay(
        load=LOAD.client(app_flush_timeout_ms=2_000),
        faults=[at(FAULT_AT, Kill(leader_of_hottest_partition), for_=20 * SECONDS)],
        holds=ALWAYS,
        # Dropping the buffer ends the idempotent client's epoch: what is under way may be appended again.
        expects=broken("Z2", hop="broker", also=("AN2",)),
    )


@scenario("D15", systems="DR HA CORE", defect=True, twin="GD-40.1")
def offsets_committed_before_the_write() -> GameDay:
    """A driver that dies between the commit of its offsets and its write never writes that batch."""
    return GameDay(
        load=LOAD,
        faults=[at(FAULT_AT, SeamKill("landing", "1-before-sink"))],
        holds=[*ALWAYS, AN12],
        weaknesses=("commit_before_write",),
        still_s=STANDSTILL_S,
        expects=broken("AN12", hop="raw", also=("Z2",)),
    )


def records_expire_while_landing_stands_still(older_than_s: float) -> Sequence[Act]:
    return (
        at(FAULT_AT, Pause("landing"), for_=12 * SECONDS),
        at(FAULT_AT + 8 * SECONDS, Expire("topic", older_than_s)),
    )


@scenario("D18", systems="DR HA CORE", defect=True, twin="D18-off")
def landing_goes_on_over_a_retention_gap() -> GameDay:
    """With failOnDataLoss=false a landing that comes late skips what expired, and says nothing."""
    return GameDay(
        load=LOAD,
        faults=records_expire_while_landing_stands_still(older_than_s=2),
        holds=ALWAYS,
        weaknesses=("skip_vanished",),
        expects=broken("Z2", hop="raw"),
    )


@scenario("D18-off", systems="DR HA CORE", defect=True)
def records_expire_that_have_landed() -> GameDay:
    """Records that expire behind the landing are no loss, and failOnDataLoss=true has nothing to refuse."""
    return GameDay(load=LOAD, faults=records_expire_while_landing_stands_still(older_than_s=24), holds=ALWAYS)


@scenario("D19", systems="DR HA CORE", defect=True, twin="GD-40")
def replayed_batch_gets_a_new_id() -> GameDay:
    """A batch replayed under another name lands twice; the load refuses the second, and stands still."""
    return GameDay(
        load=LOAD,
        faults=[at(FAULT_AT, LANDING_DIES)],
        holds=ALWAYS,
        weaknesses=("new_batch_ids",),
        still_s=STANDSTILL_S,
        expects=broken("AN2", hop="raw", also=("Z2",)),
    )


@scenario("D21", systems="DR HA CORE", defect=True, twin="GD-142")
def watermark_too_tight() -> GameDay:
    """A watermark of ten seconds drops captures, refunds and chargebacks that come late, without a trace."""
    return GameDay(
        load=LOAD,
        holds=[*ALWAYS, Z6],
        weaknesses=("tight_watermark",),
        expects=broken("Z6", hop="raw"),
    )


@scenario("D29", systems="DR HA", defect=True, twin="D29-off")
def load_repeated_after_an_unknown_outcome() -> GameDay:
    """A loader that repeats whatever it heard no answer of loads a batch twice."""
    return GameDay(
        load=LOAD,
        faults=[at(FAULT_AT, LOADER_DIES)],
        holds=ALWAYS,
        weaknesses=("no_load_ledger",),
        expects=broken("U4", hop="load"),
    )


@scenario("D29-off", systems="DR HA", defect=True)
def load_looked_up_after_an_unknown_outcome() -> GameDay:
    """A loader that asks the ledger after a lost answer loads every batch once."""
    return GameDay(load=LOAD, faults=[at(FAULT_AT, LOADER_DIES)], holds=ALWAYS)


@scenario("D34", systems="DR HA DEDUP CORE", defect=True, twin="GD-142")
def merge_on_a_key_that_repeats() -> GameDay:
    """A merge on the event id doubles what was sent twice within one batch."""
    return GameDay(
        load=LOAD,
        holds=ALWAYS,
        weaknesses=("merge_on_event_id",),
        expects=broken("U1", hop="curated"),
    )
