"""House rules over Python files and texts: each takes a tree of files and names what breaks it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

FUNCTION_LINES, FILE_LINES, PROTOCOL_LINES = 70, 400, 80
PACKAGES = (
    *("gameday", "loadgen", "faults", "invariants", "fixtures", "reports", "scenarios", "pipeline"),
    *("loadpage", "bench", "tests"),
)
LEFT_OUT = {".git", ".venv", "runs", "build", "dist", "artifacts", "node_modules", "__pycache__"}
MAY_SLEEP = ("gameday/kernel/waiting.py", "pipeline/waiting.py")
SEEDED = {"Random", "default_rng", "SeedSequence", "Generator", "PCG64", "Philox"}
HARNESS_WORDS = re.compile(
    r"\b(gameday|game day|loadgen|harness|invariants|nemesis)\b"
    r"|\b(import|from) +(faults|fixtures|reports|scenarios|tests)\b",
    re.IGNORECASE,
)
HOSTS = re.compile(
    "|".join(
        re.escape(".".join(parts))
        for parts in (
            ("py" "pi", "org"), ("python" "hosted", "org"), ("maven", "org"), ("maven", "apache", "org"),
            ("proxy", "golang", "org"), ("sum", "golang", "org"), ("npmjs", "org"), ("npmjs", "com"),
            ("docker", "io"), ("ghcr", "io"), ("extensions", "duckdb", "org"),
        )
    ),
    re.IGNORECASE,
)  # fmt: skip
TEXTS = {
    *(".py", ".md", ".toml", ".txt", ".in", ".lock", ".xml", ".yml", ".yaml", ".cfg", ".ini", ".sh"),
    *(".j2", ".js", ".css", ".html", ".properties", ".sql", ""),
}

Rule = Callable[[Path], Iterator[str]]


def python_files(root: Path) -> list[Path]:
    found = [path for package in PACKAGES for path in (root / package).rglob("*.py")]
    return sorted([*found, *root.glob("*.py")])


def texts(root: Path) -> Iterator[Path]:
    """Files of the repository that a person reads, hidden tools' folders and results of runs left out."""
    for path in sorted(root.iterdir()):
        if path.name in LEFT_OUT or path.name.endswith(("_cache", ".egg-info")):
            continue
        if path.is_dir():
            yield from texts(path)
        elif path.suffix in TEXTS:
            yield path


def trees(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in python_files(root):
        yield str(path.relative_to(root)), ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions_are_short(root: Path) -> Iterator[str]:
    for name, tree in trees(root):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES:
                    yield f"{name}:{node.lineno} {node.name} has {lines} lines"


def files_are_short(root: Path) -> Iterator[str]:
    for path in python_files(root):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > FILE_LINES:
            yield f"{path.relative_to(root)} has {lines} lines"


def protocols_fit_one_screen(root: Path) -> Iterator[str]:
    for name in ("protocols.py", "handles.py"):
        lines = len((root / "gameday" / "kernel" / name).read_text(encoding="utf-8").splitlines())
        if lines >= PROTOCOL_LINES:
            yield f"gameday/kernel/{name} has {lines} lines"


def modules_say_what_lives_there(root: Path) -> Iterator[str]:
    for name, tree in trees(root):
        if not ast.get_docstring(tree) and tree.body:
            yield f"{name} has no docstring"


def only_waiting_sleeps(root: Path) -> Iterator[str]:
    for name, node, called in _calls(root):
        if called == "time.sleep" and name not in MAY_SLEEP:
            yield f"{name}:{node.lineno} sleeps"


def durations_come_from_the_monotonic_clock(root: Path) -> Iterator[str]:
    for name, node, called in _calls(root):
        if called == "time.time":
            yield f"{name}:{node.lineno} asks the wall clock by time()"


def chance_is_seeded(root: Path) -> Iterator[str]:
    for name, node, called in _calls(root):
        module, _, function = called.rpartition(".")
        if module in ("random", "numpy.random"):
            if function not in SEEDED:
                yield f"{name}:{node.lineno} draws from the global {called}"
            elif not node.args and not node.keywords:
                yield f"{name}:{node.lineno} {called} has no seed"


def no_exception_is_caught_bare(root: Path) -> Iterator[str]:
    for name, tree in trees(root):
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                yield f"{name}:{node.lineno} catches everything"


def the_pipeline_knows_no_harness(root: Path) -> Iterator[str]:
    for path in texts(root / "pipeline"):
        yield from _lines(root, path, HARNESS_WORDS)


def no_registry_is_named(root: Path) -> Iterator[str]:
    for path in texts(root):
        yield from _lines(root, path, HOSTS)


def _lines(root: Path, path: Path, pattern: re.Pattern[str]) -> Iterator[str]:
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        if found := pattern.search(line):
            yield f"{path.relative_to(root)}:{number} says {found[0]!r}"


def _calls(root: Path) -> Iterator[tuple[str, ast.Call, str]]:
    """Every call with the full name of what is called, as far as imports tell it."""
    for name, tree in trees(root):
        known = _imported(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield name, node, _full_name(node.func, known)


def _imported(tree: ast.Module) -> Mapping[str, str]:
    known: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            known |= {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            known |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    return known


def _full_name(node: ast.expr, known: Mapping[str, str]) -> str:
    if isinstance(node, ast.Name):
        return known.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        return f"{_full_name(node.value, known)}.{node.attr}"
    return ""
