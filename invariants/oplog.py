"""Views of an operation log."""
from collections.abc import Callable, Mapping
from invariants.chain import Chain
VIEWS: Mapping[str, Callable[[Chain], str]] = {}
