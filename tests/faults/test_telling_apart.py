"""What a probe cannot tell apart is inconclusive; what cannot be aimed at is refused before it moves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from faults import Cut, Delay, Kill, Pause, SeamKill, healers, inks
from faults._aim import CannotBeHurt, part_hurt
from gameday.kernel.words import NothingToAim, Probe, Undo
from tests.faults.rig import Part, Rig, ask


@dataclass
class ScriptedLink:
    """A link that answers what the test says, before and after it is disturbed."""

    before: Probe
    after: Probe
    name: str = "load→store"
    channels: Sequence[str] = ("only",)
    ref: Mapping[str, Any] = field(default_factory=dict)
    disturbed: bool = False
    fails: str = ""

    def disturb(self, kind: str, channels: Sequence[str], settings: Mapping[str, Any]) -> str:
        self.disturbed = True
        return kind

    def restore(self) -> str:
        if self.fails:
            raise ConnectionRefusedError(self.fails)
        self.disturbed = False
        return "restored"

    def probe(self, channel: str, within_s: float) -> Probe:
        return self.after if self.disturbed else self.before


ANSWERED, SILENT = Probe("answered", 0.001), Probe("silent", 0.1)
SLOW = Probe("answered", 0.1)


def status_of(fault: Cut | Delay, rig: Rig) -> str:
    shot = fault.aim(rig)
    shot.inject()
    return shot.confirm().status


def test_a_link_that_was_silent_before_the_cut_proves_nothing(rig: Rig) -> None:
    assert (
        status_of(Cut(lambda s: [ScriptedLink(SILENT, SILENT)], confirm_within_s=0.1), rig) == "inconclusive"
    )
    assert (
        status_of(Cut(lambda s: [ScriptedLink(ANSWERED, SILENT)], confirm_within_s=0.1), rig) == "confirmed"
    )


def test_a_cut_of_another_kind_is_not_the_cut_that_was_asked_for(rig: Rig) -> None:
    link = ScriptedLink(ANSWERED, SILENT)
    assert status_of(Cut(lambda s: [link], "reset", confirm_within_s=0.1), rig) == "inconclusive"


def test_one_channel_that_still_answers_is_a_mismatch(rig: Rig) -> None:
    links = [ScriptedLink(ANSWERED, SILENT), ScriptedLink(ANSWERED, ANSWERED, name="load→other")]
    assert status_of(Cut(lambda s: links, confirm_within_s=0.1), rig) == "mismatch"


def test_a_link_that_was_slow_before_the_delay_proves_nothing(rig: Rig) -> None:
    assert (
        status_of(Delay(lambda s: [ScriptedLink(SLOW, SLOW)], 40, confirm_within_s=0.1), rig)
        == "inconclusive"
    )
    assert (
        status_of(Delay(lambda s: [ScriptedLink(ANSWERED, SLOW)], 40, confirm_within_s=0.1), rig)
        == "confirmed"
    )


def test_a_delay_one_way_is_held_to_half_of_a_delay_both_ways(rig: Rig) -> None:
    """100 ms seen: enough for 60 ms one way or both ways, too little for 120 ms both ways."""
    for ms, one_way, expected in (
        (60, False, "confirmed"),
        (120, True, "confirmed"),
        (120, False, "inconclusive"),
    ):
        fault = Delay(lambda s: [ScriptedLink(ANSWERED, SLOW)], ms, one_way=one_way, confirm_within_s=0.1)
        assert status_of(fault, rig) == expected


@dataclass
class ScriptedPart:
    """A part of which state and answer are what the test says."""

    stopped: str | None
    answer: Probe
    name: str = "store"
    ref: Mapping[str, Any] = field(default_factory=dict)

    def identity(self) -> Mapping[str, Any]:
        return {}

    def freeze(self) -> str:
        return "frozen"

    def thaw(self, identity: Mapping[str, Any]) -> str:
        return "thawed"

    def frozen(self) -> str | None:
        return self.stopped

    def answers(self, within_s: float) -> Probe:
        return self.answer


@pytest.mark.parametrize(
    ("stopped", "answer", "expected", "healed"),
    [
        ("state T", SILENT, "confirmed", "mismatch"),
        ("state T", ANSWERED, "inconclusive", "mismatch"),
        (None, SILENT, "inconclusive", "mismatch"),
        (None, ANSWERED, "mismatch", "confirmed"),
    ],
)
def test_stopped_and_silent_must_come_together(
    stopped: str | None, answer: Probe, expected: str, healed: str, rig: Rig
) -> None:
    part = ScriptedPart(stopped, answer)
    shot = Pause(lambda _: part, confirm_within_s=0.1, back_within_s=0.1).aim(rig)
    shot.inject()
    assert shot.confirm().status == expected
    assert healers()["pause"](shot.undo, part).status == healed


def test_a_link_that_is_restored_and_still_silent_is_not_healed() -> None:
    undo = Undo("x", "cut", {}, {"answer_within_s": 0.1, "back_within_s": 0.1})
    assert healers()["cut"](undo, [ScriptedLink(SILENT, SILENT)]).status == "mismatch"


def test_a_seam_that_was_healed_before_it_was_passed_kills_nobody(rig: Rig) -> None:
    part = rig.victims["store"]
    assert isinstance(part, Part)
    shot = SeamKill("store", "2-files-written").aim(rig)
    shot.inject()
    healers()["seam_kill"](shot.undo, part)
    assert ask(part._now()["port"], "2-files-written", 1.0).outcome == "answered"


def test_links_that_cannot_be_restored_are_not_healed_and_the_others_are() -> None:
    bad = ScriptedLink(ANSWERED, SILENT, fails="no proxy there", disturbed=True)
    good = ScriptedLink(ANSWERED, SILENT, name="load→other", disturbed=True)
    undo = Undo("x", "cut", {}, {"answer_within_s": 0.1, "back_within_s": 0.1})
    healed = healers()["cut"](undo, [bad, good])
    assert (healed.status, good.disturbed) == ("inconclusive", False)
    assert "load→store: no proxy there" in healed.evidence


def test_targets_that_do_not_exist_are_refused_by_name(rig: Rig) -> None:
    with pytest.raises(NothingToAim, match="no victim 'strore'; it offers: decoy, store"):
        Kill("strore").aim(rig)
    with pytest.raises(NothingToAim, match="no link 'store→load'; it offers"):
        Cut("store→load").aim(rig)
    with pytest.raises(NothingToAim, match="no channel side; it offers: only"):
        Cut("load→store", channels=["side"]).aim(rig)


def test_a_question_without_an_answer_is_refused(rig: Rig) -> None:
    def leader_of_nothing(system: object) -> None:
        return None

    with pytest.raises(NothingToAim, match="'leader of nothing' had no answer"):
        Kill(leader_of_nothing).aim(rig)
    with pytest.raises(NothingToAim, match="names no link"):
        Cut(lambda system: []).aim(rig)


def test_a_part_that_lacks_the_capability_is_refused(rig: Rig) -> None:
    with pytest.raises(
        CannotBeHurt, match="is not Pausable: it has no answers, freeze, frozen, identity, thaw"
    ):
        Pause(lambda s: s.links["load→store"]).aim(rig)


def test_a_cut_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="choose one of blackhole, reset, refused"):
        Cut("load→store", "severed")


def test_the_part_that_is_hurt_is_what_all_links_share() -> None:
    def named(*names: str) -> list[ScriptedLink]:
        return [ScriptedLink(ANSWERED, ANSWERED, name=name) for name in names]

    assert part_hurt(named("b1→b2", "b2→b1", "b1→b3", "b3→b1")) == "b1"
    assert part_hurt(named("loader→warehouse")) == "warehouse"
    assert part_hurt(named("b1→b2", "b2→b1")) == "b2"
    assert part_hurt(named("broker-2⇄peers")) == "broker-2"
    assert part_hurt(named("a→b", "c→d")) == "a→b, c→d"


def test_every_fault_has_a_healer_of_its_kind_an_ink_and_ids_that_never_repeat(rig: Rig) -> None:
    assert set(healers()) == {"cut", "delay", "expire", "kill", "pause", "seam_kill"} == set(inks())
    colours = [ink["colour"] for ink in inks().values()]
    assert len(set(colours)) == len(colours)
    assert len({Kill("store").aim(rig).undo.id for _ in range(50)}) == 50


def test_a_fault_reads_as_a_plan_prints_it() -> None:
    def leader_of_hottest_partition(system: object) -> None: ...

    assert str(Kill(leader_of_hottest_partition)) == "kill -9 leader of hottest partition"
    assert str(Delay(["a→b", "b→a"], 20)) == "delay of 20 ms on a→b, b→a"
