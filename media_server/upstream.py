"""A client that sends (WHIP): its m-lines become publications; what it needs to hear goes back as RTCP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from media_server import packets
from media_server.bandwidth import UpstreamEstimate
from media_server.dataplane.ports import Received
from media_server.incoming import Layer
from media_server.packets import Bye, ReferenceEcho, SenderInfo
from media_server.peer import Ground, Peer, PeerOwner, unsupported
from media_server.ports import Direction, Kind, PublicationInfo, Source
from media_server.publication import Publication
from media_server.reports import ClockMap, ntp_from_us, round_trip_us
from media_server.sdp import (
    AUDIO_LEVEL,
    MID,
    REPAIRED_RID,
    RID,
    TRANSPORT_CC,
    AnsweredMedia,
    ChosenCodec,
    Offer,
    OfferedMedia,
)
from media_server.sdp_answer import choose_codec

REPORT_INTERVAL_US = 1_000_000
MAX_REBINDINGS = 32
"""Times an m-line may change its SSRC without negotiation."""
MAX_RIDS = 3
"""Simulcast encodings of one track."""
SILENCE_US = 300_000
"""Another SSRC takes over an m-line only when the one before has been silent for so long: two cannot take turns."""

_CNAME = "yunting"


class UpstreamOwner(PeerOwner, Protocol):
    """The room, as a sending peer sees it."""

    def new_publication_id(self) -> str:
        """Unique in the room."""

    def publication_made(self, publication: Publication) -> None:
        """Negotiated; nothing has come yet."""

    def publication_bound(self, publication: Publication) -> None:
        """Layers have come, changed their SSRC, begun or stopped, or `publication.layer` is another."""

    def publication_started(self, publication: Publication) -> None:
        """The first packet has come."""

    def publication_ended(self, publication: Publication) -> None:
        """It will not come back under this id."""

    def layers_wanted(self, publication: Publication, rids: Sequence[str]) -> None:
        """Its publisher should send these encodings and no others from now on."""

    def heard(self, participant: str, publication: Publication, level: int) -> None:
        """Audio level of one packet (RFC 6464)."""


@dataclass(slots=True)
class _Line:
    """An m-line that carries a publication."""

    publication: Publication
    chosen: ChosenCodec
    rebindings: int = 0

    def continues(self, chosen: ChosenCodec, source: Source) -> bool:
        """Whether a new offer's m-line goes on with the same track."""
        publication = self.publication
        same = publication.info.source is source and publication.rids == chosen.rids
        return same and self.chosen.codec == chosen.codec


