"""Rate limits: token buckets by ticket, account or code; by address prefix only for guessing.

Many phones share one carrier address, so an address alone must not be able to shut others out.
"""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from hearing.errors import UserError

MOST_PEOPLE = 200_000
"""Keys of a limit by person that must hold for an hour: nobody may make it forget them by sending others."""


class TooMany(UserError):
    """`too-many`: the same again after `retry_after_s`."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__("too-many", "请求过于频繁，请稍后再试", "too many requests: try again shortly")
        self.retry_after_s = max(1, math.ceil(retry_after_s))


@dataclass(slots=True)
class Bucket:
    """Holds at most `burst` tokens and gains `per_s` a second. Time in microseconds is passed in."""

    per_s: float
    burst: float
    tokens: float
    at_us: int

    def take(self, now_us: int, cost: float = 1.0) -> bool:
        """Take `cost` tokens; False, and nothing is taken, when there are too few."""
        self._fill(now_us)
        if self.tokens < cost:
            return False
        self.tokens -= cost
        return True

    def wait_s(self, now_us: int, cost: float = 1.0) -> float:
        """Seconds until `cost` tokens will be there; 0 when they are."""
        self._fill(now_us)
        return max(0.0, (cost - self.tokens) / self.per_s)

    def _fill(self, now_us: int) -> None:
        passed_us = now_us - self.at_us
        if passed_us <= 0:
            return
        tokens = self.tokens + passed_us * self.per_s / 1e6
        self.tokens = tokens if tokens < self.burst else self.burst
        self.at_us = now_us


class Limiter:
    """One bucket per key. Keeps at most `max_keys` and forgets the longest unused, which is then full again."""

    def __init__(
        self, per_s: float, burst: float, monotonic_us: Callable[[], int], *, max_keys: int = 20_000
    ) -> None:
        self._per_s = per_s
        self._burst = burst
        self._now_us = monotonic_us
        self._max_keys = max_keys
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, key: str, cost: float = 1.0) -> bool:
        """Whether one more act of `key` is within the limit; counts it if so."""
        return self._bucket(key).take(self._now_us(), cost)

    def has(self, key: str, cost: float = 1.0) -> bool:
        """Whether `take` would succeed; counts nothing."""
        return self._bucket(key).wait_s(self._now_us(), cost) == 0.0

    def forget(self, key: str) -> None:
        """`key` may act as if it never had. Idempotent."""
        self._buckets.pop(key, None)

    def wait_s(self, key: str) -> float:
        """Seconds until `key` may act again."""
        return self._bucket(key).wait_s(self._now_us())

    def _bucket(self, key: str) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = Bucket(self._per_s, self._burst, self._burst, self._now_us())
            self._buckets[key] = bucket
            if len(self._buckets) > self._max_keys:
                self._buckets.popitem(last=False)
        self._buckets.move_to_end(key)
        return bucket


def address_prefix(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 one (a household has a whole /64)."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
