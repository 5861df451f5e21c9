"""Spark SQL over the same Parquet files: for recordings that outgrow one machine."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from gameday.kernel.recording import SCHEMAS, BadRecording, Recording
from invariants.engines import Session
from invariants.views import SQL_NAME

_TYPES = {"int64": "bigint", "int32": "int", "double": "double", "string": "string", "bool": "boolean"}


class Spark(Session):
    """One application over one recording; views are written to Parquet the first time they are needed."""

    def __init__(
        self,
        recording: Recording | Path | str,
        memory_limit: str = "1g",
        master: str = "local[2]",
        work: Path | None = None,
    ) -> None:
        self._work = Path(tempfile.mkdtemp(prefix="gameday-judge-", dir=work))
        self._session = (
            SparkSession.builder.master(master)
            .appName("gameday judge")
            .config("spark.driver.memory", memory_limit)
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .config("spark.sql.shuffle.partitions", "4")
            .config("spark.sql.warehouse.dir", str(self._work / "warehouse"))
            .getOrCreate()
        )
        self._session.sparkContext.setLogLevel("ERROR")
        self._url = recording.rstrip("/") if isinstance(recording, str) else ""
        try:
            super().__init__(self._facts_of(self._url) if isinstance(recording, str) else recording)
        except BaseException:
            self.close()
            raise

    # -- a recording that lies elsewhere -----------------------------------------------------------------

    def _facts_of(self, url: str) -> Recording:
        """What run.json says, here; the tables stay where they are."""
        if not self._listed(url, "run.json"):
            raise BadRecording(f"{url} holds no run.json: it is not the folder of a run")
        folder = self._work / "facts"
        folder.mkdir()
        lines = self._session.read.text(f"{url}/run.json", wholetext=True).collect()
        (folder / "run.json").write_text(lines[0][0] if lines else "", encoding="utf-8")
        return Recording(folder)

    def _listed(self, url: str, ending: str) -> list[str]:
        """Files of a folder, whatever Hadoop file system it is on."""
        jvm: Any = self._session._jvm
        java: Any = self._session._jsc
        try:
            folder = jvm.org.apache.hadoop.fs.Path(url)
            system = folder.getFileSystem(java.hadoopConfiguration())
            found = [str(one.getPath()) for one in system.listStatus(folder)] if system.exists(folder) else []
        except Py4JJavaError as error:
            reason = str(error.java_exception.getMessage()).splitlines()[0]
            raise BadRecording(f"{url} cannot be read by Spark: {reason}") from None
        return sorted(name for name in found if name.endswith(ending))

    def files(self, name: str) -> list[str]:
        return self._listed(f"{self._url}/tables/{name}", ".parquet") if self._url else super().files(name)

    def stored(self, name: str) -> int:
        if not self._url:
            return super().stored(name)
        files = self.files(name)
        return self._session.read.parquet(*files).count() if files else 0

    def _columns(self, file: str) -> Collection[str]:
        if not self._url:
            return super()._columns(file)
        try:
            return list(self._session.read.parquet(file).columns)
        except (Py4JJavaError, AnalysisException) as error:
            raise OSError(str(error).splitlines()[0]) from None

    # -- the engine ----------------------------------------------------------------------------------------

    def _replace(self, name: str, table: pa.Table) -> None:
        into = Path(tempfile.mkdtemp(dir=self._work)) / f"{name}.parquet"
        pq.write_table(table, into)
        self._session.read.parquet(str(into)).createOrReplaceTempView(SQL_NAME[name])

    def _register(self, name: str, files: list[str]) -> None:
        columns = [f"CAST({f.name} AS {_TYPES[str(f.type)]}) AS {f.name}" for f in SCHEMAS[name]]
        frame = self._session.read.parquet(*files)
        frame.selectExpr(*columns).createOrReplaceTempView(SQL_NAME[name])

    def _keep(self, view: str, text: str) -> None:
        into = str(self._work / "views" / view)
        self._session.sql(text).write.mode("overwrite").parquet(into)
        self._session.read.parquet(into).createOrReplaceTempView(view)

    def _collect(self, sql: str) -> list[dict[str, Any]]:
        return [row.asDict() for row in self._session.sql(sql).collect()]

    def save(self, sql: str, into: Path) -> int:
        self._prepare(sql)
        found = self._session.sql(sql)
        into.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=self._work)) / "saved"
        found.coalesce(1).write.parquet(str(part))
        (written,) = part.glob("*.parquet")
        shutil.move(str(written), into)
        return int(pq.read_metadata(into).num_rows)

    def close(self) -> None:
        self._session.stop()
        shutil.rmtree(self._work, ignore_errors=True)
