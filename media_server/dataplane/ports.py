"""The data plane's verbs: everything that touches a media packet sits behind this port.

A data plane owns one UDP socket. It sorts datagrams (RFC 7983), decrypts SRTP once, rewrites SSRC, sequence
number, timestamp, payload type and header extensions per route, encrypts per subscriber and sends. STUN, DTLS,
RTCP and facts about received packets go *up* through `Upcalls`; policy comes *down* through `DataPlane`.

`plain.py` is the pure-Python implementation and the reference; `native/` is the compiled one. Both pass one contract
suite (`tests/contracts/dataplane.py`) and a differential test. No method here blocks and none raises for a peer's
bad input.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NewType, Protocol

import msgspec

Address = tuple[str, int]
"""Host and port as the kernel prints them (IPv6 without scope). A dual-stack socket unmaps ::ffff:a.b.c.d."""

PeerId = NewType("PeerId", int)
RouteId = NewType("RouteId", int)


LOSSY = 0.1
"""A path that loses so much more than it does at any rate is congested even while its delay does not grow: its queue
is full (GCC's threshold; less may be a bad radio)."""


class SrtpProfile(enum.Enum):
    """SRTP protection profiles we negotiate, best first (RFC 7714, RFC 5764)."""

    AEAD_AES_128_GCM = "AEAD_AES_128_GCM"
    AES_CM_128_HMAC_SHA1_80 = "AES_CM_128_HMAC_SHA1_80"


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Master keys and salts of one DTLS association, as bytes; rx is what the peer encrypts with."""

    profile: SrtpProfile
    rx_key: bytes
    rx_salt: bytes
    tx_key: bytes
    tx_salt: bytes


@dataclass(frozen=True, slots=True)
class Route:
    """What one subscription does to the packets of one incoming stream.

    The data plane keeps the running offsets: after `switch_route` sequence numbers and timestamps go on
    without a jump. `payload_types` maps incoming to outgoing types; a packet of any other type is dropped.
    `extensions` maps incoming to outgoing header-extension ids; unlisted extensions are removed.
    `rtx_ssrc`/`rtx_payload_types` (outgoing media type -> RTX type) are for answers to NACK (RFC 4588); without
    them a lost packet is repeated as it was, or not at all to a peer with `HopExtensions`: those are new each time,
    and AES-GCM must not seal one index with two headers.
    """

    in_peer: PeerId
    in_ssrc: int
    out_peer: PeerId
    out_ssrc: int
    clock_rate_hz: int
    payload_types: Mapping[int, int]
    extensions: Mapping[int, int] = field(default_factory=dict)
    rtx_ssrc: int | None = None
    rtx_payload_types: Mapping[int, int] = field(default_factory=dict)
    keyframe_first: bool = False
    """Hold packets back until `is_keyframe` says yes for one (video: a viewer gets no undecodable start)."""
    codec: str = "opus"
    """Lower-case codec name: opus, h264, vp8, vp9, av1; the data plane needs it to find keyframes.

    VP8: PictureID, TL0PICIDX and KEYIDX are rewritten, so that they go on without a jump after a switch (RFC 7741).
    """
    dependency_descriptor: int = 0
    """Incoming extension id of the AV1 dependency descriptor, which tells the layers; 0 = none."""
    one_byte_extensions: bool = False
    """The subscriber takes one-byte header extensions only (RFC 8285 4.2): mapped elements that do not fit this form
    (an id over 14, no byte or over 16 of them) are left out."""


@dataclass(frozen=True, slots=True)
class RouteStats:
    """Counters of one route since it was added; the last sent RTP timestamp with the time it was sent."""

    packets: int
    payload_bytes: int
    retransmitted: int
    timestamp_offset: int
    """Outgoing minus incoming RTP timestamp, modulo 2**32: what a sender report must be moved by."""
    sequence_offset: int
    in_ssrc: int
    """The stream that packets are taken from now: after `switch_route` the old one until the switch happens."""
    queued: int
    """Packets of this route that wait for the pace."""
    spatial: int
    """Highest spatial layer that may go out now: less than `limit_layers` asked for until a keyframe comes."""


@dataclass(frozen=True, slots=True)
class InnerLayer:
    """One layer inside a stream (VP8 temporal; VP9 and AV1 spatial and temporal), and what of it has come so far."""

    spatial: int
    temporal: int
    payload_bytes: int


@dataclass(frozen=True, slots=True)
class HopExtensions:
    """Header extensions that belong to one hop and are written anew on every packet to a peer; 0 = not negotiated."""

    transport_cc: int = 0
    """Transport-wide number (draft-holmer-rmcat-transport-wide-cc-extensions-01), over all routes and RTX."""
    abs_send_time: int = 0


@dataclass(frozen=True, slots=True)
class BandwidthLimits:
    """Where the estimate of a peer's downlink begins and what it stays between, bits per second."""

    start_bps: int = 1_000_000
    least_bps: int = 50_000
    most_bps: int = 20_000_000


@dataclass(frozen=True, slots=True)
class Bandwidth:
    """What transport-cc feedback says of the path to a peer (`congestion.py` has the estimator and its papers)."""

    estimate_bps: int
    """The smaller of the delay-based and the loss-based estimate; `start_bps` before any feedback."""
    acknowledged_bps: int
    """What arrived there in the last half second or so."""
    loss: float
    """Share lost of what the last second's feedback told of, 0 to 1."""
    inherent_loss: float
    """Share that the path loses at any rate (a bad radio), as far as it is known."""
    overusing: bool
    """Queues grow: send less now."""
    jammed: bool
    """A long queue stands on the way and what is sent now waits in it: stop video until it is gone."""
    probed_bps: int
    """Result of the newest finished `probe`, 0 before one."""
    feedback_us: int
    """Arrival of the newest feedback (CLOCK_MONOTONIC, microseconds); 0 = none ever."""
    round_trip_us: int
    """From sending to hearing of it, the least of the last seconds; 0 = unknown."""

    @property
    def lossy(self) -> bool:
        """Whether it loses more than a bad radio would explain (`LOSSY`)."""
        return self.loss > self.inherent_loss + LOSSY


class Received(msgspec.Struct, frozen=True, gc=False):
    """One RTP packet that arrived and authenticated, told upward in batches.

    An RTX packet is told twice: as it came on its RTX SSRC (with its extensions), then, if the original was
    missing, as the recovered packet on the media SSRC (without extensions: transport-cc counts once). A msgspec
    struct, because one is made per packet and costs a tenth of a dataclass.
    """

    peer: PeerId
    ssrc: int
    payload_type: int
    sequence: int
    timestamp: int
    marker: bool
    arrival_us: int
    """Microseconds on the server's monotonic clock (CLOCK_MONOTONIC)."""
    size_bytes: int
    """Whole RTP packet after decryption."""
    extensions: Mapping[int, bytes]
    """Header-extension elements by id (RFC 8285), as received."""
    keyframe: bool


@dataclass(frozen=True, slots=True)
class TapPacket:
    """A decrypted RTP packet for a tap (recorder, transcriber): bytes as sent by the publisher, RTX unwrapped."""

    arrival_us: int
    rtp: bytes


TapSink = Callable[[TapPacket], None]


class Upcalls(Protocol):
    """What the data plane tells the control plane. Called on the event loop; must not block nor raise."""

    def on_stun(self, data: bytes, source: Address) -> None:
        """A STUN datagram (first byte 0..3) from anybody, unless `answer_checks` took it."""

    def on_consent(self, peer: PeerId, transaction: bytes, source: Address) -> None:
        """A check that `answer_checks` took, in order with the others; may be told as late as `on_received`. Its
        transaction may be one that was told before: then it renews nothing."""

    def on_dtls(self, peer: PeerId, data: bytes) -> None:
        """A DTLS record (first byte 20..63) from an address bound to `peer`."""

    def on_rtcp(self, peer: PeerId, data: bytes, arrival_us: int) -> None:
        """A decrypted, authenticated compound RTCP packet. Transport-cc feedback (PT 205, FMT 15) is the data plane's
        own and left out; a packet of nothing else is not told. One of nothing but receiver reports (and source
        descriptions) may be told as late as `on_received`."""

    def on_received(self, batch: Sequence[Received]) -> None:
        """RTP that arrived since the last wake-up, in order of arrival, including SSRCs with no route."""


@dataclass(frozen=True, slots=True)
class PlaneStats:
    """Totals since start. `dropped_unbound`: from addresses no peer is bound to. `send_blocked`: socket full.

    `paced_out`: dropped because a peer's pacing queue was full. `taps_lost`: packets that a tap should have had and
    did not (the event loop did not empty the ring): the recorder's sequence numbers show the same gap. `told_lost`:
    `Received` that were not told for the same reason. `busy_us`: CPU time of the forwarding thread, 0 where the event
    loop forwards.
    """

    received: int
    forwarded: int
    dropped_unbound: int
    dropped_auth: int
    dropped_malformed: int
    send_blocked: int
    paced_out: int
    taps_lost: int
    told_lost: int
    busy_us: int


class DataPlane(Protocol):
    """See the module text. All methods are to be called on the event loop that `start` ran on."""

    name: str

    async def start(self, host: str, port: int, upcalls: Upcalls) -> Address:
        """Bind (port 0 = any; "::" = dual stack) and begin; returns the bound address. OSError if it cannot."""

    async def close(self) -> None:
        """Stop and release the socket. Idempotent."""

    def add_peer(self, peer: PeerId) -> None:
        """Make `peer` known: no address, no keys yet."""

    def remove_peer(self, peer: PeerId) -> None:
        """Forget the peer, its addresses, keys, routes in and out, and taps. Idempotent."""

    def bind_address(self, peer: PeerId, source: Address) -> None:
        """Accept datagrams of `peer` from `source` (after an authenticated STUN check). An address bound to
        another peer moves here. At most 8 addresses a peer: the oldest not in use goes."""

    def send_to_address(self, peer: PeerId, target: Address | None) -> None:
        """Send to this (bound) address from now on (after USE-CANDIDATE). None stops sending (consent is gone):
        routes to the peer hold and keep their numbers until there is an address again."""

    def answer_checks(self, peer: PeerId, ufrag: str | None, password: str = "") -> None:
        """Answer the peer's consent checks (RFC 7675) from now on without asking first: authentic Binding requests
        for our `ufrag` that come from the address we send to. None ends it (an ICE restart). ValueError when one is
        empty or longer than 64 bytes; KeyError when the peer is unknown."""

    def set_keys(self, peer: PeerId, keys: SrtpKeys) -> None:
        """Start SRTP with these keys. Called once per DTLS association; replay windows start afresh."""

    def add_route(self, route: Route) -> RouteId:
        """Forward from now on. KeyError when a peer is unknown, ValueError when `out_peer` already gets the
        outgoing SSRC (or its RTX) from another route."""

    def switch_route(
        self, route: RouteId, in_ssrc: int, *, timestamp_shift: int | None = None, stop: bool = False
    ) -> None:
        """Take packets from another SSRC of the same peer at its next keyframe, without a jump in numbers.

        `timestamp_shift`: the new stream's RTP timestamp minus the old one's for the same instant (from sender
        reports), so that the picture does not slip against the sound; None: by time of arrival. Timestamps
        never go backwards. Until the switch the old stream goes on, or with `stop` ends now; a second call
        replaces the first; the present stream's SSRC calls a pending switch off. What of a stream that is
        left waits for the pace does not leave any more; what was sent of a stopped one is not repeated."""

    def replay(self, route: RouteId) -> bool:
        """Begin a route that has sent nothing yet with the packet cache: from the last keyframe to now.

        False, and nothing changes, when there is no keyframe in the cache, when a packet since is missing, when it
        is older than 2 s or larger than 600 000 bytes altogether, or when the queue of the peer's pace would not take
        it: then ask the publisher for a keyframe."""

    def limit_layers(self, route: RouteId, spatial: int, temporal: int) -> None:
        """Forward of a stream with layers inside (VP8 temporal; VP9 and AV1 spatial and temporal) only these and
        lower ones, leaving no gap in numbers. More takes effect where a decoder can follow (temporal: a switching
        point; spatial: a keyframe), less at the next picture. Streams that do not say their layers pass whole."""

    def pause_route(self, route: RouteId, paused: bool) -> None:
        """A paused route drops packets and leaves no gap in outgoing sequence numbers. Idempotent."""

    def remove_route(self, route: RouteId) -> None:
        """Stop forwarding. Idempotent."""

    def route_stats(self, route: RouteId) -> RouteStats:
        """Counters now. KeyError when the route is gone."""

    def retransmit(self, route: RouteId, sequences: Sequence[int]) -> int:
        """Answer a NACK from the packet cache: *outgoing* sequence numbers; returns how many were found.

        The cache holds the last 500 video or 200 audio packets of the incoming stream; one packet is
        repeated at most once in 20 ms, or in three quarters of the peer's round trip where that is known (of 200 ms
        at most): what is asked for again before then is still on its way."""

    def set_rtx(self, peer: PeerId, rtx_ssrc: int, media_ssrc: int, payload_types: Mapping[int, int]) -> None:
        """Unwrap the publisher's RTX stream (RFC 4588): RTX type -> media type; recovered packets are treated
        as if they had come on `media_ssrc`."""

    def add_tap(self, peer: PeerId, ssrc: int, sink: TapSink) -> Callable[[], None]:
        """Give `sink` every packet of the stream, in order of arrival; returns a function that ends it."""

    def set_stream(
        self, peer: PeerId, ssrc: int, codec: str, clock_rate_hz: int, *, dependency_descriptor: int = 0
    ) -> None:
        """Say what an incoming stream carries: from now on its keyframes are found, its packets cached and its layers
        counted, with or without routes. `add_route` implies it. `dependency_descriptor`: see `Route`; 0 changes
        nothing. Idempotent; another codec empties the cache and the counts."""

    def inner_layers(self, peer: PeerId, ssrc: int) -> Sequence[InnerLayer]:
        """What has come of each layer inside this stream since it was named, repairs included, lowest spatial layer
        first; empty while it does not say its layers or is not known. KeyError when the peer is unknown."""

    def mute(self, peer: PeerId, ssrc: int, muted: bool) -> None:
        """Forward nothing of this incoming stream to any route or tap while muted. Idempotent."""

    def hush(self, peer: PeerId, ssrc: int, hushed: bool) -> None:
        """Forward nothing of this incoming stream to any route while hushed; taps go on. Idempotent."""

    def set_hop(self, peer: PeerId, hop: HopExtensions) -> None:
        """What to write on every RTP packet to this peer. With transport-cc its feedback is read and `bandwidth`
        speaks; without, nothing is numbered. Idempotent."""

    def limit_bandwidth(self, peer: PeerId, limits: BandwidthLimits) -> None:
        """Bounds of the peer's estimate; takes effect at once. Before it the defaults hold."""

    def bandwidth(self, peer: PeerId) -> Bandwidth:
        """What is known of the path to the peer now. KeyError when the peer is unknown."""

    def strained(self, watched: Mapping[PeerId, int]) -> Sequence[PeerId]:
        """Those of these peers whose path may carry less than so many bits per second: the estimate is lower, queues
        grow, or `LOSSY` more is lost than at any rate. One question for all, so that nobody need ask for each;
        unknown peers and those without transport-cc are left out."""

    def pace(self, peer: PeerId, rate_bps: int | None) -> None:
        """Send to this peer at most so fast, in steps of 5 ms; None (at first): at once. Audio never waits; video and
        repeats wait in a queue of at most 1 s at this rate and 1000 packets, repeats in front, then the newest are
        dropped and counted. Transport-cc numbers and send times are given when a packet leaves. Nor does what
        waits leave while more is under way than the path takes in a round trip, as feedback tells: a queue there
        would delay the audio."""

    def probe(self, peer: PeerId, rate_bps: int, duration_ms: int) -> bool:
        """Send at this rate for so long, filling up with repeats over RTX (RFC 4588), to see whether the path carries
        it. False when nothing can: no transport-cc, no live route with RTX and a cached packet, or a probe under way.
        The result comes in `Bandwidth.probed_bps` and lifts the estimate."""

    def send_rtcp(self, peer: PeerId, data: bytes) -> None:
        """Encrypt and send a compound RTCP packet; dropped while the peer has no keys or address."""

    def report_arrivals(self, peer: PeerId, ssrc: int, transport_cc: int) -> None:
        """Tell the peer, under our `ssrc`, when its RTP packets arrived, by the transport-wide number each has in
        the header extension of this id (draft-holmer-rmcat-transport-wide-cc-extensions-01): each 50 ms or so while
        they come. What came after a later number was told is told with everything since. 0: note no more of them.
        Idempotent. KeyError when the peer is unknown."""

    def send_raw(self, data: bytes, target: Address) -> None:
        """Send as it is (STUN answers, DTLS records)."""

    def stats(self) -> PlaneStats:
        """Totals now."""
