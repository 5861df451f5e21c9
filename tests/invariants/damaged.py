"""Histories by name: legal mixtures, and those with one damage that an invariant has to find."""

from __future__ import annotations

from tests.invariants.history import T0, History, S, Tables, perfect

BEYOND = 10_000_000  # an offset that no broker has reached


def nothing() -> Tables:
    """A run that sent nothing: every table is there, sealed and empty."""
    return History().play()


def mixed() -> Tables:
    """Something of everything, all of it legal."""
    history = History().events(6, tags="|plain|")
    history.event(20, tags="|dup|").event(20, 1, cls="dup_of", tags="|dup|")
    history.event(30, tags="|twin|").event(31, cls="twin_of", ref=30, tags="|twin|")
    history.event(40, cls="invalid", tags="|invalid|").event(41, tags="|retry|").attempt(41)
    history.event(50, outcome="UNKNOWN").event(51, outcome="UNKNOWN", reaches=False)
    history.event(52, outcome="FAIL").event(53, told=False).event(54, lateness_us=50 * S, tags="|late|")
    tables = history.event(7, key="other", partition=1).play()
    # Unknown outcomes are legal near a fault alone.
    return tables.fault(0.1, 5)


def calm_then_fault(how_many: int = 8) -> Tables:
    return perfect(how_many).fault(2, 10)


def lost_at(hop: str, uid: int = 3) -> Tables:
    return perfect().lose_from(hop, uid=uid)


def elected(next_at_s: float | None) -> Tables:
    tables = (
        calm_then_fault().metric("leader", 1, 2, "0").metric("leader", 1, 1, "1").metric("leader", 3, -1, "0")
    )
    if next_at_s is not None:
        tables.metric("leader", next_at_s, 3, "0")
    return tables


def many(how_many: int, beyond: int) -> Tables:
    """Many events, some of them visible in curated later than the target."""
    tables = History().events(how_many).play(batch_of=1)
    last = tables.find("sighting", hop="curated")[-beyond:] if beyond else []
    for row in last:
        row["t_seen"] += 200 * S
    tables.rows["phase"] = [{"name": "drain", "t_from": T0, "t_to": T0 + 600 * S}]
    return tables.target("F3", fresh_us=20 * S, grace_us=0)


def broken_contract(raw_until_s: float = 1.0) -> Tables:
    """No fault; a producer breaks the contract while the load runs."""
    tables = perfect().change("intent", {"tags": "|breaking|"}, uid=5)
    tables.add("phase", name="load", t_from=T0, t_to=T0 + 30 * S)
    return tables.delay("raw", raw_until_s, uid=5)


def stalled_warehouse(raw_until_s: float = 1.0) -> Tables:
    """The warehouse away from the second on; the load visible only afterwards."""
    tables = perfect().fault(0.5, 20, victim="warehouse").delay("load", 18, uid=5).delay("curated", 18, uid=5)
    return tables.delay("raw", raw_until_s, uid=5)


def two_outages(calm_s: float = 20) -> Tables:
    """Raw is bad from 5.04 s on, back at 8 s, and after a calm bad again until 40 s."""
    tables = perfect().fault(2, 4).delay("raw", 8, uid=1).delay("raw", 40, uid=5)
    for uid in (5, 6, 7, 8):
        tables.change("send", {"t_due": T0 + 3 * S + int(calm_s * S)}, uid=uid)
    return tables.target("L1", back_us=60 * S, max_us=300 * S)


def unseal(tables: Tables, name: str) -> Tables:
    tables.unsealed.add(name)
    return tables


def without_table(tables: Tables, name: str) -> Tables:
    tables.absent.add(name)
    return tables


def sampler_late(tables: Tables) -> Tables:
    return tables.metric("sampler_late_us", 3, 9 * S)


def no_check(id: str) -> Tables:
    return perfect().drop("check", id=id)


def control(tables: Tables, id: str, figure: float) -> Tables:
    return tables.add("control", hop="", measure=f"figure:{id}", value=float(figure))


def back_too_late() -> Tables:
    return calm_then_fault().delay("load", 31, uid=5).target("L1", back_us=20 * S, max_us=300 * S)


def fabricated() -> Tables:
    """Event 3 once more in raw and load, far beyond the end of the broker, and suppressed for itself."""
    tables = perfect()
    for hop in ("raw", "load"):
        tables.double(f"{hop}_scan", {"src_offset": BEYOND}, uid=3)
    tables.change("load_batch_scan", {"row_count": 5}, container="batch-000")
    where = {"cluster": "a", "topic": "t", "partition": 0, "src_offset": BEYOND}
    return tables.add("suppressed_scan", uid=3, copy=0, **where, rule="ID1", survivor_uid=3)


