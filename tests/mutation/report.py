"""What a mutation run found, as text: kill rate, by operator and by family, and every survivor."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from invariants.views import VIEWS
from tests.mutation.explained import why
from tests.mutation.targets import Outcome


def summary(every: Sequence[Outcome], took: float) -> tuple[str, float]:
    """The report, and the kill rate over all mutants that run and are not explained."""
    viable = [one for one in every if not one.stillborn]
    survivors = [one for one in viable if one.survived]
    explained = [one for one in survivors if why(one)]
    open_ones = [one for one in survivors if not why(one)]
    killed = len(viable) - len(survivors)
    raw = killed / max(1, len(viable))
    rate = killed / max(1, len(viable) - len(explained))
    lines = [
        f"{len(every)} mutants in {took:.0f} s; {len(every) - len(viable)} of them no engine runs",
        f"kill rate {raw:.1%}: {killed} of {len(viable)}; {len(explained)} survivors are explained",
        f"kill rate without those explained {rate:.1%}",
        *_table("by operator", viable, lambda one: one.operator),
        *_table("by text", viable, lambda one: one.target.split(".")[0]),
        *_table("by family", viable, family),
        "",
        f"survivors that nobody explained: {len(open_ones)}",
        *(f"  {one}" for one in sorted(open_ones, key=lambda one: (one.target, one.line))),
        "",
        f"survivors that are explained: {len(explained)}",
        *_reasons(explained),
    ]
    return "\n".join(lines), rate


def family(one: Outcome) -> str:
    """The file of a view, or the letters of an invariant."""
    if one.target.startswith("view "):
        return f"views of {VIEWS[one.target.removeprefix('view ')].__module__.split('.')[-1]}"
    return re.sub(r"\d.*", "", one.target.split(".")[0])


def _table(title: str, every: Iterable[Outcome], key: Callable[[Outcome], str]) -> list[str]:
    groups: dict[str, list[Outcome]] = {}
    for one in every:
        groups.setdefault(key(one), []).append(one)
    lines = ["", f"{title:26} {'run':>6} {'killed':>6} {'expl.':>6} {'open':>6}"]
    for name, group in sorted(groups.items()):
        survivors = [one for one in group if one.survived]
        explained = sum(bool(why(one)) for one in survivors)
        killed, left = len(group) - len(survivors), len(survivors) - explained
        rate = killed / max(1, len(group) - explained)
        lines.append(f"  {name:24} {len(group):6} {killed:6} {explained:6} {left:6}  {rate:6.1%}")
    return lines


def _reasons(explained: Iterable[Outcome]) -> list[str]:
    groups: dict[str, list[Outcome]] = {}
    for one in explained:
        groups.setdefault(why(one), []).append(one)
    lines = []
    for reason, group in groups.items():
        lines.append(f"  {len(group)}: {reason}")
        lines += [f"      {one}" for one in group]
    return lines
