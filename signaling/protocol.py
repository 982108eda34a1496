"""THE message catalogue of `wss://.../ws`: two tagged unions of msgspec structs, one per direction.

The TypeScript types of the pages are generated from this file (`yunting protocol-doc --typescript`) and a test
keeps them equal; `docs/protocol.md` explains the conversation. Every frame is one JSON object in a text frame,
at most `MAX_FRAME_BYTES`. Unknown fields and wrong types are refused with `error` and named; the connection
is closed only for what `hearing.errors.ProtocolError` names.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from hearing.commands import AnyCommand
from hearing.events import AnyEvent, Head
from hearing.exhibit_commands import ExhibitCommand
from hearing.line_commands import LineCommand
from hearing.roles import Right
from hearing.seal_commands import ClosedCommand
from signaling.gate.messages import FromGate, ToGate
from signaling.message import Message as Message
from signaling.message import RequestId
from signaling.minutes.line_messages import FromMinutes, ToMinutes
from signaling.minutes.review_messages import FromReview
from signaling.view_messages import Clock as Clock
from signaling.view_messages import HearingView as HearingView
from signaling.view_messages import PersonView as PersonView

MAX_FRAME_BYTES = 300_000
PROTOCOL_VERSION = 1
MAX_TILES = 256
"""Video tracks of one page."""

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""What every language's JSON carries exactly."""
Pixels = Annotated[int, msgspec.Meta(ge=0, le=16_384)]


# --- from the page ------------------------------------------------------------------------------------------


class Hello(Message, frozen=True, kw_only=True, tag="hello"):
    """First frame. Either a single-use `ticket`, or `credential` with the last `seq` seen, to resume."""

    version: Count
    ticket: str | None = None
    credential: str | None = None
    last_seq: Count = 0
    language: Literal["zh-CN", "en"] = "zh-CN"


class Ping(Message, frozen=True, kw_only=True, tag="ping"):
    """Heartbeat every `ping_interval_ms`; `sent_ms` is the page's own clock and comes back in `pong`."""

    sent_ms: Count


PageCommand = AnyCommand | LineCommand | ExhibitCommand | ClosedCommand


class Do(Message, frozen=True, kw_only=True, tag="do"):
    """A command. Answered by `done` or `error` with the same `re`. A repeated `re` is answered as the first."""

    re: RequestId
    command: PageCommand


class Offer(Message, frozen=True, kw_only=True, tag="offer"):
    """Our page always offers. `tracks`: mid -> source (send) or mid -> publication id (receive)."""

    re: RequestId
    direction: Literal["send", "receive"]
    sdp: str
    tracks: dict[str, str]


class CloseMedia(Message, frozen=True, kw_only=True, tag="close_media"):
    re: RequestId
    direction: Literal["send", "receive"]


class Kit(Message, frozen=True, kw_only=True, tag="kit"):
    """Result of the device check (see `hearing.events.KitChecked`)."""

    re: RequestId
    camera: bool
    microphone: bool
    speaker: bool
    rtt_ms: Count
    loss_permille: Count
    uplink_kbps: Count
    user_agent: str = ""


class NetworkReport(Message, frozen=True, kw_only=True, tag="network_report"):
    """The page's own figures every few seconds, for the lamp on the judge's console."""

    rtt_ms: Count
    loss_up_permille: Count
    loss_down_permille: Count
    kbps_up: Count
    kbps_down: Count
    freezes: Count = 0
    audio_only: bool = False
    hidden: bool = False
    """The page is in the background: a phone's camera stops there."""