def forgotten_resend() -> Tables:
    """A resend was acknowledged and travelled on; then the broker cut it off."""
    return History().events(4).attempt(3).play().drop("broker_scan", uid=3, src_offset=4)


def late_lane(stale: int) -> Tables:
    """A thousand events on time, thirty late ones, some of which take long from the broker to curated."""
    history = History().events(1000)
    for uid in range(5000, 5030):
        history.event(uid, lateness_us=50 * S, tags="|late|")
    tables = history.play(batch_of=1).target("F3", fresh_us=20 * S, grace_us=0)
    for row in tables.find("sighting", hop="curated")[1030 - stale :]:
        row["t_seen"] += 200 * S
    tables.rows["phase"] = [{"name": "drain", "t_from": T0, "t_to": T0 + 600 * S}]
    return tables


def resend_survives() -> Tables:
    """Attempt 0 of event 3 is lost at the load, its resend is not."""
    tables = History().events(4).attempt(3).play()
    tables.drop("load_scan", uid=3, src_offset=2).drop("suppressed_scan", uid=3)
    return tables.change("load_batch_scan", {"row_count": 3}, container="batch-000")


def suppressed_for_nobody() -> Tables:
    return mixed().drop("curated_scan", uid=20)


def pending() -> Tables:
    return lost_at("load", 8).hop("load", state="moving").hop("curated", state="moving")


def other_bytes_at(hop: str) -> Tables:
    return perfect().change(f"{hop}_scan", {"body_hash": 1}, uid=3)


def other_bytes_there() -> Tables:
    return other_bytes_at("broker")


def one_offset_for_two() -> Tables:
    tables = History().events(4).attempt(3, reaches=False).play()
    return tables.change(
        "send", {"cluster": "a", "topic": "t", "partition": 0, "src_offset": 2}, uid=3, attempt=1
    )


def unknown_appears() -> Tables:
    return mixed().double("curated_scan", {"uid": 51, "copy": 0, "canonical_hash": -51}, uid=3)


def unknown_in_raw() -> Tables:
    return mixed().double("raw_scan", {"uid": 51, "body_hash": 51_000, "src_offset": 99}, uid=3)


def valid_dead_letter() -> Tables:
    tables = perfect().lose_from("load", uid=3)
    row = tables.find("raw_scan", uid=3)[0]
    return tables.add("dlq_scan", **{**row, "reason": "undecodable"})


def duplicate_kept() -> Tables:
    tables = mixed().drop("suppressed_scan", uid=20)
    return tables.double("curated_scan", {"copy": 1, "src_offset": 7}, uid=20)


def needless() -> Tables:
    tables = perfect()
    where = {
        k: tables.find("load_scan", uid=3)[0][k] for k in ("cluster", "topic", "partition", "src_offset")
    }
    return tables.add("suppressed_scan", uid=3, copy=0, **where, rule="ID1", survivor_uid=3)


def merged_twins() -> Tables:
    tables = mixed()
    row = tables.find("curated_scan", uid=31)[0]
    where = {k: row[k] for k in ("cluster", "topic", "partition", "src_offset", "container")}
    tables.drop("curated_scan", uid=31)
    return tables.add("suppressed_scan", uid=31, copy=0, **where, rule="ID3", survivor_uid=30)


def swapped(key_of_second: str = "k") -> Tables:
    """Events 3 and 4 change places everywhere, in the ledger and in the scans."""
    tables = History().events(3).event(4, key=key_of_second).events(3, first=5).play()
    for name in ("send", "broker_scan", "raw_scan", "load_scan", "curated_scan"):
        (third,), (fourth,) = tables.find(name, uid=3), tables.find(name, uid=4)
        third["src_offset"], fourth["src_offset"] = 3, 2
        if "container" in third:
            third["container"], fourth["container"] = fourth["container"], third["container"]
    return tables


def one_send_twice() -> Tables:
    tables = perfect().double("broker_scan", {"src_offset": 8, "container": "0:8"}, uid=3)
    for hop in ("raw", "load"):
        tables.double(f"{hop}_scan", {"src_offset": 8}, uid=3)
    return tables.change("load_batch_scan", {"row_count": 5}, container="batch-000")


def invalid_loaded() -> Tables:
    tables = mixed().drop("dlq_scan", uid=40)
    row = tables.find("raw_scan", uid=40)[0]
    tables.add("load_scan", **row)
    batch = tables.find("load_batch_scan", container=row["container"])[0]
    batch["row_count"] += 1
    return tables


def never_back() -> Tables:
    """The load is stuck from the bite on."""
    tables = calm_then_fault()
    for uid in (5, 6, 7, 8):
        tables.lose_from("load", uid=uid)
    return tables.hop("load", state="stuck").hop("curated", state="stuck")
