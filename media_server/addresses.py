"""Which addresses of this machine to write into ICE candidates."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence

from aioice.ice import get_host_addresses

_LOOPBACK_V4, _LOOPBACK_V6 = "127.0.0.1", "::1"

HostAddresses = Callable[[bool, bool], Sequence[str]]
"""(IPv4 wanted, IPv6 wanted) -> the machine's own addresses without loopback."""


def candidate_hosts(
    bound: str, announced: Sequence[str] = (), hosts: HostAddresses = get_host_addresses
) -> tuple[str, ...]:
    """Hosts for our candidates, best first: `announced` if given, else `bound`, else every address of the machine.

    A wildcard ("::" takes IPv4 too, "0.0.0.0") has no address to offer, so the interfaces' are listed; loopback
    comes last, for a browser on this very machine without a network. Raises ValueError naming what is no IP address.
    """
    if announced:
        return tuple(str(ipaddress.ip_address(host)) for host in announced)
    address = ipaddress.ip_address(bound)
    if not address.is_unspecified:
        return (str(address),)
    dual = address.version == 6
    own = [ipaddress.ip_address(host) for host in hosts(True, dual)]
    usable = [host for host in own if not host.is_loopback and not host.is_link_local]
    usable.sort(key=lambda host: host.version)
    return (*(str(host) for host in usable), _LOOPBACK_V4, *((_LOOPBACK_V6,) if dual else ()))
