"""One peer's transport: ICE-lite and DTLS over the shared port, and the hub that finds the peer of a datagram.

`TransportHub` is handed every STUN and DTLS datagram by the data plane's upcalls. It answers checks, binds
authenticated addresses in the data plane, runs the DTLS handshake (we are always the server), gives the SRTP keys
to the data plane, and watches consent (RFC 7675).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from media_server.dataplane.ports import Address, DataPlane, PeerId
from media_server.ports import LossReason
from media_server.sdp import Fingerprint, IceCredentials


@dataclass(frozen=True, slots=True)
class TransportSettings:
    """Times in seconds."""

    consent_timeout_s: float = 10.0
    """Without an authenticated check for so long the peer is lost (CONSENT); a later check revives it."""
    restart_grace_s: float = 30.0
    """Old credentials stay valid after an ICE restart until the first check with the new ones, at most so long."""
    connect_timeout_s: float = 30.0
    """From the first check to the end of the DTLS handshake; over it the peer is lost (DTLS)."""
    max_handshakes: int = 16
    """DTLS handshakes at a time; further peers wait their turn."""


class TransportListener(Protocol):
    """Who owns a peer. Called on the event loop; must not raise."""

    def transport_connected(self, peer: PeerId) -> None:
        """Keys are in the data plane; called again when a peer lost by CONSENT comes back."""

    def transport_lost(self, peer: PeerId, reason: LossReason) -> None:
        """CONSENT: may come back (close it when you give up). DTLS, CLOSED (by the client): final, `close` it."""


class PeerTransport:
    """One client's connection; made by `TransportHub.open_peer`."""

    id: PeerId
    local: IceCredentials
    """What our next answer says; changes with `restart`."""
    connected: bool

    def restart(self, remote: IceCredentials) -> IceCredentials:
        """ICE restart: new local credentials for these new remote ones. DTLS and keys stay."""
        raise NotImplementedError

    async def close(self) -> None:
        """Send a DTLS close and forget the peer in hub and data plane; tells the listener nothing. Idempotent."""
        raise NotImplementedError


class TransportHub:
    """All peers of one media port."""

    def __init__(self, plane: DataPlane, settings: TransportSettings | None = None) -> None:
        """One ECDSA P-256 certificate is made for all peers of this hub."""
        raise NotImplementedError

    @property
    def fingerprints(self) -> tuple[Fingerprint, ...]:
        """Of our certificate, for answers (sha-256)."""
        raise NotImplementedError

    def open_peer(
        self, remote: IceCredentials, fingerprints: Sequence[Fingerprint], listener: TransportListener
    ) -> PeerTransport:
        """Make a peer, known to the data plane at once, waiting for its first check."""
        raise NotImplementedError

    def on_stun(self, data: bytes, source: Address) -> None:
        """Pass on `Upcalls.on_stun` here."""
        raise NotImplementedError

    def on_dtls(self, peer: PeerId, data: bytes) -> None:
        """Pass on `Upcalls.on_dtls` here."""
        raise NotImplementedError

    async def close(self) -> None:
        """Close every peer. Idempotent."""
        raise NotImplementedError