class Tile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How large the page shows a video track, in device pixels; 0 by 0 while it is not on the screen."""

    publication: Annotated[str, msgspec.Meta(max_length=100)]
    width: Pixels
    height: Pixels


class Views(Message, frozen=True, kw_only=True, tag="views"):
    """The video tracks that the page receives, as it shows them now. One not named stays as it was; unknown ids are
    ignored. Not answered."""

    views: Annotated[tuple[Tile, ...], msgspec.Meta(max_length=MAX_TILES)]


FromPage = Hello | Ping | Do | Offer | CloseMedia | Kit | NetworkReport | Views | ToGate | ToMinutes


# --- from the server ----------------------------------------------------------------------------------------


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """A track that this page may receive now."""

    id: str
    participant: str
    kind: Literal["audio", "video"]
    source: str
    codec: str


class IceServer(msgspec.Struct, frozen=True, kw_only=True):
    urls: tuple[str, ...]
    username: str = ""
    credential: str = ""


class Welcome(Message, frozen=True, kw_only=True, tag="welcome"):
    """Answer to `hello`. After a resume the missed `update`s follow in order."""

    participant: str
    rights: tuple[Right, ...]
    credential: str
    """For resuming this connection, nothing else; bound to the participant and revocable."""
    seq: int
    resumed: bool
    ping_interval_ms: int
    clock: Clock
    hearing: HearingView
    publications: tuple[Publication, ...]
    ice_servers: tuple[IceServer, ...]
    court_key: str
    server_version: str


class Update(Message, frozen=True, kw_only=True, tag="update"):
    """One entry of the log, in order and without gaps, with the hearing as it stands after it.

    `event` is None where this page may not see the event itself (e.g. an invitation), and for the transcript, whose
    lines come by `lines`; `seq` never skips. `hearing` is None where the event leaves it as it was. Whoever is not of
    the court gets an update that has neither without its times (0) and as the server's: all of these are alike.
    """

    seq: int
    at_ms: int
    utc_ms: int
    actor: str
    event: AnyEvent | None
    hearing: HearingView | None


class Publications(Message, frozen=True, kw_only=True, tag="publications"):
    """All tracks this page may receive now; the page re-offers its receiving connection to match."""

    publications: tuple[Publication, ...]


class Answered(Message, frozen=True, kw_only=True, tag="answer"):
    re: str
    direction: Literal["send", "receive"]
    sdp: str
    tracks: dict[str, str]


class Done(Message, frozen=True, kw_only=True, tag="done"):
    """The command was carried out and is durable up to `seq`."""

    re: str
    seq: int


class Error(Message, frozen=True, kw_only=True, tag="error"):
    """`code` is stable; `zh`/`en` are for the person; `incident` only for faults of ours."""

    re: str | None
    code: str
    zh: str
    en: str
    incident: str | None = None


class Pong(Message, frozen=True, kw_only=True, tag="pong"):
    sent_ms: int
    clock: Clock


class Speakers(Message, frozen=True, kw_only=True, tag="speakers"):
    """Who speaks now, loudest first; more often than the log notes it."""

    participants: tuple[str, ...]


class Layers(Message, frozen=True, kw_only=True, tag="layers"):
    """Of this page's own publication: the simulcast encodings that somebody needs, lowest first; pause the others."""

    publication: str
    source: str
    rids: tuple[str, ...]


class TrackDelivery(msgspec.Struct, frozen=True, kw_only=True):
    """What this page gets of one video track."""

    publication: str
    held: Literal["congestion", "load", "hidden", "rules"] | None
    """Why no picture comes now."""
    layer: str
    """Rid of the encoding that is sent, empty without simulcast."""
    wanted_layer: str
    """What the tile's size asks for."""


class Deliveries(Message, frozen=True, kw_only=True, tag="deliveries"):
    """Every video track of this page's receiving connection, whenever one of them has changed."""

    tracks: tuple[TrackDelivery, ...]


class HeadSigned(Message, frozen=True, kw_only=True, tag="head"):
    """A signed head of the chain, every ten seconds: the page keeps them as a witness."""

    head: Head


class Lamp(msgspec.Struct, frozen=True, kw_only=True):
    """Network lamp of one participant: good, fair, poor or lost."""

    participant: str
    grade: Literal["good", "fair", "poor", "lost"]
    rtt_ms: int
    loss_up_permille: int
    loss_down_permille: int
    kbps_up: int
    kbps_down: int
    hidden: bool = False
    """Their page is in the background."""


class Network(Message, frozen=True, kw_only=True, tag="network"):
    """Lamps: of everybody for judge and clerk, of oneself for others."""

    lamps: tuple[Lamp, ...]


class TrackHealth(msgspec.Struct, frozen=True, kw_only=True):
    """Recording health of one track, for judge and clerk."""

    track: str
    participant: str
    kind: str
    bytes_total: int
    """Media of this publication written so far, sealed or not; the rows add up to what was recorded."""
    sealed_age_ms: int
    """Since when media waits to be sealed: since the newest range or, before the first, since the file began."""
    level_dbov: int | None
    """Of a microphone, -127 (silence) to 0."""
    drift_ms: int
    gaps: int


class RecordingHealth(Message, frozen=True, kw_only=True, tag="recording"):
    recording: bool
    tracks: tuple[TrackHealth, ...]
    disk_free_bytes: int
    incident: str | None


class ExportProgress(Message, frozen=True, kw_only=True, tag="export"):
    """Progress of a record package, to the clerk who asked: per mille, then the download link or an error."""

    job: str
    permille: int
    step_zh: str
    step_en: str
    done: bool
    url: str | None = None
    error: str | None = None


class Leave(Message, frozen=True, kw_only=True, tag="leave"):
    """The server ends the connection. `resume`: come back with the credential; `reconnect`: with a new ticket;
    `end`: do not come back."""

    action: Literal["resume", "reconnect", "end"]
    code: str
    zh: str
    en: str


FromServer = (
    Welcome
    | Update
    | Publications
    | Answered
    | Done
    | Error
    | Pong
    | Speakers
    | Layers
    | Deliveries
    | HeadSigned
    | Network
    | RecordingHealth
    | ExportProgress
    | FromGate
    | FromMinutes
    | FromReview
    | Leave
)
