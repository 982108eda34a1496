"""A sender's track as the room knows it: its layers, who wants which of them, and what inner subscribers get."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from media_server.dataplane.ports import DataPlane, InnerLayer, PeerId, TapPacket
from media_server.dynacast import Dynacast
from media_server.incoming import Layer
from media_server.packets import SenderInfo
from media_server.picture_size import PictureSize
from media_server.ports import Kind, PublicationInfo, Subscriber
from media_server.reports import ClockMap
from media_server.sdp import DEPENDENCY_DESCRIPTOR
from media_server.taps import Taps

CLIMB_US = 2_000_000
"""A higher layer must have run for so long before those who do not choose are moved to it: an uplink at its limit
starts and stops it again and again."""
_SPATIAL_CODECS = ("vp9", "av1")
"""Their streams may have pictures of several sizes inside."""
_LAYERED_CODECS = ("vp8", *_SPATIAL_CODECS)


class Publication:
    """See the module text. `layers` has one entry per encoding that has come, lowest first; a track without packets
    yet has none. `rids` names the simulcast encodings that were negotiated, lowest first: none for a plain track,
    whose one layer has an empty rid."""

    def __init__(
        self,
        info: PublicationInfo,
        plane: DataPlane,
        peer: PeerId,
        *,
        payload_type: int,
        clock_rate_hz: int,
        extensions: Mapping[int, str],
        clock: ClockMap,
        rids: Sequence[str] = (),
    ) -> None:
        self.info = info
        self.peer = peer
        self.payload_type = payload_type
        self.clock_rate_hz = clock_rate_hz
        self.extensions = extensions
        self.dependency_descriptor = next((id for id, uri in extensions.items() if uri == DEPENDENCY_DESCRIPTOR), 0)
        """Id of the extension that tells the layers inside an AV1 stream; 0 = none."""
        self.rids = tuple(rids)
        self.layers: list[Layer] = []
        self.layer: Layer | None = None
        """What inner subscribers get, and every viewer who does not choose."""
        self.running = False
        self.allowed = True
        self._plane = plane
        self._clock = clock
        self._taps = Taps(info, plane, peer, clock_rate_hz, self.timestamp_shift, clock.to_server_us)
        self._dynacast = Dynacast(self.rids)
        self._measuring: dict[int, Callable[[], None]] = {}
        self._ran: list[Layer] = []

    def layer_of(self, rid: str) -> Layer | None:
        """The layer of this encoding; None while nothing of it has come."""
        return next((layer for layer in self.layers if layer.rid == rid), None)

    def inner_layers(self, layer: Layer) -> Sequence[InnerLayer]:
        """What has come of the layers inside the stream of `layer`; empty where the codec has none."""
        return self._plane.inner_layers(self.peer, layer.ssrc) if self.info.codec in _LAYERED_CODECS else ()

    def best(self, now_us: int) -> Layer | None:
        """The highest layer that runs. While none does (the sender holds its camera still, or is gone) the highest of
        those that came last; None before the first packet."""
        # Measured by the newest packet of all, not by the clock: a still screen is silent on every layer.
        newest_us = min(now_us, max((layer.last_us for layer in self.layers), default=0))
        fit = [layer for layer in self.layers if layer.running(newest_us)]
        either = fit or self.layers
        return either[-1] if either else None

    def timestamp_shift(self, old: Layer, new: Layer) -> int | None:
        """The new layer's RTP timestamp minus the old one's for the same instant, modulo 2**32; None until both have
        sent a report."""
        report = old.last_report
        at_us = None if report is None else self._clock.to_server_us(report.ntp)
        rtp = None if at_us is None else new.timestamps.rtp_at(at_us)
        return None if report is None or rtp is None else rtp - report.rtp & 0xFFFFFFFF

    def bind(self, ssrc: int, rid: str = "") -> Layer:
        """Take this SSRC as the layer of `rid`, in place of another if there was one."""
        layer = Layer(rid, ssrc, self.info.kind, self.clock_rate_hz, self._clock)
        former = self.layer_of(rid)
        if former is not None:
            self._release(former)
        self._plane.set_stream(
            self.peer,
            ssrc,
            self.info.codec,
            self.clock_rate_hz,
            dependency_descriptor=self.dependency_descriptor,
        )
        self.layers.append(layer)
        self.layers.sort(key=self._rank)
        if not self.allowed:
            self._plane.mute(self.peer, ssrc, True)
        if self.rids or self.info.codec in _SPATIAL_CODECS:
            self._measure(layer)
        if self.layer is None or self.layer is former:
            self.layer = layer
            self._taps.follow(layer)
        return layer

    def allow(self, allowed: bool) -> bool:
        """Let the track's packets pass, or drop them at the door. Returns whether this is a change. Idempotent."""
        if allowed == self.allowed:
            return False
        self.allowed = allowed
        for layer in self.layers:
            self._plane.mute(self.peer, layer.ssrc, not allowed)
            layer.nack.forget()
        if allowed:
            self.want_keyframe()
        return True

    def start(self, subscribers: list[Subscriber]) -> None:
        """The first packet has come: tell the inner subscribers."""
        self.running = True
        for subscriber in subscribers:
            self.attach(subscriber)

    def want_keyframe(self) -> None:
        """Ask `layer` for a keyframe when it is due. Audio and tracks without packets: nothing. Idempotent."""
        if self.info.kind is Kind.VIDEO and self.layer and self.allowed:
            self.layer.keyframes.want()

    def attach(self, subscriber: Subscriber) -> None:
        """Give this subscriber every packet from now on, beginning with a keyframe soon. Idempotent."""
        if self.running and self.layer is not None:
            self._taps.attach(subscriber, self.layer)

    def detach(self, subscriber: Subscriber) -> None:
        """Idempotent."""
        self._taps.detach(subscriber)

    def leave(self) -> None:
        """Take it from all inner subscribers; viewers have left already. Idempotent."""
        self._taps.end()

    def want_layers(self, who: object, rids: frozenset[str]) -> None:
        """`who` (compared as a key) wants these encodings sent, instead of those it wanted before; none: nothing.
        A plain track is always sent. Idempotent."""
        self._dynacast.want(who, rids)

    def unwant(self, who: object) -> None:
        """`who` wants nothing of the track any more. Idempotent."""
        self._dynacast.unwant(who)

    @property
    def sent_rids(self) -> tuple[str, ...]:
        """The encodings that its publisher was told to send, lowest first."""
        return self._dynacast.sent

    def due_layers(self, now_us: int) -> tuple[str, ...] | None:
        """The encodings its publisher is to be told to send now, None while nothing changes. Never before the track
        has started: a publisher that sends nothing would not exist for anybody."""
        if not self.running or not self.rids:
            return None
        if self._taps:
            top = self.rids[-1]
            best = self.best(now_us)
            # An uplink that does not carry the best encoding may carry the next.
            kept_up = best is not None and best.rid == top
            self._dynacast.want(self._taps, frozenset((top,) if kept_up else self.rids))
        else:
            self._dynacast.unwant(self._taps)
        return self._dynacast.due(now_us)

    def tick(self, now_us: int) -> bool:
        """Move who does not choose to the best layer; whether layers have begun or stopped, or `layer` is another."""
        before = self.layer
        best = self.best(now_us)
        if best is not None and self.layer is not None and best is not self.layer:
            climbs = self.layers.index(best) > self.layers.index(self.layer)
            if not climbs or now_us - best.began_us >= CLIMB_US:
                self.layer = best
                self._taps.follow(best)
        ran, self._ran = self._ran, [layer for layer in self.layers if layer.running(now_us)]
        return self._ran != ran or self.layer is not before

    def reported(self, info: SenderInfo, arrival_us: int) -> None:
        """A sender report of the publisher (the clock map has seen it)."""
        for layer in self.layers:
            if layer.ssrc == info.ssrc:
                layer.last_report = info
                layer.timestamps.reported(info)
                layer.reception.reported(info.ntp, arrival_us)
                self._taps.reported(layer, info, arrival_us)

    def end(self) -> None:
        """Take the track out of the data plane and tell the inner subscribers. Idempotent."""
        self._taps.end()
        for layer in list(self.layers):
            self._release(layer)
        self.layer = None
        self.running = False

    def _rank(self, layer: Layer) -> int:
        return self.rids.index(layer.rid) if self.rids else 0

    def _release(self, layer: Layer) -> None:
        self.layers.remove(layer)
        self._taps.gone(layer)
        self._plane.mute(self.peer, layer.ssrc, False)
        self._end_measuring(layer)

    def _measure(self, layer: Layer) -> None:
        """Listen until a keyframe has told the size of this layer's pictures, and so roughly those of the others."""
        picture = PictureSize(self.info.codec)

        def tapped(packet: TapPacket) -> None:
            size = picture.push(packet.rtp)
            if size is None:
                return
            layer.size, layer.measured = size, True
            self._guess_sizes(layer, size)
            self._end_measuring(layer)

        self._measuring[layer.ssrc] = self._plane.add_tap(self.peer, layer.ssrc, tapped)

    def _guess_sizes(self, known: Layer, size: tuple[int, int]) -> None:
        for layer in self.layers:
            if not layer.measured:
                scale = 2.0 ** (self._rank(layer) - self._rank(known))
                layer.size = (max(1, int(size[0] * scale)), max(1, int(size[1] * scale)))

    def _end_measuring(self, layer: Layer) -> None:
        end = self._measuring.pop(layer.ssrc, None)
        if end is not None:
            end()
