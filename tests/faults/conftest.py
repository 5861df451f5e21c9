"""One rig for a test: two supervised parts and the links between them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Rig


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    rig = Rig(Path(tmp_path_factory.mktemp("rig")))
    try:
        store, decoy = rig.part("store"), rig.part("decoy")
        rig.link("load→store", store)
        rig.link("broker→store", store, ("replication", "controller"))
        rig.link("load→decoy", decoy)
        yield rig
    finally:
        rig.close()
