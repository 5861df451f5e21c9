"""The commands: ``python -m pipeline PART --config FILE``."""

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from pipeline import lifeline
from pipeline.config import Config, ConfigError, load, load_server
from pipeline.waiting import Stop
from pipeline.weaknesses import WeaknessRefused

EXIT_USAGE: Final = 4


def main() -> int:
    arguments = _arguments()
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    logging.getLogger("py4j").setLevel(logging.WARNING)
    lifeline.hold()
    try:
        PARTS[arguments.part](arguments.config)
    except (ConfigError, WeaknessRefused) as error:
        print(f"pipeline: {error}", file=sys.stderr)
        return EXIT_USAGE
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pipeline", description=__doc__)
    parser.add_argument("part", choices=sorted(PARTS))
    parser.add_argument("--config", type=Path, required=True)
    return parser.parse_args()


def _namespace(path: Path) -> Config:
    config = load(path)
    config.make_folders()
    return config


# Each part imports its own libraries: the loader needs no Spark, the landing no DuckDB.


def _supervisor(path: Path) -> None:
    from pipeline import supervisor

    config = _namespace(path)
    logging.getLogger().addHandler(logging.FileHandler(config.logs / "supervisor.log"))
    supervisor.run(config, path.resolve(), Stop().on_signals())


def _landing(path: Path) -> None:
    from pipeline import landing

    landing.run(_namespace(path), Stop().on_signals())


def _class_archive(path: Path) -> None:
    from pipeline import class_archive

    class_archive.make(load(path))


def _loader(path: Path) -> None:
    from pipeline import loader

    loader.run(_namespace(path), Stop().on_signals())


def _curator(path: Path) -> None:
    from pipeline import curator

    curator.run(_namespace(path), Stop().on_signals())


def _migrate(path: Path) -> None:
    from pipeline import migrate

    migrate.run(_namespace(path))


def _recompute(path: Path) -> None:
    from pipeline import recompute

    recompute.run(path)


def _warehouse(path: Path) -> None:
    from pipeline import warehouse_server

    warehouse_server.run(load_server(path), Stop().on_signals())


PARTS: Final[dict[str, Callable[[Path], None]]] = {
    "supervisor": _supervisor,
    "landing": _landing,
    "class-archive": _class_archive,
    "loader": _loader,
    "curator": _curator,
    "migrate": _migrate,
    "recompute": _recompute,
    "warehouse": _warehouse,
}

if __name__ == "__main__":
    sys.exit(main())
