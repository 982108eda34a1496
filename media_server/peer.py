"""What sending and receiving peer connections have in common: transport, negotiation state, rates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from hearing.errors import UserError
from media_server.bandwidth import Rate, RateMeter
from media_server.dataplane.ports import Address, DataPlane, PeerId
from media_server.ports import Answer, Direction, Kind, LossReason
from media_server.sdp import AnsweredMedia, ChosenCodec, IceCredentials, Local, Offer, OfferedMedia
from media_server.sdp_answer import build_answer
from media_server.transport import TransportHub


@dataclass(frozen=True, slots=True)
class Ground:
    """What every peer of a server stands on."""

    plane: DataPlane
    hub: TransportHub
    candidates: tuple[Address, ...]
    tcp_candidates: tuple[Address, ...]
    audio_codecs: tuple[str, ...]
    video_codecs: tuple[str, ...]
    now_us: Callable[[], int]
    """CLOCK_MONOTONIC in microseconds: the clock of the data plane's arrival times."""
    fresh_ssrc: Callable[[], int]
    admit: Callable[[], None]
    """Raises UserError (`media-full`) when the server can take no more connections."""
    register: Callable[[Peer], None]
    unregister: Callable[[Peer], None]

    def codecs(self, kind: str) -> tuple[str, ...]:
        """Codecs we take for this kind of m-line, best first; none for what we do not carry."""
        return {Kind.AUDIO.value: self.audio_codecs, Kind.VIDEO.value: self.video_codecs}.get(kind, ())


class PeerOwner(Protocol):
    """The room, as a peer sees it."""

    def peer_up(self, peer: Peer) -> None:
        """ICE and DTLS are up."""

    def peer_down(self, peer: Peer, reason: LossReason) -> None:
        """Gone; see `TransportListener.transport_lost`."""


class Peer:
    """One peer connection. Subclasses say what its m-lines carry."""

    direction: Direction

    def __init__(self, ground: Ground, owner: PeerOwner, participant: str, resource: str, offer: Offer) -> None:
        ground.admit()
        self.ground = ground
        self.participant = participant
        self.resource = resource
        self.up = False
        self.lost_us: int | None = None
        self.meter: Rate = RateMeter()
        self.ssrc = ground.fresh_ssrc()
        self._owner = owner
        self._chosen: dict[str, ChosenCodec] = {}
        self._version = 0
        self._session_id = str(self.ssrc)
        self._remote: IceCredentials = offer.ice
        self._fingerprints = offer.fingerprints
        self._transport = ground.hub.open_peer(offer.ice, offer.fingerprints, self)
        self.id: PeerId = self._transport.id
        ground.register(self)

    def continues(self, offer: Offer) -> bool:
        """Whether this offer comes from the same client connection (same certificate), not from a reloaded page."""
        return offer.fingerprints == self._fingerprints

    def answer(self, offer: Offer, tracks: Mapping[str, str]) -> Answer:
        """Negotiate. Raises UserError (`media-forbidden`, `sdp-unsupported`)."""
        if offer.ice != self._remote:
            self._remote = offer.ice
            self._transport.restart(offer.ice)
        media, carried = self._decide(offer, tracks)
        self._version += 1
        local = Local(
            ice=self._transport.local,
            fingerprints=self.ground.hub.fingerprints,
            candidates=self.ground.candidates,
            tcp_candidates=self.ground.tcp_candidates,
            session_id=self._session_id,
            version=self._version,
        )
        return Answer(build_answer(offer, media, local), self._transport.local.ufrag, carried)

    def transport_connected(self, peer: PeerId) -> None:
        """See `TransportListener`."""
        self.up, self.lost_us = True, None
        self._owner.peer_up(self)

    def transport_lost(self, peer: PeerId, reason: LossReason) -> None:
        """See `TransportListener`."""
        self.up, self.lost_us = False, self.ground.now_us()
        self._owner.peer_down(self, reason)

    async def close(self) -> None:
        """End all that it carries and forget it. Idempotent."""
        self.up = False
        self.end_media()
        self.ground.unregister(self)
        await self._transport.close()

    def rtcp(self, data: bytes, now_us: int) -> None:
        """A compound RTCP packet of the client. Never raises for its content."""
        raise NotImplementedError

    def tick(self, now_us: int) -> None:
        """Send what is due; called every 100 ms or so."""
        raise NotImplementedError

    def end_media(self) -> None:
        """End publications or subscriptions. Idempotent."""
        raise NotImplementedError

    def _idle(self, media: OfferedMedia) -> AnsweredMedia:
        """Our answer to an m-line that carries nothing. One that did is kept, inactive: to reject it would stop the
        client's transceiver."""
        if not media.port:
            self._chosen.pop(media.mid, None)
        return AnsweredMedia(media.mid, self._chosen.get(media.mid), active=False)

    def _decide(self, offer: Offer, tracks: Mapping[str, str]) -> tuple[list[AnsweredMedia], dict[str, str]]:
        raise NotImplementedError


def unsupported(zh: str, en: str) -> UserError:
    """An offer that is well-formed and not for us."""
    return UserError("sdp-unsupported", zh, en)
