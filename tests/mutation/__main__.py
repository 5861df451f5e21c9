"""`python -m tests.mutation`: plant every mutant, try it, print the kill rate and who survived."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict
from fnmatch import fnmatchcase
from pathlib import Path

from tests.mutation.report import summary
from tests.mutation.sql import mutants
from tests.mutation.targets import Outcome, targets, text_of
from tests.mutation.workers import outcomes

RESULTS = Path("build/mutation.jsonl")
FLOOR = 0.95


def _chosen(patterns: Iterable[str]) -> list[str]:
    wanted = list(patterns) or ["*"]
    return [target for target in targets() if any(fnmatchcase(target, one) for one in wanted)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("only", nargs="*", help="shell patterns of targets, such as 'Z*' or 'view trail'")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="try every Nth mutant of a text only"
    )
    parser.add_argument("--list", action="store_true", help="name the targets and how many mutants each has")
    given = parser.parse_args()
    chosen = _chosen(given.only)
    if given.list:
        print("\n".join(f"{len(mutants(text_of(one))):5} {one}" for one in chosen))
        return 0
    began, every = time.monotonic(), list[Outcome]()
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", encoding="utf-8") as out:
        for number, (target, found) in enumerate(outcomes(chosen, given.workers, given.every), 1):
            every += found
            out.writelines(json.dumps(asdict(one)) + "\n" for one in found)
            out.flush()
            killed = sum(bool(one.killer) for one in found)
            print(f"[{number}/{len(chosen)}] {target}: {killed} of {len(found)} killed", flush=True)
    text, rate = summary(every, time.monotonic() - began)
    print(text)
    return 0 if rate >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
