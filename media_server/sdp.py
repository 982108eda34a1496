"""SDP as the media server speaks it (RFC 8866, 8829): the words that reading and answering share. Pure.

`sdp_parse.parse_offer` gives an `Offer` of frozen `OfferedMedia`; `sdp_answer.choose_codec` says what we take of
an m-line; `sdp_answer.build_answer` writes the answer: BUNDLE, rtcp-mux, ICE-lite, DTLS passive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
TOFFSET = "urn:ietf:params:rtp-hdrext:toffset"
VIDEO_ORIENTATION = "urn:3gpp:video-orientation"
ABS_CAPTURE_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
DEPENDENCY_DESCRIPTOR = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"

SUPPORTED_EXTENSIONS = (
    MID,
    RID,
    REPAIRED_RID,
    AUDIO_LEVEL,
    ABS_SEND_TIME,
    TRANSPORT_CC,
    TOFFSET,
    VIDEO_ORIENTATION,
    ABS_CAPTURE_TIME,
    PLAYOUT_DELAY,
    DEPENDENCY_DESCRIPTOR,
)
FORWARDED_EXTENSIONS = frozenset(
    {AUDIO_LEVEL, VIDEO_ORIENTATION, ABS_CAPTURE_TIME, PLAYOUT_DELAY, DEPENDENCY_DESCRIPTOR}
)
"""What may pass a route as it is. mid, rid, abs-send-time, transport-cc and toffset belong to one hop: never map
them."""

PREFERRED_AUDIO = ("opus",)
PREFERRED_VIDEO = ("h264", "vp8", "vp9", "av1")


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """One side's ICE user name fragment and password (RFC 8839 5.4)."""

    ufrag: str
    pwd: str


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A DTLS certificate's digest (RFC 8122): lower-case algorithm, upper-case colon-separated hex."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type of an m-line."""

    payload_type: int
    name: str
    """Lower-case encoding name: opus, h264, vp8, vp9, av1, rtx, red, ulpfec…"""
    clock_rate_hz: int
    channels: int = 1
    fmtp: str = ""
    """Format parameters as offered."""
    feedback: tuple[str, ...] = ()
    """rtcp-fb values that apply, including those of the wildcard: `nack`, `nack pli`, `ccm fir`, `transport-cc`…"""

    @property
    def parameters(self) -> dict[str, str]:
        """`fmtp` split at `;`, keys lower-case; a part without `=` maps to the empty string."""
        pairs = (part.strip().partition("=") for part in self.fmtp.split(";") if part.strip())
        return {key.strip().lower(): value.strip() for key, _, value in pairs}


@dataclass(frozen=True, slots=True)
class OfferedMedia:
    """One m-line of an offer."""

    mid: str
    kind: str
    """audio, video, application or whatever the client wrote."""
    protocol: str
    port: int
    """0 = the client has stopped or rejected this m-line."""
    direction: str
    """sendrecv, sendonly, recvonly or inactive, from the client's side."""
    codecs: tuple[Codec, ...] = ()
    extensions: Mapping[int, str] = field(default_factory=dict)
    """Header-extension id -> URI."""
    ssrcs: tuple[int, ...] = ()
    """In order of appearance; empty for clients that signal by mid or rid only."""
    rtx_of: Mapping[int, int] = field(default_factory=dict)
    """RTX SSRC -> media SSRC, from `a=ssrc-group:FID`."""
    cname: str | None = None
    msid: tuple[str, str] | None = None
    """Stream and track id."""
    rids: tuple[str, ...] = ()
    """Encodings the client would send at once (RFC 8853), in the order of `a=simulcast`; empty without simulcast."""
    ice: IceCredentials | None = None
    """Own or inherited from the session; None where neither gives one."""
    fingerprints: tuple[Fingerprint, ...] = ()
    setup: str = "actpass"
    rtcp_mux: bool = False
    formats: tuple[str, ...] = ()
    """The m-line's format list as written (a rejected m-line repeats it)."""

    @property
    def sends(self) -> bool:
        """The client would send here."""
        return self.port != 0 and self.direction in ("sendonly", "sendrecv")

    @property
    def receives(self) -> bool:
        """The client would receive here."""
        return self.port != 0 and self.direction in ("recvonly", "sendrecv")


@dataclass(frozen=True, slots=True)
class Offer:
    """A client's whole offer. `ice`, `fingerprints` are those of the bundled transport."""

    session_id: str
    version: int
    bundle: tuple[str, ...]
    media: tuple[OfferedMedia, ...]
    ice: IceCredentials
    fingerprints: tuple[Fingerprint, ...]
    ice_options: tuple[str, ...] = ()
    mixed_extensions: bool = False
    """`a=extmap-allow-mixed` (RFC 8285 6): header extensions of either form in one stream. Chromium sends the
    structure of an AV1 dependency descriptor, over 16 bytes long, only if the answer allows it too."""


@dataclass(frozen=True, slots=True)
class ChosenCodec:
    """What we accept of an m-line: one media codec, its RTX, the header extensions we know (id -> URI) and the
    simulcast encodings by rid, lowest first (none: one stream)."""

    codec: Codec
    rtx_payload_type: int | None
    extensions: Mapping[int, str]
    rids: tuple[str, ...] = ()
    mixed_extensions: bool = False
    """See `Offer`; else everything that we send has one-byte header extensions."""


@dataclass(frozen=True, slots=True)
class OutgoingTrack:
    """What we send on a sendonly m-line."""

    stream: str
    """msid stream id: tracks of one stream are played in sync (a participant)."""
    track: str
    """msid track id: the publication."""
    cname: str
    ssrc: int
    rtx_ssrc: int | None = None


@dataclass(frozen=True, slots=True)
class AnsweredMedia:
    """Our decision on one m-line. `chosen` None = rejected (port 0). `sending` set = sendonly, else recvonly.

    `active` False keeps the m-line with direction inactive (a track that is gone but may come back).
    """

    mid: str
    chosen: ChosenCodec | None = None
    sending: OutgoingTrack | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Local:
    """Our side's constants of one peer connection."""

    ice: IceCredentials
    fingerprints: tuple[Fingerprint, ...]
    candidates: tuple[tuple[str, int], ...]
    """Announced host addresses (IPv4 and IPv6) with the media port, best first."""
    session_id: str
    version: int
    """Grows by one with every answer of this connection."""
    tcp_candidates: tuple[tuple[str, int], ...] = ()
    """The same hosts with the ICE-TCP port (RFC 6544), for networks without UDP."""
