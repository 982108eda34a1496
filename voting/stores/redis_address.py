"""Where a Redis is and how it is entered: `redis://`, `rediss://` (TLS) or `redis+unix://`."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

from records.address import shown

PORT = 6379


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Read by `of`. `user` and `password` are never shown: neither by `name` nor by `repr`."""

    name: str
    """For errors."""
    host: str = ""
    port: int = PORT
    path: str = ""
    """Of the socket; then there is no host."""
    database: int = 0
    tls: bool = False
    ca: str = ""
    """File of the authorities to be trusted; "" for those of the system."""
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)

    @classmethod
    def of(cls, url: str) -> RedisAddress:
        """`redis://user:password@host:port/database`, `rediss://…?ca=/file.pem`,
        `redis+unix://user:password@/run/redis.sock?database=1`; all but scheme and host or path may be left out.
        Raises ValueError that says what is wrong, without the password."""
        parts = urlsplit(url)
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        scheme, local = parts.scheme, parts.scheme == "redis+unix"
        allowed = {"rediss": {"ca"}, "redis+unix": {"database"}}.get(scheme, set())
        if unknown := sorted(given.keys() - allowed):
            raise ValueError(f"{shown(url)}: 未知的选项 / unknown option {unknown[0]}")
        database = given.get("database", "0") if local else parts.path.strip("/") or "0"
        if not (database.isascii() and database.isdecimal()):
            raise ValueError(f"{shown(url)}: 数据库应为编号 / the database is a number, not {database!r}")
        if local and (parts.hostname or len(parts.path) < 2):
            raise ValueError(f"{shown(url)}: 应为 / write redis+unix:///run/redis/redis.sock")
        if not local and not parts.hostname:
            raise ValueError(f"{shown(url)}: 缺少主机名 / without a host")
        return cls(
            name=shown(url),
            host=parts.hostname or "",
            port=parts.port or PORT,
            path=unquote(parts.path) if local else "",
            database=int(database),
            tls=scheme == "rediss",
            ca=given.get("ca", ""),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    def context(self) -> ssl.SSLContext | None:
        """What TLS trusts: the server's name and certificate are always checked. None without TLS. Blocks. Raises
        OSError, ssl.SSLError."""
        return ssl.create_default_context(cafile=self.ca or None) if self.tls else None
