"""Lists that are derived rather than kept: what lives in a package is found by looking into it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")


def modules_in(package: str) -> list[ModuleType]:
    """Every public module of a package, imported, in order of name."""
    root = importlib.import_module(package)
    names = sorted(m.name for m in pkgutil.iter_modules(root.__path__) if not m.name.startswith("_"))
    return [importlib.import_module(f"{package}.{name}") for name in names]


def values_in(package: str, kind: type[T], key: Callable[[T], str]) -> dict[str, T]:
    """Every module-level value of a type, by its own name; the same name twice is an error."""
    found: dict[str, T] = {}
    for module in modules_in(package):
        for value in vars(module).values():
            if not isinstance(value, kind):
                continue
            name = key(value)
            if name in found and found[name] is not value:
                raise ValueError(
                    f"{name} is declared twice in {package}; the second time in {module.__name__}"
                )
            found[name] = value
    return found


def classes_in(package: str, where: Callable[[type], bool]) -> dict[str, type]:
    """Every class that is defined (not merely imported) in a package and fits."""
    return {
        name: value
        for module in modules_in(package)
        for name, value in vars(module).items()
        if isinstance(value, type) and value.__module__ == module.__name__ and where(value)
    }


def load_reference(reference: str) -> Any:
    """The object behind `package.module:attribute`."""
    module, colon, attribute = reference.partition(":")
    if not colon or not module or not attribute:
        raise ValueError(f"{reference!r} is not of the form package.module:attribute")
    return getattr(importlib.import_module(module), attribute)
