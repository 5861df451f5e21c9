"""The SQL of an invariant with the views that it needs, ready to paste."""

from __future__ import annotations

from invariants.aliases import ALIASES
from invariants.catalog import everything
from invariants.chain import Chain
from invariants.views import SQL_NAME, VIEWS, views_for


class NoSuchInvariant(LookupError):
    """The id names nothing in the catalogue."""


def sql(id: str, chain: Chain | None = None) -> str:
    """Views first, then the offenders; the tables are those of a recording, under their own names.

    The name of an anomaly that is judged under other ids gives the texts of those.
    """
    if id in ALIASES:
        alias = ALIASES[id]
        heading = f"-- {id}: {alias.says}\n-- is judged as {', '.join(alias.same_as)}\n\n"
        return heading + "\n".join(sql(other, chain) for other in alias.same_as if other in everything())
    found = everything().get(id)
    if found is None:
        raise NoSuchInvariant(f"there is no invariant {id!r}; there are {', '.join(everything())}")
    chain = chain or Chain()
    lines = [f"-- {found.id}: {found.says}", f"-- reads {', '.join(SQL_NAME[name] for name in found.needs)}"]
    for name, value in found.targets.items():
        lines.append(f"-- table target needs a row ('{found.id}', '{name}', {value:g}) or another value")
    for view in views_for(found.offenders, chain):
        lines.append(f"\nCREATE TEMPORARY VIEW {view} AS\n{VIEWS[view](chain).strip()};")
    order = f"\nORDER BY {found.order_by}" if found.order_by else ""
    lines.append(f"\n{found.offenders.strip()}{order};\n")
    return "\n".join(lines)
