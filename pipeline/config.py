"""The configuration of one namespace, and of the warehouse server, read from a JSON file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import weaknesses


class ConfigError(Exception):
    """The config file cannot be used; the text says what to correct."""


@dataclass(frozen=True, slots=True)
class KafkaConfig:
    bootstrap: str
    topic: str
    options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class WarehouseConfig:
    database: str
    token: str
    uri: Mapping[str, str]
    deadline_s: float
    data: Path | None


@dataclass(frozen=True, slots=True)
class SparkConfig:
    java_home: str | None
    jars: tuple[Path, ...]
    master: str
    trigger_s: float
    heap_mb: int
    class_archive: Path | None
    java_options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that the parts of one namespace need to know."""

    namespace: str
    cluster: str
    kafka: KafkaConfig
    lake: Path
    state: Path
    logs: Path
    warehouse: WarehouseConfig
    spark: SparkConfig
    extensions: tuple[Path, ...]
    weaknesses: frozenset[str]

    @property
    def manifests(self) -> Path:
        return self.lake / "manifests"

    @property
    def seams(self) -> Path:
        return self.state / "seams"

    def make_folders(self) -> None:
        folders = (self.lake / "raw", self.lake / "dlq", self.manifests,
                   self.seams, self.state / "workers", self.logs)  # fmt: skip
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """What the warehouse server needs to know."""

    host: str
    port: int
    token: str
    data: Path
    extensions: tuple[Path, ...]


def load(path: Path) -> Config:
    """The namespace's config; raises :class:`ConfigError` or ``WeaknessRefused``."""
    with _naming(path):
        raw = _read(path)
        kafka, warehouse, spark = raw["kafka"], raw["warehouse"], raw["spark"]
        return Config(
            namespace=raw["namespace"],
            cluster=raw["cluster"],
            kafka=KafkaConfig(kafka["bootstrap"], kafka["topic"], kafka.get("options", {})),
            lake=Path(raw["lake"]),
            state=Path(raw["state"]),
            logs=Path(raw["logs"]),
            warehouse=_warehouse(warehouse),
            spark=_spark(spark),
            extensions=tuple(map(Path, raw["extensions"])),
            weaknesses=weaknesses.checked(raw.get("weaknesses", ())),
        )


def load_server(path: Path) -> ServerConfig:
    with _naming(path):
        raw = _read(path)
        return ServerConfig(
            host=raw["host"],
            port=int(raw["port"]),
            token=raw["token"],
            data=Path(raw["data"]),
            extensions=tuple(map(Path, raw["extensions"])),
        )


def _warehouse(raw: Mapping[str, Any]) -> WarehouseConfig:
    return WarehouseConfig(
        database=raw["database"],
        token=raw["token"],
        uri=raw["uri"],
        deadline_s=float(raw.get("deadline_s", 10)),
        data=Path(raw["data"]) if raw.get("data") else None,
    )


def _spark(raw: Mapping[str, Any]) -> SparkConfig:
    return SparkConfig(
        java_home=raw.get("java_home"),
        jars=tuple(map(Path, raw["jars"])),
        master=raw.get("master", "local[2]"),
        trigger_s=float(raw.get("trigger_s", 5)),
        heap_mb=int(raw.get("heap_mb", 512)),
        class_archive=Path(raw["class_archive"]) if raw.get("class_archive") else None,
        java_options=tuple(raw.get("java_options", ())),
    )


def _read(path: Path) -> Mapping[str, Any]:
    found = json.loads(path.read_text())
    if not isinstance(found, dict):
        raise TypeError(f"a JSON object is needed, not {type(found).__name__}")
    return found


class _naming:
    """Turns what can go wrong with a config file into one sentence that names the file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, KeyError):
            raise ConfigError(f"{self._path}: the setting {error} is missing; add it") from error
        if isinstance(error, OSError | ValueError | TypeError):
            raise ConfigError(f"{self._path}: cannot be read as a config: {error}") from error
