"""Faces of the media server towards its neighbours: what the rooms above call and what they are told.

`sfu.Sfu` implements `MediaServer`; `room.Room` implements `MediaRoom`. Signaling and the program see these
names only; the recorder, taps and broadcaster are `Subscriber`s of a room like any viewer.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Kind(enum.StrEnum):
    """Medium of a track."""

    AUDIO = "audio"
    VIDEO = "video"


class Source(enum.StrEnum):
    """Where a track comes from, as its publisher says."""

    MICROPHONE = "microphone"
    CAMERA = "camera"
    SCREEN = "screen"
    SCREEN_AUDIO = "screen_audio"
    ROOM = "room"
    """A second camera that shows the whole room (kiosk, courtroom)."""


class Direction(enum.StrEnum):
    """A peer connection carries media one way: the client sends (WHIP) or receives (WHEP)."""

    SEND = "send"
    RECEIVE = "receive"


class LossReason(enum.StrEnum):
    """Why a peer connection ended."""

    CLOSED = "closed"
    """The client or the server closed it in order."""
    CONSENT = "consent"
    """No authenticated STUN check for the consent time: network gone (involuntary)."""
    DTLS = "dtls"
    """The handshake failed or its certificate did not match the SDP."""


@dataclass(frozen=True, slots=True)
class PublicationInfo:
    """A sender's track that others may receive."""

    id: str
    participant: str
    kind: Kind
    source: Source
    codec: str
    """Lower-case: opus, h264, vp8, vp9, av1."""


@dataclass(frozen=True, slots=True)
class View:
    """How a viewer's page shows a video track now."""

    width: int
    """Of the tile, in device pixels; with `height` 0 while not on the screen: no video is sent."""
    height: int


class Held(enum.StrEnum):
    """Why a viewer does not get a track's packets now."""

    CONGESTION = "congestion"
    """The viewer's network cannot carry it beside what comes first."""
    LOAD = "load"
    """The server sheds load."""
    HIDDEN = "hidden"
    """The viewer's page does not show it."""
    RULES = "rules"
    """The viewer may not receive it now."""


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """What a viewer gets of one publication. `layer` is the rid of the encoding, empty without simulcast."""

    publication_id: str
    held: Held | None
    layer: str
    wanted_layer: str
    """What the tile's size asks for: `layer` below it means that network or load do not allow more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Our side of a negotiation. `etag` changes with every ICE restart (RFC 9725 4.3.1)."""

    sdp: str
    etag: str
    tracks: Mapping[str, str]
    """mid -> publication id, for m-lines that carry something; a refused m-line is absent and has port 0."""


@dataclass(frozen=True, slots=True)
class PeerStats:
    """Network figures of one participant over the last second or so, per direction, for the network lamp."""

    rtt_ms: float | None
    loss_up: float
    loss_down: float
    bitrate_up_bps: int
    bitrate_down_bps: int
    estimate_up_bps: int | None


class RoomListener(Protocol):
    """What a room tells its owner. Called on the event loop; must not block nor raise."""

    def publication_added(self, publication: PublicationInfo) -> None:
        """First packet of a new track has arrived and authenticated."""

    def publication_removed(self, publication: PublicationInfo) -> None:
        """The track has ended."""

    def speakers_changed(self, participants: Sequence[str]) -> None:
        """Who speaks now, the loudest first (RFC 6464 levels, at most three)."""

    def layers_wanted(self, publication: PublicationInfo, rids: Sequence[str]) -> None:
        """The publisher should send these of its simulcast encodings and pause the others (none: nobody watches)."""

    def delivery_changed(self, viewer: str, resource: str, states: Sequence[DeliveryState]) -> None:
        """What a viewer's connection gets has changed; every video track of the connection is listed."""

    def peer_connected(self, participant: str, direction: Direction) -> None:
        """ICE and DTLS are up (told again after a restart only if the peer had been lost)."""

    def peer_lost(self, participant: str, direction: Direction, reason: LossReason) -> None:
        """The connection is gone."""


@dataclass(frozen=True, slots=True)
class SenderReport:
    """A publisher's RTCP sender report with the server's time of arrival (CLOCK_MONOTONIC)."""

    ssrc: int
    ntp: int
    """64-bit NTP timestamp of the publisher's clock."""
    rtp: int
    arrival_us: int


class Subscriber(Protocol):
    """Someone inside the server who receives decrypted tracks of a room: recorder, transcriber, broadcaster.

    Of simulcast it gets the best encoding that runs, as one stream with the SSRC it was told: at a keyframe the size
    of the picture changes, sequence numbers go on and timestamps stay on one clock.
    """

    def track_started(self, publication: PublicationInfo, ssrc: int, clock_rate_hz: int) -> None:
        """A track may now send packets. Told at once for tracks that already run when it subscribes."""

    def track_packet(self, publication_id: str, arrival_us: int, rtp: bytes) -> None:
        """One RTP packet, in order of arrival (so possibly reordered), duplicates removed. RTX is unwrapped."""

    def track_report(self, publication_id: str, report: SenderReport) -> None:
        """A sender report of the track."""

    def track_ended(self, publication_id: str) -> None:
        """Nothing more will come for this track."""


