"""Ids open for the harness of the same run, and for nobody else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadgen.ids import Ids
from tests.loadgen.rig import NONCE

PAIRS = st.lists(st.tuples(st.integers(0, (1 << 48) - 1), st.integers(0, (1 << 16) - 1)), max_size=20)


@given(PAIRS, st.integers(0, (1 << 32) - 1))
def test_what_is_sealed_opens_again(pairs: list[tuple[int, int]], run_tag: int) -> None:
    ids = Ids(NONCE, run_tag)
    sealed = ids.seal([u for u, _ in pairs], [c for _, c in pairs])
    uid, copy, ok = ids.open(sealed)
    assert ok.all()
    assert list(zip(uid.tolist(), copy.tolist(), strict=True)) == pairs
    assert all(len(text) == 32 and text == text.lower() for text in sealed)


def test_ids_of_another_run_do_not_open() -> None:
    sealed = Ids(NONCE, 5).seal([1, 2], [0, 1])
    for other in (Ids(NONCE, 6), Ids(NONCE[::-1], 5)):
        uid, copy, ok = other.open(sealed)
        assert not ok.any() and uid.tolist() == [-1, -1] and copy.tolist() == [-1, -1]


@given(st.lists(st.none() | st.text(max_size=40) | st.text("0123456789abcdef", min_size=32, max_size=32)))
def test_foreign_texts_do_not_open_and_do_no_harm(texts: list[str | None]) -> None:
    _, _, ok = Ids(NONCE, 5).open(texts)
    assert len(ok) == len(texts) and not ok.any()


def test_a_good_id_opens_among_foreign_ones() -> None:
    ids = Ids(NONCE, 5)
    good = ids.seal([77], [3])[0]
    uid, copy, ok = ids.open([None, good, good.upper(), good[:-1], good + "0", "ä" * 32, good[:-1] + "g"])
    assert ok.tolist() == [False, True, False, False, False, False, False]
    assert (uid[1], copy[1]) == (77, 3)


def test_the_layout_is_the_agreed_one() -> None:
    """Golden: another program that follows the description must be able to open these."""
    assert Ids(NONCE, 5).seal([0x0123456789AB], [0xCDEF]) == ["78b323131639fbf4e07a11720184647a"]


def test_numbers_that_do_not_fit_are_refused() -> None:
    for uid, copy in ((1 << 48, 0), (-1, 0), (0, 1 << 16), (0, -1)):
        with pytest.raises(ValueError, match="48 bits"):
            Ids(NONCE, 5).seal([uid], [copy])
    with pytest.raises(ValueError, match="hex"):
        Ids("no hex", 5)
