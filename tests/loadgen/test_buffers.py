"""Buffers are used again only when nothing refers to any part of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from loadgen.batch import Texts
from loadgen.buffers import Buffers


def test_a_buffer_is_used_again_when_it_is_forgotten() -> None:
    buffers = Buffers()
    first = buffers.take(1_000)
    place = first.ctypes.data
    first[:3] = 7
    del first
    again = buffers.take(500)
    assert again.ctypes.data == place and again[:3].tolist() == [7, 7, 7]
    assert buffers.take(500).ctypes.data != place, "one is still in use"


def test_a_view_keeps_its_buffer() -> None:
    buffers = Buffers()
    whole = buffers.take(4_096)
    whole[100:104] = 1
    views = (
        whole[100:200][:50],
        np.ndarray(2, "V4", whole, 100, (8,)),
        Texts(whole, np.array([100]), np.array([4])).at(np.array([0])),
    )
    place = whole.ctypes.data
    del whole
    assert buffers.take(4_096).ctypes.data != place
    assert views[0][:4].tolist() == [1] * 4 and views[2][0] == b"\1" * 4
    del views
    assert buffers.take(4_096).ctypes.data == place


def test_one_that_is_too_small_goes() -> None:
    buffers = Buffers()
    small = len(buffers.take(1))
    assert len(buffers.take(small + 1)) > small
    assert len(buffers.take(1)) >= 1


def test_threads_may_give_back_what_others_took() -> None:
    buffers = Buffers()
    with ThreadPoolExecutor(4) as threads:
        for n in range(2_000):
            one = buffers.take(64)
            one = one[:64]
            one[:] = n % 251
            threads.submit(lambda kept, value: kept.sum() == 64 * value or None, one, n % 251)
            del one
    assert len({id(memory) for memory in buffers._free}) == len(buffers._free)
