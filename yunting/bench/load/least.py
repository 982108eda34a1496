"""The least server as a contender: what any SFU must spend on the same peers and packets, and nothing more.

ICE and DTLS happen in Python until the first media packet is there; from then on the socket is C's (`least.c`): open,
seal for each subscriber, send. No extensions are negotiated, so that nobody sends transport-cc feedback.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import secrets
import socket
from dataclasses import dataclass
from multiprocessing.connection import Connection

from media_server import stun
from media_server.dataplane.ports import Address, SrtpProfile
from media_server.dataplane.wire import open_socket
from yunting.bench.cores import pinned
from yunting.bench.load import sdp
from yunting.bench.load.build import library
from yunting.bench.load.dtls import Handshake, identity
from yunting.bench.load.engine import session_keys
from yunting.bench.load.piped import PipedContender, answer_all
from yunting.bench.load.structs import LeastPeer

NAME = "floor"


class LeastContender(PipedContender):
    """Implements `Contender`. `held_ms`: how long the first packet of a burst waits for the others."""

    def __init__(self, host: str, profile: SrtpProfile, held_ms: float = 0) -> None:
        name = f"{NAME}, held {held_ms:g} ms" if held_ms else NAME
        super().__init__(name, _serve, name, host, profile, held_ms)


@dataclass(slots=True)
class _Peer:
    local: sdp.Local
    remote: sdp.Remote
    publisher: int
    """Number of its publisher; -1: it is one."""
    address: Address | None = None
    handshake: Handshake | None = None


class _Server:
    """One UDP socket for all peers, told apart by ICE's user name first and by address then."""

    def __init__(self, host: str, profile: SrtpProfile, held_ms: float) -> None:
        self._profile, self._held_us = profile, round(1000 * held_ms)
        self._sock: socket.socket = open_socket(host, 0)
        self._publishers: dict[int, _Peer] = {}
        self._peers: dict[str, _Peer] = {}
        self._bound: dict[Address, _Peer] = {}
        self._library = library()
        self._least: ctypes.c_void_p | None = None
        self._running: asyncio.Future[None] | None = None
        asyncio.get_running_loop().add_reader(self._sock, self._readable)

    async def answer(self, verb: str, publisher: int, offer: str, viewer: int = 0) -> str:
        """The SDP for a publisher or a viewer."""
        number = 1 + len(self._peers)
        address = self._sock.getsockname()
        local = sdp.Local(f"least{number}", secrets.token_hex(12), identity().fingerprint, address, number)
        # An offer of a peer has no candidates of use to us: its checks tell where it is.
        peer = _Peer(local, sdp.parse(offer), -1 if verb == "publish" else publisher)
        self._peers[local.ufrag] = peer
        if verb == "publish":
            self._publishers[publisher] = peer
        return sdp.answer(local, offer, setup="passive", extensions=False)

    async def close(self) -> None:
        """Stop the C loop and close the socket."""
        if self._running is not None:
            self._library.least_stop(self._least)
            await self._running
            self._library.least_free(self._least)
        else:
            asyncio.get_running_loop().remove_reader(self._sock)
        self._sock.close()

    def _readable(self) -> None:
        while True:
            try:
                data, source = self._sock.recvfrom(2048)
            except OSError:
                return
            if data and data[0] < 4:
                self._check(data, source)
            elif 20 <= data[0] < 64:
                self._dtls(data, source)
            elif 128 <= data[0] < 192 and not 192 <= data[1] <= 223:
                self._hand_over()
                return

    def _check(self, data: bytes, source: Address) -> None:
        with contextlib.suppress(stun.StunError):
            message = stun.parse(data)
            peer = self._peers.get((message.username or "").partition(":")[0])
            if message.kind is stun.Class.REQUEST and peer and message.authentic(peer.local.password):
                self._bound[source] = peer
                peer.address = source
                self._sock.sendto(stun.success(message, source, peer.local.password), source)

    def _dtls(self, data: bytes, source: Address) -> None:
        peer = self._bound.get(source)
        if peer is None:
            return
        if peer.handshake is None:
            peer.handshake = Handshake(
                self._profile,
                peer.remote.fingerprint,
                client=False,
                send=lambda datagram: _send(self._sock, datagram, source),
            )
        peer.handshake.take(data)

    def _hand_over(self) -> None:
        """Media has begun, so everybody is connected: the rest is C's."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._sock)
        peers = list(self._peers.values())
        made = (LeastPeer * len(peers))(*(self._described(peer, peers) for peer in peers))
        self._least = self._library.least_new(self._sock.fileno(), made, len(peers), self._held_us)
        if not self._least:
            raise OSError("the least server cannot start")
        self._running = loop.run_in_executor(None, self._library.least_run, self._least)

    def _described(self, peer: _Peer, peers: list[_Peer]) -> LeastPeer:
        if peer.address is None or peer.handshake is None or peer.handshake.keys is None:
            raise OSError("media has begun before a peer was connected")
        keys = peer.handshake.keys
        publishes = peer.publisher < 0
        used = session_keys(keys.rx_key, keys.rx_salt) if publishes else session_keys(keys.tx_key, keys.tx_salt)
        place = -1 if publishes else peers.index(self._publishers[peer.publisher])
        host, port = peer.address
        gcm = keys.profile is SrtpProfile.AEAD_AES_128_GCM
        made = LeastPeer(port=port, publisher=place, gcm=gcm)
        made.ip[:] = list(socket.inet_aton(host))
        made.keys[:] = used
        return made


def _send(sock: socket.socket, datagram: bytes, target: Address) -> None:
    # Refused or full: the client asks again.
    with contextlib.suppress(OSError):
        sock.sendto(datagram, target)


def _serve(pipe: Connection, name: str, host: str, profile: SrtpProfile, held_ms: float) -> None:
    with pinned("server"):
        asyncio.run(_run(pipe, name, host, profile, held_ms))


async def _run(pipe: Connection, name: str, host: str, profile: SrtpProfile, held_ms: float) -> None:
    server = _Server(host, profile, held_ms)
    pipe.send(name)
    await answer_all(pipe, server.answer)
    await server.close()
