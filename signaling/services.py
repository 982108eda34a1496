"""Everything that signaling is handed: the one argument of `signaling.web.build_app`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from argon2 import PasswordHasher
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from config.settings import Settings
from hearing.clock import Sources
from media_server.ports import MediaServer
from records.anchors.port import Anchor
from records.book import LedgerBook
from records.keys import CourtKey
from records.ports import KeyValueStore
from records.search.index import SearchIndex
from signaling.exhibits.files import ExhibitFiles
from signaling.gate.tools import GateTools
from signaling.ports import Exporter, OnRoomOpened, RecordedSounds
from signaling.record.copies import PackageCopies
from voting.ports import LeafStore
from voting.stores.memory import MemoryLeafStore


@dataclass(frozen=True, slots=True)
class Timing:
    """How long signaling waits for what."""

    ping_interval_ms: int = 5_000
    hello_timeout_ms: int = 10_000
    send_timeout_ms: int = 10_000
    """A frame that cannot be written for so long means a reader that has stopped."""
    tick_ms: int = 500
    lamps_ms: int = 3_000
    health_ms: int = 2_000
    idle_room_ms: int = 300_000
    """A courtroom whose session is over and where nobody is connected is closed after this."""

    @property
    def silence_ms(self) -> int:
        """Two missed pings: after so long without a frame a participant has dropped."""
        return 2 * self.ping_interval_ms


@dataclass(frozen=True, slots=True)
class Services:
    """Handed in by `yunting/app.py`; signaling opens and closes none of it except courtrooms and exports."""

    settings: Settings
    book: LedgerBook
    store: KeyValueStore
    media: MediaServer
    sources: Sources
    court_key: CourtKey
    secret: bytes
    """32 random bytes in a file of the server's own: ticket and invitation keys are derived from it."""
    exporter: Exporter
    on_room_opened: OnRoomOpened
    sounds: RecordedSounds
    version: str
    verifier_sha256: str
    ballot_verifier_sha256: str
    search: SearchIndex | None = None
    """None where nothing is searched. Filled by the application while it runs."""
    gate: GateTools = field(default_factory=GateTools)
    ballots: LeafStore = field(default_factory=MemoryLeafStore)
    """The logs of creditors' meetings."""
    anchors: Sequence[Anchor] = ()
    """Who the heads of those logs are given to, outside."""
    copies: PackageCopies | None = None
    """Of finished packages, in other places; None where the settings name none."""
    exhibits: ExhibitFiles | None = None
    """None where none are taken."""
    stamping_at: str = ""
    """Address of the authority that stamps logs and seals of hearings; empty where none is set."""
    timing: Timing = field(default_factory=Timing)
    hasher: PasswordHasher = field(default_factory=PasswordHasher)

    def derived_key(self, purpose: str) -> bytes:
        """As the function of that name, of this server's secret."""
        return derived_key(self.secret, purpose)


def derived_key(secret: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose (HKDF-SHA256, RFC 5869); the same for the same secret."""
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"yunting/" + purpose.encode()).derive(secret)
