"""One peer's transport: ICE-lite and DTLS over the shared port, and the hub that finds the peer of a datagram.

`TransportHub` is handed every STUN and DTLS datagram by the data plane's upcalls. It answers checks, binds
authenticated addresses in the data plane, runs the DTLS handshake (we are always the server), gives the SRTP keys
to the data plane, and watches consent (RFC 7675).
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Protocol

from aiortc.rtcdtlstransport import RTCCertificate

from media_server import ice, stun
from media_server.dataplane.ports import Address, DataPlane, PeerId
from media_server.dtls import DtlsServer
from media_server.ports import LossReason
from media_server.sdp import Fingerprint, IceCredentials

logger = logging.getLogger(__name__)

_TICK_S = 0.5


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """Times in seconds."""

    consent_timeout_s: float = 10.0
    """Without an authenticated check for so long the peer is lost (CONSENT); a later check revives it."""
    restart_grace_s: float = 30.0
    """Old credentials stay valid after an ICE restart until the first check with the new ones, at most so long."""
    connect_timeout_s: float = 30.0
    """Limit for the first check to come (else CONSENT) and for the DTLS handshake after it (else DTLS)."""
    max_handshakes: int = 64
    """DTLS handshakes at a time; further peers wait their turn."""


class TransportListener(Protocol):
    """Who owns a peer. Called on the event loop; must not raise."""

    def transport_connected(self, peer: PeerId) -> None:
        """Keys are in the data plane; called again when a peer lost by CONSENT comes back."""

    def transport_lost(self, peer: PeerId, reason: LossReason) -> None:
        """CONSENT: may come back (close it when you give up). DTLS, CLOSED (by the client): final, `close` it."""


class PeerTransport:
    """One client's connection; made by `TransportHub.open_peer`."""

    def __init__(
        self,
        hub: TransportHub,
        number: PeerId,
        remote: IceCredentials,
        fingerprints: Sequence[Fingerprint],
        listener: TransportListener,
    ) -> None:
        self.id = number
        self.fingerprints = tuple(fingerprints)
        """What the client's SDP says of its certificate."""
        self.connected = False
        """Media may flow: DTLS is up and consent fresh."""
        self.ice = ice.IceLite(remote, restart_grace_s=hub.settings.restart_grace_s)
        self.dtls = DtlsServer(hub.certificate, self._send)
        self.listener = listener
        self.last_check_s = hub.now_s()
        """When it was made, at first."""
        self.first_check_s: float | None = None
        self.keyed = self.lost = self.failed = False
        self.target: Address | None = None
        self.vouched: IceCredentials | None = None
        """With which the data plane answers checks."""
        self.handshake: asyncio.Task[None] | None = None
        self._hub = hub

    @property
    def local(self) -> IceCredentials:
        """What our next answer says; changes with `restart`."""
        return self.ice.local

    def restart(self, remote: IceCredentials) -> IceCredentials:
        """ICE restart: new local credentials for these new remote ones. DTLS and keys stay."""
        self.ice.restart(remote, self._hub.now_s())
        self._hub.index(self)
        self.vouched = None
        self._hub.plane.answer_checks(self.id, None)
        return self.ice.local

    async def close(self) -> None:
        """Send a DTLS close and forget the peer in hub and data plane; tells the listener nothing. Idempotent."""
        await self._hub.close_peer(self)

    def _send(self, data: bytes) -> None:
        if self.target is not None:
            self._hub.plane.send_raw(data, self.target)


