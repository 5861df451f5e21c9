"""What the terminal shows fits a hundred columns, with and without colour, and explains what is not green."""

from __future__ import annotations

from dataclasses import replace

from gameday.kernel.recording import Recording
from gameday.kernel.verdict import Finding, Verdict
from reports import terminal
from reports.facts import Run
from reports.wording import moment, quantity
from tests.reports.synthetic import FINDINGS, PATH


def test_the_summary_fits_a_hundred_columns_and_needs_no_colour(run: Run) -> None:
    text = terminal.summary(run)
    table = text[: text.index("first offender")]
    assert max(len(line) for line in table.splitlines()) <= 100
    assert "\x1b" not in text
    assert "\x1b" in terminal.summary(run, colour=True)


def test_the_summary_names_cause_path_proof_and_the_line_to_run_again(run: Run) -> None:
    lines = terminal.summary(run).splitlines()
    offender = next(n for n, line in enumerate(lines) if "first offender" in line)
    assert lines[offender].startswith("Z2 first offender: uid 9000")  # Z1 is implied by Z2
    assert "+30.51 s  ACK" in lines[offender + 2]
    assert "never  not found" in lines[offender + 3]
    assert "5/5 planted faults caught" in lines
    assert lines[-1] == "again: pytest scenarios/brokers.py::leader_killed --gameday-seed=7"


def test_every_claim_that_is_not_held_is_explained(run: Run) -> None:
    text = "\n".join(terminal.why_not_green(run.findings))
    for reason in ("Z2 at broker: 3 of 27,641 offend (hint: check acks", "F3: sampler was late by 3.1 s"):
        assert reason in text
    assert "VACUOUS: too little happened" in text
    assert "U1" not in text


def test_a_held_run_says_little(run: Run) -> None:
    held = [f for f in FINDINGS if f.verdict is Verdict.HELD]
    text = terminal.summary(replace(run, findings=held, told={**run.told, "verdict": "HELD"}))
    assert "again:" not in text
    assert "offender" not in text


def test_a_claim_that_is_not_made_stands_in_brackets_and_last() -> None:
    lines = terminal.verdict_table(FINDINGS).splitlines()
    assert "(HELD)" in lines[-1]
    assert [word for word in lines[1].split() if word.isupper() and len(word) > 2] == ["BROKEN"]


def test_a_missed_corruption_voids_the_run_aloud(run: Run) -> None:
    proofs = [replace(run.proofs[0], caught=False), *run.proofs[1:]]
    assert "4/5 planted faults caught; missed: loss: the run is void" in terminal.summary(
        replace(run, proofs=proofs)
    )


def test_a_live_line_names_the_hop_that_is_furthest_behind() -> None:
    line = terminal.live_line("disturb", 12.34, 899.6, {"raw": 20, "curated": 1234}, "kill")
    assert line.split() == ["disturb", "12.3", "s", "900", "ev/s", "lag", "1,234", "at", "curated", "kill"]
    assert "lag –" in terminal.live_line("drain", 112.0, 0, {})
    assert "no fault" in terminal.live_line("drain", 112.0, 0, {})


def test_the_header_names_seed_stack_and_plan() -> None:
    told = {"seed": 7, "plan_hash": "9f41", "versions": {"kafka": "4.1.0"}, "again": "pytest x"}
    assert terminal.header(told) == ["seed=7  plan=9f41", "stack: kafka 4.1.0", "again: pytest x"]


def test_an_offender_without_rows_is_said_to_be_nameless() -> None:
    finding = Finding("L1", "drained", Verdict.BROKEN, "1 of 4 beyond the target")
    assert terminal.first_offender(finding, []) == [
        "L1: 1 of 4 beyond the target; the recording names no offender"
    ]


def test_quantities_read_well() -> None:
    assert [quantity(v, "us") for v in (None, 0, 900, 5_812_000, 75e6, 200e6)] == [
        "–", "0 s", "900 µs", "5.81 s", "75.0 s", "3 min 20 s",
    ]  # fmt: skip
    assert (quantity(0.0512, "share"), quantity(1234, "events"), quantity(0.5, "")) == (
        "5.12 %",
        "1,234 events",
        "0.5",
    )
    assert moment(1_500_000, 1_000_000) == "+0.50 s"


def test_a_failure_tells_reasons_path_and_how_to_run_again(run: Run) -> None:
    lines = terminal.failure(Recording(run.folder), run.findings).splitlines()
    assert lines[0].startswith("BROKEN: ")
    assert any(line.startswith("  broker") and "never" in line for line in lines)
    assert lines[-1].startswith("again: pytest")


def test_a_path_without_a_run_counts_from_its_first_step() -> None:
    assert terminal.path_table(PATH).splitlines()[1].split()[:3] == ["send", "+0.01", "s"]


def test_wrong_in_the_expected_way_is_green(run: Run) -> None:
    expected = replace(run, told={**run.told, "status": "held"})
    assert (expected.green, expected.as_expected, expected.tone) == (True, True, "HELD")
    assert (run.green, run.tone) == (False, "BROKEN")
    assert "BROKEN (as expected)" in terminal.summary(expected)


def test_a_path_may_come_as_it_was_explained() -> None:
    sent = {"copy": 0, "attempt": 1, "hop": "sent", "at_us": 5, "what": "ACK", "where": "told 3@7"}
    lost = {"copy": 0, "attempt": 1, "hop": "raw", "at_us": None, "what": "LOST", "faults": ("f1 (landing)",)}
    lines = terminal.path_table(
        {"uid": 1, "steps": [sent, lost], "verdict": "1 of 1 attempts lost"}
    ).splitlines()
    assert lines[0].split() == ["sent", "+0.00", "s", "ACK", "attempt", "1,", "told", "3@7"]
    assert lines[1].split() == ["raw", "never", "LOST", "attempt", "1,", "during", "f1", "(landing)"]
    assert lines[2] == "1 of 1 attempts lost"