class SoundListener(Protocol):
    """Who hears what is recorded: every frame of sound exactly as it is given to a track file. Called on the
    recorder's thread; must return at once and not raise."""

    def sound(self, track: str, participant: str, at_ms: int, opus: bytes) -> None:
        """A frame that sounds from `at_ms` of the session on; within a track times increase."""

    def sound_ended(self, track: str, until_ms: int) -> None:
        """No more will come for this track; all of it, sound or not, lies before `until_ms`."""


class MediaRoom(Protocol):
    """One session's media. Participants are the ids of `hearing`; rules come from outside as predicates."""

    async def answer(
        self,
        participant: str,
        direction: Direction,
        offer: str,
        tracks: Mapping[str, str],
        *,
        resource: str = "page",
    ) -> Answer:
        """Answer a client's offer: the first one, a renegotiation or an ICE restart.

        `tracks` maps mid -> source name (SEND) or mid -> publication id (RECEIVE); an unknown or forbidden
        publication gets a rejected m-line. `resource` tells several connections of one participant and
        direction apart (WHEP resources); the same resource is renegotiated. Raises `hearing.errors.UserError`
        (`sdp-invalid`, `sdp-unsupported`, `media-forbidden`, `media-full`).
        """

    def holds(self, participant: str, direction: Direction, *, resource: str) -> bool:
        """Whether this connection was made and has not ended."""

    async def close_peer(self, participant: str, direction: Direction, *, resource: str = "page") -> None:
        """Close in order. Idempotent."""

    async def remove(self, participant: str) -> None:
        """Close everything of this participant. Idempotent."""

    def publications(self, viewer: str | None = None) -> Sequence[PublicationInfo]:
        """All running tracks, or those that `viewer` may receive now."""

    def set_rules(
        self, may_publish: Callable[[str, Kind], bool], may_receive: Callable[[str, str, Kind], bool]
    ) -> None:
        """Rules by participant id (viewer, sender); enforced on every packet path. See `refresh`."""

    def refresh(self) -> None:
        """Apply the rules anew to everything that runs: called after every change of the session's state.
        Media that is no longer allowed stops before this returns. Idempotent."""

    def hand_over(self, participant: str, other: MediaRoom) -> None:
        """Let this participant's sending connections go on in `other`, as they run: nothing is negotiated anew,
        publications keep their ids, inner subscribers here lose them and those of `other` get what its rules allow.
        Receiving connections stay. Raises ValueError unless `other` was opened beside this room. Idempotent."""

    def attach(self, subscriber: Subscriber) -> Callable[[], None]:
        """Let an inner subscriber receive every allowed publication; returns a function that detaches it."""

    def set_view(self, viewer: str, publication_id: str, view: View, *, resource: str = "page") -> None:
        """How large the viewer's page shows this track; at first a track is taken as shown large. Unknown ids are
        ignored: pages speak of tracks that have just ended. Idempotent."""

    def set_floor(self, participants: Sequence[str]) -> None:
        """Whose video comes first where a network cannot carry all, best first (who has the floor, then the judge);
        who speaks follows by itself. Idempotent."""

    def request_keyframe(self, publication_id: str) -> None:
        """Ask the publisher for a keyframe, throttled. Unknown ids are ignored."""

    def level_dbov(self, participant: str) -> int | None:
        """Newest level of the microphone (RFC 6464), -127 (silence) to 0; None while none is told."""

    def stats(self, participant: str) -> PeerStats | None:
        """Figures for the network lamp; None while no connection is up."""

    async def close(self) -> None:
        """Close every connection. Idempotent."""


class Shedding(enum.IntEnum):
    """What a busy node gives up, each level with all before it. Recording, audio and the log are never given up."""

    NONE = 0
    FEWER_TILES = 1
    """Viewers get the video of who has the floor and who speaks, and a few more."""
    LOW_LAYERS = 2
    """... and of simulcast only the lowest layer, but for who has the floor."""
    NO_JOINS = 3
    """... and new connections are refused (`media-busy`)."""


@dataclass(frozen=True, slots=True)
class Load:
    """`stress` is load over limit: 1.0 is as much as this node should carry (Jitsi's word)."""

    stress: float
    shedding: Shedding
    cpu: float
    """Cores in use by this process."""
    loop_lag_ms: float
    """By how much the event loop was late lately, 95th percentile."""
    packets_per_s: int
    """Forwarded."""


class MediaServer(Protocol):
    """The folder's face."""

    async def start(self) -> None:
        """Bind the media port. Raises OSError naming the port when it is taken."""

    async def close(self) -> None:
        """Close all rooms and the port. Idempotent."""

    def open_room(self, session: str, listener: RoomListener, *, beside: str | None = None) -> MediaRoom:
        """The room of a session, made at first call; KeyError when one with another listener exists, or none is open
        under the name `beside`, on whose data plane the new one is to stand."""

    async def close_room(self, session: str) -> None:
        """Close and forget the room. Idempotent."""

    def ice_servers(self, participant: str) -> Sequence[Mapping[str, object]]:
        """RTCIceServer-shaped entries for this participant's page (empty: host candidates are enough). TURN
        credentials are made per participant and expire."""

    def load(self) -> Load:
        """How busy this node is."""