class TransportHub:
    """All peers of one media port."""

    def __init__(self, plane: DataPlane, settings: TransportSettings | None = None) -> None:
        """One ECDSA P-256 certificate is made for all peers of this hub."""
        self.plane = plane
        self.settings = settings or TransportSettings()
        self.certificate = RTCCertificate.generateCertificate()
        self._peers: dict[PeerId, PeerTransport] = {}
        self._by_ufrag: dict[str, PeerTransport] = {}
        self._numbers = itertools.count(1)
        self._handshakes = asyncio.Semaphore(self.settings.max_handshakes)
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticker: asyncio.TimerHandle | None = None

    @property
    def fingerprints(self) -> tuple[Fingerprint, ...]:
        """Of our certificate, for answers (sha-256)."""
        known = self.certificate.getFingerprints()
        return tuple(Fingerprint(f.algorithm, f.value) for f in known if f.algorithm == "sha-256")

    def now_s(self) -> float:
        """The event loop's clock."""
        return asyncio.get_running_loop().time()

    def open_peer(
        self, remote: IceCredentials, fingerprints: Sequence[Fingerprint], listener: TransportListener
    ) -> PeerTransport:
        """Make a peer, known to the data plane at once, waiting for its first check."""
        peer = PeerTransport(self, PeerId(next(self._numbers)), remote, fingerprints, listener)
        self.plane.add_peer(peer.id)
        self._peers[peer.id] = peer
        self.index(peer)
        if self._ticker is None:
            self._tick()
        return peer

    def index(self, peer: PeerTransport) -> None:
        """Make checks with the peer's current ufrags find it."""
        for ufrag in peer.ice.ufrags:
            self._by_ufrag[ufrag] = peer

    def on_stun(self, data: bytes, source: Address) -> None:
        """Pass on `Upcalls.on_stun` here."""
        try:
            message = stun.parse(data)
        except stun.StunError as error:
            logger.debug("STUN from %s refused: %s", source[0], error)
            return
        peer = self._by_ufrag.get(ice.local_ufrag(message) or "")
        checked = peer.ice.check(message, source, self.now_s()) if peer else None
        answer = checked.answer if checked else ice.refusal(message)
        if answer is not None:
            self.plane.send_raw(answer, source)
        if peer and checked and checked.valid:
            self._accept(peer, source, checked.nominated)
            self._vouch(peer)

    def on_consent(self, peer: PeerId, transaction: bytes, source: Address) -> None:
        """Pass on `Upcalls.on_consent` here."""
        known = self._peers.get(peer)
        if known is None or not known.ice.renewed(transaction, source):
            return
        if known.target == source and not known.lost:
            known.last_check_s = self.now_s()
        else:
            self._accept(known, source, nominated=False)

    def on_dtls(self, peer: PeerId, data: bytes) -> None:
        """Pass on `Upcalls.on_dtls` here."""
        known = self._peers.get(peer)
        if known is None:
            return
        known.dtls.push(data)
        if known.handshake is None and not known.failed:
            known.handshake = self._own(self._handshake(known))

    async def close_peer(self, peer: PeerTransport) -> None:
        """See `PeerTransport.close`."""
        if self._peers.pop(peer.id, None) is None:
            return
        self._by_ufrag = {ufrag: other for ufrag, other in self._by_ufrag.items() if other is not peer}
        peer.connected, peer.lost = False, True
        if peer.handshake is not None:
            peer.handshake.cancel()
        await peer.dtls.stop()
        self.plane.remove_peer(peer.id)

    async def close(self) -> None:
        """Close every peer. Idempotent."""
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None
        for peer in list(self._peers.values()):
            await self.close_peer(peer)
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, peer: PeerTransport, source: Address, nominated: bool) -> None:
        peer.last_check_s = self.now_s()
        self.plane.bind_address(peer.id, source)
        if nominated or peer.target is None:
            peer.target = source
            self.plane.send_to_address(peer.id, source)
        peer.first_check_s = peer.first_check_s or peer.last_check_s
        if peer.lost and peer.keyed:
            peer.lost, peer.connected = False, True
            peer.listener.transport_connected(peer.id)

    def _vouch(self, peer: PeerTransport) -> None:
        """Once only the newest credentials hold, checks that move nothing need not come up here."""
        local = peer.ice.local
        if peer.vouched != local and peer.ice.ufrags == (local.ufrag,):
            peer.vouched = local
            self.plane.answer_checks(peer.id, local.ufrag, local.pwd)

    async def _handshake(self, peer: PeerTransport) -> None:
        """Starts with the first DTLS record, which comes from an authenticated address: nobody can make us work
        for a forged one, and who never begins holds no place."""
        async with self._handshakes:
            try:
                async with asyncio.timeout(self.settings.connect_timeout_s):
                    keys = await peer.dtls.handshake(peer.fingerprints)
            except TimeoutError:
                keys = None
        if peer.failed:
            return
        if keys is None:
            self._lose(peer, LossReason.DTLS)
            return
        self.plane.set_keys(peer.id, keys)
        peer.keyed = peer.connected = True
        peer.lost = False
        peer.dtls.on_closed(lambda: self._lose(peer, LossReason.CLOSED))
        peer.listener.transport_connected(peer.id)

    def _lose(self, peer: PeerTransport, reason: LossReason) -> None:
        if peer.id not in self._peers or peer.failed or (peer.lost and reason is LossReason.CONSENT):
            return
        peer.lost, peer.connected, peer.target = True, False, None
        peer.failed = reason is not LossReason.CONSENT
        if peer.failed:
            peer.keyed = False
        # Sending without consent is not allowed (RFC 7675 5.1); the routes keep their numbers.
        self.plane.send_to_address(peer.id, None)
        peer.listener.transport_lost(peer.id, reason)

    def _tick(self) -> None:
        now_s = self.now_s()
        for peer in list(self._peers.values()):
            started_s = peer.first_check_s
            limit_s = self.settings.connect_timeout_s if started_s is None else self.settings.consent_timeout_s
            if started_s is not None and not peer.keyed and now_s - started_s > self.settings.connect_timeout_s:
                self._lose(peer, LossReason.DTLS)
            elif now_s - peer.last_check_s > limit_s:
                self._lose(peer, LossReason.CONSENT)
            peer.ice.expire(now_s)
        self._by_ufrag = {ufrag: peer for ufrag, peer in self._by_ufrag.items() if ufrag in peer.ice.ufrags}
        self._ticker = asyncio.get_running_loop().call_later(_TICK_S, self._tick)

    def _own(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
