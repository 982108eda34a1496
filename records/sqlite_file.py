"""One SQLite file: a single writer thread with group commit, and readers off the event loop.

WAL with synchronous=FULL: a commit is on the disk (fsync of the log) before anybody sees it or is answered.
Many callers that wait at the same time share one transaction; measured, that is what makes FULL affordable.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Generic, TypeVar

from records.errors import RecordError, StoreUnavailable
from records.private_folder import private_file, private_folder

BUSY_TIMEOUT_S = 2.0
MAX_WAITING = 2_048
"""Bound of the queue: jobs that wait for the writer. Nothing is dropped, the next caller waits."""
MAX_BATCH = 512
PAGE_BYTES = 4_096
CACHE_KIB = 256
"""Pages of the file that each of the three connections keeps in memory: a log is appended to and seldom read."""

_FAULT_OF_JOB = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError, sqlite3.DataError)
"""Errors of SQLite that one job has brought on itself; the others come from the disk or another process."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What a file holds. `name` is that of its statements in `records/schema/`."""

    name: str
    version: int
    application_id: int
    """Marks the file as ours in SQLite's header."""
    guarded: bool = False
    """Whether its rows are only ever added; `records/schema/<name>_guards.sql` says which."""

    def statements(self) -> list[str]:
        """Each statement that makes the file. Blocks."""
        return _statements(f"{self.name}.sql")

    def guards(self) -> list[str]:
        """Each trigger that the file must have, whatever version of us made it; none where all may be changed.
        Blocks."""
        return _statements(f"{self.name}_guards.sql") if self.guarded else []


def _statements(file: str) -> list[str]:
    return resources.files("records").joinpath("schema", file).read_text("utf-8").split(";\n\n")


LOGS = Schema("logs", 1, 0x59756E74, guarded=True)
"""Logs and facts; the mark reads 'Yunt'."""

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], T]


@dataclass(slots=True)
class _Waiting(Generic[T]):
    job: Job[T]
    future: asyncio.Future[T]


