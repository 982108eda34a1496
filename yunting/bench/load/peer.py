"""One real client of an SFU: SDP, ICE and DTLS in Python until the keys are there, then a `Link` for the C engine."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from dataclasses import dataclass, replace

from media_server import stun
from media_server.dataplane.ports import SrtpProfile
from media_server.dataplane.wire import open_socket
from yunting.bench.load import sdp
from yunting.bench.load.dtls import Handshake, identity
from yunting.bench.load.engine import Ice, Link, Sending

_STEP_S = 0.02
_CHECK_EVERY = 3
_CONNECT_S = 15.0


@dataclass(frozen=True, slots=True)
class PeerOptions:
    """Alike for all peers of a run."""

    host: str
    """Our address."""
    profile: SrtpProfile
    transport_cc: bool
    feedback: bool


class ClientPeer:
    """See the module text. Implements `contender.Negotiator`; `sending` None makes a subscriber."""

    def __init__(self, options: PeerOptions, ssrc: int, sending: Sending | None = None) -> None:
        self.sock: socket.socket = open_socket(options.host, 0)
        self._options = options
        self._sending = sending
        self._local = sdp.Local(
            secrets.token_hex(4), secrets.token_hex(12), identity().fingerprint, self.sock.getsockname(), ssrc
        )
        self._remote: sdp.Remote | None = None
        self._offered = False
        self._handshake: Handshake | None = None
        self._reachable = False

    async def offer(self) -> str:
        """See `Negotiator`."""
        self._offered = True
        return sdp.offer(self._local, sends=self._sending is not None, transport_cc=self._options.transport_cc)

    async def accept(self, answer: str) -> None:
        """See `Negotiator`."""
        self._remote = sdp.parse(answer)

    async def answer(self, offer: str) -> str:
        """See `Negotiator`."""
        self._remote = sdp.parse(offer)
        return sdp.answer(self._local, offer)

    async def connect(self) -> Link:
        """ICE and DTLS. TimeoutError when the server does not answer, OSError when DTLS fails."""
        remote = self._remote
        if remote is None:
            raise RuntimeError("nothing is negotiated yet")
        self.sock.connect(remote.candidates[0])
        client = not self._offered or remote.setup == "passive"
        handshake = Handshake(self._options.profile, remote.fingerprint, client=client, send=self._send)
        self._handshake = handshake
        loop = asyncio.get_running_loop()
        loop.add_reader(self.sock, self._readable)
        try:
            async with asyncio.timeout(_CONNECT_S):
                step = 0
                while handshake.keys is None:
                    if not self._reachable and step % _CHECK_EVERY == 0:
                        self._send(self._check())
                    if self._reachable and client:
                        handshake.poll()
                    if handshake.failed:
                        raise OSError(handshake.failed)
                    await asyncio.sleep(_STEP_S)
                    step += 1
        finally:
            loop.remove_reader(self.sock)
        return self._link(remote, handshake)

    def close(self) -> None:
        """Release the socket. Idempotent."""
        self.sock.close()

    @property
    def _controlling(self) -> bool:
        return self._offered or (self._remote is not None and self._remote.lite)

    def _link(self, remote: sdp.Remote, handshake: Handshake) -> Link:
        assert handshake.keys is not None
        # A controlled agent leaves the checks to the other side (and answers them).
        password = remote.password if self._controlling else ""
        link = Link(
            self.sock,
            handshake.keys,
            ice=Ice(f"{remote.ufrag}:{self._local.ufrag}", self._local.password, password),
            transport_cc=remote.extensions.get(sdp.TRANSPORT_CC, 0),
            abs_send_time=remote.extensions.get(sdp.ABS_SEND_TIME, 0),
            repeat_type=sdp.REPEAT_TYPE if self._options.transport_cc else 0,
            feedback=self._options.feedback,
            own_ssrc=self._local.ssrc,
        )
        if self._sending is None:
            return link
        return replace(link, sending=replace(self._sending, payload_type=remote.payload_type))

    def _check(self) -> bytes:
        assert self._remote is not None
        return stun.request(
            secrets.token_bytes(12),
            f"{self._remote.ufrag}:{self._local.ufrag}",
            self._remote.password,
            controlling=self._controlling,
            use_candidate=self._controlling,
        )

    def _readable(self) -> None:
        while True:
            try:
                data, source = self.sock.recvfrom(2048)
            except OSError:
                return
            if data and data[0] < 4:
                self._stun(data, source)
            elif data and 20 <= data[0] < 64 and self._handshake is not None:
                self._handshake.take(data)

    def _stun(self, data: bytes, source: tuple[str, int]) -> None:
        try:
            message = stun.parse(data)
        except stun.StunError:
            return
        if message.kind is stun.Class.SUCCESS:
            self._reachable = True
        elif message.kind is stun.Class.REQUEST and message.authentic(self._local.password):
            self._send(stun.success(message, source, self._local.password))

    def _send(self, data: bytes) -> None:
        # Refused or full: it is sent again.
        with contextlib.suppress(OSError):
            self.sock.send(data)
