"""This machine's own addresses, for ICE candidates when none are announced in the settings."""

from __future__ import annotations

import ipaddress

import ifaddr

_ANY = {"::", "0.0.0.0"}


def announced(host: str) -> tuple[str, ...]:
    """Addresses at which a socket bound to `host` is reached: `host` itself, or every usable one of this machine.

    IPv4 before IPv6, loopback last (a browser on this machine needs it); link-local ones are left out.
    """
    if host not in _ANY:
        return (host,)
    found = [ipaddress.ip_address(_text(ip)) for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    usable = {a for a in found if not a.is_link_local and (host == "::" or a.version == 4)}
    return tuple(str(a) for a in sorted(usable, key=lambda a: (a.is_loopback, a.version, int(a))))


def _text(ip: ifaddr.IP) -> str:
    return ip.ip if isinstance(ip.ip, str) else ip.ip[0]
