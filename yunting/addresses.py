"""This machine's own addresses, for ICE candidates when none are announced in the settings."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

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


def with_nat64(hosts: Sequence[str], prefixes: Sequence[str]) -> tuple[str, ...]:
    """`hosts`, then each public IPv4 one as an IPv6-only client behind NAT64 reaches it (RFC 6052 2.2, /96 prefixes).

    Such a client without 464XLAT has no way to an IPv4 candidate. ValueError for a prefix that is not an IPv6 /96.
    """
    networks = [ipaddress.IPv6Network(prefix) for prefix in prefixes]
    if wrong := [network for network in networks if network.prefixlen != 96]:
        raise ValueError(f"a NAT64 prefix has 96 bits: {wrong[0]}")
    ipv4 = [a for a in map(ipaddress.ip_address, hosts) if a.version == 4 and not a.is_loopback]
    mapped = (str(network[int(address)]) for network in networks for address in ipv4)
    return (*hosts, *mapped)


def _text(ip: ifaddr.IP) -> str:
    return ip.ip if isinstance(ip.ip, str) else ip.ip[0]
