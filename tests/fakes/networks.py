"""Two networks of the kernel, a court's and a phone's, joined by a cable, with a firewall in the phone's.

Needs root and Debian's iproute2 and nftables. Inside `joined` the calling thread lives in the court's network: every
socket and process it makes from then on is there; `phone_command` runs something in the phone's.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_CLONE_NEWNET = 0x40000000
_NAT64_PREFIX = "fd64::/96"

needs_networks = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("ip", "nft"))),
    reason="needs root and: apt-get install iproute2 nftables",
)


@dataclass(frozen=True, slots=True)
class Networks:
    """Addresses on both ends; the phone may have IPv6 only."""

    court: str
    """Name of the court's namespace."""
    phone: str
    court_ipv4: str = "10.78.0.1"
    court_ipv6: str = "fd78::1"
    phone_ipv4: str = "10.78.0.2"
    phone_ipv6: str = "fd78::2"

    def phone_command(self, program: str, folder: Path) -> Path:
        """A script that runs `program` in the phone's network."""
        script = folder / f"phone-{Path(program).name}"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self.phone} {program} "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return script

    @contextlib.contextmanager
    def nat64(self, folder: Path) -> Iterator[str]:
        """A translator in the court's network (Debian's tayga); the /96 prefix under which IPv4 is reached."""
        folder.mkdir()
        settings = folder / "tayga.conf"
        settings.write_text(
            f"tun-device nat64\nipv4-addr 192.168.255.1\nprefix {_NAT64_PREFIX}\n"
            f"dynamic-pool 192.168.255.0/24\ndata-dir {folder}\n"
        )
        _run("tayga", "--config", str(settings), "--mktun")
        try:
            _run("ip", "link", "set", "nat64", "up")
            _run("ip", "route", "add", "192.168.255.0/24", "dev", "nat64")
            _run("ip", "-6", "route", "add", _NAT64_PREFIX, "dev", "nat64")
            for path in ("ipv6/conf/all/forwarding", "ipv4/ip_forward"):
                _run("ip", "netns", "exec", self.court, "sh", "-c", f"echo 1 > /proc/sys/net/{path}")
            translator = subprocess.Popen(("tayga", "--config", str(settings), "--nodetach"))
            try:
                yield _NAT64_PREFIX
            finally:
                translator.terminate()
                translator.wait()
        finally:
            _run("tayga", "--config", str(settings), "--rmtun")

    def block_udp(self) -> None:
        """From now on the phone's network lets no UDP out or in."""
        _run("ip", "netns", "exec", self.phone, "nft", "add table inet phone")
        for hook in ("input", "output"):
            chain = f"add chain inet phone {hook} {{ type filter hook {hook} priority 0; }}"
            _run("ip", "netns", "exec", self.phone, "nft", chain)
            # Counted, so that a test can tell that UDP was tried and held back.
            rule = f"add rule inet phone {hook} meta l4proto udp counter drop"
            _run("ip", "netns", "exec", self.phone, "nft", rule)


@contextlib.contextmanager
def joined(*, ipv4: bool = True) -> Iterator[Networks]:
    """Make both networks and live in the court's until the end. `ipv4` False: the phone has no IPv4 address."""
    networks = Networks(f"yt-court-{os.getpid()}", f"yt-phone-{os.getpid()}")
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    made: list[str] = []
    try:
        for name in (networks.court, networks.phone):
            _run("ip", "netns", "add", name)
            made.append(name)
            _run("ip", "-n", name, "link", "set", "lo", "up")
        _run("ip", "-n", networks.court, "link", "add", "cable", "type", "veth", "peer", "name", "phone")
        _run("ip", "-n", networks.court, "link", "set", "phone", "netns", networks.phone)
        _run("ip", "-n", networks.court, "addr", "add", f"{networks.court_ipv4}/24", "dev", "cable")
        _run("ip", "-n", networks.court, "addr", "add", f"{networks.court_ipv6}/64", "dev", "cable", "nodad")
        _run("ip", "-n", networks.court, "link", "set", "cable", "up")
        if ipv4:
            _run("ip", "-n", networks.phone, "addr", "add", f"{networks.phone_ipv4}/24", "dev", "phone")
        _run("ip", "-n", networks.phone, "addr", "add", f"{networks.phone_ipv6}/64", "dev", "phone", "nodad")
        _run("ip", "-n", networks.phone, "link", "set", "phone", "up")
        # A browser looks for its own addresses along the default route.
        if ipv4:
            _run("ip", "-n", networks.phone, "route", "add", "default", "via", networks.court_ipv4)
        _run("ip", "-n", networks.phone, "-6", "route", "add", "default", "via", networks.court_ipv6)
        with Path(f"/run/netns/{networks.court}").open("rb") as court:
            _enter(court.fileno())
        yield networks
    finally:
        _enter(home)
        os.close(home)
        for name in made:
            subprocess.run(("ip", "netns", "del", name), check=False)


def _enter(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True)
