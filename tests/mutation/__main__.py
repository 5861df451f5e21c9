"""`python -m tests.mutation`: plant every mutant, try it, print the kill rate and who survived."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterable
from fnmatch import fnmatchcase

from tests.mutation.known import keep, known
from tests.mutation.report import summary
from tests.mutation.sql import mutants
from tests.mutation.targets import targets, text_of
from tests.mutation.workers import outcomes

FLOOR = 0.95


def _chosen(patterns: Iterable[str]) -> list[str]:
    wanted = list(patterns) or ["*"]
    return [target for target in targets() if any(fnmatchcase(target, one) for one in wanted)]


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("only", nargs="*", help="shell patterns of targets, such as 'Z*' or 'view trail'")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--every", type=int, default=1, metavar="N", help="try every Nth mutant of a text only"
    )
    parser.add_argument("--list", action="store_true", help="name the targets and how many mutants each has")
    parser.add_argument("--report", action="store_true", help="try nothing: what is known from earlier runs")
    parser.add_argument(
        "--again",
        action="store_true",
        help="believe what an earlier run killed, try the rest",
    )
    return parser.parse_args()


def main() -> int:
    asked = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the folder of the workers is removed
    chosen = _chosen(asked.only)
    if asked.list:
        print("\n".join(f"{len(mutants(text_of(one))):5} {one}" for one in chosen))
        return 0
    began, before = time.monotonic(), known() if asked.again or asked.report else []
    every = {(one.target, one.digest): one for one in before}
    if not asked.report:
        keep(before, mode="w")
        settled = frozenset(one.digest for one in before if not one.survived)
        work = outcomes(chosen, asked.workers, asked.every, settled)
        for number, (target, found) in enumerate(work, 1):
            every |= {(one.target, one.digest): one for one in found}
            keep(found, mode="a")
            killed = sum(bool(one.killer) for one in found)
            print(f"[{number}/{len(chosen)}] {target}: {killed} of {len(found)} killed", flush=True)
    told = [one for one in every.values() if one.target in chosen]
    text, rate = summary(told, time.monotonic() - began)
    print(text)
    return 0 if rate >= FLOOR else 1


if __name__ == "__main__":
    sys.exit(main())
