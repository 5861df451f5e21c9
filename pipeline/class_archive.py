"""The class-data archive of the landing's JVM: made once, it takes more than half off a restart.

A JVM that finds no archive, or one of another JVM or class path, starts as if none had been named.
"""

import logging
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

from pipeline import landing, spark
from pipeline.config import Config, ConfigError

log = logging.getLogger("pipeline.class_archive")

WRITE_S: Final = 120.0


def make(config: Config) -> None:
    """Run the landing's path once, and let its JVM write what it loaded when it exits."""
    target = config.spark.class_archive
    if target is None:
        raise ConfigError("spark.class_archive is not set; name the file that the archive shall be")
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    draft.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        _run_once(_aside(config, Path(scratch), draft))
    draft.replace(target)
    log.info("%s written, %.0f MB", target, target.stat().st_size / 1e6)


def _aside(config: Config, scratch: Path, draft: Path) -> Config:
    writing = replace(config.spark, class_archive=None, java_options=(f"-XX:ArchiveClassesAtExit={draft}",))
    return replace(config, lake=scratch / "lake", state=scratch / "state", spark=writing)


def _run_once(config: Config) -> None:
    spark.prepare_environment(config)
    session = spark.session(config)
    landing.warm_up(session, config)
    gateway = session.sparkContext._gateway
    if gateway is None:
        raise RuntimeError("the Spark session has no JVM of its own; start this command by itself")
    session.stop()
    # The JVM ends with its standard input, and writes the archive on its way out.
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(WRITE_S)
