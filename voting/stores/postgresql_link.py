"""One connection to PostgreSQL that comes back by itself; `StoreUnavailable` says why something was not done."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg

from records.errors import StoreUnavailable

TIMEOUT_S = 10.0
OLDEST = 14
"""From here on the server can say that a connection it was told to end has ended."""
_FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_END = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2"
_WHO = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"


class Link:
    """One caller at a time, the others wait. `name` is shown in errors and has no password in it."""

    def __init__(self, url: str, name: str) -> None:
        self.name = name
        self._url = url
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()
        self._closed = False
        self._former: tuple[int, datetime] | None = None
        """The server's side of the last connection."""

    @property
    def lost(self) -> bool:
        """Whether it would have to connect anew."""
        return self._connection is None or self._connection.is_closed()

    async def ready(self) -> None:
        """Connect where it is not; what a lost connection was asked is then done or never will be. Raises
        StoreUnavailable."""
        async with self._use():
            pass

    async def ask(self, statement: str, *values: object) -> Sequence[asyncpg.Record]:
        """The rows, in a transaction of its own. Raises asyncpg.UniqueViolationError; StoreUnavailable for everything
        else, and then it may have been done."""
        async with self._use() as connection:
            rows: Sequence[asyncpg.Record] = await connection.fetch(statement, *values, timeout=TIMEOUT_S)
        return rows

    async def run(self, script: str) -> None:
        """Several statements. Raises as `ask`."""
        async with self._use() as connection:
            await connection.execute(script, timeout=TIMEOUT_S)

    async def close(self) -> None:
        """Idempotent."""
        self._closed = True
        self._drop()

    @asynccontextmanager
    async def _use(self) -> AsyncIterator[asyncpg.Connection]:
        async with self._turn:
            try:
                yield await self._connected()
            except asyncpg.UniqueViolationError:
                raise
            except _FAULTS as problem:
                self._drop()
                raise StoreUnavailable(f"{self.name}: {str(problem) or type(problem).__name__}") from problem
            except BaseException:
                # A caller that gave up: what it asked for may still be done.
                self._drop()
                raise

    async def _connected(self) -> asyncpg.Connection:
        if self._closed:
            raise StoreUnavailable(f"{self.name}: closed")
        if self.lost:
            self._drop()
            made = await asyncpg.connect(self._url, timeout=TIMEOUT_S)
            self._connection = made
            version = made.get_server_version()
            if version.major < OLDEST:
                raise StoreUnavailable(
                    f"{self.name}: 需要 PostgreSQL {OLDEST} 或更新版本 / PostgreSQL {OLDEST} or newer is needed, "
                    f"this is {version.major}"
                )
            await self._end_former(made)
            ((pid, since),) = await made.fetch(_WHO, timeout=TIMEOUT_S)
            self._former = (pid, since)
        assert self._connection is not None
        return self._connection

    async def _end_former(self, connection: asyncpg.Connection) -> None:
        """What the lost connection was asked last may still be under way: once it is gone, the log says what was
        done, and nothing comes into it behind the back of whoever reads it now."""
        if self._former is not None:
            for (ended,) in await connection.fetch(_END, *self._former, timeout=TIMEOUT_S):
                if not ended:
                    raise StoreUnavailable(f"{self.name}: the lost connection has not ended yet")
            self._former = None

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
