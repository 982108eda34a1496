"""The inner subscribers of a publication: the recorder, the transcriber and whoever else listens inside the server.

Each gets one stream that goes on, whatever layer it is taken from: a change of layer happens at a keyframe, and
numbers and times do not jump (`splice.py`).
"""

from __future__ import annotations

from collections.abc import Callable

from media_server.dataplane.ports import DataPlane, PeerId, TapPacket
from media_server.incoming import Layer
from media_server.packets import SenderInfo, rtp_payload
from media_server.payloads import is_keyframe
from media_server.ports import PublicationInfo, SenderReport, Subscriber
from media_server.splice import Held, Splice


class Taps:
    """See the module text. `shift_of(old, new)` says how far the timestamps of two layers lie apart, if known."""

    def __init__(
        self,
        info: PublicationInfo,
        plane: DataPlane,
        peer: PeerId,
        clock_rate_hz: int,
        shift_of: Callable[[Layer, Layer], int | None],
        server_us_of: Callable[[int], int | None],
    ) -> None:
        self._info = info
        self._plane = plane
        self._peer = peer
        self._clock_rate_hz = clock_rate_hz
        self._shift_of = shift_of
        self._server_us_of = server_us_of
        self._subscribers: dict[Subscriber, None] = {}
        self._layer: Layer | None = None
        self._next: Layer | None = None
        self._held = Held()
        self._splice: Splice | None = None
        self._ends: dict[int, Callable[[], None]] = {}

    def __len__(self) -> int:
        return len(self._subscribers)

    def attach(self, subscriber: Subscriber, layer: Layer) -> None:
        """Give it every packet from now on, beginning with a keyframe soon. Idempotent."""
        if subscriber in self._subscribers:
            return
        if self._splice is None:
            self._splice = Splice(layer.ssrc, self._clock_rate_hz)
            self._layer = layer
            self._listen(layer)
        self._subscribers[subscriber] = None
        subscriber.track_started(self._info, self._splice.ssrc, self._clock_rate_hz)
        report = self._layer.last_report if self._layer else None
        if report is not None:
            # Its arrival is not kept: on the one clock it is where the map puts it.
            arrival_us = self._server_us_of(report.ntp)
            if arrival_us is not None:
                subscriber.track_report(self._info.id, self._told(report, arrival_us))
        layer.keyframes.want()

    def detach(self, subscriber: Subscriber) -> None:
        """Idempotent."""
        if self._subscribers.pop(subscriber, self) is self:
            return
        subscriber.track_ended(self._info.id)
        if not self._subscribers:
            self._stop()

    def follow(self, layer: Layer) -> None:
        """Take the stream from this layer, from its next keyframe on; until then from the one before. Idempotent."""
        if self._splice is None or layer is (self._next or self._layer):
            return
        if self._next is not None:
            self._unlisten(self._next)
        self._next = None
        if layer is not self._layer:
            self._next, self._held = layer, Held()
            self._listen(layer)
            layer.keyframes.want()

    def gone(self, layer: Layer) -> None:
        """This layer's SSRC belongs to the track no more. Idempotent."""
        self._unlisten(layer)
        if layer is self._next:
            self._next = None

    def reported(self, layer: Layer, info: SenderInfo, arrival_us: int) -> None:
        """A sender report of a layer: told when the stream is taken from it."""
        if layer is self._layer:
            for subscriber in list(self._subscribers):
                subscriber.track_report(self._info.id, self._told(info, arrival_us))

    def end(self) -> None:
        """The track has ended. Idempotent."""
        for subscriber in list(self._subscribers):
            self.detach(subscriber)

    def _listen(self, layer: Layer) -> None:
        self._ends[layer.ssrc] = self._plane.add_tap(
            self._peer, layer.ssrc, lambda packet: self._tapped(layer, packet)
        )

    def _unlisten(self, layer: Layer) -> None:
        end = self._ends.pop(layer.ssrc, None)
        if end is not None:
            end()

    def _stop(self) -> None:
        for end in self._ends.values():
            end()
        self._ends.clear()
        self._layer = self._next = self._splice = None

    def _tapped(self, layer: Layer, packet: TapPacket) -> None:
        if layer is self._layer:
            self._give(packet)
        elif layer is self._next:
            if is_keyframe(self._info.codec, rtp_payload(packet.rtp)):
                self._change(layer, packet)
            else:
                self._held.push(packet)

    def _change(self, layer: Layer, first: TapPacket) -> None:
        assert self._splice is not None
        if self._layer is not None:
            self._splice.cut(first, self._shift_of(self._layer, layer))
            self._unlisten(self._layer)
        self._layer, self._next = layer, None
        for packet in self._held.since(first):
            self._give(packet)
        self._held = Held()

    def _give(self, packet: TapPacket) -> None:
        assert self._splice is not None
        rtp = self._splice.push(packet)
        if rtp is not None:
            for subscriber in list(self._subscribers):
                subscriber.track_packet(self._info.id, packet.arrival_us, rtp)

    def _told(self, info: SenderInfo, arrival_us: int) -> SenderReport:
        assert self._splice is not None
        rtp = info.rtp + self._splice.timestamp_offset & 0xFFFFFFFF
        return SenderReport(self._splice.ssrc, info.ntp, rtp, arrival_us)
