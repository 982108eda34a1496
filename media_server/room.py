"""One session's media: participants, their connections, what they publish and receive, and the rules over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hearing.errors import UserError
from hearing.ids import new_ulid
from hearing.tasks import TaskSet
from media_server.downstream import Downstream
from media_server.loudest import Loudest, LoudestSettings
from media_server.microphones import Microphones
from media_server.peer import Ground, Peer
from media_server.ports import (
    Answer,
    DeliveryState,
    Direction,
    Kind,
    LossReason,
    MediaRoom,
    PeerStats,
    PublicationInfo,
    RoomListener,
    Shedding,
    Source,
    Subscriber,
    View,
)
from media_server.publication import Publication
from media_server.room_stats import participant_stats
from media_server.sdp_parse import parse_offer
from media_server.speakers import Speakers
from media_server.steering import Stage
from media_server.upstream import Upstream

MAX_PEERS = 32
"""Connections of one participant, WHEP resources included."""

_Key = tuple[str, Direction, str]


class Room:
    """Implements `ports.MediaRoom`; made by `Sfu.open_room`."""

    def __init__(
        self,
        ground: Ground,
        listener: RoomListener,
        tasks: TaskSet,
        utc_ms: Callable[[], int],
        lost_grace_us: int,
        loudest: LoudestSettings | None = None,
    ) -> None:
        self.ground = ground
        self._listener = listener
        self._tasks = tasks
        self._utc_ms = utc_ms
        self._lost_grace_us = lost_grace_us
        self._peers: dict[_Key, Peer] = {}
        self._publications: dict[str, Publication] = {}
        self._subscribers: dict[Subscriber, None] = {}
        self._speakers = Speakers()
        self._microphones = Microphones(ground.plane, Loudest(loudest or LoudestSettings()))
        self._stage = Stage()
        self._seen: set[str] = set()
        """Who has had a connection: a busy server lets them come back."""
        self._closed = False
        self._may_publish: Callable[[str, Kind], bool] = lambda participant, kind: True
        self._may_receive: Callable[[str, str, Kind], bool] = lambda viewer, sender, kind: True

    async def answer(
        self,
        participant: str,
        direction: Direction,
        offer: str,
        tracks: Mapping[str, str],
        *,
        resource: str = "page",
    ) -> Answer:
        """See `MediaRoom.answer`. An offer of another client connection replaces the old one of this resource."""
        parsed = parse_offer(offer)
        key = (participant, direction, resource)
        if self._closed:
            raise UserError("media-forbidden", "本次庭审的媒体已关闭", "this session's media is closed")
        if self._stage.shedding >= Shedding.NO_JOINS and participant not in self._seen:
            raise UserError(
                "media-busy",
                "服务器繁忙，暂不接受新的媒体连接，请稍后再试",
                "the server is busy: try again in a while",
            )
        # Closing lets others run: a second offer may have made its peer in between.
        while (peer := self._peers.get(key)) is not None and not peer.continues(parsed):
            await self._close(key)
        made = peer is None
        if peer is None:
            if sum(held[0] == participant for held in self._peers) >= MAX_PEERS:
                raise UserError("media-forbidden", "此人的媒体连接过多", "too many media connections of one person")
            kind: type[Upstream] | type[Downstream] = Upstream if direction is Direction.SEND else Downstream
            peer = kind(self.ground, self, participant, resource, parsed)
            self._peers[key] = peer
            self._seen.add(participant)
        try:
            return peer.answer(parsed, tracks)
        except BaseException:
            if made:
                await self._close(key)
            raise

    def holds(self, participant: str, direction: Direction, *, resource: str) -> bool:
        """See `MediaRoom`."""
        return (participant, direction, resource) in self._peers

    async def close_peer(self, participant: str, direction: Direction, *, resource: str = "page") -> None:
        """See `MediaRoom`."""
        await self._close((participant, direction, resource))

    async def remove(self, participant: str) -> None:
        """See `MediaRoom`."""
        # One at a time: an offer that was under way may make a new one meanwhile.
        while key := next((key for key in self._peers if key[0] == participant), None):
            await self._close(key)
        self._speakers.forget(participant)

    async def close(self) -> None:
        """See `MediaRoom`."""
        self._closed = True
        for key in list(self._peers):
            await self._close(key)
        self._subscribers.clear()

    def publications(self, viewer: str | None = None) -> Sequence[PublicationInfo]:
        """See `MediaRoom`."""
        return [
            publication.info
            for publication in self._publications.values()
            if publication.running and (viewer is None or self._passes(publication, viewer))
        ]

    def set_rules(
        self, may_publish: Callable[[str, Kind], bool], may_receive: Callable[[str, str, Kind], bool]
    ) -> None:
        """See `MediaRoom`; takes effect at once."""
        self._may_publish = may_publish
        self._may_receive = may_receive
        self.refresh()

    def refresh(self) -> None:
        """See `MediaRoom`."""
        for publication in self._publications.values():
            self._rule(publication)
        for downstream in self._downstreams():
            self._rule_copies(downstream)

    def hand_over(self, participant: str, other: MediaRoom) -> None:
        """See `MediaRoom`."""
        if not isinstance(other, Room) or other.ground is not self.ground:
            raise ValueError("the other room stands on another data plane")
        for key, peer in list(self._peers.items()):
            if key[0] == participant and isinstance(peer, Upstream) and other is not self:
                del self._peers[key]
                for publication in peer.publications:
                    self.publication_ended(publication)
                    publication.leave()
                other._take(key, peer)
        self._speakers.forget(participant)

    def _take(self, key: _Key, peer: Upstream) -> None:
        former = self._peers.pop(key, None)
        if former is not None:
            self._tasks.spawn(former.close(), "close a replaced peer")
        self._peers[key] = peer
        self._seen.add(peer.participant)
        peer.move_to(self)
        for publication in peer.publications:
            self.publication_made(publication)
            if publication.layers:
                self.publication_bound(publication)
            if publication.running:
                self.publication_started(publication)
        if peer.up:
            self._listener.peer_connected(peer.participant, peer.direction)

    def attach(self, subscriber: Subscriber) -> Callable[[], None]:
        """See `MediaRoom`."""
        self._subscribers[subscriber] = None
        for publication in list(self._publications.values()):
            publication.attach(subscriber)

        def detach() -> None:
            self._subscribers.pop(subscriber, None)
            for publication in list(self._publications.values()):
                publication.detach(subscriber)

        return detach

    def set_view(self, viewer: str, publication_id: str, view: View, *, resource: str = "page") -> None:
        """See `MediaRoom`."""
        peer = self._peers.get((viewer, Direction.RECEIVE, resource))
        if isinstance(peer, Downstream):
            peer.show(publication_id, view)

    def set_floor(self, participants: Sequence[str]) -> None:
        """See `MediaRoom`. Their microphones are never hushed."""
        if tuple(participants) != self._stage.floor:
            self._stage.floor = tuple(participants)
            self._stage.changed()
            self._microphones.follow(self._stage.floor, self._publications.values())

    def shed(self, shedding: Shedding) -> None:
        """Give up what this level says, or take it up again, within 100 ms. Idempotent."""
        if shedding is not self._stage.shedding:
            self._stage.shedding = shedding
            self._stage.changed()

    @property
    def stage(self) -> Stage:
        """See `DownstreamOwner`."""
        return self._stage

    def request_keyframe(self, publication_id: str) -> None:
        """See `MediaRoom`."""
        publication = self._publications.get(publication_id)
        if publication is not None:
            publication.want_keyframe()

    def level_dbov(self, participant: str) -> int | None:
        """See `MediaRoom`."""
        return self._speakers.level_dbov(participant)

    def stats(self, participant: str) -> PeerStats | None:
        """See `MediaRoom`."""
        mine = [peer for peer in self._peers.values() if peer.participant == participant and peer.up]
        return participant_stats(mine, self.ground.now_us()) if mine else None

    def tick(self, now_us: int) -> None:
        """Timers of the room: reports, repairs, speakers, connections that did not come back. Every 100 ms or so,
        while `hasty` every 20 ms; a publisher's own are looked at with each batch of his packets too."""
        downstreams = {peer.id: peer for peer in self._downstreams()}
        watched = {number: needed for number, peer in downstreams.items() if (needed := peer.needed_bps) is not None}
        for number in self.ground.plane.strained(watched):
            downstreams[number].hurry()
        for key, peer in list(self._peers.items()):
            peer.tick(now_us)
            if peer.lost_us is not None and now_us - peer.lost_us > self._lost_grace_us:
                peer.lost_us = None
                self._tasks.spawn(self._close(key), "close a lost peer")
        speaking = self._speakers.update(now_us // 1000)
        if speaking is not None:
            self._stage.speakers = speaking
            self._stage.changed()
            self._listener.speakers_changed(speaking)

    @property
    def hasty(self) -> bool:
        """Whether a publisher owes packets."""
        return any(isinstance(peer, Upstream) and peer.hasty for peer in self._peers.values())

    def peer_up(self, peer: Peer) -> None:
        """See `PeerOwner`."""
        if isinstance(peer, Downstream):
            self._rule_copies(peer)
            peer.connect()
        self._listener.peer_connected(peer.participant, peer.direction)

    def peer_down(self, peer: Peer, reason: LossReason) -> None:
        """See `PeerOwner`. Without consent the peer may come back in the grace time; else it is closed now."""
        # A player that was loaded anew leaves its old connection behind: its end says nothing of the new one.
        if not any(other.up and other is not peer for other in self._peers_of(peer.participant, peer.direction)):
            self._listener.peer_lost(peer.participant, peer.direction, reason)
        if reason is not LossReason.CONSENT:
            key = (peer.participant, peer.direction, peer.resource)
            if self._peers.get(key) is peer:
                self._tasks.spawn(self._close(key), "close an ended peer")

    def _peers_of(self, participant: str, direction: Direction) -> list[Peer]:
        return [peer for key, peer in self._peers.items() if key[:2] == (participant, direction)]

    def new_publication_id(self) -> str:
        """See `UpstreamOwner`."""
        return new_ulid(self._utc_ms())

    def publication_made(self, publication: Publication) -> None:
        """See `UpstreamOwner`."""
        self._publications[publication.info.id] = publication
        self._rule(publication)
        self._microphones.follow(self._stage.floor, self._publications.values())

    def publication_bound(self, publication: Publication) -> None:
        """See `UpstreamOwner`."""
        self._microphones.bound(publication)
        self._stage.ladders.changed(publication)
        for downstream in self._downstreams():
            downstream.connect(publication)

    def layers_wanted(self, publication: Publication, rids: Sequence[str]) -> None:
        """See `UpstreamOwner`."""
        self._listener.layers_wanted(publication.info, rids)

    def publication_started(self, publication: Publication) -> None:
        """See `UpstreamOwner`."""
        publication.start(list(self._subscribers))
        self._listener.publication_added(publication.info)

    def publication_ended(self, publication: Publication) -> None:
        """See `UpstreamOwner`."""
        if self._publications.pop(publication.info.id, None) is None:
            return
        for downstream in self._downstreams():
            downstream.publication_ended(publication)
        self._stage.ladders.forget(publication.info.id)
        if publication.info.kind is Kind.AUDIO:
            self._microphones.forget(publication)
            self._speakers.forget(publication.info.participant)
        if publication.running:
            self._listener.publication_removed(publication.info)

    def publication_for(self, publication_id: str, viewer: str) -> Publication | None:
        """See `DownstreamOwner`."""
        publication = self._publications.get(publication_id)
        return publication if publication is not None and self._passes(publication, viewer) else None

    def heard(self, participant: str, publication: Publication, level: int) -> None:
        """See `UpstreamOwner`. Only a microphone makes a speaker."""
        if publication.info.source is Source.MICROPHONE:
            self._speakers.heard(participant, level)
            self._microphones.heard(publication, level, self.ground.now_us())

    def delivery_changed(self, downstream: Downstream, states: Sequence[DeliveryState]) -> None:
        """See `DownstreamOwner`."""
        self._listener.delivery_changed(downstream.participant, downstream.resource, states)

    def _passes(self, publication: Publication, viewer: str) -> bool:
        info = publication.info
        return self._may_receive(viewer, info.participant, info.kind)

    def _rule(self, publication: Publication) -> None:
        info = publication.info
        changed = publication.allow(self._may_publish(info.participant, info.kind))
        if changed and not publication.allowed and info.kind is Kind.AUDIO:
            self._microphones.forget(publication)
            self._speakers.forget(info.participant)

    def _rule_copies(self, downstream: Downstream) -> None:
        for subscription in downstream.subscriptions:
            subscription.allow(self._passes(subscription.publication, downstream.participant))
        downstream.ruled()

    def _downstreams(self) -> list[Downstream]:
        return [peer for peer in self._peers.values() if isinstance(peer, Downstream)]

    async def _close(self, key: _Key) -> None:
        peer = self._peers.pop(key, None)
        if peer is None:
            return
        was_up = peer.up
        await peer.close()
        if was_up:
            self._listener.peer_lost(peer.participant, peer.direction, LossReason.CLOSED)