class SqliteFile:
    """Runs jobs on one file. `write` jobs share transactions; `read` jobs see only committed data.

    An environment that refuses (disk full, read-only, locked, unreadable) gives StoreUnavailable for the jobs
    of that batch; the next batch opens the file anew, so the store recovers when the cause is gone.
    """

    def __init__(self, path: Path, schema: Schema = LOGS) -> None:
        self.path = path
        self._schema = schema
        self._queue: queue.SimpleQueue[_Waiting[Any] | None] = queue.SimpleQueue()
        self._room = asyncio.Semaphore(MAX_WAITING)
        self._loop = asyncio.get_running_loop()
        self._connection: sqlite3.Connection | None = None
        self._writer = threading.Thread(target=self._write_forever, name="records-writer", daemon=True)
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="records-reader")
        self._local = threading.local()
        self._reader_connections: list[sqlite3.Connection] = []
        self._closed: asyncio.Future[None] | None = None

    @classmethod
    async def open(cls, path: Path, schema: Schema = LOGS) -> SqliteFile:
        """Open or make the file. Raises StoreUnavailable, or RecordError for a file that is not ours, is damaged or
        was made by a newer version."""
        file = cls(path, schema)
        file._writer.start()
        try:
            await file.write(lambda connection: None)
        except BaseException:
            await file.close()
            raise
        return file

    async def write(self, job: Job[T]) -> T:
        """Run `job` in the writer's next transaction; returns after it is durable. What the job itself raises
        undoes that job alone. Not cancelled with its caller."""
        async with self._room:
            if self._closed is not None:
                raise StoreUnavailable(f"{self.path}: closed")
            waiting: _Waiting[T] = _Waiting(job, self._loop.create_future())
            self._queue.put(waiting)
            return await waiting.future

    async def read(self, job: Job[T]) -> T:
        """Run `job` on a reading connection, off the loop. Raises StoreUnavailable."""
        if self._closed is not None:
            raise StoreUnavailable(f"{self.path}: closed")
        return await self._loop.run_in_executor(self._readers, self._read_now, job)

    async def empty_log(self) -> None:
        """Copy the write-ahead log into the file and cut it to nothing. Raises StoreUnavailable when a reader holds
        it for longer than BUSY_TIMEOUT_S."""
        if self._closed is not None:
            raise StoreUnavailable(f"{self.path}: closed")
        await self._loop.run_in_executor(self._readers, self._empty_log_now)

    def _empty_log_now(self) -> None:
        try:
            with closing(_connect(self.path)) as connection:
                (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise StoreUnavailable(f"{self.path}: {error}") from error
        if busy:
            raise StoreUnavailable(f"{self.path}: a reader holds the write-ahead log")

    async def close(self) -> None:
        """Finish what waits, then close the file. Idempotent."""
        if self._closed is None:
            self._closed = self._loop.create_future()
            self._queue.put(None)
            await asyncio.to_thread(self._close_threads)
            self._closed.set_result(None)
        await asyncio.shield(self._closed)

    def _close_threads(self) -> None:
        self._writer.join()
        self._readers.shutdown(wait=True)
        for connection in self._reader_connections:
            connection.close()

    def _read_now(self, job: Job[T]) -> T:
        try:
            connection = getattr(self._local, "connection", None)
            if connection is None:
                connection = self._local.connection = _connect(self.path)
                self._reader_connections.append(connection)
                connection.execute("PRAGMA query_only = 1")
                connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            return job(connection)
        except sqlite3.Error as error:
            self._local.connection = None
            raise StoreUnavailable(f"{self.path}: {error}") from error

    def _write_forever(self) -> None:
        while True:
            batch, last = self._next_batch()
            if batch:
                self._commit(batch)
            if last:
                break
        if self._connection is not None:
            self._connection.close()

    def _next_batch(self) -> tuple[list[_Waiting[Any]], bool]:
        waiting = self._queue.get()
        batch: list[_Waiting[Any]] = []
        while waiting is not None:
            batch.append(waiting)
            if len(batch) == MAX_BATCH:
                return batch, False
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return batch, False
        return batch, True

    def _commit(self, batch: list[_Waiting[Any]]) -> None:
        """One transaction for the whole batch; a savepoint for each job."""
        results: list[tuple[_Waiting[Any], Any, BaseException | None]] = []
        try:
            connection = self._connected()
            connection.execute("BEGIN IMMEDIATE")
            for waiting in batch:
                connection.execute("SAVEPOINT job")
                try:
                    results.append((waiting, waiting.job(connection), None))
                except Exception as error:
                    if isinstance(error, sqlite3.Error) and not isinstance(error, _FAULT_OF_JOB):
                        raise
                    connection.execute("ROLLBACK TO job")
                    results.append((waiting, None, error))
                connection.execute("RELEASE job")
            connection.execute("COMMIT")
        except Exception as error:
            self._give_up()
            told = StoreUnavailable(f"{self.path}: {error}") if isinstance(error, sqlite3.Error) else error
            results = [(waiting, None, told) for waiting in batch]
        self._loop.call_soon_threadsafe(_resolve, results)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                private_folder(self.path.parent)
                # SQLite gives what it makes beside the file the file's own mode.
                private_file(self.path)
            except OSError as error:
                raise sqlite3.OperationalError(str(error.strerror)) from error
            connection = _connect(self.path)
            try:
                _prepare(connection, self.path, self._schema)
            except BaseException as error:
                connection.close()
                if type(error) is sqlite3.DatabaseError:
                    raise RecordError(f"{self.path}: not an SQLite file, or a damaged one ({error})") from error
                raise
            self._connection = connection
        return self._connection

    def _give_up(self) -> None:
        """Drop the connection, and with it the open transaction: the next batch starts clean."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)


def _resolve(results: list[tuple[_Waiting[Any], Any, BaseException | None]]) -> None:
    for waiting, value, error in results:
        if waiting.future.done():
            continue
        if error is None:
            waiting.future.set_result(value)
        else:
            waiting.future.set_exception(error)


def _prepare(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    """Durability settings, then the schema: made when the file is empty, refused when it is not ours."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if tables and application != schema.application_id:
        raise RecordError(f"{path}: an SQLite file of another program")
    if version > schema.version:
        raise RecordError(f"{path}: made by a newer Yunting (schema {version}, this one knows {schema.version})")
    if not tables:
        # What a page keeps of a long row is known to `records.vault.spread`; the rest is in pages of its own.
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode != "wal":
        raise RecordError(f"{path}: this file system cannot keep a write-ahead log; use a local disk")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
    # Deleted bytes are overwritten: what the gate erases must not be found in free pages.
    connection.execute("PRAGMA secure_delete = ON")
    guards = schema.guards()
    (guarded,) = connection.execute("SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'").fetchone()
    if tables and guarded == len(guards):
        return
    statements = schema.statements()
    try:
        # IMMEDIATE: of two processes that start together one makes the tables, the other finds them.
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,):
            for statement in statements:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {schema.application_id}")
            connection.execute(f"PRAGMA user_version = {schema.version}")
        for guard in guards:
            connection.execute(guard)
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
