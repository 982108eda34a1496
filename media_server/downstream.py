"""A client that receives (WHEP): its m-lines become subscriptions, steered by what its network carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from media_server import packets
from media_server.bandwidth import CountedRate
from media_server.downlink import Downlink
from media_server.packets import KeyframeRequest, Nack, Remb, ReportBlock
from media_server.peer import Ground, Peer, PeerOwner
from media_server.ports import DeliveryState, Direction, Kind, PublicationInfo, Source, View
from media_server.publication import Publication
from media_server.sdp import AnsweredMedia, Offer, OfferedMedia, OutgoingTrack
from media_server.sdp_answer import choose_codec
from media_server.steering import Stage, Steering
from media_server.subscription import REPORT_INTERVAL_US, Subscription

_TICK_US = 75_000
"""Looks at the path and at what was sent: with each beat (`sfu.TICK_S`, `Pulse`) while something is held back."""
_CONTENT_TICK_US = REPORT_INTERVAL_US
"""The same for a viewer who has all that he wants over a path that carries it."""
_HEADERS_BYTES = 36
"""Of an RTP packet with its extensions and SRTP tag; audio packets are not much larger."""
_COMPOUND_BYTES = 1000
"""A compound packet is sent when it has grown over this: with one more report it still fits an MTU."""

MAX_NACKED = 256
"""Sequence numbers answered of one NACK; a viewer that misses more needs a keyframe, and asks for one."""


class DownstreamOwner(PeerOwner, Protocol):
    """The room, as a receiving peer sees it."""

    def publication_for(self, publication_id: str, viewer: str) -> Publication | None:
        """The track if it exists and `viewer` may receive it now."""

    def delivery_changed(self, downstream: Downstream, states: Sequence[DeliveryState]) -> None:
        """What the viewer gets of its videos."""

    @property
    def stage(self) -> Stage:
        """What decides for all viewers of the room."""


class Downstream(Peer):
    """See the module text."""

    direction = Direction.RECEIVE

    def __init__(self, ground: Ground, owner: DownstreamOwner, participant: str, resource: str, offer: Offer) -> None:
        self._room = owner
        self._lines: dict[str, Subscription] = {}
        self._by_ssrc: dict[int, Subscription] = {}
        self._ticked_us = 0
        self._hurried = False
        self._rests = False
        self._needed_bps: int | None = None
        self._sent: dict[int, tuple[int, int]] = {}
        self._steering = Steering(owner.stage)
        super().__init__(ground, owner, participant, resource, offer)
        self._downlink = Downlink(ground.plane, self.id)
        self.meter = CountedRate()

    @property
    def subscriptions(self) -> list[Subscription]:
        """What it receives."""
        return list(self._lines.values())

    def _decide(self, offer: Offer, tracks: Mapping[str, str]) -> tuple[list[AnsweredMedia], dict[str, str]]:
        answered, carried = [], {}
        for media in offer.media:
            subscription = self._line(media, tracks.get(media.mid), mixed=offer.mixed_extensions)
            if subscription is None:
                self._end_line(media.mid)
                answered.append(self._idle(media))
                continue
            info = subscription.publication.info
            carried[media.mid] = info.id
            self._chosen[media.mid] = subscription.chosen
            outgoing = OutgoingTrack(
                stream=stream_of(info),
                track=info.id,
                cname=stream_of(info),
                ssrc=subscription.ssrc,
                rtx_ssrc=subscription.rtx_ssrc,
            )
            answered.append(AnsweredMedia(media.mid, subscription.chosen, sending=outgoing))
        for mid in set(self._lines) - {media.mid for media in offer.media}:
            self._end_line(mid)
        self._downlink.negotiated([media.chosen.extensions for media in answered if media.chosen])
        return answered, carried

    def _line(self, media: OfferedMedia, publication_id: str | None, *, mixed: bool) -> Subscription | None:
        if publication_id is None or not media.receives:
            return None
        publication = self._room.publication_for(publication_id, self.participant)
        if publication is None or publication.info.kind != media.kind:
            return None
        chosen = choose_codec(media, (publication.info.codec,), mixed=mixed)
        if chosen is None:
            return None
        subscription = self._lines.get(media.mid)
        if subscription and subscription.publication is publication and subscription.chosen == chosen:
            return subscription
        self._end_line(media.mid)
        ground = self.ground
        subscription = Subscription(
            ground.plane, self.id, publication, chosen, ground.fresh_ssrc(), ground.fresh_ssrc()
        )
        self._lines[media.mid] = self._by_ssrc[subscription.ssrc] = subscription
        self._steering.changed()
        if self.up:
            self._steer(ground.now_us())
            self.hurry()
            subscription.connect()
        return subscription

    def _end_line(self, mid: str) -> None:
        subscription = self._lines.pop(mid, None)
        if subscription is None:
            return
        self._by_ssrc.pop(subscription.ssrc, None)
        self._sent.pop(subscription.ssrc, None)
        self._steering.forget(subscription.publication.info.id)
        subscription.close()
        if self.up:
            self.ground.plane.send_rtcp(
                self.id, packets.receiver_reports(self.ssrc, []) + packets.bye([subscription.ssrc])
            )

    def connect(self, publication: Publication | None = None) -> None:
        """Let packets flow to every subscription (of this track): the viewer is up, the track has its SSRC."""
        if self.up:
            self._steering.changed()
            self._steer(self.ground.now_us())
            self.hurry()
            for subscription in self._lines.values():
                if publication is None or subscription.publication is publication:
                    subscription.connect()
                    if publication is None:
                        # A viewer who comes back has lost what was sent meanwhile.
                        subscription.want_keyframe()

    def show(self, publication_id: str, view: View) -> None:
        """How large its page shows this track; unknown ids are ignored."""
        if any(copy.publication.info.id == publication_id for copy in self._lines.values()):
            self._steering.show(publication_id, view)

    def ruled(self) -> None:
        """A rule about its copies has changed."""
        self._steering.changed()

    def publication_ended(self, publication: Publication) -> None:
        """Stop its copies; the m-line becomes idle with the next negotiation."""
        for mid, subscription in list(self._lines.items()):
            if subscription.publication is publication:
                self._end_line(mid)

    def rtcp(self, data: bytes, now_us: int) -> None:
        for item in packets.parse(data):
            if isinstance(item, Nack):
                subscription = self._by_ssrc.get(item.media_ssrc)
                if subscription:
                    granted = self._downlink.may_repeat(min(len(item.sequences), MAX_NACKED), now_us)
                    # The newest: what was lost first is the least likely to come in time.
                    subscription.repeat(item.sequences[len(item.sequences) - granted :], now_us)
                if self.up and self._downlink.became_jammed():
                    # Each tenth of a second until the next tick costs the listener sound.
                    self._steer(now_us)
            elif isinstance(item, KeyframeRequest):
                subscription = self._by_ssrc.get(item.media_ssrc)
                if subscription:
                    subscription.want_keyframe()
            elif isinstance(item, Remb):
                self._downlink.remb(item.bitrate_bps, now_us)
                self.hurry()
            elif isinstance(item, ReportBlock):
                subscription = self._by_ssrc.get(item.ssrc)
                if subscription:
                    subscription.reported(item, now_us)
                    self._downlink.reported(item.fraction_lost, self.meter.bits_per_second(now_us), now_us)
                    self._hurried |= self._needed_bps is None

    @property
    def needed_bps(self) -> int | None:
        """While the path carries so much there is nothing to decide; None: nothing but the viewer's reports tells."""
        return self._needed_bps if self.up else None

    def hurry(self) -> None:
        """Look at the path with the next `tick`. Idempotent."""
        self._hurried = True

    def tick(self, now_us: int) -> None:
        patient = self._rests and not (self._hurried or self._steering.outdated)
        if not self.up or now_us - self._ticked_us < (_CONTENT_TICK_US if patient else _TICK_US):
            return
        self._ticked_us, self._hurried = now_us, False
        out = b""
        for subscription in self._lines.values():
            subscription.settle()
            report = subscription.sender_report(now_us)
            if report:
                out += report + packets.description(subscription.ssrc, stream_of(subscription.publication.info))
            if len(out) > _COMPOUND_BYTES:
                self.ground.plane.send_rtcp(self.id, out)
                out = b""
        if out:
            self.ground.plane.send_rtcp(self.id, out)
        self._count(now_us)
        self._steer(now_us)
        self._rests = self._steering.content and all(copy.introduced for copy in self._lines.values())
        self._needed_bps = self._downlink.needed_bps(self._steering.goal_bps, now_us) if self._rests else None

    def _count(self, now_us: int) -> None:
        for subscription in self._lines.values():
            sent, octets = subscription.sent()
            sent_before, octets_before = self._sent.get(subscription.ssrc, (0, 0))
            self._sent[subscription.ssrc] = (sent, octets)
            self.meter.add(octets - octets_before, now_us)
            if subscription.publication.info.kind is Kind.AUDIO:
                whole = octets - octets_before + (sent - sent_before) * _HEADERS_BYTES
                self._downlink.audio.add(whole, now_us)

    def _steer(self, now_us: int) -> None:
        """Divide what the path carries: audio goes whatever it costs, the videos share the rest."""
        states = self._steering.steer(self.subscriptions, self._downlink.video_budget(now_us), now_us)
        if self._steering.grew:
            self._downlink.grew(now_us)
        self._downlink.drive(self._steering.goal_bps, now_us)
        if states is not None:
            self._room.delivery_changed(self, states)

    def end_media(self) -> None:
        for mid in list(self._lines):
            self._end_line(mid)


def stream_of(info: PublicationInfo) -> str:
    """Stream id and CNAME: tracks with the same one are played in sync; a screen and its sound are a pair apart."""
    screen = info.source in (Source.SCREEN, Source.SCREEN_AUDIO)
    return f"{info.participant}-screen" if screen else info.participant
