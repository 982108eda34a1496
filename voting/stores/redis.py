"""A LeafStore in Redis 7 with an append-only file that is synced before each answer (`appendfsync always`).

A list of leaves and a sorted set of heads for each meeting; a group is one MULTI, which Redis replays whole or not at
all. With `everysec` up to a second of receipted ballots would be lost to a power failure, so it is refused: when the
store is opened, after each reconnection and before each group, since it can be set while Redis runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from records.errors import OutOfOrder, StoreUnavailable
from voting.ports import KeptHead
from voting.stores.redis_address import RedisAddress
from voting.stores.resp import Connection, RedisError, Reply, Word

PAGE_LEAVES = 2_000
MEETINGS = "yunting:meetings"
TIMEOUT_S = 10.0
_SETTINGS = ("CONFIG", "GET", "append*")
_FAULTS = (OSError, EOFError, ValueError, TimeoutError, RedisError)


class RedisLeafStore:
    """LeafStore."""

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._name = address.name
        self._former = 0
        """Redis's number of the last connection."""
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()
        self._closed = False

    @classmethod
    async def open(cls, url: str) -> RedisLeafStore:
        """Connect and check the settings; `url` as `RedisAddress.of` reads it. Raises ValueError for another one,
        StoreUnavailable, also for settings that could lose a ballot."""
        store = cls(RedisAddress.of(url))
        await store._ask(("PING",))
        return store

    async def commit(self, meeting: str, first: int, leaves: Sequence[bytes], head: KeptHead) -> None:
        log, heads = _leaves(meeting), _heads(meeting)
        async with self._turn:
            settings, _, due = await self._ask_now(_SETTINGS, ("WATCH", log), ("LLEN", log))
            self._check(settings)
            assert isinstance(due, int)
            if first != due or head.size != due + len(leaves) or not leaves:
                await self._ask_now(("UNWATCH",))
                raise OutOfOrder(meeting, first, due)
            *_, done = await self._ask_now(
                ("MULTI",),
                ("RPUSH", log, *leaves),
                ("ZADD", heads, head.size, head.data),
                ("SADD", MEETINGS, meeting),
                ("EXEC",),
            )
        if done is None:
            raise OutOfOrder(meeting, first, due + 1)
        if not isinstance(done, list) or done[:2] != [head.size, 1]:
            raise StoreUnavailable(f"{self._name}: EXEC answered {done!r}")

    async def size(self, meeting: str) -> int:
        (found,) = await self._ask(("LLEN", _leaves(meeting)))
        assert isinstance(found, int)
        return found

    async def leaves(self, meeting: str, first: int = 0) -> AsyncIterator[bytes]:
        seq = first
        while page := _list((await self._ask(("LRANGE", _leaves(meeting), seq, seq + PAGE_LEAVES - 1)))[0]):
            for leaf in page:
                yield leaf
            seq += len(page)

    async def leaf(self, meeting: str, seq: int) -> bytes | None:
        found = _list((await self._ask(("LRANGE", _leaves(meeting), seq, seq)))[0]) if seq >= 0 else []
        return found[0] if found else None

    async def heads(self, meeting: str) -> Sequence[KeptHead]:
        return _pairs(await self._ask(("ZRANGE", _heads(meeting), 0, -1, "WITHSCORES")))

    async def head_over(self, meeting: str, seq: int) -> KeptHead | None:
        asked = ("ZRANGE", _heads(meeting), f"({seq}", "+inf", "BYSCORE", "LIMIT", 0, 1, "WITHSCORES")
        found = _pairs(await self._ask(asked))
        return found[0] if found else None

    async def meetings(self) -> Sequence[str]:
        (found,) = await self._ask(("SMEMBERS", MEETINGS))
        return tuple(sorted(each.decode() for each in _list(found)))

    async def close(self) -> None:
        self._closed = True
        self._drop()

    async def _ask(self, *commands: Sequence[Word]) -> list[Reply]:
        async with self._turn:
            return await self._ask_now(*commands)

    async def _ask_now(self, *commands: Sequence[Word]) -> list[Reply]:
        try:
            async with asyncio.timeout(TIMEOUT_S):
                connection = await self._connected()
                replies = await connection.ask(*commands)
        except _FAULTS as problem:
            self._drop()
            raise StoreUnavailable(f"{self._name}: {_told(problem)}") from problem
        except BaseException:
            # A caller that gave up leaves replies behind, which the next would take for its own.
            self._drop()
            raise
        for reply in replies:
            if isinstance(reply, RedisError):
                self._drop()
                raise StoreUnavailable(f"{self._name}: {reply}")
        return replies

    async def _connected(self) -> Connection:
        if self._closed:
            raise StoreUnavailable(f"{self._name}: closed")
        if self._connection is None:
            self._connection = await Connection.open(self._address)
            settings, number = await self._connection.ask(_SETTINGS, ("CLIENT", "ID"))
            self._check(settings)
            await self._end_former(self._connection)
            self._former = number if isinstance(number, int) else 0
        return self._connection

    async def _end_former(self, connection: Connection) -> None:
        """What the lost connection was asked last may still lie before Redis: once it is ended, the log says what was
        done, and nothing comes into it behind the back of whoever reads it now."""
        if self._former:
            (ended,) = await connection.ask(("CLIENT", "KILL", "ID", self._former))
            if isinstance(ended, RedisError):
                raise ended
            self._former = 0

    def _check(self, settings: Reply) -> None:
        """Raises StoreUnavailable unless every answer of this Redis is synced first."""
        if isinstance(settings, RedisError):
            raise StoreUnavailable(f"{self._name}: CONFIG GET is needed to see that nothing can be lost: {settings}")
        told = _list(settings)
        found = dict(zip(told[::2], told[1::2], strict=True))
        if found.get(b"appendonly") != b"yes":
            raise StoreUnavailable(f"{self._name}: 需要 appendonly yes / without it a restart loses the ballots")
        if found.get(b"appendfsync") != b"always":
            raise StoreUnavailable(
                f"{self._name}: 需要 appendfsync always / with {found.get(b'appendfsync', b'').decode()!r} a power "
                "failure loses ballots whose receipts were given"
            )

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _told(problem: Exception) -> str:
    if isinstance(problem, RedisError) and str(problem).startswith(("NOAUTH", "WRONGPASS")):
        return f"用户名或密码不对 / wrong or missing user and password ({problem})"
    return str(problem) or type(problem).__name__


def _leaves(meeting: str) -> str:
    return f"yunting:leaves:{meeting}"


def _heads(meeting: str) -> str:
    return f"yunting:heads:{meeting}"


def _list(reply: Reply) -> list[bytes]:
    assert isinstance(reply, list)
    return [each for each in reply if isinstance(each, bytes)]


def _pairs(replies: list[Reply]) -> tuple[KeptHead, ...]:
    told = _list(replies[0])
    return tuple(KeptHead(int(size), data) for data, size in zip(told[::2], told[1::2], strict=True))
