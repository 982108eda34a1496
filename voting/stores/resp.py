"""As much of Redis's protocol (RESP2) as a log needs: commands out in one write, their replies in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TypeAlias

from voting.stores.redis_address import RedisAddress

Word: TypeAlias = bytes | str | int
Reply: TypeAlias = "bytes | int | RedisError | list[Reply] | None"
CHUNK_BYTES = 1 << 20


class RedisError(Exception):
    """What Redis answered instead of doing it."""


class Connection:
    """One connection; one caller at a time. After any exception but those of replies it must be closed."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, address: RedisAddress) -> Connection:
        """Connected and let in, its database chosen. Raises OSError (`ssl.SSLError` too), EOFError, ValueError,
        RedisError."""
        if address.path:
            made = cls(*await asyncio.open_unix_connection(address.path, limit=CHUNK_BYTES))
        else:
            context = await asyncio.to_thread(address.context)
            made = cls(*await asyncio.open_connection(address.host, address.port, ssl=context, limit=CHUNK_BYTES))
        try:
            await made._enter(address)
        except BaseException:
            made.close()
            raise
        return made

    async def ask(self, *commands: Sequence[Word]) -> list[Reply]:
        """The replies, one for each command. An error is a reply. Raises OSError, EOFError, ValueError."""
        self._writer.write(b"".join(map(_encoded, commands)))
        await self._writer.drain()
        return [await self._reply() for _ in commands]

    def close(self) -> None:
        """Idempotent."""
        self._writer.close()

    async def _enter(self, address: RedisAddress) -> None:
        commands: list[Sequence[Word]] = []
        if address.password:
            commands.append(("AUTH", address.user or "default", address.password))
        if address.database:
            commands.append(("SELECT", address.database))
        for reply in await self.ask(*commands):
            if isinstance(reply, RedisError):
                raise reply

    async def _reply(self) -> Reply:
        line = await self._reader.readuntil(b"\r\n")
        kind, rest = line[:1], line[1:-2]
        match kind:
            case b"+":
                return rest
            case b"-":
                return RedisError(rest.decode("utf-8", "replace"))
            case b":":
                return int(rest)
            case b"$":
                size = int(rest)
                return None if size < 0 else (await self._reader.readexactly(size + 2))[:-2]
            case b"*":
                size = int(rest)
                return None if size < 0 else [await self._reply() for _ in range(size)]
            case _:
                raise ValueError(f"not a reply of Redis: {line[:40]!r}")


def _encoded(command: Sequence[Word]) -> bytes:
    parts = [b"*%d\r\n" % len(command)]
    for word in command:
        data = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(data), data))
    return b"".join(parts)