class Upstream(Peer):
    """See the module text."""

    direction = Direction.SEND

    def __init__(self, ground: Ground, owner: UpstreamOwner, participant: str, resource: str, offer: Offer) -> None:
        self._room = owner
        self._lines: dict[str, _Line] = {}
        self._by_ssrc: dict[int, tuple[_Line, Layer]] = {}
        self._by_rtx: dict[int, Layer] = {}
        self._clock = ClockMap()
        self._reported_us = self._intra_requests = 0
        self._mid_extension = self._level_extension = 0
        self._rid_extension = self._repaired_extension = 0
        self.estimate = UpstreamEstimate()
        self.round_trip_us: int | None = None
        super().__init__(ground, owner, participant, resource, offer)

    def move_to(self, owner: UpstreamOwner) -> None:
        """Belong to another room from now on. Idempotent."""
        self._owner = self._room = owner

    @property
    def publications(self) -> list[Publication]:
        """Negotiated tracks, running or not."""
        return [line.publication for line in self._lines.values()]

    @property
    def layers(self) -> list[Layer]:
        """All layers that have an SSRC."""
        return [layer for publication in self.publications for layer in publication.layers]

    def _decide(self, offer: Offer, tracks: Mapping[str, str]) -> tuple[list[AnsweredMedia], dict[str, str]]:
        wanted = {media.mid: media for media in offer.media if media.sends and media.mid in tracks}
        sources = {mid: _source(tracks[mid]) for mid in wanted}
        answered, carried = [], {}
        extensions: dict[str, int] = {}
        for media in offer.media:
            codecs = self.ground.codecs(media.kind) if media.mid in wanted else ()
            chosen = choose_codec(media, codecs, mixed=offer.mixed_extensions)
            if chosen is None:
                self._end_line(media.mid)
                answered.append(self._idle(media))
                continue
            if len(chosen.rids) > MAX_RIDS:
                raise unsupported(
                    f"联播最多 {MAX_RIDS} 路，收到 {len(chosen.rids)} 路",
                    f"at most {MAX_RIDS} simulcast encodings, not {len(chosen.rids)}",
                )
            line = self._line(media, chosen, sources[media.mid])
            self._chosen[media.mid] = chosen
            carried[media.mid] = line.publication.info.id
            answered.append(AnsweredMedia(media.mid, chosen))
            extensions.update({uri: number for number, uri in chosen.extensions.items()})
        for mid in set(self._lines) - {media.mid for media in offer.media}:
            self._end_line(mid)
        self._mid_extension = extensions.get(MID, 0)
        self._rid_extension = extensions.get(RID, 0)
        self._repaired_extension = extensions.get(REPAIRED_RID, 0)
        self._level_extension = extensions.get(AUDIO_LEVEL, 0)
        self.ground.plane.report_arrivals(self.id, self.ssrc, extensions.get(TRANSPORT_CC, 0))
        return answered, carried

    def _line(self, media: OfferedMedia, chosen: ChosenCodec, source: Source) -> _Line:
        line = self._lines.get(media.mid)
        if line and not line.continues(chosen, source):
            self._end_line(media.mid)
            line = None
        if line is None:
            codec = chosen.codec
            info = PublicationInfo(
                self._room.new_publication_id(), self.participant, Kind(media.kind), source, codec.name
            )
            publication = Publication(
                info,
                self.ground.plane,
                self.id,
                payload_type=codec.payload_type,
                clock_rate_hz=codec.clock_rate_hz,
                extensions=chosen.extensions,
                clock=self._clock,
                rids=chosen.rids,
            )
            line = self._lines[media.mid] = _Line(publication, chosen)
            self._room.publication_made(publication)
        line.chosen, line.rebindings = chosen, 0
        media_ssrcs = [ssrc for ssrc in media.ssrcs if ssrc not in media.rtx_of]
        # Encodings are told apart by their rid, whatever SSRCs the offer names.
        if media_ssrcs and not chosen.rids:
            self._bind(line, "", media_ssrcs[0])
            layer = line.publication.layer
            for rtx_ssrc, media_ssrc in media.rtx_of.items():
                if layer and media_ssrc == layer.ssrc:
                    self._bind_rtx(line, layer, rtx_ssrc)
        return line

    def _bind(self, line: _Line, rid: str, ssrc: int) -> None:
        # Two layers must not claim one SSRC: the first keeps it.
        if ssrc in self._by_ssrc:
            return
        former = line.publication.layer_of(rid)
        if former:
            self._unbind(former)
        self._by_ssrc[ssrc] = (line, line.publication.bind(ssrc, rid))
        self._room.publication_bound(line.publication)

    def _bind_rtx(self, line: _Line, layer: Layer, rtx_ssrc: int) -> None:
        rtx = line.chosen.rtx_payload_type
        if rtx is None or rtx_ssrc in self._by_ssrc or rtx_ssrc in self._by_rtx:
            return
        if layer.rtx_ssrc is not None:
            self._by_rtx.pop(layer.rtx_ssrc, None)
        layer.rtx_ssrc = rtx_ssrc
        self._by_rtx[rtx_ssrc] = layer
        self.ground.plane.set_rtx(self.id, rtx_ssrc, layer.ssrc, {rtx: line.chosen.codec.payload_type})

    def _unbind(self, layer: Layer) -> None:
        self._by_ssrc.pop(layer.ssrc, None)
        if layer.rtx_ssrc is not None:
            self._by_rtx.pop(layer.rtx_ssrc, None)

    def _end_line(self, mid: str) -> None:
        line = self._lines.pop(mid, None)
        if line is not None:
            for layer in line.publication.layers:
                self._unbind(layer)
            self._room.publication_ended(line.publication)
            line.publication.end()

    def received(self, packet: Received) -> None:
        """One packet of this peer, as the data plane saw it."""
        found = self._by_ssrc.get(packet.ssrc)
        if found is None:
            found = self._learn(packet)
            if found is None:
                self.meter.add(packet.size_bytes, packet.arrival_us)
                return
        line, layer = found
        publication = line.publication
        if packet.payload_type != publication.payload_type:
            return
        # What RTX brought back was counted as an RTX packet already.
        if not layer.received(packet, wanted=publication.allowed) or layer.rtx_ssrc is None:
            self.meter.add(packet.size_bytes, packet.arrival_us)
        if not publication.running:
            self._room.publication_started(publication)
        if publication.allowed and publication.info.kind is Kind.AUDIO:
            level = packet.extensions.get(self._level_extension)
            if level:
                self._room.heard(self.participant, publication, level[0] & 0x7F)

    def _learn(self, packet: Received) -> tuple[_Line, Layer] | None:
        """Find the layer of an SSRC that the SDP did not name: by MID and rid (RFC 8852), else by payload type if
        only one m-line fits."""
        if packet.ssrc in self._by_rtx:
            return None
        line = self._line_of(packet)
        if line is None or line.rebindings >= MAX_REBINDINGS:
            return None
        rtx = packet.payload_type == line.chosen.rtx_payload_type
        if not rtx and packet.payload_type != line.chosen.codec.payload_type:
            return None
        rid = self._rid_of(packet, line, rtx=rtx)
        if rid is None:
            return None
        layer = line.publication.layer_of(rid)
        if rtx:
            if layer is not None:
                line.rebindings += 1
                self._bind_rtx(line, layer, packet.ssrc)
            return None
        if layer and packet.arrival_us - layer.last_us < SILENCE_US:
            return None
        line.rebindings += 1
        self._bind(line, rid, packet.ssrc)
        return self._by_ssrc.get(packet.ssrc)

    def _line_of(self, packet: Received) -> _Line | None:
        mid = packet.extensions.get(self._mid_extension)
        if mid is not None:
            return self._lines.get(mid.decode("utf-8", "replace"))
        fitting = [
            line
            for line in self._lines.values()
            if packet.payload_type in (line.chosen.codec.payload_type, line.chosen.rtx_payload_type)
        ]
        if len(fitting) != 1 or (fitting[0].publication.layers and not fitting[0].chosen.rids):
            return None
        return fitting[0]

    def _rid_of(self, packet: Received, line: _Line, *, rtx: bool) -> str | None:
        """The rid that a packet says, empty on a line without any; None when it says none of this line's."""
        if not line.chosen.rids:
            return ""
        told = packet.extensions.get(self._repaired_extension if rtx else self._rid_extension)
        rid = told.decode("utf-8", "replace") if told is not None else None
        return rid if rid in line.chosen.rids else None

    def rtcp(self, data: bytes, now_us: int) -> None:
        for item in packets.parse(data):
            if isinstance(item, SenderInfo):
                found = self._by_ssrc.get(item.ssrc)
                if found:
                    self._clock.observe(item.ntp, now_us)
                    found[0].publication.reported(item, now_us)
            elif isinstance(item, ReferenceEcho):
                trip_us = round_trip_us(now_us, item.last_report, item.delay)
                self.round_trip_us = self.round_trip_us if trip_us is None else trip_us
            elif isinstance(item, Bye):
                for ssrc in item.ssrcs:
                    if ssrc in self._by_ssrc:
                        self._by_ssrc[ssrc][1].ended()

    def tick(self, now_us: int) -> None:
        if not self.up:
            return
        for line in list(self._lines.values()):
            if line.chosen.rids:
                self._move_layers(line.publication, now_us)
        out = b""
        for line, layer in self._by_ssrc.values():
            if not line.publication.allowed:
                continue
            sequences = layer.due_repairs(now_us, self.round_trip_us) if "nack" in line.chosen.codec.feedback else []
            if sequences:
                out += packets.nack(self.ssrc, layer.ssrc, sequences)
            # An encoding that is paused gives none.
            paused = layer.rid and layer.rid not in line.publication.sent_rids
            if not paused and layer.keyframes.due(now_us):
                out += self._keyframe_request(line, layer)
        if now_us - self._reported_us >= REPORT_INTERVAL_US:
            self._reported_us = now_us
            out = self._report(now_us) + out
        if out:
            self.ground.plane.send_rtcp(self.id, out)

    @property
    def hasty(self) -> bool:
        """Whether `tick` should come soon even if no packet does."""
        return self.up and any(layer.nack.missing for _, layer in self._by_ssrc.values())

    def _move_layers(self, publication: Publication, now_us: int) -> None:
        if publication.tick(now_us):
            self._room.publication_bound(publication)
        rids = publication.due_layers(now_us)
        if rids is not None:
            self._room.layers_wanted(publication, rids)

    def _keyframe_request(self, line: _Line, layer: Layer) -> bytes:
        if "nack pli" in line.chosen.codec.feedback or "ccm fir" not in line.chosen.codec.feedback:
            return packets.picture_loss(self.ssrc, layer.ssrc)
        self._intra_requests += 1
        return packets.full_intra(self.ssrc, layer.ssrc, self._intra_requests)

    def _report(self, now_us: int) -> bytes:
        self.estimate.sample(self.meter.bits_per_second(now_us), now_us)
        blocks = []
        for _, layer in self._by_ssrc.values():
            block = layer.reception.block(now_us)
            if block:
                layer.last_block = block
                blocks.append(block)
        out = packets.receiver_reports(self.ssrc, blocks) + packets.description(self.ssrc, _CNAME)
        return out + packets.reference_time(self.ssrc, ntp_from_us(now_us))

    def end_media(self) -> None:
        for mid in list(self._lines):
            self._end_line(mid)


def _source(name: str) -> Source:
    try:
        return Source(name)
    except ValueError:
        known = "、".join(Source)
        raise unsupported(f"未知的媒体来源“{name[:40]}”(应为 {known})", f"unknown source {name[:40]!r}") from None
