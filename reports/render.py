"""Templates to files: self-contained pages, written as a whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import wording

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **facts: Any) -> str:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for word in ("clock", "counted", "duration", "moment", "quantity", "short", "who"):
        environment.globals[word] = getattr(wording, word)
    return environment.get_template(template).render(facts)


def as_is(text: str) -> Markup:
    """Text of our own making that is already markup."""
    return Markup(text)


def asset(name: str) -> Markup:
    return as_is((TEMPLATES / name).read_text(encoding="utf-8"))


def write_text(path: Path, text: str) -> Path:
    partial = path.with_name(f"{path.name}.partial-{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)
    return path
